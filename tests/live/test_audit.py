# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_audit on real hubs: no finding on a sound hub, and each fault once on a faulty one."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator

import pytest

from tests.hub import Hub
from tests.live.support import Wire
from tests.live.support_audit import (
    DAY,
    audit,
    by_check,
    faulty_hub,
    furnish_faulty,
    furnish_sound,
    scopes,
    sound_hub,
    token,
)
from tests.running import run_module

pytestmark = pytest.mark.daily(2)

RULES = "ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit"

# The tests do not choose the version of the hub, so its own finding is expected. The table of
# advisories holds what is known about that version.
VERSION = {
    "4": ["CVE-2024-28233", "CVE-2024-41942", "CVE-2026-33709", "CVE-2026-54338", "JupyterHub 4"],
    "5": [],
    "6": [],
}


# What was declared for the hub that follows the policy.
SOUND = {
    "users": [
        *({"name": name, "admin": True} for name in ("ada", "grace")),
        *({"name": name, "admin": False} for name in ("ben", "cleo", "robot")),
    ],
    "groups": [{"name": "course", "users": ["ben", "cleo"]}, {"name": "waiting", "users": []}],
    "servers": [{"user": "ben"}, {"user": "cleo", "name": "lab"}],
    "prune": ["users"],
}


@pytest.fixture(scope="module")
def sound(running_hub: Hub) -> Iterator[Hub]:
    """A hub that follows the policy."""
    with sound_hub(running_hub.series) as hub:
        furnish_sound(hub)
        yield hub


@pytest.fixture(scope="module")
def faulty(running_hub: Hub) -> Iterator[tuple[Hub, dict[str, list[str]]]]:
    """A hub with each fault once, and the expected findings."""
    with faulty_hub(running_hub.series) as hub:
        yield hub, furnish_faulty(hub)


def user_names(hub: Hub) -> list[str]:
    """Return the names of all users, even if a user without a name prevents the hub from listing
    them with their servers.
    """
    return [user["name"] for user in hub.pages("/users") if user["name"] is not None]


def version_of(hub: Hub) -> dict[str, list[str]]:
    """Return the findings about the version of this hub."""
    return {"HUB-1": VERSION[hub.series]} if VERSION[hub.series] else {}


def test_a_sound_hub_has_no_findings(sound: Hub) -> None:
    mark = sound.mark()
    result = audit(sound, declared=SOUND)
    assert not result["failed"], result
    assert by_check(result) == version_of(sound)
    assert result["not_assessed"] == []
    assert result["changed"] is False
    assert {request.method for request in sound.requests(mark)} == {"GET"}


def test_each_fault_is_found_once_and_nothing_else(
    faulty: tuple[Hub, dict[str, list[str]]],
) -> None:
    hub, expected = faulty
    result = audit(hub)
    assert not result["failed"], result
    found = by_check(result)
    assert found == {**expected, **version_of(hub)}
    for finding in result["findings"]:
        assert len(finding["evidence"]) == len(finding["subjects"])
        assert finding["fix"] or finding["by_hand"], finding["id"]
    assert not [one for one in result["not_assessed"] if one["scope"]]


def test_what_is_ignored_needs_a_reason_and_is_shown(
    faulty: tuple[Hub, dict[str, list[str]]],
) -> None:
    hub, expected = faulty
    items = [
        {
            "check": "TOK-1",
            "subject": "ada/for ever",
            "reason": "rotated by hand",
            "until": "2999-12-31",
        },
        {"check": "USR-4", "subject": "a*", "reason": "guests"},
        {"check": "GRP-1", "subject": "no such group", "reason": "was deleted"},
        {"check": "SVC-1", "reason": "known", "until": "2001-01-01"},
    ]
    result = audit(hub, ignore=items)
    found = by_check(result)
    assert "TOK-1" not in found
    assert found["USR-4"] == [name for name in expected["USR-4"] if name != "away"]
    assert found["SVC-1"] == ["root"]
    assert found["IGN-1"] == ["GRP-1 no such group", "SVC-1"]
    assert [(one["check"], one["subjects"], one["reason"]) for one in result["ignored"]] == [
        ("TOK-1", ["ada/for ever"], "rotated by hand"),
        ("USR-4", ["away"], "guests"),
    ]
    assert audit(hub, ignore=[{"check": "TOK-1", "reason": " "}])["msg"] == (
        "ignore of TOK-1 has no reason: give one that says why it is acceptable. Nothing was"
        " changed."
    )


def test_what_is_not_declared_is_shown_and_not_judged(
    faulty: tuple[Hub, dict[str, list[str]]],
) -> None:
    hub, _expected = faulty
    result = audit(hub, policy={})
    judged = {
        "ADM-1",
        "ADM-3",
        "ADM-4",
        "ADM-5",
        "USR-2",
        "USR-4",
        "TOK-4",
        "TOK-5",
        "SVC-1",
        "SVC-3",
        "SRV-1",
        "SRV-5",
    }
    assert not judged & set(by_check(result))
    assert judged <= {one["check"] for one in result["not_assessed"]}
    listed = {one["check"]: one["subjects"] for one in result["figures"]["listed"]}
    assert sorted(listed["ADM-1"]) == ["ada", "grace", "visitor"]
    assert sorted(listed["ADM-5"]) == ["secret", "staff"]
    assert "root" in listed["SVC-1"]


def test_only_the_chosen_checks_are_made_and_read_for(
    faulty: tuple[Hub, dict[str, list[str]]],
) -> None:
    hub, expected = faulty
    mark = hub.mark()
    result = audit(hub, checks=["GRP-*"])
    assert by_check(result) == {check: expected[check] for check in ("GRP-1", "GRP-2")}
    assert {request.path.partition("?")[0] for request in hub.requests(mark)} == {
        "/user",
        "/groups",
    }
    assert "GRP-1" not in by_check(audit(hub, skip=["GRP-*"]))
    refused = audit(hub, checks=["TOK-99"])
    assert refused["failed"]
    assert refused["msg"].startswith("There is no check 'TOK-99'. There are ADM-1, ")


def test_tokens_of_powerful_owners_only(faulty: tuple[Hub, dict[str, list[str]]]) -> None:
    hub, expected = faulty
    mark = hub.mark()
    found = by_check(audit(hub, tokens="powerful_owners"))
    asked = sorted(
        {
            request.path.split("/")[2]
            for request in hub.requests(mark)
            if request.path.endswith("/tokens")
        }
    )
    assert asked == sorted({"ada", "grace", "ben", "cleo", *map(hub.quote, expected["USR-4"])})
    assert (found["TOK-1"], found["TOK-5"]) == (expected["TOK-1"], expected["TOK-5"])
    assert "TOK-4" not in found
    result = audit(hub, tokens="none")
    assert not [check for check in by_check(result) if check.startswith("TOK-")]
    assert {one["reason"] for one in result["not_assessed"] if one["check"] == "TOK-1"} == {
        "Tokens were not read, because tokens is none."
    }


@pytest.mark.newest
def test_findings_are_marked_as_new_still_there_or_gone(
    faulty: tuple[Hub, dict[str, list[str]]],
) -> None:
    hub, _expected = faulty
    first = audit(hub)
    assert {one["status"] for one in first["findings"]} == {"new"}
    baseline = json.dumps(first)
    hub.add_group("late")
    hub.expect("DELETE", "/groups/empty")
    second = audit(hub, baseline=baseline)
    (groups,) = [one for one in second["findings"] if one["check"] == "GRP-1"]
    assert (groups["status"], groups["subjects"], groups["new_subjects"]) == (
        "new",
        ["late"],
        ["late"],
    )
    others = [one for one in second["findings"] if one["check"] != "GRP-1"]
    assert {(one["status"], one["since"]) for one in others} == {("still", first["hub"]["read_at"])}
    assert [(one["check"], one["subjects"]) for one in second["gone"]] == [("GRP-1", ["empty"])]
    # What was not read is not reported as gone: other checks, tokens of other people, objects
    # outside the token's scopes.
    assert audit(hub, baseline=baseline, checks=["GRP-2"])["gone"] == []
    assert [
        one["check"] for one in audit(hub, baseline=baseline, tokens="powerful_owners")["gone"]
    ] == ["GRP-1"]
    assert audit(hub, token=hub.tokens["bare"], baseline=baseline)["gone"] == []
    hub.expect("DELETE", "/groups/late")
    hub.add_group("empty")


@pytest.mark.newest
def test_a_token_counts_as_gone_only_if_its_owner_was_read(
    faulty: tuple[Hub, dict[str, list[str]]],
) -> None:
    hub, _expected = faulty
    made = {user: token(hub, user, "short", 20 * DAY) for user in ("grace", "robot")}
    first = json.dumps(audit(hub, checks=["TOK-6", "TOK-2", "TOK-8"]))
    spare = token(hub, "grace", "spare", 20 * DAY)
    hub.expect("DELETE", f"/users/grace/tokens/{made['grace']}")
    hub.expect("DELETE", f"/users/robot/tokens/{made['robot']}")
    gone = audit(hub, checks=["TOK-*"], tokens="powerful_owners", baseline=first)["gone"]
    assert [(one["check"], one["subjects"]) for one in gone] == [("TOK-2", ["grace/short"])]
    hub.expect("DELETE", f"/users/grace/tokens/{spare}")


@pytest.mark.newest
def test_pseudonyms_leave_no_name_anywhere(faulty: tuple[Hub, dict[str, list[str]]]) -> None:
    hub, expected = faulty
    shown, hidden = audit(hub), audit(hub, pseudonyms=True)
    assert hidden["summary"] == shown["summary"]
    # The text about a check is the same for every hub, and -vvv alone shows the options.
    told = [
        [one["subjects"], one["evidence"], one["new_subjects"], one["fix"]]
        for one in hidden["findings"]
    ]
    text = json.dumps(
        [told, *(hidden[key] for key in ("figures", "gone", "ignored", "hub"))], ensure_ascii=False
    )
    names = [*user_names(hub), *hub.groups(), "for ever", "a month", "unused", "managed"]
    assert [
        name
        for name in names
        if name and len(name) > 3 and re.search(rf"\b{re.escape(name)}\b", text)
    ] == []
    assert all(one["fix"] == [] for one in hidden["findings"])
    again = audit(hub, pseudonyms=True, baseline=json.dumps(hidden))
    assert {one["status"] for one in again["findings"]} == {"still"}
    owners = {one["check"]: one["subjects"] for one in hidden["findings"]}
    assert owners["TOK-1"][0].split("/")[0] == owners["TOK-2"][0].split("/")[0]
    assert expected["ADM-1"] != owners["ADM-1"]


def test_each_scope_of_the_auditor_shows_something(
    faulty: tuple[Hub, dict[str, list[str]]],
) -> None:
    hub, _expected = faulty
    for missing in scopes(hub.series):
        held = [scope for scope in scopes(hub.series) if scope != missing]
        # The witness is a service, and services cannot create tokens of their own. An admin's token
        # is limited instead.
        secret = hub.expect(
            "POST", "/users/ada/tokens", {"note": "Server at the auditor's", "scopes": held}
        )["token"]
        result = audit(hub, token=secret, skip=["HUB-8"])
        assert not result["failed"], (missing, result)
        named = {one["scope"] for one in result["not_assessed"] if one["scope"]}
        assert any(missing == scope or scope.startswith(missing) for scope in named), (
            missing,
            named,
        )
        assert not result["hub"]["caller"]["can_write"]


@pytest.mark.newest
def test_faults_that_are_gone_at_the_second_read_are_not_reported(
    faulty: tuple[Hub, dict[str, list[str]]],
) -> None:
    hub, expected = faulty
    lists = 0

    def before(number: int, method: str, path: str) -> None:
        nonlocal lists
        if path.partition("?")[0].endswith("/api/users"):
            lists += 1
            if lists == 2:
                hub.expect("PATCH", "/users/visitor", {"admin": False})

    with Wire(hub, before=before) as wire:
        result = audit(hub, hub_url=wire.url, checks=["ADM-1", "USR-4"])
    assert lists == 2
    assert by_check(result) == {"USR-4": expected["USR-4"]}
    hub.expect("PATCH", "/users/visitor", {"admin": True})


@pytest.mark.newest
def test_a_server_that_neither_starts_nor_stops(
    faulty: tuple[Hub, dict[str, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, _expected = faulty
    hub.add_users("stuck-joe")
    with pytest.raises(TimeoutError):
        hub.api("POST", "/users/stuck-joe/server", timeout=1)
    assert "SRV-3" not in by_check(audit(hub, checks=["SRV-3"]))
    monkeypatch.setattr(importlib.import_module(f"{RULES}.servers"), "PENDING", 0.5)
    assert by_check(audit(hub, checks=["SRV-3"])) == {"SRV-3": ["stuck-joe/"]}


@pytest.mark.newest
@pytest.mark.parametrize("check", [False, True])
def test_fail_on_makes_an_audit_fail(faulty: tuple[Hub, dict[str, list[str]]], check: bool) -> None:
    hub, _expected = faulty
    result = audit(hub, check=check, checks=["GRP-*"], fail_on="medium")
    assert (result["failed"], result["changed"]) == (True, False)
    assert (
        result["msg"]
        == "The audit has 1 finding of severity medium or higher, about 1 object: GRP-2. Nothing on"
        " the hub was changed."
    )
    assert by_check(result)["GRP-1"] == ["empty"]
    assert not audit(hub, check=check, checks=["GRP-1"], fail_on="medium")["failed"]
    assert not audit(hub, token=hub.token, checks=["HUB-8"], fail_on="low")["failed"]


# Where the database ignores case, a user cannot be renamed to its own name in another case.
@pytest.mark.exact_names
def test_the_fixes_repair_what_they_promise(faulty: tuple[Hub, dict[str, list[str]]]) -> None:
    """It is the last test of the file, because it changes the hub."""
    hub, expected = faulty
    before = audit(hub)
    fixed = {one["check"] for one in before["findings"] if one["fix"]}
    assert fixed >= {
        "ADM-1",
        "USR-1",
        "USR-4",
        "TOK-1",
        "TOK-4",
        "TOK-5",
        "SRV-1",
        "SRV-2",
        "SRV-5",
        "GRP-1",
    }
    for finding in before["findings"]:
        for task in finding["fix"]:
            (action,) = set(task) - {"name"}
            result = run_module(
                action.rpartition(".")[2],
                {"hub_url": hub.url, "api_token": hub.token, **task[action]},
            )
            assert not result["failed"], (finding["id"], result)
    after = audit(hub, baseline=json.dumps(before))
    left = by_check(after)
    assert {check: left[check] for check in fixed & set(left)} == {}
    gone = {(one["check"], subject) for one in after["gone"] for subject in one["subjects"]}
    assert gone >= {(check, subject) for check in fixed for subject in expected[check]}
    assert "mixedcase" in user_names(hub)
