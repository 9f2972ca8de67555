# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the collection with other ways to do the same work, on a real JupyterHub, in one run."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from tests.benchmarks.arena import Arena, BenchmarkError, Measurement, add_hub_option
from tests.benchmarks.report import Result, report
from tests.benchmarks.scenarios import (
    EMPTY,
    IDLE,
    JH_CLIENT,
    OURS,
    URI_ONE,
    Contender,
    Scenario,
    scenarios,
)
from tests.hub import HUB_VERSIONS, Hub, HubError

QUICK = {"users": 1000, "names": 1000, "sample": 10, "rounds": 1}
FULL = {"users": 4000, "names": 1000, "sample": 50, "rounds": 3}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    add_hub_option(parser)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a short run: 1,000 users, one round; its times say little",
    )
    parser.add_argument(
        "--only",
        metavar="TEXT",
        default="",
        help="only the scenarios whose title holds this text, whatever its case",
    )
    for name, text in (
        ("users", "users of the large hub"),
        ("names", "names of the second run on the smaller hub"),
        ("sample", "names that uri is measured with in a loop; the rest is extrapolated"),
        ("rounds", "rounds, of which the medians are shown"),
    ):
        parser.add_argument(
            f"--{name}",
            type=int,
            metavar="N",
            help=f"{text} (default: {FULL[name]:,}, with --quick {QUICK[name]:,})",
        )
    args = parser.parse_args()
    for name, value in (QUICK if args.quick else FULL).items():
        if getattr(args, name) is None:
            setattr(args, name, value)
        if getattr(args, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if args.names > args.users:
        parser.error("--names must not be more than --users")
    return args


def rotated(contenders: Sequence[Contender], turn: int) -> Sequence[Contender]:
    """Return the contenders in a different order for each turn, so that none always runs while the
    machine is busier.
    """
    turn %= len(contenders)
    return [*contenders[turn:], *contenders[:turn]]


def measure(
    scenario: Scenario, arena: Arena, turn: int, sample: int
) -> dict[Contender, Measurement]:
    """Run all contenders of a scenario and the empty plays once."""
    taken = {}
    for contender in rotated((*IDLE, *scenario.everyone), turn):
        if contender in IDLE:
            names: Sequence[str] = ()
        else:
            arena.prepare(scenario.before, fresh=scenario.fresh)
            names = scenario.names[:sample] if contender.sampled else scenario.names
        taken[contender] = arena.run(contender, names)
        seconds, own, hub, requests, _steps = taken[contender]
        print(
            f"  {contender.label}: {seconds:.2f} s (processor: {own:.2f} s, hub {hub:.2f} s),"
            f" {requests} requests for {len(names)} names",
            file=sys.stderr,
            flush=True,
        )
    for contender in scenario.everyone:
        if contender.sampled and sample < len(scenario.names):
            taken[contender] = extrapolated(
                taken[contender], taken[EMPTY], len(scenario.names) / sample
            )
    return taken


def extrapolated(measured: Measurement, empty: Measurement, factor: float) -> Measurement:
    """Return an estimate for more names: the time of the empty play counts once, the rest grows in
    proportion.
    """
    return Measurement(
        empty.seconds + (measured.seconds - empty.seconds) * factor,
        empty.own + (measured.own - empty.own) * factor,
        empty.hub + (measured.hub - empty.hub) * factor,
        round(measured.requests * factor),
        extrapolated=True,
    )


def run(args: argparse.Namespace) -> list[Result]:
    """Run all rounds and return the measurements."""
    wanted = [
        one for one in scenarios(args.users, args.names) if args.only.lower() in one.title.lower()
    ]
    results = [Result(scenario) for scenario in wanted]
    with Hub(args.hub) as hub, tempfile.TemporaryDirectory(prefix="benchmarks-") as directory:
        arena = Arena(hub, pathlib.Path(directory))
        # The first round is not counted, because Python compiles imported modules then.
        for contender in (*IDLE, OURS, URI_ONE, JH_CLIENT):
            arena.prepare((), fresh=False)
            arena.run(contender, () if contender in IDLE else ("early-bird",))
        for number in range(args.rounds):
            for result in results:
                print(
                    f"round {number + 1} of {args.rounds}: {result.scenario.title}",
                    file=sys.stderr,
                    flush=True,
                )
                result.rounds.append(measure(result.scenario, arena, number, args.sample))
    return results


def surroundings(args: argparse.Namespace) -> str:
    """Return the facts that the figures depend on."""
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("ansible-core", "requests", "jh-client")
    )
    load, processors = os.getloadavg()[2], os.cpu_count() or 1
    text = (
        f"JupyterHub {HUB_VERSIONS[args.hub]}, {versions}, Python {platform.python_version()};"
        f" {processors} processors, load average {load:.1f}. Rounds: {args.rounds}; seconds and"
        " ratios are their medians."
    )
    # A contender, the hub and its proxy use between one and two processors.
    if load > min(processors, 2):
        text += (
            "\n\nOther work has kept this machine busy: trust the requests most, the processor time"
            " less, and the seconds least."
        )
    return text


def main() -> int:
    """Run the command line; return the exit status: 1 if a contender failed, or if the collection
    sent more requests than allowed.
    """
    args = arguments()
    try:
        results = run(args)
    except (BenchmarkError, HubError, OSError, subprocess.TimeoutExpired) as error:
        print(f"tests.benchmarks: {error}", file=sys.stderr)
        return 1
    print(f"# Benchmarks\n\n{surroundings(args)}\n\n{report(results, args.sample)}")
    return int(any(result.missed_requests() for result in results))


if __name__ == "__main__":
    sys.exit(main())
