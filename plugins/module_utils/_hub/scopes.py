# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change at any time, so do not import it from elsewhere.


"""Scopes, and the roles that grant them."""

from __future__ import annotations

import re
import typing as t


def load_roles_snippet(scopes: t.Iterable[str], *, name: str, kind: str) -> str:
    """A role for ``jupyterhub_config.py`` that grants what is missing.

    It goes to the end of the file, once or many times: it keeps the roles that stand there, which the hub deletes when they are
    not loaded any more, and has a name of its own, since the hub does not start with two roles of one name.

    :param scopes: the missing scopes.
    :param name: the caller that needs them.
    :param kind: ``user`` or ``service``, as the hub says of the caller.
    """
    wanted = sorted(scopes)
    role = re.sub("[^a-z0-9]+", "-", "-".join(("hubops", name.lower(), *wanted)))[:250].strip("-")
    return f"c.JupyterHub.load_roles.append(\n    {{'name': {role!r}, 'scopes': {wanted!r}, '{kind}s': [{name!r}]}},\n)\n"


SCOPE = re.compile(r"[a-z][a-z0-9:_*.\-]*(![a-z]+(=[^!]+)?)?")
