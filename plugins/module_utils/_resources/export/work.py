# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The work of jupyterhub_export: read the whole hub, declare it, and write the declaration."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import fragile
from ansible_collections.hubops.jupyterhub.plugins.module_utils._progress import note_progress
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.declare import (
    Export,
    declare,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.files import Files
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.kinds import (
    EXPORTS,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.names import (
    CutOff,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.text import texts
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.export.wanted import (
    AUTH_STATE,
    GROUPS,
    SERVERS,
    SERVICES,
    USERS,
    ExportOptions,
    Wanted,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import Options
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot import reading
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.snapshot.model import (
    Snapshot,
    Unknown,
    User,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.yaml_text import variable
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief, matches

Result = dict[str, object]


class Task(t.Protocol):
    """What an export needs of the task that runs it."""

    @property
    def api(self) -> HubApi:
        """The hub."""

    @property
    def options(self) -> Options:
        """The options of the module."""

    @property
    def diff(self) -> bool:
        """Whether differences are asked for."""

    @property
    def warn(self) -> t.Callable[[str], None]:
        """Warns the user."""

    def change(self, what: t.Callable[[], None]) -> None:
        """Write files, if this task may."""


def export(task: Task) -> Result:
    """Write a hub to files as variables of the role.

    :raises HubError: the hub cannot be read whole, or the files cannot be written; then they are as
    they were.
    """
    # As the argument spec has them.
    wanted = Wanted.from_options(t.cast(ExportOptions, task.options))
    files = None if wanted.dest is None else Files(wanted.dest, wanted.include, force=wanted.force)
    _check_scopes(task.api, wanted)
    hub = reading.read_hub(task.api, _reading(wanted), note_progress)
    for sentence in (*_idle_patterns(hub, wanted), *(files.warnings() if files else ())):
        task.warn(sentence)
    exported = declare(hub, wanted, _cut_off(task.api, hub))
    return {**_told(exported), **_delivered(exported, files, task)}


def _check_scopes(api: HubApi, wanted: Wanted) -> None:
    """:raises RefusedError: the caller may not read all that is asked for."""
    api.require("4.0", "This collection")
    needed = {
        scope
        for kind in wanted.exists_on(api.version)
        for scope in (EXPORTS[kind].scopes if kind != AUTH_STATE else ("admin:auth_state",))
    }
    api.note_scopes(needed)
    missing = sorted(scope for scope in needed if not api.holds(scope))
    if missing:
        raise RefusedError(
            f"The caller ({api.me['kind']} {api.me['name']}) sees only part of what is to be"
            " exported, and a partial export would look complete: it lacks the"
            f" scope{'s' if len(missing) > 1 else ''} {', '.join(missing)}, or holds them for some"
            " objects only. Add what load_roles shows to the hub's configuration.",
            missing_scopes=missing,
        )


def _reading(wanted: Wanted) -> reading.Reading:
    parts = frozenset(
        part
        for kind in wanted.include
        for part in (EXPORTS[kind].parts if kind != AUTH_STATE else (reading.AUTH_STATE,))
    )

    def chosen(user: User) -> bool:
        return wanted.chooses(user.name)

    return reading.Reading(
        parts, stopped_servers=SERVERS in wanted.include, token_owners=chosen, share_owners=chosen
    )


def _cut_off(api: HubApi, hub: Snapshot) -> CutOff:
    """:returns: users and groups that requests do not reach, because a proxy in front of the hub
    changes their names.
    """
    users = (
        []
        if isinstance(hub.users, Unknown)
        else [user.name for user in hub.users if fragile(user.name)]
    )
    groups = (
        []
        if isinstance(hub.groups, Unknown)
        else [group.name for group in hub.groups if fragile(group.name)]
    )
    return CutOff(
        users=frozenset(name for name in users if not _arrives(api.user_get, name)),
        groups=frozenset(name for name in groups if not _arrives(api.group_get, name)),
    )


def _arrives(read: t.Callable[[str], t.Mapping[str, object] | None], name: str) -> bool:
    try:
        row = read(name)
    except HubError:
        return False
    return row is not None and row["name"] == name


def _idle_patterns(hub: Snapshot, wanted: Wanted) -> t.Iterator[str]:
    """Yield a warning for each pattern of names that matches nothing on the hub."""
    names: dict[str, list[str]] = {}
    for kind, part in ((USERS, hub.users), (GROUPS, hub.groups), (SERVICES, hub.services)):
        if not isinstance(part, Unknown):
            names[kind] = [one.name for one in part]
    for option, pattern, kind in wanted.patterns():
        if kind in names and not any(matches(name, (pattern,)) for name in names[kind]):
            yield f"{option} {brief(pattern)} matches none of the {kind} on the hub."


def _told(exported: Export) -> Result:
    return {
        "counts": {kind: len(items) for kind, items in exported.kinds.items()},
        "left_out": [
            {"kind": one.kind, "name": one.name, "reason": one.reason} for one in exported.left_out
        ],
    }


def _delivered(exported: Export, files: Files | None, task: Task) -> Result:
    """:returns: the part of the result that says where the variables are."""
    if files is None:
        return {
            "changed": False,
            "variables": {variable(kind): items for kind, items in exported.kinds.items()},
        }
    files.set(texts(exported, split=files.split))
    result: Result = {"changed": files.changed, "dest": files.dest}
    if task.diff:
        result["diff"] = files.diff()
    if files.changed:
        task.change(files.write)
    return result
