# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For every playbook in README.md, in the README of the role, and in the guides: the role that the
callback least_privilege prints is enough, and each of its scopes is needed.
"""

from __future__ import annotations

import os
import pathlib
import re
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from tests.hub import Hub
from tests.live.support_documents import GUIDES, README, ROLE_README, Document, plays, settle

CALLBACK = {
    "ANSIBLE_CALLBACKS_ENABLED": "hubops.jupyterhub.least_privilege",
    "HUBOPS_LEAST_PRIVILEGE_FORMAT": "helm",
}
# Keys are names of tests.
DOCUMENTS = {
    "readme": README,
    "role": ROLE_README,
    **{guide.stem: guide for guide in GUIDES if plays(guide)},
}
# This play only compares what other plays have registered.
del DOCUMENTS["guide_fleets"]
# This play keeps a token in an encrypted file, in a task whose result is hidden.
HIDDEN = {"guide_tokens": "It works, and has a week to live"}
LONG = pytest.mark.skipif(
    not os.environ.get("TEST_LONG"),
    reason="minutes: TEST_LONG=1 tries all documents, and a sample is tried always",
)
SAMPLE = {"readme"}
# The task of this play that prunes users is stopped by its limit before it reads their servers.
UNNEEDED_SCOPES = {"guide_prune": {"without-read-servers"}}
# Plays that need a newer hub: one sets a display name of a server, the other one shares a server.
SINCE = {"guide_servers": {"Named servers": 6, "A tutor helps": 5}}


def printed(output: str) -> tuple[list[str], bool]:
    """Return the scopes of the printed role, and whether its service is an admin."""
    found = re.search(r"^hub:\n(?:  .*\n)+", output, re.MULTILINE)
    assert found, output
    hub = yaml.safe_load(found[0])["hub"]
    return hub["loadRoles"]["hubops"]["scopes"], hub["services"]["hubops"]["admin"]


def reduced(scopes: list[str], admin: bool) -> dict[str, Mapping[str, Any]]:
    """Return a service with the printed role, and services that each lack one scope of it.

    An admin has every scope, so that for an admin only one other service is returned: the same
    without admin.
    """
    exactly = {"exactly": {"scopes": scopes, "admin": admin}}
    if admin:
        return {**exactly, "no-admin": {"scopes": scopes}}
    return {
        **exactly,
        **{
            "without-" + re.sub(r"\W", "-", scope): {
                "scopes": [each for each in scopes if each != scope]
            }
            for scope in scopes
        },
    }


def too_new(name: str, hub: Hub) -> dict[str, int]:
    """Return the plays of a document that this hub is too old for, each with the hub version that
    it needs.
    """
    since = SINCE.get(name, {})
    return {play: needed for play, needed in since.items() if int(hub.series) < needed}


def run(name: str, hub: Hub, folder: pathlib.Path, token: str) -> str:
    """Run the playbooks of a document on an empty hub, without plays that need a newer hub; return
    the output, including the results. The output is empty if the run fails.
    """
    hub.reset()
    settle(hub)
    document = Document(DOCUMENTS[name], hub, folder, token, too_new(name, hub))
    done = document.run(["-v"], **CALLBACK)
    return done.stdout if done.returncode == 0 else ""


def unseen(output: str) -> int:
    """Return how much is missing from the results of a run for want of a scope: an audit counts
    what it has not assessed, other results have fields that are null.
    """
    return output.count('"scope": "' if '"not_assessed"' in output else "null")


@pytest.mark.newest
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in SAMPLE else LONG) for name in DOCUMENTS]
)
def test_the_role_that_is_printed_is_enough_and_not_too_much(
    name: str, hub: Hub, tmp_path: pathlib.Path
) -> None:
    as_admin = run(name, hub, tmp_path / "admin", hub.token)
    if name in HIDDEN:
        assert f"these tasks do not report which scopes they needed: {HIDDEN[name]}\n" in as_admin
        return
    scopes, admin = printed(as_admin)
    # On JupyterHub 4.0 the scope to change users is enough to create admins. The printed role is
    # for all hubs.
    services = reduced(scopes, admin and hub.series != "4")
    wrong = []
    with Hub(hub.series, services=services, patience=1.0) as other:
        seen = {
            service: run(name, other, tmp_path / service, other.tokens[service])
            for service in services
        }
    if not seen["exactly"] or unseen(seen["exactly"]) > unseen(as_admin):
        wrong.append("exactly: is not enough")
    for service in services.keys() - {"exactly"} - UNNEEDED_SCOPES.get(name, set()):
        if seen[service] and unseen(seen[service]) <= unseen(seen["exactly"]):
            wrong.append(f"{service}: is enough")
    assert wrong == [], scopes


@pytest.mark.hubs("4", "5")
@pytest.mark.parametrize("name", SINCE)
def test_a_play_that_the_hub_is_too_old_for_is_refused(
    name: str, hub: Hub, tmp_path: pathlib.Path
) -> None:
    """Older hubs refuse these plays, so they are left out of such documents there."""
    for number, (play, needed) in enumerate(too_new(name, hub).items()):
        hub.reset()
        settle(hub)
        others = {each["name"] for each in yaml.safe_load(plays(DOCUMENTS[name]))} - {play}
        done = Document(DOCUMENTS[name], hub, tmp_path / str(number), without=others).run()
        assert done.returncode != 0
        said = " ".join(done.stdout.split())
        assert f"needs JupyterHub {needed}.0; this hub is {hub.version}" in said
