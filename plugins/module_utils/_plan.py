# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.

"""The plan of a task: what is, what shall be, and the steps between. Pure: no request is sent here.

Check mode, ``changed`` and the diff all come from the same plan that the real run carries out.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import json
import math
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError, brief

# Stands for a secret in changes and diffs.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
HIDDEN_BEFORE = "PREVIOUS_VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

Item = dict[str, t.Any]
State = dict[str, t.Any]
# What there was or will be, by kind and name.
Side = dict[str, dict[str, t.Optional[State]]]


# Steps are compared by identity: two of them may say the same and still be two.
@dataclasses.dataclass(frozen=True, eq=False)
class Step:
    """One change, which one request makes (or shares with others of its kind).

    :param action: create, update, rename, delete, start, stop, rotate, revoke, add, remove or sync.
    :param kind: what is changed: user, group, server ...
    :param name: which one, as it is called after the step.
    :param operation: the method of :class:`HubApi` that does it, from which the scopes that it needs are known; None: it is not done on the hub.
    :param before: the fields that change, as they are; None where the object does not exist.
    :param after: the same fields as they will be; None where the object will not exist.
    :param payload: what the adapter needs to do it; it may hold secrets.
    """

    action: str
    kind: str
    name: str
    operation: str | None
    before: State | None = None
    after: State | None = None
    payload: t.Any = dataclasses.field(default=None, repr=False)

    @property
    def change(self) -> dict[str, t.Any]:
        """The step as it is returned in ``changes``."""
        fields = self.before if self.action == "remove" else self.after
        return {"action": self.action, "kind": self.kind, "name": self.name, "fields": dict(fields or {})}


@dataclasses.dataclass(frozen=True)
class Plan:
    """All that a task will do.

    :param steps: in the order in which they are applied.
    :param objects: every declared object that will exist, as it will be, by name.
    :param changed: the names of those that a step makes or changes.
    :param unchanged: how many declared objects need no step.
    :param touches_admins: names that only a caller who is an admin may create or change as the steps do.
    """

    steps: tuple[Step, ...] = ()
    objects: dict[str, State] = dataclasses.field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    unchanged: int = 0
    touches_admins: tuple[str, ...] = ()


def merge_changes(steps: t.Iterable[Step]) -> list[dict[str, t.Any]]:
    """The steps as ``changes``: a list of members that took several requests is told as one change."""
    changes: list[dict[str, t.Any]] = []
    for step in steps:
        change = step.change
        last = changes[-1] if changes else None
        if last and step.action in ("add", "remove") and all(last[key] == change[key] for key in ("action", "kind", "name")):
            for field, values in change["fields"].items():
                last["fields"][field] = last["fields"].get(field, []) + values
        else:
            changes.append(change)
    return changes


def summarize(changes: t.Iterable[dict[str, t.Any]], unchanged: int) -> dict[str, int]:
    """:returns: how many changes of each action, and how many declared objects need none."""
    counts: dict[str, int] = {}
    for change in changes:
        counts[change["action"]] = counts.get(change["action"], 0) + 1
    return {**counts, "unchanged": unchanged}


def diff_of(steps: t.Iterable[Step]) -> dict[str, str]:
    """:returns: ``before`` and ``after`` for Ansible's diff mode, of what changes only.

    Each line stands for itself, such as ``group CS101: users: "ada"``, because Ansible compares by line: braces, and fields that look the
    same in two objects, would make it show the change of the one at the other.
    """
    before, after = sides_of(steps)
    return {"before": _lines(before, after), "after": _lines(after, before)}


def _lines(side: Side, other: Side) -> str:
    lines = []
    for kind, objects in sorted(side.items()):
        for name, fields in sorted(objects.items()):
            if fields is None:
                continue
            plain = name.isprintable() and name == name.strip() and ": " not in name and not name.startswith('"')
            title = f"{kind} {name if plain else _json(name)}"
            if other[kind][name] is None:
                # It is made, or deleted.
                lines.append(title)
            for field, value in sorted(fields.items()):
                lines += [f"{title}: {field}: {_json(each)}" for each in (value if isinstance(value, list) else [value])]
    return "".join(f"{line}\n" for line in lines)


def _json(value: t.Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    # What hides itself, or turns the line around, is spelt out.
    return text if text.isprintable() else json.dumps(value, sort_keys=True)


def sides_of(steps: t.Iterable[Step]) -> tuple[Side, Side]:
    """:returns: what steps change, as it was and as it will be; an object that is not there is None."""
    before: Side = {}
    after: Side = {}
    # What was made by one of the steps has no past, or had it before an earlier step.
    made: set[tuple[str, str]] = set()
    for step in steps:
        past, future = before.setdefault(step.kind, {}), after.setdefault(step.kind, {})
        if step.before is None:
            made.add((step.kind, step.name))
            past.setdefault(step.name, None)
        elif (step.kind, step.name) not in made:
            past[step.name] = _join(past.get(step.name), step.before, step, newer=False)
        future[step.name] = None if step.after is None else _join(future.get(step.name), step.after, step, newer=True)
    return before, after


def _join(known: State | None, fields: State, step: Step, *, newer: bool) -> State:
    """:returns: what is known of an object and what a step says of it; of the same field the newer or the older, but of members all."""
    joined = dict(known or {})
    for field, value in fields.items():
        if step.action in ("add", "remove") and isinstance(joined.get(field), list):
            joined[field] = joined[field] + value
        elif newer or field not in joined:
            joined[field] = value
    return joined


def same(one: t.Any, other: t.Any) -> bool:
    """Whether two values are the same JSON: to Python 1, 1.0 and True are equal, to a spawner that reads them they are not."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def fold(items: t.Iterable[Item], key: t.Callable[[Item], t.Any], describe: t.Callable[[Item], str]) -> list[Item]:
    """Make one of the items that mean the same object.

    :param items: as declared; an attribute that is None is not declared.
    :param key: what identifies the object.
    :raises RefusedError: two items contradict each other.
    """
    folded: dict[t.Any, Item] = {}
    for item in items:
        identity = key(item)
        known = folded.get(identity)
        if known is None:
            folded[identity] = dict(item)
            continue
        for name, value in item.items():
            if value is None or name == "name":
                continue
            if known.get(name) is None:
                known[name] = value
            elif not same(known[name], value):
                raise RefusedError(f"{describe(item)} is declared twice with different {name}: keep one of them. Nothing was changed.")
    return list(folded.values())


# Pruning: what is not declared goes, as far as the guards let it


@dataclasses.dataclass(frozen=True)
class Prune:
    """The options of a purge.

    :param keep: globs of what stays.
    :param match: globs of what may go; None: anything.
    :param limit: a count, or a percentage such as ``10%`` of what may go.
    """

    keep: tuple[str, ...] = ()
    match: tuple[str, ...] | None = None
    limit: str = "10%"

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any]) -> Prune | None:
        """:returns: the purge that a task's options ask for, if any.

        :raises RefusedError: prune_limit is neither a count nor a percentage.
        """
        if not options["prune"]:
            return None
        if not re.fullmatch(r"[0-9]{1,9}%?", options["prune_limit"].strip()):
            raise RefusedError(
                f"prune_limit {brief(options['prune_limit'])} is neither a count nor a percentage: write it like 25 or 10%. Nothing was changed."
            )
        match = options["prune_match"]
        return cls(tuple(options["prune_keep"]), None if match is None else tuple(match), options["prune_limit"])

    def select(
        self,
        plural: str,
        existing: t.Sequence[str],
        declared: t.Collection[str],
        protected: t.Collection[str],
        spell: t.Callable[[str], str] = str,
    ) -> list[str]:
        """Choose what goes.

        :param existing: all names on the hub, as stored.
        :param declared: names that are declared, as stored or as the hub would store them.
        :param protected: names that never go.
        :param spell: how names are spelt to compare them with globs, which are spelt like them.
        :returns: the names to delete, in their order on the hub.
        :raises RefusedError: nothing is declared, or more than the limit would go.
        """
        if not declared:
            raise RefusedError(f"prune with no declared {plural} would delete every one of them: declare at least one. Nothing was changed.")
        match = None if self.match is None else [spell(glob) for glob in self.match]
        keep = [spell(glob) for glob in self.keep]
        scope = [name for name in existing if match is None or matches(spell(name), match)]
        going = [name for name in scope if name not in declared and name not in protected and not matches(spell(name), keep)]
        allowed = self._allowed(len(scope))
        if len(going) > allowed:
            shown = ", ".join(going[:20]) + (f" and {len(going) - 20} more" if len(going) > 20 else "")
            raise RefusedError(
                f"prune would delete {len(going)} of {len(scope)} {plural}, more than prune_limit {self.limit} allows ({allowed}): {shown}. "
                "Nothing was changed. Check the list you declare, or raise prune_limit.",
                would_delete=going,
            )
        return going

    def _allowed(self, total: int) -> int:
        limit = self.limit.strip()
        return math.ceil(total * int(limit[:-1]) / 100) if limit.endswith("%") else int(limit)


def alike(steps: t.Sequence[Step], same: t.Callable[[Step], bool], most: int) -> int:
    """:returns: how many of the first steps are alike, at least 1 and at most ``most``."""
    count = 1
    while count < min(most, len(steps)) and same(steps[count]):
        count += 1
    return count


def matches(name: str, globs: t.Iterable[str]) -> bool:
    """Whether a name fits one of the globs; case counts."""
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs)


def listed(names: t.Iterable[str], most: int = 20) -> str:
    """Names for a sentence."""
    all_names = list(names)
    rest = len(all_names) - most
    return ", ".join(all_names[:most]) + (f" and {rest} more" if rest > 0 else "")
