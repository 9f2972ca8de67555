# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What a whole declaration needs, against what is on the hub: all problems at once, and nothing is
written.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import CallerRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import (
    OLDEST,
    SINCE,
    smallest,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import version_tuple
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_groups,
    find_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.kinds import KINDS
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    OutOfReach,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.declared import (  # noqa: E501 - a full name
    Declaration,
    absent,
    present,
    undeclared,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.scopes import (
    needed_scopes,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# The oldest hub that the collection manages.
OLDEST_HUB = "4.0"


class NotChecked(t.TypedDict):
    """An object that is needed, and that the caller may not see, as it is returned."""

    kind: str
    name: str
    why: str


@dataclasses.dataclass
class Findings:
    """What a check has found.

    :param problems: sentences, each about one kind of problem.
    :param needed_scopes: the smallest set with which all can be done.
    :param missing_scopes: those of them that the caller lacks.
    :param not_checked: what is needed, and may or may not exist. It is no problem: the module
    refuses what depends on it, if it cannot do without, and does everything else.
    """

    problems: list[str] = dataclasses.field(default_factory=list)
    needed_scopes: list[str] = dataclasses.field(default_factory=list)
    missing_scopes: list[str] = dataclasses.field(default_factory=list)
    not_checked: list[NotChecked] = dataclasses.field(default_factory=list)

    @property
    def warnings(self) -> list[str]:
        """A sentence about what is not checked, if there is anything."""
        told = [f"{one['kind']} {one['name']} ({one['why']})" for one in self.not_checked]
        if not told:
            return []
        return [
            "These are needed, and it was not checked whether they exist, because the token's"
            f" scopes are limited to other objects: {listed(told)}. What cannot be done without"
            " them will be refused, and everything else will be done."
        ]


def resolved(api: HubApi, declared: Declaration) -> Declaration:
    """:returns: the declaration with what the hub calls its users, where it matters whether the hub
    keeps capitals; only then it is asked.
    """
    doubtful = declared.doubtful()
    if not doubtful:
        return declared
    # Of those that the caller may not see, it is assumed what nearly all hubs do.
    found = find_users(api, doubtful, beyond=OutOfReach())
    return dataclasses.replace(declared, resolve=found.stored)


class Check:
    """The questions to one hub about one declaration, with as few requests as they take."""

    def __init__(self, api: HubApi, declared: Declaration) -> None:
        self.api = api
        self.declared = declared
        self.findings = Findings()

    def run(self) -> Findings:
        """:returns: all that is found.

        :raises HubError: the hub does not answer, or does not know the caller.
        """
        me, found = self.api.me, self.findings
        if self.api.version < version_tuple(OLDEST_HUB):
            found.problems.append(
                f"Hubs older than JupyterHub {OLDEST_HUB} are not supported; this hub is"
                f" {self.api.client.version}."
            )
        self._versions()
        self._scopes(me)
        for question in (self._names, self._users, self._groups, self._servers, self._admins):
            try:
                question()
            except HubError as error:
                self._note(error)
        found.missing_scopes = smallest(found.missing_scopes)
        if found.missing_scopes:
            plural = "s" if len(found.missing_scopes) > 1 else ""
            found.problems.append(
                f"The {me['kind']} {me['name']} lacks the scope{plural}"
                f" {', '.join(found.missing_scopes)}: add what load_roles shows to the hub's"
                " configuration."
            )
        return found

    def _note(self, error: HubError) -> None:
        """Keep the problem that a question has found. Missing scopes are reported together."""
        missing = error.missing_scopes
        if missing:
            self.findings.missing_scopes.extend(
                scope for scope in missing[:1] if scope not in self.findings.missing_scopes
            )
        else:
            self.findings.problems.append(error.message)

    def _versions(self) -> None:
        too_new: dict[str, list[str]] = {}
        for name, kind in KINDS.items():
            if self.declared.items(name) and self.api.version < version_tuple(kind.since):
                too_new.setdefault(kind.since, []).append(name)
        for since, kinds in too_new.items():
            names = " and ".join(kinds)
            self.findings.problems.append(
                f"{names[0].upper()}{names[1:]} need JupyterHub {since}; this hub is"
                f" {self.api.client.version}."
            )

    def _scopes(self, me: CallerRow) -> None:
        # A scope that is limited to some objects is left to the hub to judge.
        held = {scope.partition("!")[0] for scope in me.get("scopes", ())}
        needed = needed_scopes(self.declared, self.api.version)
        if (
            "admin:groups" in needed
            and "admin:groups" not in held
            and "groups" in held
            and not self._makes_groups()
        ):
            needed = smallest([*(scope for scope in needed if scope != "admin:groups"), "groups"])
        # What needs a newer hub is reported as such.
        self.findings.needed_scopes = needed
        self.findings.missing_scopes = [
            scope
            for scope in needed
            if scope not in held and SINCE.get(scope, OLDEST) <= self.api.version
        ]
        for kind, scope in (("users", "list:users"), ("groups", "list:groups")):
            if kind in self.declared.prune and scope in held and not self.api.holds(scope):
                self.findings.problems.append(
                    f"To prune {kind}, the caller must see all of them, but the {me['kind']}"
                    f" {me['name']} holds {scope} for some only: give its role {scope} without a"
                    " filter."
                )

    def _makes_groups(self) -> bool:
        """Whether a group is declared that is not on the hub: only to make one takes more than to
        change one.
        """
        names = [item["name"] for item in present(self.declared.groups)]
        hidden = OutOfReach(folded=False)
        found = find_groups(self.api, names, beyond=hidden)
        return any(found.get(name) is None for name in names if name not in hidden.errors)

    # What the lists need, and do not declare

    def _names(self) -> None:
        self.declared = resolved(self.api, self.declared)

    def _users(self) -> None:
        declared = self.declared
        needs = undeclared(declared.needed_users(), declared.users_present())
        pruning = declared.prune.get("users")
        spares = None if pruning is None else pruning.spares_user
        self._look_up("users", needs, declared.users_leaving(), spares, self._unknown_users)

    def _groups(self) -> None:
        declared = self.declared
        there = {item["name"] for item in present(declared.groups)}
        needs = undeclared(declared.needed_groups(), there)
        pruning = declared.prune.get("groups")
        spares = None if pruning is None else pruning.spares
        leaving = {item["name"] for item in absent(declared.groups)}
        self._look_up("groups", needs, leaving, spares, self._unknown_groups)

    def _look_up(
        self,
        kind: str,
        needs: t.Mapping[str, str],
        leaving: t.Collection[str],
        spares: t.Callable[[str], bool] | None,
        unknown: t.Callable[[t.Collection[str], OutOfReach], set[str]],
    ) -> None:
        """Report for each object that is needed but not declared why it will not exist.

        :param spares: whether pruning leaves an undeclared one; None: nothing is pruned.
        """
        own = f"{self.declared.prefix}{kind}"
        gone = [name for name in needs if name in leaving]
        going = [
            name
            for name in needs
            if name not in leaving and spares is not None and not spares(name)
        ]
        asked = [name for name in needs if name not in leaving and name not in going]
        hidden = OutOfReach(folded=kind == "users")
        missing = unknown(asked, hidden) if asked else set()
        self._not_checked(kind[:-1], hidden.errors, needs)
        self._tell(
            f"These {kind} are needed, but {own} declares them absent or renames them",
            gone,
            needs,
        )
        self._tell(
            f"These {kind} are needed, but {own} does not declare them, so pruning may delete them",
            going,
            needs,
            f" Declare them in {own}.",
        )
        self._tell(
            f"These {kind} are needed, but are neither in {own} nor on the hub",
            [name for name in asked if name in missing],
            needs,
        )

    def _tell(
        self, sentence: str, names: t.Iterable[str], why: t.Mapping[str, str], advice: str = ""
    ) -> None:
        named = [f"{name} ({why[name]})" for name in sorted(names)]
        if named:
            self.findings.problems.append(f"{sentence}: {listed(named)}.{advice}")

    def _not_checked(self, kind: str, names: t.Iterable[str], why: t.Mapping[str, str]) -> None:
        self.findings.not_checked.extend(
            {"kind": kind, "name": name, "why": why[name]} for name in sorted(names)
        )

    def _unknown_users(self, names: t.Collection[str], hidden: OutOfReach) -> set[str]:
        found = find_users(self.api, names, beyond=hidden)
        return {name for name in names if found.get(name) is None} - set(hidden.errors)

    def _unknown_groups(self, names: t.Collection[str], hidden: OutOfReach) -> set[str]:
        found = find_groups(self.api, names, beyond=hidden)
        return {name for name in names if found.get(name) is None} - set(hidden.errors)

    def _servers(self) -> None:
        """Check that the servers to share exist: a hub knows a named server after it was started,
        or created (since JupyterHub 6).
        """
        declared = self.declared
        shared = declared.shared_servers()
        if not shared or self.api.version < (5,):
            return
        leaving = declared.servers_leaving()
        asked = [key for key in shared if key not in leaving]
        hidden = OutOfReach(folded=False)
        missing = [f"{owner}/{name}" for owner, name in asked if self._gone(owner, name, hidden)]
        self._not_checked("server", hidden.errors, dict.fromkeys(hidden.errors, "it is shared"))
        gone = [f"{owner}/{name}" for owner, name in shared if (owner, name) in leaving]
        own = f"{declared.prefix}servers"
        if gone:
            self.findings.problems.append(
                f"These servers are to be shared, but {own} declares them absent or renames them:"
                f" {listed(gone)}."
            )
        if missing:
            self.findings.problems.append(
                f"These servers are to be shared, but are neither in {own} nor on the hub, which"
                f" knows a server only after its first start: {listed(missing)}."
            )

    def _gone(self, owner: str, name: str, hidden: OutOfReach) -> bool:
        """Whether the hub knows no such server.

        :param hidden: gets it where the caller may not see that.
        """
        try:
            return self.api.shares_list(owner, name) is None
        except ApiError as error:
            hidden.note(f"{owner}/{name}", error)
            return False

    def _admins(self) -> None:
        """Check that the caller may create and change admins, if there are any (since JupyterHub
        4.1).
        """
        if self.api.me.get("admin") is not False or self.api.version < version_tuple("4.1"):
            return
        items = [item for item in present(self.declared.users) if item.get("admin") is not None]
        hidden = OutOfReach()
        names = [item["name"] for item in items]
        found = find_users(self.api, names, beyond=hidden) if items else None
        touched = []
        # Those whom the caller may not see are refused one by one.
        for item in (item for item in items if item["name"] not in hidden.errors):
            row = (found.get(item["name"]) if found is not None else None) or {"admin": False}
            if row.get("admin") is not None and row["admin"] != item["admin"]:
                touched.append(item["name"])
        if touched:
            me = self.api.me
            self.findings.problems.append(
                "Only a caller that is itself an admin may create or change admins, and the"
                f" {me['kind']} {me['name']} is not one, whatever its scopes: {listed(touched)}."
                " Set admin: True for the service, or use an admin's token."
            )
