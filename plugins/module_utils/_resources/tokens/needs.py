# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The scopes that tokens need, for one task and for the declaration of a whole hub."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.versions import Version
from ansible_collections.hubops.jupyterhub.plugins.module_utils._resources.needs import (
    Needs,
    Options,
)


def needs(options: Options, hub: Version) -> Needs:
    """:returns: the scopes that tokens need, by the options of jupyterhub_token."""
    del options, hub
    return Needs(reads={"read:tokens"}, writes={"tokens"})
