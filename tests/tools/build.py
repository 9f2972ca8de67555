# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the collection's archive, check its content, install it, and read the documentation of the
installed collection.

``python -m tests.tools.build`` in an environment that has ansible-core. Prints every fault, and
returns 1 if there is one.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import sys
import tarfile

from tests.tools import program
from tests.tools.ansible_test import files

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACE = ROOT / ".cache" / "build"

# The files that users of the collection need. If the archive has any other file, build_ignore in
# galaxy.yml lacks a line.
SHIPPED = re.compile(
    r"""
    (README|CHANGELOG)\.md | COPYING | FILES\.json | MANIFEST\.json
    | changelogs(/.*\.ya?ml|/fragments)?
    | (docs|meta|playbooks|plugins|roles)(/.*)?
    """,
    re.VERBOSE,
)


def run(*command: str | pathlib.Path) -> str:
    """Run a program on the installed collection and return its output; raise SystemExit if it
    fails.
    """
    return program.run(PLACE, *command, ANSIBLE_COLLECTIONS_PATH=str(PLACE / "installed"))


def build() -> pathlib.Path:
    """Build the archive and return its path."""
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    run("ansible-galaxy", "collection", "build", ROOT, "--output-path", PLACE)
    (archive,) = PLACE.glob("hubops-jupyterhub-*.tar.gz")
    return archive


def faults_of_contents(archive: pathlib.Path) -> list[str]:
    """Return the files that should not be in the archive, and those that are missing."""
    with tarfile.open(archive) as tar:
        names = {member.name for member in tar.getmembers() if member.isfile()}
    wanted = {
        file.as_posix()
        for file in files()
        if SHIPPED.fullmatch(file.as_posix()) and file.name != ".plugin-cache.yaml"
    }
    wanted |= {"README.md", "CHANGELOG.md", "COPYING"}
    return [
        *(
            f"{name} is in the archive: galaxy.yml has to name it in build_ignore"
            for name in sorted(names)
            if not SHIPPED.fullmatch(name)
        ),
        *(f"{name} is missing in the archive" for name in sorted(wanted - names)),
    ]


def faults_of_documentation() -> list[str]:
    """Return the plugins that the installed collection does not document, and those missing in
    meta/runtime.yml.
    """
    import yaml

    faults = []
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    wanted = {
        "module": modules,
        "filter": sorted(path.stem for path in (ROOT / "plugins" / "filter").glob("*.py")),
    }
    for kind, names in wanted.items():
        full = [f"hubops.jupyterhub.{name}" for name in names]
        documented = json.loads(run("ansible-doc", "--json", "--type", kind, *full))
        faults += [
            f"{kind} {name} is not documented"
            for name in names
            if not documented.get(f"hubops.jupyterhub.{name}", {}).get("doc")
        ]
    roles = json.loads(
        run("ansible-doc", "--json", "--type", "role", "--list", "hubops.jupyterhub")
    )
    faults += [
        f"role {path.name} is not documented"
        for path in (ROOT / "roles").iterdir()
        if f"hubops.jupyterhub.{path.name}" not in roles
    ]
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    if sorted(runtime["action_groups"]["jupyterhub"]) != modules:
        faults.append(
            "the action group in meta/runtime.yml must list exactly the modules:"
            f" {', '.join(modules)}"
        )
    return faults


def main() -> int:
    """Build, install and check; return the exit status."""
    archive = build()
    faults = faults_of_contents(archive)
    run(
        "ansible-galaxy",
        "collection",
        "install",
        archive,
        "--offline",
        "--collections-path",
        PLACE / "installed",
    )
    run(
        "ansible-galaxy",
        "collection",
        "verify",
        "hubops.jupyterhub",
        "--offline",
        "--collections-path",
        PLACE / "installed",
    )
    faults += faults_of_documentation()
    print(*faults, sep="\n", end="\n" if faults else "")
    print(
        f"{archive.relative_to(ROOT)}: {archive.stat().st_size // 1024} KiB,"
        f" {'not ' if faults else ''}in order"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
