# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""What an answer means, and whether it is the hub's at all.

Every answer of a hub carries the header ``X-JupyterHub-Version``, and its errors are JSON whose
``status`` is the HTTP status (checked on 4.0.2, 4.1.6, 5.5.4 and 6.1.1). An answer without these
marks comes from something in front of the hub: a proxy, a firewall, a login page, a cache. It
proves nothing, whatever its status. Nor does one with these marks that a cache has kept.
"""

from __future__ import annotations

import http
import json

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import (
    ApiError,
    UnreachableError,
    UnusableAnswerError,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.asked import (
    MARK,
    Asked,
    age_of,
    wait_of,
    without_token,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.foreign import (
    no_api,
    not_marked,
    redirected,
    steady,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import (
    PASSING_STATUS,
    Trouble,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.scopes import SCOPE
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import Misshapen
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import RawAnswer

# Characters of a message of the hub. The longest useful one names a hundred users.
LONGEST_MESSAGE = 50_000
# Tries after the first for answers that a hub also gives while its database cannot be reached.
SECOND_LOOKS = 2


def is_marked(raw: RawAnswer) -> bool:
    """Whether an answer has the hub's mark, and comes from the hub now: one that a cache has kept
    may be about another caller, and has the time of then.
    """
    return bool(raw.headers.get(MARK)) and not age_of(raw)


def is_hubs(raw: RawAnswer) -> bool:
    """Whether an answer is one of the hub's API."""
    return is_marked(raw) and (
        _error_model(raw) is not None if raw.status >= 300 else raw.kind != "text/html"
    )


def understand(raw: RawAnswer, asked: Asked) -> object:
    """:returns: the parsed body of a good answer; None where it has none.

    :raises ApiError: the hub refuses.
    :raises Trouble: the next try may get another answer, or the answer cannot be used.
    """
    if 300 <= raw.status < 400:
        raise steady(redirected(raw, asked), asked)
    if not is_marked(raw):
        raise _cut(asked) if _ends_in_its_head(raw) else not_marked(raw, asked)
    if raw.status < 300:
        return _content(raw, asked)
    model = _error_model(raw)
    if model is None:
        raise steady(no_api(raw, asked), asked)
    raise _refused(raw, model, asked)


# Good answers


def _content(raw: RawAnswer, asked: Asked) -> object:
    """:returns: the parsed body of a good answer of the hub."""
    # An answer that is cut before its body looks like one without a body.
    whole = (
        raw.status == 204
        or raw.headers.get("Content-Length") == "0"
        or "Transfer-Encoding" in raw.headers
    )
    if not raw.content and whole and asked.writes and asked.shape is None:
        return None
    if raw.content and not raw.kind.endswith("json"):
        if asked.writes and asked.shape is None and raw.kind != "text/html":
            return None
        raise steady(no_api(raw, asked), asked)
    try:
        data = json.loads(raw.content)
    except ValueError:
        raise _cut(asked) from None
    except RecursionError:
        raise _unusable(asked, raw.status, "it is nested too deeply") from None
    if asked.shape is not None:
        try:
            asked.shape.check(data)
        except Misshapen as problem:
            raise _unusable(asked, raw.status, str(problem)) from None
    return data


def _cut(asked: Asked) -> Trouble:
    return Trouble(
        UnreachableError(
            f"The hub at {asked.root} sent an answer that is incomplete or damaged.",
            **asked.details(),
        ),
        maybe_done=True,
    )


def _ends_in_its_head(raw: RawAnswer) -> bool:
    """Whether an answer may be one whose head was cut: the rest of it, marks and all, is not there
    then.
    """
    has_length = "Content-Length" in raw.headers or "Transfer-Encoding" in raw.headers
    return not raw.content and not has_length and raw.status != 204


def _unusable(asked: Asked, status: int, problem: str) -> Trouble:
    error = UnusableAnswerError(
        f"The hub answered {asked.method} {asked.shown} with {status} and a body that no"
        f" JupyterHub sends: {problem}. Check the hub and any proxy in front of it.",
        status=status,
        **asked.details(),
    )
    return Trouble(error, maybe_done=True, repeats=0)


# Refusals


def _error_model(raw: RawAnswer) -> dict[str, object] | None:
    """:returns: the body of an error of the hub's API; None when it is not one."""
    if not raw.kind.endswith("json"):
        return None
    try:
        model = json.loads(raw.content)
    except (ValueError, RecursionError):
        return None
    return model if isinstance(model, dict) and model.get("status") == raw.status else None


def _refused(raw: RawAnswer, model: dict[str, object], asked: Asked) -> Exception:
    text = model.get("message")
    said = without_token(text, asked)[:LONGEST_MESSAGE] if isinstance(text, str) else None
    wait = wait_of(raw)
    error = _refusal(
        raw.status, said, wait if raw.status == 429 and not asked.wait_429 else None, asked
    )
    if raw.status in PASSING_STATUS and (asked.wait_429 or raw.status != 429):
        return Trouble(error, maybe_done=raw.status != 429, wait=wait)
    if asked.patient and raw.status == 403 and _is_about_the_token(said, asked):
        # The hub gives this answer also when it cannot reach its database. Then it has not begun to
        # do anything.
        return Trouble(error, maybe_done=False, repeats=SECOND_LOOKS)
    if raw.status == 500 and not asked.writes:
        return Trouble(error, maybe_done=False, repeats=SECOND_LOOKS)
    return error


def _is_about_the_token(said: str | None, asked: Asked) -> bool:
    """Whether a 403 means that the hub knows no such token. Every valid token may ask who it is, so
    there the status is enough.
    """
    return words.BAD_CREDENTIALS.said(said) or asked.shown == "/user"


def _is_about_this_one(said: str | None, scopes: list[str] | None, asked: Asked) -> bool:
    """Whether a 403 has a reason of its own: only an admin may change an admin, the caller does not
    hold the scopes of one share, a spawner refuses one user. The hub has three others for those who
    may do nothing of the kind: the token, the missing scope, and none at all.
    """
    bare = not said or said == http.HTTPStatus.FORBIDDEN.phrase
    return not bare and scopes is None and not _is_about_the_token(said, asked)


def _refusal(status: int, said: str | None, retry_after: float | None, asked: Asked) -> ApiError:
    """:returns: the hub's refusal, in one sentence."""
    scopes = _missing_scopes(said)
    out_of_sight = status == 404 and words.OUT_OF_SIGHT.said(said)
    missing = (
        status == 404 and not out_of_sight and (asked.absent is None or asked.absent.said(said))
    )
    reason = f": {said.rstrip('.')}" if said else ""
    return ApiError(
        f"{asked.method} {asked.shown} was refused by the hub with"
        f" {status}{reason}.{_advice(status, said, scopes, asked, missing)}",
        hub_message=said,
        missing=missing,
        out_of_sight=out_of_sight,
        of_this_one=status == 403 and _is_about_this_one(said, scopes, asked),
        missing_scopes=scopes,
        retry_after=retry_after,
        status=status,
        **asked.details(),
    )


def _missing_scopes(said: str | None) -> list[str] | None:
    needed = words.SCOPES_MISSING.pattern.search(said or "")
    if not needed:
        return None
    # Other text may be anything that was sent, and would be shown in pieces that no search finds.
    return sorted(filter(SCOPE.fullmatch, (scope.strip() for scope in needed.group(1).split(","))))


def _advice(
    status: int, said: str | None, scopes: list[str] | None, asked: Asked, missing: bool
) -> str:
    if status == 403:
        return _advice_on_403(said, scopes, asked)
    if status == 404 and words.OUT_OF_SIGHT.said(said):
        return " It does not exist, or the token's scopes are limited to other objects."
    if status == 404 and not missing:
        return (
            " The hub does not know this address: a proxy in front of it may change names in"
            " addresses, such as %2F to a slash."
        )
    if status in PASSING_STATUS:
        return " The hub is not ready: try again later, or raise retries."
    return ""


def _advice_on_403(said: str | None, scopes: list[str] | None, asked: Asked) -> str:
    if scopes:
        return f" Give the caller's role one of these scopes: {', '.join(scopes)}."
    if _is_about_the_token(said, asked):
        return (
            " The token is wrong, expired or revoked: give a valid api_token. A hub that cannot"
            " reach its database gives the same answer: see its log."
        )
    if words.ONLY_ADMINS.said(said):
        return (
            " Since JupyterHub 4.1 only a caller that is itself an admin may do this, whatever its"
            " scopes: set admin: True for the service, or use an admin's token."
        )
    return ""
