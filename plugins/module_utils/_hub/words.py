# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Every sentence of the hub that is matched anywhere in this collection.

The hub gives no codes for its errors, so only their text distinguishes them. Each entry says which
versions have the text (checked on 4.0.2, 5.5.4 and 6.1.1) and where it is in JupyterHub's source.
"""

from __future__ import annotations

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Words:
    """A sentence of the hub.

    :param pattern: what is looked for in the ``message`` of an answer.
    :param versions: the hubs that say so.
    :param source: the file of JupyterHub, and the function or class.
    """

    pattern: re.Pattern[str]
    versions: str
    source: str

    def said(self, message: str | None) -> bool:
        """Whether a message of the hub says this."""
        return self.pattern.search(message or "") is not None


def _words(pattern: str, versions: str, source: str) -> Words:
    return Words(re.compile(pattern), versions, source)


# Who may do what

BAD_CREDENTIALS = _words("Missing or invalid credentials", "4.0-6", "scopes.py, needs_scope")
SCOPES_MISSING = _words(r"requires any of \[([^\]]*)\]", "4.0-6", "scopes.py, needs_scope")
OUT_OF_SIGHT = _words(
    "No access to resources", "4.0-6", "scopes.py, needs_scope and get_scope_filter"
)
ONLY_ADMINS = _words(
    "Only admins", "4.1-6", "apihandlers/users.py, UserListAPIHandler and UserAPIHandler"
)
NOT_HELD = _words("not held", "4.0-6", "roles.py and orm.py, APIToken.new")
NO_PERMISSIONS = _words(
    "no permissions", "4.0-4.1", "apihandlers/users.py, UserTokenListAPIHandler.post"
)
NO_TOKEN_FOR = _words(
    "^User .* not found or no permissions to generate tokens",
    "4.0-6",
    "apihandlers/users.py, UserTokenListAPIHandler.post",
)

# What is not there

NO_GROUP = _words("^No such group: ", "4.0-6", "apihandlers/groups.py, find_group")
NO_TOKEN = _words(
    "^(No such token|No such user|Token not found)",
    "4.0-6",
    "apihandlers/users.py, UserTokenAPIHandler",
)
NO_SHARED_SERVER = _words(
    "^No such (server|user): ", "5.0-6", "apihandlers/shares.py, ServerShareAPIHandler"
)
NO_CODE = _words(
    "^(No matching code found|No code found matching|No such (server|user): )",
    "5.0-6",
    "apihandlers/shares.py, ServerShareCodeAPIHandler",
)
NO_SERVICE = _words(
    "^(No such service: |Service .* does not exist)",
    "5.0-6",
    "apihandlers/services.py, ServiceAPIHandler",
)

# Names that cannot be

INVALID_NAMES = _words(
    r"(?s)^Invalid usernames?: (?P<names>.*)",
    "4.0-6",
    "apihandlers/users.py, UserListAPIHandler.post",
)
NOT_CREATED = _words(
    r"(?s)^Failed to create user (?P<name>.*)",
    "4.0-6",
    "apihandlers/users.py, UserListAPIHandler.post",
)
UNKNOWN_MEMBER = _words(
    r"(?s)^No such user: (?P<name>.*)", "4.0-6", "apihandlers/groups.py, _usernames_to_users"
)

# Servers

RUNS_ALREADY = _words(
    r" is already running$", "4.0-6", "apihandlers/users.py, UserServerAPIHandler.post"
)
NOT_YET = _words(
    r" is pending (spawn|stop|check|rename)(, please wait)?$",
    "4.0-6",
    "apihandlers/users.py, UserServerAPIHandler.post and delete",
)

# Other refusals

GROUPS_ARE_MANAGED = _words(
    "management via API is disabled",
    "4.0-4.1",
    "apihandlers/groups.py, check_authenticator_managed_groups",
)
TOKEN_LIVES_TOO_LONG = _words(
    "must not exceed", "5.0-6", "apihandlers/users.py, UserTokenListAPIHandler.post"
)
