# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run slices of the test suite, and report at the end which of them passed, failed and were
skipped, and why.

``python -m tests.tools.run_slices`` runs all, two at a time; ``... lint unit`` runs these, one
after the other; ``--long`` runs all tests in full length on every hub, which takes hours. Every
slice also writes its output to ``.cache/logs/SLICE.log``. It counts as failed if any of its steps
fails or has tested nothing.
"""

from __future__ import annotations

import concurrent.futures
import datetime
import os
import sys
import time

from tests.tools.slice import Failed, Outcome, Skipped, Slice
from tests.tools.slices import LONG, ON_DEMAND, SLICES

MANY_COLUMNS = 300


def run_one(name: str, *, beside: bool = False) -> Outcome:
    """Run one slice and return its outcome."""
    started = time.monotonic()
    run = Slice(name, beside=beside)
    work = {**SLICES, **ON_DEMAND}[name]
    run.say(f"=== {name}: {work.__doc__}")
    result, why = "passed", ""
    try:
        work(run)
        run.end()
    except Skipped as reason:
        result, why = "skipped", str(reason)
    except (Failed, SystemExit) as reason:
        result, why = "failed", str(reason)
    return Outcome(name, result, why, time.monotonic() - started, run.left_out, run.told)


def run_all() -> list[Outcome]:
    """Run all slices, with today's share of the tests, and return their outcomes."""
    if not os.environ.get("TEST_LONG"):
        os.environ.setdefault("TEST_DAY", str(datetime.date.today().toordinal()))
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda name: run_one(name, beside=True), SLICES))


def main(names: list[str]) -> int:
    """Run these slices, or all; print the summary; return 1 if one has failed."""
    if "--long" in names:
        # Variables that are already set are kept, so that a person can choose other values.
        for variable, value in LONG.items():
            os.environ.setdefault(variable, value)
        names = [name for name in names if name != "--long"]
    unknown = [name for name in names if name not in {**SLICES, **ON_DEMAND}]
    if unknown:
        print(f"no such slice: {', '.join(unknown)}; there are {', '.join([*SLICES, *ON_DEMAND])}")
        return 2
    outcomes = [run_one(name) for name in names] if names else run_all()
    print("\n=== summary")
    for outcome in outcomes:
        why = f" ({outcome.why})" if outcome.why else ""
        print(f"{outcome.slice}: {outcome.result}{why}, {outcome.seconds:.0f} s")
        for failure in outcome.failures:
            print(f"  {failure[:MANY_COLUMNS]}")
        for what in outcome.left_out:
            print(f"  left out: {what}")
    count = {
        result: sum(outcome.result == result for outcome in outcomes)
        for result in ("passed", "failed", "skipped")
    }
    print(", ".join(f"{number} {result}" for result, number in count.items()))
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
