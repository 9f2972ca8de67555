# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules and options that use each operation of the hub's REST API, and the documentation page
about them.

``python -m tests.project.operations`` writes that page.
"""

from __future__ import annotations

import functools
import json
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

from tests.hub import hub_python
from tests.running import link_collection

if str(link_collection()) not in sys.path:
    sys.path.insert(0, str(link_collection()))

# The link has to exist before the collection can be imported.
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.operations import OPERATIONS

PAGE = (
    pathlib.Path(__file__).resolve().parents[2]
    / "docs"
    / "docsite"
    / "rst"
    / "guide_operations.rst"
)

# This program runs with a hub's own Python. It prints the route table, the methods that the
# handlers implement, and the scopes that needs_scope demands.
ROUTES = """
import inspect, json
from jupyterhub.apihandlers import default_handlers
from tornado.web import RequestHandler
print(json.dumps([
    [method.upper(), route[0], list(inspect.getclosurevars(getattr(route[1], method)).nonlocals.get("scopes", ()))]
    for route in default_handlers
    for method in ("get", "post", "put", "patch", "delete")
    if getattr(route[1], method) is not getattr(RequestHandler, method)
]))
"""

# This one prints which scopes each scope includes.
SUBSCOPES = """
import json
from jupyterhub.scopes import scope_definitions
print(json.dumps({name: one.get("subscopes", []) for name, one in scope_definitions.items()}))
"""

# The hub checks the scopes of these operations inside the handler.
CHECKED_INSIDE = {("POST", "/users/{}/tokens"): ("tokens",)}


class Claim(NamedTuple):
    """The uses of an operation.

    ``uses`` are pairs of module and option; ``note`` gives the reason if there is no option of its
    own, or another remark.
    """

    uses: tuple[tuple[str, str], ...]
    note: str = ""


def _use(*uses: str, note: str = "") -> Claim:
    return Claim(tuple((use.split(".")[0], use.split(".")[1]) for use in uses), note)


def _generic(note: str) -> Claim:
    return _use("jupyterhub_api.path", note=note)


# Keys are method and route, with {} for every name in it.
CLAIMS: dict[tuple[str, str], Claim] = {
    ("GET", "/"): _use("jupyterhub_info.gather", note="needs no scope"),
    ("GET", "/info"): _use("jupyterhub_info.gather"),
    ("GET", "/user"): _use(
        "jupyterhub_info.gather", "jupyterhub_token.dest", "jupyterhub_token.current_token"
    ),
    ("GET", "/users"): _use("jupyterhub_info.gather", "jupyterhub_user.users"),
    ("POST", "/users"): _use("jupyterhub_user.users", "jupyterhub_user.name"),
    ("GET", "/users/{}"): _use("jupyterhub_user.name", "jupyterhub_info.names"),
    ("POST", "/users/{}"): _generic(
        "It stores a name as it is written, which no login may match; the modules use POST /users."
    ),
    ("PATCH", "/users/{}"): _use(
        "jupyterhub_user.admin",
        "jupyterhub_user.auth_state",
        "jupyterhub_user.rename_from",
        "jupyterhub_offboard.sessions",
    ),
    ("DELETE", "/users/{}"): _use("jupyterhub_user.state", "jupyterhub_user.prune"),
    ("POST", "/users/{}/activity"): _use("jupyterhub_user.last_activity"),
    ("POST", "/users/{}/admin-access"): _generic(
        "The hub has deprecated it, and it has no effect."
    ),
    ("GET", "/users/{}/tokens"): _use("jupyterhub_info.gather", "jupyterhub_token.note"),
    ("POST", "/users/{}/tokens"): _use(
        "jupyterhub_token.state", "jupyterhub_token.rotate", "jupyterhub_info.login_username"
    ),
    ("GET", "/users/{}/tokens/{}"): _generic("The modules read the list, which contains the same."),
    ("DELETE", "/users/{}/tokens/{}"): _use(
        "jupyterhub_token.state", "jupyterhub_token.token_id", "jupyterhub_token.prune"
    ),
    ("POST", "/users/{}/server"): _use("jupyterhub_server.state"),
    ("DELETE", "/users/{}/server"): _use("jupyterhub_server.state"),
    ("GET", "/users/{}/server"): _generic(
        "The modules read the user, which contains the same on every version."
    ),
    ("PUT", "/users/{}/server"): _generic(
        "The hub always refuses it: every user has a default server."
    ),
    ("PATCH", "/users/{}/server"): _generic(
        "The options of a default server are given when it starts."
    ),
    ("GET", "/users/{}/server/progress"): _use(
        "jupyterhub_server.state", note="why a start failed"
    ),
    ("POST", "/users/{}/servers/{}"): _use("jupyterhub_server.name"),
    ("DELETE", "/users/{}/servers/{}"): _use("jupyterhub_server.name"),
    ("GET", "/users/{}/servers/{}"): _generic(
        "The modules read the user, which contains the same on every version."
    ),
    ("PUT", "/users/{}/servers/{}"): _use("jupyterhub_server.state"),
    ("PATCH", "/users/{}/servers/{}"): _use(
        "jupyterhub_server.rename_from",
        "jupyterhub_server.display_name",
        "jupyterhub_server.user_options",
    ),
    ("GET", "/users/{}/servers/{}/progress"): _use(
        "jupyterhub_server.name", note="why a start failed"
    ),
    ("GET", "/groups"): _use("jupyterhub_info.gather", "jupyterhub_group.groups"),
    ("POST", "/groups"): _generic(
        "It stops half-way when one of the groups exists; the modules use POST /groups/{name}."
    ),
    ("GET", "/groups/{}"): _use("jupyterhub_group.name"),
    ("POST", "/groups/{}"): _use("jupyterhub_group.state"),
    ("DELETE", "/groups/{}"): _use("jupyterhub_group.state", "jupyterhub_group.prune"),
    ("POST", "/groups/{}/users"): _use("jupyterhub_group.users"),
    ("DELETE", "/groups/{}/users"): _use("jupyterhub_group.users"),
    ("PUT", "/groups/{}/properties"): _use("jupyterhub_group.properties"),
    ("GET", "/services"): _use("jupyterhub_info.gather", "jupyterhub_service.name"),
    ("GET", "/services/{}"): _generic(
        "JupyterHub 4 answers 500 for a service that does not exist; the modules read the list."
    ),
    ("POST", "/services/{}"): _use("jupyterhub_service.state"),
    ("DELETE", "/services/{}"): _use("jupyterhub_service.state", "jupyterhub_service.recreate"),
    ("GET", "/shares/{}"): _use("jupyterhub_info.gather"),
    ("POST", "/shares/{}"): _generic("The hub always refuses it with 405."),
    ("PATCH", "/shares/{}"): _generic("The hub always refuses it with 405."),
    ("DELETE", "/shares/{}"): _generic("The hub always refuses it with 405."),
    ("GET", "/shares/{}/{}"): _use("jupyterhub_share.owner"),
    ("POST", "/shares/{}/{}"): _use("jupyterhub_share.users", "jupyterhub_share.groups"),
    ("PATCH", "/shares/{}/{}"): _use("jupyterhub_share.mode", "jupyterhub_share.scopes"),
    ("DELETE", "/shares/{}/{}"): _generic(
        "The modules revoke one share at a time, to report which one."
    ),
    ("GET", "/users/{}/shared"): _use("jupyterhub_offboard.shares"),
    ("GET", "/groups/{}/shared"): _generic("The modules read the shares of an owner."),
    ("GET", "/users/{}/shared/{}/{}"): _generic("The modules read the shares of a server."),
    ("DELETE", "/users/{}/shared/{}/{}"): _generic(
        "It is for users who give a share back; owners revoke it with PATCH /shares."
    ),
    ("GET", "/groups/{}/shared/{}/{}"): _generic("The modules read the shares of a server."),
    ("DELETE", "/groups/{}/shared/{}/{}"): _generic(
        "It is for groups that give a share back; owners revoke it with PATCH /shares."
    ),
    ("GET", "/share-codes/{}"): _use("jupyterhub_info.gather"),
    ("POST", "/share-codes/{}"): _generic("The hub always refuses it with 405."),
    ("DELETE", "/share-codes/{}"): _generic("The hub always refuses it with 405."),
    ("GET", "/share-codes/{}/{}"): _use("jupyterhub_share.code"),
    ("POST", "/share-codes/{}/{}"): _use("jupyterhub_share.code", "jupyterhub_share.expires_in"),
    ("DELETE", "/share-codes/{}/{}"): _use("jupyterhub_share.mode"),
    ("GET", "/proxy"): _use("jupyterhub_info.gather"),
    ("POST", "/proxy"): _use("jupyterhub_proxy.state"),
    ("PATCH", "/proxy"): _use("jupyterhub_proxy.api_url", "jupyterhub_proxy.auth_token"),
    ("POST", "/shutdown"): _use("jupyterhub_shutdown.servers", "jupyterhub_shutdown.proxy"),
    ("GET", "/authorizations/token/{}"): _use(
        "jupyterhub_info.identify_token", note="deprecated by the hub"
    ),
    ("POST", "/authorizations/token/{}"): _generic(
        "The hub has removed it. Log in with login_username instead."
    ),
    ("GET", "/authorizations/token"): _generic(
        "It is only there for the POST that the hub has removed."
    ),
    ("POST", "/authorizations/token"): _generic(
        "The hub has removed it. Log in with login_username instead."
    ),
    ("GET", "/authorizations/cookie/{}/{}"): _use(
        "jupyterhub_info.identify_cookie", note="deprecated by the hub"
    ),
    ("GET", "/oauth2/authorize"): _use("jupyterhub_service.verify_login"),
    ("POST", "/oauth2/authorize"): _use("jupyterhub_service.verify_login"),
    ("POST", "/oauth2/token"): _use("jupyterhub_service.verify_login"),
}


@functools.cache
def routes(series: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the operations of a hub by method and route, each with the scopes of which one is
    enough, from the hub's own code.
    """
    done = subprocess.run(
        [hub_python(series), "-c", ROUTES], check=True, capture_output=True, text=True
    )
    found = {
        (method, _plain(pattern)): tuple(scopes)
        for method, pattern, scopes in json.loads(done.stdout)
    }
    return {**found, **CHECKED_INSIDE}


@functools.cache
def subscopes(series: str) -> dict[str, list[str]]:
    """Return the scopes that each scope of a hub directly includes, from the hub's own code."""
    done = subprocess.run(
        [hub_python(series), "-c", SUBSCOPES], check=True, capture_output=True, text=True
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def _plain(pattern: str) -> str:
    """Return the pattern of a route with {} for every name in it."""
    plain = pattern.removeprefix("/api").replace("(?:/([^/]+))?", "/{}")
    return re.sub(r"\(\[\^/\][+*]\)", "{}", plain).removesuffix("?") or "/"


def known_operations() -> dict[tuple[str, str], tuple[tuple[str, ...], str]]:
    """Return the scopes and the first hub version of all operations that the collection has a
    method for.
    """
    return {
        (one.method, re.sub(r"\{\w+\}", "{}", one.path)): (one.scopes, one.since)
        for one in OPERATIONS.values()
    }


def page() -> str:
    """Return the text of the page."""
    # REUSE-IgnoreStart
    lines = [
        ".. Copyright (c) 2026, The hubops.jupyterhub maintainers",
        (
            ".. GNU General Public License v3.0+ (see COPYING or"
            " https://www.gnu.org/licenses/gpl-3.0.txt)"
        ),
        ".. SPDX-License-Identifier: GPL-3.0-or-later",
        # REUSE-IgnoreEnd
        "",
        ".. _ansible_collections.hubops.jupyterhub.docsite.guide_operations:",
        "",
        "Every operation of the REST API",
        "===============================",
        "",
        (
            "What the REST API of JupyterHub can do, and which module does it. A test compares this"
            " page with the route tables of the"
        ),
        (
            "hubs themselves. Where several scopes are named, any one will do; they are those of"
            " the newest hub."
        ),
        (
            "JupyterHub 4 and 5 do not know ``start:servers``, and do not start with a role that"
            " names it: write ``servers`` there."
        ),
        "",
        ".. list-table::",
        "   :header-rows: 1",
        "",
        "   * - Operation",
        "     - Module and option",
        "     - Scope",
        "     - Since hub",
    ]
    guide_of_scopes = "ansible_collections.hubops.jupyterhub.docsite.guide_scopes"
    end = [
        "",
        ".. seealso::",
        "",
        "    * :ansplugin:`hubops.jupyterhub.jupyterhub_api#module`",
        f"    * :ref:`{guide_of_scopes}`",
    ]
    newest, first = routes("6"), first_versions()
    for (method, path), claim in CLAIMS.items():
        uses = ", ".join(f"``{module}`` ``{option}``" for module, option in claim.uses)
        lines += [
            f"   * - ``{method} {path.replace('{}', '{name}')}``",
            (
                "     -"
                f" {uses}{'. ' + claim.note[0].upper() + claim.note[1:].rstrip('.') + '.' if claim.note else ''}"
            ),
            f"     - {', '.join(f'``{scope}``' for scope in newest[method, path]) or 'none'}",
            f"     - {first[method, path]}",
        ]
    return "\n".join(lines + end) + "\n"


def first_versions() -> dict[tuple[str, str], str]:
    """Return for every operation the first tested hub series that has it."""
    first: dict[tuple[str, str], str] = {}
    for series in ("4", "5", "6"):
        for one in routes(series):
            first.setdefault(one, f"{series}.0")
    return first


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
