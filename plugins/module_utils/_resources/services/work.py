# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Services that are defined while the hub runs, from JupyterHub 5 on: how they are compared, made and replaced."""

from __future__ import annotations

import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.apply import Writer
from ansible_collections.hubops.jupyterhub.plugins.module_utils._engine.steps import HIDDEN, HIDDEN_BEFORE, Item, LooseStep, Plan, State, Step, fold, same
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import ApiError, HubError, RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import is_http
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.browser import OAuthClient, verify_login
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import is_token
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.directory import (
    check_scope,
    check_service_name,
    check_user_name,
    find_users,
    normalize,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief, listed

FIELDS = ("name", "admin", "url", "prefix", "display", "info", "command", "pid", "roles")
# What the hub shows of a service, so that it can be compared.
SHOWN = ("url", "display", "info", "admin")
# Of these, what it takes when nothing is said.
USUAL = {"url": "", "display": True, "info": {}, "admin": False}
# What it takes and never shows again.
HIDDEN_FIELDS = ("oauth_client_id", "oauth_redirect_uri", "oauth_client_allowed_scopes", "oauth_no_confirm")
# The hub breaks on others, and leaves a service without a token behind (jupyterhub/orm.py, Hashed.min_length and the setter of token).
SHORTEST_TOKEN, LONGEST_TOKEN = 8, 64
# What the hub's own check of an OAuth client asks for (jupyterhub/services/service.py, _validate_client_id).
CLIENT_PREFIX = "service-"


def service_state(row: Row) -> State:
    """:returns: the service as modules return it; what the caller may not see is None."""
    return {key: row.get(key) for key in FIELDS}


class Services(Writer):
    """The adapter of jupyterhub_service."""

    plural: t.ClassVar[str] = "services"
    singular: t.ClassVar[str] = "service"
    key: t.ClassVar[str] = "name"

    def __init__(self, api: HubApi, options: dict[str, t.Any], *, assume_missing: bool) -> None:
        self.api = api
        self.warnings: list[str] = []
        self.items = self._declared(options)
        self.verify: dict[str, str] | None = options["verify_login"]
        self._check_verify(assume_missing)
        # Who could log in to which service.
        self._logins: dict[str, Row] = {}
        # The hub's answers to what was written, by name.
        self._answers: dict[str, Row] = {}

    @staticmethod
    def _declared(options: dict[str, t.Any]) -> list[Item]:
        """The one service, or the list, made the same; bad and contradictory input is refused."""
        rows = options["services"] if options["services"] is not None else [options]
        items = []
        for row in rows:
            item = {key: row[key] for key in ("name", "state", "recreate", "service_token", *SHOWN, *HIDDEN_FIELDS)}
            for key in ("state", "recreate"):
                item[key] = options[key] if item[key] is None else item[key]
            check_service_name(item["name"])
            if item["state"] == "present":
                _check_values(item)
            items.append(item)
        items = fold(items, lambda item: item["name"], lambda item: f"Service {item['name']}")
        tokens = [item["service_token"] for item in items if item["service_token"] is not None]
        if len(set(tokens)) < len(tokens):
            raise RefusedError("Two services are declared with the same service_token: give each service its own. Nothing was changed.")
        return items

    def _check_verify(self, check_mode: bool) -> None:
        """:raises RefusedError: logins cannot be verified with what is declared."""
        if self.verify is None:
            return
        check_user_name(self.verify["username"])
        for item in self.items:
            if item["state"] == "present" and item["service_token"] is None:
                raise RefusedError(
                    f"verify_login needs the service_token of service {item['name']}, with which the service shows itself to the hub. Nothing was changed."
                )
        if check_mode:
            self.warnings.append("verify_login logs in, and is skipped in check mode.")

    # Plan

    def plan(self) -> Plan:
        found = {row["name"]: row for row in self.api.services_list()}
        todo: list[list[Step]] = []
        objects: dict[str, State] = {}
        changed: set[str] = set()
        unchanged = 0
        for item in self.items:
            name, row = item["name"], found.get(item["name"])
            if item["state"] == "absent":
                _refuse_managed(row, "")
                mine = [] if row is None else [_removal(row)]
            elif row is None:
                if item["service_token"] is not None:
                    self._is_its_token(item)
                mine = [_creation(item, {})]
            else:
                mine = self._compare(item, row)
            if item["state"] == "present":
                objects[name] = {**service_state({**(row or {"name": name}), **_wanted(item, SHOWN)}), "verified_login": None}
                if mine:
                    changed.add(name)
            if mine:
                todo.append(mine)
            unchanged += not mine
        if todo:
            self.api.require("5.0", "Managing services")
        # Of some services only the refusal to delete them tells that they come from the configuration: it should come before other writes.
        todo.sort(key=lambda mine: (mine[-1].action == "create", mine[0].action == "create"))
        return Plan(tuple(step for mine in todo for step in mine), objects, frozenset(changed), unchanged)

    def _compare(self, item: Item, row: Row) -> list[Step]:
        """:returns: the steps that replace a service that differs.

        :raises RefusedError: it differs and must not be replaced.
        """
        wanted = _wanted(item, SHOWN)
        hidden = sorted(set(wanted) - set(row))
        if hidden:
            raise RefusedError(
                f"The caller cannot see the {hidden[0]} of service {row['name']}, which this task has to know: "
                "its role needs the scope read:services. Nothing was changed.",
                missing_scopes=["read:services"],
            )
        differing = [key for key, value in wanted.items() if not same(row[key], value)]
        if item["service_token"] is not None and not self._is_its_token(item):
            differing.append("service_token")
        if not differing:
            return []
        _refuse_managed(row, f"It differs in {', '.join(differing)}. ")
        if not item["recreate"]:
            raise RefusedError(
                f"Service {row['name']} differs in {', '.join(differing)}, and the hub cannot change a service: "
                "set recreate to have it deleted and made anew. Nothing was changed."
            )
        if item["service_token"] is None or not _wanted(item, HIDDEN_FIELDS):
            self.warnings.append(
                f"Service {row['name']} is made anew. The hub does not tell its token and OAuth settings, so that those that are not declared are lost."
            )
        roles = sorted(set(row.get("roles") or ()) - {"admin"})
        if roles:
            self.warnings.append(f"Service {row['name']} is made anew, and loses its roles, which only the configuration of the hub gives: {listed(roles)}.")
        creation = _creation(item, _unusual(row))
        self._check_rights(creation)
        return [_removal(row), creation]

    def _check_rights(self, creation: Step) -> None:
        """See that a service which is deleted can be made again (jupyterhub/apihandlers/services.py, _check_service_scopes).

        :raises RefusedError: it could not.
        """
        if self.api.me.get("admin"):
            # The hub looks at all that the caller may do, not only at the token.
            return
        wanted = creation.payload.get("oauth_client_allowed_scopes") or ()
        lacking = [scope for scope in wanted if not self.api.holds(scope) and not self.api.holds(scope.partition("!")[0])]
        if creation.payload.get("admin"):
            lacking.insert(0, "those of the role admin")
        if lacking:
            raise RefusedError(
                f"Service {creation.name} would be deleted, and could not be made anew: nobody can give it scopes that he has not himself, "
                f"and the {self.api.me['kind']} {self.api.me['name']} lacks {listed(lacking)}. Nothing was changed."
            )

    def _is_its_token(self, item: Item) -> bool:
        """Whether a service has its token already.

        :raises RefusedError: it belongs to somebody else; the hub would make the service without one, and say nothing.
        """
        me = self.api.whoami_of(item["service_token"])
        if me is not None and (me["kind"], me["name"]) != ("service", item["name"]):
            raise RefusedError(
                f"The service_token of service {item['name']} belongs to the {me['kind']} {me['name']}: give each service its own. Nothing was changed."
            )
        return me is not None

    # Apply

    def batch(self, steps: t.Sequence[Step]) -> int:
        return 1

    def write(self, steps: t.Sequence[Step]) -> t.Iterable[Step]:
        (step,) = steps
        try:
            if step.action == "create":
                self._answers[step.name] = self.api.service_create(step.name, step.payload)
            elif not self.api.service_delete(step.name):
                return []
        except ApiError as error:
            if error.status == 409:
                raise HubError(f"Service {step.name} was created by somebody else while this task ran: run the task again.") from None
            if error.status == 400 and step.action == "create":
                error.message += " Its log says why."
            if error.status == 405:
                error.message = f"Service {step.name} comes from the configuration of the hub, and can be changed only there."
            raise
        return steps

    def in_place(self, steps: t.Sequence[Step]) -> list[Step]:
        found = {row["name"]: row for row in self.api.services_list()}
        return [step for step in steps if (step.name in found) == (step.action == "create")]

    def finish(self) -> None:
        if self.verify is None:
            return
        user = normalize(self.verify["username"])
        if find_users(self.api, [user]).get(user) is None:
            raise HubError(f"verify_login is not tried: user {user} is not on the hub, and the login would leave it behind.")
        for item in self.items:
            if item["state"] == "present":
                client_id = item["oauth_client_id"] or f"service-{item['name']}"
                # What the hub takes for granted (jupyterhub/services/service.py, oauth_redirect_uri).
                redirect_uri = item["oauth_redirect_uri"] or f"{self.api.client.base_path}/services/{item['name']}/oauth_callback"
                oauth = OAuthClient(item["name"], client_id, item["service_token"], redirect_uri)
                self._logins[item["name"]] = verify_login(self.api, oauth, self.verify["username"], self.verify["password"])

    def objects(self, plan: Plan) -> dict[str, State]:
        return {
            name: {**service_state({**state, **self._answers.get(name, {})}), "verified_login": self._logins.get(name)} for name, state in plan.objects.items()
        }


def _refuse_managed(row: Row | None, how: str) -> None:
    """:raises RefusedError: the hub runs this service itself, as its configuration says."""
    if row is not None and row.get("command"):
        raise RefusedError(f"Service {row['name']} comes from the configuration of the hub, and can be changed only there. {how}Nothing was changed.")


def _check_values(item: Item) -> None:
    """See that the hub makes the service. One that it refuses it does not tell why, keeps in its database, and shows after its next start.

    :raises RefusedError: it would refuse it, or break on it.
    """
    of = f"of service {item['name']}"
    token, client_id = item["service_token"], item["oauth_client_id"]
    if token is not None and not SHORTEST_TOKEN <= len(token) <= LONGEST_TOKEN:
        raise RefusedError(
            f"The service_token {of} has {len(token)} characters, and the hub takes {SHORTEST_TOKEN} to {LONGEST_TOKEN}: give it another one. "
            "Nothing was changed."
        )
    if token is not None and not is_token(token):
        raise RefusedError(f"The service_token {of} holds spaces or characters that no token has: give it another one. Nothing was changed.")
    if item["url"] and not is_http(item["url"]):
        raise RefusedError(f"url {brief(item['url'])} {of} is no usable address: write it like http://10.0.0.7:8000. Nothing was changed.")
    if client_id is not None and not client_id.startswith(CLIENT_PREFIX):
        raise RefusedError(f"oauth_client_id {brief(client_id)} {of} does not begin with {CLIENT_PREFIX}, as the hub wants it. Nothing was changed.")
    for scope in item["oauth_client_allowed_scopes"] or ():
        check_scope(scope)


def _wanted(item: Item, keys: t.Iterable[str]) -> dict[str, t.Any]:
    return {key: item[key] for key in keys if item[key] is not None}


def _creation(item: Item, kept: Row) -> Step:
    """:param kept: what a service that is replaced keeps, as far as nothing else is declared.

    :raises RefusedError: the hub would refuse it.
    """
    wanted = {**kept, **_wanted(item, (*SHOWN, *HIDDEN_FIELDS))}
    token = item["service_token"]
    oauth = [key for key in HIDDEN_FIELDS if wanted.get(key)]
    if oauth and not wanted.get("oauth_redirect_uri") and not wanted.get("url"):
        raise RefusedError(
            f"Service {item['name']} has {oauth[0]}, but neither oauth_redirect_uri nor url, so that no login could come back to it: add one of them. "
            "Nothing was changed."
        )
    spec = {**wanted, **({"api_token": token} if token is not None else {})}
    after = {**wanted, **({"service_token": HIDDEN} if token is not None else {})}
    return LooseStep("create", "service", item["name"], "service_create", None, after, payload=spec)


def _removal(row: Row) -> Step:
    return LooseStep("delete", "service", row["name"], "service_delete", {**_unusual(row), "service_token": HIDDEN_BEFORE}, None)


def _unusual(row: Row) -> Row:
    """:returns: what a service has that the hub would not give it of itself."""
    return {key: row[key] for key in SHOWN if row.get(key) not in (None, USUAL[key])}
