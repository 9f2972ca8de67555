# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""A request, as far as its answer has to be understood, and what all answers share."""

from __future__ import annotations

import dataclasses
import email.utils
import time
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub import words
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import retry_after
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import Shape
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import RawAnswer

MARK = "X-JupyterHub-Version"


class Details(t.TypedDict):
    """What every error reports about the request."""

    method: str
    path: str
    hub_version: str | None


@dataclasses.dataclass(frozen=True)
class Asked:
    """The parts of a request that are needed to understand its answer.

    :param root: the address of the API.
    :param shown: the path below it, without secrets.
    :param shape: what a good answer must hold; None: anything, also nothing.
    :param absent: what the hub says when the object is not there; None: any 404 of the hub says so.
    :param found: the hub has answered at this address before, so that it is the right one.
    :param version: the hub's version, as far as it is known.
    :param token: the caller's secret, in case the answer repeats it.
    :param patient: try again what the hub says of the caller's token; not when just that is the
    question.
    :param wait_429: try again on 429.
    """

    method: str
    root: str
    shown: str
    shape: Shape[object] | None = None
    absent: words.Words | None = None
    found: bool = False
    version: str | None = None
    token: str | None = dataclasses.field(default=None, repr=False)
    patient: bool = True
    wait_429: bool = True

    @property
    def writes(self) -> bool:
        """Whether the hub may have changed something."""
        return self.method != "GET"

    def details(self) -> Details:
        """:returns: what every error reports about the request."""
        return {
            "method": self.method,
            "path": self.shown,
            "hub_version": self.version,
        }


def wait_of(raw: RawAnswer) -> float | None:
    """:returns: the seconds that an answer asks to wait. A date is counted from that of the same
    answer.
    """
    try:
        now = email.utils.parsedate_to_datetime(raw.headers.get("Date", "")).timestamp()
    except (TypeError, ValueError, OverflowError):
        now = time.time()
    return retry_after(raw.headers.get("Retry-After"), now)


def age_of(raw: RawAnswer) -> int:
    """:returns: for how many seconds a cache has kept an answer; 0: it comes from the hub itself.

    Caches add the header Age, and nothing else does (RFC 9111, section 5.1); some of them also to
    what they have just read.
    """
    age = raw.headers.get("Age", "").strip()
    return int(age[:9]) if age.isdecimal() and age.isascii() else 0


def without_token(text: str, asked: Asked) -> str:
    """:returns: what the hub, or something in its place, has sent, without the secret."""
    return text.replace(asked.token, "***") if asked.token else text
