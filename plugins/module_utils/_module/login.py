# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Working with a user name and a password: a token that is valid for one task."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import typing as t
import uuid

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    AnswerLostError,
    ApiError,
    HubError,
    RefusedError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import operations, words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.connection import Connection
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.names import normalize
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import (
    TokenRow,
    VersionRow,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import one
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.name_rules import (
    check_user_name,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._times import parse_time

VERSION = one(VersionRow)
MADE, LIST = operations.TOKEN_CREATE.shape, operations.TOKENS_LIST
# Seconds that the token is valid, in case the task is killed before it can revoke it.
LIFETIME = 12 * 3600
NOTE = "hubops login "
# Seconds after which a token that was never used belongs to no login that is still on its way: its
# answer was lost.
LEFT_BEHIND = 600


@contextlib.contextmanager
def logged_in(
    connection: Connection,
    username: str,
    password: str,
    warn: t.Callable[[str], None],
    used: t.Callable[[HubClient], None] = lambda client: None,
) -> t.Iterator[Connection]:
    """Log in with the hub's own authenticator, and revoke the token at the end, whatever happens.

    The hub creates a token for a request that has a user name and a password instead of a token
    (UserTokenListAPIHandler.post).

    :param used: is called with every client whose requests count as well.
    :returns: the connection with the token.
    :raises RefusedError: the hub does not let this user in.
    """
    try:
        check_user_name(username)
    except RefusedError as error:
        raise RefusedError(f"login_username cannot be used. {error.message}") from None
    # Unlike any other, so that it can be found when the answer that tells its id is lost.
    note = f"{NOTE}{uuid.uuid4().hex}"
    with HubClient(dataclasses.replace(connection, api_token=None)) as client:
        used(client)
        # The password is sent only to a hub.
        client.get(shape=VERSION)
        user, secret = _log_in(client, {"username": username, "password": password}, note)
    with client.next_caller(secret) as owner:
        used(owner)
        try:
            yield owner.connection
        finally:
            try:
                _log_out(owner, user, note)
            except HubError as error:
                warn(
                    f"The login token of {user} could not be revoked, and stays valid for up to"
                    f" another {LIFETIME // 3600} hours: {error.message}"
                )


def _log_in(client: HubClient, auth: dict[str, str], note: str) -> tuple[str, str]:
    """Log in by the name that is given, then by the one that most hubs store. In this order, as a
    hub that keeps case may have users of both names.

    :returns: what the hub calls the user, and the token.
    """
    username = auth["username"]
    for user in dict.fromkeys((username, normalize(username))):
        try:
            return user, _make_token(client, user, auth, note)
        except ApiError as error:
            if error.status != 403:
                raise
            # A caller with a wrong password gets no details.
            known = words.NO_TOKEN_FOR.said(error.hub_message)
            if not known:
                break
    if known:
        raise RefusedError(
            f"The hub accepts the password of {username}, but creates no token for this name: it"
            " stores the user under another name (username_map), or the user may not create"
            " tokens. Use a token instead of login_username."
        )
    raise RefusedError(
        f"The hub refused the login of {username}: check login_username and login_password. The"
        " user must exist on the hub."
    )


def _make_token(client: HubClient, user: str, auth: dict[str, str], note: str) -> str:
    """:returns: a token that the hub creates for a caller who knows the password."""
    body: dict[str, object] = {"auth": auth, "note": note, "expires_in": LIFETIME}
    path = ("users", user, "tokens")
    attempt = 0
    while True:
        try:
            return MADE.of(client.request("POST", path, body=body, shape=MADE).data)["token"]
        except AnswerLostError:
            # The token that was lost bears the same note, and goes with this one.
            if not client.pause(attempt):
                raise
            attempt += 1
        except ApiError as error:
            if (
                error.status != 400
                or not words.TOKEN_LIVES_TOO_LONG.said(error.hub_message)
                or "expires_in" not in body
            ):
                raise
            # Then the longest time that the hub allows is what it sets itself.
            del body["expires_in"]


def _log_out(owner: HubClient, user: str, note: str) -> None:
    """Revoke the tokens of this login, its own last: of those that were lost none was ever used.
    And what earlier logins have lost.
    """
    found = owner.find("users", user, "tokens", shape=LIST.shape, absent=LIST.absent)
    if found is None:
        # The task has renamed the user.
        caller = operations.WHOAMI.shape
        user = caller.of(owner.get("user", shape=caller))["name"]
        found = owner.get("users", user, "tokens", shape=LIST.shape)
    mine = [
        row
        for row in LIST.of(found)["api_tokens"]
        if row["note"] == note or _left_behind(row, owner.clock.now())
    ]
    for row in sorted(mine, key=lambda one: one["last_activity"] is not None):
        try:
            owner.request("DELETE", ("users", user, "tokens", row["id"]))
        except ApiError as error:
            # A token that has revoked itself, and whose answer was lost, is not let in again.
            if not error.repeated or error.status not in (403, 404):
                raise


def _left_behind(row: TokenRow, now: datetime.datetime) -> bool:
    """Whether a token is of a login that has never got it: others use theirs at once."""
    if not (row["note"] or "").startswith(NOTE) or row.get("last_activity") is not None:
        return False
    return (now - parse_time(row["created"])).total_seconds() > LEFT_BEHIND
