# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Which servers are stopped before maintenance, and which are started after it. No request is sent
here.
"""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import same_hub
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import fits
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import duration

# User and name of a server.
Key = tuple[str, str]


class Server(t.TypedDict, total=False):
    """A server as jupyterhub_info returns it, or as the file remembers it.

    :param stopped: in the file: whether it was seen to stop.
    """

    user: str
    name: str
    user_options: object
    last_activity: str | None
    idle_for: float | None
    stopped: bool
    pending: str | None


class Named(t.TypedDict):
    """Which server it is."""

    user: str
    name: str


class Skipped(Named):
    """A server that is not brought back, and why."""

    why: str


class Starting(Named, total=False):
    """A server to start. Without options, it gets those of its last start."""

    user_options: object


class ToStop(t.TypedDict):
    """What is to be done before the maintenance: see :func:`to_stop`."""

    stop: list[Named]
    remember: list[Server]
    returned: list[Named]


class ToStart(t.TypedDict):
    """What is to be done after the maintenance: see :func:`to_start`."""

    start: list[Starting]
    skipped: list[Skipped]
    returned: list[Named]


def key_of(server: Server) -> Key:
    """:returns: the user and the name of a server.

    :raises ValueError: it has none.
    """
    given: object = server
    known = given if isinstance(given, t.Mapping) else {}
    user, name = known.get("user"), known.get("name")
    if not isinstance(user, str) or not isinstance(name, str):
        raise ValueError(f"{server!r:.80} is not a server: it needs a user and a name")
    return user, name


def _copy(server: Server) -> Server:
    # A plain one, whatever Ansible has handed over.
    return {**server}


def is_kept(key: Key, patterns: t.Iterable[str]) -> bool:
    """Whether one of the patterns, user or user/server, names a server. Case does not count, as in
    the names of users.
    """
    user, name = key[0].lower(), key[1].lower()
    return any(
        fits(f"{user}/{name}" if "/" in pattern else user, pattern.lower()) for pattern in patterns
    )


def to_stop(running: t.Iterable[Server], held: t.Iterable[Server], keep: t.Sequence[str]) -> ToStop:
    """Decide what is stopped.

    :param running: the servers that run.
    :param held: what the file remembers already. It is not changed, as the options in it are those
    from before the maintenance.
    :param keep: patterns of what goes on running.
    :returns: ``stop``; ``remember``, what the file has to hold; ``returned``, what runs although it
    was seen to stop.
    """
    remembered = {key_of(server): _copy(server) for server in held}
    stop: list[Named] = []
    returned: list[Named] = []
    for server in running:
        key = key_of(server)
        if is_kept(key, keep):
            continue
        named: Named = {"user": key[0], "name": key[1]}
        stop.append(named)
        if remembered.get(key, {}).get("stopped"):
            returned.append(named)
        seen: Server = {
            "user": key[0],
            "name": key[1],
            "user_options": server.get("user_options"),
            "last_activity": server.get("last_activity"),
            "idle_for": server.get("idle_for"),
            "stopped": False,
        }
        remembered.setdefault(key, seen)
    return {
        "stop": stop,
        "remember": [remembered[key] for key in sorted(remembered)],
        "returned": returned,
    }


def to_start(
    held: t.Sequence[Server],
    servers: t.Iterable[Server],
    users: t.Collection[str],
    skip_idle: str | None,
    *,
    sees_all: bool = True,
) -> ToStart:
    """Decide what is brought back.

    :param servers: the servers on the hub, those that are stopped too.
    :param users: the users on the hub.
    :param skip_idle: what had been idle for so long is left alone; None: nothing is.
    :param sees_all: whether the token sees all users: others are not taken for deleted.
    :returns: ``start``, most recently used first; ``skipped``, with the reason in ``why``;
    ``returned``, what runs already. What is being started or stopped is among those to start, so
    that it is waited for, and stays in the file if it fails.
    :raises RefusedError: skip_idle is no duration.
    :raises ValueError: this seems to be another hub, and the servers would be forgotten.
    """
    _check_hub({key_of(server)[0] for server in held if sees_all}, users)
    longest = None if skip_idle is None else duration("maintenance_skip_idle", skip_idle)
    found = {key_of(server): server for server in servers}
    start: list[Starting] = []
    skipped: list[Skipped] = []
    returned: list[Named] = []
    for server in sorted(held, key=lambda one: str(one.get("last_activity") or ""), reverse=True):
        key = user, name = key_of(server)
        named: Named = {"user": user, "name": name}
        if user not in users and sees_all:
            skipped.append({**named, "why": "the user is no longer on the hub"})
        elif key in found and not found[key].get("stopped") and not found[key].get("pending"):
            returned.append(named)
        elif name and key not in found and user in users:
            skipped.append({**named, "why": "the server is no longer on the hub"})
        elif longest is not None and float(server.get("idle_for") or 0) >= longest:
            skipped.append({**named, "why": f"it was idle for {server['idle_for']} seconds"})
        else:
            start.append(_again(named, server.get("user_options")))
    return {"start": start, "skipped": skipped, "returned": returned}


def _check_hub(owners: set[str], users: t.Collection[str]) -> None:
    """:raises ValueError: those who had servers are all missing."""
    if owners.isdisjoint(users) and (len(owners) > 1 or (owners and not users)):
        raise ValueError(
            f"none of the {len(owners)} users whose servers were stopped is on the hub. It may have"
            " been started with another database. If these users were all deleted, delete the file"
        )


def _again(named: Named, options: object) -> Starting:
    """:returns: the server, to be started with its options."""
    again: Starting = {"user": named["user"], "name": named["name"]}
    if isinstance(options, dict):
        again["user_options"] = options
    return again


def without(servers: t.Iterable[Server], others: t.Iterable[Server]) -> list[Server]:
    """:returns: the servers that are not among the others, compared by user and name."""
    keys = {key_of(server) for server in others}
    return [_copy(server) for server in servers if key_of(server) not in keys]


def patterns_of(value: object) -> list[str]:
    """:returns: the patterns of an option, which may be text with commas.

    :raises ValueError: one of them cannot be meant: what is not kept is stopped.
    """
    if isinstance(value, str):
        if value.lstrip().startswith("[") or "\n" in value.strip():
            raise ValueError(
                "maintenance_keep is text that cannot be split at its commas: give a list"
            )
        value = [item.strip() for item in value.split(",")] if value.strip() else []
    if not isinstance(value, list) or not all(
        isinstance(item, str) and item and item == item.strip() for item in value
    ):
        raise ValueError(
            "maintenance_keep must be a list of patterns, none of them empty or with white space"
            " at the start or end"
        )
    return list(value)


def is_of_hub(written: str, address: str) -> bool:
    """Whether the address in a list, in any form, is that of a hub."""
    return same_hub(written, address)
