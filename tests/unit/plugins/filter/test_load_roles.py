# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter load_roles returns the smallest roles for a declaration, as text."""

from __future__ import annotations

import typing as t

import pytest
import yaml

pytest.importorskip(
    "ansible.errors",
    reason="filters run on the controller, and ansible-test runs this with a target's Python too",
)

from ansible.errors import AnsibleFilterError
from ansible_collections.hubops.jupyterhub.plugins.filter.load_roles import load_roles

USERS: dict[str, t.Any] = {"jupyterhub_users": [{"name": "ada"}]}


class Lists:
    """The lists of a hub's configuration, in which the generated text is run."""

    def __init__(self) -> None:
        self.services: list[dict[str, t.Any]] = [{"name": "idle-culler"}]
        self.load_roles: list[dict[str, t.Any]] = [{"name": "culler"}]


def run(text: str, monkeypatch: pytest.MonkeyPatch) -> Lists:
    """Run the text as the hub does, with a token file; return the lists of the configuration."""
    lists = Lists()
    monkeypatch.setattr("pathlib.Path.read_text", lambda self: f"from {self}\n")
    exec(text, {"c": type("c", (), {"JupyterHub": lists})})
    return lists


@pytest.mark.parametrize("form", ["python", "tljh"])
def test_python_appends_and_keeps_what_stands_there(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = run(
        load_roles(USERS, form, service="provisioner", token_file="/run/a 'b'"), monkeypatch
    )
    assert lists.services == [
        {"name": "idle-culler"},
        {"name": "provisioner", "api_token": "from /run/a 'b'"},
    ]
    assert lists.load_roles == [
        {"name": "culler"},
        {"name": "provisioner", "scopes": ["admin:users"], "services": ["provisioner"]},
    ]


def test_helm_gives_values_that_the_chart_merges() -> None:
    values = yaml.safe_load(load_roles(USERS, "helm"))
    # The chart's schema has dictionaries by the names of services and of roles (values.schema.yaml,
    # hub.services and hub.loadRoles).
    assert values == {
        "hub": {
            "services": {"hubops": {"admin": False}},
            "loadRoles": {"hubops": {"scopes": ["admin:users"], "services": ["hubops"]}},
        }
    }


def test_a_list_of_scopes_is_taken_as_it_is() -> None:
    assert yaml.safe_load(load_roles(["tokens", "read:users!user=ada"], "helm"))["hub"][
        "loadRoles"
    ]["hubops"]["scopes"] == ["read:users!user=ada", "tokens"]


@pytest.mark.parametrize(
    ("hub", "scopes", "comment"),
    [
        ("6.1", ["shares", "start:servers", "users"], ""),
        ("5.5.4", ["servers", "shares", "users"], ""),
        ("4.0", ["servers", "users"], "# Left out, because this hub does not know them: shares"),
    ],
)
def test_what_a_hub_does_not_know_is_left_out_and_named(
    hub: str, scopes: list[str], comment: str
) -> None:
    text = load_roles(["users", "start:servers", "shares"], "helm", hub=hub)
    assert yaml.safe_load(text)["hub"]["loadRoles"]["hubops"]["scopes"] == scopes
    assert [line for line in text.splitlines() if line.startswith("# Left out")] == (
        [comment] if comment else []
    )


def test_servers_are_started_with_what_the_hub_calls_it() -> None:
    servers = {"jupyterhub_servers": [{"user": "ada", "state": "restarted"}]}
    assert yaml.safe_load(load_roles(servers, "helm", hub="5.0"))["hub"]["loadRoles"]["hubops"][
        "scopes"
    ] == ["servers"]
    assert yaml.safe_load(load_roles(servers, "helm"))["hub"]["loadRoles"]["hubops"]["scopes"] == [
        "delete:servers",
        "read:servers",
        "start:servers",
    ]


def test_prune_needs_to_see_and_delete() -> None:
    assert "delete:servers" in load_roles({**USERS, "jupyterhub_prune": ["users"]})
    assert "delete:servers" in load_roles({"users": [{"name": "ada"}], "prune": "users"})


@pytest.mark.parametrize(
    ("value", "options", "said"),
    [
        ({}, {}, "nothing is declared"),
        ({"jupyterhub_users": [{"name": "ada", "admin": True}]}, {}, "pass admin=true"),
        ({"jupyterhub_users": "ada"}, {}, "users must be a list of dictionaries"),
        *(
            ({**USERS, "prune": prune}, {}, "prune must be a list of some of users, groups")
            for prune in (True, {"users": 1}, ["user"], '["users"]', [["users"]])
        ),
        ("ada", {}, "give a dictionary"),
        (["tokens", "admin:user"], {}, "JupyterHub has no scope admin:user, and does not start"),
        (USERS, {"format": "toml"}, "python, tljh, helm"),
        (USERS, {"hub": "new"}, "not a version"),
        (USERS, {"service": "x'); import os #"}, "lower-case letters"),
    ],
)
def test_what_cannot_be_written_is_refused_in_a_sentence(
    value: t.Any, options: dict[str, t.Any], said: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=said):
        load_roles(value, **options)


@pytest.mark.parametrize(("admin", "written"), [("false", False), ("no", False), ("true", True)])
def test_text_of_a_command_line_is_true_or_false(
    admin: str, written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``-e admin=false`` is the text "false", which must not make an admin."""
    text = load_roles(["tokens"], admin=admin)
    assert run(text, monkeypatch).services[-1].get("admin", False) is written
    with pytest.raises(AnsibleFilterError, match="admin must be true or false"):
        load_roles(["tokens"], admin="perhaps")


def test_an_admin_service_is_written_as_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    text = load_roles({"jupyterhub_users": [{"name": "ada", "admin": True}]}, admin=True)
    assert run(text, monkeypatch).services[-1]["admin"] is True


@pytest.mark.parametrize("hub", ["6.0.0b1", "6.1.0rc2", "6.2.0.dev", "6"])
def test_a_version_that_is_not_final_is_one(hub: str) -> None:
    assert load_roles(["start:servers"], hub=hub) == load_roles(["start:servers"], hub="6.1.1")


def test_scopes_of_the_site_and_of_later_hubs_are_written() -> None:
    assert "'custom:grade'" in load_roles(["custom:grade", "tokens"])
    assert "'later'" in load_roles(["later", "tokens"], hub="7.0")
