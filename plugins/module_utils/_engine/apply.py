# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Carries out a plan, step by step, and keeps the record of what was done."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import Missing, Step
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    PartlyDoneError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._progress import note_progress
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed


class Traffic(t.Protocol):
    """What the engine has to know of the way to the hub."""

    # How many requests have changed something, or may have.
    effects: int

    def pause(self, attempt: int) -> bool:
        """Wait before work whose answer was lost is taken up again; False when it was taken up
        often enough.
        """


class Writer(t.Protocol):
    """What the adapter of a resource offers to carry out its steps."""

    def batch(self, steps: t.Sequence[Step]) -> int:
        """:returns: how many of the first steps one request serves, at least 1."""

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        """Do these steps.

        :returns: those that this task did; the others were done by somebody else meanwhile.
        :raises HubError: not all are done.
        """

    def look_up(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        """:returns: those of the steps whose effect is seen on the hub, read anew. It only looks.
        Who looks while writing sees none.
        """
        return ()

    def clean_up(self, steps: t.Sequence[Step]) -> None:
        """Delete what a step that is not in place has left behind, before it is done again. Most
        leave nothing behind.
        """
        return None  # noqa: RET501 (see finish)

    def needs(self) -> t.Iterable[Missing]:
        """:returns: what has to exist where the module runs, and may be missing there; no request
        is sent.
        """
        return ()

    def as_done(self, step: Step) -> Step:
        """:returns: the step as it was really done, where the hub has made something else of it
        than was expected.
        """
        return step

    def returns(self) -> dict[str, t.Any]:
        """:returns: further keys of the result, of a failed task as well, at whatever point the
        work is.
        """
        return {}

    def blamed(self, steps: t.Sequence[Step], error: HubError) -> t.Iterable[Step]:
        """:returns: those of the steps that the hub names as the cause of its refusal; none: it
        names none.
        """
        return ()

    def finish(self) -> None:
        """Wait for what is on its way without a step of this task. Most have nothing to wait for.

        :raises HubError: it does not arrive.
        """
        return None  # noqa: RET501 (left empty, mypy takes the method of a protocol for abstract)

    def unplanned(self) -> t.Iterable[Step]:
        """:returns: what was done without a plan, as it has turned up on the hub since. Most do
        only what is planned.
        """
        return ()

    def abandon(self) -> t.Iterable[tuple[Step, bool]]:
        """Take back what is of use only to a task that succeeds, as one that failed returns
        nothing.

        :returns: the steps that are undone, and whether that is known for sure.
        """
        return ()


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A step that the hub refuses for good, and in which words."""

    step: Step
    error: HubError

    @property
    def told(self) -> dict[str, t.Any]:
        """It as it is returned in ``refused``."""
        status, said = self.error.details.get("status"), self.error.details.get("hub_message")
        return {
            "kind": self.step.kind,
            "name": self.step.name,
            "status": status,
            "hub_message": said or self.error.message,
        }


@dataclasses.dataclass
class Record:
    """How far a plan has come. It is true at any moment, also when the work ends in the middle.

    :param pending: what is not done, without what is refused. :param unsure: those of the pending
    or refused steps that are being done, or of which nobody knows whether the hub has done them.
    :param refused: what the hub refuses for good, in the order met. :param postponed: what cannot
    be done now, and is not refused; these steps are blocked. :param overtaken: what somebody else
    did meanwhile. :param blocked: those of the pending steps that are not tried any more, as they
    depend on a refused one, or are postponed. :param most: how many steps of a kind a request may
    hold; a kind is in it once a request was too large.
    """

    done: list[Step] = dataclasses.field(default_factory=list)
    pending: list[Step] = dataclasses.field(default_factory=list)
    unsure: list[Step] = dataclasses.field(default_factory=list)
    refused: list[Refusal] = dataclasses.field(default_factory=list)
    postponed: list[Refusal] = dataclasses.field(default_factory=list)
    overtaken: list[Step] = dataclasses.field(default_factory=list)
    blocked: list[Step] = dataclasses.field(default_factory=list)
    most: dict[str, int] = dataclasses.field(default_factory=dict)

    @property
    def refusals(self) -> list[dict[str, t.Any]]:
        """What was refused as it is returned: several steps that one answer refuses in the same
        words are told once.
        """
        return _told(self.refused)

    def refuse(self, step: Step, error: HubError) -> None:
        """Take out a step that cannot be done, and set aside what depends on it.

        :param error: of one item: it is refused for good; else it is postponed.
        """
        if step not in self.pending:
            # It depends on another one that was refused just now.
            return
        (self.refused if error.of_one_item else self.postponed).append(Refusal(step, error))
        self.pending.remove(step)
        lost = [step]
        for other in self.pending:
            if any(other.depends_on(one) for one in lost):
                lost.append(other)
        aside = set(lost[1:])
        self.blocked.extend(lost[1:] if error.of_one_item else lost)
        self.pending = [other for other in self.pending if other not in aside]

    def still_pending(self, steps: t.Iterable[Step]) -> list[Step]:
        """:returns: those of the steps that are to be done."""
        pending = set(self.pending) if self.refused or self.postponed else None
        return [step for step in steps if pending is None or step in pending]

    def settle(
        self, settled: t.Sequence[Step], done: t.Iterable[Step], as_done: t.Callable[[Step], Step]
    ) -> None:
        """Note that steps need no further work.

        :param done: those of them that this task did.
        :param as_done: gives a step as it was really done.
        """
        own = set(done)
        self.done.extend(as_done(step) for step in settled if step in own)
        self.overtaken.extend(step for step in settled if step not in own)
        gone, ahead = set(settled), 0
        # They are among the first. To go through all that is pending after every request would take
        # ever longer, the more there is.
        while gone and ahead < len(self.pending):
            if self.pending[ahead] in gone:
                gone.remove(self.pending.pop(ahead))
            else:
                ahead += 1
        self.unsure = []


def _told(refusals: t.Iterable[Refusal]) -> list[dict[str, t.Any]]:
    told: list[dict[str, t.Any]] = []
    for refusal in refusals:
        if refusal.told not in told:
            told.append(refusal.told)
    return told


class RefusedItemsError(HubError):
    """All was done but what the hub refuses, and what depends on that."""

    def __init__(self, record: Record) -> None:
        failed = [*record.refused, *record.postponed]
        told = _told(failed)
        first, count = failed[0].error, len(told)
        others = len(record.blocked) - len(record.postponed)
        total = len(failed) + len(record.done) + others
        if count == 1:
            message = first.message
        else:
            names = [
                f"{one['kind']} {one['name']} ({one['hub_message'].rstrip('.')})" for one in told
            ]
            message = (
                f"{len(failed)} of {total} changes"
                f" {'failed' if record.postponed else 'were refused'}: {listed(names)}."
            )
        if others:
            message += (
                f" {others} more depend on {'it' if count == 1 else 'these'} and were not tried."
            )
        if record.done:
            message += " Everything else was done."
        details = {
            key: first.details.get(key)
            for key in ("status", "method", "path", "hub_message", "hub_version")
        }
        super().__init__(message, **details)


def apply(writer: Writer, traffic: Traffic, record: Record) -> None:
    """Do all that is pending in the record.

    :raises RefusedItemsError: all is done but what the hub refuses, and what depends on that.
    :raises HubError: the first failure that ends the work; the record tells what was done before
    it.
    """
    doubtful: list[Step] = []
    try:
        while record.pending:
            size = writer.batch(record.pending)
            batch = record.pending[: min(size, record.most.get(record.pending[0].kind, size))]
            _settle(batch, writer, traffic, record, doubtful)
            if record.done:
                kind = record.done[-1].kind.replace("_", " ")
                note_progress(
                    f"changes, {kind}s last",
                    len(record.done),
                    len(record.done) + len(record.pending),
                )
        writer.finish()
        if record.refused or record.postponed:
            raise RefusedItemsError(record)
    except HubError:
        undone = dict(writer.abandon())
        record.done = [step for step in record.done if step not in undone]
        record.pending = [*undone, *record.pending]
        record.unsure.extend(step for step, sure in undone.items() if not sure)
        raise
    finally:
        record.done.extend(writer.unplanned())
        # What depends on a refused step is planned, and not done.
        record.pending = [*record.blocked, *record.pending]
        record.unsure.extend(doubtful)


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


def _settle(
    batch: t.Sequence[Step], writer: Writer, traffic: Traffic, record: Record, doubtful: list[Step]
) -> None:
    """Do one batch; take it up again as long as only its answer was lost, and without what the hub
    refuses.

    :raises HubError: it cannot be done, and nor could anything else.
    """
    attempt = 0
    effects = traffic.effects
    while batch:
        record.unsure = list(batch)
        try:
            record.settle(batch, writer.write(batch), writer.as_done)
            return
        except AnswerLostError as error:
            # It would be turned away again, however long the wait.
            again = error.turned_away is not None or traffic.pause(attempt)
            attempt += 1
            batch = _look(batch, writer, record, error)
            if batch and not again:
                # What is not to be seen yet is unsure all the same: the hub finishes what it has
                # begun, however long that takes.
                record.unsure = list(batch)
                raise
            if error.too_large and len(batch) > 1:
                _settle_smaller(batch, writer, traffic, record, doubtful)
                return
            if error.turned_away is not None and batch:
                record.unsure = []
                record.refuse(batch[0], error.turned_away)
                return
        except PartlyDoneError as error:
            record.settle([*error.done, *error.overtaken], error.done, writer.as_done)
            for step, why in error.refused:
                record.refuse(step, why)
            if set(batch) <= {
                *error.done,
                *error.overtaken,
                *(step for step, _why in error.refused),
                *record.blocked,
            }:
                doubtful.extend(error.unsure)
                record.unsure = []
                return
            record.unsure = list(error.unsure)
            raise
        except HubError as error:
            # One request that is refused has done nothing. But a bulk request may be done in part,
            # and another may have been done before.
            if traffic.effects > effects or (len(batch) > 1 and isinstance(error, ApiError)):
                batch = _look(batch, writer, record, error)
            record.unsure = []
            if not error.of_one_item:
                raise
            blamed = (
                list(batch)
                if len(batch) == 1
                else []
                if error.too_large
                else list(writer.blamed(batch, error))
            )
            if batch and not blamed and error.too_large:
                _settle_smaller(batch, writer, traffic, record, doubtful)
                return
            if not blamed:
                _settle_halves(batch, writer, traffic, record, doubtful)
                return
            for step in blamed:
                record.refuse(step, error)
            batch = record.still_pending(batch)
            effects = traffic.effects


def _settle_halves(
    batch: t.Sequence[Step], writer: Writer, traffic: Traffic, record: Record, doubtful: list[Step]
) -> None:
    """Do a batch in two parts, so that what is refused stops less."""
    middle = (len(batch) + 1) // 2
    for half in (batch[:middle], batch[middle:]):
        _settle(record.still_pending(half), writer, traffic, record, doubtful)


def _settle_smaller(
    batch: t.Sequence[Step], writer: Writer, traffic: Traffic, record: Record, doubtful: list[Step]
) -> None:
    """Do a batch that is too large for one request in smaller ones, and no larger one after it."""
    kind, half, rest = batch[0].kind, (len(batch) + 1) // 2, batch
    record.most[kind] = min(half, record.most.get(kind, half))
    while rest:
        piece, rest = rest[: record.most[kind]], rest[record.most[kind] :]
        _settle(record.still_pending(piece), writer, traffic, record, doubtful)


def _look(batch: t.Sequence[Step], writer: Writer, record: Record, error: HubError) -> list[Step]:
    """Read what has become of a batch.

    :returns: the steps of it that are not done.
    :raises HubError: the given error, when that cannot be read.
    """
    try:
        found = set(writer.look_up(batch))
        rest = [step for step in batch if step not in found]
        writer.clean_up(rest)
    except HubError:
        raise error from None
    record.settle([step for step in batch if step in found], found, writer.as_done)
    return rest
