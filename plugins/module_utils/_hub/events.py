# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE to the collection hubops.jupyterhub: it may change, so do not import it from elsewhere.


"""The hub's streams of events, which report the start of a server."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import HubError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import encode_path
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.answers import is_marked
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.client import HubClient
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.retry import Trouble
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.rows import EventRow
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.shapes import Misshapen, one
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.transport import Content, Limit

EVENT = one(EventRow)


def last_event(client: HubClient, path: t.Sequence[str], seconds: float) -> EventRow | None:
    """Read a stream to its end, which is the hub's own doing, or as long as it may take.

    :param seconds: what has come by then counts.
    :returns: the last event; None when there is none that can be read.
    """
    shown = encode_path(path, show=True)
    headers = {"Accept": "text/event-stream"}
    try:
        raw = client.send(
            "GET",
            client.root + encode_path(path),
            shown,
            Content(headers=headers),
            Limit(seconds, partial=True),
        )
    except (HubError, Trouble):
        return None
    if raw.status != 200 or not is_marked(raw):
        return None
    events = [
        line[len(b"data:") :] for line in raw.content.splitlines() if line.startswith(b"data:")
    ]
    for event in reversed(events):
        try:
            data = json.loads(event)
            EVENT.check(data)
        except (ValueError, RecursionError, Misshapen):
            # The last one may be cut.
            continue
        return EVENT.of(data)
    return None
