# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Servers; the default server has the name ""."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import operations as table
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import rows
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.caller import Caller
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.calls.sending import of_server
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.events import last_event


class ServerCalls(Caller):
    """Servers."""

    def server_start(
        self, user: str, server: str, options: rows.Fields | None, display_name: str | None = None
    ) -> None:
        """Ask for a start: the hub answers when the server is up, or after 10 seconds that it is on
        its way.

        To ask twice is harmless, because the second time the hub answers that it is running or
        starting.

        :param options: None: those of the last start.
        :raises ApiError: 429 is not waited for here: details["retry_after"] is how long to wait, if
        waiting can help.
        """
        body = options
        if self.version >= (6,):
            shown = {} if display_name is None else {"display_name": display_name}
            body = {"user_options": options, **shown}
        self._ask(table.SERVER_START, user, server, body=body, repeatable=True, wait_429=False)

    def server_create(
        self, user: str, server: str, options: rows.Fields | None, display_name: str | None
    ) -> rows.ServerRow:
        """Create a named server without starting it."""
        body = {
            key: value
            for key, value in (("user_options", options), ("display_name", display_name))
            if value is not None
        }
        try:
            return self._ask(table.SERVER_CREATE, user, server, body={"user_options": None, **body})
        except ApiError as error:
            if error.status == 409 and error.repeated:
                path = ("users", user, "servers", server)
                return table.SERVER.of(self.client.get(*path, shape=table.SERVER))
            raise

    def server_update(self, user: str, server: str, changes: rows.Fields) -> rows.ServerRow:
        """Set ``display_name``, ``user_options``, or another ``name``, of a server that is
        stopped.
        """
        return self._ask(
            table.SERVER_UPDATE, user, server, body=changes, repeatable="name" not in changes
        )

    def server_stop(self, user: str, server: str, *, remove: bool = False) -> bool:
        """Request a stop, without waiting for it: 204 when it has stopped within 10 seconds, else
        202.

        :param remove: remove the named server as well, as soon as it has stopped.
        :returns: False when there was no such named server.
        """
        return self._delete(
            table.SERVER_STOP, user, server, body={"remove": True} if remove else None
        )

    def server_last_event(
        self, user: str, server: str, seconds: float | None = None
    ) -> rows.EventRow | None:
        """:param seconds: how long the stream may take; unset: as long as any request.

        :returns: the last event of the start of a server that is no longer pending.
        """
        self._note(table.SERVER_LAST_EVENT)
        path = of_server(table.SERVER_LAST_EVENT.segments((user, server)))
        seconds = self.client.connection.timeout if seconds is None else seconds
        return last_event(self.client, path, seconds)
