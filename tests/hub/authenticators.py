# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authenticators of test hubs, and the servers that some of them need: a provider of OpenID
Connect, a learning platform, and LDAP.
"""

from __future__ import annotations

import json
import os
import pathlib
from typing import Any

from tests.hub._process import stacks_packages, stacks_python
from tests.hub.beside import Server, program, run_program
from tests.hub.profile import Profile

# The people of the OpenID Connect provider, with its claims about them.
PEOPLE: dict[str, dict[str, Any]] = {
    "Tilda.Brook@example.edu": {"groups": ["/staff", "course 101"]},
    "otto@example.edu": {"groups": ["/hubadmins"]},
}


class Provider(Server):
    """A provider of OpenID Connect, from PyPI. It accepts every login name, and has more claims
    about those in PEOPLE.
    """

    name = "oidc"

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        packages = stacks_packages()
        if packages is None or not (packages / "oidc_provider_mock").exists():
            return (
                "oidc-provider-mock is not installed (python3 -m tests.tools.environments stacks)"
            )
        return None

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        people = [
            json.dumps({"sub": email, "email": email, **claims}) for email, claims in PEOPLE.items()
        ]
        claims = [word for person in people for word in ("--user-claims", person)]
        return [
            str(stacks_python()),
            "-m",
            "oidc_provider_mock",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            *claims,
        ]


# The people of a learning platform, by their number there, with the data that a launch sends to the
# hub. One person hides the email address, so that the platform sends only a number.
LEARNERS: dict[str, dict[str, str]] = {
    "17": {"email": "Tilda.Brook@example.edu", "name": "Tilda Brook"},
    "18": {"email": "otto@example.edu", "name": "Otto Lind"},
    "19": {},
}


class LearningPlatform(Server):
    """A learning platform that launches the hub by LTI 1.3 for LEARNERS."""

    name = "lti"

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        packages = stacks_packages()
        if packages is None or not (packages / "jwt").exists():
            return "PyJWT is not installed (python3 -m tests.tools.environments stacks)"
        return None

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        program = str(pathlib.Path(__file__).with_name("lti_platform.py"))
        return [str(stacks_python()), "-I", program, str(self.port), json.dumps(LEARNERS)]


SCHEMAS = pathlib.Path("/etc/ldap/schema")
SLAPD = """\
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/inetorgperson.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=example,dc=edu"
rootdn "cn=admin,dc=example,dc=edu"
directory {folder}/data
"""
LDIF = """\
dn: dc=example,dc=edu
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,dc=example,dc=edu
objectClass: organizationalUnit
ou: people

dn: uid=Berta,ou=people,dc=example,dc=edu
objectClass: inetOrgPerson
uid: Berta
cn: Berta
sn: B
userPassword: {password}
"""


class LDAP(Server):
    """A directory with one person, ``Berta``, from the system's slapd."""

    name = "ldap"

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        if (
            program("slapd") is None
            or program("slapadd") is None
            or not (SCHEMAS / "inetorgperson.schema").exists()
        ):
            return "slapd is not installed (Debian and Ubuntu: apt-get install slapd)"
        return None

    def prepare(self) -> None:
        """Write the configuration and load the people."""
        (self.folder / "data").mkdir(exist_ok=True)
        configuration = self.folder / "slapd.conf"
        configuration.write_text(
            SLAPD.format(schemas=SCHEMAS, folder=self.folder), encoding="utf-8"
        )
        run_program(
            [str(program("slapadd")), "-f", configuration],
            self.folder,
            LDIF.format(password=LDAP_PASSWORD),
            ordinary=False,
        )

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        return [
            str(program("slapd")),
            "-d",
            "0",
            "-h",
            f"ldap://127.0.0.1:{self.port}/",
            "-f",
            str(self.folder / "slapd.conf"),
        ]


LDAP_PASSWORD = "horse-battery"

KEEP_CASE = """
from jupyterhub.auth import DummyAuthenticator

class CaseKeepingAuthenticator(DummyAuthenticator):
    def normalize_username(self, username):
        return username

c.JupyterHub.authenticator_class = CaseKeepingAuthenticator
c.CaseKeepingAuthenticator.password = settings["password"]
"""
USER_MAP = """
c.Authenticator.username_map = {
    "tilda.brook@example.edu": "tbrook",
    "otto.lind@example.edu": "olind",
    "old": "new",
}
"""
PATTERN = """
c.Authenticator.username_pattern = "^[a-z][a-z0-9]*$"
"""
LISTS = """
if modern:
    c.Authenticator.allow_all = False
c.Authenticator.allowed_users = {"ada", "bob"}
c.Authenticator.blocked_users = {"mallory"}
c.Authenticator.admin_users = {"root1"}
"""
PAM = """
c.JupyterHub.authenticator_class = "pam"
c.PAMAuthenticator.open_sessions = False
"""
PAM_CREATE = (
    PAM
    + """
# The accounts get names that are this hub's own, and the test removes them.
c.LocalAuthenticator.create_system_users = True
c.LocalAuthenticator.add_user_cmd = ["useradd", "--create-home", "--base-dir", str(state / "accounts")]
(state / "accounts").mkdir(exist_ok=True)
"""
)
NATIVE = """
c.JupyterHub.authenticator_class = "native"
c.NativeAuthenticator.open_signup = True
"""
FIRST_USE = """
c.JupyterHub.authenticator_class = "firstuseauthenticator.FirstUseAuthenticator"
c.FirstUseAuthenticator.dbm_path = str(state / "passwords.dbm")
c.FirstUseAuthenticator.create_users = False
"""
LDAP_CONFIG = """
c.JupyterHub.authenticator_class = "ldapauthenticator.LDAPAuthenticator"
c.LDAPAuthenticator.server_address = "127.0.0.1"
c.LDAPAuthenticator.server_port = settings["servers"]["ldap"]["port"]
c.LDAPAuthenticator.tls_strategy = "insecure"
c.LDAPAuthenticator.bind_dn_template = ["uid={username},ou=people,dc=example,dc=edu"]
"""
OAUTH = """
provider = f"http://127.0.0.1:{settings['servers']['oidc']['port']}"
c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.client_id = "hub"
c.GenericOAuthenticator.client_secret = "the provider takes any"
c.GenericOAuthenticator.authorize_url = f"{provider}/oauth2/authorize"
c.GenericOAuthenticator.token_url = f"{provider}/oauth2/token"
c.GenericOAuthenticator.userdata_url = f"{provider}/userinfo"
c.GenericOAuthenticator.oauth_callback_url = settings["bind_url"] + "hub/oauth_callback"
c.GenericOAuthenticator.scope = ["openid", "email", "profile"]
c.GenericOAuthenticator.username_claim = "email"
c.GenericOAuthenticator.manage_groups = True
c.GenericOAuthenticator.auth_state_groups_key = "oauth_user.groups"
c.GenericOAuthenticator.admin_groups = {"/hubadmins"}
c.GenericOAuthenticator.enable_auth_state = True
"""
LTI = """
c.JupyterHub.authenticator_class = "ltiauthenticator.lti13.auth.LTI13Authenticator"
c.LTI13Authenticator.issuer = f"http://127.0.0.1:{settings['servers']['lti']['port']}"
c.LTI13Authenticator.client_id = {"hub"}
c.LTI13Authenticator.authorize_url = c.LTI13Authenticator.issuer + "/authorize"
c.LTI13Authenticator.jwks_endpoint = c.LTI13Authenticator.issuer + "/jwks"
c.LTI13Authenticator.username_key = "email"
c.LTI13Authenticator.enable_auth_state = True
"""
MULTI = """
from jupyterhub.auth import DummyAuthenticator

class LibraryAuthenticator(DummyAuthenticator):
    login_service = "library"

c.JupyterHub.authenticator_class = "multiauthenticator.MultiAuthenticator"
c.MultiAuthenticator.authenticators = [
    {"authenticator_class": LibraryAuthenticator, "url_prefix": "/library", "config": {"password": settings["password"], "allow_all": True}},
    {"authenticator_class": "pam", "url_prefix": "/pam", "config": {}},
]
"""
NULL = """
c.JupyterHub.authenticator_class = "null"
"""
TMP = """
c.JupyterHub.authenticator_class = "tmpauthenticator.TmpAuthenticator"
"""


def needs_root() -> str | None:
    """Return why PAM cannot check the passwords of other accounts here, or None."""
    return None if os.getuid() == 0 else "only root can have others log in by PAM"


def needs_useradd() -> str | None:
    """Return why no system accounts can be created here, or None."""
    return needs_root() or (
        None if program("useradd") and program("userdel") else "there is no useradd here"
    )


AUTHENTICATORS = (
    Profile("keepcase", "an authenticator that keeps upper case in names", config=KEEP_CASE),
    Profile("usermap", "username_map: some logins have other names on the hub", config=USER_MAP),
    Profile("pattern", "username_pattern: lower-case letters and digits only", config=PATTERN),
    Profile("lists", "allowed_users, blocked_users and admin_users", config=LISTS),
    Profile(
        "pam",
        "PAM, the default: every user has to have an account of the system",
        config=PAM,
        needs=needs_root,
    ),
    Profile(
        "pam-create",
        "PAM with create_system_users: the hub makes the accounts",
        config=PAM_CREATE,
        needs=needs_useradd,
    ),
    Profile(
        "native",
        "NativeAuthenticator: the hub keeps the passwords of those that have signed up",
        config=NATIVE,
        packages=True,
    ),
    Profile(
        "firstuse",
        "FirstUseAuthenticator: the first password that is given is the user's",
        config=FIRST_USE,
        packages=True,
    ),
    Profile("ldap", "LDAPAuthenticator", config=LDAP_CONFIG, beside=(LDAP,), packages=True),
    Profile(
        "oauth",
        "GenericOAuthenticator, with groups and admins as the provider says",
        config=OAUTH,
        beside=(Provider,),
        packages=True,
    ),
    Profile(
        "lti",
        "LTI 1.3, from a learning platform such as Moodle or Canvas",
        config=LTI,
        beside=(LearningPlatform,),
        packages=True,
    ),
    Profile(
        "multi",
        "MultiAuthenticator: several ways to log in, each with its own prefix",
        config=MULTI,
        packages=True,
    ),
    Profile("null", "NullAuthenticator: nobody logs in", config=NULL),
    Profile("tmp", "TmpAuthenticator: a new user for each visit", config=TMP, packages=True),
)
