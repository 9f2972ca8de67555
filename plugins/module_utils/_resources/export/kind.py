# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What the export of every kind of object has in common."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Json
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.names import Names
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.values import (
    unwritable,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    Wanted,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Snapshot,
)

Item = dict[str, Json]


@dataclasses.dataclass(frozen=True)
class LeftOut:
    """Something of the hub that is not in the export."""

    kind: str
    name: str
    reason: str


class KindOfObject:
    """One kind of object, declared from a snapshot.

    :param left_out: where what cannot be declared is noted; all kinds share the list.
    """

    # The kind of the objects in what is left out.
    singular: t.ClassVar[str]
    # The scopes without which the hub does not show all of them: an export would look complete.
    scopes: t.ClassVar[tuple[str, ...]]
    # What must be read from the hub: see ``snapshot/reading.py``.
    parts: t.ClassVar[frozenset[str]]

    def __init__(
        self, hub: Snapshot, names: Names, wanted: Wanted, left_out: list[LeftOut]
    ) -> None:
        self.hub = hub
        self.names = names
        self.wanted = wanted
        self.version = version_tuple(hub.hub_version)
        self._left_out = left_out

    def items(self) -> list[Item]:
        """:returns: the objects as the module of this kind takes them.

        :raises RefusedError: the caller may not see something that must be known.
        """
        raise NotImplementedError

    def leave_out(self, name: str, reason: str, kind: str | None = None) -> None:
        """Note an object that is not declared.

        :param kind: where it is of another kind than this one.
        """
        self._left_out.append(LeftOut(kind or self.singular, name, reason))

    def can_declare(self, name: str, field: str, value: Json) -> bool:
        """Whether a value of the hub can be declared; where it cannot, that is noted."""
        why = unwritable(value)
        if why is not None:
            self.leave_out(name, f"its {field}: {why}")
        return why is None


def count(number: int, what: str) -> str:
    """:returns: how many there are, for people."""
    return f"{number} {what}{'s' if number > 1 else ''}"
