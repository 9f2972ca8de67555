# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Report the measurements: a table for each scenario, and the targets with the measured values."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from statistics import median

from tests.benchmarks.arena import Measurement
from tests.benchmarks.scenarios import EMPTY, IDLE, LEAST_WORK, PING, Contender, Scenario

COLUMNS = ("way", "seconds", "from - to", "time : ours", "CPU seconds", "of the hub", "requests")


@dataclasses.dataclass
class Result:
    """The measurements of one scenario: for every contender, one per round."""

    scenario: Scenario
    rounds: list[dict[Contender, Measurement]] = dataclasses.field(default_factory=list)

    def ratio(self, one: Contender, *others: Contender) -> float:
        """Return the seconds of one contender as a multiple of the sum of others: the median of the
        rounds.
        """
        return median(
            taken[one].seconds / sum(taken[other].seconds for other in others)
            for taken in self.rounds
        )

    def cpu_ratio(self, one: Contender, *others: Contender) -> float:
        """Return the same for the processor time of contender and hub, which depends less on other
        work of the machine.
        """

        def used(taken: Measurement) -> float:
            return taken.own + taken.hub

        return median(
            used(taken[one]) / sum(used(taken[other]) for other in others) for taken in self.rounds
        )

    def fastest_bare(self) -> Contender:
        """Return the bare script that took the fewest seconds."""
        return min(
            self.scenario.bare, key=lambda one: median(taken[one].seconds for taken in self.rounds)
        )

    def requests(self, contender: Contender) -> float:
        """Return the largest number of requests of a contender in any round."""
        return max(taken[contender].requests for taken in self.rounds)

    def targets(self) -> Iterator[tuple[str, str, bool, bool]]:
        """Yield for every target a sentence, the measured value, whether it is reached, and whether
        it is about time.
        """
        ours, *others = self.scenario.contenders
        most_time, most_requests = self.scenario.most_time, self.scenario.most_requests
        if most_time is not None:
            bare = self.fastest_bare()
            reached = self.ratio(ours, bare, EMPTY)
            told = (
                f"{reached:.2f} x (by processor time {self.cpu_ratio(ours, bare, EMPTY):.2f} x; "
                f"beside a play that runs a module at all, {self.ratio(ours, bare, PING):.2f} x)"
            )
            for floor in (one for one in others if one in LEAST_WORK):
                told += (
                    f"; the {floor.label} comes to {self.ratio(floor, bare, EMPTY):.2f} x, and ours"
                    f" to {self.ratio(ours, floor):.2f} x of it"
                )
            yield (
                f"at most {most_time:.2f} x ({bare.label} + empty play)",
                told,
                reached <= most_time,
                True,
            )
        most = self.scenario.most_of_others
        if most is not None:
            for other in others:
                reached = self.ratio(ours, other)
                told = f"{reached:.2f} x (by processor time {self.cpu_ratio(ours, other):.2f} x)"
                yield f"at most {most:.2f} x {other.label}", told, reached <= most, True
        if most_requests is not None:
            count = self.requests(ours)
            yield f"at most {most_requests} requests", f"{count:.0f}", count <= most_requests, False

    def missed_requests(self) -> bool:
        """Return whether a target for requests is missed. Unlike times, numbers of requests do not
        vary with the machine.
        """
        return any(not met and not timed for _target, _reached, met, timed in self.targets())

    def row(self, contender: Contender) -> tuple[str, ...]:
        """Return a contender's row of the table."""
        taken = [one[contender] for one in self.rounds]
        seconds = [one.seconds for one in taken]
        about = "~" if taken[0].extrapolated else ""
        return (
            contender.label,
            f"{about}{median(seconds):,.2f}",
            f"{min(seconds):,.2f} - {max(seconds):,.2f}",
            f"{about}{self.ratio(contender, self.scenario.contenders[0]):.2f}",
            f"{about}{median(one.own for one in taken):,.2f}",
            f"{about}{median(one.hub for one in taken):,.2f}",
            f"{about}{self.requests(contender):,.0f}",
        )


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown that is aligned for reading; its first column is text, the others
    are numbers.
    """
    widths = [max(map(len, column)) for column in zip(*rows)]
    aligned = [[row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])] for row in rows]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (aligned[0], rule, *aligned[1:]))


def report(results: Sequence[Result], sample: int) -> str:
    """Return all tables, and the targets."""
    parts = []
    for result in results:
        contenders = (*result.scenario.everyone, *IDLE)
        parts.append(
            f"## {result.scenario.title}\n\n{table([COLUMNS, *map(result.row, contenders)])}"
        )
        parts.extend(
            f"Target: {target}. Reached: {reached}, {'met' if met else 'missed'}."
            for target, reached, met, _timed in result.targets()
        )
        if any(taken.extrapolated for taken in result.rounds[0].values()):
            parts.append(
                f"~ was measured with {sample} names and extrapolated in proportion: "
                f"empty play + (measured - empty play) x {len(result.scenario.names):,} / {sample}."
            )
    return "\n\n".join(parts)
