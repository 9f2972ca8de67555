# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The locked requirements install unchanged, whatever has been published since. No package index is
used here.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import pathlib
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator

import pytest

from tests.running import ROOT
from tests.tools.environments import environment, install, own_python
from tests.tools.pip_settings import translated

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>\S+)", re.MULTILINE)
NEWER = "9999"
# The requirements of the environment that runs this test. The metadata there tells which packages
# each package needs.
OURS = pathlib.Path(sys.prefix).name.rsplit("-", 1)[0]


def spelt(name: str) -> str:
    """Return the name of a package in the form that names of wheels use."""
    return re.sub(r"[-_.]+", "_", name).lower()


def wheel(folder: pathlib.Path, name: str, version: str, wants: list[str]) -> pathlib.Path:
    """Create a wheel without any code, which requires these packages."""
    place = f"{spelt(name)}-{version}.dist-info"
    extras = sorted(
        {extra for want in wants for extra in re.findall(r"extra *== *['\"]([^'\"]+)", want)}
    )
    head = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    told = [
        *(f"Provides-Extra: {extra}" for extra in extras),
        *(f"Requires-Dist: {want}" for want in wants),
    ]
    files = {
        f"{place}/METADATA": "\n".join([*head, *told, ""]),
        f"{place}/WHEEL": (
            "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    record = f"{place}/RECORD,,\n"
    for path, text in files.items():
        digest = (
            base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        )
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    made = folder / f"{spelt(name)}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in {**files, f"{place}/RECORD": record}.items():
            archive.writestr(path, text)
    return made


def locked(lock: pathlib.Path) -> Iterator[tuple[str, str]]:
    """Yield the packages of a lock that are installed here, with their versions. Packages for other
    systems are not installed.
    """
    for found in LOCKED.finditer(lock.read_text(encoding="utf-8")):
        try:
            importlib.metadata.version(found["name"])
        except importlib.metadata.PackageNotFoundError:
            continue
        yield found["name"], found["version"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_records_exact_versions_and_hashes_and_no_address(lock: pathlib.Path) -> None:
    text = lock.read_text(encoding="utf-8")
    packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert packages
    assert all(re.match(r"[A-Za-z0-9._\[\],-]+==\S+ .*\\$", line) for line in packages)
    assert "://" not in text
    assert text.count("--hash=sha256:") >= len(packages)


def test_a_lock_installs_when_every_package_has_a_newer_version(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = ROOT / "requirements" / f"{OURS}.txt"
    index = tmp_path / "index"
    index.mkdir()
    lines = []
    wanted = dict(locked(lock))
    assert len(wanted) > 50
    for name, version in wanted.items():
        wants = importlib.metadata.requires(name) or []
        digest = hashlib.sha256(wheel(index, name, version, wants).read_bytes()).hexdigest()
        wheel(index, name, NEWER, wants)
        lines.append(f"{name}=={version} --hash=sha256:{digest}\n")
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("".join(lines), encoding="utf-8")
    # uv itself is installed from the usual index.
    environment("uv")
    for variable, value in {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_CONFIG_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    venv = tmp_path / "venv"
    subprocess.run([own_python().path, "-m", "venv", venv], check=True)
    python = str(venv / "bin" / "python")
    # Without the lock, the newer versions would be installed.
    dry = [python, "-m", "pip", "install", "--dry-run", "--no-deps", "requests"]
    assert (
        f"requests-{NEWER}"
        in subprocess.run(dry, capture_output=True, text=True, check=True).stdout
    )
    install(venv, requirements)
    listed = subprocess.run(
        [python, "-m", "pip", "list", "--format", "freeze"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = {
        spelt(name): version
        for name, _equals, version in (line.partition("==") for line in listed.splitlines())
    }
    assert {spelt(name): version for name, version in wanted.items()}.items() <= found.items()


def listed_by_pip(section: str, variable: str, value: str) -> str:
    """Return the line that ``pip config list`` prints for a setting."""
    option = variable.removeprefix("PIP_").lower().replace("_", "-")
    return f"{section}.{option}={value!r}\n"


def test_uv_installs_from_where_pip_does() -> None:
    options, variables = translated(
        listed_by_pip("global", "PIP_INDEX_URL", "/srv/all")
        + listed_by_pip("global", "PIP_FIND_LINKS", "/wheels /more")
        + listed_by_pip("global", "PIP_NO_INDEX", "false")
        + listed_by_pip("install", "PIP_TRUSTED_HOST", "mirror.example.edu")
        + listed_by_pip(":env:", "PIP_INDEX_URL", "/srv/mirror")
        + listed_by_pip(":env:", "PIP_EXTRA_INDEX_URL", "/srv/a\n/srv/b")
        + listed_by_pip(":env:", "PIP_CERT", "/etc/ca.pem")
        + listed_by_pip(":env:", "PIP_NO_CACHE_DIR", "1")
    )
    assert options == []
    assert variables == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "/srv/mirror",
        "UV_INDEX": "/srv/a /srv/b",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INSECURE_HOST": "mirror.example.edu",
        "SSL_CERT_FILE": "/etc/ca.pem",
    }
    assert translated(listed_by_pip(":env:", "PIP_NO_INDEX", "1"))[0] == ["--no-index"]
