# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One proxy with faults in front of each hub."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.proxy import FaultyProxy
from tests.hub import Hub


@pytest.fixture(scope="session")
def proxy(running_hub: Hub) -> Iterator[FaultyProxy]:
    """A proxy that makes faults, in front of the running hub."""
    with FaultyProxy(running_hub) as proxy:
        yield proxy
