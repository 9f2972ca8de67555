# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure how long 40 servers take to start: ``python -m tests.benchmarks.servers``.

The servers are the smallest possible processes. With ``--spawner inprocess`` they are coroutines of
the hub, which start at once. What remains are the requests, and above all the second or so that
Ansible needs to run any module.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence

from tests.benchmarks.__main__ import extrapolated, rotated
from tests.benchmarks.arena import Arena, BenchmarkError, Measurement, add_hub_option
from tests.benchmarks.report import Result, report
from tests.benchmarks.scenarios import EMPTY, HERE, IDLE, Contender, Scenario
from tests.hub import HUB_VERSIONS, Hub, HubError

OURS = Contender("**jupyterhub_server**", HERE / "plays" / "servers_module.yml")
URI = Contender("uri in a loop, with until", HERE / "plays" / "servers_uri.yml", sampled=True)
BARE = Contender("bare asyncio script, 20 at a time", HERE / "scripts" / "bare_servers.py")


def scenario(servers: int) -> Scenario:
    """Return the scenario."""
    names = tuple(f"student-{number:03}" for number in range(servers))
    return Scenario(
        f"Starting {servers} servers, and waiting for them",
        names=names,
        before=names,
        contenders=(OURS, URI, BARE),
        most_time=1.3,
    )


class ServerArena(Arena):
    """A hub whose users exist. Their servers are started and stopped again."""

    def reset(self) -> None:
        """Stop all servers."""
        for name, user in self.hub.users().items():
            if any(not server["stopped"] for server in user["servers"].values()):
                self.hub.expect("DELETE", f"/users/{name}/server")

    def run(self, contender: Contender, names: Sequence[str]) -> Measurement:
        """Measure one contender that is given these names; raise BenchmarkError if the running
        servers afterwards are not exactly theirs.
        """
        taken = super().run(contender, names)
        ready = {
            name
            for name, user in self.hub.users().items()
            if any(server["ready"] for server in user["servers"].values())
        }
        if ready != set(names):
            raise BenchmarkError(
                f"{contender.file.name} left {len(ready)} servers ready instead of {len(names)}"
            )
        return taken


def measure(
    work: Scenario, arena: ServerArena, turn: int, sample: int
) -> dict[Contender, Measurement]:
    """Run all contenders and the empty plays once."""
    taken = {}
    for contender in rotated((*IDLE, *work.contenders), turn):
        arena.reset()
        names = (
            () if contender in IDLE else work.names[:sample] if contender.sampled else work.names
        )
        taken[contender] = arena.run(contender, names)
        print(
            f"  {contender.label}: {taken[contender].seconds:.2f} s, {len(names)} servers",
            file=sys.stderr,
            flush=True,
        )
    if sample < len(work.names):
        taken[URI] = extrapolated(taken[URI], taken[EMPTY], len(work.names) / sample)
    return taken


def main() -> int:
    """Run the command line; return the exit status: 1 if a contender failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.servers", description=__doc__)
    add_hub_option(parser)
    parser.add_argument(
        "--spawner",
        choices=("stub", "inprocess"),
        default="stub",
        help="the kind of servers (default: stub)",
    )
    parser.add_argument("--servers", type=int, default=40, help="how many (default: 40)")
    parser.add_argument(
        "--sample",
        type=int,
        default=5,
        help="how many uri is measured with; the rest is extrapolated (default: 5)",
    )
    parser.add_argument(
        "--rounds", type=int, default=3, help="rounds, of which the medians are shown (default: 3)"
    )
    args = parser.parse_args()
    work = scenario(args.servers)
    result = Result(work)
    try:
        with (
            Hub(args.hub, spawner=args.spawner) as hub,
            tempfile.TemporaryDirectory(prefix="benchmarks-") as directory,
        ):
            arena = ServerArena(hub, pathlib.Path(directory))
            arena.prepare(work.before, fresh=False)
            # The first round is not counted, because Python compiles imported modules then.
            result.rounds = [
                measure(work, arena, turn, args.sample) for turn in range(args.rounds + 1)
            ][1:]
    except (BenchmarkError, HubError, OSError, subprocess.TimeoutExpired) as error:
        print(f"tests.benchmarks.servers: {error}", file=sys.stderr)
        return 1
    print(
        f"JupyterHub {HUB_VERSIONS[args.hub]}, servers of the kind"
        f" {args.spawner}\n\n{report([result], args.sample)}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
