# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role provision and the playbooks around it, run by ansible-playbook against real hubs."""

from __future__ import annotations

import importlib
import json
import pathlib
import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.hub import Hub
from tests.running import ROOT, run_playbook

pytestmark = pytest.mark.daily(5)

KINDS = ("users", "groups", "services", "servers", "shares", "tokens")

ROLE = ROOT / "roles" / "provision"

CLASS_LIST = """\
name,full_name,group,role
Abel,Niels Abel,CS101,instructor
kim,Kim Lee,CS101;CS205,student
KIM,Kim Lee,CS300,student
sato,Yui Satō,CS101,ta
root,Rune Óttarsson,,operator
"""
OPTIONS = {
    "admin_roles": ["operator"],
    "role_groups": {"instructor": "{group}-instructors", "ta": "{group}-assistants"},
}
GROUPS = {
    "CS101": ["abel", "kim", "sato"],
    "CS101-assistants": ["sato"],
    "CS101-instructors": ["abel"],
    "CS205": ["kim"],
    "CS205-assistants": [],
    "CS205-instructors": [],
    "CS300": ["kim"],
    "CS300-assistants": [],
    "CS300-instructors": [],
}
USERS = ["abel", "kim", "root", "sato"]

Run = subprocess.CompletedProcess[str]


def play(
    hub: Hub | None,
    variables: dict[str, Any],
    *args: str,
    env: dict[str, str] | None = None,
    **keywords: Any,
) -> Run:
    """Run a play with only the role and these variables, and print the result of the role."""
    return run_playbook(
        yaml.safe_dump(
            [
                {
                    "hosts": "localhost",
                    "gather_facts": False,
                    **keywords,
                    "tasks": [
                        {
                            "block": [
                                {
                                    "ansible.builtin.include_role": {
                                        "name": "hubops.jupyterhub.provision",
                                        "apply": {},
                                    },
                                    "vars": variables,
                                }
                            ],
                            "always": [
                                {
                                    "ansible.builtin.debug": {
                                        "msg": (
                                            "RESULT {{ jupyterhub_provision_result | to_json }} END"
                                        )
                                    }
                                }
                            ],
                            "tags": ["always"],
                        }
                    ],
                }
            ]
        ),
        args,
        hub=hub,
        env=env,
    )


def role_result(run: Run) -> dict[str, Any]:
    """Return the fact jupyterhub_provision_result of a play."""
    found = re.search(r'"msg": "RESULT (.*) END"', run.stdout)
    assert found is not None, run.stdout
    result: dict[str, Any] = json.loads(json.loads(f'"{found[1]}"'))
    return result


def recap(run: Run) -> dict[str, int]:
    """Return the counts of the recap."""
    found = re.search(r"^localhost +: (.*)$", run.stdout, re.MULTILINE)
    assert found is not None, run.stdout + run.stderr
    return {key: int(value) for key, value in (pair.split("=") for pair in found[1].split())}


def writes(hub: Hub, mark: int) -> list[tuple[str, str]]:
    """Return the requests since this mark that were not GET requests."""
    return [
        (request.method, request.path) for request in hub.requests(mark) if request.method != "GET"
    ]


def class_list(
    playbook: str,
    hub: Hub,
    directory: pathlib.Path,
    text: str,
    *args: str,
    token: str | None = None,
) -> Run:
    """Run a playbook of the collection on the class list in its current directory."""
    (directory / "people.csv").write_text(text, encoding="utf-8")
    variables = json.dumps({"class_list_file": "people.csv", "class_list_options": OPTIONS})
    return run_playbook(
        pathlib.Path(f"hubops.jupyterhub.{playbook}"),
        ["-e", variables, *args],
        hub=hub,
        env={"JUPYTERHUB_API_TOKEN": token} if token else {},
        cwd=directory,
    )


# The class list playbooks


@pytest.mark.core
def test_a_class_list_from_an_empty_hub_to_a_repaired_one(hub: Hub, tmp_path: pathlib.Path) -> None:
    mark = hub.mark()
    predicted = class_list("class_list", hub, tmp_path, CLASS_LIST, "--check", "--diff")
    assert predicted.returncode == 0, predicted.stdout
    assert recap(predicted)["changed"] == 2
    assert writes(hub, mark) == []
    assert hub.users() == {}

    real = class_list("class_list", hub, tmp_path, CLASS_LIST)
    assert real.returncode == 0, real.stdout
    assert sorted(hub.users()) == USERS
    assert [name for name, user in hub.users().items() if user["admin"]] == ["root"]
    assert {name: sorted(group["users"]) for name, group in hub.groups().items()} == GROUPS
    summary = re.compile(r'"msg": \{.*?\n\}', re.DOTALL)
    assert summary.findall(predicted.stdout) == summary.findall(real.stdout) != []

    mark = hub.mark()
    again = class_list("class_list", hub, tmp_path, CLASS_LIST)
    assert recap(again)["changed"] == 0, again.stdout
    assert writes(hub, mark) == []

    # One person leaves the list, and another one is added to a group by hand.
    hub.add_users("stranger")
    hub.expect("POST", "/groups/CS205-instructors/users", {"users": ["stranger"]})
    shorter = class_list(
        "class_list", hub, tmp_path, CLASS_LIST.replace("sato,Yui Satō,CS101,ta\n", "")
    )
    assert shorter.returncode == 0, shorter.stdout
    assert hub.groups()["CS205-instructors"]["users"] == []
    assert sorted(hub.groups()["CS101"]["users"]) == ["abel", "kim"]
    # The group of a role that nobody has any longer is emptied. Users are kept without prune.
    assert hub.groups()["CS101-assistants"]["users"] == []
    assert sorted(hub.users()) == sorted([*USERS, "stranger"])


@pytest.mark.hubs("6")
def test_the_audit_fails_on_a_difference_and_never_writes(hub: Hub, tmp_path: pathlib.Path) -> None:
    assert class_list("class_list", hub, tmp_path, CLASS_LIST).returncode == 0
    mark = hub.mark()
    same = class_list("audit", hub, tmp_path, CLASS_LIST)
    assert same.returncode == 0, same.stdout
    assert "The hub is what the class list says." in same.stdout

    other = class_list("audit", hub, tmp_path, CLASS_LIST + "lee,Lee,CS205,student\n")
    assert other.returncode == 2, other.stdout
    assert "The hub differs from the class list in 2 places" in other.stdout
    shown = other.stdout.partition('"audit_differences"')[2]
    assert "lee" in shown.partition("TASK")[0]
    assert writes(hub, mark) == []


@pytest.mark.hubs("6")
def test_a_class_list_that_cannot_be_used_touches_nothing(hub: Hub, tmp_path: pathlib.Path) -> None:
    mark = hub.mark()
    bad = class_list("class_list", hub, tmp_path, CLASS_LIST + ",Nobody,CS101,student\n")
    assert bad.returncode == 2
    assert "TASK [Read the class list]" in bad.stdout
    assert "The class list cannot be used: line 7 has no name." in bad.stdout + bad.stderr
    missing = run_playbook(pathlib.Path("hubops.jupyterhub.class_list"), hub=hub)
    assert "class_list_file has to say where the class list is" in missing.stdout + missing.stderr
    assert hub.requests(mark) == []


# The playbook provision


@pytest.mark.hubs("6")
def test_a_file_is_all_that_the_playbook_needs(hub: Hub, tmp_path: pathlib.Path) -> None:
    file = tmp_path / "hub.yml"
    file.write_text(
        yaml.safe_dump(
            {
                "jupyterhub_users": [{"name": "ada"}],
                "jupyterhub_groups": [{"name": "g", "users": ["ada"]}],
            }
        ),
        encoding="utf-8",
    )
    playbook = pathlib.Path("hubops.jupyterhub.provision")
    predicted = run_playbook(playbook, ["-e", f"@{file}", "--check", "--diff"], hub=hub)
    assert predicted.returncode == 0, predicted.stdout
    assert hub.users() == {}
    real = run_playbook(playbook, ["-e", f"@{file}"], hub=hub)
    assert real.returncode == 0, real.stdout
    assert hub.groups()["g"]["users"] == ["ada"]
    assert '"create": 1' in real.stdout
    again = run_playbook(playbook, ["-e", f"@{file}"], hub=hub)
    assert recap(again)["changed"] == 0

    # Variables of the hosts in an inventory work too.
    inventory = tmp_path / "hosts.yml"
    host = {
        "ansible_connection": "local",
        "jupyterhub_url": hub.url,
        "jupyterhub_api_token": hub.token,
        "jupyterhub_users": [{"name": "kim"}],
    }
    inventory.write_text(yaml.safe_dump({"hubs": {"hosts": {"physics": host}}}), encoding="utf-8")
    by_host = run_playbook(playbook, ["-i", str(inventory), "-e", "provision_hosts=hubs"])
    assert by_host.returncode == 0, by_host.stdout
    assert "kim" in hub.users()

    nothing = run_playbook(playbook, hub=hub)
    assert nothing.returncode == 2
    assert "Nothing is declared: set jupyterhub_users" in nothing.stdout


# The role: preflight


@pytest.mark.hubs("6")
def test_references_that_go_nowhere_stop_the_run_and_are_all_named(hub: Hub) -> None:
    hub.add_users("here", "leaver", "old")
    mark = hub.mark()
    run = play(
        hub,
        {
            "jupyterhub_users": [
                {"name": "Kim"},
                {"name": "leaver", "state": "absent"},
                {"name": "new", "rename_from": "Old"},
            ],
            "jupyterhub_groups": [
                {"name": "a", "users": ["KIM", "Here", "nobody", "Leaver"]},
                {"name": "b", "users": ["nowhere", "old", "new"]},
                {"name": "c", "users": ["whoever"], "users_mode": "absent"},
                {"name": "d", "users": ["whoever"], "state": "absent"},
            ],
        },
    )
    assert run.returncode == 2
    told_problems = [
        (
            "These users are needed, but jupyterhub_users declares them absent or renames them:"
            " leaver (a member of group a), old (a member of group b)."
        ),
        (
            "These users are needed, but are neither in jupyterhub_users nor on the hub: nobody"
            " (a member of group a), nowhere (a member of group b)."
        ),
    ]
    assert " ".join([*told_problems, "Nothing was changed."]) in run.stdout
    assert writes(hub, mark) == []
    nothing = {kind: {"changed": False, "changes": [], "summary": {}} for kind in KINDS}
    assert role_result(run) == {
        "ok": False,
        "problems": told_problems,
        "changed": False,
        "hub_url": hub.url,
        "hub_version": hub.version,
        **nothing,
    }


def test_members_that_are_only_on_the_hub_are_fine(hub: Hub) -> None:
    hub.add_users("here")
    run = play(
        hub,
        {
            "jupyterhub_users": [{"name": "Kim"}],
            "jupyterhub_groups": [{"name": "a", "users": ["KIM", "Here"]}],
        },
    )
    assert run.returncode == 0, run.stdout
    assert sorted(hub.groups()["a"]["users"]) == ["here", "kim"]


@pytest.mark.hubs("6")
def test_missing_scopes_stop_the_run_before_the_first_write() -> None:
    lists = {
        "jupyterhub_users": [{"name": "kim"}],
        "jupyterhub_groups": [{"name": "a", "users": ["kim"]}],
    }
    with Hub(
        "6",
        services={
            "narrow": {"scopes": ["admin:users", "list:users", "read:groups", "list:groups"]}
        },
    ) as hub:
        mark = hub.mark()
        run = play(hub, {**lists, "jupyterhub_api_token": hub.tokens["narrow"]})
        assert run.returncode == 2
        assert (
            "The service narrow lacks the scope admin:groups: add what load_roles shows to the"
            " hub's configuration." in run.stdout
        )
        assert "c.JupyterHub.load_roles.append" in run.stdout
        assert writes(hub, mark) == []
        # Exactly the scopes that are needed.
        assert play(hub, {**lists, "jupyterhub_api_token": hub.scoped_token}).returncode == 0


# The role: prune


@pytest.mark.hubs("6")
def test_prune(hub: Hub) -> None:
    hub.add_users("boss", admin=True)
    hub.add_users("kim", "gone", "keeper")
    hub.add_group("old", "gone")
    hub.add_group("ops", "boss")
    variables = {
        "jupyterhub_users": [{"name": "kim"}],
        "jupyterhub_groups": [{"name": "CS101", "users": ["kim"]}],
        "jupyterhub_prune": ["users", "groups"],
        "jupyterhub_prune_keep": {"users": ["keep*"], "groups": ["ops"]},
    }
    mark = hub.mark()
    limited = play(hub, {**variables, "jupyterhub_prune_limit": "0"})
    assert limited.returncode == 2
    assert writes(hub, mark) == []

    foreign = play(
        hub,
        {**variables, "jupyterhub_groups": [{"name": "CS101", "users": ["kim", "boss", "gone"]}]},
    )
    assert foreign.returncode == 2
    said = (
        "These users are needed, but jupyterhub_users does not declare them, so pruning may"
        " delete them: boss (a member of group CS101), gone "
    )
    assert said in foreign.stdout
    assert writes(hub, mark) == []

    matched = play(
        hub, {**variables, "jupyterhub_prune_match": {"users": ["x*"], "groups": ["x*"]}}
    )
    assert matched.returncode == 0, matched.stdout
    assert sorted(hub.users()) == ["boss", "gone", "keeper", "kim"]
    assert sorted(hub.groups()) == ["CS101", "old", "ops"]

    run = play(hub, {**variables, "jupyterhub_prune_limit": "50%"})
    assert run.returncode == 0, run.stdout
    assert sorted(hub.users()) == ["boss", "keeper", "kim"]
    assert sorted(hub.groups()) == ["CS101", "ops"]

    empty = play(hub, {"jupyterhub_prune": ["users"]})
    assert empty.returncode == 2
    assert sorted(hub.users()) == ["boss", "keeper", "kim"]


# The role: its result, tags, connection


@pytest.mark.hubs("6")
def test_the_result_of_a_failed_run_reports_what_was_done(hub: Hub) -> None:
    run = play(
        hub,
        {
            "jupyterhub_users": [{"name": "kim"}, {"name": "abel", "admin": True}],
            "jupyterhub_groups": [{"name": "new", "users": ["kim"]}],
            # Only the spawner knows that this server cannot start.
            "jupyterhub_servers": [{"user": "kim", "user_options": {"fail": "the node is full"}}],
        },
    )
    assert run.returncode == 2
    assert sorted(hub.users()) == ["abel", "kim"]
    result = role_result(run)
    assert result["ok"] is False
    assert any("the node is full" in problem for problem in result["problems"]), result["problems"]
    assert (result["hub_url"], result["hub_version"]) == (hub.url, hub.version)
    assert result["users"]["changed"] is True
    assert result["users"]["summary"] == {"create": 2, "unchanged": 0}
    assert [change["name"] for change in result["users"]["changes"]] == ["kim", "abel"]
    assert result["users"]["requests"] > 0
    assert [change["name"] for change in result["groups"]["changes"]] == ["new"]


@pytest.mark.hubs("6")
def test_a_limit_that_depends_on_the_hub_ends_the_run_before_any_change(hub: Hub) -> None:
    hub.add_group("old")
    mark = hub.mark()
    run = play(
        hub,
        {
            "jupyterhub_users": [{"name": "kim"}],
            "jupyterhub_groups": [{"name": "new", "users": ["kim"]}],
            "jupyterhub_prune": ["groups"],
            "jupyterhub_prune_limit": "0",
        },
    )
    assert run.returncode == 2
    assert writes(hub, mark) == []
    result = role_result(run)
    assert result["ok"] is False
    assert len(result["problems"]) == 1
    assert "prune would delete 1 of 1 groups" in result["problems"][0]


@pytest.mark.hubs("6")
def test_a_second_run_in_one_play_reports_only_its_own_changes(hub: Hub) -> None:
    run = run_playbook(
        """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.include_role: {name: hubops.jupyterhub.provision}
      vars: {jupyterhub_users: [{name: kim}]}
    - block:
        - ansible.builtin.include_role: {name: hubops.jupyterhub.provision}
          vars: {jupyterhub_users: [{name: lee}], jupyterhub_groups: [{name: a, users: [nobody]}]}
      rescue:
        - ansible.builtin.debug: {msg: "RESULT {{ jupyterhub_provision_result | to_json }} END"}
""",
        hub=hub,
    )
    assert run.returncode == 0, run.stdout
    assert role_result(run)["users"]["changes"] == []
    assert sorted(hub.users()) == ["kim"]


@pytest.mark.hubs("6")
def test_a_tag_selects_its_kind_and_the_preflight_always_runs(hub: Hub) -> None:
    hub.add_users("kim")
    text = """
- hosts: localhost
  gather_facts: false
  roles:
    - role: hubops.jupyterhub.provision
      vars:
        jupyterhub_users: [{name: kim, admin: true}, {name: lee}]
        jupyterhub_groups: [{name: a, users: [kim]}]
"""
    groups = run_playbook(text, ["--tags", "groups"], hub=hub)
    assert groups.returncode == 0, groups.stdout
    assert "Check that all of it can be done" in groups.stdout
    assert sorted(hub.users()) == ["kim"]
    assert hub.groups()["a"]["users"] == ["kim"]
    assert run_playbook(text, ["--tags", "users"], hub=hub).returncode == 0
    assert sorted(hub.users()) == ["kim", "lee"]


@pytest.mark.core
@pytest.mark.hubs("6")
def test_the_connection_comes_from_the_variables_and_no_secret_is_shown(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    users = [{"name": "kim", "auth_state": {"refresh": "s3cr3t-refresh"}}]
    connection = {
        "jupyterhub_url": hub.url,
        "jupyterhub_api_token": hub.token,
        "jupyterhub_timeout": 20,
        "jupyterhub_retries": 1,
    }
    run = play(None, {**connection, "jupyterhub_users": users}, "-vvv", "--diff")
    assert run.returncode == 0, run.stdout
    assert sorted(hub.users()) == ["kim"]
    assert hub.token not in run.stdout + run.stderr
    assert "s3cr3t-refresh" not in run.stdout + run.stderr

    file = tmp_path / "token"
    file.write_text(hub.token + "\n", encoding="utf-8")
    again = play(
        None,
        {
            "jupyterhub_url": hub.url,
            "jupyterhub_api_token_file": str(file),
            "jupyterhub_users": [{"name": "kim"}],
        },
    )
    assert again.returncode == 0, again.stdout
    assert role_result(again)["users"]["changed"] is False

    hub.add_users("boss", admin=True)
    login = {"jupyterhub_login_username": "boss", "jupyterhub_login_password": hub.password}
    by_login = play(
        None, {"jupyterhub_url": hub.url, **login, "jupyterhub_users": [{"name": "lee"}]}, "-vvv"
    )
    assert by_login.returncode == 0, by_login.stdout
    assert sorted(hub.users()) == ["boss", "kim", "lee"]
    assert hub.password not in by_login.stdout + by_login.stderr


@pytest.mark.core
@pytest.mark.hubs("6")
@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"jupyterhub_users": [{"nmae": "kim"}]}, "name is missing in item 1 of users"),
        (
            {"jupyterhub_users": [{"name": "kim", "nmae": "x"}]},
            "'nmae' is not an option in item 1 of users (kim)",
        ),
        (
            {"jupyterhub_users": "kim"},
            "users is text: it must be a list of dictionaries, such as [{name: ...}]",
        ),
        (
            {"jupyterhub_groups": [{"name": "a", "users_mode": "some"}]},
            "users_mode in item 1 of groups (a) is 'some'",
        ),
        (
            {"jupyterhub_users": [{"name": "kim"}], "jupyterhub_prune": ["user"]},
            "item 1 of prune is 'user': it must be users, groups or tokens",
        ),
    ],
)
def test_what_is_misspelt_is_refused_before_any_request(
    hub: Hub, variables: dict[str, Any], said: str
) -> None:
    mark = hub.mark()
    run = play(hub, variables)
    assert run.returncode == 2
    assert said in run.stdout
    assert any(said in problem for problem in role_result(run)["problems"])
    assert hub.requests(mark) == []


# The role: its variables are the modules' options


def spec_of(name: str) -> dict[str, Any]:
    """Return the options of a module as it passes them to Ansible."""
    module = importlib.import_module(
        f"ansible_collections.hubops.jupyterhub.plugins.modules.jupyterhub_{name}"
    )
    options: dict[str, Any] = module.SPEC.options
    return options


@pytest.fixture(scope="module")
def variables() -> dict[str, Any]:
    """Return the documented variables of the role."""
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options: dict[str, Any] = specs["argument_specs"]["main"]["options"]
    return options


@pytest.mark.parametrize("kind", ["user", "group", "service", "server", "share", "token"])
def test_a_list_takes_what_its_module_takes(variables: dict[str, Any], kind: str) -> None:
    options = spec_of(kind)
    # The role's argument spec has no aliases: its variables have names of their own.
    items = {
        key: item
        for name, item in options[f"{kind}s"]["options"].items()
        for key in (name, *item.get("aliases", ()))
    }
    described = variables[f"jupyterhub_{kind}s"]["options"]
    assert described.keys() == items.keys()
    for name, item in items.items():
        # The default of an item is the option beside the list.
        expected = {**item, "default": options.get(name, {}).get("default", item.get("default"))}
        for key in ("type", "elements", "choices", "required", "default", "no_log"):
            assert described[name].get(key) == expected.get(key), f"{name}: {key}"


def test_every_option_of_the_connection_is_a_variable_and_is_handed_on(
    variables: dict[str, Any],
) -> None:
    argspec = importlib.import_module(
        "ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options"
    )
    names = {
        "jupyterhub_url" if name == "hub_url" else f"jupyterhub_{name}": option
        for name, option in argspec.CONNECTION.options.items()
    }
    lists = {f"jupyterhub_{kind}" for kind in KINDS}
    others = {
        f"jupyterhub_{name}"
        for name in (
            "prune",
            "prune_keep",
            "prune_match",
            "prune_limit",
            "remove_limit",
            "stored_names",
        )
    }
    assert variables.keys() - lists - others == names.keys()
    # An unset variable must stay unset: an empty list is a declaration, and module_defaults of the
    # play apply only to options that the role leaves out.
    assert not [name for name, option in variables.items() if "default" in option]
    assert not (ROLE / "defaults").exists()
    for name, option in names.items():
        assert variables[name]["type"] == option["type"]
        assert variables[name].get("no_log") == option.get("no_log")
    handed = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))[
        "__provision_options"
    ]
    assert handed == {
        option: "{{ " + variable + " | default(none) }}"
        for option, variable in zip(argspec.CONNECTION.options, names, strict=True)
    }


def test_every_variable_reaches_the_preflight(variables: dict[str, Any]) -> None:
    (block,) = yaml.safe_load((ROLE / "tasks" / "main.yml").read_text(encoding="utf-8"))
    (preflight,) = [
        task["hubops.jupyterhub.jupyterhub_preflight"]
        for task in block["block"]
        if "hubops.jupyterhub.jupyterhub_preflight" in task
    ]
    assert {
        name: value
        for name, value in preflight.items()
        if name not in ("hub_url", "expected_url", "prefix", "variables")
    } == {
        name.removeprefix("jupyterhub_"): "{{ " + name + " | default(omit) }}"
        for name in variables
        if name.removeprefix("jupyterhub_") in preflight
    }
    assert preflight["prefix"] == "jupyterhub_"
    assert spec_of("preflight").keys() - preflight.keys() == argument_names() | {"secrets"}


def argument_names() -> set[str]:
    """Return the options of the connection."""
    argspec = importlib.import_module(
        "ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options"
    )
    return set(argspec.CONNECTION.options)


FULL = """
- hosts: localhost
  gather_facts: false
  roles:
    - role: hubops.jupyterhub.provision
      vars:
        jupyterhub_users: [{name: ada}, {name: grace}]
        jupyterhub_groups: [{name: tutors, users: [grace]}]
        jupyterhub_services: "{{ [{'name': 'role-news', 'display': false}] if new else [] }}"
        jupyterhub_servers: [{user: ada, user_options: {profile: small}}]
        jupyterhub_shares: "{{ [{'owner': 'ada', 'groups': ['tutors']}] if new else [] }}"
        jupyterhub_tokens: [{user: ada, note: export, scopes: ["read:users!user"], dest: "{{ folder }}/token"}]
        jupyterhub_prune: [tokens]
"""


@pytest.mark.core
def test_a_whole_hub(hub: Hub, tmp_path: pathlib.Path) -> None:
    """All kinds in one run: predicted on an empty hub, done, and unchanged in a second run."""
    arguments = ["-e", f"folder={tmp_path}", "-e", json.dumps({"new": hub.series != "4"})]
    mark = hub.mark()
    checked = run_playbook(FULL, [*arguments, "--check", "--diff"], hub=hub)
    assert checked.returncode == 0, checked.stdout
    assert [request for request in hub.requests(mark) if request.method != "GET"] == []
    real = run_playbook(FULL, arguments, hub=hub)
    assert real.returncode == 0, real.stdout
    assert set(hub.users()) == {"ada", "grace"}
    assert hub.groups()["tutors"]["users"] == ["grace"]
    assert hub.expect("GET", "/users/ada")["servers"][""]["user_options"] == {"profile": "small"}
    secret = (tmp_path / "token").read_text(encoding="utf-8")
    assert hub.api("GET", "/user", token=secret)[1]["name"] == "ada"
    assert secret not in real.stdout
    if hub.series != "4":
        assert hub.services()["role-news"]["display"] is False
        assert [row["group"]["name"] for row in hub.expect("GET", "/shares/ada/")["items"]] == [
            "tutors"
        ]
    again = run_playbook(FULL, arguments, hub=hub)
    assert again.returncode == 0, again.stdout
    assert "changed=0" in again.stdout
    if hub.series != "4":
        hub.expect("DELETE", "/services/role-news")


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (
            {"jupyterhub_tokens": [{"user": "ada", "note": "lost"}]},
            "These tokens have no dest, and no secrets are returned here: ada/lost.",
        ),
        (
            {"jupyterhub_servers": [{"user": "zoe"}]},
            "are neither in jupyterhub_users nor on the hub: zoe (the owner of server zoe/).",
        ),
        (
            {"jupyterhub_tokens": [{"user": "ada", "note": "lost", "dest": None}]},
            "These tokens have no dest, and no secrets are returned here: ada/lost.",
        ),
        (
            {"jupyterhub_shares": [{"owner": "zoe", "users": []}]},
            "nor on the hub: zoe (the owner of server zoe/, which is shared).",
        ),
        (
            {"jupyterhub_shares": [{"owner": "ada", "users": ["zoe"]}]},
            "nor on the hub: zoe (a guest of server ada/).",
        ),
        (
            {"jupyterhub_shares": [{"owner": "ada", "code": True}]},
            "These servers are shared by a code, but no secrets are returned here: ada/.",
        ),
        (
            {"jupyterhub_shares": [{"owner": "ada", "groups": ["tutors", "there"]}]},
            "are neither in jupyterhub_groups nor on the hub: tutors (a guest of server ada/).",
        ),
        (
            {
                "jupyterhub_groups": [{"name": "there", "state": "absent"}],
                "jupyterhub_shares": [{"owner": "ada", "groups": ["there"]}],
            },
            (
                "jupyterhub_groups declares them absent or renames them: there (a guest of server"
                " ada/)."
            ),
        ),
        (
            {
                "jupyterhub_groups": [{"name": "a"}],
                "jupyterhub_prune": ["groups"],
                "jupyterhub_shares": [{"owner": "ada", "groups": ["there"]}],
            },
            (
                "so pruning may delete them: there (a guest of server ada/). Declare them in"
                " jupyterhub_groups."
            ),
        ),
    ],
    ids=[
        "no file",
        "server",
        "null file",
        "share",
        "share with nobody",
        "code",
        "share with no group",
        "share with a group that goes",
        "or may go",
    ],
)
@pytest.mark.hubs("6")
def test_other_kinds_are_checked_before_the_first_write(
    hub: Hub, extra: dict[str, Any], said: str
) -> None:
    hub.add_group("there")
    mark = hub.mark()
    play = "- hosts: localhost\n  gather_facts: false\n  roles: [hubops.jupyterhub.provision]\n"
    done = run_playbook(
        play, ["-e", json.dumps({"jupyterhub_users": [{"name": "ada"}], **extra})], hub=hub
    )
    assert done.returncode != 0
    assert said in done.stdout
    assert [request for request in hub.requests(mark) if request.method != "GET"] == []


@pytest.mark.hubs("4")
def test_an_old_hub_is_refused_before_the_first_write(hub: Hub) -> None:
    mark = hub.mark()
    play = "- hosts: localhost\n  gather_facts: false\n  roles: [hubops.jupyterhub.provision]\n"
    done = run_playbook(
        play,
        [
            "-e",
            json.dumps(
                {"jupyterhub_users": [{"name": "ada"}], "jupyterhub_services": [{"name": "x"}]}
            ),
        ],
        hub=hub,
    )
    assert done.returncode != 0
    assert "Services need JupyterHub 5.0; this hub is 4.0.2." in done.stdout
    assert [request for request in hub.requests(mark) if request.method != "GET"] == []
