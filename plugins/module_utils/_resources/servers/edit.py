# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""How a server is made, renamed and changed while it does not run."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import OVERTAKEN
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import same
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import ServerRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.decide import (
    changes_of,
    stored,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.fleet import (
    WITH_STOPPED,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    CreateServer,
    EditServer,
    RenameServer,
    ServerStep,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.wanted import (
    title,
)


class Edited(t.NamedTuple):
    """What became of a step.

    :param row: the server as the hub has it then.
    :param overtaken: whether another client has done the same since the plan was made.
    """

    row: ServerRow
    overtaken: bool = False


def edit(api: HubApi, step: ServerStep, warnings: list[str]) -> Edited:
    """Make a server, rename it, or change one that is stopped.

    :param warnings: gets a sentence when the hub goes on showing the old options.
    :raises HubError: that cannot be done.
    """
    try:
        return Edited(_send(api, step, warnings))
    except ApiError as error:
        row = _made_by_another(api, step) if error.status in OVERTAKEN else None
        if row is None:
            raise
        return Edited(row, overtaken=True)


def _send(api: HubApi, step: ServerStep, warnings: list[str]) -> ServerRow:
    user, name = step.key
    if isinstance(step, RenameServer):
        return api.server_update(user, step.old_name, {"name": name})
    if isinstance(step, CreateServer):
        options = step.wanted.user_options
        return api.server_create(
            user, name, None if options is None else dict(options), step.wanted.display_name
        )
    changes = dict(step.changes) if isinstance(step, EditServer) else {}
    answer = api.server_update(user, name, changes)
    if "user_options" in changes:
        # Only a warning depends on it: the change is made.
        with contextlib.suppress(HubError):
            shown = _servers(api, user).get(name)
            if not same(stored(shown, "user_options"), stored(answer, "user_options")):
                warnings.append(
                    f"The hub has stored the new user_options of server {title(step.key)}, but"
                    " keeps showing the old ones until the server or the hub is restarted. Until"
                    " then, every run sets them again."
                )
    return answer


def _made_by_another(api: HubApi, step: ServerStep) -> ServerRow | None:
    """:returns: the server, if it is on the hub as the step makes it; None also if that cannot be
    read.
    """
    user, name = step.key
    try:
        servers = _servers(api, user)
    except HubError:
        return None
    row = servers.get(name)
    if isinstance(step, RenameServer):
        return None if step.old_name in servers else row
    if isinstance(step, CreateServer):
        return None if changes_of(step.wanted, row) else row
    return None


def _servers(api: HubApi, user: str) -> t.Mapping[str, ServerRow]:
    row = api.user_get(user, WITH_STOPPED)
    return {} if row is None else row["servers"]
