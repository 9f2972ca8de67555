# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test in a copy of the checkout, because it needs the collection to be below
``ansible_collections/hubops/jupyterhub``.

``python -m tests.tools.ansible_test sanity --venv`` in an environment that has ansible-core; the
arguments are passed to ansible-test.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import sys

from tests.tools.pythons import pythons

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"

# ansible-test prints this text, with exit status 0, when it has tested nothing.
NOTHING_TESTED = "All targets skipped"

GET_PIP_HOST = "ci-files.testing.ansible.com"
GET_PIP_VERSIONS = ("23_1_2", "24_2", "25_2")

NEVER_COPIED = {".git", ".cache", ".ansible", "__pycache__"}


def files() -> list[pathlib.Path]:
    """Return the files of the checkout relative to its root: those that git tracks or would add, or
    all files without git.
    """
    command = ["git", "-C", str(ROOT), "ls-files", "-coz", "--exclude-standard", "--deduplicate"]
    try:
        listed = (
            subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
        )
    except (OSError, subprocess.CalledProcessError):
        # The checkout may be an unpacked archive, or the machine may have no git.
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        return [
            path
            for path in found
            if not NEVER_COPIED.intersection(path.parts) and (ROOT / path).is_file()
        ]
    # git lists a deleted file until the deletion is committed.
    return [pathlib.Path(name) for name in listed if name and (ROOT / name).exists()]


def copy(tree: pathlib.Path) -> None:
    """Make ``tree`` a fresh copy of the checkout."""
    shutil.rmtree(tree, ignore_errors=True)
    for file in files():
        target = tree / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, target, follow_symlinks=False)
    # ansible-test lists files with git. The checkout's own repository would ignore everything in
    # .cache, so the copy gets its own.
    if (ROOT / ".git").exists():
        subprocess.run(["git", "init", "--quiet", "."], cwd=tree, check=True)


def keep_pip_settings(home: pathlib.Path) -> None:
    """Create a home directory for the tests in which pip finds the user's settings, because these
    may name the only package index that can be reached.
    """
    settings = pathlib.Path.home() / ".config" / "pip"
    link = home / ".config" / "pip"
    link.parent.mkdir(parents=True, exist_ok=True)
    if settings.exists():
        with contextlib.suppress(FileExistsError):
            link.symlink_to(settings, target_is_directory=True)


def provide_get_pip(home: pathlib.Path) -> None:
    """If get-pip.py cannot be downloaded, put its replacement where ansible-test looks first."""
    try:
        socket.create_connection((GET_PIP_HOST, 443), timeout=3).close()
    except OSError:
        cache = home / ".ansible" / "test" / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        for version in GET_PIP_VERSIONS:
            shutil.copyfile(
                pathlib.Path(__file__).with_name("get_pip.py"), cache / f"get_pip_{version}.py"
            )


def main(arguments: list[str]) -> int:
    """Run ansible-test with these arguments in a copy of the checkout; return its exit status, or 1
    if nothing was tested.
    """
    tool = pathlib.Path(sys.executable).with_name("ansible-test")
    # Each environment has its own copy, because `make test` may test two series of ansible-core at
    # the same time.
    place = CACHE / "ansible-test" / pathlib.Path(sys.prefix).name
    tree = place / "ansible_collections" / "hubops" / "jupyterhub"
    home = place / "home"
    keep_pip_settings(home)
    provide_get_pip(home)
    copy(tree)
    # ansible-test takes every python3.X on PATH for a Python, including shims of pyenv without a
    # Python behind them.
    real = [str(pythons()[version].path.parent) for version in sorted(pythons(), reverse=True)]
    others = [folder for folder in os.get_exec_path() if not folder.endswith("/shims")]
    path = os.pathsep.join([str(tool.parent), *real, *others])
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")
    }
    environment |= {"HOME": str(home), "PATH": path}
    nothing_tested = False
    with subprocess.Popen(
        [tool, *arguments],
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            nothing_tested = nothing_tested or NOTHING_TESTED in line
    if nothing_tested:
        print("ansible-test has tested nothing: that is a failure here")
        return 1
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
