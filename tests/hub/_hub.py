# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One JupyterHub: started, asked, emptied, killed and stopped."""

from __future__ import annotations

import atexit
import contextlib
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.hub._process import (
    HubError,
    alive,
    belongs_to,
    end,
    free_ports,
    hub_python,
    stacks_packages,
)
from tests.hub.beside import NotInstalled
from tests.hub.databases import Database, Rows, SQLite
from tests.hub.profile import node_proxy
from tests.hub.profiles import PROFILES, Surroundings

# Another one than is locked, to try a new release, is named by HUB6_VERSION in the environment,
# beside HUB6_PYTHON.
HUB_VERSIONS = {
    series: os.environ.get(f"HUB{series}_VERSION", locked)
    for series, locked in {"4": "4.0.2", "5": "5.5.4", "6": "6.1.1"}.items()
}

# What the modules of the collection need between them, and nothing more.
API_SCOPES = (
    "admin:users",
    "admin:auth_state",
    "list:users",
    "admin:groups",
    "list:groups",
    "servers",
    "read:servers",
    "delete:servers",
    "tokens",
    "list:services",
    "read:services",
    "read:hub",
    "proxy",
    "shutdown",
)
API_SCOPES_SINCE_5 = ("admin:services", "shares", "read:shares")

PAGED = "application/jupyterhub-pagination+json"

# "... log:191] 200 GET /hub/api/users (witness@127.0.0.1) 8.42ms", with " -> address" after the
# path of a redirect
ACCESS_LOG = re.compile(
    r"\] (\d{3}) ([A-Z]+) (\S+)(?: -> \S+)? \((.*)@[^()@]*\) [\d.]+ms$", re.MULTILINE
)

# More objects than this are faster thrown away with the whole database than deleted one by one.
WIPE_ABOVE = 300


class Request(NamedTuple):
    """One request that reached the hub. ``path`` is below the API's root (``/users?limit=200``), or
    whole if outside the API.
    """

    method: str
    path: str
    status: int


class Hub:
    """A JupyterHub of one version on free ports of 127.0.0.1, with its data in a directory of its
    own.

    Use it as a context manager, or call ``start()`` and ``stop()``. It ends with the process that
    started it, even a killed one, unless ``detach`` is set.

    series: "4", "5" or "6", see HUB_VERSIONS.
    profile: a name in ``tests/hub/profiles.py``, for another database, a proxy in front, another
        authenticator; None is the one in HUB_PROFILE, which ``pytest --profile`` sets, and without
        that ``plain``.
    config: Python text that is run at the end of the hub's configuration file (``c`` is there),
        after the profile's own.
    spawner: "inprocess" (default; coroutines of the hub), "stub" (small processes that survive a
        killed hub) or "singleuser" (the real server). ``tests/hub/spawners.py`` lists the switches
        that make them slow or fail.
    base_url: the hub's path on its public address.
    allow_named: whether users may have named servers.
    roles: further items of ``load_roles``.
    service_scopes, service_admin: the scopes of the service ``provisioner`` (``token``), and
        whether it has ``admin: True``. An admin service has every scope, whatever its role says;
        without it, JupyterHub 4.1 and newer refuse to make admins. So ``token`` shows what works,
        and ``scoped_token`` (the same role, not admin) that nothing more is needed.
    services: further services, ``{"narrow": {"scopes": ["list:users"], "admin": False}}``; other
        keys go to JupyterHub as they are. Their tokens are in ``tokens``. A service without scopes
        may do nothing but ask who it is.
    crypt_key: whether auth_state can be stored.
    page_limit: the default and the largest page of the API; None leaves the hub's own (50 and 200).
    patience: seconds after which a start or a stop is answered with 202; None leaves the hub's own
        (10).
    state: the directory of the hub; None makes a temporary one that goes away with the hub (kept if
        HUB_KEEP is set).
    port: the public port; None takes a free one.
    detach: leave the hub running when this process ends.
    """

    def __init__(
        self,
        series: str = "6",
        *,
        profile: str | None = None,
        config: str = "",
        spawner: str = "inprocess",
        base_url: str = "/",
        allow_named: bool = True,
        roles: Sequence[Mapping[str, Any]] = (),
        service_scopes: Sequence[str] | None = None,
        service_admin: bool = True,
        services: Mapping[str, Mapping[str, Any]] | None = None,
        crypt_key: bool = True,
        page_limit: int | None = None,
        patience: float | None = None,
        state: str | pathlib.Path | None = None,
        port: int | None = None,
        detach: bool = False,
    ) -> None:
        if series not in HUB_VERSIONS:
            raise ValueError(f"no such hub: {series!r}; there are {', '.join(HUB_VERSIONS)}")
        if spawner not in ("inprocess", "stub", "singleuser"):
            raise ValueError(f"no such spawner: {spawner!r}")
        profile = profile or os.environ.get("HUB_PROFILE") or "plain"
        if profile not in PROFILES:
            raise ValueError(f"no such profile: {profile!r}; there are {', '.join(PROFILES)}")
        if base_url == "/":
            base_url = PROFILES[profile].base_url
        if service_scopes is None:
            service_scopes = [*API_SCOPES, *(API_SCOPES_SINCE_5 if series != "4" else ())]
        declared: dict[str, Mapping[str, Any]] = {
            "provisioner": {"scopes": service_scopes, "admin": service_admin},
            "scoped": {"scopes": service_scopes},
            "witness": {"admin": True},
            **(services or {}),
        }
        self.tokens = {name: secrets.token_hex(16) for name in declared}
        self._temporary = state is None
        self.state = pathlib.Path(
            tempfile.mkdtemp(prefix=f"hub{series}-") if state is None else state
        ).resolve()
        self._process: subprocess.Popen[bytes] | None = None
        self._fixed_port = port
        self._detach = detach
        self._baseline: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        self._settings: dict[str, Any] = {
            "series": series,
            "profile": profile,
            "servers": {},
            "base_url": "/" + f"{base_url.strip('/')}/".lstrip("/"),
            "config": f"{PROFILES[profile].config}\n{config}",
            "spawner": spawner,
            "allow_named": allow_named,
            "page_limit": page_limit,
            "patience": patience,
            "crypt_key": secrets.token_hex(32) if crypt_key else None,
            "cookie_secret": secrets.token_hex(32),
            "proxy_token": secrets.token_hex(16),
            "password": secrets.token_hex(8),
            "follow": not detach,
            "tokens": self.tokens,
            "services": [
                {
                    "name": name,
                    "api_token": self.tokens[name],
                    **{key: value for key, value in spec.items() if key != "scopes"},
                }
                for name, spec in declared.items()
            ],
            "roles": [
                *roles,
                *(
                    {"name": f"service-{name}", "scopes": list(spec["scopes"]), "services": [name]}
                    for name, spec in declared.items()
                    if spec.get("scopes")
                ),
            ],
        }
        self._surround()

    def _surround(self) -> None:
        """Make known the servers beside this hub, as its settings name them."""
        self.beside = Surroundings(
            PROFILES[self.profile], self.state, self._settings["servers"], self._detach
        )
        self.database: Database = (
            SQLite(self.state) if self.beside.database is None else self.beside.database
        )

    @classmethod
    def attach(cls, state: str | pathlib.Path) -> Hub:
        """Return the hub that another process has started in this state directory; HubError if
        there is none.
        """
        file = pathlib.Path(state) / "settings.json"
        try:
            settings = json.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise HubError(f"no hub was started in {state}: {error}") from error
        hub = cls(settings["series"], state=state, detach=True)
        hub._settings = settings
        hub.tokens = settings["tokens"]
        hub._surround()
        return hub

    # -- what a client needs to know
    # ----------------------------------------------------------------------------------

    @property
    def series(self) -> str:
        """The JupyterHub version: "4", "5" or "6"."""
        return str(self._settings["series"])

    @property
    def version(self) -> str:
        """The version of JupyterHub, "6.1.1" for instance."""
        return HUB_VERSIONS[self.series]

    @property
    def profile(self) -> str:
        """The name of the profile."""
        return str(self._settings["profile"])

    @property
    def url(self) -> str:
        """The public address, through the proxy, or through the one in front of it."""
        if self.beside.front:
            return self.beside.front.url
        profile = PROFILES[self.profile]
        return self.proxy_url.replace(profile.host, profile.public_host or profile.host, 1)

    @property
    def proxy_url(self) -> str:
        """The address of the hub's own proxy."""
        return str(self._settings["bind_url"])

    @property
    def hub_url(self) -> str:
        """The hub's own address, without the proxy; the API is below ``hub/api`` here too. The
        proxy's, where the hub lets only its proxy in.
        """
        return (
            str(self._settings["hub_bind_url"]) if PROFILES[self.profile].direct else self.proxy_url
        )

    @property
    def proxy_api_url(self) -> str:
        """The address of the proxy's own API; ``proxy_token`` opens it."""
        return str(self._settings["proxy_api_url"])

    @property
    def proxy_token(self) -> str:
        """The token of the proxy's own API."""
        return str(self._settings["proxy_token"])

    @property
    def password(self) -> str:
        """The password with which every user can log in."""
        return str(self._settings["password"])

    @property
    def token(self) -> str:
        """The token of the service ``provisioner``."""
        return self.tokens["provisioner"]

    @property
    def scoped_token(self) -> str:
        """The token of the service ``scoped``: the provisioner's role, but not an admin."""
        return self.tokens["scoped"]

    @property
    def admin_token(self) -> str:
        """The token of the service ``witness``, which may do everything; for what the tests
        themselves ask.
        """
        return self.tokens["witness"]

    @property
    def log_file(self) -> pathlib.Path:
        """The log of the hub and of its proxy."""
        return self.state / "hub.log"

    @property
    def pid(self) -> int | None:
        """The process id of the hub, or None when it does not run."""
        return self._read_pid("hub.pid")

    @property
    def proxy_pid(self) -> int | None:
        """The process id of the proxy, or None when it does not run."""
        return self._read_pid("jupyterhub-proxy.pid")

    def _read_pid(self, name: str) -> int | None:
        """Return the process id in this file of the state directory if that process runs and is
        this hub's, else None.
        """
        try:
            pid = int((self.state / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return pid if alive(pid) and belongs_to(pid, self.state) else None

    # -- life
    # ---------------------------------------------------------------------------------------------------------

    def __enter__(self) -> Hub:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self, timeout: float = 90.0) -> None:
        """Start the hub and wait until its API answers through the proxy; again on the same ports
        and database after a stop.

        Raises HubError, with the end of the log, when it does not come up.
        """
        if self.pid is not None:
            return
        self.state.mkdir(parents=True, exist_ok=True)
        self.state.chmod(0o700)
        atexit.unregister(self._at_exit)
        atexit.register(self._at_exit)
        problem = PROFILES[self.profile].missing()
        if problem:
            raise NotInstalled(problem)
        self.beside.start_behind()
        first = "bind_url" not in self._settings
        # A proxy that has outlived its hub would be ended by the new hub too, but only after three
        # seconds.
        if self.proxy_pid is not None:
            end(self.proxy_pid, grace=0)
        (self.state / "jupyterhub-proxy.pid").unlink(missing_ok=True)
        for attempt in (1, 2, 3):
            if first:
                self._choose_ports()
            try:
                self._launch(timeout)
                break
            except HubError as error:
                self._end_everything()
                # A port that was free a moment ago may be somebody else's by now.
                if not (first and attempt < 3 and "already in use" in str(error)):
                    raise
        self.beside.start_in_front(self.proxy_url)
        if first:
            self._baseline = (frozenset(self.users()), frozenset(self.groups()))

    def _choose_ports(self) -> None:
        """Give the hub three free ports."""
        public, own, proxy_api = free_ports(3)
        path = self._settings["base_url"]
        host = PROFILES[self.profile].host
        self._settings["bind_url"] = f"http://{host}:{self._fixed_port or public}{path}"
        self._settings["hub_bind_url"] = f"http://{host}:{own}{path}"
        self._settings["proxy_api_url"] = f"http://127.0.0.1:{proxy_api}"

    def _launch(self, timeout: float) -> None:
        """Start the hub's process and wait for its API; HubError if it ends or does not answer in
        time.
        """
        python = hub_python(self.series)
        packages = stacks_packages() if PROFILES[self.profile].packages else None
        self._settings["db_url"] = self.database.url
        self._settings["node_proxy"] = (
            str(node_proxy()) if PROFILES[self.profile].proxy == "node" else None
        )
        self._settings["packages"] = str(packages) if packages else None
        self._save()
        keep = ("LANG", "LC_ALL", "TMPDIR", "TZ", "USER")
        environment = {
            **{name: os.environ[name] for name in keep if name in os.environ},
            "HOME": str(self.state),
            "HUB_STATE": str(self.state),
            "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
        }
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(python),
                    "-m",
                    "jupyterhub",
                    "-f",
                    str(pathlib.Path(__file__).with_name("jupyterhub_config.py")),
                ],
                cwd=self.state,
                env=environment,
                # The hub watches this pipe: it breaks when the process that started the hub is
                # gone.
                stdin=subprocess.DEVNULL if self._detach else subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal is for the tests, which then stop the hub themselves.
                start_new_session=True,
            )
        (self.state / "hub.pid").write_text(str(self._process.pid), encoding="utf-8")
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            if self._process.poll() is not None:
                raise HubError(
                    f"JupyterHub {self.version} ended with status"
                    f" {self._process.returncode}:\n{self._log_end()}"
                )
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                # The hub first: as long as it is not there, the proxy would log each try.
                for address in (self.hub_url, self.proxy_url):
                    with urllib.request.urlopen(f"{address}hub/api", timeout=5) as answer:
                        found = json.load(answer)["version"]
                if found != self.version:
                    raise HubError(
                        f"{python} runs JupyterHub {found}, not {self.version}. Run: make hubs"
                    )
                return
            time.sleep(0.05)
        raise HubError(
            f"JupyterHub {self.version} does not answer after {timeout:.0f} s:\n{self._log_end()}"
        )

    def _save(self) -> None:
        """Write the settings for the hub, and for ``attach``."""
        settings = self.state / "settings.json"
        settings.touch(mode=0o600)
        settings.write_text(json.dumps(self._settings), encoding="utf-8")

    def _log_end(self, lines: int = 40) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log().splitlines()[-lines:])

    def stop(self) -> None:
        """Stop the hub and all that belongs to it in good order; state and ports stay for the next
        ``start()``.
        """
        self._stop_hub()
        self.beside.stop()

    def _stop_hub(self) -> None:
        """Stop the hub, its proxy and its servers, but not what stands beside it."""
        pid = self.pid
        if pid is not None:
            end(pid)
        self._end_everything()

    def kill(self, proxy: bool = False, servers: bool = False) -> None:
        """Kill the hub's process (SIGKILL); its proxy and its servers live on unless told
        otherwise.
        """
        pid = self.pid
        if pid is not None:
            end(pid, grace=0)
        self._forget_process()
        if proxy and self.proxy_pid is not None:
            end(self.proxy_pid, grace=0)
        if servers:
            self._end_servers()

    def restart(self) -> None:
        """Stop the hub and start it again: same ports, same database."""
        self._stop_hub()
        self.start()

    def upgrade(self, series: str) -> None:
        """Stop the hub and start a newer JupyterHub in its place: same ports, same tokens, and the
        same database, which the new one upgrades.
        """
        self._stop_hub()
        self._settings["series"] = series
        self._settings["config"] += "\nc.JupyterHub.upgrade_db = True\n"
        self.start()

    def close(self) -> None:
        """Stop the hub and remove its temporary directory."""
        self.stop()
        atexit.unregister(self._at_exit)
        if self._temporary and not os.environ.get("HUB_KEEP"):
            self.beside.remove()
            shutil.rmtree(self.state, ignore_errors=True)

    def _at_exit(self) -> None:
        """Leave nothing behind when the program ends without having stopped its hub."""
        if not self._detach:
            self.close()

    def _end_everything(self) -> None:
        """End what may be left of the hub, whatever has happened to it."""
        for pid in (self.pid, self.proxy_pid):
            if pid is not None:
                end(pid, grace=2)
        self._end_servers()
        self._forget_process()
        for name in ("hub.pid", "jupyterhub-proxy.pid"):
            (self.state / name).unlink(missing_ok=True)

    def _end_servers(self) -> None:
        """End the server processes that a killed hub has left."""
        for file in (self.state / "servers").glob("*"):
            if belongs_to(int(file.name), self.state):
                end(int(file.name), grace=0)
            file.unlink(missing_ok=True)

    def _forget_process(self) -> None:
        """Collect the exit status of an ended hub and close the pipe to it."""
        if self._process is not None:
            self._process.wait(timeout=10)
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None

    # -- the witness
    # --------------------------------------------------------------------------------------------------

    def api(
        self,
        method: str,
        path: str,
        body: Any = None,
        token: str | None = None,
        *,
        accept: str = "application/json",
        timeout: float = 60.0,
        address: str | None = None,
    ) -> tuple[int, Any]:
        """Ask the hub itself, without the proxy and without any code of the collection.

        address: the hub's own, unless told otherwise.
        path: below the API's root, "/users/alice"; quote names with ``Hub.quote``.
        token: None is the witness, "" sends none.
        Returns the status and the answer: the parsed JSON, the text where it is none, None where it
        is empty. Raises OSError when the hub does not answer.
        """
        headers = {"Accept": accept, "Content-Type": "application/json"}
        token = self.admin_token if token is None else token
        if token:
            headers["Authorization"] = f"token {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{address or self.hub_url}hub/api{path}", data, headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout, context=self._trust()) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read().decode(errors="replace")
        if not text:
            return status, None
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    @property
    def authority(self) -> pathlib.Path | None:
        """The file with the certificate that clients of the public address have to trust; None
        where it has no TLS.
        """
        return self.beside.front.authority if self.beside.front else None

    def _trust(self) -> ssl.SSLContext | None:
        """Return the context with which the public address is asked."""
        return ssl.create_default_context(cafile=self.authority) if self.authority else None

    def through(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask the hub as ``api`` does, but by its public address: through its proxy, and the one in
        front.
        """
        return self.api(method, path, body, address=self.url)

    @staticmethod
    def quote(name: str) -> str:
        """Return a name as it must stand in a path."""
        return quote(name, safe="")

    def expect(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """Do the same as ``api``, return the answer only, and raise HubError for a status of 400
        and more.
        """
        status, answer = self.api(method, path, body, token)
        if status >= 400:
            raise HubError(f"{method} {path}: {status} {answer}")
        return answer

    def pages(self, path: str, token: str | None = None) -> Iterator[Any]:
        """Yield the items of a paged list, all pages of it."""
        offset: int | None = 0
        while offset is not None:
            sign = "&" if "?" in path else "?"
            status, answer = self.api(
                "GET", f"{path}{sign}offset={offset}", token=token, accept=PAGED
            )
            if status != 200:
                raise HubError(f"GET {path}: {status} {answer}")
            yield from answer["items"]
            following = answer["_pagination"]["next"]
            offset = following["offset"] if following else None

    def users(self) -> dict[str, Any]:
        """Return all users by name, with stopped servers."""
        return {user["name"]: user for user in self.pages("/users?include_stopped_servers=1")}

    def user(self, name: str) -> dict[str, Any]:
        """Return one user, with stopped servers, and with auth_state, which the list of all users
        does not have.
        """
        return dict(self.expect("GET", f"/users/{self.quote(name)}?include_stopped_servers=1"))

    def groups(self) -> dict[str, Any]:
        """Return all groups by name."""
        return {group["name"]: group for group in self.pages("/groups")}

    def services(self) -> dict[str, Any]:
        """Return all services by name."""
        return dict(self.expect("GET", "/services"))

    def user_tokens(self, user: str) -> list[dict[str, Any]]:
        """Return the user's tokens as the hub lists them."""
        return list(self.expect("GET", f"/users/{self.quote(user)}/tokens")["api_tokens"])

    def add_users(self, *names: str, admin: bool = False) -> None:
        """Create users."""
        if names:
            self.expect("POST", "/users", {"usernames": list(names), "admin": admin})

    def add_group(
        self, name: str, *users: str, properties: Mapping[str, Any] | None = None
    ) -> None:
        """Create a group with these members, who must exist, and these properties."""
        path = f"/groups/{self.quote(name)}"
        self.expect("POST", path)
        if users:
            self.expect("POST", f"{path}/users", {"users": list(users)})
        if properties:
            self.expect("PUT", f"{path}/properties", dict(properties))

    def sql(self, statement: str, *rows: Sequence[Any]) -> Rows:
        """Run a statement in the hub's own database, once for each list of values (or once), and
        return its rows. Placeholders are ``?``.

        For what the API cannot show or make. Names of tables that are words of SQL, such as
        "groups", stand in double quotes.
        """
        return self.database.run([(statement, rows or [()])])

    # -- what has arrived at the hub
    # ----------------------------------------------------------------------------------

    def log(self, since: int = 0) -> str:
        """Return the log from a mark on."""
        try:
            with self.log_file.open("rb") as file:
                file.seek(since)
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def mark(self) -> int:
        """Return a place in the log for ``requests(since=...)`` or ``log(since=...)``: after all
        that was answered by now.
        """
        self._settle()
        return self.log_file.stat().st_size

    def requests(self, since: int = 0, user: str | None = None) -> list[Request]:
        """Return the requests that the hub has answered since a mark, in the order of the answers,
        from its own access log.

        The witness's are left out. ``user`` keeps those of one user or service only; the hub names
        nobody ("") where it has refused a token, and where a login was in the body.
        """
        self._settle()
        root = f"{self._settings['base_url']}hub/api"
        found = []
        for status, method, path, asker in ACCESS_LOG.findall(self.log(since)):
            if asker == "witness" or path.startswith(f"{root}/?settle="):
                continue
            if user is None or asker == user:
                below = (
                    path.removeprefix(root)
                    if path.startswith((f"{root}/", f"{root}?")) or path == root
                    else path
                )
                found.append(Request(method, below, int(status)))
        return found

    def _settle(self) -> None:
        """Wait until the log holds all that was answered by now.

        The hub answers first and logs then, in one thread: when a request of our own is in the log,
        all earlier ones are. A hub that does not run has nothing more to log.
        """
        if self.pid is None:
            return
        name = uuid.uuid4().hex
        size = self.log_file.stat().st_size
        self.api("GET", f"/?settle={name}", token="")
        until = time.monotonic() + 10
        while name not in self.log(size):
            if time.monotonic() > until:
                raise HubError(
                    "the hub does not log its requests: has the test's own configuration changed"
                    " the log level?"
                )
            time.sleep(0.002)

    # -- between two tests
    # --------------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Give the next test an empty hub: no users, groups, servers and services but those the
        first start had made.

        Few objects are deleted by the API (milliseconds); where that is not possible or takes
        longer, the hub starts again with an empty database (seconds).
        """
        try:
            if self.pid is not None and self._empty():
                return
        except (OSError, HubError, http.client.HTTPException):
            pass  # stuck servers, names that no path can carry, a hub that has died: what follows helps in each case
        self.wipe()

    def wipe(self) -> None:
        """Stop the hub, throw its database away, and start it again."""
        self.kill(proxy=True, servers=True)
        self._end_everything()
        self.beside.start_behind()
        self.database.clear()
        self.start()

    def _empty(self) -> bool:
        """Delete by the API what tests may have made; say whether that was worth a try. HubError
        when the hub does not delete something.
        """
        kept_users, kept_groups = self._baseline
        users = {name: user for name, user in self.users().items() if name not in kept_users}
        groups = self.groups().keys() - kept_groups
        if len(users) + len(groups) > WIPE_ABOVE:
            return False
        for name, user in users.items():
            # Those that are stopped go with their user.
            for server in (
                server for server, state in user["servers"].items() if not state["stopped"]
            ):
                self._stop_server(name, server)
            self.expect("DELETE", f"/users/{self.quote(name)}")
        for group in groups:
            self.expect("DELETE", f"/groups/{self.quote(group)}")
        configured = {service["name"] for service in self._settings["services"]}
        for service in self.services().keys() - configured:
            self.expect("DELETE", f"/services/{self.quote(service)}")
        return True

    def _stop_server(self, user: str, server: str) -> None:
        """Stop a server; HubError if it does not stop within two seconds."""
        path = (
            f"/users/{self.quote(user)}/servers/{self.quote(server)}"
            if server
            else f"/users/{self.quote(user)}/server"
        )
        until = time.monotonic() + 2
        while time.monotonic() < until:
            status, answer = self.api("DELETE", path)
            if status in (204, 404):
                return
            time.sleep(0.05)
        raise HubError(f"server {user}/{server} does not stop: {status} {answer}")
