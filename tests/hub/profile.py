# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The definition of a profile: one way to run a hub."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from tests.hub._process import stacks_packages

# A function that returns a server of a hub. It gets the hub's folder, the server's notes, and
# whether the server outlives this process.
Maker = Callable[[pathlib.Path, dict[str, Any], bool], Any]


def nothing() -> None:
    """Return that nothing is missing."""


@dataclasses.dataclass(frozen=True)
class Profile:
    """One way to run a hub.

    about: the real hubs that it stands for.
    config: Python text that is run before the test's own configuration. ``modern`` is true in it
        since JupyterHub 5.
    base_url: the hub's path, if the test does not choose another one.
    host: the address on which the hub and its proxy listen.
    public_host: the host name that clients use; None means ``host``.
    database: returns the database server; None means SQLite.
    front: returns the proxy in front; None means only the hub's own proxy.
    beside: functions that return more servers. The configuration finds their ports and folders in
        ``settings["servers"][NAME]``.
    proxy: the hub's own proxy: ``python`` or ``node``.
    direct: whether the witness can send requests to the hub itself; otherwise it uses the proxy.
    packages: whether the hub needs Python packages of the environment ``stacks``.
    suite: whether all live tests have to pass on it; other profiles are for tests that ask for
        them.
    exact: whether the database distinguishes all names. If not, tests with two names that it takes
        for the same (marker ``exact_names``) are left out.
    needs: returns what else is missing on this machine and how to install it, or None.
    """

    name: str
    about: str
    config: str = ""
    base_url: str = "/"
    host: str = "127.0.0.1"
    public_host: str | None = None
    database: Maker | None = None
    front: Maker | None = None
    beside: tuple[Maker, ...] = ()
    proxy: str = "python"
    direct: bool = True
    packages: bool = False
    suite: bool = False
    exact: bool = True
    needs: Callable[[], str | None] = nothing

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        makers = [maker for maker in (self.database, self.front, *self.beside) if maker is not None]
        found = [self.needs(), *(maker(pathlib.Path(), {}, False).missing() for maker in makers)]
        if self.packages and stacks_packages() is None:
            found.append(
                "its packages are not installed (python3 -m tests.tools.environments stacks)"
            )
        if self.proxy == "node" and node_proxy() is None:
            found.append(
                "the proxy for Node.js is not installed (python3 -m tests.tools.node_proxy; it"
                " needs node and npm)"
            )
        return next((f"profile {self.name}: {problem}" for problem in found if problem), None)


def node_proxy() -> pathlib.Path | None:
    """Return the program of the hub's usual proxy, which Node.js runs; None if it is not
    installed.
    """
    from tests.hub._process import ROOT

    program = (
        ROOT / ".cache" / "npm" / "proxy" / "node_modules" / ".bin" / "configurable-http-proxy"
    )
    return program if program.exists() else None
