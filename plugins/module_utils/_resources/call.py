# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""One request of the user's own."""

from __future__ import annotations

import typing as t
from urllib.parse import unquote

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import NAMELESS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import ANY_ROW
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief

Result = dict[str, object]


class CallOptions(t.TypedDict):
    """The options of jupyterhub_api."""

    method: str
    path: str
    query: dict[str, str | int | None] | None
    body: dict[str, object] | None
    paginate: bool
    status_code: list[int] | None


class Call:
    """What jupyterhub_api does.

    :raises RefusedError: the options make no sense.
    """

    def __init__(self, options: Options) -> None:
        self.options = t.cast(CallOptions, options)  # as the argument spec has it
        self.method = self.options["method"]
        self.path = _segments(self.options["path"])
        if self.options["paginate"] and self.method != "GET":
            raise RefusedError("paginate is for lists: use it with method GET only.")

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"

    def send(self, api: HubApi) -> Result:
        """:raises HubError: the hub refuses, and not with a status that the task expects."""
        api.note_request(self.method, self.path)
        query, expected = self.options["query"], self.options["status_code"]
        if self.options["paginate"]:
            # For other lists the hub counts rows that it then leaves out: groups that the token's
            # scopes hide, and codes that have expired.
            rows = (
                api.users_list(query)
                if self.path == ["users"]
                else api.client.pages(*self.path, query=query, unfiltered=False, row=ANY_ROW)
            )
            return {"changed": False, "status": 200, "json": rows}
        try:
            repeatable = self.method not in ("POST", "PATCH")
            answer = api.client.request(
                self.method,
                self.path,
                query=query,
                body=self.options["body"],
                repeatable=repeatable,
            )
        except ApiError as error:
            if expected and error.status in expected:
                model = {"status": error.status, "message": error.hub_message}
                return {"changed": api.client.effects > 0, "status": error.status, "json": model}
            raise
        if expected and answer.status not in expected:
            shown = f"{self.method} {self.options['path']}"
            raise HubError(
                f"{shown} was answered with {answer.status}, which is not one of the expected"
                f" {expected}.",
                status=answer.status,
            )
        return {"changed": self.writes, "status": answer.status, "json": answer.data}


def _segments(path: str) -> list[str]:
    """:returns: the segments of a path as the user writes it, encoded or not.

    :raises RefusedError: it is not a path below the API's root.
    """
    if "?" in path or "#" in path or "://" in path:
        raise RefusedError(
            f"path {brief(path)} must be a path below the root of the API, such as /users/ada: give"
            " query parameters as query."
        )
    bare = path.strip("/")
    segments = [unquote(segment) for segment in bare.split("/")] if bare else []
    if {"", ".", ".."}.intersection(segments):
        raise RefusedError(
            f"path {brief(path)} has an empty part or a part that consists of dots only, which no"
            " address on the hub can contain: correct it."
        )
    # The default server has an empty name, in shares for instance.
    return [*segments, NAMELESS] if path.endswith("/") and len(segments) > 1 else segments
