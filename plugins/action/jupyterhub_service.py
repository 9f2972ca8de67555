# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs jupyterhub_service, and shows how far it is when it takes long."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils._progress import ProgressAction


class ActionModule(ProgressAction):
    """The action of jupyterhub_service."""
