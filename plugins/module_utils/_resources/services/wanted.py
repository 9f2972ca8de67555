# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What is declared of services."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import fold
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import is_http
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import is_token
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_scope,
    check_service_name,
    check_user_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief

# What the hub shows of a service, so that it can be compared.
SHOWN = ("url", "display", "info", "admin")
# What it takes and never shows again.
HIDDEN_FIELDS = (
    "oauth_client_id",
    "oauth_redirect_uri",
    "oauth_client_allowed_scopes",
    "oauth_no_confirm",
)
# The hub breaks on others, and leaves a service without a token behind (jupyterhub/orm.py,
# Hashed.min_length and the setter of token).
SHORTEST_TOKEN, LONGEST_TOKEN = 8, 64
# What the hub's own check of an OAuth client asks for (jupyterhub/services/service.py,
# _validate_client_id).
CLIENT_PREFIX = "service-"
State = t.Literal["present", "absent"]


class _ServiceKeys(t.TypedDict):
    name: str
    service_token: str | None
    url: str | None
    display: bool | None
    info: dict[str, object] | None
    admin: bool | None
    oauth_client_id: str | None
    oauth_redirect_uri: str | None
    oauth_client_allowed_scopes: list[str] | None
    oauth_no_confirm: bool | None


class ServiceItem(_ServiceKeys):
    """An item of the list, as the options are; None: not set."""

    state: State | None
    recreate: bool | None


class WholeService(_ServiceKeys):
    """An item, with what is set for all of them."""

    state: State
    recreate: bool


class LoginOptions(t.TypedDict):
    """The option verify_login."""

    username: str
    password: str


class ServiceOptions(WholeService):
    """The options of jupyterhub_service; without those of the service when there is a list."""

    services: list[ServiceItem] | None
    verify_login: LoginOptions | None


@dataclasses.dataclass(frozen=True)
class WantedService:
    """What is declared of one service.

    :param recreate: delete it and create it again if it differs.
    :param fields: what is declared of it besides its token, by the names of the REST API.
    :param service_token: None: it is not declared.
    """

    name: str
    state: State
    recreate: bool
    fields: t.Mapping[str, object]
    service_token: str | None = dataclasses.field(repr=False)

    @property
    def shown(self) -> dict[str, object]:
        """Those of the fields that can be compared."""
        return {key: value for key, value in self.fields.items() if key in SHOWN}

    @property
    def client_id(self) -> str:
        """The id with which the service lets users log in."""
        return str(self.fields.get("oauth_client_id") or f"{CLIENT_PREFIX}{self.name}")


@dataclasses.dataclass(frozen=True)
class Login:
    """The user to log in as, to check that logins to services work."""

    username: str
    password: str = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True)
class WantedServices:
    """What a task declares.

    :param verify: log in to all services that are present.
    """

    services: tuple[WantedService, ...]
    verify: Login | None


def parse(options: ServiceOptions) -> WantedServices:
    """The one service, or the list, in the same form.

    :param options: of jupyterhub_service.
    :raises RefusedError: the input is bad, or contradicts itself.
    """
    items = _items(options)
    items = fold(items, lambda item: item["name"], lambda item: f"Service {item['name']}")
    services = tuple(
        WantedService(
            item["name"],
            item["state"],
            item["recreate"],
            {
                key: value
                for key, value in item.items()
                if key in (*SHOWN, *HIDDEN_FIELDS) and value is not None
            },
            item["service_token"],
        )
        for item in items
    )
    tokens = [service.service_token for service in services if service.service_token is not None]
    if len(set(tokens)) < len(tokens):
        raise RefusedError(
            "Two services are declared with the same service_token: give each service its own."
        )
    return WantedServices(services, _parse_login(options["verify_login"], services))


def _items(options: ServiceOptions) -> list[WholeService]:
    """:returns: the items, with what is set for all of them.

    :raises RefusedError: the hub would refuse one.
    """
    rows: t.Sequence[ServiceItem | ServiceOptions] = (
        [options] if options["services"] is None else options["services"]
    )
    items: list[WholeService] = []
    for row in rows:
        item: WholeService = {
            "name": row["name"],
            "state": row["state"] or options["state"],
            "recreate": options["recreate"] if row["recreate"] is None else row["recreate"],
            "service_token": row["service_token"],
            "url": row["url"],
            "display": row["display"],
            "info": row["info"],
            "admin": row["admin"],
            "oauth_client_id": row["oauth_client_id"],
            "oauth_redirect_uri": row["oauth_redirect_uri"],
            "oauth_client_allowed_scopes": row["oauth_client_allowed_scopes"],
            "oauth_no_confirm": row["oauth_no_confirm"],
        }
        check_service_name(item["name"])
        if item["state"] == "present":
            _check_values(item)
        items.append(item)
    return items


def _parse_login(given: LoginOptions | None, services: t.Iterable[WantedService]) -> Login | None:
    """:raises RefusedError: logins cannot be verified with what is declared."""
    if given is None:
        return None
    check_user_name(given["username"])
    for service in services:
        if service.state == "present" and service.service_token is None:
            raise RefusedError(
                f"verify_login needs the service_token of service {service.name}, with which the"
                " service authenticates to the hub."
            )
    return Login(given["username"], given["password"])


def _check_values(item: WholeService) -> None:
    """Check that the hub will create the service. If it refuses one, it does not say why, keeps it
    in its database, and shows it after its next start.

    :raises RefusedError: it would refuse it, or fail on it.
    """
    of = f"of service {item['name']}"
    token, client_id = item["service_token"], item["oauth_client_id"]
    if token is not None and not SHORTEST_TOKEN <= len(token) <= LONGEST_TOKEN:
        raise RefusedError(
            f"The service_token {of} has {len(token)} characters, but the hub accepts"
            f" {SHORTEST_TOKEN} to {LONGEST_TOKEN}: set another one."
        )
    if token is not None and not is_token(token):
        raise RefusedError(
            f"The service_token {of} contains spaces or characters that are not allowed in a"
            " token: set another one."
        )
    if item["url"] and not is_http(item["url"]):
        raise RefusedError(
            f"url {brief(item['url'])} {of} is not a valid address: write it like"
            " http://10.0.0.7:8000."
        )
    if client_id is not None and not client_id.startswith(CLIENT_PREFIX):
        raise RefusedError(
            f"oauth_client_id {brief(client_id)} {of} does not begin with {CLIENT_PREFIX}, which"
            " the hub requires."
        )
    for scope in item["oauth_client_allowed_scopes"] or ():
        check_scope(scope)
