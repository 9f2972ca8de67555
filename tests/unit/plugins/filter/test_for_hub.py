# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter for_hub changes variables to what a hub of another version accepts."""

from __future__ import annotations

import copy
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.hubops.jupyterhub.plugins.filter.for_hub import FilterModule
from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._for_hub import SERVER_NAME

for_hub = FilterModule().filters()["for_hub"]


def migrated(variables: object, version: object, *, keep_case: bool = False) -> dict[str, t.Any]:
    return t.cast("dict[str, t.Any]", for_hub(variables, version, keep_case=keep_case))


def server(name: str, state: str = "stopped", **more: t.Any) -> dict[str, t.Any]:
    return {"user": "ada", "name": name, "state": state, **more}


def share(name: str, **more: t.Any) -> dict[str, t.Any]:
    return {
        "owner": "ada",
        "server": name,
        "users": ["bob"],
        "groups": [],
        "scopes": ["access:servers"],
        **more,
    }


def test_what_every_hub_accepts_is_not_changed() -> None:
    variables = {
        "jupyterhub_users": [{"name": "ada", "admin": True}],
        "jupyterhub_groups": [{"name": "G", "users": ["ada"], "properties": {"x": None}}],
        "jupyterhub_tokens": [{"user": "ada", "note": "n"}],
        "mine": {"any": "thing"},
    }
    before = copy.deepcopy(variables)
    for version in ("4.0", "5.5.4", "6.1"):
        assert migrated(variables, version) == {"variables": before, "left_out": [], "renamed": []}
    assert variables == before


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("Test_1", "test-1"),
        ("1s", "s-1s"),
        ("a.b", "a-b"),
        ("my--server", "my-server"),
        ("x-", "x"),
        ("Übung 3", "ubung-3"),
        ("日本", "s"),
        ("a" * 50, "a" * 30),
        ("a" * 29 + "-b", "a" * 29),
        ("__", "s"),
    ],
)
def test_servers_get_names_that_the_hub_takes(name: str, new: str) -> None:
    result = migrated(
        {"jupyterhub_servers": [server(name)], "jupyterhub_shares": [share(name)]}, "6.0"
    )
    assert SERVER_NAME.fullmatch(new)
    assert result["variables"]["jupyterhub_servers"] == [server(new, "present", display_name=name)]
    assert result["variables"]["jupyterhub_shares"] == [share(new)]
    assert result["renamed"] == [{"kind": "server", "name": f"ada/{name}", "new_name": new}]


def test_new_names_of_servers_are_not_taken_twice() -> None:
    names = ["lab", "Lab", "LAB", "lab-2"]
    result = migrated({"jupyterhub_servers": [server(name) for name in names]}, "6.0")
    new = [one["name"] for one in result["variables"]["jupyterhub_servers"]]
    assert new == ["lab", "lab-4", "lab-3", "lab-2"]
    assert migrated(
        {"jupyterhub_servers": [{**server("Lab"), "user": user} for user in ("ada", "bob")]}, "6.0"
    )["renamed"] == [
        {"kind": "server", "name": "ada/Lab", "new_name": "lab"},
        {"kind": "server", "name": "bob/Lab", "new_name": "lab"},
    ]


def test_the_default_server_and_display_names_stay() -> None:
    servers = [
        server("", "started"),
        server("Lab", "started", display_name="Mine", user_options={"cpu": 1}),
    ]
    assert migrated({"jupyterhub_servers": servers}, "6.0")["variables"]["jupyterhub_servers"] == [
        servers[0],
        {**servers[1], "name": "lab"},
    ]


def test_older_hubs_have_no_display_names_and_make_servers_by_starting_them() -> None:
    servers = [
        server("a", "present", display_name="A"),
        server("b", "started", display_name="B"),
        server("", "started"),
    ]
    shares = [share("a"), share("b"), share("")]
    result = migrated({"jupyterhub_servers": servers, "jupyterhub_shares": shares}, "5.5.4")
    assert result["variables"]["jupyterhub_servers"] == [server("b", "started"), servers[2]]
    assert result["variables"]["jupyterhub_shares"] == [share("b"), share("")]
    assert [(one["kind"], one["name"]) for one in result["left_out"]] == [
        ("server", "ada/a"),
        ("server", "ada/b"),
        ("share", "ada/a"),
    ]


def test_hubs_before_5_have_neither_services_nor_shares() -> None:
    result = migrated(
        {
            "jupyterhub_users": [],
            "jupyterhub_services": [{"name": "web"}],
            "jupyterhub_shares": [share("")],
        },
        "4.1.6",
    )
    assert result["variables"] == {"jupyterhub_users": []}
    assert [(one["kind"], one["name"]) for one in result["left_out"]] == [
        ("service", "web"),
        ("share", "ada/"),
    ]


def test_scopes_that_the_hub_does_not_know_are_left_out() -> None:
    guests = [
        {"name": "bob", "scopes": ["access:servers", "start:servers"]},
        {"name": "eve", "scopes": ["start:servers"]},
    ]
    shares = [
        share("", users=guests, scopes=None),
        share("", owner="bob", scopes=["start:servers"]),
    ]
    result = migrated({"jupyterhub_shares": shares}, "5.5")
    assert result["variables"]["jupyterhub_shares"] == [
        {
            **share("", scopes=None),
            "users": [{"name": "bob", "scopes": ["access:servers"]}],
            "mode": "present",
        }
    ]
    assert len(result["left_out"]) == 3


def test_names_of_users_are_written_as_hubs_store_them() -> None:
    variables = {
        "jupyterhub_users": [{"name": "Ada"}, {"name": "Bob"}, {"name": "bob"}],
        "jupyterhub_groups": [
            {"name": "G", "users": ["Ada", "bob"]},
            {"name": "H", "users": ["Bob"]},
            {"name": "I"},
        ],
        "jupyterhub_servers": [{"user": "Bob", "name": "", "state": "started"}],
        "jupyterhub_shares": [
            {"owner": "Ada", "server": "", "users": ["Bob", "bob"], "groups": ["G"]}
        ],
        "jupyterhub_tokens": [{"user": "Ada", "note": "n"}, {"user": "Bob", "note": "n"}],
    }
    result = migrated(variables, "6.0")
    assert result["variables"] == {
        "jupyterhub_users": [{"name": "ada"}, {"name": "bob"}],
        "jupyterhub_groups": [
            {"name": "G", "users": ["ada", "bob"]},
            {"name": "H", "users": [], "users_mode": "present"},
            {"name": "I"},
        ],
        "jupyterhub_servers": [],
        "jupyterhub_shares": [
            {"owner": "ada", "server": "", "users": ["bob"], "groups": ["G"], "mode": "present"}
        ],
        "jupyterhub_tokens": [{"user": "ada", "note": "n"}],
    }
    assert result["renamed"] == [{"kind": "user", "name": "Ada", "new_name": "ada"}]
    assert [(one["kind"], one["name"]) for one in result["left_out"]] == [
        ("user", "Bob"),
        ("server", "Bob/"),
        ("token", "Bob/n"),
    ]
    kept = migrated(variables, "6.0", keep_case=True)
    assert (kept["variables"], kept["left_out"]) == (variables, [])


@pytest.mark.parametrize(
    ("variables", "version", "problem"),
    [
        ([], "6.0", "a dictionary with jupyterhub_users"),
        ("text", "6.0", "a dictionary with jupyterhub_users"),
        (
            {"jupyterhub_users": {"name": "ada"}},
            "6.0",
            "jupyterhub_users is not a list of dictionaries.",
        ),
        (
            {"jupyterhub_groups": ["staff"]},
            "6.0",
            "jupyterhub_groups is not a list of dictionaries.",
        ),
        ({"jupyterhub_users": [{"nam": "ada"}]}, "6.0", "name of an item of .*users is missing."),
        ({"jupyterhub_users": [{"name": 7}]}, "6.0", "is no text: put quotes around it."),
        (
            {"jupyterhub_servers": [{"user": "ada", "name": 7}]},
            "6.0",
            "name of an item of jupyterhub_servers is no text",
        ),
        ({"jupyterhub_shares": [share("x", users=[{"nme": "bob"}])]}, "6.0", "is missing."),
        ({"jupyterhub_groups": [{"name": "g", "users": {"ada": 1}}]}, "6.0", "is not a list."),
        (
            {"jupyterhub_groups": [{"name": "g", "users": '["ada"]'}]},
            "6.0",
            "is text that cannot be split at its commas",
        ),
        ({}, 6.0, "the version of the hub as text"),
        ({}, "latest", "the version of the hub as text"),
        ({}, "3.1", "4.0 or newer"),
    ],
)
def test_nonsensical_options_are_refused(variables: t.Any, version: t.Any, problem: str) -> None:
    with pytest.raises(AnsibleFilterError, match=problem):
        migrated(variables, version)


def test_text_that_stands_for_a_list_is_one() -> None:
    """The modules take it so; a text is also a list of letters."""
    found = migrated(
        {
            "jupyterhub_users": [{"name": "Ada"}],
            "jupyterhub_groups": [{"name": "g", "users": "Ada, bob"}, {"name": "h", "users": ""}],
            "jupyterhub_shares": [
                share("", users="Ada,bob", groups="g", scopes="access:servers"),
                share("x", users=[{"name": "Ada", "scopes": "access:servers"}]),
            ],
        },
        "6.0",
    )["variables"]
    assert [group["users"] for group in found["jupyterhub_groups"]] == [["ada", "bob"], []]
    shares = [(one["users"], one["groups"], one["scopes"]) for one in found["jupyterhub_shares"]]
    assert shares == [
        (["ada", "bob"], ["g"], ["access:servers"]),
        ([{"name": "ada", "scopes": ["access:servers"]}], [], ["access:servers"]),
    ]
