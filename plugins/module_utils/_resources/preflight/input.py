# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What can be wrong with a declaration before any hub is asked: places of secrets, options of
prune, misspelled variables.
"""

from __future__ import annotations

import difflib
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    texts_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.preflight.declared import (  # noqa: E501 - a full name
    Declaration,
    Pruning,
    present,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# How similar two names are if one is treated as a misspelling of the other: user and users are,
# port and url are not.
ALIKE = 0.72


class DeclaredOptions(t.TypedDict):
    """What is declared of a whole hub, besides its lists."""

    prune: list[str] | None
    prune_keep: dict[str, object] | None
    prune_match: dict[str, object] | None
    prune_limit: str | None
    remove_limit: str | None
    stored_names: dict[str, str] | None


def pruning_of(
    prefix: str,
    options: DeclaredOptions,
    prunable: t.Sequence[str],
    takes_patterns: t.Collection[str],
) -> tuple[dict[str, Pruning], list[str]]:
    """Read what is pruned, and its patterns.

    :param options: of ``prune_keep`` and ``prune_match``, the values should be lists of patterns.
    :param prunable: the kinds of which everything that is not declared can be deleted.
    :param takes_patterns: the kinds whose modules take patterns.
    :returns: by kind; and what is wrong with the patterns.
    """
    problems: list[str] = []
    patterns: dict[str, dict[str, tuple[str, ...]]] = {}
    for option, given in (
        ("prune_keep", options["prune_keep"]),
        ("prune_match", options["prune_match"]),
    ):
        patterns[option] = {}
        for kind, value in (given or {}).items():
            where = f"{prefix}{option}.{kind}"
            try:
                if kind not in takes_patterns:
                    raise RefusedError(
                        f"{where} is not supported: {prefix}{option} has lists for"
                        f" {' and '.join(takes_patterns)}."
                    )
                patterns[option][kind] = texts_of(where, value, "pattern")
            except RefusedError as error:
                problems.append(error.message)
    pruned = {
        kind: Pruning(patterns["prune_keep"].get(kind), patterns["prune_match"].get(kind))
        for kind in prunable
        if kind in (options["prune"] or ())
    }
    return pruned, problems


def empty_prunes(declared: Declaration) -> list[str]:
    """:returns: problems of kinds of which nothing is declared, so that pruning would delete
    everything.
    """
    return [
        f"{declared.prefix}prune names {kind}, but {declared.prefix}{kind} declares none, so all"
        " of them would be deleted: declare at least one."
        for kind in declared.prune
        if not (present(declared.items(kind)) if kind != "tokens" else declared.items(kind))
    ]


def lost_secrets(declared: Declaration) -> list[str]:
    """:returns: problems of secrets that would be created and then be lost, or be shown in the
    output.
    """
    tokens = present(declared.tokens)
    lost = [_token(item) for item in tokens if not item.get("dest")]
    shown = [_token(item) for item in tokens if item.get("return_token")]
    codes = [
        f"{item['owner']}/{item['server']}"
        for item in present(declared.shares, "mode")
        if item.get("code")
    ]
    problems = []
    if lost:
        problems.append(
            "These tokens have no dest, and no secrets are returned here:"
            f" {listed(lost)}. Give each a dest."
        )
    if shown:
        problems.append(
            "These tokens have return_token, but no secrets are returned here:"
            f" {listed(shown)}. Remove return_token."
        )
    if codes:
        problems.append(
            "These servers are shared by a code, but no secrets are returned here:"
            f" {listed(codes)}. Use jupyterhub_share to create the codes."
        )
    return problems


def _token(item: t.Mapping[str, object]) -> str:
    return f"{item['user']}/{item.get('note') or '?'}"


def stored_twice(declared: Declaration) -> list[str]:
    """:returns: problems of names that mean the same user on the hub."""
    names: dict[str, set[str]] = {}
    for item in declared.users:
        if item["name"] in declared.stored_names:
            names.setdefault(declared.stored(item["name"]), set()).add(item["name"])
    return [
        f"{declared.prefix}stored_names gives these users the same name on the hub, {name}:"
        f" {listed(sorted(of))}."
        for name, of in names.items()
        if len(of) > 1
    ]


def misspelt(prefix: str, variables: t.Iterable[str], known: t.Collection[str]) -> dict[str, str]:
    """Find variables that nothing reads, and that look like one that is read.

    :param variables: the names that are set.
    :param known: the names that are read.
    :returns: by name, the one that may be the intended name.
    """
    bare = {name[len(prefix) :]: name for name in known if name.startswith(prefix)}
    found = {}
    for name in variables:
        own = name[len(prefix) :] if name.startswith(prefix) else name
        if name in known:
            continue
        # What does not begin with the prefix is the name of an option of a module, or belongs to
        # something else.
        near = difflib.get_close_matches(own, bare, 1, ALIKE if name.startswith(prefix) else 1.0)
        if near:
            found[name] = bare[near[0]]
    return found


def told_misspelt(name: str, meant: str) -> str:
    """:returns: a sentence about a variable that nothing reads."""
    return f"The variable {name} is set, but nothing reads it: {meant} may be the intended name."
