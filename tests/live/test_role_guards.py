# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing bypasses the preflight of the role provision, and all tasks of the role use the same hub
as the preflight.
"""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support_role import SHOW_RESULT, role, role_result, run_tasks, writes
from tests.running import run_playbook

pytestmark = [pytest.mark.daily(4), pytest.mark.core, pytest.mark.newest]

GOOD = {"jupyterhub_users": [{"name": "kim"}]}
# The preflight of this declaration fails, although its users could be created.
BAD = {
    "jupyterhub_users": [{"name": "evil"}],
    "jupyterhub_groups": [{"name": "a", "users": ["nobody"]}],
}
NOWHERE = "http://127.0.0.1:9"
PROBLEM = (
    "These users are needed, but are neither in jupyterhub_users nor on the hub: nobody (a member"
    " of group a)."
)


def static(variables: dict[str, Any], **keywords: Any) -> str:
    """Return a playbook with the role in ``roles``, as JSON, which is valid YAML."""
    return json.dumps(
        [
            {
                "hosts": "localhost",
                "gather_facts": False,
                "roles": [{"role": "hubops.jupyterhub.provision", "vars": variables, **keywords}],
            }
        ]
    )


# Plays that ignore errors, skip tasks, or start at a later task


def test_a_role_whose_errors_are_ignored_writes_nothing(hub: Hub) -> None:
    mark = hub.mark()
    run = run_playbook(static(BAD, ignore_errors=True), hub=hub)
    assert PROBLEM in run.stdout
    assert "ignored=1" in run.stdout, run.stdout
    assert writes(hub, mark) == []


def test_a_rescued_role_writes_nothing_and_reports_its_problems(hub: Hub) -> None:
    mark = hub.mark()
    run = run_tasks(
        hub, [{"block": [role(BAD)], "rescue": [{"ansible.builtin.debug": {"msg": "rescued"}}]}]
    )
    assert run.returncode == 0, run.stdout
    assert writes(hub, mark) == []
    assert (role_result(run)["ok"], role_result(run)["problems"]) == (False, [PROBLEM])


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--skip-tags", "always"], GOOD),
        (["--start-at-task", "Provision users"], GOOD),
        (
            ["--start-at-task", "hubops.jupyterhub.provision : Provision groups"],
            {**GOOD, "jupyterhub_groups": [{"name": "a"}]},
        ),
    ],
    ids=["skipped", "started later", "started even later"],
)
@pytest.mark.parametrize("ignore", [False, True], ids=["", "ignored"])
def test_a_preflight_that_did_not_run_has_not_passed(
    hub: Hub, arguments: list[str], variables: dict[str, Any], ignore: bool
) -> None:
    mark = hub.mark()
    run = run_playbook(static(variables, ignore_errors=ignore), arguments, hub=hub)
    assert "the preflight of the role was skipped or has failed" in run.stdout
    assert run.returncode == (0 if ignore else 2)
    assert writes(hub, mark) == []


def test_a_good_run_is_no_pass_for_the_next_one(hub: Hub) -> None:
    ignored = role(BAD)
    ignored["ansible.builtin.include_role"]["apply"] = {"ignore_errors": True}
    run = run_tasks(hub, [role(GOOD), {"block": [role(BAD)], "rescue": [SHOW_RESULT]}, ignored])
    assert run.returncode == 0, run.stdout
    assert list(hub.users()) == ["kim"]
    assert role_result(run)["problems"] == [PROBLEM]
    assert role_result(run)["users"] == {"changed": False, "changes": [], "summary": {}}


def test_a_hub_that_is_down_is_reported_without_results_of_another_hub(
    hub: Hub,
) -> None:
    down = {**GOOD, "jupyterhub_url": NOWHERE, "jupyterhub_retries": 0}
    run = run_tasks(hub, [role(GOOD), role(down)])
    assert run.returncode == 2
    result = role_result(run)
    assert (result["ok"], result["hub_url"], result["hub_version"]) == (False, NOWHERE, None)
    assert result["users"]["changes"] == []
    assert len(result["problems"]) == 1
    assert "is undefined" not in run.stdout + run.stderr


def test_a_password_in_the_address_of_the_hub_is_not_shown(hub: Hub) -> None:
    address = hub.url.replace("://", "://kim:s3cret-word@")
    run = run_tasks(None, [role({**GOOD, "jupyterhub_url": address}), SHOW_RESULT], "-vvv")
    assert run.returncode == 2
    assert "s3cret-word" not in run.stdout + run.stderr
    assert role_result(run)["hub_url"] is None


# Tags


def test_other_tags_of_the_play_send_no_request(hub: Hub) -> None:
    mark = hub.mark()
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "roles": [
                {
                    "role": "hubops.jupyterhub.provision",
                    "vars": {**GOOD, "jupyterhub_url": NOWHERE, "jupyterhub_retries": 0},
                }
            ],
            "post_tasks": [{"ansible.builtin.debug": {"msg": "nginx is done"}, "tags": "nginx"}],
        }
    ]
    run = run_playbook(json.dumps(play), ["--tags", "nginx"], hub=hub)
    assert run.returncode == 0, run.stdout
    assert "nginx is done" in run.stdout
    said = "Nothing is provisioned, as no task of the role has the tags of this run (nginx)."
    assert said in run.stdout
    assert hub.requests(mark) == []


@pytest.mark.parametrize(
    ("arguments", "users", "groups"),
    [
        (["--tags", "users"], ["kim", "lee"], []),
        (["--tags", "groups"], ["kim"], ["a"]),
        (["--skip-tags", "users"], ["kim"], ["a"]),
        (["--skip-tags", "groups"], ["kim", "lee"], []),
        (["--tags", "hub"], ["kim", "lee"], ["a"]),
        (["--tags", "hub", "--skip-tags", "groups"], ["kim", "lee"], []),
        (["--skip-tags", "hub"], ["kim"], []),
    ],
)
def test_the_preflight_runs_with_every_choice_of_its_kinds(
    hub: Hub, arguments: list[str], users: list[str], groups: list[str]
) -> None:
    hub.add_users("kim")
    variables = {
        "jupyterhub_users": [{"name": "kim"}, {"name": "lee"}],
        "jupyterhub_groups": [{"name": "a", "users": ["kim"]}],
    }
    run = run_playbook(static(variables, tags=["hub"]), arguments, hub=hub)
    assert run.returncode == 0, run.stdout
    assert (sorted(hub.users()), list(hub.groups())) == (users, groups)


# The connection


@pytest.mark.parametrize("short", [False, True], ids=["play", "mixed"])
def test_the_play_s_defaults_reach_the_tasks_of_the_role(
    hub: Hub, short: bool, tmp_path: pathlib.Path
) -> None:
    """The defaults apply even if environment variables name another hub. The role's own variables
    take precedence.
    """
    file = tmp_path / "token"
    file.write_text(hub.token, encoding="utf-8")
    defaults = {"hub_url": NOWHERE if short else hub.url, "api_token_file": str(file), "retries": 0}
    variables = {**GOOD, **({"jupyterhub_url": hub.url} if short else {})}
    env = {"JUPYTERHUB_API_URL": "http://127.0.0.1:10", "JUPYTERHUB_API_TOKEN": "0" * 32}
    run = run_tasks(
        None,
        [role(variables)],
        module_defaults={"group/hubops.jupyterhub.jupyterhub": defaults},
        env=env,
    )
    assert run.returncode == 0, run.stdout
    assert list(hub.users()) == ["kim"]
    assert role_result(run)["hub_url"] == hub.url


def test_no_task_of_the_role_talks_to_another_hub_than_the_preflight(hub: Hub) -> None:
    with Hub(hub.series) as other:
        mark = other.mark()
        own = {
            f"hubops.jupyterhub.jupyterhub_{kind}": {"hub_url": other.url}
            for kind in ("user", "group")
        }
        variables = {
            **GOOD,
            "jupyterhub_groups": [{"name": "a", "users": ["kim"]}],
            "jupyterhub_url": hub.url,
        }
        run = run_tasks(hub, [role(variables)], module_defaults=own)
        assert run.returncode == 0, run.stdout
        preflight = {
            "hubops.jupyterhub.jupyterhub_preflight": {
                "hub_url": other.url,
                "api_token": other.token,
            }
        }
        noticed = run_tasks(hub, [role(variables)], module_defaults=preflight)
        assert f"jupyterhub_url is {hub.url}, but this task would use {other.url}" in noticed.stdout
        assert writes(other, mark) == []
    assert hub.groups()["a"]["users"] == ["kim"]


def test_defaults_of_a_module_that_the_role_does_not_set_are_kept(hub: Hub) -> None:
    hub.add_users("kim", "keeper", "leaver")
    own = {
        "hubops.jupyterhub.jupyterhub_user": {
            "prune_keep": ["keep*"],
            "prune_limit": "0",
            "prune": False,
        }
    }
    # The role's own variables take precedence.
    run = run_tasks(
        hub,
        [role({**GOOD, "jupyterhub_prune": ["users"], "jupyterhub_prune_limit": 1})],
        module_defaults=own,
    )
    assert run.returncode == 0, run.stdout
    assert sorted(hub.users()) == ["keeper", "kim"]


def test_a_token_and_a_token_file_from_two_places_are_refused(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    file = tmp_path / "token"
    file.write_text(hub.token, encoding="utf-8")
    mark = hub.mark()
    defaults = {"group/hubops.jupyterhub.jupyterhub": {"hub_url": hub.url, "api_token": "0" * 32}}
    run = run_tasks(
        None, [role({**GOOD, "jupyterhub_api_token_file": str(file)})], module_defaults=defaults
    )
    assert run.returncode == 2
    assert "api_token and api_token_file are both set" in run.stdout
    assert writes(hub, mark) == []


def test_a_missing_address_is_reported_by_the_name_of_the_variable(hub: Hub) -> None:
    run = run_tasks(None, [role(GOOD)])
    assert run.returncode == 2
    (problem,) = role_result(run)["problems"]
    assert "jupyterhub_url" in problem


# Values in the forms that variables have


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (["-e", json.dumps({"jupyterhub_prune_keep": '{"users": ["keep-*"]}'})], True),
        (["-e", 'jupyterhub_prune_keep=\'{"users": ["keep-*"]}\''], True),
        (["-e", "jupyterhub_prune_keep=users=keep-*"], True),
        (["-e", "jupyterhub_prune_match=users=gone-*"], True),
        (["-e", json.dumps({"jupyterhub_prune_match": {"users": None}})], False),
        (["-e", json.dumps({"jupyterhub_prune_keep": "users: [keep-*]"})], False),
        (["-e", json.dumps({"jupyterhub_prune_keep": "keep-*"})], False),
        (["-e", json.dumps({"prune_keep": {"users": ["keep-*"]}})], False),
        (["-e", json.dumps({"jupyterhub_prune_kep": {"users": ["keep-*"]}})], False),
    ],
)
def test_a_guard_is_understood_or_refused_and_never_dropped(
    hub: Hub, arguments: list[str], kept: bool
) -> None:
    hub.add_users("kim", "keep-1", "keep-2", "gone-1")
    run = run_playbook(
        static({**GOOD, "jupyterhub_prune": ["users"], "jupyterhub_prune_limit": "100%"}),
        arguments,
        hub=hub,
    )
    assert (run.returncode == 0) is kept, run.stdout
    assert (
        sorted(hub.users()) == ["keep-1", "keep-2", "kim"]
        if kept
        else ["gone-1", "keep-1", "keep-2", "kim"]
    )


@pytest.mark.hubs("5", "6")
def test_lists_are_taken_as_their_modules_take_them(hub: Hub) -> None:
    hub.add_users("boss", admin=True)
    variables = {
        "jupyterhub_users": [
            {"name": "ada", "admin": "no"},
            {"name": "grace", "admin": "{{ nothing | default(omit) }}"},
        ],
        "jupyterhub_groups": [
            {"name": "a", "users": "ada,grace"},
            {"name": "b", "users": "{{ nothing | default(omit) }}", "properties": '{"x": 1}'},
        ],
        "jupyterhub_shares": [{"owner": "ada", "users": ["grace"], "code": "false"}],
        "jupyterhub_tokens": [],
        "jupyterhub_services": None,
    }
    run = run_tasks(hub, [role(variables)])
    assert run.returncode == 0, run.stdout
    assert sorted(hub.groups()["a"]["users"]) == ["ada", "grace"]
    assert hub.groups()["b"]["properties"] == {"x": 1}


@pytest.mark.parametrize(
    "token",
    [
        {"dest": "{{ nothing | default(omit) }}"},
        {"dest": ""},
        {"dest": None},
        {"dest": "{{ folder }}/t", "return_token": True},
    ],
    ids=["omit", "empty", "null", "returned"],
)
def test_no_token_is_made_whose_secret_would_be_shown_or_lost(
    hub: Hub, tmp_path: pathlib.Path, token: dict[str, Any]
) -> None:
    hub.add_users("kim")
    mark = hub.mark()
    variables = {
        "jupyterhub_tokens": [{"user": "kim", "note": "export", **token}],
        "folder": str(tmp_path),
    }
    run = run_tasks(hub, [role(variables)], "-v")
    assert run.returncode == 2
    assert "no secrets are returned here: kim/export" in run.stdout
    assert writes(hub, mark) == []


def test_nothing_declared_fails_and_names_what_may_be_misspelt(hub: Hub) -> None:
    mark = hub.mark()
    run = run_tasks(hub, [role({"jupyterhub_user": [{"name": "kim"}]})])
    assert run.returncode == 2
    assert role_result(run)["problems"][1:] == [
        "The variable jupyterhub_user is set, but nothing reads it: jupyterhub_users may be the"
        " intended name."
    ]
    assert writes(hub, mark) == []
    other = run_tasks(hub, [role({**GOOD, "jupyterhub_group": []})])
    assert other.returncode == 0, other.stdout
    assert "jupyterhub_groups may be the intended name" in other.stderr
    empty = run_tasks(hub, [role({"jupyterhub_users": []})])
    assert empty.returncode == 0, empty.stdout
    assert role_result(empty)["ok"] is True


# Text from other people


def test_names_and_properties_on_the_hub_are_never_templates(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    """A person who can name a group or set its properties must not be able to run commands on the
    controller.
    """
    trap = tmp_path / "trap"
    evil = "{{ lookup('ansible.builtin.pipe', 'touch $TRAP') }}"
    hub.add_users("kim")
    for name in (evil, "course"):
        hub.add_group(name, "kim")
        hub.expect("PUT", f"/groups/{hub.quote(name)}/properties", {evil: evil})
    variables = {
        "jupyterhub_users": [{"name": "kim"}],
        "jupyterhub_groups": [{"name": "course", "users": ["kim"], "properties": {}}],
        "jupyterhub_prune": ["groups"],
        "jupyterhub_prune_limit": "100%",
    }
    for arguments in (["--check", "--diff", "-v"], ["--diff", "-v"]):
        run = run_tasks(
            hub,
            [role(variables), {"ansible.builtin.debug": {"var": "jupyterhub_provision_result"}}],
            *arguments,
            env={"TRAP": str(trap)},
        )
        assert run.returncode == 0, run.stdout
        assert "touch $TRAP" in str(role_result(run)["groups"]["changes"])
        assert not trap.exists()
    assert list(hub.groups()) == ["course"]


@pytest.mark.newest
def test_the_limit_of_removals_reaches_the_groups(hub: Hub) -> None:
    """A class list that was cut in half removes no members, whatever else it declares."""
    hub.add_users("ada", "bob", "cy")
    hub.add_group("course", "ada", "bob", "cy")
    cut = {
        "jupyterhub_groups": [{"name": "course", "users": ["ada"]}, {"name": "new"}],
        "jupyterhub_remove_limit": "1",
    }
    mark = hub.mark()
    run = run_tasks(hub, [role(cut)])
    assert run.returncode == 2, run.stdout
    (problem,) = role_result(run)["problems"]
    assert problem.startswith(
        "More members would be removed than remove_limit 1 allows, from course (2 of 3: bob, cy)."
    ), problem
    assert writes(hub, mark) == []
    run = run_tasks(hub, [role({**cut, "jupyterhub_remove_limit": "67%"})])
    assert run.returncode == 0, run.stdout
    assert {name: group["users"] for name, group in hub.groups().items()} == {
        "course": ["ada"],
        "new": [],
    }
