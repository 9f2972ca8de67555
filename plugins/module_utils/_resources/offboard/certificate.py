# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What was done about a person, and how it is proved, as a page of Markdown for a ticket. Pure.

Names, notes and messages of the hub come from other people: in the page they are only text.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import same_hub
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.proof import (
    Line,
)

# What could begin an element of Markdown, or a link.
MARKUP = re.compile(r"([\\`*_{}\[\]#+.!|~:$@^=\"'-])")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
LONGEST = 500
# The line of the hub, with its address.
HUB = re.compile("- Hub: (.*), JupyterHub ")


@dataclasses.dataclass(frozen=True)
class Certificate:
    """The content of a certificate.

    :param hub: its address.
    :param deletes: whether the account was to be deleted.
    :param freezes: whether a kept account was to be frozen.
    :param done: action, kind and name of each change.
    """

    name: str
    hub: str
    version: str
    moment: str
    deletes: bool
    freezes: bool
    done: t.Sequence[tuple[str, str, str]]
    lines: t.Sequence[Line]
    by_hand: t.Sequence[str]

    @property
    def proved(self) -> bool:
        """Whether every line is."""
        return bool(self.lines) and all(line.proved for line in self.lines)

    @property
    def gone(self) -> bool:
        """Whether the account was seen not to be on the hub."""
        return any(line.check == "account" and line.proved for line in self.lines)

    @property
    def account(self) -> str:
        """The state of the account."""
        if self.gone:
            deleted = any(step[:2] == ("delete", "user") for step in self.done)
            return "deleted" if deleted else "not on the hub"
        return "still on the hub" if self.deletes else "kept"

    @property
    def verdict(self) -> str:
        """What is proved, and nothing more."""
        if not self.proved:
            return "That this access is gone is **NOT proved**."
        if self.gone:
            return "That all access is gone is proved."
        if self.freezes:
            return "That no access is left until the next login is proved."
        return (
            "That everything in the table below is gone is proved. **A browser that is logged in"
            " still has access**: see the list at the end."
        )


def page(certificate: Certificate) -> str:
    """:returns: the certificate."""
    parts = [
        f"{_title(certificate)}\n",
        f"- Hub: {plain(certificate.hub)}, JupyterHub {plain(certificate.version)}",
        f"- Checked: {plain(certificate.moment)} (by the hub's clock)",
        f"- Account: {certificate.account}",
        _verdict(certificate),
        "\n## Removed in this run\n",
        *(
            f"- {action} {kind.replace('_', ' ')}: {plain(name)}"
            for action, kind, name in certificate.done
        ),
        *([] if certificate.done else ["Nothing was left to remove."]),
        "\n## Proof\n",
        "| check | expected | found | proved |",
        "|---|---|---|---|",
        *(_row(line) for line in certificate.lines),
        "\n## To be done by hand\n",
        *(f"- [ ] {plain(sentence)}" for sentence in certificate.by_hand),
    ]
    return "\n".join(parts) + "\n"


def says(text: str, certificate: Certificate) -> bool:
    """Whether an earlier page is about the same person on the same hub, and has the verdict of a
    certificate, and each of its checks with the same result; what was removed then is in it too.
    """
    lines = text.splitlines()
    hubs = [found[1] for found in map(HUB.match, lines) if found is not None]
    same = _title(certificate) in lines[:1] and any(
        same_hub(_unmarked(hub), certificate.hub) for hub in hubs
    )

    def has(line: Line) -> bool:
        begin, end = f"{_begin(line)} | ", f" | {_end(line)}"
        return any(one.startswith(begin) and one.endswith(end) for one in lines)

    return same and _verdict(certificate) in lines and all(map(has, certificate.lines))


def _title(certificate: Certificate) -> str:
    return f"# Access of {plain(certificate.name)}"


def _verdict(certificate: Certificate) -> str:
    return f"- {certificate.verdict}"


def _row(line: Line) -> str:
    return f"{_begin(line)} | {plain(line.found or '')} | {_end(line)}"


def _begin(line: Line) -> str:
    return f"| {plain(line.check)} | {plain(line.expected)}"


def _end(line: Line) -> str:
    return f"{'yes' if line.proved else '**no**'} |"


def plain(text: str) -> str:
    """:returns: a text that Markdown and HTML show as it is: one line, with invisible characters
    escaped.
    """
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
    printable = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in shown)
    marked = MARKUP.sub(r"\\\1", printable)
    return "".join(ENTITIES.get(each, each) for each in marked)


def _unmarked(text: str) -> str:
    """:returns: a text as it was before :func:`plain`, if all its characters can be printed."""
    for each, entity in reversed(ENTITIES.items()):
        text = text.replace(entity, each)
    return re.sub(r"\\(.)", r"\1", text)
