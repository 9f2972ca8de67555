# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_preflight on running hubs: it reports all problems at once and writes nothing."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import runner, writes

PREFLIGHT = "jupyterhub_preflight"


def problems(hub: Hub, run: ModuleRunner, **params: Any) -> list[str]:
    """Run the preflight where it has to fail, in a real run and in check mode; return its
    problems.
    """
    mark = hub.mark()
    result = run(PREFLIGHT, params)
    assert (result["failed"], result["changed"]) == (True, False), result
    assert (result["changes"], result["retries"]) == ([], 0)
    assert run(PREFLIGHT, params, check=True)["problems"] == result["problems"]
    assert result["msg"] == " ".join([*result["problems"], "Nothing was changed."])
    assert writes(hub.requests(mark)) == []
    found: list[str] = result["problems"]
    return found


def passed(hub: Hub, run: ModuleRunner, **params: Any) -> dict[str, Any]:
    """Run the preflight where it has to pass, in a real run and in check mode; return its
    result.
    """
    mark = hub.mark()
    result = run(PREFLIGHT, params)
    assert (result["failed"], result["changed"], result.get("problems")) == (
        False,
        False,
        [],
    ), result
    assert len(hub.requests(mark)) == result["requests"]
    assert not run(PREFLIGHT, params, check=True)["failed"]
    assert writes(hub.requests(mark)) == []
    return result


def test_what_can_be_done_passes_with_one_request(hub: Hub, module: ModuleRunner) -> None:
    result = passed(
        hub,
        module,
        users=[{"name": "ada"}, {"name": "bob", "admin": True}],
        groups=[{"name": "g", "users": ["ada", "bob"]}],
    )
    assert result["requests"] == 1
    assert result["hub_url"] == hub.url
    assert result["hub_version"] == hub.version
    assert result["kinds"] == ["users", "groups"]
    assert result["whoami"]["admin"] is True
    assert result["scopes_needed"] == ["admin:groups", "admin:users"]
    assert result["prune"] == {kind: {"prune": False} for kind in ("users", "groups", "tokens")}


def test_a_limit_is_checked_against_what_the_hub_has(hub: Hub, module: ModuleRunner) -> None:
    hub.add_group("old")
    result = passed(
        hub,
        module,
        users=[{"name": "Ada"}, {"name": "bob"}],
        groups=[{"name": "g", "users": ["Ada", "bob"]}],
        prune=["groups"],
        prune_keep={"groups": ["staff-*"]},
        prune_limit=5,
    )
    assert result["prune"]["groups"] == {
        "prune": True,
        "prune_keep": ["staff-*"],
        "prune_limit": "5",
    }
    assert result["requests"] == 5


# Dependencies between the lists


def test_all_problems_are_reported_at_once_with_what_needs_them(
    hub: Hub, module: ModuleRunner
) -> None:
    hub.add_users("here", "leaver", "old")
    found = problems(
        hub,
        module,
        users=[
            {"name": "Kim"},
            {"name": "leaver", "state": "absent"},
            {"name": "new", "rename_from": "Old"},
            {"name": "a/b"},
            {"name": " c"},
        ],
        groups=[
            {"name": "a", "users": ["KIM", "Here", "nobody", "Leaver"]},
            {"name": "b", "users": ["nowhere", "old", "new"]},
            {"name": "c", "users": ["whoever"], "users_mode": "absent"},
            {"name": "d", "users": ["whoever"], "state": "absent"},
        ],
        tokens=[
            {"user": "zoe", "note": "export"},
            {"user": "Kim", "note": "shown", "dest": "/tmp/x", "return_token": True},
        ],
        prune=["tokens"],
        prune_keep={"groups": None, "servers": "x"},
        prefix="jupyterhub_",
    )
    assert found == [
        "jupyterhub_prune_keep.groups is null: give a list of patterns, or remove it.",
        (
            "jupyterhub_prune_keep.servers is not supported: jupyterhub_prune_keep has lists for"
            " users and groups."
        ),
        "These tokens have no dest, and no secrets are returned here: zoe/export. Give"
        " each a dest.",
        (
            "These tokens have return_token, but no secrets are returned here:"
            " Kim/shown. Remove return_token."
        ),
        "The user name 'a/b' contains a slash, which the hub does not allow in a user name:"
        " correct it.",
        (
            "The user name ' c' begins or ends with a space, which the hub does not allow in a"
            " user name: correct it."
        ),
        (
            "These users are needed, but jupyterhub_users declares them absent or renames them:"
            " leaver (a member of group a), old (a member of group b)."
        ),
        (
            "These users are needed, but are neither in jupyterhub_users nor on the hub: nobody"
            " (a member of group a), nowhere (a member of group b), zoe (the owner of token"
            " export)."
        ),
    ]


def test_all_values_of_the_wrong_type_are_reported_at_once(hub: Hub, module: ModuleRunner) -> None:
    found = problems(
        hub,
        module,
        users=["ada", {"name": "bob", "admin": "perhaps"}],
        groups=[{"users": ["ada"]}, {"name": "g", "user": ["ada"]}],
    )
    assert [problem.partition(":")[0] for problem in found] == [
        "item 1 of users is text",
        "admin in item 2 of users (bob) is 'perhaps'",
        "name is missing in item 1 of groups",
        "'user' is not an option in item 2 of groups (g)",
    ]


def test_a_time_that_the_hub_refuses_is_reported_with_the_rest(
    hub: Hub, module: ModuleRunner
) -> None:
    found = problems(
        hub,
        module,
        users=[{"name": "ada", "last_activity": "2199-01-01"}],
        groups=[{"name": "g", "users": ["nobody"]}],
    )
    assert sorted(problem.partition(":")[0] for problem in found) == [
        "These users are needed, but are neither in users nor on the hub",
        "last_activity 2199-01-01T00",
    ]


def test_users_that_exist_on_the_hub_need_no_declaration(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("here", "kim")
    passed(hub, module, users=[{"name": "kim"}], groups=[{"name": "a", "users": ["KIM", "Here"]}])
    passed(hub, module, groups=[{"name": "a", "users": ["kim", "here"]}])


def test_objects_that_pruning_may_delete_do_not_count_as_existing(
    hub: Hub, module: ModuleRunner
) -> None:
    hub.add_users("gone", "keeper")
    lists = {
        "users": [{"name": "kim"}],
        "groups": [{"name": "a", "users": ["kim", "gone", "keeper"]}],
        "prune": ["users"],
    }
    assert problems(hub, module, **lists, prune_keep={"users": ["keep*"]}) == [
        "These users are needed, but users does not declare them, so pruning may delete them:"
        " gone (a member of group a). Declare them in users."
    ]
    passed(hub, module, **lists, prune_match={"users": ["x*"]})
    assert (
        "are neither in users nor on the hub: none"
        in problems(
            hub,
            module,
            users=[{"name": "kim"}],
            groups=[{"name": "a", "users": ["none"]}],
            prune=["users"],
            prune_keep={"users": ["none"]},
        )[0]
    )


def test_case_does_not_matter_where_the_hub_stores_names_in_lower_case(
    hub: Hub, module: ModuleRunner
) -> None:
    hub.add_users("bob")
    passed(
        hub,
        module,
        users=[{"name": "Ada"}],
        groups=[{"name": "g", "users": ["ada", "BOB"]}],
        prune=["users"],
        prune_keep={"users": ["Bob"]},
    )


@pytest.mark.hubs("5", "6")
@pytest.mark.newest
@pytest.mark.profile("keepcase")
def test_capitals_are_part_of_a_name_where_the_hub_keeps_them(
    hub: Hub, module: ModuleRunner
) -> None:
    hub.add_users("Ada", "Bob", "cy", "Old")
    hub.expect("POST", "/users/Ada/servers/lab")
    lists: dict[str, Any] = {
        "groups": [{"name": "g", "users": ["Ada", "cy"]}],
        "servers": [{"user": "Bob", "name": "lab"}],
        "shares": [{"owner": "Ada", "server": "lab", "users": ["Bob"]}],
        "tokens": [{"user": "Ada", "note": "n"}],
    }
    passed(hub, module, **lists, secrets="returned")
    passed(hub, module, **lists, secrets="returned", users=[{"name": "Ada"}])
    passed(
        hub,
        module,
        **lists,
        secrets="returned",
        users=[{"name": "Ada"}, {"name": "cy"}],
        prune=["users"],
        prune_keep={"users": ["Bob"]},
    )
    renamed = passed(
        hub,
        module,
        users=[{"name": "New", "rename_from": "Old"}],
        groups=[{"name": "g", "users": ["New"]}],
    )
    assert renamed["renamed"] == {"New": "Old"}
    for users in ([{"name": "Ada"}], [{"name": "Ada", "state": "absent"}], [{"name": "bob"}]):
        assert problems(
            hub, module, users=users, groups=[{"name": "g", "users": ["ada", "Bob"]}]
        ) == [
            "These users are needed, but are neither in users nor on the hub: ada (a member of"
            " group g)."
        ]


def test_a_name_that_the_hub_stores_otherwise_is_known_by_both_names(
    hub: Hub, module: ModuleRunner
) -> None:
    hub.add_users("tbrook")
    login = "tilda.brook@example.edu"
    for member in (login, login.title()):
        passed(
            hub, module, groups=[{"name": "a", "users": [member]}], stored_names={login: "tbrook"}
        )
    passed(
        hub,
        module,
        users=[{"name": login}],
        groups=[{"name": "a", "users": ["tbrook", login]}],
        stored_names={login: "tbrook"},
    )
    assert problems(
        hub,
        module,
        users=[{"name": login}, {"name": "t.b"}],
        stored_names={login: "tbrook", "t.b": "tbrook"},
    ) == [f"stored_names gives these users the same name on the hub, tbrook: t.b, {login}."]


@pytest.mark.hubs("5", "6")
def test_what_shares_need(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada", "bob")
    hub.add_group("there")
    assert problems(
        hub,
        module,
        users=[{"name": "kim"}],
        groups=[{"name": "leaving", "state": "absent"}],
        servers=[{"user": "kim", "name": "lab"}, {"user": "ada", "name": "old", "state": "absent"}],
        shares=[
            {"owner": "kim", "server": "lab", "users": ["ada"], "groups": ["there"]},
            {"owner": "ada", "server": "lab", "users": []},
            {"owner": "ada", "server": "old", "users": []},
            {"owner": "ada", "users": ["zoe", "kim"], "groups": ["leaving", "nowhere"]},
            {"owner": "bob", "users": ["zoe"], "mode": "absent"},
        ],
    ) == [
        (
            "These users are needed, but are neither in users nor on the hub: zoe (a guest of"
            " server ada/)."
        ),
        (
            "These groups are needed, but groups declares them absent or renames them: leaving (a"
            " guest of server ada/)."
        ),
        (
            "These groups are needed, but are neither in groups nor on the hub: nowhere (a guest"
            " of server ada/)."
        ),
        (
            "These servers are to be shared, but servers declares them absent or renames them:"
            " ada/old."
        ),
        (
            "These servers are to be shared, but are neither in servers nor on the hub, which"
            " knows a server only after its first start: ada/lab."
        ),
    ]
    assert problems(
        hub, module, shares=[{"owner": "ada", "code": True, "users": []}], servers=[{"user": "ada"}]
    ) == [
        "These servers are shared by a code, but no secrets are returned here: ada/. Use"
        " jupyterhub_share to create the codes."
    ]
    passed(
        hub,
        module,
        shares=[{"owner": "ada", "code": "false", "users": []}],
        servers=[{"user": "ada"}],
    )


# Versions of the hub and scopes of the caller


@pytest.mark.hubs("4", "5")
def test_options_that_the_hub_is_too_old_for(hub: Hub, module: ModuleRunner) -> None:
    hub.add_users("ada")
    found = problems(
        hub,
        module,
        users=[{"name": "ada"}],
        servers=[
            {"user": "ada", "name": "a", "display_name": "A"},
            {"user": "ada", "name": "b", "state": "present"},
            {"user": "ada", "name": "c"},
        ],
        services=[{"name": "x"}],
        shares=[{"owner": "ada", "server": "c", "users": []}],
    )
    newer = [
        f"{what} needs JupyterHub 6.0; this hub is {hub.version}."
        for what in ("display_name", "state present")
    ]
    older = (
        [f"Services and shares need JupyterHub 5.0; this hub is {hub.version}."]
        if hub.series == "4"
        else []
    )
    assert found == newer + older


def test_missing_scopes_are_reported_with_the_smallest_role(hub: Hub) -> None:
    services = {
        "narrow": {"scopes": ["list:users", "list:groups"]},
        "members": {"scopes": ["admin:users", "groups"]},
        "limited": {
            "scopes": [
                "admin:users",
                "list:users!user=ada",
                "read:servers",
                "delete:servers",
                "admin:groups",
            ]
        },
    }
    with Hub(hub.series, services=services) as other:
        narrow, members = (
            runner(other, api_token=other.tokens[name]) for name in ("narrow", "members")
        )
        lists = {
            "users": [{"name": "kim"}, {"name": "lee", "state": "absent"}],
            "groups": [{"name": "a", "users": ["kim"]}],
            "prune": ["users"],
        }
        result = narrow(PREFLIGHT, lists)
        assert result["missing_scopes"] == [
            "admin:groups",
            "admin:users",
            "delete:servers",
            "read:servers",
        ]
        assert result["problems"] == [
            "The service narrow lacks the scopes admin:groups, admin:users, delete:servers,"
            " read:servers: add what load_roles shows to the hub's configuration."
        ]
        assert "'services': ['narrow']" in result["load_roles"]
        # Changing a group needs fewer scopes than creating one.
        assert members(PREFLIGHT, {"groups": [{"name": "a", "users": []}]})["missing_scopes"] == [
            "admin:groups"
        ]
        other.add_group("a")
        assert passed(other, members, groups=[{"name": "a", "users": []}])["scopes_needed"] == [
            "groups"
        ]


@pytest.mark.hubs("5", "6")
def test_the_suggested_role_is_enough(hub: Hub) -> None:
    """A service gets exactly the scopes that the preflight reports, and can then apply the
    declaration.
    """
    lists = {
        "users": [{"name": "kim"}, {"name": "lee", "state": "absent"}],
        "groups": [{"name": "a", "users": ["kim"]}],
        "servers": [{"user": "kim"}],
        "shares": [{"owner": "kim", "groups": ["a"]}],
        "tokens": [{"user": "kim", "note": "n"}],
        "prune": ["users", "groups"],
    }
    needed = runner(hub)(PREFLIGHT, {**lists, "secrets": "returned"})["scopes_needed"]
    with Hub(hub.series, services={"least": {"scopes": needed}}) as other:
        other.add_users("lee", "ann")
        run = runner(other, api_token=other.tokens["least"])
        assert passed(other, run, **lists, secrets="returned")["missing_scopes"] == []
        for kind, module in (
            ("users", "user"),
            ("groups", "group"),
            ("servers", "server"),
            ("shares", "share"),
            ("tokens", "token"),
        ):
            more = {"prune": True, "prune_limit": "100%"} if kind in ("users", "groups") else {}
            result = run(f"jupyterhub_{module}", {kind: lists[kind], **more})
            assert not result["failed"], result
        assert list(other.users()) == ["kim"]


def test_the_suggested_role_is_enough_for_small_declarations(hub: Hub) -> None:
    """The same for small declarations, for which no scope is implied by another one."""
    todo: dict[str, tuple[str, dict[str, Any]]] = {
        "deletes-users": ("user", {"users": [{"name": "lee", "state": "absent"}]}),
        "deletes-groups": ("group", {"groups": [{"name": "old", "state": "absent"}]}),
        "takes-members-out": (
            "group",
            {"groups": [{"name": "a", "users": ["ann"], "users_mode": "absent"}]},
        ),
        "stops-servers": ("server", {"servers": [{"user": "ann", "state": "stopped"}]}),
        "revokes": ("token", {"tokens": [{"user": "ann", "note": "n", "state": "absent"}]}),
    }
    needed = {
        name: {"scopes": runner(hub)(PREFLIGHT, {**lists, "secrets": "returned"})["scopes_needed"]}
        for name, (_module, lists) in todo.items()
    }
    assert needed["deletes-groups"]["scopes"] == ["delete:groups", "read:groups:name"]
    with Hub(hub.series, services=needed) as other:
        other.add_users("lee", "ann")
        other.add_group("old")
        other.add_group("a", "ann")
        runner(other)("jupyterhub_server", {"user": "ann"})
        runner(other)("jupyterhub_token", {"user": "ann", "note": "n"})
        for name, (module, lists) in todo.items():
            run = runner(other, api_token=other.tokens[name])
            assert passed(other, run, **lists, secrets="returned")["missing_scopes"] == []
            result = run(f"jupyterhub_{module}", lists)
            assert not result["failed"], (name, result)
            assert result["changed"], name


@pytest.mark.hubs("5", "6")
def test_only_an_admin_makes_admins(hub: Hub) -> None:
    hub.add_users("boss", admin=True)
    run = runner(hub, api_token=hub.scoped_token)
    passed(hub, run, users=[{"name": "boss", "admin": True}, {"name": "kim", "admin": False}])
    (problem,) = problems(
        hub, run, users=[{"name": "boss", "admin": False}, {"name": "kim", "admin": True}]
    )
    assert "is not one, whatever its scopes: boss, kim." in problem


@pytest.mark.newest
def test_a_hub_that_is_down_does_not_hide_what_is_wrong_already(hub: Hub) -> None:
    run = runner(hub, hub_url="http://127.0.0.1:9", retries=0)
    result = run(PREFLIGHT, {"users": [{"name": "a/b"}]})
    assert len(result["problems"]) == 2
    assert result["problems"][0].startswith("The user name 'a/b'")
    alone = run(PREFLIGHT, {"users": [{"name": "ada"}]})
    assert alone["failed"]
    assert alone["msg"]


# Input


@pytest.mark.newest
@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ({"users": ["keep-*", "x"]}, ["keep-*", "x"]),
        ({"users": "keep-*, x"}, ["keep-*", "x"]),
        ('{"users": ["keep-*"]}', ["keep-*"]),
        ("users=keep-*", ["keep-*"]),
        ({"users": []}, []),
    ],
)
def test_patterns_are_understood_in_every_way_they_are_given(
    hub: Hub, module: ModuleRunner, keep: Any, kept: list[str]
) -> None:
    for option in ("prune_keep", "prune_match"):
        assert passed(hub, module, users=[{"name": "a"}], prune="users", **{option: keep})["prune"][
            "users"
        ] == {"prune": True, option: kept}


@pytest.mark.newest
@pytest.mark.parametrize(
    "keep",
    [
        {"users": None},
        {"users": {"a": 1}},
        {"users": [1]},
        {"users": [None]},
        {"users": ["keep-* "]},
        {"users": [""]},
        {"users": '["keep-*"]'},
        {"users": "keep-*\nx"},
        {"user": ["keep-*"]},
        {"servers": ["x"]},
        "keep-*",
        ["keep-*"],
        True,
        "users: [keep-*]",
    ],
)
def test_patterns_that_are_not_understood_are_refused_and_never_dropped(
    hub: Hub, module: ModuleRunner, keep: Any
) -> None:
    mark = hub.mark()
    for option in ("prune_keep", "prune_match"):
        result = module(PREFLIGHT, {"users": [{"name": "a"}], "prune": ["users"], option: keep})
        assert result["failed"], result
        assert option in result["msg"]
    assert writes(hub.requests(mark)) == []


@pytest.mark.newest
def test_nothing_declared_and_misspelt_variables(hub: Hub, module: ModuleRunner) -> None:
    names = [
        "jupyterhub_user",
        "jupyterhub_url",
        "jupyterhub_port",
        "prune_match",
        "jupyterhub_prune_kep",
        "users",
    ]
    found = problems(hub, module, prefix="jupyterhub_", variables=names)
    assert found[0].startswith("Nothing is declared: set jupyterhub_users, jupyterhub_groups")
    assert found[1:] == [
        f"The variable {name} is set, but nothing reads it: {meant} may be the intended name."
        for name, meant in (
            ("jupyterhub_prune_kep", "jupyterhub_prune_keep"),
            ("jupyterhub_user", "jupyterhub_users"),
            ("prune_match", "jupyterhub_prune_match"),
            ("users", "jupyterhub_users"),
        )
    ]
    # An empty list is a declaration: there are to be no such objects.
    warned = passed(hub, module, users=[], prefix="jupyterhub_", variables=names[:2])
    assert any("jupyterhub_user is set" in str(warning) for warning in warned["warnings"])
    assert warned["kinds"] == []
    guarded = problems(
        hub,
        module,
        users=[{"name": "a"}],
        prune=["users"],
        prefix="jupyterhub_",
        variables=["prune_match", "jupyterhub_user"],
    )
    assert guarded == [
        "The variable prune_match is set, but nothing reads it: jupyterhub_prune_match may be the"
        " intended name."
    ]
    assert "so all of them would be deleted" in problems(hub, module, users=[], prune=["users"])[0]
    assert (
        "so all of them would be deleted"
        in problems(hub, module, users=[{"name": "a", "state": "absent"}], prune=["users"])[0]
    )


@pytest.mark.newest
def test_a_secret_in_a_list_is_in_no_output(
    hub: Hub, module: ModuleRunner, tmp_path: pathlib.Path
) -> None:
    secrets = ("s3cr3t-refresh", "s3cr3t-service", "s3cr3t-current")
    result = module(
        PREFLIGHT,
        {
            "users": [{"name": "ada", "auth_state": {"refresh": secrets[0]}}, {"name": "a/b"}],
            "services": [{"name": "x", "api_token": secrets[1]}],
            "tokens": [
                {
                    "user": "ada",
                    "note": "n",
                    "dest": str(tmp_path / "t"),
                    "current_token": secrets[2],
                }
            ],
        },
    )
    # JupyterHub 4 has no services.
    assert len(result["problems"]) == (2 if hub.series == "4" else 1)
    assert not [secret for secret in secrets if secret in str(result)]
