# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Servers as the role declares them."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kind import (
    Item,
    KindOfObject,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.names import (
    passes,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.values import (
    ordered,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    RUNNING,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    LONGEST_NAME,
    check_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot import reading
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Server,
    known,
)


class ServersOfHub(KindOfObject):
    """The servers."""

    singular = "server"
    scopes = ("list:users", "read:servers")
    parts = frozenset({reading.USERS, reading.SERVERS})

    def items(self) -> list[Item]:
        items = []
        for user in sorted(known(self.hub.users, "the users"), key=lambda user: user.name):
            if not self.names.takes_user(user.name):
                continue
            for server in known(user.servers, f"the servers of user {user.name}"):
                state = self._server_state(server)
                if state is not None:
                    items.append(self._server(server, state))
        return items

    def _server_state(self, server: Server) -> str | None:
        """:returns: the state to declare; None: the server is not exported."""
        title = f"{server.user}/{server.name}"
        running = not server.stopped
        asked = bool(server.name) or (running and self.wanted.servers == RUNNING)
        if not asked:
            return None
        if server.name and not (
            passes(lambda name: check_name("server", name), server.name) and "/" not in server.name
        ):
            self.leave_out(title, "jupyterhub_server does not accept its name")
            return None
        if running and self.wanted.servers == RUNNING:
            return "started"
        if self.version >= (6,):
            return "present"
        # Older hubs have no request that makes a server without starting it.
        return "started" if running else "stopped"

    def _server(self, server: Server, state: str) -> Item:
        title = f"{server.user}/{server.name}"
        item: Item = {"user": server.user, "name": server.name, "state": state}
        # A server without one shows its name.
        if server.name and server.display_name not in (None, server.name):
            if _is_display_name(server.display_name):
                item["display_name"] = server.display_name
            else:
                self.leave_out(title, "its display_name, which jupyterhub_server does not accept")
        if server.user_options and not isinstance(server.user_options, dict):
            self.leave_out(title, "its user_options, which are not a dictionary")
        elif (
            isinstance(server.user_options, dict)
            and server.user_options
            and self.can_declare(title, "user_options", server.user_options)
        ):
            item["user_options"] = ordered(server.user_options)
        return item


def _is_display_name(text: str | None) -> bool:
    """Whether jupyterhub_server takes this name for people."""
    return (
        text is not None
        and 0 < len(text) <= LONGEST_NAME
        and text == text.strip()
        and "  " not in text
        and text.isprintable()
    )
