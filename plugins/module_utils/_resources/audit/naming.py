# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.

"""Names as a report shows them: as they are, or as pseudonyms."""

from __future__ import annotations

import hashlib
import hmac

from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.check import Hit
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.audit.say import plain


class Naming:
    """How names are shown.

    :param key: what makes pseudonyms; None: names are shown. It must be secret, because names are
    easily guessed, and the same in each run, so that reports can be compared.
    """

    def __init__(self, key: str | None) -> None:
        self._key = (
            None if key is None else hashlib.sha256(b"hubops audit " + key.encode()).digest()
        )

    @property
    def hides(self) -> bool:
        """Whether names are replaced."""
        return self._key is not None

    def show(self, name: str) -> str:
        """:returns: a name for a sentence."""
        return plain(name) if self._key is None else self.pseudonym(name)

    def pseudonym(self, name: str) -> str:
        """:returns: what stands for a name; the name itself where names are shown."""
        if self._key is None:
            return name
        text = name.encode("utf-8", "surrogatepass")
        return f"name-{hmac.new(self._key, text, hashlib.sha256).hexdigest()[:10]}"

    def subject(self, hit: Hit) -> str:
        """:returns: the subject of a hit. Its owner comes first, and is the same in all
        findings.
        """
        if self._key is None or not hit.names:
            return hit.subject
        owner, *others = hit.names
        shown = self.pseudonym(owner)
        return f"{shown}/{self.pseudonym('/'.join(others))}" if others else shown
