# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""JSON values of the hub that a declaration can hold."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Json

# YAML readers and Ansible work on nested values by calling themselves; deeper ones would break
# them.
DEEPEST = 40


def ordered(value: Json) -> Json:
    """:returns: the same value, with the keys of all its objects sorted."""
    if isinstance(value, dict):
        return {key: ordered(value[key]) for key in sorted(value)}
    return [ordered(each) for each in value] if isinstance(value, list) else value


def unwritable(value: Json) -> str | None:
    """:returns: why a value of the hub cannot be declared."""
    deep: list[tuple[Json, int]] = [(value, 1)]
    while deep:
        one, depth = deep.pop()
        if depth > DEEPEST:
            return f"it is nested more than {DEEPEST} deep"
        texts = [one] if isinstance(one, str) else list(one) if isinstance(one, dict) else []
        if any(not _is_unicode(text) for text in texts):
            return "it contains text that is not valid Unicode"
        inner = one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        deep.extend((each, depth + 1) for each in inner)
    return None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
