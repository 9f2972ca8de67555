# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Further configuration of the scenario's hub, run by tests/hub/jupyterhub_config.py: one admin,
and no service but one for the scenario itself to look with.
"""

from __future__ import annotations

from typing import Any

hub: Any = globals()["c"].JupyterHub
authenticator: Any = globals()["c"].Authenticator
settings: Any = globals()["settings"]

authenticator.admin_users = {"boss"}
hub.services = [each for each in settings["services"] if each["name"] == "witness"]
hub.load_roles = []
# The hub's own command finds the key for it in the environment only.
authenticator.enable_auth_state = False
# What a person calls jupyterhub_config.py; the hub runs in the folder in which it is.
globals()["load_subconfig"]("main.py")
