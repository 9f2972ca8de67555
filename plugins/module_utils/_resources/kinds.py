# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The kinds of objects that can be declared, each registered here once. The preflight, the audit,
the export, the role ``provision`` and their documentation follow from it.

What Python cannot look up by itself, such as the options of the role, is written from it by
``python3 -m tests.tools.documentation``.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine import steps
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups import (
    needs as groups,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers import (
    needs as servers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services import (
    needs as services,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares import (
    needs as shares,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens import (
    needs as tokens,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.users import (
    needs as users,
)


@dataclasses.dataclass(frozen=True)
class DeclarableKind:
    """A kind of object.

    :param singular: the name of its module, after ``jupyterhub_``.
    :param needs: the scopes that it takes to make a hub as its options say.
    :param about: what its list is, for whoever declares a whole hub.
    :param since: the first hub that has it.
    """

    singular: steps.Kind
    needs: t.Callable[[Options, Version], Needs]
    about: str
    since: str = "4.0"


# By the plural, which is the name of the list and of the package here; in the order in which the
# lists are written to a hub.
KINDS: dict[str, DeclarableKind] = {
    "users": DeclarableKind("user", users.needs, "The users."),
    "groups": DeclarableKind(
        "group",
        groups.needs,
        "The groups. Their members must be declared as users, or be on the hub.",
    ),
    "services": DeclarableKind(
        "service", services.needs, "The services. They need JupyterHub 5.0.", since="5.0"
    ),
    "servers": DeclarableKind(
        "server",
        servers.needs,
        "The servers. Their users must be declared, or be on the hub.",
    ),
    "shares": DeclarableKind(
        "share",
        shares.needs,
        "The servers that are shared, which needs JupyterHub 5.0. Owners, guests and servers have"
        " to be declared, or to be on the hub.",
        since="5.0",
    ),
    "tokens": DeclarableKind(
        "token",
        tokens.needs,
        "The tokens. Their users must be declared, or be on the hub. Each token that is to"
        " exist needs a C(dest).",
    ),
}
