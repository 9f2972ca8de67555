# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any text as a name: the module and the hub accept it, or both refuse it.

The same few names are used every time. ``TEST_EXAMPLES=500`` tests 500 random ones, and a failure
prints how to repeat it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import assume, event, example, given
from hypothesis import strategies as st

from tests.conftest import ModuleRunner
from tests.hub import Hub
from tests.live.support import GROUP, USER, examples, one_sentence, runner, writes

SERVER, SERVICE = "jupyterhub_server", "jupyterhub_service"

# The parts of names: text with a meaning in URLs, databases, patterns, terminals or YAML, and any
# other character.
PIECES = [
    *(
        "/",
        "\\",
        "%",
        "%2f",
        "%2e",
        "%00",
        ".",
        "..",
        "?",
        "#",
        "&",
        ";",
        "+",
        "@",
        ":",
        "'",
        '"',
        "*",
        "[",
        "]",
        "{{",
        "}}",
        "<",
        ">",
        "|",
        "$",
        "~",
        "_",
        "-",
    ),
    *(
        "\0",
        "\t",
        "\n",
        "\r",
        "\x1b[31m",
        "\x7f",
        "\u0085",
        " ",
        "\u00a0",
        "\u2028",
        "\u3000",
        "\u200b",
        "\u200f",
        "\u202e",
        "\ufeff",
        "\ufffe",
    ),
    *(
        "A",
        "\u0130",
        "\u1e9e",
        "\u03a3",
        "\u00e9",
        "e\u0301",
        "\ufb01",
        "\u2126",
        "\uff0e",
        "\uff0f",
        "\u65e5\u672c",
        "\U0001f600",
        "\U0001f468\u200d\U0001f469",
        "\ud800",
    ),
    *("on", "null", "0123", "1e3", "2026-01-01", "users", "servers", "ada", "true"),
    *("x" * 30, "x" * 31, "x" * 250, "\U0001f600" * 250),
]
NAMES = st.lists(
    st.sampled_from(PIECES) | st.characters() | st.characters(codec="ascii"), max_size=5
).map("".join)

# Names that the modules refuse although the hub would accept them: the reason, and a test for such
# names.
REFUSED_BY_US: list[tuple[str, Callable[[Hub, str], bool]]] = [
    (
        "the column is no wider, which SQLite alone does not mind",
        lambda _hub, name: len(name) > 255,
    ),
    (
        "proxies and HTTP libraries fold these away, so that the request would mean something else",
        lambda _hub, name: name in (".", ".."),
    ),
    (
        "hubs refuse them since JupyterHub 5",
        lambda hub, name: hub.series == "4" and set(unquote(name)) == {"."},
    ),
]


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of object: how a module creates one of this name, how the witness creates it directly
    on the hub, and what the hub holds afterwards.
    """

    module: str
    task: Callable[[Hub, str], dict[str, Any]]
    made: Callable[[dict[str, Any]], str]
    ask: Callable[[Hub, str], tuple[int, Any]]
    names: Callable[[Hub], set[str]]
    path: str


def servers(hub: Hub) -> set[str]:
    """Return the named servers of their owner."""
    return set(hub.user("ada")["servers"]) - {""}


USERS = Kind(
    USER,
    lambda _hub, name: {"name": name},
    lambda result: str(result["user"]["name"]),
    lambda hub, name: hub.api("POST", "/users", {"usernames": [name]}),
    lambda hub: set(hub.users()),
    "/users/",
)
GROUPS = Kind(
    GROUP,
    lambda _hub, name: {"name": name},
    lambda result: str(result["group"]["name"]),
    lambda hub, name: hub.api("POST", "/groups", {"groups": [name]}),
    lambda hub: set(hub.groups()),
    "/groups/",
)
SERVERS = Kind(
    SERVER,
    lambda hub, name: {
        "user": "ada",
        "name": name,
        "state": "present" if hub.series == "6" else "started",
    },
    lambda result: str(result["server"]["name"]),
    lambda hub, name: hub.api("POST", f"/users/ada/servers/{hub.quote(name)}"),
    servers,
    "/users/ada/servers/",
)
SERVICES = Kind(
    SERVICE,
    lambda _hub, name: {"name": name, "display": False},
    lambda result: str(result["service"]["name"]),
    lambda hub, name: hub.api("POST", f"/services/{hub.quote(name)}", {"display": False}),
    lambda hub: set(hub.services()),
    "/services/",
)


def taken(
    hub: Hub,
    run: ModuleRunner,
    kind: Kind,
    task: dict[str, Any],
    result: dict[str, Any],
    before: set[str],
) -> None:
    """Assert that exactly one object was created under the reported name, that a second run keeps
    it, and that it can be deleted.
    """
    assert result["changed"]
    assert kind.names(hub) - before == {kind.made(result)}
    mark = hub.mark()
    again = run(kind.module, task)
    assert (again["failed"], again["changed"]) == (False, False), again
    assert writes(hub.requests(mark)) == []
    gone = run(kind.module, {**task, "state": "absent"})
    assert (gone["failed"], gone["changed"]) == (False, True), gone
    assert kind.names(hub) == before


def refused(
    hub: Hub, kind: Kind, name: str, result: dict[str, Any], mark: int, before: set[str]
) -> None:
    """Assert that nothing was sent, and that the hub refuses the name too or there is a reason to
    refuse it.
    """
    one_sentence(result)
    assert (result["changed"], writes(hub.requests(mark))) == (False, [])
    assert kind.names(hub) == before
    try:
        status, answer = kind.ask(hub, name)
        path = kind.path + hub.quote(name)
    except UnicodeEncodeError:
        event("no address on the hub can contain the name")
        return
    reasons = [reason for reason, applies in REFUSED_BY_US if applies(hub, name)]
    left = kind.names(hub) - before
    event(reasons[0] if reasons else f"refused by both: {status}")
    if status < 400 and not reasons:
        # The hub has created an object that no request can read.
        assert left, (name, result["msg"], answer)
        assert hub.api("GET", path)[0] == 404, (name, result["msg"], answer)


def clean(hub: Hub, kind: Kind, name: str, before: set[str]) -> None:
    """Delete what the witness has created on the hub, including objects that no path reaches or no
    list shows.
    """
    for left in kind.names(hub) - before:
        hub.api(
            "DELETE",
            kind.path + hub.quote(left),
            {"remove": True} if kind.module == SERVER else None,
        )
    if kind.module in (GROUP, SERVICE):
        # No request reaches a group without a name. The hub keeps services that it has refused in
        # its database, and may not start with them.
        table = "groups" if kind.module == GROUP else "services"
        hub.sql(f'DELETE FROM "{table}" WHERE name = ?', (name.encode(errors="replace").decode(),))
    assert kind.names(hub) == before


@pytest.mark.parametrize(
    "kind", [USERS, GROUPS, SERVERS], ids=lambda kind: kind.path.split("/")[-2]
)
def test_any_name(hub: Hub, kind: Kind) -> None:
    """A module and the hub accept the same names, through the proxy and without it."""
    agree_on_names(hub, kind)


@pytest.mark.hubs("5", "6")
def test_any_name_of_a_service(hub: Hub) -> None:
    """The same for services. The hub may not start after a request for some of these names."""
    agree_on_names(hub, SERVICES)


def agree_on_names(hub: Hub, kind: Kind) -> None:
    """Test random names of one kind."""
    hub.add_users("ada")
    before = kind.names(hub)

    @examples(25)
    @given(NAMES, st.booleans())
    @example("a/b", False)
    @example("..", True)
    @example("", False)
    def agree(name: str, proxied: bool) -> None:
        # An empty server name means the default server.
        assume(name or kind is not SERVERS)
        # PostgreSQL cannot store NUL. The hub answers 500, which says nothing about the name.
        assume("\0" not in name or hub.profile != "postgres")
        run = runner(hub, hub_url=hub.url if proxied and "/" not in name else hub.hub_url)
        task, mark = kind.task(hub, name), hub.mark()
        result = run(kind.module, task)
        try:
            if result["failed"]:
                refused(hub, kind, name, result, mark, before)
            else:
                event("taken by both")
                taken(hub, run, kind, task, result, before)
        finally:
            clean(hub, kind, name, before)

    agree()
