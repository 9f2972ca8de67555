# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The kinds of changes of servers."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Fields,
    Step,
    Target,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    Key,
    WantedServer,
)

# What goes makes room for what comes (named_server_limit_per_user). A server is edited while it is
# stopped, and started last.
ORDER = ("rename", "stop", "delete", "create", "update", "start")
# What can be declared of a server besides its state.
EDITABLE = ("user_options", "display_name")


@dataclasses.dataclass(frozen=True, eq=False)
class ServerStep(Step):
    """A change of one server.

    :param key: as it is called after the step.
    """

    name: str
    key: Key
    kind = "server"

    @property
    def target(self) -> Target:
        return "server", "/".join(self.key)

    def depends_on(self, other: Step) -> bool:
        return isinstance(other, ServerStep) and other.key == self.key


@dataclasses.dataclass(frozen=True, eq=False)
class RenameServer(ServerStep):
    """Gives a stopped server another name."""

    old_name: str
    action = "rename"
    operation = "server_update"

    @property
    def target(self) -> Target:
        return "server", f"{self.key[0]}/{self.old_name}"

    @property
    def before(self) -> Fields:
        return {"name": self.old_name}

    @property
    def after(self) -> Fields:
        return {"name": self.key[1]}


@dataclasses.dataclass(frozen=True, eq=False)
class StopServer(ServerStep):
    """Stops a server."""

    action = "stop"
    operation = "server_stop"

    def serves(self, other: Step) -> bool:
        """Before a user is deleted, the user's servers are stopped."""
        return (other.kind, other.action, other.name) == ("user", "delete", self.key[0])

    @property
    def before(self) -> Fields:
        return {"state": "started"}

    @property
    def after(self) -> Fields:
        return {"state": "stopped"}


@dataclasses.dataclass(frozen=True, eq=False)
class DeleteServer(ServerStep):
    """Removes a named server, and stops it before."""

    action = "delete"
    operation = "server_stop"
    after = None

    @property
    def before(self) -> Fields:
        return {"state": "present"}


@dataclasses.dataclass(frozen=True, eq=False)
class EditServer(ServerStep):
    """Makes a server, or changes one that is stopped.

    :param changes: what is declared and differs.
    :param past: the same fields as they are stored.
    """

    changes: t.Mapping[str, object]
    past: t.Mapping[str, object]


@dataclasses.dataclass(frozen=True, eq=False)
class CreateServer(EditServer):
    """Makes a named server, and does not start it."""

    wanted: WantedServer
    action = "create"
    operation = "server_create"
    before = None

    @property
    def after(self) -> Fields:
        return {"state": "present", **self.changes}


@dataclasses.dataclass(frozen=True, eq=False)
class UpdateServer(EditServer):
    """Changes a server that is stopped by then."""

    action = "update"
    operation = "server_update"

    @property
    def before(self) -> Fields:
        return self.past

    @property
    def after(self) -> Fields:
        return self.changes


@dataclasses.dataclass(frozen=True, eq=False)
class StartServer(EditServer):
    """Starts a server.

    :param new: whether it is a named server that is not there yet: the hub makes it, and keeps it
    also when the start fails.
    """

    wanted: WantedServer
    new: bool = False
    action = "start"
    operation = "server_start"

    @property
    def before(self) -> Fields:
        return {"state": "stopped", **self.past}

    @property
    def after(self) -> Fields:
        return {"state": "started", **self.changes}


def stop_step(user: str, server: str) -> StopServer:
    """:returns: the step that stops a server, for a plan."""
    return StopServer(f"{user}/{server}", (user, server))
