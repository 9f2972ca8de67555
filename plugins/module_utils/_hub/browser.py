# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""Logging in to a service as a person would, to check that its OAuth setup works from end to
end.
"""

from __future__ import annotations

import contextlib
import dataclasses
import html.parser
import json
import typing as t
import uuid
from urllib.parse import parse_qs, urlsplit

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.answers import is_marked
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.api import HubApi
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.foreign import who
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import Trouble
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import Row
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import Content

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


@dataclasses.dataclass(frozen=True)
class Page:
    """A page, as it came.

    :param location: where it leads to.
    :param of_hub: whether it bears the hub's mark.
    :param who: who seems to have answered, where it does not.
    """

    status: int
    location: str
    text: str
    of_hub: bool
    who: str


def page(
    client: HubClient,
    method: str,
    path: str,
    *,
    query: t.Mapping[str, str] | None = None,
    form: t.Sequence[tuple[str, str]] | None = None,
) -> Page:
    """Request one of the hub's pages outside its API once. The client keeps the cookies that they
    need.

    :param path: below the hub's own root.
    :raises HubError: there is no answer.
    """
    url = client.root[: -len("/api")] + path
    try:
        raw = client.send(method, url, path, Content(query, None if form is None else list(form)))
    except Trouble as trouble:
        raise trouble.error from None
    return Page(
        raw.status,
        raw.headers.get("Location", ""),
        raw.content.decode("utf-8", "replace"),
        is_marked(raw),
        who(raw),
    )


@dataclasses.dataclass(frozen=True)
class Browser:
    """Requests pages of the hub, and trusts nothing else."""

    client: HubClient
    oauth: OAuthClient

    def page(
        self,
        method: str,
        path: str,
        *,
        query: t.Mapping[str, str] | None = None,
        form: t.Sequence[tuple[str, str]] | None = None,
    ) -> Page:
        """:raises HubError: there is no answer of the hub; see :func:`page`."""
        answer = page(self.client, method, path, query=query, form=form)
        if not answer.of_hub:
            raise _stuck(
                self.oauth,
                f"{method} {path} was answered with {answer.status} by {answer.who}, and not by"
                " the hub",
            )
        return answer


def verify_login(api: HubApi, oauth: OAuthClient, username: str, password: str) -> Row:
    """Walk the authorization code flow, and log out again, which revokes the tokens of the login.

    :returns: the user that the service sees, and with which scopes.
    :raises HubError: a step does not work; the sentence says which.
    """
    with HubClient(dataclasses.replace(api.client.connection, api_token=None)) as client:
        browser = Browser(client, oauth)
        try:
            me = api.whoami_of(_walk(browser, oauth, username, password))
        except HubError:
            with contextlib.suppress(HubError):
                browser.page("GET", "/logout")
            raise
        else:
            browser.page("GET", "/logout")
        finally:
            api.client.absorb(client.requests)
    if me is None:
        raise _stuck(oauth, "the hub does not accept the token that it issued")
    return {"kind": me["kind"], "name": me["name"], "scopes": sorted(me["scopes"])}


def _walk(browser: Browser, oauth: OAuthClient, username: str, password: str) -> str:
    """:returns: the access token."""
    state = uuid.uuid4().hex
    query = {
        "client_id": oauth.client_id,
        "redirect_uri": oauth.redirect_uri,
        "response_type": "code",
        "state": state,
    }
    answer = browser.page("GET", "/api/oauth2/authorize", query=query)
    if answer.status != 302 or "/login" not in answer.location:
        raise _stuck(
            oauth,
            f"the hub answers the request for authorization with {answer.status} instead of its"
            " login page",
        )
    _log_in(browser, oauth, username, password)
    answer = _consent(browser, oauth, query)
    given = parse_qs(urlsplit(answer.location).query)
    if answer.status != 302 or not given.get("code"):
        raise _stuck(
            oauth,
            f"the hub issues no code for {username} ({answer.status}): the user may not be allowed"
            " to use the service",
        )
    if (
        given.get("state") != [state]
        or urlsplit(answer.location).path != urlsplit(oauth.redirect_uri).path
    ):
        raise _stuck(oauth, "the hub redirects to an address other than oauth_redirect_uri")
    return _redeem(browser, oauth, given["code"][0])


def _log_in(browser: Browser, oauth: OAuthClient, username: str, password: str) -> None:
    answer = browser.page("GET", "/login")
    xsrf = _Form(answer.text).values(XSRF)
    if answer.status != 200 or not xsrf:
        raise _stuck(
            oauth,
            "the hub shows no login form: its authenticator may use a login page of another site",
        )
    form = [(XSRF, xsrf[0]), ("username", username), ("password", password)]
    answer = browser.page("POST", "/login", form=form)
    if answer.status != 302:
        raise _stuck(oauth, f"the hub refuses the login of {username} ({answer.status})")


def _consent(browser: Browser, oauth: OAuthClient, query: t.Mapping[str, str]) -> Page:
    """:returns: what leads back to the service, after the user has confirmed what it may do, where
    the hub asks for that.
    """
    answer = browser.page("GET", "/api/oauth2/authorize", query=query)
    if answer.status == 400:
        raise _stuck(oauth, "the hub does not know this client or its oauth_redirect_uri")
    if answer.status != 200:
        return answer
    fields = _Form(answer.text)
    form = [
        (XSRF, fields.values(XSRF)[0] if fields.values(XSRF) else ""),
        *(("scopes", scope) for scope in fields.values("scopes")),
    ]
    return browser.page("POST", "/api/oauth2/authorize", query=query, form=form)


def _redeem(browser: Browser, oauth: OAuthClient, code: str) -> str:
    """:returns: the access token for a code."""
    form = [
        ("client_id", oauth.client_id),
        ("client_secret", oauth.secret),
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", oauth.redirect_uri),
    ]
    answer = browser.page("POST", "/api/oauth2/token", form=form)
    try:
        model = json.loads(answer.text)
    except (ValueError, RecursionError):
        model = None
    token = model.get("access_token") if isinstance(model, dict) else None
    if answer.status != 200 or not isinstance(token, str):
        # The provider's errors have a code of their own (RFC 6749).
        reason = model.get("error") if isinstance(model, dict) else None
        reason = reason if isinstance(reason, str) else "no reason given"
        raise _stuck(
            oauth,
            f"the hub does not accept the code ({answer.status}, {reason}): the given token may"
            " not be the token of the service",
        )
    return token


def _stuck(oauth: OAuthClient, why: str) -> HubError:
    return HubError(
        f"The login to service {oauth.name} does not work: {why}. Earlier changes were kept."
    )
