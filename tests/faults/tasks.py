# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks for the tests of faults: every module that changes something, for one object and for
many, and the state before each task.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from tests.hub import Hub
from tests.live.support import GROUP, INFO, SERVER, USER, Result, runner
from tests.live.support_audit import POLICY
from tests.live.support_export import EXPORT, FROM_CONFIG, load, plain
from tests.live.support_offboard import OFFBOARD, settle_in
from tests.live.support_servers import settle
from tests.live.test_services import SERVICE
from tests.live.test_shares import SHARE
from tests.live.token_support import TOKEN, held, is_good
from tests.running import CACHE

API = "jupyterhub_api"
AUDIT = "jupyterhub_audit"
PREFLIGHT = "jupyterhub_preflight"
PROXY = "jupyterhub_proxy"
EVERY_HUB = ("4", "5", "6")
NEW_HUBS = ("5", "6")

SECRET = "hushhush-0123456789"
MOMENT = "2026-05-05T05:05:05Z"
LIFETIME = 86400


@dataclasses.dataclass(frozen=True)
class Task:
    """A task and its context.

    prepare: creates the objects of the task on an empty hub.
    settles: whether a run after a complete one changes nothing.
    check: asserts what only the results of the runs show, given in order.
    params_of: options that depend on the hub.
    secrets: text that no result may contain.
    """

    module: str
    params: dict[str, Any]
    prepare: Callable[[Hub], object] = lambda hub: None
    settles: bool = True
    check: Callable[[Hub, list[Result]], None] = lambda hub, results: None
    params_of: Callable[[Hub], dict[str, Any]] = lambda hub: {}
    secrets: tuple[str, ...] = ()
    hubs: tuple[str, ...] = EVERY_HUB

    def options(self, hub: Hub) -> dict[str, Any]:
        """Return the options of the task on this hub."""
        return {**self.params, **self.params_of(hub)}

    def calm(self, hub: Hub) -> dict[str, Any]:
        """Return the options without those that make a change in every run, and without a
        certificate: it contains the address of the hub, and the run with faults had the proxy's.
        """
        return {
            key: [_calm(item) for item in value] if isinstance(value, list) else value
            for key, value in self.options(hub).items()
            if key != "dest"
        }


def _calm(item: Any) -> Any:
    """Return an item of a list without the fields that make a change in every run."""
    if not isinstance(item, dict):
        return item
    return {
        **item,
        **({"rotate": False} if "rotate" in item else {}),
        **({"state": "started"} if item.get("state") == "restarted" else {}),
    }


def people(hub: Hub) -> None:
    """Create users without anything else."""
    hub.add_users("ada", "bob", "carl", "eve")


def classes(hub: Hub) -> None:
    """Create users and groups."""
    people(hub)
    hub.add_group("old", "ada", "bob", properties={"x": 1})
    hub.add_group("gone", "eve")


def running(hub: Hub) -> None:
    """Create users, one of them with a named server."""
    hub.add_users("ian", "joe")
    settle(hub, {"ian/work": "started"})


def fleet(hub: Hub) -> None:
    """Create servers in every state."""
    people(hub)
    settle(
        hub, {"bob/": "started", "carl/": "started", "carl/work": "started", "eve/lab": "stopped"}
    )


# Tokens. Every hub has its own files, because the hubs are tested in parallel.


def files(hub: Hub) -> dict[str, Any]:
    """Return the options of two tokens in files and one that is revoked."""
    folder = CACHE / "faults" / hub.series
    common = {"user": "ada", "rotate": True, "scopes": ["read:users!user"], "expires_in": LIFETIME}
    return {
        "tokens": [
            {**common, "note": "n", "dest": str(folder / "n")},
            {**common, "note": "m", "dest": str(folder / "m")},
            GONE,
        ]
    }


GONE = {"user": "bob", "note": "gone", "state": "absent"}


def filed(hub: Hub) -> None:
    """Create the module's own tokens (one in a file, one to revoke) and a foreign token."""
    people(hub)
    tokens = files(hub)["tokens"]
    folder = pathlib.Path(tokens[0]["dest"]).parent
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    made = runner(hub, hub_url=hub.hub_url)(
        TOKEN, {"tokens": [tokens[0], {"user": "bob", "note": "gone"}]}
    )
    assert not made["failed"], made
    hub.expect("POST", "/users/ada/tokens", {"note": "foreign"})


def files_hold_good_tokens(hub: Hub, results: list[Result]) -> None:
    """Assert that every file holds a token that the hub accepts."""
    for token in files(hub)["tokens"][:2]:
        assert is_good(hub, str(held(pathlib.Path(token["dest"])))), token


def kept(hub: Hub) -> dict[str, Any]:
    """Return the options of a token in a file that is already as declared."""
    return {
        "user": "ada",
        "note": "n",
        "scopes": ["read:users!user"],
        "dest": str(CACHE / "faults" / hub.series / "kept"),
    }


def keep(hub: Hub) -> None:
    """Create a token of the module and its file."""
    people(hub)
    dest = pathlib.Path(kept(hub)["dest"])
    dest.parent.mkdir(parents=True, exist_ok=True)
    dest.unlink(missing_ok=True)
    made = runner(hub, hub_url=hub.hub_url)(TOKEN, kept(hub))
    assert not made["failed"], made


def kept_token_is_good(hub: Hub, results: list[Result]) -> None:
    """Assert that the file holds a token that the hub accepts."""
    assert is_good(hub, str(held(pathlib.Path(kept(hub)["dest"]))))


def returned_token_is_good(hub: Hub, results: list[Result]) -> None:
    """Assert that the last secret that a run has returned is good."""
    values = [result["token"]["value"] for result in results if "value" in result.get("token", {})]
    assert values, results
    assert is_good(hub, values[-1])


def rooted(hub: Hub) -> None:
    """Create an admin who can log in."""
    hub.add_users("root-ada", admin=True)


# Services and shares


def services(hub: Hub) -> None:
    """Create a service to replace and one to delete."""
    for name in ("s-old", "s-gone"):
        hub.expect(
            "POST",
            f"/services/{name}",
            {"name": name, "info": {"v": 1}, "api_token": f"{name}-{SECRET}"},
        )


def shared(hub: Hub) -> None:
    """Create shares of servers, one of them to remove, and a code."""
    hub.add_users("ada", "bob", "carl", "eve")
    hub.add_group("tutors", "eve")
    settle(hub, {"ada/": "started", "bob/": "started"})
    hub.expect("POST", "/shares/ada/", {"user": "carl"})
    hub.expect("POST", "/share-codes/bob/", {"scopes": ["access:servers!server=bob/"]})


# Tasks that read a whole hub, and offboarding


def folder(hub: Hub, *files: str) -> pathlib.Path:
    """Return this hub's folder for files, and delete these files in it."""
    own = CACHE / "faults" / hub.series
    own.mkdir(parents=True, exist_ok=True)
    for name in files:
        for file in own.glob(f"{name}*"):
            file.unlink()
    return own


def exported(hub: Hub) -> None:
    """Create users and groups, and delete earlier exports."""
    classes(hub)
    folder(hub, "export.yml")


def leaver(hub: Hub) -> None:
    """Create a person who has one of everything and is about to leave, and delete earlier files."""
    folder(hub, "left.md", "left.yml")
    settle_in(hub)


def the_export_is_whole(hub: Hub, results: list[Result]) -> None:
    """Assert that the file names all users and groups."""
    variables = plain(load(folder(hub) / "export.yml"))
    assert [user["name"] for user in variables["jupyterhub_users"]] == sorted(hub.users())
    assert [group["name"] for group in variables["jupyterhub_groups"]] == sorted(hub.groups())


def everybody_is_proved_gone(hub: Hub, results: list[Result]) -> None:
    """Assert that the last run has proved that no access is left."""
    assert results[-1]["proved"], results[-1]


SERVICE_TOKEN = f"s-new-{SECRET}"

TASKS = {
    "user": Task(
        USER, {"name": "ada", "admin": True, "auth_state": {"k": SECRET}}, secrets=(SECRET,)
    ),
    "user by login": Task(
        USER,
        {"name": "ada", "api_token": None},
        rooted,
        params_of=lambda hub: {"login_username": "root-ada", "login_password": hub.password},
    ),
    # Together, the users need every kind of request. They are listed in the order of their changes:
    "users": Task(
        USER,
        {
            "users": [
                {"name": "carla", "rename_from": "carl"},
                *({"name": name} for name in ("n1", "n2", "n3")),
                {"name": "boss", "admin": True},
                {"name": "bob", "admin": True, "last_activity": MOMENT},
                {"name": "ada", "auth_state": {"k": SECRET}},
                {"name": "eve", "state": "absent"},
            ],
            "return_objects": "all",
        },
        people,
        secrets=(SECRET,),
    ),
    "users with servers": Task(
        USER, {"users": [{"name": "ian"}, {"name": "joe"}], "state": "absent"}, running
    ),
    "prune": Task(
        USER,
        {"users": [{"name": "ada"}, {"name": "new"}], "prune": True, "prune_limit": "100%"},
        people,
    ),
    "group": Task(
        GROUP, {"name": "old", "users": ["bob", "carl"], "properties": {"x": True}}, classes
    ),
    "groups": Task(
        GROUP,
        {
            "groups": [
                {"name": "new", "users": ["ada", "bob", "carl"], "properties": {"x": 1}},
                {"name": "old", "users": ["bob", "carl"], "properties": {"x": True}},
                {"name": "gone", "state": "absent"},
            ],
            "return_objects": "all",
        },
        classes,
    ),
    "server": Task(SERVER, {"user": "ada", "user_options": {"a": 1}}, people),
    "servers": Task(
        SERVER,
        {
            "servers": [
                {"user": "ada"},
                {"user": "bob", "state": "restarted"},
                {"user": "carl", "state": "stopped"},
                {"user": "carl", "name": "work", "state": "absent"},
                {"user": "eve", "name": "lab"},
            ]
        },
        fleet,
    ),
    "servers that are not started": Task(
        SERVER,
        {
            "servers": [
                {"user": "eve", "name": "new", "rename_from": "lab", "display_name": "L"},
                {"user": "ada", "name": "lab", "user_options": {"a": 1}},
            ],
            "state": "present",
        },
        fleet,
        hubs=("6",),
    ),
    "token": Task(TOKEN, {"user": "ada", "note": "n"}, people, check=returned_token_is_good),
    "tokens": Task(
        TOKEN,
        {},
        filed,
        params_of=files,
        check=files_hold_good_tokens,
    ),
    "token that is good": Task(TOKEN, {}, keep, params_of=kept, check=kept_token_is_good),
    "service": Task(
        SERVICE,
        {"name": "s-new", "info": {"v": 1}, "service_token": SERVICE_TOKEN},
        secrets=(SERVICE_TOKEN,),
        hubs=NEW_HUBS,
    ),
    "services": Task(
        SERVICE,
        {
            "services": [
                {
                    "name": "s-old",
                    "info": {"v": 2},
                    "service_token": f"s-old-{SECRET}",
                    "recreate": True,
                },
                {"name": "s-gone", "state": "absent"},
                {"name": "s-new", "service_token": SERVICE_TOKEN},
            ]
        },
        services,
        secrets=(SECRET,),
        hubs=NEW_HUBS,
    ),
    "service that is right": Task(
        SERVICE,
        {"name": "s-old", "info": {"v": 1}, "service_token": f"s-old-{SECRET}", "recreate": True},
        services,
        secrets=(SECRET,),
        hubs=NEW_HUBS,
    ),
    "share": Task(SHARE, {"owner": "ada", "users": ["eve"]}, shared, hubs=NEW_HUBS),
    "shares": Task(
        SHARE,
        {
            "shares": [
                {
                    "owner": "ada",
                    "users": ["bob", "eve"],
                    "groups": ["tutors"],
                    "scopes": ["access:servers", "read:servers"],
                    "code": True,
                },
                {"owner": "bob", "users": ["ada"]},
            ]
        },
        shared,
        hubs=NEW_HUBS,
    ),
    "share codes that go": Task(
        SHARE, {"owner": "bob", "code": True, "mode": "absent"}, shared, hubs=NEW_HUBS
    ),
    "info": Task(
        INFO, {"gather": ["hub", "whoami", "users", "groups", "tokens", "servers"]}, classes
    ),
    "audit": Task(AUDIT, {"policy": {**POLICY, "people": ["bob"]}}, classes),
    "export": Task(
        EXPORT,
        {"services_from_config": FROM_CONFIG, "include": ["users", "groups"]},
        exported,
        check=the_export_is_whole,
        params_of=lambda hub: {"dest": str(folder(hub) / "export.yml")},
    ),
    "preflight": Task(
        PREFLIGHT,
        {
            "users": [{"name": "new"}, {"name": "bob", "admin": True}],
            "groups": [{"name": "old", "users": ["new", "ada"]}],
            "prune": ["groups"],
        },
        classes,
    ),
    "offboard": Task(
        OFFBOARD,
        {"user": "ada", "sessions": "freeze", "servers": "removed"},
        leaver,
        check=everybody_is_proved_gone,
    ),
    "offboard that deletes": Task(
        OFFBOARD,
        {"users": [{"name": "ada"}], "account": "delete"},
        leaver,
        check=everybody_is_proved_gone,
        params_of=lambda hub: {
            "backup": str(folder(hub) / "left.yml"),
            "dest": str(folder(hub) / "left.md"),
        },
    ),
    "proxy": Task(PROXY, {}, settles=False),
    "proxy that is announced": Task(
        PROXY,
        {},
        settles=False,
        params_of=lambda hub: {"api_url": hub.proxy_api_url, "auth_token": hub.proxy_token},
    ),
    "api post": Task(
        API,
        {
            "method": "POST",
            "path": "/users",
            "body": {"usernames": ["ada"]},
            "status_code": [201, 409],
        },
    ),
    "api patch": Task(
        API,
        {"method": "PATCH", "path": "/users/bob", "body": {"admin": True}},
        people,
        settles=False,
    ),
    "api delete": Task(
        API, {"method": "DELETE", "path": "/users/eve", "status_code": [204, 404]}, people
    ),
}
