# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make virtual environments from the locked requirements: ``python -m tests.tools.environments hub6
test-2.19``.

NAME is ``requirements/NAME.txt``; the environment is ``.cache/venv/NAME-3.11``. pip installs uv, and
uv installs the others, in a tenth of pip's time. An environment is made again when its requirements
have changed. ``test`` is short for the main one of the test environments. The paths of the
environments are printed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

from tests.tools.pip_settings import for_uv
from tests.tools.pythons import Python, controller, main_core, pythons, why_none

ROOT = pathlib.Path(__file__).resolve().parents[2]
VENVS = ROOT / ".cache" / "venv"
# Beside the environments, so that uv can link what several of them have in common.
UV_CACHE = ROOT / ".cache" / "uv"

# What has to be built, and so takes what builds it from the index: onetimepass, which
# nativeauthenticator needs, has never had a wheel, and mitmproxy pins a version of pyperclip that
# has none.
WITHOUT_WHEEL = ("onetimepass", "pyperclip")

# The options of pip and of uv that install a lock as it is.
LOCKED = (
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
    *(f"--no-binary={name}" for name in WITHOUT_WHEEL),
)


def own_python() -> Python:
    """Return the Python that runs now, or the one below the virtual environment that runs now."""
    version = (sys.version_info[0], sys.version_info[1])
    try:
        return pythons()[version]
    except KeyError:
        raise SystemExit(
            f"{sys.executable} has no venv or no ensurepip (on Debian and Ubuntu: apt install"
            " python3-venv)"
        ) from None


def install(venv: pathlib.Path, requirements: pathlib.Path) -> None:
    """Install exactly what is locked, with uv; CalledProcessError if that fails.

    A lock is complete, so nothing is resolved. Resolving a lock again fails as time goes by: for a
    package that another one wants with an extra, an installer looks for the newest version, which
    is not locked.
    """
    tools = environment("uv") / "bin"
    options, variables = for_uv(tools / "python")
    target = ["--quiet", "--python", str(venv / "bin" / "python")]
    subprocess.run(
        [tools / "uv", "pip", "install", *target, *options, *LOCKED, "-r", str(requirements)],
        env={**variables, "UV_CACHE_DIR": str(UV_CACHE), **os.environ},
        check=True,
    )


def install_uv(venv: pathlib.Path, requirements: pathlib.Path) -> None:
    """Install uv as it is locked, with pip; CalledProcessError if that fails."""
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-qq"]
    subprocess.run([*pip, "install", *LOCKED, "-r", str(requirements)], check=True)


def environment(name: str, python: Python | None = None) -> pathlib.Path:
    """Return the environment of these requirements, made or made again if need be; SystemExit if
    that fails.
    """
    python = python or own_python()
    requirements = ROOT / "requirements" / f"{name}.txt"
    venv = VENVS / "{}-{}.{}".format(name, *python.version)
    stamp = venv / ".stamp"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    VENVS.mkdir(parents=True, exist_ok=True)
    with (VENVS / f".{venv.name}.lock").open("w") as lock:
        # Two runs of make at the same time: the second waits and finds the work done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return venv
        print(
            f"installing requirements/{name}.txt for Python"
            f" {python.version[0]}.{python.version[1]} ...",
            file=sys.stderr,
            flush=True,
        )
        shutil.rmtree(venv, ignore_errors=True)
        try:
            make, without = (install_uv, ()) if name == "uv" else (install, ("--without-pip",))
            subprocess.run([python.path, "-m", "venv", *without, venv], check=True)
            make(venv, requirements)
        except subprocess.CalledProcessError as error:
            raise SystemExit(f"could not make {venv}: {error}") from error
        # Written last: an environment without it is not complete.
        stamp.write_text(wanted, encoding="utf-8")
    return venv


def newest_hub_python() -> tuple[pathlib.Path, str]:
    """Make an environment with the newest JupyterHub there is, not locked; return its Python and
    the hub's version.
    """
    venv = VENVS / "newest-hub"
    shutil.rmtree(venv, ignore_errors=True)
    subprocess.run([own_python().path, "-m", "venv", venv], check=True)
    python = venv / "bin" / "python"
    wanted = (
        (ROOT / "requirements" / "hub6.in")
        .read_text(encoding="utf-8")
        .replace("jupyterhub==", "jupyterhub>=")
    )
    (venv / "wanted.txt").write_text(wanted, encoding="utf-8")
    subprocess.run(
        [
            python,
            "-m",
            "pip",
            "--disable-pip-version-check",
            "-qq",
            "install",
            "-r",
            venv / "wanted.txt",
        ],
        check=True,
    )
    told = subprocess.run(
        [python, "-m", "jupyterhub", "--version"], capture_output=True, text=True, check=True
    )
    return python, told.stdout.strip()


def test_environment(core: str) -> pathlib.Path:
    """Return the environment with this series of ansible-core and all tools; SystemExit if no
    Python here can run it.
    """
    python = controller(core)
    if python is None:
        raise SystemExit(why_none(core))
    return environment(f"test-{core}", python)


if __name__ == "__main__":
    for each in sys.argv[1:]:
        print(test_environment(main_core()) if each == "test" else environment(each))
