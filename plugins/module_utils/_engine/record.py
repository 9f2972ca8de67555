# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""How far a plan has come."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Kind,
    Step,
    Unread,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError, ItemError


class PartlyDoneError(HubError):
    """Some of many steps failed; each was carried out as far as possible.

    :param done: the steps that are done.
    :param unsure: those of which it is not known whether they are done.
    :param refused: those that cannot be done, and why: permanently, or (if the error is not of one
    item) for now. If everything that is not done is among them, the work goes on.
    :param overtaken: those that another client did in the meantime.
    """

    done: t.Sequence[Step]
    unsure: t.Sequence[Step]
    refused: t.Sequence[tuple[Step, HubError]]
    overtaken: t.Sequence[Step]

    def __init__(
        self,
        message: str,
        *,
        done: t.Sequence[Step],
        unsure: t.Sequence[Step] = (),
        refused: t.Sequence[tuple[Step, HubError]] = (),
        overtaken: t.Sequence[Step] = (),
        **details: object,
    ) -> None:
        super().__init__(message, **details)
        self._fill(done=done, unsure=unsure, refused=refused, overtaken=overtaken)


class Refused(t.TypedDict):
    """What the hub has refused, as it is returned in ``refused``."""

    kind: Kind
    name: str
    status: object
    hub_message: str


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A step that the hub refuses permanently, and the hub's message."""

    step: Step
    error: HubError

    @property
    def told(self) -> Refused:
        """It as it is returned in ``refused``."""
        status, said = self.error.details.get("status"), self.error.details.get("hub_message")
        brief = self.error.brief if isinstance(self.error, ItemError) else None
        return {
            "kind": self.step.kind,
            "name": self.step.name,
            "status": status,
            "hub_message": str(said or brief or self.error.message),
        }


@dataclasses.dataclass
class Record:
    """How far a plan has been carried out. It is correct at any moment, also when the work ends in
    the middle.

    :param pending: what is not done, without what is refused.
    :param unsure: those of the pending or refused steps that are being done, or of which it is not
    known whether the hub has done them.
    :param refused: what the hub refuses permanently, in order.
    :param postponed: what cannot be done now, and is not refused; these steps are blocked.
    :param overtaken: what another client did in the meantime.
    :param blocked: those of the pending steps that are no longer tried, because they depend on a
    refused one or are postponed.
    :param most: how many steps of a kind a request may hold; a kind is in it once a request was too
    large.
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
    def refusals(self) -> list[Refused]:
        """What was refused as it is returned: several steps that one answer refuses with the same
        message are returned once.
        """
        return told_once(self.refused)

    def refuse(self, step: Step, error: HubError) -> None:
        """Remove a step that cannot be done, and set aside what depends on it.

        :param error: of one item: it is refused permanently; otherwise it is postponed.
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

    def hold_back_servants(self) -> None:
        """Set aside what would only be done for a refused step."""
        refused = [refusal.step for refusal in self.refused]
        aside = [step for step in self.pending if any(step.serves(one) for one in refused)]
        self.blocked.extend(aside)
        self.pending = [step for step in self.pending if step not in aside]

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
        # They are among the first. To search all pending steps after every request would take
        # longer the more there are.
        while gone and ahead < len(self.pending):
            if self.pending[ahead] in gone:
                gone.remove(self.pending.pop(ahead))
            else:
                ahead += 1
        self.unsure = []


def check_some_read(unread: t.Sequence[Unread], declared: t.Sized) -> None:
    """Check that the caller may see something of what a task declares.

    :param unread: what the caller may not see.
    :param declared: all that is declared.
    :raises HubError: there is nothing else: the first refusal is that of the whole task.
    """
    if unread and len(unread) >= len(declared):
        told = told_once(Refusal(each, each.error) for each in unread)
        raise unread[0].error.with_details(refused=told, rest_done=True)


def told_once(refusals: t.Iterable[Refusal]) -> list[Refused]:
    """:returns: refusals as they are returned, those with the same message once."""
    told: list[Refused] = []
    for refusal in refusals:
        if refusal.told not in told:
            told.append(refusal.told)
    return told
