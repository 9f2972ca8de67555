# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepares the publication of the collection, up to the steps that need a public repository.

``python -m tests.tools.publish check`` in the environment project checks licences, the pre-commit
hooks, the context of the execution environment, and a whole release in a copy of the checkout.
``... release 1.0.0 [https://git.example.org/hubops/jupyterhub]`` makes the release in this
checkout: version, changelog, links, archive, checksum. It does not commit, tag or upload anything.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import shutil
import sys
import tempfile

from tests.running import ROOT
from tests.tools.ansible_test import copy
from tests.tools.program import run

# The places of the version: for each file, the text before and after it.
VERSIONS = (
    ("galaxy.yml", "\nversion: ", "\n"),
    ("plugins/module_utils/_hub/transport.py", '\nVERSION = "', '"\n'),
)
DIST = pathlib.PurePath(".cache", "release")
# The links that Galaxy shows for a repository. The pages are those of a usual git host.
LINKS = {
    "repository": "",
    "documentation": "/tree/main/docs/docsite/rst",
    "homepage": "",
    "issues": "/issues",
}


def set_version(place: pathlib.Path, version: str) -> None:
    """Write the version in all its places; raise SystemExit if it is not a valid version."""
    if not re.fullmatch(r"\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?", version):
        raise SystemExit(f"{version!r} is no version: write it like 1.0.0")
    for name, before, after in VERSIONS:
        file = place / name
        text, count = re.subn(
            f'(?<={re.escape(before)})[^\n"]+(?={re.escape(after)})',
            version,
            file.read_text(encoding="utf-8"),
        )
        if count != 1:
            raise SystemExit(f"{name} holds {count} versions instead of one")
        file.write_text(text, encoding="utf-8")


def set_links(place: pathlib.Path, repository: str) -> None:
    """Write the links that Galaxy and the documentation show; they replace those of an earlier
    release.
    """
    if not re.fullmatch(r"https://[\w.-]+(/[\w.-]+)+", repository):
        raise SystemExit(
            f"{repository!r} is no address of a repository: write it like"
            " https://git.example.org/hubops/jupyterhub"
        )
    galaxy = place / "galaxy.yml"
    kept = [
        line
        for line in galaxy.read_text(encoding="utf-8").splitlines()
        if line.partition(":")[0] not in LINKS
    ]
    kept += [f"{key}: {repository}{below}" for key, below in LINKS.items()]
    # With a repository, ansible-lint no longer needs this exception.
    kept[0] = "---"
    galaxy.write_text("\n".join(kept) + "\n", encoding="utf-8")
    links = place / "docs" / "docsite" / "links.yml"
    head = links.read_text(encoding="utf-8").partition("\n\n")[0]
    told = (
        "edit_on_github: null\nextra_links:\n  - description: Report an issue\n    url:"
        f" {repository}/issues/new\ncommunication: {{}}\n"
    )
    links.write_text(f"{head}\n\n{told}", encoding="utf-8")


def build(place: pathlib.Path) -> pathlib.Path:
    """Build the archive and its checksum; return the archive."""
    dist = place / DIST
    shutil.rmtree(dist, ignore_errors=True)
    dist.mkdir(parents=True)
    run(place, "ansible-galaxy", "collection", "build", place, "--output-path", dist)
    (archive,) = dist.glob("*.tar.gz")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    (dist / "SHA256SUMS").write_text(f"{digest}  {archive.name}\n", encoding="utf-8")
    return archive


def install(archive: pathlib.Path, version: str) -> None:
    """Install the archive into an empty folder and read the documentation of the installed plugins;
    raise SystemExit if that fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        galaxy = ["ansible-galaxy", "collection"]
        run(place, *galaxy, "install", archive, "--offline", "--collections-path", folder)
        told = run(place, *galaxy, "list", "--format", "json", ANSIBLE_COLLECTIONS_PATH=folder)
        # Other folders may have collections too, such as the one of this environment's Python.
        listed = json.loads(told[told.index("{") : told.rindex("}") + 1])
        found = next(
            (
                names["hubops.jupyterhub"]["version"]
                for names in listed.values()
                if "hubops.jupyterhub" in names
            ),
            "nothing",
        )
        if found != version:
            raise SystemExit(f"installed is {found}, not {version}")
        run(
            place,
            "ansible-doc",
            "hubops.jupyterhub.jupyterhub_user",
            ANSIBLE_COLLECTIONS_PATH=folder,
        )


def look_as_galaxy(archive: pathlib.Path) -> None:
    """Check the archive with Galaxy's importer; raise SystemExit if it finds an error."""
    with tempfile.TemporaryDirectory() as folder:
        said = run(pathlib.Path(folder), "python", "-m", "galaxy_importer.main", archive)
    faults = [line for line in said.splitlines() if re.match(r"(ERROR|CRITICAL)\b", line)]
    if faults or "Importer processing completed successfully" not in said:
        raise SystemExit("\n".join(["galaxy-importer:", *(faults or [said])]))


def release(place: pathlib.Path, version: str, repository: str | None = None) -> pathlib.Path:
    """Make a release in a checkout; return the archive."""
    set_version(place, version)
    if repository:
        set_links(place, repository)
    run(place, "antsibull-changelog", "release", "--version", version, "--reload-plugins")
    config = place / "docs" / "docsite" / "config.yml"
    config.write_text(
        config.read_text(encoding="utf-8").replace(
            "write_changelog: false", "write_changelog: true"
        ),
        encoding="utf-8",
    )
    archive = build(place)
    install(archive, version)
    if repository:
        # The importer refuses an archive without a repository.
        look_as_galaxy(archive)
    return archive


def check_execution_environment(archive: pathlib.Path) -> None:
    """Create the context of an execution environment, and assert that the collection's requirements
    are found; raise SystemExit if not.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        shutil.copy(ROOT / "meta" / "examples" / "execution-environment.yml", place)
        shutil.copy(archive, place / "hubops-jupyterhub.tar.gz")
        run(place, "ansible-builder", "create", "-f", "execution-environment.yml", "-c", "context")
        if not any(
            (place / "context" / name).is_file() for name in ("Containerfile", "Dockerfile")
        ):
            raise SystemExit("ansible-builder made no Containerfile")
        run(
            place,
            "ansible-galaxy",
            "collection",
            "install",
            archive,
            "--offline",
            "--collections-path",
            folder,
        )
        said = run(place, "ansible-builder", "introspect", folder)
        if not re.search(r"requests>=2\.28\S* .*hubops\.jupyterhub", said):
            raise SystemExit(f"ansible-builder does not find what the modules need:\n{said}")


def check() -> None:
    """Run all checks; raise SystemExit if one fails."""
    run(ROOT, "reuse", "lint", "--lines")
    run(ROOT, "pre-commit", "validate-config", ".pre-commit-config.yaml")
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder, "ansible_collections", "hubops", "jupyterhub")
        copy(place)
        archive = release(place, "99.0.0", "https://git.example.org/hubops/jupyterhub")
        changelog = (place / "CHANGELOG.md").read_text(encoding="utf-8")
        if "v99\\.0\\.0" not in changelog and "v99.0.0" not in changelog:
            raise SystemExit("the changelog does not tell of the release")
        check_execution_environment(archive)
        print(f"{archive.name}: {archive.stat().st_size // 1024} KiB, could be published")


def main(arguments: list[str]) -> int:
    """Check, or release; return the exit status."""
    if arguments == ["check"]:
        check()
        return 0
    if len(arguments) in (2, 3) and arguments[0] == "release":
        archive = release(ROOT, arguments[1], *filter(None, arguments[2:]))
        print(
            f"{archive.relative_to(ROOT)}, with SHA256SUMS beside it. Look at git diff; then"
            f" commit, tag v{arguments[1]}, and upload the archive."
        )
        return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
