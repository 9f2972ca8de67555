# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run SQL in a database server, with a Python that has its driver. Statements are JSON on standard
input, rows are JSON on standard output.

``{"kind": "postgres", "port": 1, "password": "...", "database": "hub", "statements": [["SELECT
...", [[1, "a"]]]]}``: each statement is run once for each list of values, all in one transaction.
Placeholders are ``?``. The rows of the last statement are printed.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def connect(job: dict[str, Any]) -> Any:
    """Return a connection; for MariaDB, names are quoted as in standard SQL."""
    if job["kind"] == "postgres":
        import psycopg2

        return psycopg2.connect(
            host="127.0.0.1",
            port=job["port"],
            user="hub",
            password=job["password"],
            dbname=job["database"],
        )
    import pymysql

    return pymysql.connect(
        host="127.0.0.1",
        port=job["port"],
        user="hub",
        password=job["password"],
        database=job["database"],
        charset="utf8mb4",
        init_command="SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')",
    )


def main() -> None:
    """Run the statements in standard input."""
    job = json.load(sys.stdin)
    connection = connect(job)
    if job["autocommit"] and job["kind"] == "postgres":
        connection.autocommit = True
    elif job["autocommit"]:
        connection.autocommit(True)
    cursor = connection.cursor()
    for statement, rows in job["statements"]:
        # The drivers take a single % for a placeholder if there are values.
        text = statement.replace("%", "%%").replace("?", "%s")
        for row in rows:
            if row:
                cursor.execute(text, row)
            else:
                cursor.execute(statement)
    found = cursor.fetchall() if cursor.description else []
    connection.commit()
    connection.close()
    json.dump([list(row) for row in found], sys.stdout, default=str)


if __name__ == "__main__":
    main()
