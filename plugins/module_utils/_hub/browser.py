# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Logging in to a service as a person would, to see that its OAuth set-up works from end to end."""

from __future__ import annotations

import dataclasses
import html.parser
import uuid
from urllib.parse import parse_qs, urlsplit

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Row

# The hub binds the forms to this cookie (jupyterhub/_xsrf_utils.py).
XSRF = "_xsrf"


@dataclasses.dataclass(frozen=True)
class OAuthClient:
    """A service as the hub's OAuth provider knows it.

    :param secret: the token of the service.
    :param redirect_uri: a path on the hub's host, or a whole address.
    """

    name: str
    client_id: str
    secret: str = dataclasses.field(repr=False)
    redirect_uri: str


class _Form(html.parser.HTMLParser):
    """The input fields of the page's forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        field = dict(attrs)
        if tag == "input" and field.get("name"):
            self.fields.append((str(field["name"]), field.get("value") or ""))

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]


def verify_login(api: HubApi, oauth: OAuthClient, username: str, password: str) -> Row:
    """Walk the authorization code flow, and log out again, which takes the tokens of the login away.

    :returns: who the service gets to know, and with which scopes.
    :raises HubError: a step does not work; the sentence says which.
    """
    with HubClient(dataclasses.replace(api.client.connection, api_token=None)) as browser:
        try:
            token = _walk(browser, oauth, username, password)
            me = api.whoami_of(token)
        finally:
            # The hub's own pages are beside its API.
            browser.page("GET", "/logout")
            api.client.absorb(browser)
    if me is None:
        raise _stuck(oauth, "the hub does not accept the token that it gave")
    return {"kind": me["kind"], "name": me["name"], "scopes": sorted(me["scopes"])}


def _walk(browser: HubClient, oauth: OAuthClient, username: str, password: str) -> str:
    """:returns: the access token."""
    state = uuid.uuid4().hex
    query = {"client_id": oauth.client_id, "redirect_uri": oauth.redirect_uri, "response_type": "code", "state": state}
    status, location, dummy = browser.page("GET", "/api/oauth2/authorize", query=query)
    if status != 302 or "/login" not in location:
        raise _stuck(oauth, f"the hub answers the request for authorization with {status} instead of its login page")
    status, location, page = browser.page("GET", "/login")
    xsrf = _Form(page).values(XSRF)
    if status != 200 or not xsrf:
        raise _stuck(oauth, "the hub shows no login form: its authenticator may log people in elsewhere")
    form = [(XSRF, xsrf[0]), ("username", username), ("password", password)]
    status, location, dummy = browser.page("POST", "/login", form=form)
    if status != 302:
        raise _stuck(oauth, f"the hub does not let {username} in ({status})")
    status, location, page = browser.page("GET", "/api/oauth2/authorize", query=query)
    if status == 400:
        raise _stuck(oauth, "the hub does not know this client, or not this oauth_redirect_uri of it")
    if status == 200:
        # The hub asks the user to confirm what the service may do.
        fields = _Form(page)
        form = [(XSRF, fields.values(XSRF)[0] if fields.values(XSRF) else ""), *(("scopes", scope) for scope in fields.values("scopes"))]
        status, location, dummy = browser.page("POST", "/api/oauth2/authorize", query=query, form=form)
    answer = parse_qs(urlsplit(location).query)
    if status != 302 or not answer.get("code"):
        raise _stuck(oauth, f"the hub gives no code for {username} ({status}): the user may not be allowed to use the service")
    if answer.get("state") != [state] or urlsplit(location).path != urlsplit(oauth.redirect_uri).path:
        raise _stuck(oauth, "the hub returns to another place than oauth_redirect_uri")
    form = [
        ("client_id", oauth.client_id),
        ("client_secret", oauth.secret),
        ("grant_type", "authorization_code"),
        ("code", answer["code"][0]),
        ("redirect_uri", oauth.redirect_uri),
    ]
    status, token = browser.exchange("/api/oauth2/token", form)
    if status != 200 or not token.get("access_token"):
        reason = token.get("error", "no reason given")
        raise _stuck(oauth, f"the hub does not take the code back ({status}, {reason}): service_token may not be the token of the service")
    return str(token["access_token"])


def _stuck(oauth: OAuthClient, why: str) -> HubError:
    return HubError(f"The login to service {oauth.name} does not work: {why}. What was changed before stays.")
