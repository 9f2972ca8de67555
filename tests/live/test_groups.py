# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""jupyterhub_group on running hubs: groups, their members and their properties."""

from __future__ import annotations

import dataclasses
import importlib
from typing import Any

import pytest

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import (
    GROUP,
    USER,
    chunks,
    converge,
    facts,
    members,
    one_sentence,
    refused,
    runner,
    short,
    writes,
)

Groups = dict[str, tuple[list[str], dict[str, Any]]]

NESTED = {"memory": "4G", "deep": {"list": [1, 2.5, None, True, "ü"], "": {}}, "big": 2**70}


@dataclasses.dataclass(frozen=True)
class Case:
    """A task, the groups before and after it (members and properties), and the changes in order."""

    label: str
    start: Groups
    task: dict[str, Any]
    changes: list[tuple[str, str, Any]]
    end: Groups
    writes: int | None = None


G_AB: Groups = {"g": (["a", "b"], {"x": 1, "y": [2]})}

CASES = [
    Case("one", {}, {"name": "g"}, [("create", "g", {})], {"g": ([], {})}, writes=1),
    Case(
        "one with members",
        {},
        {"name": "g", "users": ["b", "a"]},
        [("create", "g", {"users": ["a", "b"]})],
        {"g": (["a", "b"], {})},
        writes=1,
    ),
    Case(
        "one with members and properties",
        {},
        {"name": "g", "users": ["a"], "properties": NESTED},
        [("create", "g", {"users": ["a"]}), ("update", "g", {"properties": NESTED})],
        {"g": (["a"], NESTED)},
        writes=2,
    ),
    Case("unset leaves alone", G_AB, {"name": "g"}, [], G_AB, writes=0),
    Case(
        "as it is",
        G_AB,
        {"name": "g", "users": ["b", "a"], "properties": {"y": [2], "x": 1}},
        [],
        G_AB,
        writes=0,
    ),
    Case(
        "exact",
        G_AB,
        {"name": "g", "users": ["b", "c"]},
        [("remove", "g", {"users": ["a"]}), ("add", "g", {"users": ["c"]})],
        {"g": (["b", "c"], {"x": 1, "y": [2]})},
        writes=2,
    ),
    Case(
        "exact and empty",
        G_AB,
        {"name": "g", "users": []},
        [("remove", "g", {"users": ["a", "b"]})],
        {"g": ([], {"x": 1, "y": [2]})},
    ),
    Case(
        "present",
        G_AB,
        {"name": "g", "users": ["b", "c"], "users_mode": "present"},
        [("add", "g", {"users": ["c"]})],
        {"g": (["a", "b", "c"], {"x": 1, "y": [2]})},
        writes=1,
    ),
    Case("present and empty", G_AB, {"name": "g", "users": [], "users_mode": "present"}, [], G_AB),
    Case(
        "absent",
        G_AB,
        {"name": "g", "users": ["b", "c", "nobody"], "users_mode": "absent"},
        [("remove", "g", {"users": ["b"]})],
        {"g": (["a"], {"x": 1, "y": [2]})},
        writes=1,
    ),
    Case(
        "absent from a new group",
        {},
        {"name": "g", "users": ["a"], "users_mode": "absent"},
        [("create", "g", {})],
        {"g": ([], {})},
    ),
    Case(
        "present in a new group",
        {},
        {"name": "g", "users": ["a"], "users_mode": "present"},
        [("create", "g", {"users": ["a"]})],
        {"g": (["a"], {})},
    ),
    Case("members in other case", G_AB, {"name": "g", "users": ["A", "B"]}, [], G_AB, writes=0),
    Case(
        "members twice, in any case",
        {},
        {"name": "g", "users": ["a", "A", "a", "b"]},
        [("create", "g", {"users": ["a", "b"]})],
        {"g": (["a", "b"], {})},
    ),
    Case(
        "properties exact",
        G_AB,
        {"name": "g", "properties": {"x": 1, "z": 0}},
        [("update", "g", {"properties": {"z": 0}})],
        {"g": (["a", "b"], {"x": 1, "z": 0})},
        writes=1,
    ),
    Case(
        "properties cleared",
        G_AB,
        {"name": "g", "properties": {}},
        [("update", "g", {"properties": {}})],
        {"g": (["a", "b"], {})},
    ),
    Case(
        "properties merged",
        G_AB,
        {"name": "g", "properties": {"y": [3], "z": None}, "properties_mode": "merge"},
        [("update", "g", {"properties": {"y": [3], "z": None}})],
        {"g": (["a", "b"], {"x": 1, "y": [3], "z": None})},
    ),
    Case(
        "properties merged, no change",
        G_AB,
        {"name": "g", "properties": {"x": 1}, "properties_mode": "merge"},
        [],
        G_AB,
    ),
    Case(
        "properties merged, empty",
        G_AB,
        {"name": "g", "properties": {}, "properties_mode": "merge"},
        [],
        G_AB,
    ),
    Case(
        "1 is not true",
        {"g": ([], {"x": 1})},
        {"name": "g", "properties": {"x": True}},
        [("update", "g", {"properties": {"x": True}})],
        {"g": ([], {"x": True})},
    ),
    Case(
        "absent group",
        {**G_AB, "h": (["a"], {})},
        {"name": "g", "state": "absent"},
        [("delete", "g", {})],
        {"h": (["a"], {})},
        writes=1,
    ),
    Case("absent and missing", G_AB, {"name": "h", "state": "absent"}, [], G_AB, writes=0),
    Case(
        "absent, with members that say nothing",
        G_AB,
        {"name": "g", "state": "absent", "users": ["nobody"], "properties": {"p": 1}},
        [("delete", "g", {})],
        {},
    ),
    Case("empty list", G_AB, {"groups": []}, [], G_AB, writes=0),
    Case(
        "several at once, with defaults beside the list",
        {"g": (["a"], {}), "h": (["a"], {"p": 1}), "old": (["c"], {})},
        {
            "groups": [
                {"name": "g", "users": ["b"]},
                {"name": "h", "users": ["b"], "users_mode": "exact", "properties": {"q": 2}},
                {"name": "new", "users": ["c"], "properties": {"r": 3}},
                {"name": "old", "state": "absent"},
            ],
            "users_mode": "present",
            "properties_mode": "merge",
        },
        [
            ("create", "new", {"users": ["c"]}),
            ("remove", "h", {"users": ["a"]}),
            ("add", "g", {"users": ["b"]}),
            ("add", "h", {"users": ["b"]}),
            ("update", "h", {"properties": {"q": 2}}),
            ("update", "new", {"properties": {"r": 3}}),
            ("delete", "old", {}),
        ],
        {"g": (["a", "b"], {}), "h": (["b"], {"p": 1, "q": 2}), "new": (["c"], {"r": 3})},
    ),
    Case(
        "state beside the list is the default of its items",
        {"g": ([], {}), "h": ([], {})},
        {"groups": [{"name": "g"}, {"name": "new", "state": "present"}], "state": "absent"},
        [("create", "new", {}), ("delete", "g", {})],
        {"h": ([], {}), "new": ([], {})},
    ),
    Case(
        "named twice: the parts are put together",
        {"g": (["a"], {})},
        {
            "groups": [
                {"name": "g", "users": ["b"], "users_mode": "present"},
                {"name": "g", "properties": {"x": 1}},
                {"name": "g"},
            ]
        },
        [("add", "g", {"users": ["b"]}), ("update", "g", {"properties": {"x": 1}})],
        {"g": (["a", "b"], {"x": 1})},
    ),
    Case(
        "named twice: members in any order",
        {},
        {"groups": [{"name": "g", "users": ["a", "b"]}, {"name": "g", "users": ["B", "A"]}]},
        [("create", "g", {"users": ["a", "b"]})],
        {"g": (["a", "b"], {})},
    ),
]


def start(hub: Hub, groups: Groups) -> None:
    """Create three users and these groups on the hub."""
    hub.add_users("a", "b", "c")
    for name, (users, properties) in groups.items():
        hub.add_group(name, *users, properties=properties)


def contents(hub: Hub) -> Groups:
    """Return the groups of the hub with their members and properties."""
    return {
        name: (sorted(group["users"]), group["properties"]) for name, group in hub.groups().items()
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_case(hub: Hub, module: ModuleRunner, case: Case) -> None:
    """Every task does exactly what it declares, check mode predicts it, and the second run does
    nothing.
    """
    start(hub, case.start)
    mark = hub.mark()
    result = converge(hub, module, GROUP, case.task)
    assert short(result["changes"]) == case.changes
    assert contents(hub) == case.end
    if case.writes is not None:
        assert len(writes(hub.requests(mark))) == case.writes


@pytest.mark.exact_names
def test_a_name_in_other_case_is_another_group(hub: Hub, module: ModuleRunner) -> None:
    start(hub, G_AB)
    result = converge(hub, module, GROUP, {"name": "G"})
    assert short(result["changes"]) == [("create", "G", {})]
    assert contents(hub) == {**G_AB, "G": ([], {})}


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"groups": [{"name": "g", "users": ["a"]}, {"name": "g", "users": ["b"]}]},
        "Group g is declared twice with different users",
    ),
    (
        {"groups": [{"name": "g"}, {"name": "g", "state": "absent"}]},
        "Group g is declared twice with different state",
    ),
    (
        {
            "groups": [
                {"name": "g", "users": ["a"]},
                {"name": "g", "users": ["a"], "users_mode": "present"},
            ]
        },
        "twice with different users_mode",
    ),
    (
        {
            "groups": [
                {"name": "g", "properties": {"x": 1}},
                {"name": "g", "properties": {"x": True}},
            ]
        },
        "twice with different properties",
    ),
    *(
        (task, "group name")
        for name in ("", ".", "..", "a" * 256)
        for task in (
            {"name": name},
            {"name": name, "state": "absent"},
            {"groups": [{"name": "new"}, {"name": name}]},
        )
    ),
    *(({"name": "g", "users": ["a", name]}, "item 2 of users") for name in ("", " a")),
    *(
        ({"name": "g", "users": ["a", name], "users_mode": mode}, "user name")
        for name in ("..", "a/b")
        for mode in ("exact", "present", "absent")
    ),
]


def test_contradictory_options_are_refused_before_any_request(
    hub: Hub, module: ModuleRunner
) -> None:
    """Contradictions, names that no path can carry, and members that no hub can have."""
    hub.add_users("a")
    for task, words in REFUSED:
        result = refused(hub, module, GROUP, task)
        assert words in result["msg"], task
        assert result["requests"] == 0, task


PLAIN_NAMES = [
    "two words",
    " outer space ",
    "ünï-ćødé 日本 😀",
    "50%",
    "a%2fb",
    "a+b&c=d;e,f",
    "what?#frag",
    "'\"\\<>*~!",
    "UPPER",
    "upper",
    "...",
    "line\nbreak",
    "a" * 255,
]
SLASHES = ["x/users", "a/b", "/", "x/"]


@pytest.mark.exact_names
@pytest.mark.parametrize(
    ("door", "names"), [("url", PLAIN_NAMES), ("hub_url", PLAIN_NAMES + SLASHES)]
)
def test_names_of_every_kind(hub: Hub, door: str, names: list[str]) -> None:
    """Names with any characters are stored unchanged, and are found again."""
    hub.add_users("a", "b")
    run = runner(hub, hub_url=getattr(hub, door))
    converge(
        hub,
        run,
        GROUP,
        {"groups": [{"name": name, "users": ["a"], "properties": {"of": name}} for name in names]},
    )
    assert contents(hub) == {name: (["a"], {"of": name}) for name in names}
    for name in names:
        assert (
            run(GROUP, {"name": name, "users": ["a"], "properties": {"of": name}})["changed"]
            is False
        )
    converge(hub, run, GROUP, {"groups": [{"name": name, "users": ["b"]} for name in names]})
    assert members(hub) == {name: ["b"] for name in names}
    for name in names[-2:]:
        assert run(GROUP, {"name": name, "state": "absent"})["changed"] is True
    converge(hub, run, GROUP, {"groups": [{"name": name} for name in names], "state": "absent"})
    assert members(hub) == {}


@pytest.mark.profile("plain")
@pytest.mark.parametrize("name", SLASHES)
def test_a_proxy_that_decodes_names(hub: Hub, module: ModuleRunner, name: str) -> None:
    """The proxy for Python, unlike the one for Node.js, decodes a slash, so that a request for
    "x/users" would change the group "x".
    """
    hub.add_users("a", "b")
    hub.add_group("x", "a")
    for task in (
        {"name": name, "users": ["b"]},
        {"name": name, "state": "absent"},
        {"groups": [{"name": "new"}, {"name": name, "properties": {"p": 1}}]},
    ):
        assert "does not reach the hub unchanged" in refused(hub, module, GROUP, task)["msg"]


@pytest.mark.exact_names
def test_a_member_whom_the_hub_cannot_add_stops_no_other(hub: Hub, module: ModuleRunner) -> None:
    """A user whose name was stored with capitals can join no group, because the hub looks for the
    name in lower case. Requests for a single user store names in this way.
    """
    hub.add_users("ada", "bob", "zoe")
    hub.expect("POST", "/users/Carl")
    hub.add_group("old", "ada")
    everybody = ["ada", "bob", "Carl", "zoe"]
    task = {
        "groups": [
            {"name": "new", "users": everybody},
            {"name": "old", "users": everybody, "properties": {"p": 1}},
            {"name": "last", "users": ["zoe"]},
        ]
    }
    for changed in (True, False):
        result = module(GROUP, task)
        assert (result["failed"], result["changed"], result["pending"]) == (True, changed, [])
        assert result["refused"] == [
            {"kind": "group", "name": name, "status": 400, "hub_message": "No such user: carl"}
            for name in ("new", "old")
        ]
        assert members(hub) == {
            "new": ["ada", "bob", "zoe"],
            "old": ["ada", "bob", "zoe"],
            "last": ["zoe"],
        }
        assert hub.groups()["old"]["properties"] == {"p": 1}
        one_sentence(result)


@pytest.mark.hubs("5", "6")
def test_members_without_a_name_are_left_alone(hub: Hub, module: ModuleRunner) -> None:
    """Since JupyterHub 5, a rename of a user to its current name destroys the name. A task that
    declares the members of a group does not try to remove such a user.
    """
    hub.add_users("ada", "lost")
    hub.add_group("g", "ada", "lost")
    hub.expect("PATCH", "/users/lost", {"name": "lost"})
    try:
        assert None in hub.groups()["g"]["users"]
        result = module(GROUP, {"name": "g", "users": ["ada"]})
        assert (result["failed"], result["changed"]) == (False, False), result
        result = module(GROUP, {"name": "g", "users": []})
        assert short(result["changes"]) == [("remove", "g", {"users": ["ada"]})]
        assert hub.groups()["g"]["users"] == [None]
        result = module(USER, {"users": [{"name": "ada"}], "prune": True, "prune_limit": "0"})
        assert result["kept"] == [{"name": None, "why": "unnamed"}]
    finally:
        hub.wipe()


@pytest.mark.parametrize(
    ("limit", "leaving", "allowed"),
    [
        ("2", 2, True),
        ("2", 3, False),
        ("0", 1, False),
        ("20%", 2, True),
        ("20%", 3, False),
        ("11%", 2, True),
        ("100%", 10, True),
        (3, 3, True),
    ],
)
def test_a_limit_of_removals(
    hub: Hub, module: ModuleRunner, limit: Any, leaving: int, allowed: bool
) -> None:
    """A group does not lose more members than the limit. The limit applies to each group, and
    deleting a group does not count.
    """
    names = [f"s{number}" for number in range(10)]
    hub.add_users(*names)
    for group in ("g", "h", "old"):
        hub.add_group(group, *names)
    left = names[leaving:]
    task = {
        "groups": [
            {"name": "new", "users": names},
            {"name": "g", "users": left},
            {"name": "h", "users": names},
            {"name": "old", "state": "absent"},
        ],
        "remove_limit": limit,
    }
    if allowed:
        converge(hub, module, GROUP, task)
        assert members(hub) == {"new": names, "g": left, "h": names}
    else:
        result = refused(hub, module, GROUP, task)
        assert result["would_remove"] == {"g": names[:leaving]}
        assert f"g ({leaving} of 10: s0" in result["msg"]


def test_nonsensical_limits(hub: Hub, module: ModuleRunner) -> None:
    hub.add_group("g")
    for limit in ("", "some", "-1", "2.5%"):
        assert (
            "remove_limit"
            in refused(hub, module, GROUP, {"name": "g", "users": [], "remove_limit": limit})["msg"]
        )


def test_unknown_members(hub: Hub, module: ModuleRunner) -> None:
    """A real run names all missing members before any write; check mode assumes that an earlier
    task creates them.
    """
    start(hub, {"g": (["a"], {})})
    task = {
        "groups": [
            {"name": "new", "users": ["zoe", "A"]},
            {"name": "g", "users": ["Yan", "b"], "users_mode": "present"},
        ]
    }
    result = refused(hub, module, GROUP, task, checked=False)
    assert result["missing_users"] == ["yan", "zoe"]
    assert "yan, zoe" in result["msg"]
    predicted = module(GROUP, task, check=True, diff=True)
    assert not predicted["failed"], predicted
    assert "yan, zoe" in str(predicted["warnings"])
    hub.add_users("yan", "zoe")
    real = module(GROUP, task, diff=True)
    assert {key: real[key] for key in ("changes", "summary", "diff")} == {
        key: predicted[key] for key in ("changes", "summary", "diff")
    }
    assert members(hub) == {"g": ["a", "b", "yan"], "new": ["a", "zoe"]}
    assert "warnings" not in real


def test_a_member_who_is_gone_meanwhile(hub: Hub, module: ModuleRunner) -> None:
    """A user who was deleted meanwhile is no longer a member, so there is nothing to remove."""
    start(hub, {"g": (["a", "b"], {})})
    hub.expect("DELETE", "/users/b")
    assert not module(GROUP, {"name": "g", "users": ["a"]})["changed"]
    assert not module(GROUP, {"name": "g", "users": ["b"], "users_mode": "absent"})["changed"]


def test_members_in_several_requests_are_one_change(hub: Hub, module: ModuleRunner) -> None:
    """A list of members is reported as one change, however many requests it takes."""
    names = [f"s{number}" for number in range(8)]
    hub.add_users(*names)
    hub.add_group("g", *names[4:])
    with chunks(2):
        result = converge(
            hub,
            module,
            GROUP,
            {"groups": [{"name": "g", "users": names[:4]}, {"name": "h", "users": names}]},
        )
    assert short(result["changes"]) == [
        ("create", "h", {"users": names}),
        ("remove", "g", {"users": names[4:]}),
        ("add", "g", {"users": names[:4]}),
    ]
    assert members(hub) == {"g": names[:4], "h": names}
    assert {side: facts(text) for side, text in result["diff"].items()} == {
        "before": {"group g": {"users": names[4:]}},
        "after": {"group g": {"users": names[:4]}, "group h": {"users": names}},
    }


def test_diff(hub: Hub, module: ModuleRunner) -> None:
    """The diff shows only what changes, in the same form on both sides."""
    start(hub, {"g": (["a"], {"x": 1, "y": 2}), "old": (["c"], {"p": 1})})
    task = {
        "groups": [
            {"name": "g", "users": ["b"], "properties": {"y": 3, "x": 1}},
            {"name": "new", "users": ["a"], "properties": {"z": 1}},
            {"name": "old", "state": "absent"},
        ]
    }
    assert module(GROUP, task, diff=True)["diff"] == {
        "before": (
            'group g: properties: {"y": 2}\ngroup g: users: "a"\ngroup old\ngroup old: properties:'
            ' {"p": 1}\ngroup old: users: "c"\n'
        ),
        "after": (
            'group g: properties: {"y": 3}\ngroup g: users: "b"\ngroup new\ngroup new: properties:'
            ' {"z": 1}\ngroup new: users: "a"\n'
        ),
    }


def test_groups_that_the_authenticator_manages(odd_hub: Hub) -> None:
    """JupyterHub 4 refuses to change members of such groups, and the module reports that; later
    hubs allow the change.
    """
    run = runner(odd_hub)
    odd_hub.add_users("ada")
    task = {"name": "g", "users": ["ada"]}
    if odd_hub.series != "4":
        assert converge(odd_hub, run, GROUP, task)["changed"]
        return
    result = run(GROUP, task)
    assert (result["failed"], result["changed"], result["changes"]) == (True, False, [])
    assert "Group management via API is disabled" in result["msg"]
    assert "manage_groups" in result["msg"]
    one_sentence(result)
    assert members(odd_hub) == {}


def test_mapped_members(odd_hub: Hub) -> None:
    """A name that the hub would map to another user is not silently taken for that user."""
    odd_hub.add_users("target")
    result = refused(
        odd_hub, runner(odd_hub), GROUP, {"name": "g", "users": ["mapme"]}, checked=False
    )
    assert result["missing_users"] == ["mapme"]


def test_returned_objects(hub: Hub, module: ModuleRunner) -> None:
    """All groups are returned, or the changed ones, or none. The single form also returns the one
    group by itself.
    """
    start(hub, {"g": (["a"], {"x": 1}), "h": ([], {}), "old": ([], {})})
    task = {
        "groups": [
            {"name": "h"},
            {"name": "g", "users": ["b"]},
            {"name": "new"},
            {"name": "old", "state": "absent"},
        ]
    }
    for check in (True, False):
        result = module(GROUP, task, check=check)
        assert result["groups"] == [
            {"name": "g", "users": ["b"], "properties": {"x": 1}, "roles": []},
            {"name": "new", "users": [], "properties": {}, "roles": []},
        ]
        assert "group" not in result
        assert result["summary"] == {
            "create": 1,
            "remove": 1,
            "add": 1,
            "delete": 1,
            "unchanged": 1,
        }
    assert [
        group["name"] for group in module(GROUP, {**task, "return_objects": "all"})["groups"]
    ] == ["h", "g", "new"]
    assert module(GROUP, task)["groups"] == []
    assert "groups" not in module(GROUP, {**task, "return_objects": "none"})
    one = module(GROUP, {"name": "g"})
    assert (one["groups"], one["group"]) == (
        [],
        {"name": "g", "users": ["b"], "properties": {"x": 1}, "roles": []},
    )
    assert module(GROUP, {"name": "g", "state": "absent"})["group"] == {}
    assert "group" not in module(GROUP, {"name": "g", "return_objects": "none"})


def test_properties_that_are_set_in_two_requests(
    hub: Hub, module: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the second request fails, the first one has removed the properties. The task reports that
    change, and the next run sets them.
    """
    hub.add_group("club")
    hub.expect("PUT", "/groups/club/properties", {"a": 1})
    api = importlib.import_module(
        "ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api"
    )
    errors = importlib.import_module(
        "ansible_collections.hubops.jupyterhub.plugins.module_utils._errors"
    )
    put = api.HubApi.group_set_properties

    def put_nothing_else(self: Any, name: str, properties: dict[str, Any]) -> Any:
        if properties:
            raise errors.HubError("No.")
        return put(self, name, properties)

    task = {"name": "club", "properties": {"a": True}}
    with monkeypatch.context() as patch:
        patch.setattr(api.HubApi, "group_set_properties", put_nothing_else)
        result = module(GROUP, task)
    assert (result["failed"], result["changed"], result["changes"], len(result["pending"])) == (
        True,
        True,
        [],
        1,
    )
    assert result["msg"] == "No. The properties of group club are empty now: run the task again."
    assert module(GROUP, task)["changed"]
    assert hub.groups()["club"]["properties"] == {"a": True}
