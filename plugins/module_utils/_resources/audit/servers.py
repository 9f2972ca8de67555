# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Rules about servers."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import (
    Case,
    Check,
    Hit,
    Shown,
    targets,
    task,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.facts import Server
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.model import (
    FixTask,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.say import (
    count,
    day,
    for_how_long,
)

PENDING = 30 * 60


def _hit(server: Server, evidence: str) -> Hit:
    return Hit(server.subject, evidence, server, names=(server.user, server.name))


def long_running(case: Case) -> t.Iterator[Hit]:
    """SRV-1: servers that have run for too long."""
    for server in case.hub.running:
        if server.pending is None and case.hub.older(server.started, case.policy.server_max_age):
            yield _hit(server, f"running since {day(server.started)}")


def idle(case: Case) -> t.Iterator[Hit]:
    """SRV-2: servers that are not used."""
    for server in case.hub.running:
        last = server.last_activity or server.started
        age = case.hub.age(last)
        if (
            server.pending is None
            and age is not None
            and case.hub.older(last, case.policy.server_idle)
        ):
            yield _hit(server, f"idle for {for_how_long(age)}")


def pending(case: Case) -> t.Iterator[Hit]:
    """SRV-3: servers that neither start nor stop."""
    for server in case.hub.running:
        if server.pending and case.hub.older(server.started, PENDING):
            yield _hit(server, f"pending {server.pending} since {day(server.started)}")


def profiles(case: Case) -> t.Iterator[Hit]:
    """SRV-4: servers whose profile no longer exists, so their next start fails."""
    declared = case.policy.profiles
    for server in case.hub.servers:
        if declared is not None and server.profile is not None and server.profile not in declared:
            yield _hit(server, f"profile {case.show(server.profile)}")


def show_profiles(case: Case) -> Shown:
    """:returns: the profiles in use."""
    names = sorted({server.profile for server in case.hub.servers if server.profile is not None})
    return Shown(f"{count(len(names), 'profile')} in use", tuple(names))


def strangers(case: Case) -> t.Iterator[Hit]:
    """SRV-5: servers of users who are not among the people."""
    if case.policy.people is None:
        return
    for server in case.hub.running:
        if not case.policy.known(server.user):
            found = _hit(server, f"running since {day(server.started)}")
            yield case.stray(found, server.user)


def stop(hits: t.Sequence[Hit], case: Case) -> list[FixTask]:
    """:returns: a task that stops servers."""
    servers = [{"user": server.user, "name": server.name} for server in targets(hits, Server)]
    return [task("Stop servers", "server", {"state": "stopped", "servers": servers})]


def hoards(case: Case) -> t.Iterator[Hit]:
    """SRV-6: people with many stopped named servers."""
    most = case.policy.stopped_servers
    for user in case.hub.users:
        stopped = [server for server in user.servers if server.stopped and server.name]
        if most is not None and user.name is not None and len(stopped) > most:
            evidence = (
                f"{count(len(stopped), 'stopped named server')}, and the policy allows at most"
                f" {most}"
            )
            yield Hit(user.name, evidence, stopped, names=(user.name,))


CHECKS = (
    Check(
        id="SRV-1",
        severity="medium",
        one="A server has been running for too long",
        many="{n} servers have been running for too long",
        why=(
            "A server that is never stopped uses memory and CPU that others need, and never gets"
            " updates."
        ),
        source="GET /users: servers, started",
        parts=("users", "servers"),
        policy=("server_max_age",),
        find=long_running,
        fix=stop,
        by_hand="Stopping a server loses unsaved work: warn its owner first.",
    ),
    Check(
        id="SRV-2",
        severity="medium",
        one="A server is idle and not stopped",
        many="{n} servers are idle and not stopped",
        why=(
            "An idle server uses memory that others need. If many are idle, the idle culler is"
            " probably not running."
        ),
        source="GET /users: servers, last_activity as the hub records it",
        parts=("users", "servers"),
        policy=("server_idle",),
        find=idle,
        fix=stop,
        by_hand=(
            "If more than one in five of the running servers is idle, check whether the idle"
            " culler is running."
        ),
    ),
    Check(
        id="SRV-3",
        severity="high",
        one="A server has been starting or stopping for half an hour",
        many="{n} servers have been starting or stopping for half an hour",
        why=(
            "Its owner can neither use nor restart it, and it may occupy a slot that others are"
            " waiting for."
        ),
        source="GET /users: servers, pending, read twice",
        parts=("users", "servers"),
        find=pending,
        by_hand=(
            "Check the spawner's log. Since JupyterHub 5, stopping a server cancels its start; on"
            " older versions the hub must be restarted."
        ),
    ),
    Check(
        id="SRV-4",
        severity="low",
        one="A server's profile no longer exists",
        many="{n} servers have profiles that no longer exist",
        why="Its next start will fail, or start something else.",
        source="GET /users: servers, user_options.profile",
        parts=("users", "servers", "servers.stopped"),
        policy=("profiles",),
        find=profiles,
        by_hand=(
            "Ask the owner to choose a new profile; jupyterhub_server with user_options and"
            " restart_if_changed does it for them."
        ),
        shows=show_profiles,
    ),
    Check(
        id="SRV-5",
        severity="high",
        one="A running server belongs to a user who should not be on the hub",
        many="{n} running servers belong to users who should not be on the hub",
        why=(
            "A person who has left, or who never should have had access, is using the hub or left"
            " a server running."
        ),
        source="GET /users: servers",
        parts=("users", "servers"),
        policy=("people",),
        find=strangers,
        fix=stop,
    ),
    Check(
        id="SRV-6",
        severity="low",
        one="A user keeps many stopped servers",
        many="{n} users keep many stopped servers",
        why="Each keeps its options and often its storage.",
        source="GET /users?include_stopped_servers",
        parts=("users", "servers", "servers.stopped"),
        policy=("stopped_servers",),
        find=hoards,
        by_hand=(
            "Ask which ones are still needed; remove the others with jupyterhub_server and state"
            " absent."
        ),
    ),
)
