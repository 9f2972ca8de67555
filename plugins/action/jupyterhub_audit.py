# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs jupyterhub_audit, and writes its reports on the controller."""

from __future__ import annotations

from ansible_collections.hubops.jupyterhub.plugins.plugin_utils.reports.action import AuditAction


class ActionModule(AuditAction):
    """The action of jupyterhub_audit."""
