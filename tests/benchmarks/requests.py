# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The number of requests that each module may send for usual work, and how many of them were added
to repair a fault. ``python -m tests.benchmarks.requests`` measures it, and so does
``tests/live/test_requests.py``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.benchmarks.arena import add_hub_option
from tests.benchmarks.report import table
from tests.hub import Hub
from tests.running import link_collection, run_module

# Two whole pages of the hub.
PEOPLE = tuple(f"student-{number:03}" for number in range(400))
USERS = [{"name": name} for name in PEOPLE]
COURSES = [{"name": f"course-{number}", "users": PEOPLE[number::10]} for number in range(10)]
FEW = PEOPLE[:5]


class Work(NamedTuple):
    """A task.

    :param most: the number of requests that it may send.
    :param repairs: how many of these were added with the repair of a fault.
    :param why: the fault, and how the requests repair it.
    """

    title: str
    module: str
    options: Mapping[str, Any]
    most: int
    repairs: int = 0
    why: str = ""


PAGES = (
    "Between two pages, somebody may be deleted, and the rest moves up: each page begins with the"
    " last row of the one before, so that none is missed."
)
# Each task prepares the next one. Servers that start or stop are left out, because the number of
# polls depends on how long they take (see ``tests/live/test_servers_many.py``).
WORK = (
    Work("create 400 users", "user", {"users": USERS}, 6),
    Work("the same users again", "user", {"users": USERS}, 3, 1, PAGES),
    Work("one user who is there", "user", {"name": PEOPLE[0]}, 1),
    Work("one new user", "user", {"name": "new"}, 3),
    Work("make a user an admin", "user", {"name": "new", "admin": True}, 3),
    Work("rename a user", "user", {"name": "newer", "rename_from": "new"}, 4),
    Work(
        "delete a user",
        "user",
        {"name": "newer", "state": "absent"},
        4,
        1,
        "Some spawners delete the files of a user with the user: what the hub runs is read, to warn"
        " of that.",
    ),
    Work("create 10 groups of 40", "group", {"groups": COURSES}, 15, 1, PAGES),
    Work("the same groups again", "group", {"groups": COURSES}, 2),
    Work("one group more", "group", {"name": "extra"}, 3),
    Work("prune one group", "group", {"groups": COURSES, "prune": True}, 3),
    Work("share a server", "share", {"owner": FEW[0], "users": [FEW[1]]}, 5),
    Work("the same share again", "share", {"owner": FEW[0], "users": [FEW[1]]}, 2),
    Work("create a service", "service", {"name": "extra", "url": "http://127.0.0.1:9"}, 3),
    Work("the same service again", "service", {"name": "extra", "url": "http://127.0.0.1:9"}, 1),
    Work(
        "create a token",
        "token",
        {"user": FEW[0], "note": "n", "dest": "{dest}"},
        4,
        1,
        "The answer that holds a secret may come from something else than the hub: the new secret"
        " is tried before an old token is revoked, and before it counts as made.",
    ),
    Work("the same token again", "token", {"user": FEW[0], "note": "n", "dest": "{dest}"}, 2),
    Work("check users and groups", "preflight", {"users": USERS, "groups": COURSES}, 1),
    Work("read users and groups", "info", {"gather": ["users", "groups"]}, 5, 1, PAGES),
    Work("export users and groups", "export", {"include": ["users", "groups"]}, 6, 1, PAGES),
    Work(
        "audit without tokens and shares",
        "audit",
        {"tokens": "none", "skip": ["SHR-*"]},
        9,
        1,
        PAGES,
    ),
    Work(
        "prune 10 of 400 users",
        "user",
        {"users": USERS[:390], "prune": True, "prune_limit": 20},
        26,
        13,
        PAGES
        + " Somebody may start a server or become an admin after the list was read: each of the 10"
        " is read once more right before it is deleted. The groups are read for roles that protect"
        " their members, and what the hub runs for files that go with a user.",
    ),
    Work(
        "take one person's access away",
        "offboard",
        {"user": FEW[0]},
        24,
        1,
        "The hub may take the name of a member for another user: each group is read before somebody"
        " is removed from it, so that the other one can be restored.",
    ),
)


def measured(hub: Hub, dest: str) -> Iterator[tuple[Work, int]]:
    """Yield each task with the number of its requests.

    :param hub: an empty hub.
    :param dest: a file for a secret.
    :raises RuntimeError: a task has failed.
    """
    for work in WORK:
        options = {key: dest if value == "{dest}" else value for key, value in work.options.items()}
        mark = hub.mark()
        result = run_module(
            f"jupyterhub_{work.module}",
            {"hub_url": hub.url, "api_token": hub.token, **options},
        )
        if result["failed"]:
            raise RuntimeError(f"{work.title}: {result['msg']}")
        yield work, len(hub.requests(mark))


def main() -> int:
    """Run the command line; return the exit status: 1 if a task has sent too many requests."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.requests", description=__doc__
    )
    add_hub_option(parser)
    sys.path.insert(0, str(link_collection()))
    with Hub(parser.parse_args().hub) as hub, tempfile.TemporaryDirectory() as folder:
        found = list(measured(hub, f"{folder}/secret"))
    rows = [
        ("work", "requests", "allowed", "of these, for the repair of a fault"),
        *((work.title, str(sent), str(work.most), str(work.repairs)) for work, sent in found),
    ]
    reasons: dict[str, list[str]] = {}
    for work in WORK:
        if work.why:
            reasons.setdefault(work.why, []).append(work.title)
    print(table(rows))
    for why, titles in reasons.items():
        print(f"\n- {', '.join(titles)}: {why}")
    return int(any(sent > work.most for work, sent in found))


if __name__ == "__main__":
    sys.exit(main())
