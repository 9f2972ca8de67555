# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names: which are allowed, what they mean, and how objects are found with the fewest requests."""

from __future__ import annotations

import functools
import typing as t
from urllib.parse import unquote

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import (
    WrongObjectError,
    normalize,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import UserRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_groups,
    find_users,
    keeps_case,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.found import (
    Found,
    StoredNames,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_name,
    check_user_name,
)
from ansible_collections.hubops.jupyterhub.tests.unit.plugins.module_utils.fakes import (
    Reply,
    Sent,
    Wire,
    page,
    refusal,
)

# Allowed names


@pytest.mark.parametrize(
    "name",
    [
        "ada",
        "Ada",
        "a b",
        "é",
        "e\u0301",
        "🪐",
        "a%b",
        "a#b?c+d@e",
        "tab\tinside",
        "line\nbreak",
        "...a",
        ".a",
        "a.",
        "%2e",
        "x" * 255,
        "ü" * 255,
    ],
)
def test_names_that_can_be(name: str) -> None:
    check_name("group", name)
    if name != "%2e":
        check_user_name(name)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is empty"),
        ("x" * 256, "is longer than 255 characters"),
        (".", "no address on the hub can contain it"),
        ("..", "no address on the hub can contain it"),
        ("a\ud800", "is not valid Unicode"),
    ],
)
def test_names_that_no_object_can_have(name: str, problem: str) -> None:
    checks: list[t.Callable[[str], None]] = [
        functools.partial(check_name, "group"),
        check_user_name,
    ]
    for check in checks:
        with pytest.raises(RefusedError, match=problem) as caught:
            check(name)
        assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a/b", "contains a slash"),
        (" ada", "begins or ends with a space"),
        ("ada\n", "begins or ends with a space"),
        ("\u00a0ada", "begins or ends with a space"),
        ("...", "consists of dots only"),
        ("%2e%2E", "consists of dots only"),
        (".%2e", "consists of dots only"),
    ],
)
def test_names_that_no_user_can_have(name: str, problem: str) -> None:
    check_name("group", name)
    with pytest.raises(RefusedError, match=problem):
        check_user_name(name)


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("Ada", "ada"),
        ("ada", "ada"),
        ("ÄÖÜ", "äöü"),
        ("İx", "i\u0307x"),
        ("ß", "ß"),
        ("A B", "a b"),
    ],
)
def test_a_name_as_the_hub_stores_it(name: str, stored: str) -> None:
    assert normalize(name) == stored


# The meaning of a name


@pytest.mark.parametrize(
    ("rows", "name", "meant"),
    [
        (["ada"], "ada", "ada"),
        (["ada"], "Ada", "ada"),
        (["Ada"], "Ada", "Ada"),
        (["Ada", "ada"], "ada", "ada"),
        (["Ada", "ada"], "Ada", "Ada"),
        (["Ada", "ada"], "ADA", "ada"),
        (["Ada"], "ada", None),
        (["ada"], "grace", None),
        ([], "ada", None),
    ],
)
def test_a_name_means_the_user_that_the_hub_would_take_it_for(
    rows: list[str], name: str, meant: str | None
) -> None:
    row = Found([{"name": stored} for stored in rows], folded=True, asked=[name]).get(name)
    assert (row and row["name"]) == meant


BUSY = {"groups": ["course"]}


@pytest.mark.parametrize(
    ("rows", "asked", "name", "may_keep", "meant"),
    [
        # The users do not show whether the hub keeps case, so its authenticator decides.
        ({"ada": {}}, ["Ada"], "Ada", False, "ada"),
        ({"ada": {}}, ["Ada"], "Ada", True, "Ada"),
        ({}, ["Ada"], "Ada", False, "ada"),
        ({}, ["Ada"], "Ada", True, "Ada"),
        # A name with capitals exists, and none of the requested names exists in lower case only.
        ({"Grace": {}}, ["Ada"], "Ada", False, "Ada"),
        ({"Grace": {}, "Ada": {}, "ada": {}}, ["Ada"], "Ada", False, "Ada"),
        # The hub creates such a name in a request for a single user, so it shows nothing about
        # case.
        ({"Grace": {}, "ada": {}}, ["Ada"], "Ada", True, "ada"),
        ({"Grace": {}, "ada": {}}, ["Ada", "Linus"], "Linus", True, "linus"),
        # Several requested names exist in lower case only.
        ({"ada": {}, "grace": {}}, ["Ada", "Grace"], "Ada", True, "ada"),
        # The names in lower case are requested too, as other users.
        ({"ada": {}, "grace": {}}, ["Ada", "Grace", "ada", "grace"], "Ada", True, "Ada"),
        # Grace has been used, so the hub keeps case.
        ({"Grace": BUSY, "ada": {}}, ["Ada"], "Ada", False, "Ada"),
        (
            {"Grace": {"last_activity": "2026-01-01T00:00:00Z"}, "ada": {}},
            ["Ada"],
            "Ada",
            False,
            "Ada",
        ),
    ],
)
def test_whether_a_hub_keeps_the_case_of_names(
    rows: dict[str, t.Any], asked: list[str], name: str, may_keep: bool, meant: str
) -> None:
    found = Found(
        [{"name": stored, **fields} for stored, fields in rows.items()],
        folded=True,
        asked=asked,
        keeps_case=lambda: may_keep,
    )
    assert found.stored(name) == meant
    assert found.get(name) is found.rows.get(meant)


@pytest.mark.parametrize(
    ("authenticator", "scopes", "keeps"),
    [
        ("jupyterhub.auth.PAMAuthenticator", ["read:hub"], False),
        ("oauthenticator.github.GitHubOAuthenticator", ["read:hub"], False),
        ("oauthenticator.mediawiki.MWOAuthenticator", ["read:hub"], True),
        ("builtins.CaseKeepingAuthenticator", ["read:hub"], True),
        ("builtins.CaseKeepingAuthenticator", [], False),
    ],
)
def test_an_authenticator_of_its_own_kind_may_keep_the_case(
    client: HubClient, wire: Wire, authenticator: str, scopes: list[str], keeps: bool
) -> None:
    def answer(sent: Sent) -> Reply:
        if sent.path == "/users":
            return page([{"name": "ada"}, {"name": "Grace"}])
        assert sent.path == "/info"
        return (
            Reply(data={"version": "6.1.1", "authenticator": {"class": authenticator}})
            if scopes
            else refusal(403, "no")
        )

    wire.play(otherwise=answer)
    api = HubApi(client)
    assert keeps_case(api) == keeps
    assert len(wire.sent) == (1 if scopes else 2)


def test_stored_names_count_more_than_the_spelling() -> None:
    found = Found(
        [{"name": "tbrook"}, {"name": "ada"}],
        folded=True,
        stored_names={"Tilda@example.edu": "tbrook", "Ada": "Ada"},
    )
    assert found.stored("tilda@example.edu") == found.stored("TILDA@example.edu") == "tbrook"
    assert found.get("tilda@example.edu") == {"name": "tbrook"}
    assert found.get("Ada") is None
    assert found.stored("Grace@example.edu") == "grace@example.edu"
    found.learn("Grace@example.edu", "ghopper")
    assert found.stored("Grace@example.edu") == "ghopper"
    assert found.learned == {"Grace@example.edu": "ghopper"}


@pytest.mark.parametrize(
    ("name", "stored_names", "expected"),
    [
        ("ada", {}, ("ada",)),
        ("Ada", {}, ("Ada", "ada")),
        ("Ada", {"ada": "lovelace"}, ("lovelace",)),
        ("ada", {"Ada": "Ada"}, ("Ada",)),
        ("ada", {"grace": "hopper"}, ("ada",)),
    ],
)
def test_the_names_under_which_the_hub_may_store_a_user(
    name: str, stored_names: dict[str, str], expected: tuple[str, ...]
) -> None:
    assert StoredNames(stored_names).candidates(name) == expected


def test_a_group_s_name_means_that_group_only() -> None:
    found = Found([{"name": "course"}], folded=False)
    assert found.get("course") == {"name": "course"}
    assert found.get("Course") is None


def test_users_without_a_name_are_counted_and_never_found() -> None:
    rows: list[dict[str, str | None]] = [{"name": None}, {"name": "ada"}, {"name": None}]
    found = Found(rows, folded=True)
    assert found.nameless == 2
    assert list(found.rows) == ["ada"]


# Finding


class Hub:
    """A hub with these users, which can be listed and read as far as the scopes allow.

    :param seen: the users that a list shows; all if unset.
    """

    def __init__(
        self,
        names: t.Iterable[str],
        *,
        scopes: t.Collection[str] = ("list:users", "list:groups"),
        seen: t.Collection[str] | None = None,
    ) -> None:
        self.names = list(names)
        self.scopes = list(scopes)
        self.seen = seen

    def __call__(self, sent: Sent) -> Reply:
        if sent.path == "/user":
            return Reply(data={"kind": "service", "name": "provisioner", "scopes": self.scopes})
        if sent.path == "/info":
            return refusal(
                403, "Action is not authorized with current scopes; requires any of [read:hub]"
            )
        if sent.path in ("/users", "/groups"):
            kind = sent.path[1:]
            if not any(scope.startswith(f"list:{kind}") for scope in self.scopes):
                return refusal(
                    403,
                    f"Action is not authorized with current scopes; requires any of [list:{kind}]",
                )
            rows = [{"name": name} for name in self.names if self.seen is None or name in self.seen]
            return page(rows, offset=int(sent.query["offset"]), limit=200)
        name = sent.path.rsplit("/", 1)[1]
        return Reply(data={"name": name}) if name in self.names else refusal(404)


def find(
    client: HubClient, wire: Wire, hub: Hub, names: t.Collection[str], **more: t.Any
) -> Found[UserRow]:
    wire.play(otherwise=hub)
    return find_users(HubApi(client), names, **more)


def some(count: int) -> list[str]:
    return [f"u{number}" for number in range(count)]


@pytest.mark.parametrize(
    ("existing", "names", "requests"),
    [
        (0, ["u0"], 1),
        (1000, ["u0"], 1),
        (1000, ["u0", "u1"], 2),
        (1000, ["U0"], 4),
        (100, ["U0"], 4),
        (100, ["U0", "U1", "U2"], 1),
        (100, ["u0", "u1", "u2"], 1),
        (1000, ["u0", "u1", "u2"], 4),
        (1000, some(20), 6),
        (1000, some(1000), 6),
        (201, some(5), 2),
        (1000, [], 0),
    ],
    ids=[
        "one, empty hub",
        "one",
        "two",
        "upper case",
        "upper case, small hub",
        "upper case, several",
        "three, small hub",
        "three, large hub",
        "twenty",
        "all",
        "two pages",
        "none",
    ],
)
def test_users_are_found_the_cheapest_way(
    client: HubClient, wire: Wire, existing: int, names: list[str], requests: int
) -> None:
    found = find(client, wire, Hub(some(existing)), names)
    assert client.requests == requests
    for name in names:
        assert (found.get(name) is not None) == (int(name[1:]) < existing)


def test_users_are_read_one_by_one_without_the_scope_to_list(client: HubClient, wire: Wire) -> None:
    found = find(client, wire, Hub(some(3), scopes=["read:users"]), some(4))
    assert sorted(found.rows) == some(3)
    assert [path for method, path in wire.lines] == [
        "/users",
        "/users/u0",
        "/users/u1",
        "/users/u2",
        "/users/u3",
    ]


def test_users_missing_in_a_limited_list_are_read_one_by_one(client: HubClient, wire: Wire) -> None:
    hub = Hub(some(4), scopes=["list:users!group=course"], seen=["u0", "u1"])
    found = find(client, wire, hub, some(5))
    assert sorted(found.rows) == some(4)
    assert [path for method, path in wire.lines] == [
        "/users",
        "/user",
        "/users/u2",
        "/users/u3",
        "/users/u4",
    ]


def test_a_complete_list_is_not_read_twice(client: HubClient, wire: Wire) -> None:
    find(client, wire, Hub(some(3)), some(5))
    assert [path for method, path in wire.lines] == ["/users", "/user"]


def test_a_refusal_of_another_kind_is_an_error(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=refusal(403, "Missing or invalid credentials."))
    with pytest.raises(ApiError, match="The token is wrong, expired or revoked"):
        find_users(HubApi(client), some(5))


def test_a_purge_reads_every_user_whatever_it_costs(client: HubClient, wire: Wire) -> None:
    found = find(client, wire, Hub(some(1000)), ["u0"], every=True)
    assert len(found.rows) == 1000
    assert client.requests == 7


@pytest.mark.parametrize(
    "scopes", [["list:users!group=course"], ["list:users!user=ada", "list:groups"]]
)
def test_a_purge_by_who_does_not_see_everything_is_refused(
    client: HubClient, wire: Wire, scopes: list[str]
) -> None:
    with pytest.raises(
        RefusedError,
        match=(
            "prune needs to see all objects, but the caller holds list:users for some objects only"
        ),
    ) as caught:
        find(client, wire, Hub(some(10), scopes=scopes), ["u0"], every=True)
    assert caught.value.to_result()["missing_scopes"] == ["list:users"]


def test_query_parameters_are_sent_with_every_request(client: HubClient, wire: Wire) -> None:
    for count in (1, 3):
        find(client, wire, Hub(some(3)), some(count), query={"include_stopped_servers": 1})
    assert {sent.query.get("include_stopped_servers") for sent in wire.sent} == {"1"}


def test_groups_are_found_by_their_exact_names(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=Hub(["Course", "course"]))
    api = HubApi(client)
    assert list(find_groups(api, ["Course"]).rows) == ["Course"]
    assert wire.lines == [("GET", "/groups/Course")]
    assert find_groups(api, ["COURSE", "a", "b"]).get("COURSE") is None
    assert sorted(wire.lines[1:]) == [("GET", "/groups"), ("GET", "/user")]


# Names that are mapped to others


class Folding:
    """A hub, or a proxy in front of it, that maps some names to others.

    :param rows: the names that a list shows.
    :param becomes: the object that is found by a name. Other names find themselves.
    """

    def __init__(self, rows: t.Sequence[str], becomes: t.Mapping[str, str]) -> None:
        self.rows = list(rows)
        self.becomes = becomes

    def __call__(self, sent: Sent) -> Reply:
        if sent.path == "/user":
            return Reply(
                data={
                    "kind": "service",
                    "name": "provisioner",
                    "scopes": ["list:users", "list:groups"],
                }
            )
        if sent.path in ("/users", "/groups"):
            return page([{"name": name} for name in self.rows], offset=int(sent.query["offset"]))
        _empty, kind, name = sent.path.split("/")
        meant = self.becomes.get(unquote(name), unquote(name))
        if meant in self.rows:
            return Reply(data={"name": meant})
        return refusal(404, f"No such group: {meant}" if kind == "groups" else None)


@pytest.mark.parametrize("many", [[], ["x", "y", "z"]], ids=["one", "many"])
@pytest.mark.parametrize(
    ("kind", "rows", "becomes", "asked", "why"),
    [
        ("user", ["jose"], {"jos\u00e9": "jose"}, "jos\u00e9", "collation"),
        ("user", ["a\U0001f600"], {"a\U0001f601": "a\U0001f600"}, "a\U0001f601", "collation"),
        ("group", ["CS100"], {"cs100": "CS100"}, "cs100", "collation"),
        ("group", ["cs100"], {"cs100 ": "cs100"}, "cs100 ", "collation"),
        ("group", ["staff", "/staff"], {"/staff": "staff"}, "/staff", "proxy"),
        ("group", ["/staff"], {"/staff": "staff"}, "/staff", "proxy"),
        ("group", ["other"], {"/staff": "staff"}, "/staff", "proxy"),
        ("group", ["a/b"], {"a//b": "a/b"}, "a//b", "names in addresses"),
    ],
)
def test_a_name_that_becomes_another_one_is_an_error(
    client: HubClient,
    wire: Wire,
    kind: str,
    rows: list[str],
    becomes: dict[str, str],
    asked: str,
    why: str,
    many: list[str],
) -> None:
    wire.play(otherwise=Folding(rows, becomes))
    find = find_users if kind == "user" else find_groups
    with pytest.raises(WrongObjectError, match=why):
        find(HubApi(client), [asked, *many])
    with pytest.raises(WrongObjectError, match=why):
        find(HubApi(client), [asked, *many], every=True)


@pytest.mark.parametrize("many", [[], ["x", "y", "z"]])
@pytest.mark.parametrize("every", [False, True])
def test_a_name_in_lower_case_is_nobody_else_where_the_database_ignores_case(
    client: HubClient, wire: Wire, many: list[str], every: bool
) -> None:
    """A name with capitals is also looked up in lower case. The declared user is found, and a
    second declared name would be the same user.
    """
    wire.play(otherwise=Folding(["Ada"], {"ada": "Ada"}))
    assert find_users(HubApi(client), ["Ada", *many], every=every).get("Ada") == {"name": "Ada"}
    with pytest.raises(WrongObjectError, match="collation"):
        find_users(HubApi(client), ["Ada", "ada", *many], every=every)


@pytest.mark.parametrize("order", [("Bob", "bob"), ("bob", "Bob")])
def test_a_stored_name_does_not_apply_to_the_name_in_other_case(order: tuple[str, str]) -> None:
    names = {name: name for name in order}
    told = StoredNames(names)
    assert [told.candidates(name) for name in order] == [(name,) for name in order]
    found = Found([UserRow(name="Bob")], folded=True, stored_names=names, asked=order)
    assert (found.stored("Bob"), found.stored("bob"), found.get("bob")) == ("Bob", "bob", None)
    assert StoredNames({"Bob": "rb"}).candidates("BOB") == ("rb",)


def test_names_that_only_look_alike_to_people_are_no_error(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=Folding(["jose", "staff", "/staff"], {}))
    assert find_users(HubApi(client), ["jos\u00e9", "x", "y"]).get("jos\u00e9") is None
    found = find_groups(HubApi(client), ["/staff", "staff", "STAFF"])
    assert (found.get("/staff"), found.get("STAFF")) == ({"name": "/staff"}, None)


@pytest.mark.parametrize(
    ("sent", "answered"), [("jos\u00e9", "jose"), ("ada", None), ("ada", "grace")]
)
def test_every_answer_about_one_user_is_about_that_user(
    client: HubClient, wire: Wire, sent: str, answered: str | None
) -> None:
    wire.play(otherwise=Reply(data={"name": answered}))
    api = HubApi(client)
    asks: list[t.Callable[[], t.Any]] = [
        lambda: api.user_get(sent),
        lambda: api.user_update(sent, {"admin": True}),
    ]
    for ask in asks:
        with pytest.raises(WrongObjectError):
            ask()


def test_every_answer_about_one_group_is_about_that_group(client: HubClient, wire: Wire) -> None:
    api = HubApi(client)
    asks: list[t.Callable[[], t.Any]] = [
        lambda: api.group_get("/staff"),
        lambda: api.group_create("/staff", []),
        lambda: api.group_add_users("/staff", ["ada"]),
        lambda: api.group_remove_users("/staff", ["ada"]),
        lambda: api.group_set_properties("/staff", {}),
    ]
    wire.play(otherwise=Reply(data={"name": "staff"}))
    for ask in asks:
        with pytest.raises(WrongObjectError, match="'/staff' and answered with the group 'staff'"):
            ask()


def test_a_user_may_be_answered_in_lower_case(client: HubClient, wire: Wire) -> None:
    wire.play(otherwise=Reply(data={"name": "ada"}))
    assert HubApi(client).user_get("Ada") == {"name": "ada"}
