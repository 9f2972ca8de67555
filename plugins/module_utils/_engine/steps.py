# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The plan of a task: the current state, the wanted state, and the steps between them. Pure: no
request is sent here.

Check mode, ``changed`` and the diff all come from the same plan that the real run carries out.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    RefusedError,
)

# Stands for a secret in changes and diffs.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
HIDDEN_BEFORE = "PREVIOUS_VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
# An object as a module returns it.
State = dict[str, object]
# A declared item: a kind's own TypedDict. What is None is not declared.
Item = t.TypeVar("Item", bound=t.Mapping[str, object])
T = t.TypeVar("T")
# What changes of an object: the fields of one side of a diff.
Fields = t.Mapping[str, object]
Action = t.Literal[
    "create",
    "update",
    "rename",
    "delete",
    "start",
    "stop",
    "rotate",
    "revoke",
    "add",
    "remove",
    "sync",
]
Kind = t.Literal[
    "user",
    "group",
    "server",
    "service",
    "share",
    "share_code",
    "token",
    "proxy",
    "hub",
    "backup",
    "certificate",
]
# The operations that steps are done with: all that change something on a hub.
OperationName = t.Literal[
    "users_create",
    "user_update",
    "user_delete",
    "user_activity",
    "server_start",
    "server_create",
    "server_update",
    "server_stop",
    "group_create",
    "group_delete",
    "group_add_users",
    "group_remove_users",
    "group_set_properties",
    "token_create",
    "token_delete",
    "service_create",
    "service_delete",
    "share_grant",
    "share_revoke",
    "share_code_create",
    "share_code_delete",
    "proxy_sync",
    "proxy_announce",
    "shutdown",
]


# What a request is about, as the filters of scopes name it: the kind, and the name. A server's name
# is "user/name".
Target = tuple[t.Literal["user", "group", "server", "service"], str]


class Change(t.TypedDict):
    """A change as it is returned in ``changes``. Members of a list are one change."""

    action: Action
    kind: Kind
    name: str
    fields: dict[str, object]


class Step:
    """One change, which one request makes (or shares with others of its kind).

    Each kind of change is a subclass, a frozen dataclass whose fields are what is needed to make
    the change. Steps are compared by identity, so that subclasses set ``eq=False``: two of them may
    say the same and still be two.
    """

    # What is done, and to what kind of object: user, group, server ...
    action: Action
    kind: Kind
    # Which one, as it is called after the step.
    name: str
    # The method of HubApi that does it, from which the scopes that it needs are known; None: it is
    # not done on the hub.
    operation: OperationName | None

    @property
    def before(self) -> Fields | None:
        """The fields that change, as they are; None where the object does not exist."""
        raise NotImplementedError

    @property
    def after(self) -> Fields | None:
        """The same fields as they will be; None where the object will not exist."""
        raise NotImplementedError

    @property
    def target(self) -> Target | None:
        """What the caller's scopes must reach, if they are limited to some objects; None: that is
        left to the hub to judge.
        """
        return None

    def serves(self, other: Step) -> bool:
        """Whether this step is only done for another one, which comes after it."""
        return False

    def depends_on(self, other: Step) -> bool:
        """Whether this step is useless if another one, which comes before it, cannot be done."""
        return other.action in ("create", "rename") and (other.kind, other.name) == (
            self.kind,
            self.name,
        )

    @property
    def change(self) -> Change:
        """The step as it is returned in ``changes``."""
        fields = self.before if self.action == "remove" else self.after
        return {
            "action": self.action,
            "kind": self.kind,
            "name": self.name,
            "fields": dict(fields or {}),
        }


@dataclasses.dataclass(frozen=True, eq=False)
class Unread(Step):
    """Stands for a declared object that the caller may not see, so that nothing can be planned for
    it.

    :param error: the refusal of the hub, which is one of this item.
    """

    kind: Kind
    name: str
    error: HubError
    action = "update"
    operation = None
    before = None
    after = None


@dataclasses.dataclass(frozen=True)
class Missing:
    """What a plan needs and the hub does not have. In check mode an earlier task is assumed to
    create it.

    :param what: what is missing, as text before the names: "These members do not exist on the
    hub".
    :param advice: what to do.
    :param key: the key of the failed task's result that holds the names.
    :param groups: the names are those of groups, not of users, nor of users and their servers.
    """

    what: str
    names: tuple[str, ...]
    advice: str
    key: str = "missing"
    groups: bool = False


@dataclasses.dataclass(frozen=True)
class Plan:
    """All that a task will do.

    :param steps: in the order in which they are applied.
    :param objects: every declared object that will exist, as it will be, by name; each kind has a
    type of its own for them.
    :param changed: the names of those that a step makes or changes.
    :param unchanged: how many declared objects need no step.
    :param touches_admins: names that only a caller who is an admin may create or change as the
    steps do.
    :param missing: what must exist for that, and does not.
    :param returns: further keys of the result.
    :param warnings: sentences for people.
    :param unread: declared objects that the caller may not see; they are refused, and the others
    are done.
    :param besides: what is done in addition to the steps, which the plan cannot show; each a
    sentence without its end.
    """

    steps: tuple[Step, ...] = ()
    objects: t.Mapping[str, t.Mapping[str, object]] = dataclasses.field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    unchanged: int = 0
    touches_admins: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    returns: t.Mapping[str, object] = dataclasses.field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()
    besides: tuple[str, ...] = ()


def same(one: object, other: object) -> bool:
    """Whether two values are the same JSON: to Python 1, 1.0 and True are equal, to a spawner that
    reads them they are not.
    """
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def first_set(own: T | None, common: T | None) -> T | None:
    """:returns: the first of two values of an attribute that is declared."""
    return common if own is None else own


def check_alike(what: str, one: Fields, other: Fields) -> None:
    """Check that two declarations of the same object can be merged. What is None is not declared.

    :param what: the object, for the message.
    :raises RefusedError: they contradict each other.
    """
    for name, value in other.items():
        known = one.get(name)
        if name != "name" and not (known is None or value is None or same(known, value)):
            raise RefusedError(f"{what} is declared twice with different {name}: keep one of them.")


def fold(
    items: t.Iterable[Item], key: t.Callable[[Item], t.Hashable], describe: t.Callable[[Item], str]
) -> list[Item]:
    """Merge the items that mean the same object.

    :param items: as declared; an attribute that is None is not declared.
    :param key: what identifies the object.
    :raises RefusedError: two items contradict each other.
    """
    folded: dict[t.Hashable, dict[str, object]] = {}
    for item in items:
        identity = key(item)
        known = folded.get(identity)
        if known is None:
            folded[identity] = dict(item)
            continue
        check_alike(describe(item), known, item)
        for name, value in item.items():
            if name != "name":
                known[name] = first_set(known.get(name), value)
    return t.cast("list[Item]", list(folded.values()))


def alike(steps: t.Sequence[Step], fits: t.Callable[[Step], bool], most: int) -> int:
    """:returns: how many of the first steps are alike, at least 1 and at most ``most``.

    :param fits: whether a step is like the first one.
    """
    count = 1
    while count < min(most, len(steps)) and fits(steps[count]):
        count += 1
    return count
