# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Carries out a plan, step by step, and keeps the record of what was done."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
    Record,
    told_once,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Missing,
    Step,
    Unread,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._progress import note_progress
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

URI_TOO_LONG = 414
# What the hub answers when another client has just done the same: the old name of a rename is gone,
# or what is to be created is there.
OVERTAKEN = (404, 409)


class Traffic(t.Protocol):
    """What the engine has to know of the way to the hub."""

    # How many requests have changed something, or may have.
    effects: int

    def pause(self, attempt: int) -> bool:
        """Wait before work whose answer was lost is tried again; False when it was tried often
        enough.
        """


class Writer(t.Protocol):
    """What the adapter of a resource offers to carry out its steps."""

    def batch(self, steps: t.Sequence[Step]) -> int:
        """:returns: how many of the first steps one request serves, at least 1."""

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        """Do these steps.

        :returns: those that this task did; another client did the others in the meantime.
        :raises HubError: not all are done.
        """

    def look_up(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        """Only read. :returns: those of the steps whose effect is on the hub, read again."""
        return ()

    def clean_up(self, steps: t.Sequence[Step]) -> None:
        """Delete what an incomplete step has left behind, before it is done again. Most steps leave
        nothing behind.
        """
        return None  # noqa: RET501 (see finish)

    def needs(self) -> t.Iterable[Missing]:
        """:returns: what must exist on the machine of the module and may be missing; no request is
        sent.
        """
        return ()

    def as_done(self, step: Step) -> Step:
        """:returns: the step as it was really done, if the hub did something else than expected."""
        return step

    def returns(self) -> dict[str, object]:
        """:returns: further keys of the result, also of a failed task, at any point of the work."""
        return {}

    def leave_out(self, refused: t.Sequence[Unread]) -> None:
        """Take note of what is refused before the work begins. Most kinds need not know."""
        return None  # noqa: RET501 (see finish)

    def blamed(self, steps: t.Sequence[Step], error: HubError) -> t.Iterable[Step]:
        """:returns: those of the steps that the hub names as the cause of its refusal; none: it
        names none.
        """
        return ()

    def finish(self) -> None:
        """Wait for what is in progress without a step of this task. Most kinds have nothing to wait
        for.

        :raises HubError: it does not complete.
        """
        return None  # noqa: RET501 (left empty, mypy takes the method of a protocol for abstract)

    def unplanned(self) -> t.Iterable[Step]:
        """:returns: what was done without a plan, because it appeared on the hub later. Most kinds
        do only what is planned.
        """
        return ()

    def abandon(self) -> t.Iterable[tuple[Step, bool]]:
        """Undo what is useful only to a task that succeeds, because a failed task returns no
        secrets.

        :returns: the steps that are undone, and whether that is known for sure.
        """
        return ()


class RefusedItemsError(HubError):
    """Everything was done except what the hub refuses, and what depends on that.

    :param first: the first refusal.
    """

    first: HubError

    def __init__(self, record: Record, *, predicted: bool = False) -> None:
        """:param predicted: nothing was done yet, as in check mode."""
        failed = [*record.refused, *record.postponed]
        told = told_once(failed)
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
            message += f" Everything else {'would be' if predicted else 'was'} done."
        details = {
            key: first.details.get(key)
            for key in ("status", "method", "path", "hub_message", "hub_version")
        }
        super().__init__(message, rest_done=True, **details)
        self._fill(first=first)


def apply(writer: Writer, traffic: Traffic, record: Record) -> None:
    """Do all that is pending in the record.

    :raises RefusedItemsError: all is done except what the hub refuses, and what depends on that.
    :raises HubError: the first failure that ends the work; the record has what was done before it.
    """
    work = _Work(writer, traffic, record)
    try:
        while record.pending:
            size = writer.batch(record.pending)
            size = min(size, record.most.get(record.pending[0].kind, size))
            work.settle(record.pending[:size])
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
        record.unsure.extend(work.doubtful)


def delete_leftover(request: t.Callable[[], object]) -> bool | None:
    """Delete what was created and cannot be used by anyone.

    :returns: False when that failed. None when it is not known.
    """
    try:
        request()
    except AnswerLostError:
        return None
    except HubError:
        return False
    return True


class _Work:
    """The work on a record: one batch after the other, whatever the result of each."""

    def __init__(self, writer: Writer, traffic: Traffic, record: Record) -> None:
        self._writer = writer
        self._traffic = traffic
        self._record = record
        # Steps that were refused, and for which it is not known what the hub has done.
        self.doubtful: list[Step] = []

    def settle(self, batch: t.Sequence[Step]) -> None:
        """Do one batch; repeat it while only its answer was lost, and without what the hub refuses.

        :raises HubError: it cannot be done, and nothing else can be done either.
        """
        attempt = 0
        effects = self._traffic.effects
        while batch:
            self._record.unsure = list(batch)
            try:
                self._record.settle(batch, self._writer.write(batch), self._writer.as_done)
                return
            except AnswerLostError as error:
                batch = self._after_a_lost_answer(batch, attempt, error)
                attempt += 1
            except PartlyDoneError as error:
                self._after_a_part(batch, error)
                return
            except HubError as error:
                batch = self._after_a_refusal(batch, effects, error)
                effects = self._traffic.effects

    def _after_a_lost_answer(
        self, batch: t.Sequence[Step], attempt: int, error: AnswerLostError
    ) -> list[Step]:
        """:returns: the steps that are to be done again.

        :raises AnswerLostError: that was tried often enough.
        """
        # It would be refused again, however long the wait.
        again = error.turned_away is not None or self._traffic.pause(attempt)
        rest = self._look(batch, error)
        if rest and not again:
            # What cannot be seen yet is still unsure: the hub finishes what it has begun, however
            # long that takes.
            self._record.unsure = list(rest)
            raise error
        if error.too_large and len(rest) > 1:
            self._settle_smaller(rest)
            return []
        if error.turned_away is not None and rest:
            self._record.unsure = []
            self._record.refuse(rest[0], error.turned_away)
            return []
        return rest

    def _after_a_part(self, batch: t.Sequence[Step], error: PartlyDoneError) -> None:
        """:raises PartlyDoneError: some steps are neither done nor refused."""
        record = self._record
        record.settle([*error.done, *error.overtaken], error.done, self._writer.as_done)
        for step, why in error.refused:
            record.refuse(step, why)
        refused = (step for step, _why in error.refused)
        if set(batch) <= {*error.done, *error.overtaken, *refused, *record.blocked}:
            self.doubtful.extend(error.unsure)
            record.unsure = []
            return
        record.unsure = list(error.unsure)
        raise error

    def _after_a_refusal(
        self, batch: t.Sequence[Step], effects: int, error: HubError
    ) -> list[Step]:
        """:param effects: how many requests had changed something before this one.

        :returns: the steps that are to be done without what the hub has refused.
        :raises HubError: nothing else could be done either.
        """
        # One request that is refused has done nothing. But a bulk request may be done in part, and
        # another may have been done before.
        if self._traffic.effects > effects or (len(batch) > 1 and isinstance(error, ApiError)):
            batch = self._look(batch, error)
        self._record.unsure = []
        if not error.of_one_item:
            raise error
        blamed = self._blamed(batch, error)
        if batch and not blamed and error.too_large:
            self._settle_smaller(batch)
            return []
        if not blamed:
            self._settle_halves(batch)
            return []
        overtaken = self._overtaken(blamed, error)
        self._record.settle(overtaken, [], self._writer.as_done)
        for step in blamed:
            if step not in overtaken:
                self._record.refuse(step, error)
        rest = [step for step in batch if step not in overtaken]
        return self._record.still_pending(rest)

    def _overtaken(self, blamed: t.Sequence[Step], error: HubError) -> list[Step]:
        """:returns: the steps that are refused because another client has done the same since the
        plan was made.
        """
        if not blamed or not isinstance(error, ApiError) or error.status not in OVERTAKEN:
            return []
        try:
            found = set(self._writer.look_up(blamed))
        except HubError:
            return []
        return [step for step in blamed if step in found]

    def _blamed(self, batch: t.Sequence[Step], error: HubError) -> list[Step]:
        """:returns: the steps that are the cause of a refusal; empty: the cause is not known."""
        if len(batch) == 1:
            return list(batch)
        return [] if error.too_large else list(self._writer.blamed(batch, error))

    def _settle_halves(self, batch: t.Sequence[Step]) -> None:
        """Do a batch in two parts, so that a refusal stops fewer steps."""
        middle = (len(batch) + 1) // 2
        for half in (batch[:middle], batch[middle:]):
            self.settle(self._record.still_pending(half))

    def _settle_smaller(self, batch: t.Sequence[Step]) -> None:
        """Do a batch that is too large for one request in smaller ones, and no larger one after
        it.
        """
        most, kind, half = self._record.most, batch[0].kind, (len(batch) + 1) // 2
        most[kind] = min(half, most.get(kind, half))
        rest = batch
        while rest:
            piece, rest = rest[: most[kind]], rest[most[kind] :]
            self.settle(self._record.still_pending(piece))

    def _look(self, batch: t.Sequence[Step], error: HubError) -> list[Step]:
        """Read the result of a batch.

        :returns: the steps of it that are not done.
        :raises HubError: the given error, when that cannot be read.
        """
        try:
            found = set(self._writer.look_up(batch))
            rest = [step for step in batch if step not in found]
            self._writer.clean_up(rest)
        except HubError as unread:
            if len(batch) > 1 or not _too_long(error, unread):
                raise error from None
            found, rest = set(), list(batch)
        done = [step for step in batch if step in found]
        self._record.settle(done, found, self._writer.as_done)
        return rest


def _too_long(error: HubError, unread: HubError) -> bool:
    """Whether the address of one object is too long for a proxy, which then refuses every request
    to it, to write or to read.
    """
    return (
        isinstance(error, AnswerLostError)
        and error.lost_status == unread.details.get("status") == URI_TOO_LONG
    )
