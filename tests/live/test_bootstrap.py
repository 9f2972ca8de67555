# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role bootstrap creates the first token of a hub on the hub's own host, in both ways."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.hub import Hub
from tests.hub._process import hub_python
from tests.live.support import USER, runner
from tests.live.support_bootstrap import (
    CONFIG,
    NEEDED,
    PLAY,
    bootstrap,
    changed,
    hub_with_boss,
    restarts,
)
from tests.live.support_ways import Front
from tests.running import ROOT
from tests.unit.plugins.module_utils.certificates import Authority, tls

pytestmark = pytest.mark.daily(6)


@pytest.fixture
def boss(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Hub]:
    """A hub of the series that the test asks for."""
    with hub_with_boss(str(request.param), tmp_path) as hub:
        yield hub


@pytest.fixture
def main_file(boss: Hub, tmp_path: pathlib.Path) -> pathlib.Path:
    """The main configuration file of the hub."""
    return tmp_path / "main.py"


@pytest.mark.parametrize("boss", ["4", "5", "6"], indirect=True)
def test_a_token_without_a_restart(boss: Hub, tmp_path: pathlib.Path) -> None:
    before = boss.pid
    status, output = bootstrap(boss, tmp_path, "--check")
    assert status == 0, output
    assert changed(output) > 0
    assert boss.user_tokens("boss") == []
    status, output = bootstrap(boss, tmp_path, "-vvv", "--diff")
    assert status == 0, output
    secret = (tmp_path / "token").read_text(encoding="utf-8").strip()
    assert secret not in output
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    # Only the lasting token is left, and it expires.
    (token,) = boss.user_tokens("boss")
    assert token["expires_at"]
    assert token["note"].startswith("hubops")
    me = boss.expect("GET", "/user", token=secret)
    assert me["name"] == "boss"
    assert set(NEEDED) <= set(me["scopes"])
    assert "tokens" not in me["scopes"]
    assert boss.pid == before
    status, output = bootstrap(boss, tmp_path)
    assert status == 0, output
    assert changed(output) == 0
    result = runner(boss, api_token=secret)(USER, {"name": "ada"})
    assert result["changed"], result


@pytest.mark.parametrize("boss", ["6"], indirect=True)
def test_a_token_is_renewed_and_one_that_is_no_good_is_replaced(
    boss: Hub, tmp_path: pathlib.Path
) -> None:
    short = {"bootstrap_expires_in": "600s", "bootstrap_renew_before": "598s"}
    assert bootstrap(boss, tmp_path, **short)[0] == 0
    file = tmp_path / "token"
    first = file.read_text(encoding="utf-8")
    time.sleep(3)
    status, output = bootstrap(boss, tmp_path, **short)
    assert status == 0, output
    second = file.read_text(encoding="utf-8")
    assert second != first
    boss.expect("DELETE", f"/users/boss/tokens/{boss.user_tokens('boss')[0]['id']}")
    status, output = bootstrap(boss, tmp_path)
    assert status == 0, output
    assert file.read_text(encoding="utf-8") not in (first, second)
    status, output = bootstrap(boss, tmp_path, bootstrap_scopes=["admin:users", "tokens"])
    assert status == 0, output
    assert (
        "tokens"
        in boss.expect("GET", "/user", token=file.read_text(encoding="utf-8").strip())["scopes"]
    )
    assert len(boss.user_tokens("boss")) == 1


@pytest.mark.parametrize("boss", ["6"], indirect=True)
def test_the_token_of_an_admin_may_be_in_the_home(
    boss: Hub, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for changes in (True, False):
        status, output = bootstrap(boss, tmp_path, bootstrap_dest="~/hub-token")
        assert status == 0, output
        assert (changed(output) > 0) == changes
    assert (tmp_path / "hub-token").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("boss", ["4", "5", "6"], indirect=True)
def test_the_first_user_of_the_readme_in_two_commands(boss: Hub, tmp_path: pathlib.Path) -> None:
    """The commands are run exactly as written, in a home directory without any configuration."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The first user\n")[2]
    first, second = re.findall(r"^\$ (.*)$", section.partition("```\n\n")[0], re.MULTILINE)
    link = tmp_path / ".ansible" / "collections" / "ansible_collections" / "hubops" / "jupyterhub"
    link.parent.mkdir(parents=True)
    link.symlink_to(ROOT)
    for told, meant in (
        ("sudo jupyterhub", str(hub_python(boss.series).with_name("jupyterhub"))),
        ("/etc/jupyterhub/jupyterhub_config.py", str(CONFIG)),
        ("YOUR_ADMIN", "boss"),
    ):
        assert told in first
        first = first.replace(told, meant)
    second = second.replace("http://127.0.0.1:8000", boss.url.rstrip("/"))
    said = []
    for command in (first, second, second):
        done = subprocess.run(
            ["bash", "-ec", command],
            cwd=boss.state,
            env={
                "HOME": str(tmp_path),
                "LANG": "C.UTF-8",
                "HUB_STATE": str(boss.state),
                "PATH": f"{pathlib.Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said.append(done.stdout)
    assert [text.partition(" =>")[0].split(" | ")[-1] for text in said[1:]] == [
        "CHANGED",
        "SUCCESS",
    ]
    assert (boss.state / "hub.token").stat().st_mode & 0o777 == 0o600
    assert "ada" in boss.users()


@pytest.mark.parametrize("boss", ["4", "5", "6"], indirect=True)
def test_a_service_of_its_own(boss: Hub, tmp_path: pathlib.Path, main_file: pathlib.Path) -> None:
    options = {
        "bootstrap_way": "service",
        "bootstrap_config": str(main_file),
        "bootstrap_restart_command": f"touch {tmp_path / 'restart'}",
        "bootstrap_scopes": [*NEEDED, "shares"],
        "bootstrap_name": "provisioning",
    }
    with restarts(boss, tmp_path) as seen:
        status, output = bootstrap(boss, tmp_path, "--check", **options)
        assert status == 0, output
        assert not (tmp_path / "token").exists()
        assert main_file.read_text(encoding="utf-8") == "# nothing special\n"
        assert seen == []
        status, output = bootstrap(boss, tmp_path, "-vvv", "--diff", **options)
        assert status == 0, output
        secret = (tmp_path / "token").read_text(encoding="utf-8").strip()
        assert secret not in output
        me = boss.expect("GET", "/user", token=secret)
        assert (me["kind"], me["name"]) == ("service", "provisioning")
        # JupyterHub 4 does not know the scope shares, and would not start with it.
        assert ("shares" in me["scopes"]) == (boss.series != "4")
        assert len(seen) == 1
        status, output = bootstrap(boss, tmp_path, **options)
        assert status == 0, output
        assert changed(output) == 0
        assert len(seen) == 1


@pytest.mark.parametrize("boss", ["6"], indirect=True)
def test_a_drop_in_for_a_folder_that_the_hub_reads_by_itself(
    boss: Hub, tmp_path: pathlib.Path, main_file: pathlib.Path
) -> None:
    """The Littlest JupyterHub does this, and has its own command to restart the hub."""
    folder = tmp_path / "jupyterhub_config.d"
    folder.mkdir()
    main = f"import glob\nfor each in sorted(glob.glob({str(folder / '*.py')!r})):\n    load_subconfig(each)\n"
    main_file.write_text(main, encoding="utf-8")
    options = {
        "bootstrap_way": "service",
        "bootstrap_config": str(main_file),
        "bootstrap_dropin": str(folder / "hubops.py"),
        "bootstrap_include": False,
        "bootstrap_restart_command": f"touch {tmp_path / 'restart'}",
    }
    with restarts(boss, tmp_path) as seen:
        status, output = bootstrap(boss, tmp_path, **options)
        assert status == 0, output
        assert len(seen) == 1
        secret = (tmp_path / "token").read_text(encoding="utf-8").strip()
        me = boss.expect("GET", "/user", token=secret)
        assert (me["kind"], me["name"]) == ("service", "hubops")
        # This is how to replace the token: the hub keeps the old one as long as the service keeps
        # its name.
        (tmp_path / "token").unlink()
        status, output = bootstrap(boss, tmp_path, **options, bootstrap_name="hubops-2")
        assert status == 0, output
        assert len(seen) == 2
        assert boss.api("GET", "/user", token=secret)[0] == 403
        other = (tmp_path / "token").read_text(encoding="utf-8").strip()
        assert boss.expect("GET", "/user", token=other)["name"] == "hubops-2"
    assert main_file.read_text(encoding="utf-8") == main


@pytest.mark.parametrize("boss", ["6"], indirect=True)
def test_what_a_declaration_needs(boss: Hub, tmp_path: pathlib.Path) -> None:
    variables = {
        "jupyterhub_users": [{"name": "ada"}],
        "jupyterhub_groups": [{"name": "CS101", "users": ["ada"]}],
    }
    values = yaml.safe_dump({"bootstrap_for": variables})
    (tmp_path / "for.yml").write_text(values, encoding="utf-8")
    status, output = bootstrap(
        boss, tmp_path, "-e", f"@{tmp_path / 'for.yml'}", bootstrap_scopes=None
    )
    assert status == 0, output
    secret = (tmp_path / "token").read_text(encoding="utf-8").strip()
    for name, task in (
        ("jupyterhub_user", {"users": variables["jupyterhub_users"]}),
        ("jupyterhub_group", {"groups": variables["jupyterhub_groups"]}),
    ):
        result = runner(boss, api_token=secret)(name, task)
        assert not result["failed"], result
    assert set(boss.groups()["CS101"]["users"]) == {"ada"}


@pytest.mark.parametrize("boss", ["6"], indirect=True)
def test_scopes_with_a_limit(boss: Hub, tmp_path: pathlib.Path) -> None:
    """A token may hold the requested scopes with the same limits or without limits. A string is
    split at commas.
    """
    scopes = "read:users!user=boss,list:groups"
    status, output = bootstrap(boss, tmp_path, bootstrap_scopes=scopes)
    assert status == 0, output
    secret = (tmp_path / "token").read_text(encoding="utf-8").strip()
    held = boss.expect("GET", "/user", token=secret)["scopes"]
    assert {"read:users!user=boss", "list:groups"} <= set(held)
    assert "read:users" not in held
    for scopes_now, changes in ((scopes, 0), ("list:groups!group=CS101", 0)):
        status, output = bootstrap(boss, tmp_path, bootstrap_scopes=scopes_now)
        assert (status, changed(output)) == (0, changes), output
    # A limited scope is not enough if the unlimited one was requested.
    status, output = bootstrap(boss, tmp_path, "--check", bootstrap_scopes=["read:users"])
    assert (status, changed(output)) == (0, 1), output


def planted(
    folder: pathlib.Path, options: dict[str, Any]
) -> list[tuple[dict[str, Any], list[str]]]:
    """Return the case of a folder that another user has created, if this one may create it."""
    if os.geteuid() != 0:
        return []
    theirs = folder / "shared" / "theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    said = "is in a folder that another user has created in one that everyone can write to"
    return [({**options, "bootstrap_dest": str(theirs / "token")}, [said])]


@pytest.mark.parametrize("boss", ["6"], indirect=True)
def test_missing_requirements_are_reported_before_anything_is_written(
    boss: Hub, tmp_path: pathlib.Path, main_file: pathlib.Path
) -> None:
    service: dict[str, Any] = {
        "bootstrap_way": "service",
        "bootstrap_restart_command": "false",
    }
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    for options, said in (
        (
            {
                "bootstrap_scopes": None,
                "bootstrap_admin": "",
                "bootstrap_dest": str(tmp_path / "none" / "token"),
                "bootstrap_config": str(tmp_path / "none.py"),
            },
            [
                "Set bootstrap_scopes to",
                "Set bootstrap_admin to",
                "is in a folder that does not exist",
                "none.py does not exist",
                "Nothing was changed",
            ],
        ),
        (
            {**service, "bootstrap_config": str(main_file), "bootstrap_scopes": ["admin:user"]},
            ["JupyterHub has no scope admin:user, and does not start with a role that has it"],
        ),
        (
            {
                **service,
                "bootstrap_config": str(main_file),
                "bootstrap_dest": str(shared / "token"),
            },
            ["is in a folder that everyone can write to, so another user could choose the token"],
        ),
        *planted(tmp_path, {**service, "bootstrap_config": str(main_file)}),
        # The hub would not find these files, and would not start.
        (
            {**service, "bootstrap_config": "~/main.py", "bootstrap_dest": "token"},
            [
                "bootstrap_config ~/main.py is not an absolute path",
                "bootstrap_dest token is not an absolute path",
            ],
        ),
    ):
        for check in (["--check"], []):
            status, output = bootstrap(boss, tmp_path, *check, **options)
            assert status != 0
            output = re.sub(r"\s+", " ", output)
            assert [each for each in said if each not in output] == [], output
    assert main_file.read_text(encoding="utf-8") == "# nothing special\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["main.py", "shared"]
    assert [path for path in shared.rglob("*") if not path.is_dir()] == []
    assert boss.user_tokens("boss") == []


@pytest.mark.parametrize("boss", ["6"], indirect=True)
def test_ignored_errors_create_and_write_nothing(
    boss: Hub, tmp_path: pathlib.Path, main_file: pathlib.Path
) -> None:
    play = PLAY.replace(
        "- hubops.jupyterhub.bootstrap",
        "- {role: hubops.jupyterhub.bootstrap, ignore_errors: true}",
    )
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    service = {
        "bootstrap_way": "service",
        "bootstrap_config": str(main_file),
        "bootstrap_restart_command": f"touch {tmp_path / 'restart'}",
    }
    for options in (
        {**service, "bootstrap_dest": str(shared / "token")},
        # Without the token, the hub would not start again.
        {**service, "bootstrap_user": "nobody-of-this-name"},
        {"bootstrap_dest": str(tmp_path / "none" / "token")},
        {"jupyterhub_url": "http://127.0.0.1:9"},
    ):
        _status, output = bootstrap(boss, tmp_path, play=play, **options)
        assert "ignored=" in output
        assert "ignored=0" not in output, output
        # A token that cannot be given to its owner may be there, for another run.
        (tmp_path / "token").unlink(missing_ok=True)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["main.py", "shared"]
        assert list(shared.iterdir()) == []
    assert main_file.read_text(encoding="utf-8") == "# nothing special\n"
    assert boss.user_tokens("boss") == []


@pytest.mark.parametrize("boss", ["6"], indirect=True)
def test_the_connection_and_the_text_of_a_command_line(
    boss: Hub, tmp_path: pathlib.Path, main_file: pathlib.Path
) -> None:
    """The hub has a certificate of its own, and the play has defaults for all modules."""
    ours = Authority(tmp_path)
    play = PLAY.replace(
        "  roles:",
        "  module_defaults:\n    group/hubops.jupyterhub.jupyterhub:"
        " {api_token_file: /nowhere, retries: 0}\n  roles:",
    )
    values = {
        "bootstrap_service_admin": "false",
        "bootstrap_include": "yes",
        "jupyterhub_ca_path": str(ours.bundle),
    }
    more = [part for item in values.items() for part in ("-e", "=".join(item))]
    with Front(boss, tls=tls(ours.issue("hub"))) as front, restarts(boss, tmp_path):
        status, output = bootstrap(boss, tmp_path, *more, play=play, jupyterhub_url=front.url)
        assert status == 0, output
        (tmp_path / "token").unlink()
        status, output = bootstrap(
            boss,
            tmp_path,
            *more,
            play=play,
            jupyterhub_url=front.url,
            bootstrap_way="service",
            bootstrap_config=str(main_file),
            bootstrap_restart_command=f"touch {tmp_path / 'restart'}",
        )
        assert status == 0, output
    assert boss.expect("GET", "/services/hubops")["admin"] is False
