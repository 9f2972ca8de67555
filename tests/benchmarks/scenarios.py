# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contenders, the scenarios, and the targets of the collection."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent


class Contender(NamedTuple):
    """One way to do a scenario's work: a playbook, or a script.

    sampled: it takes one request and at least 0.3 seconds for each name, so that only some names
        are measured and the rest is extrapolated in proportion.
    args: additional arguments of a script.
    """

    label: str
    file: pathlib.Path
    sampled: bool = False
    args: tuple[str, ...] = ()


EMPTY = Contender("empty play", HERE / "plays" / "empty.yml")
PING = Contender("play that pings", HERE / "plays" / "ping.yml")
# The cost of Ansible itself: these playbooks do no work, and are measured with every scenario.
IDLE = (EMPTY, PING)
OURS = Contender("**jupyterhub_user**", HERE / "plays" / "module.yml")
URI_LOOP = Contender("uri in a loop", HERE / "plays" / "uri_loop.yml", sampled=True)
URI_ONE = Contender("uri", HERE / "plays" / "uri_loop.yml")
URI_LIST = Contender("uri with the whole list", HERE / "plays" / "uri_list.yml")
JH_CLIENT = Contender("jh-client script", HERE / "scripts" / "jh_client_users.py")
LEAST = Contender("least module", HERE / "plays" / "least.yml")
EXPORT = Contender("**jupyterhub_export**", HERE / "plays" / "export.yml")
EXPORT_SHARES = Contender("**jupyterhub_export**", HERE / "plays" / "export_shares.yml")
BARE_EXPORT = Contender("bare script", HERE / "scripts" / "bare_export.py")
BARE_EXPORT_SHARES = Contender(
    "bare script", HERE / "scripts" / "bare_export.py", args=("--shares",)
)
EXPORT_TOKENS = Contender("**jupyterhub_export**", HERE / "plays" / "export_tokens.yml")
AUDIT = Contender("**jupyterhub_audit**", HERE / "plays" / "audit.yml")
AUDIT_TOKENS = Contender("**jupyterhub_audit**", HERE / "plays" / "audit_tokens.yml")
# The least that a module with the same reads needs: it returns nothing.
LEAST_READING = Contender("least module", HERE / "plays" / "least_reading.yml")
LEAST_READING_TOKENS = Contender("least module", HERE / "plays" / "least_reading_tokens.yml")
# These contenders only read.
READERS = (
    *(EXPORT, EXPORT_SHARES, EXPORT_TOKENS),
    *(AUDIT, AUDIT_TOKENS),
    *(LEAST_READING, LEAST_READING_TOKENS),
)
# Modules that do the least possible work.
LEAST_WORK = (LEAST, LEAST_READING, LEAST_READING_TOKENS)
# The bare script for tokens with different numbers of threads; the fastest counts.
BARE_TOKENS = tuple(
    Contender(
        f"bare script with {number} thread{'s' if number > 1 else ''}",
        HERE / "scripts" / "bare_export.py",
        args=("--tokens", f"--threads={number}"),
    )
    for number in (1, 2, 4, 8)
)
ROLE = Contender("**role provision**", HERE / "plays" / "role.yml")
MODULES = Contender("its modules for users and groups", HERE / "plays" / "modules.yml")
MODULES_CHECKED = Contender(
    "these and jupyterhub_preflight", HERE / "plays" / "modules_checked.yml"
)
# These are run once before the measurement, so that the groups that they declare exist.
PREPARED = (ROLE, MODULES, MODULES_CHECKED)
# The number of groups that the names are divided into.
COURSES = 30
BARE_CREATE = Contender("bare script", HERE / "scripts" / "bare_create.py")
BARE_AUDIT = Contender("bare script", HERE / "scripts" / "bare_audit.py")


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A piece of work that every contender does on the same hub in the same state.

    title: its description for people.
    names: the declared users.
    before: the users on the hub before a contender runs. Afterwards the hub has to have these and
        the declared ones.
    contenders: the collection's own is the first.
    bare: scripts that do the same with plain requests. The collection is compared with the fastest
        of them.
    fresh: restart the hub with an empty database for each contender.
    most_time: target: the collection's seconds, as a multiple of the fastest bare script and the
        empty play together.
    most_requests: target: the collection's number of requests.
    most_of_others: target: the collection's seconds, as a multiple of each other contender's.
    """

    title: str
    names: tuple[str, ...]
    before: tuple[str, ...]
    contenders: tuple[Contender, ...]
    bare: tuple[Contender, ...] = ()
    fresh: bool = False
    most_time: float | None = None
    most_requests: int | None = None
    most_of_others: float | None = None

    @property
    def everyone(self) -> tuple[Contender, ...]:
        """All contenders that do the work."""
        return (*self.contenders, *self.bare)


def pages(users: int) -> int:
    """Return how many requests it takes to read all users: a page has 200 rows and begins with the
    last row of the page before.
    """
    return -(-(users - 1) // 199)


def scenarios(users: int, names: int) -> list[Scenario]:
    """Return all scenarios.

    users: the number of users on the large hub.
    names: the number of names that the second run on a smaller hub declares.
    """
    many = tuple(f"student-{number:05}" for number in range(users))
    some = many[:names]
    return [
        Scenario(
            f"Creating {users:,} users on an empty hub",
            names=many,
            before=(),
            contenders=(OURS, URI_LOOP, URI_LIST, JH_CLIENT),
            bare=(BARE_CREATE,),
            fresh=True,
            most_time=1.25,
            most_requests=-(-users // 100) + 2,
        ),
        Scenario(
            f"Auditing {users:,} users: the second run, nothing to change",
            names=many,
            before=many,
            contenders=(OURS, URI_LOOP, URI_LIST, JH_CLIENT, LEAST),
            bare=(BARE_AUDIT,),
            most_time=1.5,
            most_requests=pages(users),
        ),
        Scenario(
            f"One new user on a hub of {users:,}",
            names=("newcomer",),
            before=many,
            contenders=(OURS, URI_ONE, JH_CLIENT),
            bare=(BARE_CREATE,),
            most_requests=3,
        ),
        Scenario(
            f"One user who is there already, on a hub of {users:,}",
            names=many[users // 2 : users // 2 + 1],
            before=many,
            contenders=(OURS, URI_ONE, JH_CLIENT),
            bare=(BARE_AUDIT,),
            most_requests=3,
        ),
        Scenario(
            f"Second run of {names:,} names on a hub of {names:,}",
            names=some,
            before=some,
            contenders=(OURS, URI_LOOP, URI_LIST, JH_CLIENT),
            bare=(BARE_AUDIT,),
            most_requests=pages(names),
        ),
        Scenario(
            f"Exporting {users:,} users, with groups and services",
            names=(),
            before=many,
            contenders=(EXPORT, LEAST_READING),
            bare=(BARE_EXPORT,),
            most_time=1.5,
            most_requests=pages(users) + 4,
        ),
        Scenario(
            f"Exporting {users:,} users, with groups, services and the shares of every user",
            names=(),
            before=many,
            contenders=(EXPORT_SHARES,),
            bare=(BARE_EXPORT_SHARES,),
            most_time=1.5,
        ),
        Scenario(
            f"Exporting {names:,} users, with groups, services and the tokens of every user",
            names=(),
            before=some,
            contenders=(EXPORT_TOKENS, LEAST_READING_TOKENS),
            bare=BARE_TOKENS,
            most_time=1.5,
        ),
        Scenario(
            f"What is wrong with a hub of {users:,} users, without tokens and shares",
            names=(),
            before=many,
            contenders=(AUDIT, LEAST_READING),
            bare=(BARE_EXPORT,),
            most_time=1.3,
            most_requests=pages(users) + 6,
        ),
        Scenario(
            f"What is wrong with a hub of {names:,} users, with the tokens of every user",
            names=(),
            before=some,
            contenders=(AUDIT_TOKENS, LEAST_READING_TOKENS),
            bare=BARE_TOKENS,
            most_time=1.3,
        ),
        *(
            Scenario(
                f"The role: a second run with {len(declared):,} users and {COURSES} groups, nothing"
                " to change",
                names=declared,
                before=declared,
                contenders=(ROLE, MODULES, MODULES_CHECKED),
                most_requests=pages(len(declared)) + 3,
                most_of_others=1.3,
            )
            for declared in dict.fromkeys((some, many))
        ),
    ]
