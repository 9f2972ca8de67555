# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Carries out a plan, step by step, and keeps the record of what was done."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import AnswerLostError, ApiError, HubError, PartlyDoneError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._progress import note_progress


class Traffic(t.Protocol):
    """What the engine has to know of the way to the hub."""

    # How many requests have changed something, or may have.
    effects: int

    def pause(self, attempt: int) -> bool:
        """Wait before work whose answer was lost is taken up again; False when it was taken up often enough."""


class Writer(t.Protocol):
    """What the adapter of a resource offers to carry out its steps."""

    def batch(self, steps: t.Sequence[Step]) -> int:
        """:returns: how many of the first steps one request serves, at least 1."""

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        """Do these steps.

        :returns: those that this task did; the others were done by somebody else meanwhile.
        :raises HubError: not all are done.
        """

    def in_place(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        """:returns: those of the steps whose effect is seen on the hub, read anew."""

    def finish(self) -> None:
        """Wait for what is on its way without a step of this task. Most have nothing to wait for.

        :raises HubError: it does not arrive.
        """
        return None  # noqa: RET501 (left empty, mypy takes the method of a protocol for abstract)

    def abandon(self) -> t.Iterable[tuple[Step, bool]]:
        """Take back what is of use only to a task that succeeds, as one that failed returns nothing.

        :returns: the steps that are undone, and whether that is known for sure.
        """
        return ()


@dataclasses.dataclass
class Record:
    """How far a plan has come. It is true at any moment, also when the work ends in the middle.

    :param unsure: those of the pending steps that are being done, or of which nobody knows whether the hub has done them.
    """

    done: list[Step] = dataclasses.field(default_factory=list)
    pending: list[Step] = dataclasses.field(default_factory=list)
    unsure: list[Step] = dataclasses.field(default_factory=list)


def apply(writer: Writer, traffic: Traffic, record: Record) -> None:
    """Do all that is pending in the record.

    :raises HubError: the first failure; the record tells what was done before it.
    """
    try:
        while record.pending:
            _settle(record.pending[: writer.batch(record.pending)], writer, traffic, record)
            if record.done:
                kind = record.done[-1].kind.replace("_", " ")
                note_progress(f"changes, {kind}s last", len(record.done), len(record.done) + len(record.pending))
        writer.finish()
    except HubError:
        undone = dict(writer.abandon())
        record.done = [step for step in record.done if step not in undone]
        record.pending = [*undone, *record.pending]
        record.unsure.extend(step for step, sure in undone.items() if not sure)
        raise


def take_back(request: t.Callable[[], object]) -> bool | None:
    """Delete what was made and nobody will have.

    :returns: False when that failed. None when nobody knows.
    """
    try:
        request()
    except AnswerLostError:
        return None
    except HubError:
        return False
    return True


def _settle(batch: t.Sequence[Step], writer: Writer, traffic: Traffic, record: Record) -> None:
    """Do one batch, and take it up again as long as only its answer was lost.

    :raises HubError: it cannot be done.
    """
    attempt = 0
    effects = traffic.effects
    while True:
        record.unsure = list(batch)
        try:
            _enter(record, batch, writer.write(batch))
            return
        except AnswerLostError as error:
            again = traffic.pause(attempt)
            attempt += 1
            batch = _look(batch, writer, record, error)
            if not batch:
                return
            if not again:
                # What is not to be seen yet is unsure all the same: the hub finishes what it has begun, however long that takes.
                record.unsure = list(batch)
                raise
        except PartlyDoneError as error:
            _enter(record, error.done, error.done)
            record.unsure = list(error.unsure)
            raise
        except HubError as error:
            # One request that is refused has done nothing. But a bulk request may be done in part, and another may have been done before.
            if traffic.effects > effects or (len(batch) > 1 and isinstance(error, ApiError)):
                _look(batch, writer, record, error)
            record.unsure = []
            raise


def _look(batch: t.Sequence[Step], writer: Writer, record: Record, error: HubError) -> t.Sequence[Step]:
    """Read what has become of a batch.

    :returns: the steps of it that are not done.
    :raises HubError: the given error, when that cannot be read.
    """
    try:
        found = set(writer.in_place(batch))
    except HubError:
        raise error from None
    _enter(record, [step for step in batch if step in found], found)
    return [step for step in batch if step not in found]


def _enter(record: Record, settled: t.Sequence[Step], done: t.Iterable[Step]) -> None:
    own = set(done)
    record.done.extend(step for step in settled if step in own)
    gone, ahead = set(settled), 0
    # They are among the first. To go through all that is pending after every request would take ever longer, the more there is.
    while gone and ahead < len(record.pending):
        if record.pending[ahead] in gone:
            gone.remove(record.pending.pop(ahead))
        else:
            ahead += 1
    record.unsure = []
