# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_audit compares a hub with a declaration, using a token that can only read."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support import writes
from tests.live.support_audit import by_check, scopes, stub
from tests.running import run_module, run_playbook

pytestmark = pytest.mark.daily(2)

DECLARED: dict[str, Any] = {
    "users": [
        {"name": "Ada", "admin": True},
        {"name": "ben"},
        {"name": "new"},
        {"name": "gone", "state": "absent"},
    ],
    "groups": [
        {"name": "course", "users": ["ben", "new"], "properties": {"room": 1}},
        {"name": "fresh", "users": ["ada"]},
    ],
    "servers": [{"user": "ben", "state": "stopped"}],
}
SINCE_5: dict[str, Any] = {
    "services": [{"name": "web", "display": False}],
    "shares": [{"owner": "ben", "server": "", "users": ["ada"]}],
}


@pytest.fixture(scope="module")
def auditor(running_hub: Hub) -> Iterator[Hub]:
    """A hub with a service that can only read."""
    services = {"auditor": {"scopes": scopes(running_hub.series)}}
    with Hub(running_hub.series, spawner="stub", services=services, patience=1.0) as hub:
        yield hub


def declared(hub: Hub) -> dict[str, Any]:
    """Return the declaration for a hub of this version."""
    return DECLARED if hub.series == "4" else {**DECLARED, **SINCE_5}


def furnish(hub: Hub) -> None:
    """Create objects on the hub that differ from the declaration."""
    hub.reset()
    hub.add_users("ada", "ben", "gone")
    hub.add_users("eve", admin=True)
    hub.add_group("course", "ben", "eve", properties={"room": 2})
    stub(hub, "ben")
    if hub.series != "4":
        hub.expect("POST", "/services/web", {"name": "web", "display": True})
        hub.expect("POST", "/shares/ben/", {"user": "eve"})


def audit(hub: Hub, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run the module with the token that can only read."""
    params = {
        "hub_url": hub.url,
        "api_token": hub.tokens["auditor"],
        "checks": ["DRF-*"],
        **options,
    }
    return run_module("jupyterhub_audit", params, check=check)


def blanks(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the reasons why comparisons were not made."""
    return [one for one in result["not_assessed"] if one["check"].startswith("DRF-")]


@pytest.mark.parametrize("check", [False, True])
def test_each_difference_is_found_once_with_a_token_that_can_only_read(
    auditor: Hub, check: bool
) -> None:
    furnish(auditor)
    mark = auditor.mark()
    result = audit(auditor, check=check, declared=declared(auditor))
    assert not result["failed"], result
    expected = {
        "DRF-1": ["ada", "gone", "new"],
        "DRF-2": ["course", "fresh"],
        "DRF-4": ["ben/"],
    }
    if auditor.series != "4":
        expected |= {
            "DRF-3": ["web"],
            "DRF-5": ["ben/ with user ada", "ben/ with user eve"],
        }
    assert by_check(result) == expected
    assert writes(auditor.requests(mark)) == []
    said = {
        subject: evidence
        for finding in result["findings"]
        for subject, evidence in zip(finding["subjects"], finding["evidence"], strict=True)
    }
    others = {
        "ben/": "is running and should not be",
        **(
            {}
            if auditor.series == "4"
            else {
                "web": "must be deleted and created again",
                "ben/ with user ada": "is declared and does not exist",
                "ben/ with user eve": "exists and should not exist",
            }
        ),
    }
    assert said == {
        **others,
        "ada": "admin is false, declared true",
        "gone": "exists and should not exist",
        "new": "is declared and does not exist",
        "course": "properties differ in room; lacks new; has eve in addition",
        "fresh": "is declared and does not exist; lacks ada",
    }
    users = next(one for one in result["findings"] if one["check"] == "DRF-1")
    assert users["by_hand"].endswith("It requires the scope admin:users.")


def repair(hub: Hub, result: dict[str, Any]) -> None:
    """Run the tasks that an audit suggests."""
    for finding in result["findings"]:
        for task in finding["fix"]:
            (action,) = set(task) - {"name"}
            done = run_module(
                action.rpartition(".")[2],
                {"hub_url": hub.url, "api_token": hub.admin_token, **task[action]},
            )
            assert not done["failed"], (finding["id"], done)
            assert done["changed"]


def test_the_fixes_remove_every_difference(auditor: Hub, tmp_path: pathlib.Path) -> None:
    furnish(auditor)
    token = {"user": "Ben", "note": "job", "dest": str(tmp_path / "token"), "expires_in": "30d"}
    lists = {**declared(auditor), "tokens": [token]}
    before = audit(auditor, declared=lists)
    found = by_check(before)
    assert found["DRF-6"] == ["ben/job"]
    assert all(len(finding["fix"]) == 1 for finding in before["findings"])
    repair(auditor, before)
    after = audit(auditor, declared=lists, baseline=json.dumps(before))
    assert by_check(after) == {}
    gone = {(one["check"], subject) for one in after["gone"] for subject in one["subjects"]}
    assert gone == {(check, name) for check, names in found.items() for name in names}
    assert (tmp_path / "token").read_text(encoding="utf-8").strip()


@pytest.mark.hubs("5", "6")
@pytest.mark.newest
def test_a_repair_that_would_show_or_lose_a_secret_is_left_to_the_role(auditor: Hub) -> None:
    furnish(auditor)
    lists: dict[str, list[dict[str, Any]]] = {
        "services": [{"name": "web", "service_token": "a-secret-of-the-service"}, {"name": "new"}],
        "shares": [{"owner": "ben", "server": "", "code": True}],
        "tokens": [{"user": "ben", "note": "nowhere"}, {"user": "ben", "note": "kept"}],
    }
    lists["tokens"][1]["current_token"] = "0123456789abcdef0123456789abcdef"
    result = audit(auditor, declared=lists)
    assert by_check(result) == {
        "DRF-3": ["new", "web"],
        "DRF-5": ["ben/ code"],
        "DRF-6": ["ben/kept", "ben/nowhere"],
    }
    fixes = {one["check"]: one["fix"] for one in result["findings"]}
    assert fixes.pop("DRF-3")[0]["hubops.jupyterhub.jupyterhub_service"] == {
        "services": [{"name": "new"}]
    }
    assert fixes == {"DRF-5": [], "DRF-6": []}
    for finding in result["findings"]:
        assert finding["by_hand"].startswith("hubops.jupyterhub.provision with the same variables")
        assert "secret" in finding["by_hand"]
    assert "a-secret-of-the-service" not in json.dumps(result)


@pytest.mark.newest
def test_a_token_that_is_not_declared_is_revoked_by_its_id(
    auditor: Hub, tmp_path: pathlib.Path
) -> None:
    """Two tokens have the same note, so the task names the one to revoke by its id."""
    furnish(auditor)
    kept = {"user": "ben", "note": "job", "dest": str(tmp_path / "kept")}
    admin = {"hub_url": auditor.url, "api_token": auditor.admin_token}
    other = {"user": "ben", "note": "old", "dest": str(tmp_path / "old")}
    assert not run_module("jupyterhub_token", {**admin, "tokens": [kept, other]})["failed"]
    lists = {"tokens": [kept], "prune": ["tokens"], "prune_limit": "100%"}
    before = audit(auditor, declared=lists)
    ((subject,),) = by_check(before).values()
    assert subject.startswith("ben/old (")
    repair(auditor, before)
    assert by_check(audit(auditor, declared=lists)) == {}
    left = auditor.expect("GET", "/users/ben/tokens")["api_tokens"]
    assert [one["note"].partition(" ")[0] for one in left if "job" in one["note"]] == ["job"]


@pytest.mark.newest
def test_what_is_not_declared_is_found_with_prune(auditor: Hub) -> None:
    furnish(auditor)
    lists = {"users": [{"name": name} for name in ("ada", "ben", "gone")]}
    assert by_check(audit(auditor, declared=lists)) == {}
    pruned = {**lists, "prune": ["users"], "prune_limit": "100%"}
    found = audit(auditor, declared=pruned)["findings"]
    # Admins are kept, so they are no difference.
    assert found == []
    auditor.add_users("mallory")
    assert by_check(audit(auditor, declared=pruned)) == {"DRF-1": ["mallory"]}
    limited = audit(auditor, declared={**pruned, "prune_limit": "0"})
    (blank,) = blanks(limited)
    assert "prune_limit" in blank["reason"]


@pytest.mark.newest
def test_a_token_that_is_declared_and_is_not_there_or_not_good(
    auditor: Hub, tmp_path: pathlib.Path
) -> None:
    """Only the hub can verify a secret. The secret is in no result, and nothing is written."""
    furnish(auditor)
    item = {
        "user": "ben",
        "note": "job",
        "scopes": ["read:users!user"],
        "dest": str(tmp_path / "token"),
    }
    lists = {"tokens": [{**item, "expires_in": "30d"}]}
    assert by_check(audit(auditor, declared=lists)) == {"DRF-6": ["ben/job"]}
    made = run_module(
        "jupyterhub_token",
        {"hub_url": auditor.url, "api_token": auditor.admin_token, **lists},
    )
    assert not made["failed"], made
    mark = auditor.mark()
    assert by_check(audit(auditor, declared=lists)) == {}
    secret = (tmp_path / "token").read_text(encoding="utf-8").strip()
    (tmp_path / "token").write_text("0" * 32, encoding="utf-8")
    lost = audit(auditor, declared=lists)
    assert by_check(lost) == {"DRF-6": ["ben/job"]}
    assert secret not in json.dumps(lost)
    assert (tmp_path / "token").read_text(encoding="utf-8") == "0" * 32
    assert writes(auditor.requests(mark)) == []


@pytest.mark.newest
def test_missing_needed_objects_are_differences(auditor: Hub) -> None:
    furnish(auditor)
    lists = {"groups": [{"name": "course", "users": ["nobody"], "users_mode": "present"}]}
    (finding,) = audit(auditor, declared=lists)["findings"]
    assert (finding["check"], finding["subjects"]) == ("DRF-2", ["course", "nobody"])
    assert "do not exist" in finding["evidence"][1]


@pytest.mark.newest
def test_secrets_stay_secret_and_names_can_be_hidden(auditor: Hub) -> None:
    furnish(auditor)
    lists = {
        "users": [{"name": "new", "auth_state": {"token": "a-secret-of-new"}}],
        "groups": [{"name": "course", "users": ["ben"]}],
    }
    result = audit(auditor, declared=lists)
    assert "a-secret-of-new" not in json.dumps(result)
    plain = audit(auditor, declared={"groups": lists["groups"]}, pseudonyms=True)
    (finding,) = plain["findings"]
    assert finding["evidence"][0].startswith("has name-")
    assert "eve" not in json.dumps([finding["subjects"], finding["evidence"], finding["fix"]])


@pytest.mark.newest
def test_nonsensical_and_hidden_comparisons_are_reported(auditor: Hub) -> None:
    furnish(auditor)
    mark = auditor.mark()
    twice = [{"name": "ada", "admin": True}, {"name": "ada", "admin": False}]
    refused = audit(auditor, declared={"users": twice})
    assert refused["failed"]
    assert refused["msg"].startswith("User ada is declared twice with different admin")
    empty = audit(auditor, declared={"users": [], "prune": ["users"]})
    assert "declares none, so all of them" in empty["msg"]
    assert writes(auditor.requests(mark)) == []
    state = audit(auditor, declared={"users": [{"name": "ada", "auth_state": {}}]})
    assert [(one["check"], one["scope"]) for one in blanks(state)] == [
        ("DRF-1", "admin:auth_state")
    ]
    nothing = {one["reason"] for one in blanks(audit(auditor))}
    assert nothing == {"Nothing is declared."}


def play(
    auditor: Hub, folder: pathlib.Path, variables: dict[str, Any]
) -> subprocess.CompletedProcess[str]:
    """Run the playbook audit in a folder."""
    playbook = pathlib.Path("hubops.jupyterhub.audit")
    return run_playbook(playbook, ["-e", json.dumps(variables)], hub=auditor, cwd=folder)


@pytest.mark.hubs("5", "6")
@pytest.mark.core
@pytest.mark.newest
def test_the_playbook_puts_the_differences_into_the_report(
    auditor: Hub, tmp_path: pathlib.Path
) -> None:
    furnish(auditor)
    variables = {
        "jupyterhub_api_token": auditor.tokens["auditor"],
        "audit_reports": ["audit.json", "audit.html"],
        "audit_skip": ["HUB-*"],
        **{f"jupyterhub_{kind}": items for kind, items in declared(auditor).items()},
    }
    mark = auditor.mark()
    done = play(auditor, tmp_path, variables)
    assert done.returncode == 2, done.stdout
    assert "The hub differs from what is declared in 9 places" in " ".join(done.stdout.split())
    assert "course: properties differ in room; lacks new; has eve in addition" in done.stdout
    report = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert {one["check"] for one in report["findings"]} >= {f"DRF-{one}" for one in range(1, 6)}
    assert "properties differ in room" in (tmp_path / "audit.html").read_text(encoding="utf-8")
    assert writes(auditor.requests(mark)) == []


@pytest.mark.newest
def test_a_class_list_is_compared_with_a_token_that_can_only_read(
    auditor: Hub, tmp_path: pathlib.Path
) -> None:
    furnish(auditor)
    (tmp_path / "people.csv").write_text(
        "name,group,role\nben,course,student\nzoe,course,student\n", encoding="utf-8"
    )
    variables = {
        "jupyterhub_api_token": auditor.tokens["auditor"],
        "class_list_file": "people.csv",
        "audit_reports": "audit.json",
        "audit_checks": "GRP-*",
    }
    mark = auditor.mark()
    done = play(auditor, tmp_path, variables)
    assert done.returncode == 2, done.stdout
    assert "The hub differs from the class list in 2 places" in " ".join(done.stdout.split())
    report = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert by_check(report) == {"DRF-1": ["zoe"], "DRF-2": ["course"]}
    assert writes(auditor.requests(mark)) == []
    (tmp_path / "people.csv").write_text("colour\nred\n", encoding="utf-8")
    broken = play(auditor, tmp_path, variables)
    # The findings about security are reported anyway.
    assert broken.returncode == 2, broken.stdout
    assert json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["findings"] == []


@pytest.mark.newest
def test_what_the_token_may_not_see_is_not_assessed(auditor: Hub) -> None:
    """Neither is it missing, nor as it is declared."""
    services = {"auditor": {"scopes": ["read:users!user=ada", "list:users!user=ada"]}}
    with Hub(auditor.series, services=services) as hub:
        hub.add_users("ada", "ben")
        users = [{"name": "ada"}, {"name": "ben"}]
        result = audit(hub, declared={"users": users})
        assert [one for one in result["findings"] if one["id"].startswith("DRF")] == []
        reasons = [one["reason"] for one in blanks(result) if one["check"] == "DRF-1"]
        assert ["limited to other objects" in reason for reason in reasons] == [True]
