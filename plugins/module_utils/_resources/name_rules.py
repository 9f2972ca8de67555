# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Which names and scopes a hub can have: what no hub accepts is refused before any request."""

from __future__ import annotations

import typing as t
from urllib.parse import unquote

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import encode_path
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import SCOPE
from ansible_collections.hubops.jupyterhub.plugins.module_utils._text import brief

# The width of the hub's name columns (jupyterhub/orm.py); SQLite does not enforce it, other
# databases do.
LONGEST_NAME = 255


def check_name(kind: str, name: str) -> None:
    """Refuse what no hub can address.

    :raises RefusedError: the name cannot be used.
    """
    if not name:
        _refuse(kind, name, "is empty")
    if len(name) > LONGEST_NAME:
        _refuse(kind, name, f"is longer than {LONGEST_NAME} characters")
    try:
        name.encode()
        encode_path([name])
    except UnicodeEncodeError:
        _refuse(kind, name, "is not valid Unicode")
    except RefusedError:
        _refuse(kind, name, "cannot be used, because no address on the hub can contain it")


def check_user_name(name: str) -> None:
    """Refuse a user name that every hub refuses (Authenticator.validate_username).

    :raises RefusedError: the name cannot be used.
    """
    check_name("user", name)
    if "/" in name:
        _refuse("user", name, "contains a slash, which the hub does not allow in a user name")
    if name != name.strip():
        _refuse(
            "user", name, "begins or ends with a space, which the hub does not allow in a user name"
        )
    if set(unquote(name)) == {"."}:
        # Hubs since 5 refuse these; on older ones the user could be made, but hardly be reached.
        _refuse("user", name, "consists of dots only")


def check_service_name(name: str) -> None:
    """Refuse a name that the hub makes no service of (jupyterhub/services/service.py,
    _validate_service_name).

    After it has refused one, the hub keeps it in its database, and does not start any more.

    :raises RefusedError: the name cannot be used.
    """
    check_name("service", name)
    if "/" in name or unquote(name) != name:
        _refuse(
            "service",
            name,
            "contains a slash or an escape such as %20, which the hub does not allow in the name"
            " of a service",
        )
    if name != name.strip():
        _refuse(
            "service",
            name,
            "begins or ends with a space, which the hub does not allow in the name of a service",
        )
    if set(name) == {"."}:
        _refuse("service", name, "consists of dots only")


def check_scope(scope: str) -> None:
    """:raises RefusedError: no scope is written like this; hubs break on some of these."""
    if not SCOPE.fullmatch(scope):
        raise RefusedError(
            f"{brief(scope)} is not a scope: write it like read:users, or read:users!user=ada."
        )


def check_stored_names(stored_names: t.Mapping[str, object] | None) -> dict[str, str]:
    """:returns: the option stored_names.

    :raises RefusedError: it contains something other than names of users.
    """
    checked = {}
    for name, stored in (stored_names or {}).items():
        if not isinstance(name, str) or not isinstance(stored, str):
            pair = f"{brief(str(name))}: {brief(str(stored))}"
            raise RefusedError(
                f"stored_names contains {pair}, and both must be text: put quotes around them."
            )
        check_user_name(stored)
        checked[name] = stored
    return checked


def texts_of(where: str, value: object, what: str) -> tuple[str, ...]:
    """Read a list in an option whose content Ansible does not know.

    :param where: which list, for the message.
    :param what: what its items are, such as "pattern".
    :returns: the list. A text is split at its commas, as everywhere.
    :raises RefusedError: it is none. To take it for an empty one would drop what it protects.
    """
    if isinstance(value, str):
        text = value.strip()
        if text.startswith(("[", "{")) or len(text.splitlines()) > 1:
            raise RefusedError(f"{where} is text that cannot be split at its commas: give a list.")
        value = [item.strip() for item in text.split(",")]
    if not isinstance(value, list):
        kind = "null" if value is None else "a dictionary" if isinstance(value, dict) else "no list"
        raise RefusedError(f"{where} is {kind}: give a list of {what}s, or remove it.")
    for item in value:
        if not isinstance(item, str):
            raise RefusedError(f"{where} has an item that is not text: put quotes around it.")
        if not item or item != item.strip():
            raise RefusedError(
                f"{where} has the {what} {brief(item)}, which is empty or has white space at the"
                " start or end: correct it."
            )
    return tuple(value)


def _refuse(kind: str, name: str, problem: str) -> t.NoReturn:
    raise RefusedError(f"The {kind} name {brief(name)} {problem}: correct it.")
