# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Services as they are declared, compared with those on the hub. Pure: no request is sent
here.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import (
    HIDDEN,
    HIDDEN_BEFORE,
    Fields,
    Plan,
    State,
    Step,
    Target,
    same,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    HiddenFieldError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    CallerRow,
    ServiceRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.services.wanted import (
    HIDDEN_FIELDS,
    SHOWN,
    WantedService,
    WantedServices,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import listed

FIELDS = ("name", "admin", "url", "prefix", "display", "info", "command", "pid", "roles")
# The hub's defaults.
USUAL: t.Mapping[str, object] = {"url": "", "display": True, "info": {}, "admin": False}


@dataclasses.dataclass(frozen=True)
class Current:
    """What there is.

    :param services: by name.
    :param proved: the services whose declared token is theirs already.
    """

    services: t.Mapping[str, ServiceRow]
    proved: frozenset[str]


@dataclasses.dataclass(frozen=True, eq=False)
class DeleteService(Step):
    """Deletes a service.

    :param past: what it has besides the hub's defaults.
    """

    name: str
    past: t.Mapping[str, object]
    action = "delete"
    kind = "service"
    operation = "service_delete"
    after = None

    @property
    def target(self) -> Target:
        return "service", self.name

    @property
    def before(self) -> Fields:
        return {**self.past, "service_token": HIDDEN_BEFORE}


@dataclasses.dataclass(frozen=True, eq=False)
class CreateService(Step):
    """Makes a service.

    :param spec: what it shall be, by the names of the REST API, besides its token.
    :param replaces: the step that deletes the one before it.
    """

    name: str
    spec: Fields
    token: str | None = dataclasses.field(repr=False)
    replaces: DeleteService | None = None
    action = "create"
    kind = "service"
    operation = "service_create"
    before = None

    @property
    def target(self) -> Target:
        return "service", self.name

    @property
    def after(self) -> Fields:
        return {**self.spec, **({} if self.token is None else {"service_token": HIDDEN})}

    def depends_on(self, other: Step) -> bool:
        return other is self.replaces or super().depends_on(other)


def decide(wanted: WantedServices, current: Current) -> Plan:
    """:returns: the steps that the declared services need.

    :raises RefusedError: one of them cannot be made as it is declared.
    """
    todo: list[list[Step]] = []
    warnings: list[str] = []
    objects: dict[str, State] = {}
    changed: set[str] = set()
    unchanged = 0
    for service in wanted.services:
        row = current.services.get(service.name)
        mine = _steps(service, row, current, warnings)
        if service.state == "present":
            known: t.Mapping[str, object] = row or {"name": service.name}
            objects[service.name] = {
                **service_state({**known, **service.shown}),
                "verified_login": None,
            }
            if mine:
                changed.add(service.name)
        if mine:
            todo.append(mine)
        unchanged += not mine
    # Of some services only the refusal to delete them tells that they come from the configuration:
    # it should come before other writes.
    todo.sort(key=lambda mine: (mine[-1].action == "create", mine[0].action == "create"))
    return Plan(
        tuple(step for mine in todo for step in mine),
        objects,
        frozenset(changed),
        unchanged,
        warnings=tuple(warnings),
    )


def _steps(
    service: WantedService, row: ServiceRow | None, current: Current, warnings: list[str]
) -> list[Step]:
    """:returns: the steps that one service needs."""
    if service.state == "absent":
        _refuse_managed(row, "")
        return [] if row is None else [_removal(row)]
    if row is None:
        return [_creation(service, {}, None)]
    differing = _differences(service, row, current)
    if not differing:
        return []
    _refuse_managed(row, f" It differs in {', '.join(differing)}.")
    if not service.recreate:
        raise RefusedError(
            f"Service {service.name} differs in {', '.join(differing)}, and the hub cannot change"
            " a service: set recreate to delete it and create it again."
        )
    removal = _removal(row)
    creation = _creation(service, _unusual(row), removal)
    warnings.extend(_losses(service, row))
    return [removal, creation]


def _differences(service: WantedService, row: ServiceRow, current: Current) -> list[str]:
    """:returns: in what a service differs from its declaration.

    :raises HiddenFieldError: the caller cannot see that.
    """
    now: t.Mapping[str, object] = row
    hidden = sorted(set(service.shown) - set(now))
    if hidden:
        raise HiddenFieldError(
            f"The caller cannot see the {hidden[0]} of service {service.name}, which this task"
            " needs to know: its role needs the scope read:services.",
            name=service.name,
            scope="read:services",
        )
    differing = [key for key, value in service.shown.items() if not same(now[key], value)]
    if service.service_token is not None and service.name not in current.proved:
        differing.append("service_token")
    return differing


def _losses(service: WantedService, row: ServiceRow) -> t.Iterator[str]:
    """What a service loses when it is created again."""
    if service.service_token is None or not any(key in service.fields for key in HIDDEN_FIELDS):
        yield (
            f"Service {service.name} is deleted and created again. The hub does not return its"
            " token and OAuth settings, so settings that are not declared are lost."
        )
    roles = sorted(set(row.get("roles") or ()) - {"admin"})
    if roles:
        yield (
            f"Service {service.name} is deleted and created again, and loses its roles, which only"
            f" the hub's configuration can give: {listed(roles)}."
        )


def check_rights(creation: CreateService, me: CallerRow) -> None:
    """Check that a service which is deleted can be created again
    (jupyterhub/apihandlers/services.py, _check_service_scopes).

    :raises RefusedError: it could not.
    """
    if me.get("admin"):
        # The hub looks at all that the caller may do, not only at the token.
        return
    held = set(me.get("scopes", ()))
    wanted = creation.spec.get("oauth_client_allowed_scopes")
    lacking = [
        scope
        for scope in (wanted if isinstance(wanted, list) else ())
        if scope not in held and scope.partition("!")[0] not in held
    ]
    if creation.spec.get("admin"):
        lacking.insert(0, "those of the role admin")
    if lacking:
        raise RefusedError(
            f"Service {creation.name} would be deleted, but could not be created again: a caller"
            f" can give only scopes that it has, and the {me['kind']} {me['name']} lacks"
            f" {listed(lacking)}."
        )


def _refuse_managed(row: ServiceRow | None, how: str) -> None:
    """:raises RefusedError: the hub runs this service itself, as its configuration says."""
    if row is not None and row.get("command"):
        raise RefusedError(
            f"Service {row['name']} comes from the hub's configuration, and can be changed only"
            f" there.{how}"
        )


def _creation(
    service: WantedService, kept: t.Mapping[str, object], replaces: DeleteService | None
) -> CreateService:
    """:param kept: what a service that is replaced keeps, as far as nothing else is declared.

    :raises RefusedError: the hub would refuse it.
    """
    spec = {**kept, **service.fields}
    oauth = [key for key in HIDDEN_FIELDS if spec.get(key)]
    if oauth and not spec.get("oauth_redirect_uri") and not spec.get("url"):
        raise RefusedError(
            f"Service {service.name} has {oauth[0]}, but neither oauth_redirect_uri nor url, so no"
            " login could return to it: add one of them."
        )
    return CreateService(service.name, spec, service.service_token, replaces)


def _removal(row: ServiceRow) -> DeleteService:
    return DeleteService(row["name"], _unusual(row))


def _unusual(row: ServiceRow) -> dict[str, object]:
    """:returns: what a service has besides the hub's defaults."""
    known: t.Mapping[str, object] = row
    return {key: known[key] for key in SHOWN if known.get(key) not in (None, USUAL[key])}


def service_state(row: t.Mapping[str, object]) -> State:
    """:returns: the service as modules return it; what the caller may not see is None."""
    return {key: row.get(key) for key in FIELDS}
