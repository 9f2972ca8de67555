# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating a connection from options, files and the environment: refusals and warnings."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from ansible_collections.hubops.jupyterhub.plugins.module_utils._errors import RefusedError
from ansible_collections.hubops.jupyterhub.plugins.module_utils._hub.address import api_root
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.connect import (
    is_open_to_others,
    token_of,
)
from ansible_collections.hubops.jupyterhub.plugins.module_utils._module.options import (
    ConnectionOptions,
)

OPTIONS: ConnectionOptions = {
    "hub_url": "https://hub.example.org/x",
    "api_token": None,
    "api_token_file": None,
    "login_username": None,
    "login_password": None,
    "validate_certs": True,
    "ca_path": None,
    "client_cert": None,
    "client_key": None,
    "timeout": 60.0,
    "retries": 5,
    "retry_max_wait": 120.0,
}


def test_a_token_in_a_file(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "token"
    file.write_text(" s3cr3t-token\n", encoding="utf-8")
    assert token_of({**OPTIONS, "api_token_file": str(file)}) == "s3cr3t-token"
    link = tmp_path / "link"
    link.symlink_to(file)
    assert token_of({**OPTIONS, "api_token_file": str(link)}) == "s3cr3t-token"


@pytest.mark.parametrize(
    "kind", ["fifo", "directory", "device", "huge", "empty", "missing", "binary"]
)
def test_a_file_without_a_usable_token_is_refused_at_once(
    tmp_path: pathlib.Path, kind: str
) -> None:
    path = tmp_path / "token"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    elif kind == "device":
        path = pathlib.Path("/dev/zero")
    elif kind != "missing":
        path.write_bytes({"huge": b"x" * 20_000, "empty": b" \n", "binary": b"\xff\xfe"}[kind])
    with pytest.raises(RefusedError, match=f"^api_token_file {path} ") as caught:
        token_of({**OPTIONS, "api_token_file": str(path)})
    assert "xxxx" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "goes"),
    [
        (None, True),
        ("https://hub.example.org/x/hub/api", True),
        ("https://HUB.example.org:443/x/", True),
        ("https://hub.example.org/hub/api", False),
        ("http://hub.example.org/x", False),
        ("https://hub.example.org:8443/x", False),
        ("http://127.0.0.1:8081/hub/api", False),
    ],
)
@pytest.mark.parametrize("name", ["JUPYTERHUB_API_TOKEN", "JUPYTERHUB_API_TOKEN_FILE"])
def test_a_token_of_the_environment_is_only_sent_to_the_hub_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path, url: str | None, goes: bool, name: str
) -> None:
    file = tmp_path / "token"
    file.write_text("s3cr3t-token", encoding="utf-8")
    option, value = (
        ("api_token", "s3cr3t-token")
        if name == "JUPYTERHUB_API_TOKEN"
        else ("api_token_file", str(file))
    )
    monkeypatch.setenv(name, value)
    if url:
        monkeypatch.setenv("JUPYTERHUB_API_URL", url)
    # This is how Ansible's fallback sets the option.
    options = t.cast(ConnectionOptions, {**OPTIONS, option: value})
    if goes:
        assert token_of(options) == "s3cr3t-token"
    else:
        with pytest.raises(
            RefusedError,
            match=(
                rf"The token comes from the environment \({name}\), which names another hub in"
                r" JUPYTERHUB_API_URL"
            ),
        ):
            token_of(options)
    # A token in the task itself is sent to the hub of the task.
    assert token_of({**OPTIONS, "api_token": "own-token"}) == "own-token"


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("http://hub.example.org", True),
        ("http://10.0.0.7:8081", True),
        ("http://127.evil.example.org", True),
        ("http://[2001:db8::1]/", True),
        ("https://hub.example.org", False),
        ("http://localhost:8000", False),
        ("http://hub.localhost", False),
        ("http://127.0.0.1:8081", False),
        ("http://127.3.2.1", False),
        ("http://[::1]:8000/", False),
    ],
)
def test_a_token_file_that_others_can_read(url: str, is_open: bool) -> None:
    assert is_open_to_others(api_root(url)) is is_open
