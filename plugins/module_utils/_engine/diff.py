# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What steps change, for Ansible's diff mode."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Fields,
    State,
    Step,
)

# What there was or will be, by kind and name.
Side = dict[str, dict[str, t.Optional[State]]]

# So many similar changes are shown; the others are counted.
MANY = 50
REST = "see changes in the result (-v)"


def diff_of(steps: t.Iterable[Step]) -> dict[str, str]:
    """:returns: ``before`` and ``after`` for Ansible's diff mode, of what changes only.

    Each line is complete by itself, such as ``group CS101: users: "ada"``, because Ansible compares
    by line: braces, and fields that look the same in two objects, would make it show the change of
    the one at the other.

    Of many similar changes, such as 300 new users, the first ones are shown. Deleted objects and
    removed members are shown in full, because a number is not enough there.
    """
    before, after = sides_of(steps)
    counted = _leave_out_objects(before, after) + _leave_out_members(before, after)
    rest = "".join(f"... {line}, {REST}\n" for line in counted)
    return {"before": _lines(before, after), "after": _lines(after, before) + rest}


def _leave_out_objects(before: Side, after: Side) -> list[str]:
    """Remove the objects beyond :data:`MANY` that change in the same way from both sides.

    :returns: how many they are, and what they are like.
    """
    lines = []
    for kind, objects in sorted(after.items()):
        alike: dict[str, list[str]] = {}
        for name, fields in sorted(objects.items()):
            if fields is not None:
                alike.setdefault(_json([before[kind][name], fields]), []).append(name)
        for names in alike.values():
            for name in names[MANY:]:
                del before[kind][name], objects[name]
            if len(names) > MANY:
                lines.append(f"{len(names) - MANY} more like {_title(kind, names[0])}")
    return lines


def _leave_out_members(before: Side, after: Side) -> list[str]:
    """Remove what is added to a list beyond :data:`MANY` from the later side.

    :returns: how many they are, and where.
    """
    lines = []
    for kind, objects in sorted(after.items()):
        for name, fields in sorted(objects.items()):
            for field, value in sorted((fields or {}).items()):
                past = (before[kind][name] or {}).get(field)
                known = {_json(each) for each in past} if isinstance(past, list) else set()
                members = value if isinstance(value, list) else []
                new = [one for one in members if _json(one) not in known]
                if fields is not None and len(new) > MANY:
                    shown = known | {_json(each) for each in new[:MANY]}
                    fields[field] = [one for one in members if _json(one) in shown]
                    lines.append(f"{len(new) - MANY} more in {_title(kind, name)}: {field}")
    return lines


def _title(kind: str, name: str) -> str:
    plain = (
        name.isprintable()
        and name == name.strip()
        and ": " not in name
        and not name.startswith('"')
    )
    return f"{kind} {name if plain else _json(name)}"


def _lines(side: Side, other: Side) -> str:
    lines = []
    for kind, objects in sorted(side.items()):
        for name, fields in sorted(objects.items()):
            if fields is None:
                continue
            title = _title(kind, name)
            if other[kind][name] is None:
                # It is made, or deleted.
                lines.append(title)
            for field, value in sorted(fields.items()):
                lines += [
                    f"{title}: {field}: {_json(each)}"
                    for each in (value if isinstance(value, list) else [value])
                ]
    return "".join(f"{line}\n" for line in lines)


def _json(value: object) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    # Invisible characters, and those that change the direction of text, are escaped.
    return text if text.isprintable() else json.dumps(value, sort_keys=True)


def sides_of(steps: t.Iterable[Step]) -> tuple[Side, Side]:
    """:returns: what steps change, as it was and as it will be; an object that is not there is
    None.
    """
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
        future[step.name] = (
            None
            if step.after is None
            else _join(future.get(step.name), step.after, step, newer=True)
        )
    return before, after


def _join(known: State | None, fields: Fields, step: Step, *, newer: bool) -> State:
    """:returns: what is known of an object and what a step says of it; of the same field the newer
    or the older, but of members all.
    """
    joined = dict(known or {})
    for field, value in fields.items():
        mine = joined.get(field)
        if step.action in ("add", "remove") and isinstance(mine, list) and isinstance(value, list):
            joined[field] = mine + value
        elif newer or field not in joined:
            joined[field] = value
    return joined
