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
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    texts_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import plain
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import duration


class PolicyOptions(t.TypedDict, total=False):
    """The option policy."""

    admins: list[str] | None
    admin_services: list[str] | None
    services: list[str] | None
    people: list[str] | None
    profiles: list[str] | None
    service_accounts: list[str] | None
    groups_ok: list[str] | None
    share_ok: list[str] | None
    group_roles: dict[str, object] | None
    token_max_age: str | None
    token_unused: str | None
    user_idle: str | None
    never_active: str | None
    server_max_age: str | None
    server_idle: str | None
    share_max_age: str | None
    renew_before: str | None
    max_admins: int | None
    stopped_servers: int | None
    code_uses: int | None
    normalize: t.Literal["lower", "none"]
    environment: t.Literal["production", "staging"]


class _IgnoreKeys(t.TypedDict):
    check: str
    reason: str


class IgnoreItem(_IgnoreKeys, total=False):
    """An item of the option ignore."""

    subject: str | None
    until: str | None


class Names:
    """Names and globs. A name that looks like a glob also means itself."""

    def __init__(self, names: t.Iterable[str], *, fold: bool) -> None:
        self._fold = str.lower if fold else str
        self._names = frozenset(self._fold(name) for name in names)
        self._globs = tuple(name for name in self._names if set(name) & set("*?["))
        self._looks: dict[str, set[str]] = {}
        for name in self._names:
            self._looks.setdefault(plain(name), set()).add(name)

    def __contains__(self, name: object) -> bool:
        text = self._fold(str(name))
        return text in self._names or any(fnmatch.fnmatchcase(text, glob) for glob in self._globs)

    def like(self, name: str) -> set[str]:
        """:returns: the names that look like this one, and are spelt otherwise."""
        text = self._fold(name)
        return self._looks.get(plain(text), set()) - {text}


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
    def of(cls, options: PolicyOptions | None) -> Policy:
        """:returns: the policy that a task declares.

        :raises RefusedError: a duration, a count or a role makes no sense.
        """
        given: PolicyOptions = options or {}
        roles = given.get("group_roles")
        normalizing = given.get("normalize", cls.normalize)
        # The hub converts only login names to lower case, not profiles and services.
        fold = normalizing == "lower"
        return cls(
            admins=_names(given.get("admins"), fold=fold),
            admin_services=_names(given.get("admin_services")),
            services=_names(given.get("services")),
            people=_names(given.get("people"), fold=fold),
            profiles=_names(given.get("profiles")),
            service_accounts=_names(given.get("service_accounts"), fold=fold),
            groups_ok=_names(given.get("groups_ok")),
            share_ok=_names(given.get("share_ok"), fold=fold),
            token_max_age=_seconds("token_max_age", given.get("token_max_age")),
            token_unused=_seconds("token_unused", given.get("token_unused")),
            user_idle=_seconds("user_idle", given.get("user_idle")),
            never_active=_seconds("never_active", given.get("never_active")),
            server_max_age=_seconds("server_max_age", given.get("server_max_age")),
            server_idle=_seconds("server_idle", given.get("server_idle")),
            share_max_age=_seconds("share_max_age", given.get("share_max_age")),
            renew_before=_seconds("renew_before", given.get("renew_before")),
            max_admins=_count("max_admins", given.get("max_admins")),
            stopped_servers=_count("stopped_servers", given.get("stopped_servers")),
            code_uses=_count("code_uses", given.get("code_uses")),
            group_roles=None if roles is None else _group_roles(roles),
            normalize=normalizing,
            environment=given.get("environment", cls.environment),
        )

    def known(self, user: str) -> bool:
        """Whether a user is one of the people, or declared otherwise."""
        return any(user in names for names in self._users)

    def like(self, user: str) -> set[str]:
        """:returns: the people and others declared whose names look like this one's, and are spelt
        otherwise.
        """
        return {name for names in self._users for name in names.like(user)}

    @property
    def _users(self) -> t.Iterator[Names]:
        for names in (self.people, self.service_accounts, self.admins):
            if names is not None:
                yield names


def _names(given: t.Iterable[str] | None, *, fold: bool = False) -> Names | None:
    return None if given is None else Names(given, fold=fold)


def _seconds(key: str, given: str | None) -> int | None:
    """:raises RefusedError: it is no duration."""
    return None if given is None else duration(f"policy.{key}", str(given))


def _count(key: str, given: int | None) -> int | None:
    """:raises RefusedError: it is negative."""
    if given is not None and given < 0:
        raise RefusedError(f"policy.{key} is {given}: it must not be negative.")
    return given


def _group_roles(value: t.Mapping[str, object]) -> dict[str, frozenset[str]]:
    """:raises RefusedError: a group has no list of roles."""
    return {
        str(group): frozenset(texts_of(f"policy.group_roles.{group}", roles, "role"))
        for group, roles in value.items()
    }


@dataclasses.dataclass(frozen=True)
class Ignore:
    """One item of ``ignore``. ``subject`` is a name or a glob; None: all of the check."""

    check: str
    subject: str | None
    reason: str
    until: datetime.date | None

    @classmethod
    def of(cls, item: IgnoreItem, checks: t.Collection[str]) -> Ignore:
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
