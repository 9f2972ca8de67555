# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how time and memory grow with the number of users: ``python -m tests.benchmarks.load``.

For each size, on an empty hub: create the users, and groups of them, the largest of which has half
of the users; run both tasks again without a change, in check mode and in a real run; and prune half
of the users. Each is one module in a process of its own, without ansible-playbook.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tests.benchmarks.arena import TIMEOUT, BenchmarkError, add_hub_option, hub_cpu
from tests.benchmarks.report import table
from tests.hub import HUB_VERSIONS, Hub, HubError
from tests.running import ROOT

QUICK = (500, 1000)
FULL = (2500, 5000, 10000)
# One group for every this many users, and this many members in each group except the largest.
CLASS = 50
COLUMNS = (
    "work",
    "users",
    "seconds",
    "per 1,000",
    "CPU of the module",
    "per 1,000",
    "CPU of the hub",
    "per 1,000",
    "requests",
    "peak MB",
    "per 1,000",
)


class Load(NamedTuple):
    """The measurement of one run of a module.

    cpu, hub: seconds of processor time of the module's process, and of the hub and its proxy
        meanwhile.
    peak: the largest memory of the module's process, in MB.
    """

    seconds: float
    cpu: float
    hub: float
    requests: int
    peak: float


class Work(NamedTuple):
    """A task that is measured.

    title: its description for people.
    module: the module, and its options for this many names.
    changes: the number of changes that it has to report for this many names.
    """

    title: str
    module: str
    options: Callable[[Sequence[str]], dict[str, Any]]
    changes: Callable[[int], int]
    check: bool = False


def roster(names: Sequence[str]) -> dict[str, Any]:
    """Return the options for all users."""
    return {
        "users": [{"name": name, "admin": False} for name in names],
        "return_objects": "changed",
    }


def classes(names: Sequence[str]) -> dict[str, Any]:
    """Return the options for all groups."""
    members = [
        names[: len(names) // 2],
        *(names[start : start + CLASS] for start in range(CLASS, len(names), CLASS)),
    ]
    return {
        "groups": [
            {"name": f"class-{number}", "users": list(users), "properties": {"year": 2026}}
            for number, users in enumerate(members)
        ],
        "return_objects": "changed",
    }


def half(names: Sequence[str]) -> dict[str, Any]:
    """Return the options that declare the first half of the users, so that the other half is
    pruned.
    """
    return {**roster(names[: len(names) // 2]), "prune": True, "prune_limit": "100%"}


def written(_names: Sequence[str]) -> dict[str, Any]:
    """Return the options that export everything, in check mode without a file."""
    return {"dest": "/tmp/export.yml"}


def judged(_names: Sequence[str]) -> dict[str, Any]:
    """Return the options of an audit of users and groups."""
    return {"tokens": "none", "skip": ["SHR-*"], "policy": {"user_idle": "90d", "admins": []}}


def none(_count: int) -> int:
    """Return the number of changes of an audit, which is 0."""
    return 0


USER, GROUP, EXPORT = "jupyterhub_user", "jupyterhub_group", "jupyterhub_export"
AUDIT = "jupyterhub_audit"
WORKS = (
    Work("create users", USER, roster, lambda count: count),
    # Groups are created, and their properties set.
    Work("create groups", GROUP, classes, lambda count: 2 * (count // CLASS)),
    Work("audit users", USER, roster, none),
    Work("audit users, --check", USER, roster, none, check=True),
    Work("audit groups", GROUP, classes, none),
    Work("audit groups, --check", GROUP, classes, none, check=True),
    Work("export all, --check", EXPORT, written, none, check=True),
    Work("find what is wrong", AUDIT, judged, none),
    Work("prune half, --check", USER, half, lambda count: count - count // 2, check=True),
    Work("prune half of the users", USER, half, lambda count: count - count // 2),
)


def run(hub: Hub, work: Work, names: Sequence[str]) -> Load:
    """Measure one module; raise BenchmarkError if it has not done its work."""
    options = {
        "hub_url": hub.url,
        "api_token": hub.token,
        **work.options(names),
        "_ansible_check_mode": work.check,
    }
    mark, before = hub.mark(), hub_cpu(hub)
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.module", work.module],
        cwd=ROOT,
        env={
            name: value for name, value in os.environ.items() if not name.startswith("JUPYTERHUB_")
        },
        input=json.dumps(options),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    after = hub_cpu(hub)
    if done.returncode:
        raise BenchmarkError(
            f"{work.title} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}"
        )
    result, took = json.loads(done.stdout), json.loads(done.stderr.splitlines()[-1])
    requests = hub.requests(mark)
    expected = work.changes(len(names))
    # For an audit this counts findings.
    summary = {} if work.module == AUDIT else result.get("summary", {})
    told = sum(count for action, count in summary.items() if action not in ("unchanged", "add"))
    if told != expected or (
        (work.check or not expected) and any(request.method != "GET" for request in requests)
    ):
        raise BenchmarkError(
            f"{work.title} of {len(names)} names has told {told} changes and sent {len(requests)}"
            " requests"
        )
    return Load(took["seconds"], took["cpu"], after - before, len(requests), took["peak"])


def measure(hub: Hub, size: int) -> dict[Work, Load]:
    """Run all tasks with this many users; raise BenchmarkError if the hub does not have the
    result.
    """
    names = [f"student-{number:05}" for number in range(size)]
    hub.wipe()
    taken = {}
    for work in WORKS:
        taken[work] = run(hub, work, names)
        print(
            f"  {work.title}: {taken[work].seconds:.2f} s, {taken[work].peak:.0f} MB",
            file=sys.stderr,
            flush=True,
        )
        if work.title == "create groups":
            groups = {name: len(group["users"]) for name, group in hub.groups().items()}
            if (
                len(groups) != size // CLASS
                or groups["class-0"] != size // 2
                or set(groups.values()) - {size // 2} != {CLASS}
            ):
                raise BenchmarkError(f"{len(groups)} groups are not those that were declared")
    if sorted(hub.users()) != names[: size // 2]:
        raise BenchmarkError("others are left than those who were declared")
    return taken


def rows(results: dict[int, dict[Work, Load]], base: float) -> list[tuple[str, ...]]:
    """Return the table: for each task, one line for each size.

    base: the memory of a module that does nothing.
    """
    lines: list[tuple[str, ...]] = [COLUMNS]
    for work in WORKS:
        for size, taken in results.items():
            load, thousands = taken[work], size / 1000
            lines.append(
                (
                    work.title,
                    f"{size:,}",
                    *(
                        text
                        for figure in (load.seconds, load.cpu, load.hub)
                        for text in (f"{figure:.2f}", f"{figure / thousands:.2f}")
                    ),
                    f"{load.requests:,}",
                    f"{load.peak:.0f}",
                    f"{(load.peak - base) / thousands:.1f}",
                )
            )
    return lines


def main() -> int:
    """Run the command line; return the exit status: 1 if a module has not done its work."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    add_hub_option(parser)
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"small sizes: {', '.join(map(str, QUICK))}; their times say little",
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        metavar="N",
        help=f"numbers of users, multiples of {2 * CLASS} (default: {', '.join(map(str, FULL))})",
    )
    args = parser.parse_args()
    sizes = args.sizes or (QUICK if args.quick else FULL)
    if any(size < 4 * CLASS or size % (2 * CLASS) for size in sizes):
        parser.error(f"--sizes must be multiples of {2 * CLASS}, and more than one")
    results = {}
    try:
        with Hub(args.hub) as hub:
            base = run(hub, Work("nothing", USER, lambda _names: {"users": []}, none), ()).peak
            for size in sizes:
                print(f"{size:,} users", file=sys.stderr, flush=True)
                results[size] = measure(hub, size)
    except (BenchmarkError, HubError, OSError, subprocess.TimeoutExpired) as error:
        print(f"tests.benchmarks.load: {error}", file=sys.stderr)
        return 1
    print(
        f"JupyterHub {HUB_VERSIONS[args.hub]}, {os.cpu_count()} processors, load average"
        f" {os.getloadavg()[2]:.1f}."
    )
    print(
        f"A module that has nothing to do takes {base:.0f} MB, which are not in the last"
        f" column.\n\n{table(rows(results, base))}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
