# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A learning platform like Moodle or Canvas, which launches a tool by LTI 1.3. It is a program of
its own, for a Python with PyJWT and cryptography.

``lti_platform.py PORT PEOPLE``: the people are JSON, ``{"17": {"email": "ada@example.edu"}}``, by
their ``login_hint`` on the platform. ``/authorize`` answers with a page whose form sends a signed
``id_token`` to the tool, as a browser does
(https://www.imsglobal.org/spec/security/v1p0/#step-3-authentication-response). ``/jwks`` has the
public key. A new key is created at each start.
"""

from __future__ import annotations

import html
import http.server
import json
import sys
import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
FORM = """<!DOCTYPE html>
<form method="post" action="{action}">
<input type="hidden" name="id_token" value="{id_token}">
<input type="hidden" name="state" value="{state}">
</form>
"""


class Platform(http.server.ThreadingHTTPServer):
    """The platform on this port of 127.0.0.1, with these people."""

    def __init__(self, port: int, people: dict[str, dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", port), Answer)
        self.issuer = f"http://127.0.0.1:{port}"
        self.people = people
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def keys(self) -> dict[str, Any]:
        """Return the set of public keys."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "1", "use": "sig", "alg": "RS256"}]}

    def page(self, asked: dict[str, str]) -> str:
        """Return the page that sends a person on to the tool; raise KeyError if the person is
        unknown.
        """
        now = int(time.time())
        message = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "sub": asked["login_hint"],
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            f"{CLAIM}message_type": "LtiResourceLinkRequest",
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}deployment_id": "1",
            f"{CLAIM}target_link_uri": asked["redirect_uri"],
            f"{CLAIM}resource_link": {"id": "notebooks"},
            f"{CLAIM}context": {"id": "7", "label": "course101"},
            f"{CLAIM}roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
            **self.people[asked["login_hint"]],
        }
        fields = {
            "action": asked["redirect_uri"],
            "id_token": jwt.encode(message, self.key, algorithm="RS256", headers={"kid": "1"}),
            "state": asked["state"],
        }
        return FORM.format(**{name: html.escape(text) for name, text in fields.items()})


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    server: Platform

    def do_GET(self) -> None:
        """Answer the tool, or the browser that the tool has redirected."""
        place = urlsplit(self.path)
        if place.path == "/jwks":
            self.say(200, "application/json", json.dumps(self.server.keys()))
            return
        try:
            page = self.server.page(dict(parse_qsl(place.query)))
        except KeyError as missing:
            self.say(400, "text/plain", f"there is no {missing}")
            return
        self.say(200, "text/html", page)

    def say(self, status: int, kind: str, text: str) -> None:
        """Send an answer."""
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    Platform(int(sys.argv[1]), json.loads(sys.argv[2])).serve_forever()
