# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how long 40 servers take to start: ``python -m tests.benchmarks.servers``.

The servers are coroutines of the hub, which start at once: what is measured is the way there and not the servers.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from statistics import median

from tests.benchmarks.arena import Arena, BenchmarkError, Measurement
from tests.benchmarks.report import table
from tests.benchmarks.scenarios import EMPTY, HERE, Contender
from tests.hub import HUB_VERSIONS, Hub, HubError

OURS = Contender("**jupyterhub_server**", HERE / "plays" / "servers_module.yml")
URI = Contender("uri in a loop, with until", HERE / "plays" / "servers_uri.yml", sampled=True)
BARE = Contender("bare script, 20 threads", HERE / "scripts" / "bare_servers.py")
CONTENDERS = (OURS, URI, BARE)
MOST_TIME = 1.3


class ServerArena(Arena):
    """A hub whose users are there, and whose servers are started and stopped again."""

    def reset(self) -> None:
        """Stop all servers."""
        for name, user in self.hub.users().items():
            if any(not server["stopped"] for server in user["servers"].values()):
                self.hub.expect("DELETE", f"/users/{name}/server")

    def run(self, contender: Contender, names: Sequence[str]) -> Measurement:
        """Measure one contender that is given these names; BenchmarkError if not just their servers are ready afterwards."""
        taken = super().run(contender, names)
        ready = {name for name, user in self.hub.users().items() if any(server["ready"] for server in user["servers"].values())}
        if ready != set(names):
            raise BenchmarkError(f"{contender.file.name} left {len(ready)} servers ready instead of {len(names)}")
        return taken


def main() -> int:
    """Run the command line; return the exit status: 1 when a contender failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.servers", description=__doc__)
    parser.add_argument("--hub", choices=sorted(HUB_VERSIONS), default="6", help="the series of JupyterHub (default: 6)")
    parser.add_argument("--servers", type=int, default=40, help="how many (default: 40)")
    parser.add_argument("--sample", type=int, default=5, help="how many uri is measured with; the rest is extrapolated (default: 5)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, of which the medians are shown (default: 3)")
    args = parser.parse_args()
    names = tuple(f"student-{number:03}" for number in range(args.servers))
    rounds: list[dict[Contender, Measurement]] = []
    try:
        with Hub(args.hub) as hub, tempfile.TemporaryDirectory(prefix="benchmarks-") as directory:
            arena = ServerArena(hub, pathlib.Path(directory))
            arena.prepare(names, fresh=False)
            # The first round is not counted: Python compiles what it imports for the first time.
            for number in range(args.rounds + 1):
                taken = {}
                for contender in (EMPTY, *CONTENDERS):
                    arena.reset()
                    given = () if contender is EMPTY else names[: args.sample] if contender.sampled else names
                    taken[contender] = arena.run(contender, given)
                    print(f"  {contender.label}: {taken[contender].seconds:.2f} s, {len(given)} servers", file=sys.stderr, flush=True)
                if number:
                    rounds.append(taken)
    except (BenchmarkError, HubError, OSError, subprocess.TimeoutExpired) as error:
        print(f"tests.benchmarks.servers: {error}", file=sys.stderr)
        return 1
    print(report(rounds, args.servers, args.sample, HUB_VERSIONS[args.hub]))
    return 0


def report(rounds: Sequence[dict[Contender, Measurement]], servers: int, sample: int, version: str) -> str:
    """Tell what was measured, and the target beside what was reached."""
    factor = servers / sample
    rows = [("way", "seconds", "from - to", "CPU seconds", "requests")]
    for contender in (*CONTENDERS, EMPTY):
        taken = [one[contender] for one in rounds]
        about = ""
        if contender.sampled and sample < servers:
            about = "~"
            taken = [
                Measurement(
                    one[EMPTY].seconds + (one[contender].seconds - one[EMPTY].seconds) * factor,
                    one[EMPTY].cpu + (one[contender].cpu - one[EMPTY].cpu) * factor,
                    round(one[contender].requests * factor),
                    extrapolated=True,
                )
                for one in rounds
            ]
        seconds = [one.seconds for one in taken]
        cpu = median(one.cpu for one in taken)
        requests = max(one.requests for one in taken)
        rows.append((contender.label, f"{about}{median(seconds):.2f}", f"{min(seconds):.2f} - {max(seconds):.2f}", f"{about}{cpu:.2f}", f"{about}{requests}"))
    reached = median(one[OURS].seconds / (one[BARE].seconds + one[EMPTY].seconds) for one in rounds)
    return (
        f"## Starting {servers} servers on JupyterHub {version}\n\n{table(rows)}\n\n"
        f"Target: at most {MOST_TIME:.2f} x (bare script + empty play). Reached: {reached:.2f} x, {'met' if reached <= MOST_TIME else 'missed'}.\n\n"
        f"~ was measured with {sample} servers and extrapolated in proportion: empty play + (measured - empty play) x {servers} / {sample}."
    )


if __name__ == "__main__":
    sys.exit(main())
