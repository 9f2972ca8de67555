# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Services that are defined while the hub runs, from JupyterHub 5 on: how they are read, made and
replaced.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.record import (
    check_some_read,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    Plan,
    State,
    Step,
    Unread,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    HubError,
    ItemError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.browser import (
    OAuthClient,
    verify_login,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    Row,
    ServiceRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    find_users,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.out_of_reach import (
    split_half_seen,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.decide import (
    CreateService,
    Current,
    DeleteService,
    check_rights,
    decide,
    service_state,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.needs import (
    needs,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.read import (
    hidden_services,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.wanted import (
    ServiceOptions,
    WantedService,
    parse,
)


class Services(Writer):
    """The adapter of jupyterhub_service."""

    plural: t.ClassVar[str] = "services"
    singular: t.ClassVar[str] = "service"
    key: t.ClassVar[str] = "name"

    @staticmethod
    def scopes(options: Options, hub: Version) -> Needs:
        return needs(options, hub)

    def __init__(self, api: HubApi, options: Options) -> None:
        given = t.cast(ServiceOptions, options)  # as the argument spec has it
        self.api = api
        self.warnings: list[str] = []
        self.wanted = parse(given)
        # Who could log in to which service.
        self._logins: dict[str, Row] = {}
        # The hub's answers to what was written, by name.
        self._answers: dict[str, ServiceRow] = {}

    # Plan

    def plan(self) -> Plan:
        services = {row["name"]: row for row in self.api.services_list()}
        unread = self._leave_hidden(services)
        proved = {
            service.name
            for service in self.wanted.services
            if service.state == "present"
            and service.service_token is not None
            and self._is_its_token(service, service.service_token)
        }
        plan = decide(self.wanted, Current(services, frozenset(proved)))
        for step in plan.steps:
            if isinstance(step, CreateService) and step.replaces is not None:
                check_rights(step, self.api.me)
        if plan.steps:
            self.api.require("5.0", "Managing services")
        besides = () if self.wanted.verify is None else ("verify_login logs in",)
        return dataclasses.replace(plan, besides=besides, unread=unread)

    def _leave_hidden(self, services: t.Mapping[str, ServiceRow]) -> tuple[Unread, ...]:
        """Remove the declared services of which the caller does not see all that matters.

        :returns: what stands for them.
        """
        names = [service.name for service in self.wanted.services]
        hidden = hidden_services(self.api, names, services.values())
        seen = tuple(service for service in self.wanted.services if service.name not in hidden)
        seen, half_seen = split_half_seen(
            self.api,
            seen,
            lambda some: decide(
                dataclasses.replace(self.wanted, services=some), Current(services, frozenset())
            ),
            lambda service, error: Unread("service", service.name, error),
        )
        unread = (*(Unread("service", name, why) for name, why in hidden.items()), *half_seen)
        check_some_read(unread, names)
        self.wanted = dataclasses.replace(self.wanted, services=seen)
        return unread

    def _is_its_token(self, service: WantedService, token: str) -> bool:
        """Whether a service has its token already.

        :raises RefusedError: it belongs to another owner; the hub would create the service without
        one, and report nothing.
        :raises HubError: that is not known now; a service that may be as declared is not replaced.
        """
        me = self.api.whoami_of(token)
        if me is not None and (me["kind"], me["name"]) != ("service", service.name):
            raise RefusedError(
                f"The service_token of service {service.name} belongs to the {me['kind']}"
                f" {me['name']}: give each service its own."
            )
        return me is not None

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        (step,) = steps
        try:
            if isinstance(step, CreateService):
                self._create(step)
            elif isinstance(step, DeleteService):
                return steps if self.api.service_delete(step.name) else []
        except ApiError as error:
            if error.status == 405:
                raise error.with_message(
                    f"Service {step.name} comes from the hub's configuration, and can be changed"
                    " only there."
                ) from None
            raise
        return steps

    def _create(self, step: CreateService) -> None:
        token = {} if step.token is None else {"api_token": step.token}
        try:
            self._answers[step.name] = self.api.service_create(step.name, {**step.spec, **token})
        except ApiError as error:
            if error.status == 409:
                raise ItemError(
                    f"Service {step.name} was created by another client while this task ran: run"
                    " the task again.",
                    status=409,
                ) from None
            advice = ["Its log says why."] if error.status == 400 else []
            if step.replaces is not None:
                advice.append(
                    f"Service {step.name} was deleted for this, and is not on the hub now: correct"
                    " its options and run the task again."
                )
            if advice:
                raise error.with_advice(" ".join(advice)) from None
            raise

    def look_up(self, steps: t.Sequence[Step]) -> list[Step]:
        found = {row["name"] for row in self.api.services_list()}
        return [step for step in steps if (step.name in found) == isinstance(step, CreateService)]

    def finish(self) -> None:
        verify = self.wanted.verify
        if verify is None:
            return
        if find_users(self.api, [verify.username]).get(verify.username) is None:
            raise HubError(
                f"verify_login was skipped: user {verify.username} is not on the hub, and the"
                " login would create it."
            )
        for service in self.wanted.services:
            if service.state == "present":
                # What the hub takes for granted (jupyterhub/services/service.py,
                # oauth_redirect_uri).
                redirect_uri = str(
                    service.fields.get("oauth_redirect_uri")
                    or f"{self.api.client.base_path}/services/{service.name}/oauth_callback"
                )
                oauth = OAuthClient(
                    service.name, service.client_id, str(service.service_token), redirect_uri
                )
                self._logins[service.name] = verify_login(
                    self.api, oauth, verify.username, verify.password
                )

    def objects(self, plan: Plan) -> dict[str, State]:
        return {
            name: {
                **service_state({**state, **self._answers.get(name, {})}),
                "verified_login": self._logins.get(name),
            }
            for name, state in plan.objects.items()
        }
