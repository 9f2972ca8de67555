# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_export: what it writes, where, and what it refuses."""

from __future__ import annotations

import json
import os
import pathlib
import stat
from typing import Any

import pytest
import yaml

from tests.hub import Hub
from tests.live.support import refused, runner, writes
from tests.live.support_export import (
    EXPORT,
    apply,
    assert_applied,
    assert_nothing_to_do,
    export,
    load,
    plain,
)
from tests.live.support_servers import warned
from tests.live.test_snapshot import furnish
from tests.running import run_playbook

pytestmark = pytest.mark.daily(3)

EVERYTHING = ["users", "groups", "services", "shares", "servers", "tokens", "auth_state"]
PROVISION = "- hosts: localhost\n  gather_facts: false\n  roles: [hubops.jupyterhub.provision]\n"
# If this template were rendered, its command would leave a file behind.
COMMAND_TEMPLATE = "{{ lookup('pipe', 'touch %s') }}"


def test_applying_an_export_changes_nothing(hub: Hub, tmp_path: pathlib.Path) -> None:
    furnish(hub)
    dest = tmp_path / "hub.yml"
    result = export(hub, dest, include=EVERYTHING)
    assert (result["changed"], result["dest"]) == (True, str(dest))
    variables = load(dest)
    assert plain(variables["jupyterhub_groups"])[1] == {
        "name": "staff",
        "users": ["ada", "bob"],
        "properties": {"n": [1, 2.5, True], "room": {"floor": None}},
    }
    assert plain(variables["jupyterhub_users"])[-1] == {
        "name": "zoé",
        "admin": False,
        "auth_state": {"cookie": "crumb"},
    }
    assert ("jupyterhub_shares" in variables) == (hub.series != "4")
    assert result["counts"]["users"] == len(variables["jupyterhub_users"])
    assert_nothing_to_do(hub, variables)


@pytest.mark.hubs("4", "5")
def test_the_role_finds_nothing_to_do(hub: Hub, tmp_path: pathlib.Path) -> None:
    furnish(hub)
    export(hub, tmp_path / "hub.yml", include=EVERYTHING)
    done = run_playbook(PROVISION, ["--check", "--diff", "-e", f"@{tmp_path / 'hub.yml'}"], hub=hub)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed=0 " in done.stdout


def test_an_export_of_the_same_hub_is_the_same(hub: Hub, tmp_path: pathlib.Path) -> None:
    furnish(hub)
    dest = tmp_path / "hub.yml"
    export(hub, dest)
    before = dest.read_bytes()
    dest.chmod(0o640)
    again = export(hub, dest)
    assert (again["changed"], again["diff"]) == (False, [])
    hub.add_users("stranger")
    drifted = export(hub, dest, check=True)
    assert (drifted["changed"], dest.read_bytes()) == (True, before)
    (diff,) = drifted["diff"]
    gone = set(diff["before"].splitlines()) - set(diff["after"].splitlines())
    new = set(diff["after"].splitlines()) - set(diff["before"].splitlines())
    assert (gone, new) == (set(), {'  - name: "stranger"'})
    export(hub, dest)
    assert "stranger" in dest.read_text()
    assert stat.S_IMODE(dest.stat().st_mode) == 0o640


def test_the_hub_is_only_read(hub: Hub, tmp_path: pathlib.Path) -> None:
    furnish(hub)
    mark = hub.mark()
    export(hub, tmp_path / "hub.yml", include=EVERYTHING)
    assert writes(hub.requests(mark)) == []


def test_a_new_file_is_for_its_owner(hub: Hub, tmp_path: pathlib.Path) -> None:
    export(hub, tmp_path / "hub.yml")
    assert stat.S_IMODE((tmp_path / "hub.yml").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["hub.yml"]


def test_a_folder_has_a_file_for_each_kind(hub: Hub, tmp_path: pathlib.Path) -> None:
    furnish(hub)
    folder = tmp_path / "hub"
    export(hub, f"{folder}/", include=["users", "groups", "tokens"])
    assert sorted(path.name for path in folder.iterdir()) == [
        "groups.yml",
        "tokens.yml",
        "users.yml",
    ]
    variables = load(*folder.iterdir())
    assert sorted(variables) == ["jupyterhub_groups", "jupyterhub_tokens", "jupyterhub_users"]
    (folder / "notes.txt").write_text("mine")
    (folder / "servers.yml").write_text("jupyterhub_servers: []\n")
    fewer = export(hub, f"{folder}/", include=["users"])
    assert fewer["changed"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "notes.txt",
        "servers.yml",
        "users.yml",
    ]
    assert not export(hub, f"{folder}/", include=["users"])["changed"]


def test_a_folder_is_not_made_in_check_mode(hub: Hub, tmp_path: pathlib.Path) -> None:
    assert export(hub, f"{tmp_path}/new/", check=True)["changed"]
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_the_variables_are_returned(hub: Hub) -> None:
    furnish(hub)
    result = export(hub, None)
    assert not result["changed"]
    assert "dest" not in result
    assert_nothing_to_do(hub, result["variables"])
    assert [group["name"] for group in result["variables"]["jupyterhub_groups"]] == [
        "empty",
        "staff",
    ]


def test_what_no_export_has_written_is_not_replaced(hub: Hub, tmp_path: pathlib.Path) -> None:
    dest = tmp_path / "hub.yml"
    dest.write_text("mine: true\n")
    result = refused(hub, runner(hub), EXPORT, {"dest": str(dest)})
    assert (
        result["msg"]
        == f"dest {dest} was not written by an export: give another file, or set force to replace"
        " it. Nothing was changed."
    )
    assert dest.read_text() == "mine: true\n"
    forced = export(hub, dest, force=True)
    assert "mine" not in json.dumps(forced["diff"])
    assert "jupyterhub_users" in load(dest)


@pytest.mark.newest
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("folder", "is a folder: add a slash at its end"),
        ("link.yml", "is a symbolic link"),
        ("missing/hub.yml", "is in a folder that does not exist"),
        ("file.yml/", "is not a folder"),
        ("missing/hub/", "is in a folder that does not exist"),
        ("pipe", "is not a regular file"),
    ],
)
def test_what_cannot_be_written_is_refused(
    hub: Hub, tmp_path: pathlib.Path, name: str, problem: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.yml").touch()
    (tmp_path / "link.yml").symlink_to(tmp_path / "file.yml")
    os.mkfifo(tmp_path / "pipe")
    mark = hub.mark()
    result = refused(hub, runner(hub), EXPORT, {"dest": f"{tmp_path}/{name}"})
    assert problem in result["msg"]
    assert hub.requests(mark) == []


@pytest.mark.newest
@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {"include": ["users", "auth_state"]},
            "auth_state contains secrets, which are only written to a file: set dest.",
        ),
        (
            {"include": ["auth_state"], "dest": "/nowhere/hub.yml"},
            "auth_state is part of users: add users to include.",
        ),
        (
            {"include": ["servers"], "servers": "none"},
            "include has servers, but servers is none: change one of them.",
        ),
        (
            {"include": []},
            "include is empty, so there is nothing to export: add a kind of object.",
        ),
    ],
)
def test_contradictions_are_refused(hub: Hub, options: dict[str, object], problem: str) -> None:
    assert refused(hub, runner(hub), EXPORT, options)["msg"] == f"{problem} Nothing was changed."


def test_secrets_are_only_exported_on_request_and_never_shown(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    hub.add_users("ada", "bob")
    hub.expect("PATCH", "/users/ada", {"auth_state": {"token": "s3cret-of-ada"}})
    hub.expect("PATCH", "/users/bob", {"auth_state": {"token": "s3cret-of-bob"}})
    dest = tmp_path / "hub.yml"
    assert "s3cret" not in json.dumps(export(hub, dest))
    assert "s3cret" not in dest.read_text()
    dest.chmod(0o644)
    first = export(hub, dest, include=["users", "auth_state"])
    assert "s3cret" not in json.dumps(first)
    assert plain(load(dest)["jupyterhub_users"]) == [
        {
            "name": name,
            "admin": user["admin"],
            **({"auth_state": {"token": f"s3cret-of-{name}"}} if name in ("ada", "bob") else {}),
        }
        for name, user in sorted(hub.users().items())
    ]
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    hub.expect("PATCH", "/users/bob", {"auth_state": {"token": "s3cret-anew"}})
    second = export(hub, dest, include=["users", "auth_state"])
    assert second["changed"]
    assert "s3cret" not in json.dumps(second)
    (diff,) = second["diff"]
    assert diff["before"] != diff["after"]


def test_users_are_selected_and_left_out(hub: Hub, tmp_path: pathlib.Path) -> None:
    """A group that loses members because of the selection is marked as incomplete."""
    hub.add_users("ada", "bob", "test-1")
    hub.add_group("staff", "ada", "test-1")
    hub.add_group("all-there", "ada", "bob")
    hub.add_group("tmp")
    dest = tmp_path / "hub.yml"
    result = export(
        hub, dest, omit_users=["test-*"], omit_groups=["tmp"], include=["users", "groups"]
    )
    variables = plain(load(dest))
    assert "test-1" not in [user["name"] for user in variables["jupyterhub_users"]]
    assert variables["jupyterhub_groups"] == [
        {"name": "all-there", "users": ["ada", "bob"], "properties": {}},
        {"name": "staff", "users": ["ada"], "users_mode": "present", "properties": {}},
    ]
    assert [(one["kind"], one["name"]) for one in result["left_out"]] == [("group", "staff")]
    assert_nothing_to_do(hub, variables)
    chosen = export(hub, None, select_users=["a*", "test-1"], include=["users"])
    assert [user["name"] for user in chosen["variables"]["jupyterhub_users"]] == ["ada", "test-1"]


@pytest.mark.newest
def test_a_pattern_without_a_match_is_reported(hub: Hub) -> None:
    hub.add_users("ada")
    result = export(hub, None, omit_users=["adda"], services_from_config=["witness", "cullr"])
    assert warned(result) == [
        "omit_users 'adda' matches none of the users on the hub.",
        "services_from_config 'cullr' matches none of the services on the hub.",
    ]


def test_names_that_yaml_takes_for_something_else_stay_names(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    names = [
        "on",
        "no",
        "007",
        "1e3",
        "1_000",
        "null",
        "~",
        "0x1f",
        "12:30",
        "2026-01-01",
        "true",
        ".inf",
        "=",
        "<<",
    ]
    hub.add_users(*names)
    for name in names:
        hub.add_group(name, name, properties={name: name})
    dest = tmp_path / "hub.yml"
    export(hub, dest, include=["users", "groups"])
    for variables in (load(dest), yaml.safe_load(dest.read_text())):
        found = plain(variables)["jupyterhub_groups"]
        assert found == [
            {"name": name, "users": [name], "properties": {name: name}} for name in sorted(names)
        ]
    assert_nothing_to_do(hub, load(dest))


@pytest.mark.exact_names
def test_names_with_capitals_are_left_out_where_the_hub_folds_them(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    hub.expect("POST", "/users/MixedCase")
    hub.add_users("mixedcase")
    dest = tmp_path / "hub.yml"
    result = export(hub, dest, include=["users", "groups"])
    assert [(one["kind"], one["name"]) for one in result["left_out"]] == [("user", "MixedCase")]
    assert "MixedCase" in dest.read_text().partition("jupyterhub_users")[0]
    assert_nothing_to_do(hub, load(dest))


def test_groups_that_no_request_reaches_are_left_out(hub: Hub, tmp_path: pathlib.Path) -> None:
    hub.expect("POST", "/groups", {"groups": ["", ".", "..", "a\nb", "ok"]})
    result = export(hub, tmp_path / "hub.yml", include=["groups"])
    assert [one["name"] for one in result["left_out"] if one["kind"] == "group"] == ["", ".", ".."]
    variables = load(tmp_path / "hub.yml")
    assert [group["name"] for group in variables["jupyterhub_groups"]] == ["a\nb", "ok"]
    assert_nothing_to_do(hub, variables)


@pytest.mark.hubs("5", "6")
def test_a_user_without_a_name_is_left_out(hub: Hub, tmp_path: pathlib.Path) -> None:
    hub.add_users("ada", "lost")
    hub.add_group("staff", "ada", "lost")
    hub.expect("PATCH", "/users/lost", {"name": "lost"})
    result = export(hub, tmp_path / "hub.yml", servers="named")
    assert [(one["kind"], one["name"]) for one in result["left_out"]] == [
        ("user", ""),
        ("group", "staff"),
    ]
    staff = plain(load(tmp_path / "hub.yml"))["jupyterhub_groups"][0]
    assert staff == {"name": "staff", "users": ["ada"], "users_mode": "present", "properties": {}}


@pytest.mark.hubs("5", "6")
def test_guests_with_scopes_of_their_own(hub: Hub, tmp_path: pathlib.Path) -> None:
    hub.add_users("ada", "bob", "eve")
    hub.add_group("staff", "ada")
    hub.expect("POST", "/users/bob/servers/lab")
    hub.expect("DELETE", "/users/bob/servers/lab")
    hub.expect(
        "POST", "/shares/bob/lab", {"user": "ada", "scopes": ["access:servers", "read:servers"]}
    )
    hub.expect("POST", "/shares/bob/lab", {"group": "staff"})
    dest = tmp_path / "hub.yml"
    result = export(hub, dest, include=["shares"])
    variables = load(dest)
    assert plain(variables["jupyterhub_shares"]) == [
        {
            "owner": "bob",
            "server": "lab",
            "users": [{"name": "ada", "scopes": ["access:servers", "read:servers"]}],
            "groups": [{"name": "staff", "scopes": ["access:servers"]}],
        }
    ]
    assert [(one["kind"], one["name"]) for one in result["left_out"]] == [("server", "bob/lab")]
    assert_nothing_to_do(hub, variables)


@pytest.mark.hubs("5", "6")
def test_shares_with_those_who_are_left_out_stay(hub: Hub, tmp_path: pathlib.Path) -> None:
    hub.add_users("ada", "bob", "eve")
    for guest in ("ada", "eve"):
        hub.expect("POST", "/shares/bob/", {"user": guest})
    dest = tmp_path / "hub.yml"
    export(hub, dest, omit_users=["eve"], include=["users", "shares"])
    variables = load(dest)
    assert plain(variables["jupyterhub_shares"]) == [
        {
            "owner": "bob",
            "server": "",
            "users": ["ada"],
            "groups": [],
            "scopes": ["access:servers"],
            "mode": "present",
        }
    ]
    assert_applied(hub, variables)
    assert len(hub.expect("GET", "/shares/bob")["items"]) == 2


def test_servers(hub: Hub, tmp_path: pathlib.Path) -> None:
    hub.add_users("ada", "bob")
    hub.expect("POST", "/users/ada/server", {"cpu": 1})
    hub.expect("POST", "/users/ada/servers/lab", {"cpu": 2})
    hub.expect("POST", "/users/bob/servers/idle", {"cpu": 3})
    hub.expect("DELETE", "/users/bob/servers/idle")

    def states(**options: Any) -> dict[str, str]:
        variables = (
            load(tmp_path / "hub.yml")
            if export(hub, tmp_path / "hub.yml", include=["users"], **options)["dest"]
            else {}
        )
        assert_nothing_to_do(hub, variables)
        return {
            f"{one['user']}/{one['name']}": one["state"]
            for one in variables.get("jupyterhub_servers", [])
        }

    assert states() == {}
    exists = ("started", "stopped") if hub.series != "6" else ("present", "present")
    assert states(servers="named") == {"ada/lab": exists[0], "bob/idle": exists[1]}
    assert states(servers="running") == {
        "ada/": "started",
        "ada/lab": "started",
        "bob/idle": exists[1],
    }


@pytest.mark.hubs("6")
def test_names_of_servers_for_people(hub: Hub) -> None:
    hub.add_users("ada")
    hub.expect(
        "PUT",
        "/users/ada/servers/lab",
        {"display_name": "My {{ lab }}", "user_options": {"cpu": 2}},
    )
    (server,) = export(hub, None, servers="named")["variables"]["jupyterhub_servers"]
    assert server == {
        "user": "ada",
        "name": "lab",
        "state": "present",
        "display_name": "My {{ lab }}",
        "user_options": {"cpu": 2},
    }


def test_tokens_are_those_of_the_module_and_without_secrets(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    hub.add_users("ada")
    made = runner(hub)(
        "jupyterhub_token", {"user": "ada", "note": "nightly {{ x }}", "expires_in": "30d"}
    )
    hub.expect("POST", "/users/ada/tokens", {"note": "by hand"})
    result = export(hub, None, include=["tokens"])
    assert result["variables"]["jupyterhub_tokens"] == [
        {"user": "ada", "note": "nightly {{ x }}", "expires_in": "2592000"}
    ]
    assert [(one["kind"], one["name"]) for one in result["left_out"]] == [("token", "ada")]
    dest = tmp_path / "hub.yml"
    export(hub, dest, include=["tokens"])
    assert plain(load(dest)) == {"jupyterhub_tokens": []}
    assert '#   - user: "ada"' in dest.read_text()
    assert made["token"]["value"] not in dest.read_text() + json.dumps(result)


@pytest.mark.newest
def test_a_token_that_sees_a_part_is_refused(narrow_hub: Hub, tmp_path: pathlib.Path) -> None:
    """All missing scopes are reported at once."""
    for service in ("filtered", "names-only", "nothing"):
        run = runner(narrow_hub, api_token=narrow_hub.tokens[service])
        result = refused(
            narrow_hub, run, EXPORT, {"dest": str(tmp_path / "hub.yml"), "servers": "named"}
        )
        missing = [
            "list:groups",
            "list:services",
            "list:users",
            "read:groups",
            "read:servers",
            "read:services",
            *([] if narrow_hub.series == "4" else ["read:shares"]),
        ]
        assert result["missing_scopes"] == [
            scope for scope in missing if not (service == "names-only" and scope == "list:users")
        ]
        assert service in result["load_roles"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.core
@pytest.mark.hubs("6")
def test_text_of_others_is_not_run(hub: Hub, tmp_path: pathlib.Path) -> None:
    """The export has templates in names, keys, values, options and notes. The role applies it, and
    renders none of them.
    """
    trap = COMMAND_TEMPLATE % (tmp_path / "ran")
    user, group = COMMAND_TEMPLATE.replace("/", "") % "ran", trap.replace("/", "-")
    hub.add_users(user, "ada")
    hub.add_group(
        group, user, properties={trap: [trap, {trap: trap}], "{% set x = 1 %}": "{# c #}"}
    )
    hub.expect(
        "PUT",
        "/users/ada/servers/lab",
        {"display_name": "{{ lookup('pipe', 'touch ran') }}", "user_options": {trap: trap}},
    )
    hub.expect("POST", "/services/web", {"name": "web", "info": {trap: trap}})
    runner(hub)("jupyterhub_token", {"user": "ada", "note": trap})
    hub.expect("PATCH", "/users/ada", {"auth_state": {trap: trap}})
    dest = tmp_path / "hub.yml"
    export(hub, dest, include=EVERYTHING)
    args = ["--check", "--diff", "-vv", "-e", f"@{dest}"]
    done = run_playbook(PROVISION, args, hub=hub)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "changed=0 " in done.stdout
    show = (
        "- hosts: localhost\n  gather_facts: false\n  tasks: [{debug: {msg: '{{ [jupyterhub_users,"
        " jupyterhub_groups, jupyterhub_servers] | to_json }}'}}]\n"
    )
    shown = run_playbook(show, ["-e", f"@{dest}"], hub=hub)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "lookup('pipe'" in shown.stdout
    hub.reset()
    assert_applied(hub, load(dest))
    assert hub.groups()[group]["properties"] == {
        trap: [trap, {trap: trap}],
        "{% set x = 1 %}": "{# c #}",
    }
    assert not (tmp_path / "ran").exists()
    assert not pathlib.Path("ran").exists()


@pytest.mark.newest
def test_slashes_that_a_proxy_decodes(hub: Hub, tmp_path: pathlib.Path) -> None:
    hub.add_group("/staff")
    hub.add_group("staff")
    result = export(hub, tmp_path / "hub.yml", include=["groups"])
    names = [group["name"] for group in load(tmp_path / "hub.yml")["jupyterhub_groups"]]
    assert names + [one["name"] for one in result["left_out"]] in (
        ["staff", "/staff"],
        ["/staff", "staff"],
    )
    for name, done in apply(hub, load(tmp_path / "hub.yml"), check=True):
        assert (name, done["failed"], done["changed"]) == (name, False, False)
