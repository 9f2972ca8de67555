# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The one exit for all that a module says: safe to be shown, and possible to be carried by JSON."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import one_line

Result = dict[str, object]
# Characters of a sentence, of one that is quoted from somebody else, and of a line in a diff.
SENTENCE, QUOTED, LINE = 6000, 2000, 2000
# What people read, in the result itself and in the objects of its lists.
SENTENCES = {
    "msg": SENTENCE,
    "hub_message": QUOTED,
    "message": QUOTED,
    "reason": QUOTED,
    "why": QUOTED,
    "problems": QUOTED,
    "by_hand": QUOTED,
    "evidence": QUOTED,
    "title": QUOTED,
    "expected": QUOTED,
    "found": QUOTED,
    "warnings": SENTENCE,
}
# What Ansible itself puts in place of a secret.
MASK = "********"
# Levels of lists and dictionaries. Ansible walks through them in Python, which takes no more than
# some hundred.
DEEPEST = 100
TOO_DEEP = "(nested too deeply)"


def safe_result(result: Result, secrets: t.Collection[str] = ()) -> Result:
    """:returns: the result of a module, as it may leave it.

    Sentences are on one line, printable and bounded. What is returned for use keeps its characters,
    but for those that JSON cannot carry: Ansible would refuse the whole result for one of them.

    :param secrets: masked in sentences here already. Ansible looks for them afterwards, when a
    sentence may have been cut in one.
    """
    longest_first = sorted(secrets, key=len, reverse=True)
    shown = {key: _for_people(key, value, longest_first) for key, value in result.items()}
    if "diff" in shown:
        shown["diff"] = _diff(shown["diff"])
    return t.cast(Result, for_use(shown)) if _needs_care(shown) else shown


def _for_people(key: str, value: object, secrets: t.Sequence[str]) -> object:
    if key in SENTENCES:
        return _sentences(value, SENTENCES[key], secrets)
    if isinstance(value, list) and any(
        isinstance(each, dict) and not SENTENCES.keys().isdisjoint(each) for each in value
    ):
        return [_safe_item(each, secrets) if isinstance(each, dict) else each for each in value]
    return value


def _masked(text: str, secrets: t.Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _safe_item(item: Result, secrets: t.Sequence[str]) -> Result:
    """:returns: an object of a list, with its sentences made safe."""
    return {
        key: _sentences(value, SENTENCES[key], secrets) if key in SENTENCES else value
        for key, value in item.items()
    }


def _sentences(value: object, most: int, secrets: t.Sequence[str]) -> object:
    """:returns: a sentence, or a list of them, made safe; anything else as it is."""
    if isinstance(value, list):
        return [_sentences(each, most, secrets) for each in value]
    return one_line(_masked(value, secrets), most) if isinstance(value, str) else value


def _diff(diff: object) -> object:
    """:returns: a diff, or a list of them, with safe lines."""
    if isinstance(diff, list):
        return [_diff(each) for each in diff]
    return {side: _lines(text) for side, text in diff.items()} if isinstance(diff, dict) else diff


def _lines(text: object) -> object:
    """Diffs are read line by line."""
    if not isinstance(text, str):
        return text
    return "\n".join(one_line(line, LINE) for line in text.split("\n"))


def _needs_care(value: object) -> bool:
    """Whether something in a result cannot be carried as it is. Most results are fine, and are not
    copied.
    """
    stack = [(value, 0)]
    while stack:
        each, depth = stack.pop()
        if isinstance(each, str):
            if not each.isascii() and _replaced(each) != each:
                return True
        elif isinstance(each, (dict, list)):
            if depth > DEEPEST:
                return True
            if isinstance(each, dict):
                stack.extend((key, depth) for key in each)
            stack.extend(
                (inner, depth + 1) for inner in (each.values() if isinstance(each, dict) else each)
            )
    return False


def for_use(value: object, depth: int = 0) -> object:
    """:returns: a value with everything replaced that JSON, or Ansible, cannot carry."""
    if isinstance(value, str):
        return _replaced(value)
    if isinstance(value, (dict, list)) and depth > DEEPEST:
        return TOO_DEEP
    if isinstance(value, dict):
        return {for_use(key): for_use(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [for_use(inner, depth + 1) for inner in value]
    return value


def _replaced(text: str) -> str:
    """:returns: a text without lone surrogates, which are no characters."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
