# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""One request to a hub, and its answer."""

from __future__ import annotations

import dataclasses

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import encode_path
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Query
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import Shape
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.words import Words


@dataclasses.dataclass(frozen=True)
class Answer:
    """A successful answer.

    :param data: the parsed JSON body; None where there is none.
    :param repeated: an earlier try of this request may already have been carried out.
    """

    status: int
    data: object
    repeated: bool


@dataclasses.dataclass(frozen=True)
class Request:
    """One request, to be tried once or more often. Its fields are explained at
    :meth:`HubClient.request`.
    """

    method: str
    path: tuple[str, ...]
    query: Query | None
    # It may contain secrets.
    body: object = dataclasses.field(repr=False)
    repeatable: bool
    wait_429: bool = True
    shape: Shape[object] | None = None
    absent: Words | None = None

    @property
    def shown(self) -> str:
        """The path for people."""
        return encode_path(self.path, show=True) if self.path else "/"

    @property
    def writes(self) -> bool:
        """Whether the hub may change something."""
        return self.method != "GET"
