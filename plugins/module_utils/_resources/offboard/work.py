# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""People who leave: all that gives them access is removed, and then it is proved to be gone."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    PartlyDoneError,
    check_some_read,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Plan,
    State,
    Step,
    Unread,
    alike,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HubError,
    ItemError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.members import (
    blamed_members,
    remove_members,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.groups.steps import (
    RemoveMember,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.look_alikes import (
    not_removed,
    read_look_alikes,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.by_hand import (
    sentences,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.certificate import (  # noqa: E501 - a full name
    Certificate,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.decide import (
    Case,
    check,
    concerns,
    decide,
    state_of,
    warnings_of,
    with_files,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.effects import (
    done_among,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.needs import (
    needs,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.paper import (
    Papers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.person import (
    SHOWN_BY,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.proof import (
    Line,
    Seen,
    prove,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.read import (
    find,
    read_cases,
    read_hub,
    sees_nameless,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.steps import (
    DeleteAccount,
    DropAdmin,
    Freeze,
    WriteFile,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.wanted import (
    OffboardOptions,
    parse,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.offboard.witness import (
    Witness,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    OutOfReach,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.steps import (
    DeleteServer,
    ServerStep,
    StopServer,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.servers.stop import (
    stop_servers,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.shares.decide import (
    DeleteShareCode,
    RevokeShare,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.tokens.steps import (
    RevokeToken,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

# Of many members, so many leave a group in one request: the hub answers no other client in the
# meantime.
CHUNK = 100
# So many unproved lines are in the message; the task returns all.
MOST_TOLD = 5


class Offboard(Writer):
    """The adapter of jupyterhub_offboard."""

    plural: t.ClassVar[str] = "users"
    singular: t.ClassVar[str] = "user"
    key: t.ClassVar[str] = "user"

    @staticmethod
    def scopes(options: Options, hub: tuple[int, ...]) -> Needs:
        return needs(options, hub)

    def __init__(self, api: HubApi, options: Options) -> None:
        given = t.cast(OffboardOptions, options)  # as the argument spec has it
        self.api = api
        self.warnings: list[str] = []
        self.leavers = parse(given)
        self.papers = Papers()
        self.fail_unproved = given["fail_unproved"]
        self.stored_names = given["stored_names"] or {}
        self.witness = Witness(api)
        self._cases: list[Case] = []
        self._by_hand: list[str] = []
        self._plan = Plan()
        self._seen: dict[str, Seen] | None = None
        # Whether the work has begun, and the proof is due.
        self._begun = False
        # Whether something was refused: then the proof cannot be complete, and the refusal is
        # reported first.
        self._refused = False
        # In the order in which they were done; what is only found done later, after its answer was
        # lost, is among them.
        self._done: list[Step] = []
        # Certificates that were written without a plan.
        self._renewed: list[Step] = []

    # Plan

    def plan(self) -> Plan:
        beyond = OutOfReach()
        found = find(self.api, self.leavers, self.stored_names, beyond)
        cases = read_cases(self.api, self.leavers, found, beyond)
        seen, unread = beyond.split(
            self.leavers,
            lambda leaver: [leaver.name],
            lambda leaver, _name, error: Unread("user", leaver.name, error),
        )
        check_some_read(unread, self.leavers)
        self.leavers = seen
        names = [found.stored(leaver.name) for leaver in self.leavers]
        # Those that the task confirms: that user has left, and the other one is somebody else.
        unsure = [name for name in names if self.stored_names.get(name) != name]
        read_look_alikes(self.api, unsure, found)
        for sentence in not_removed("on the hub", unsure, found.rows):
            # The proof would be about nobody.
            raise RefusedError(
                f"{sentence} Or, if a user with such a name has already left, add the name to"
                " stored_names as it is written, as key and as value."
            )
        self._cases = self.papers.placed(cases)
        self.api.note_scopes(SHOWN_BY.values())
        hub = read_hub(self.api, self._cases)
        check(self._cases, hub)
        self.warnings += [*warnings_of(self._cases, hub), *self.papers.warnings]
        self._by_hand = sentences(self._cases, sees_nameless(self.api))
        plan = with_files(decide(self._cases), self._cases, self.papers.exists)
        self._plan = dataclasses.replace(plan, unread=unread)
        changed = [case for case in self._cases if case.name in plan.changed]
        self.warnings += self.witness.try_evidence(changed)
        if any(map(self._has_canary, self._cases)):
            self.api.note_scopes(["tokens"])
        return self._plan

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        first = steps[0]
        if isinstance(first, (StopServer, DeleteServer)):
            return alike(steps, lambda step: type(step) is type(first), len(steps))
        if isinstance(first, RemoveMember):
            return alike(
                steps,
                lambda step: isinstance(step, RemoveMember) and step.name == first.name,
                CHUNK,
            )
        return 1

    def blamed(self, steps: t.Sequence[Step], error: HubError) -> t.Iterable[Step]:
        return blamed_members(steps, error) or ()

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        self._begun = True
        first = steps[0]
        if not (isinstance(first, WriteFile) and first.kind == "backup"):
            wanted = [case.name for case in self._cases if self._has_canary(case)]
            self.witness.release(wanted)
        try:
            return self._write(steps)
        except HubError as error:
            self._refused |= error.of_one_item or isinstance(error, PartlyDoneError)
            raise

    def _has_canary(self, case: Case) -> bool:
        return case.leaver.canary and case.name in self._plan.changed

    def _write(self, steps: t.Sequence[Step]) -> t.Sequence[Step]:
        """:returns: the steps that this task did; what the others remove was gone."""
        first = steps[0]
        if isinstance(first, (StopServer, DeleteServer)):
            return stop_servers(self.api, [step for step in steps if isinstance(step, ServerStep)])
        if isinstance(first, DropAdmin):
            self.api.user_update(first.name, {"admin": False})
        elif isinstance(first, RemoveMember):
            members = [step for step in steps if isinstance(step, RemoveMember)]
            return remove_members(self.api, first.name, members)
        elif isinstance(first, RevokeShare):
            self.api.share_revoke(*first.server, dict([first.guest]), None)
        elif isinstance(first, DeleteShareCode):
            return steps if self.api.share_code_delete(*first.server, first.id) else []
        elif isinstance(first, Freeze):
            self._freeze(first)
        elif isinstance(first, RevokeToken):
            # Some go with another token of the same login, or with the server that they belong to.
            self.api.token_delete(first.user, first.id)
        elif isinstance(first, DeleteAccount):
            return steps if self.api.user_delete(first.name) else []
        elif isinstance(first, WriteFile):
            self._write_file(first)
        return steps

    def _freeze(self, step: Freeze) -> None:
        """Remove a person's roles.

        :raises ItemError: the hub shows that it has not.
        """
        row = self.api.user_remove_roles(step.name)
        if row.get("admin") is not False or row.get("roles") != []:
            raise ItemError(
                f"User {step.name} is not frozen: after the request, the hub shows admin "
                f"{row.get('admin')} and the roles {listed(row.get('roles') or ()) or 'hidden'}."
            )

    def _write_file(self, step: WriteFile) -> None:
        if step.kind == "backup":
            about = [case for case in self._cases if case.name in step.about]
            self.papers.write_backup(step.name, about, self.api.version)
            return
        self._prove()
        for case in self._cases:
            if case.name in step.about:
                self.papers.write_certificate(step.name, self._certificate(case))

    def _certificate(self, case: Case) -> Certificate:
        done = [
            step for step in (*self._done, *self.witness.unplanned) if concerns(step, case.name)
        ]
        connection = self.api.client.connection
        return Certificate(
            name=case.name,
            hub=connection.hub_url,
            version=str(self.api.client.version),
            moment=self.api.now().strftime("%Y-%m-%d %H:%M:%S UTC"),
            deletes=case.leaver.deletes,
            freezes=case.leaver.freezes,
            done=[(step.action, step.kind, step.name) for step in done],
            lines=[line for line in self._lines() if line.name == case.name],
            by_hand=self._by_hand,
        )

    def as_done(self, step: Step) -> Step:
        self._done.append(step)
        return step

    def look_up(self, steps: t.Sequence[Step]) -> list[Step]:
        return done_among(self.api, steps)

    def abandon(self) -> t.Iterable[tuple[Step, bool]]:
        """Revoke the canaries, which are no longer needed."""
        if self._seen is None:
            self.witness.withdraw()
        return ()

    # Proof

    def _prove(self) -> None:
        if self._seen is None:
            seen = self.witness.look(self._cases, self.stored_names)
            self._seen = {case.name: each for case, each in zip(self._cases, seen)}

    def _lines(self) -> list[Line]:
        """:returns: the lines of the proof, as far as there is one."""
        found: list[Line] = []
        for case in self._cases:
            seen = None if self._seen is None else self._seen[case.name]
            version, canary = self.api.version, self._has_canary(case)
            found.extend(prove(case.leaver, case.name, seen, version, canary=canary))
        return found

    def finish(self) -> None:
        """Check whether all is gone.

        :raises HubError: something is not, and the task is to fail for that.
        """
        self._begun = True
        self._prove()
        self._renew_certificates()
        open_lines = [line for line in self._lines() if not line.proved]
        if open_lines and self.fail_unproved and not self._refused:
            told = [
                f"{line.name}: {line.check}: expected {line.expected}, found {line.found}"
                for line in open_lines
            ]
            raise HubError(
                f"The proof that all access is gone failed: {listed(told, MOST_TOLD)}. Run the"
                " task again, or find out what restores the access."
            )

    def _renew_certificates(self) -> None:
        """Write the certificates of people of whom nothing was removed, where those of earlier runs
        do not say what is found now.
        """
        planned = {step.name for step in self._plan.steps if isinstance(step, WriteFile)}
        for case in self._cases:
            dest = case.leaver.dest
            if dest is None or dest in planned:
                continue
            told = self._certificate(case)
            if not self.papers.says(dest, told):
                self.papers.write_certificate(dest, told)
                self._renewed.append(WriteFile(dest, (case.name,), "certificate"))

    def unplanned(self) -> t.Iterable[Step]:
        return [*self.witness.unplanned, *self._renewed]

    def returns(self) -> dict[str, object]:
        lines = self._lines()
        proved = (
            self._seen is not None and not self._plan.unread and all(line.proved for line in lines)
        )
        return {
            "proof": [line.told for line in lines],
            "proved": proved if self._begun else None,
            "by_hand": list(self._by_hand),
        }

    def objects(self, plan: Plan) -> dict[str, State]:
        seen = self._seen or {}
        found: dict[str, State] = {}
        for name, state in plan.objects.items():
            person = seen[name].person if name in seen else None
            counts = seen[name].listings if name in seen else ()
            found[name] = (
                dict(state) if person is None else state_of(person, counts[-1] if counts else 0)
            )
        return found
