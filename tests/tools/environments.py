# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create virtual environments from the locked requirements: ``python -m tests.tools.environments
hub6 test-2.19``.

NAME means ``requirements/NAME.txt``, and the environment is ``.cache/venv/NAME-3.11``. pip installs
uv, and uv installs the other packages, which takes a tenth of pip's time. An environment is created
again if its requirements have changed. ``test`` means the main test environment. The paths of the
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
# The cache is beside the environments, so that uv can link files that several of them share.
UV_CACHE = ROOT / ".cache" / "uv"

# Packages without a wheel, whose build requirements are installed from the index: onetimepass,
# which nativeauthenticator needs, and the version of pyperclip that mitmproxy pins.
WITHOUT_WHEEL = ("onetimepass", "pyperclip")

# The options of pip and of uv to install exactly what is locked.
LOCKED = (
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
    *(f"--no-binary={name}" for name in WITHOUT_WHEEL),
)


def own_python() -> Python:
    """Return the Python that runs now, or in a virtual environment the Python that it was created
    with.
    """
    version = (sys.version_info[0], sys.version_info[1])
    try:
        return pythons()[version]
    except KeyError:
        raise SystemExit(
            f"{sys.executable} has no venv or no ensurepip (on Debian and Ubuntu: apt install"
            " python3-venv)"
        ) from None


def install(venv: pathlib.Path, requirements: pathlib.Path) -> None:
    """Install exactly what is locked, with uv; raise CalledProcessError if that fails.

    A lock is complete, so nothing is resolved. Resolving a lock again would fail in time: for a
    package that another one requires with an extra, an installer looks for the newest version,
    which is not locked.
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
    """Install the locked uv with pip; raise CalledProcessError if that fails."""
    pip = [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-qq"]
    subprocess.run([*pip, "install", *LOCKED, "-r", str(requirements)], check=True)


def environment(name: str, python: Python | None = None) -> pathlib.Path:
    """Return the environment of these requirements; create it, also again if it is out of date.
    Raises SystemExit if that fails.
    """
    python = python or own_python()
    requirements = ROOT / "requirements" / f"{name}.txt"
    venv = VENVS / "{}-{}.{}".format(name, *python.version)
    stamp = venv / ".stamp"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    VENVS.mkdir(parents=True, exist_ok=True)
    with (VENVS / f".{venv.name}.lock").open("w") as lock:
        # If two runs of make do this at the same time, the second waits and finds the environment
        # complete.
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
        # The stamp is written last: without it, the environment is incomplete.
        stamp.write_text(wanted, encoding="utf-8")
    return venv


def newest_hub_python() -> tuple[pathlib.Path, str]:
    """Create an environment with the newest JupyterHub on the index, which is not locked; return
    its Python and the hub's version.
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
    """Return the environment with this series of ansible-core and all tools; raise SystemExit if no
    Python here can run it.
    """
    python = controller(core)
    if python is None:
        raise SystemExit(why_none(core))
    return environment(f"test-{core}", python)


if __name__ == "__main__":
    for each in sys.argv[1:]:
        print(test_environment(main_core()) if each == "test" else environment(each))
