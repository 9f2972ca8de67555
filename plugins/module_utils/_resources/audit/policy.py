# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""The intended state: the policy of a hub, parsed once."""

from __future__ import annotations

import dataclasses
import datetime
import fnmatch
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import duration

DURATIONS = (
    "token_max_age",
    "token_unused",
    "user_idle",
    "never_active",
    "server_max_age",
    "server_idle",
    "share_max_age",
    "renew_before",
)
NAMES = (
    "admins",
    "admin_services",
    "services",
    "people",
    "profiles",
    "service_accounts",
    "groups_ok",
    "share_ok",
)
COUNTS = ("max_admins", "stopped_servers", "code_uses")


class Names:
    """Names and globs. A name that looks like a glob also means itself."""

    def __init__(self, names: t.Iterable[str], *, fold: bool) -> None:
        self._fold = str.lower if fold else str
        self._names = frozenset(self._fold(name) for name in names)
        self._globs = tuple(name for name in self._names if set(name) & set("*?["))

    def __contains__(self, name: object) -> bool:
        text = self._fold(str(name))
        return text in self._names or any(fnmatch.fnmatchcase(text, glob) for glob in self._globs)


@dataclasses.dataclass(frozen=True)
class Policy:
    """None is what the policy does not set: it is shown but not judged. Durations are seconds."""

    admins: Names | None = None
    admin_services: Names | None = None
    services: Names | None = None
    people: Names | None = None
    profiles: Names | None = None
    service_accounts: Names | None = None
    groups_ok: Names | None = None
    share_ok: Names | None = None
    group_roles: t.Mapping[str, frozenset[str]] | None = None
    token_max_age: int | None = None
    token_unused: int | None = None
    user_idle: int | None = None
    never_active: int | None = None
    server_max_age: int | None = None
    server_idle: int | None = None
    share_max_age: int | None = None
    renew_before: int | None = None
    max_admins: int | None = None
    stopped_servers: int | None = None
    code_uses: int | None = None
    normalize: str = "lower"
    environment: str = "production"

    @classmethod
    def of(cls, options: t.Mapping[str, t.Any] | None) -> Policy:
        """:returns: the policy that a task declares.

        :raises RefusedError: a duration, a count or a role makes no sense.
        """
        given = {key: value for key, value in (options or {}).items() if value is not None}
        fold = given.get("normalize", "lower") == "lower"
        read: dict[str, t.Any] = dict(given)
        for key in NAMES:
            if key in given:
                # The hub converts only login names to lower case, not profiles and services.
                folded = fold and key in ("admins", "people", "service_accounts", "share_ok")
                read[key] = Names(given[key], fold=folded)
        for key in DURATIONS:
            if key in given:
                read[key] = duration(f"policy.{key}", str(given[key]))
        for key in COUNTS:
            if given.get(key, 0) < 0:
                raise RefusedError(f"policy.{key} is {given[key]}: it must not be negative.")
        if "group_roles" in given:
            read["group_roles"] = _group_roles(given["group_roles"])
        return cls(**read)

    def known(self, user: str) -> bool:
        """Whether a user is one of the people, or declared otherwise."""
        lists = (self.people, self.service_accounts, self.admins)
        return any(names is not None and user in names for names in lists)


def _group_roles(value: t.Mapping[str, object]) -> dict[str, frozenset[str]]:
    found = {}
    for group, roles in value.items():
        names = [roles] if isinstance(roles, str) else roles
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise RefusedError(
                "policy.group_roles must give a list of roles for each group, such as {staff:"
                " [course-staff]}.",
            )
        found[str(group)] = frozenset(names)
    return found


@dataclasses.dataclass(frozen=True)
class Ignore:
    """One item of ``ignore``. ``subject`` is a name or a glob; None: all of the check."""

    check: str
    subject: str | None
    reason: str
    until: datetime.date | None

    @classmethod
    def of(cls, item: t.Mapping[str, t.Any], checks: t.Collection[str]) -> Ignore:
        """:raises RefusedError: no reason, an unknown check, or an invalid day."""
        check, reason = item["check"], (item["reason"] or "").strip()
        if check not in checks:
            raise RefusedError(f"ignore names the check {check!r}, which does not exist.")
        if not reason:
            raise RefusedError(
                f"ignore of {check} has no reason: give one that says why it is acceptable."
            )
        until = None
        if item.get("until") is not None:
            try:
                until = datetime.date.fromisoformat(str(item["until"])[:10])
            except ValueError:
                raise RefusedError(
                    f"until of ignore {check} is not a date: write it like 2027-03-31.",
                ) from None
        return cls(check, item.get("subject"), reason, until)

    def matches(self, subject: str) -> bool:
        """Whether the item means this subject. A name also means itself where it looks like a
        glob.
        """
        wanted = self.subject
        return wanted is None or wanted == subject or fnmatch.fnmatchcase(subject, wanted)
