# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a JupyterHub that keeps running, and stop it: ``python -m tests.hub start --hub 6 --state
DIR`` and ``... stop --state DIR``.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys

from tests.hub import HUB_VERSIONS, PROFILES, Hub, HubError
from tests.hub._process import hub_python


def names(files: list[pathlib.Path]) -> list[str]:
    """Return the user names in these files, one per line. Empty lines and lines that start with #
    are ignored.
    """
    lines = (
        line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines()
    )
    return [line for line in lines if line and not line.startswith("#")]


def describe(hub: Hub) -> dict[str, object]:
    """Return the addresses, tokens and files that a client of this hub needs."""
    return {
        "url": hub.url,
        "hub_url": hub.hub_url,
        "version": hub.version,
        "token": hub.token,
        "scoped_token": hub.scoped_token,
        "admin_token": hub.admin_token,
        "password": hub.password,
        "pid": hub.pid,
        "jupyterhub": str(hub_python(hub.series).with_name("jupyterhub")),
        "state": str(hub.state),
    }


def start(args: argparse.Namespace) -> None:
    """Start a hub in the state directory, and print what a client needs as JSON.

    A hub that exists in the directory is kept: if it runs, it is only printed; if it is stopped, it
    is started again.
    """
    if (args.state / "settings.json").exists():
        hub = Hub.attach(args.state)
        hub.start()
    else:
        hub = Hub(
            args.hub,
            profile=args.profile,
            config=args.config.read_text(encoding="utf-8") if args.config else "",
            spawner=args.spawner,
            base_url=args.base_url,
            state=args.state,
            port=args.port,
            detach=True,
        )
        try:
            hub.start()
            hub.add_users(*names(args.users))
        except BaseException:
            hub.stop()
            raise
    print(json.dumps(describe(hub), indent=2))


def stop(args: argparse.Namespace) -> None:
    """Stop the hub of the state directory, if it runs."""
    if (args.state / "settings.json").exists():
        Hub.attach(args.state).stop()


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    whole = argparse.ArgumentParser(prog="python -m tests.hub", description=__doc__)
    commands = whole.add_subparsers(required=True)
    starter = commands.add_parser(
        "start", help="start a hub, print its addresses and tokens as JSON, and leave it running"
    )
    starter.add_argument(
        "--hub", choices=sorted(HUB_VERSIONS), default="6", help="the series of JupyterHub"
    )
    starter.add_argument(
        "--profile",
        choices=sorted(PROFILES),
        help="the kind of hub: database, proxy in front, authenticator (default: plain)",
    )
    starter.add_argument(
        "--state",
        type=pathlib.Path,
        required=True,
        help="directory for the database, the log and the tokens",
    )
    starter.add_argument("--port", type=int, help="the public port (default: a free one)")
    starter.add_argument("--base-url", default="/", help="the hub's path")
    starter.add_argument(
        "--spawner", choices=["inprocess", "stub", "singleuser"], default="inprocess"
    )
    starter.add_argument(
        "--config", type=pathlib.Path, help="file with further configuration of JupyterHub"
    )
    starter.add_argument(
        "--users", type=pathlib.Path, nargs="+", default=[], help="files of names to create"
    )
    starter.set_defaults(run=start)
    stopper = commands.add_parser("stop", help="stop the hub of this state directory")
    stopper.set_defaults(run=stop)
    stopper.add_argument("--state", type=pathlib.Path, required=True)
    return whole


def main() -> int:
    """Run the command line; return the exit status."""
    args = parser().parse_args()
    try:
        args.run(args)
    except (HubError, OSError) as error:
        print(f"tests.hub: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
