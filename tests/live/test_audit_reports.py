# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of jupyterhub_audit, as its action plugin and the playbook ``audit`` write them."""

from __future__ import annotations

import json
import pathlib
import re
import stat
import subprocess
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support import writes
from tests.live.support_become import pretend
from tests.running import run_playbook

Run = subprocess.CompletedProcess[str]
pytestmark = [pytest.mark.daily(4), pytest.mark.newest, pytest.mark.core]
ENDINGS = ("html", "json", "md", "csv", "prom", "yml")


def play(
    hub: Hub, options: dict[str, Any], *args: str, hosts: str = "localhost", **keywords: str
) -> Run:
    """Run one task of the module."""
    tasks = [{"hubops.jupyterhub.jupyterhub_audit": options, **keywords}]
    return run_playbook(
        json.dumps([{"hosts": hosts, "gather_facts": False, "tasks": tasks}]), list(args), hub=hub
    )


def output_of(done: Run) -> str:
    """Return all output of a run as one line."""
    return re.sub(r"\s+", " ", done.stdout + done.stderr)


@pytest.mark.parametrize("args", [(), ("--check",)])
def test_all_reports_are_written_for_their_owner_alone_also_when_the_task_fails(
    hub: Hub, tmp_path: pathlib.Path, args: tuple[str, ...]
) -> None:
    hub.add_users("ada", admin=True)
    paths = [str(tmp_path / f"audit.{ending}") for ending in ENDINGS]
    (tmp_path / "audit.html").write_text("", encoding="utf-8")
    (tmp_path / "audit.html").chmod(0o644)
    # JupyterHub 4 itself has known holes.
    done = play(hub, {"reports": paths, "fail_on": "high", "skip": ["HUB-1"]}, *args)
    assert done.returncode == 2, done.stdout
    sentence = (
        "The audit has 1 finding of severity high or higher, about 1 object: HUB-2. Nothing on the"
        " hub was changed."
    )
    assert sentence in output_of(done)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"audit.{ending}" for ending in ENDINGS
    )
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    report = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert [one["check"] for one in report["findings"]] == ["HUB-2", "HUB-8"]
    for path in paths[:4]:
        assert "Anyone can log in as any user" in pathlib.Path(path).read_text(encoding="utf-8")


def test_the_report_of_last_time_is_the_baseline_of_this_one(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    options = {
        "reports": [str(tmp_path / "audit.json")],
        "baseline": str(tmp_path / "audit.json"),
        "skip": ["HUB-*"],
    }
    hub.add_group("empty")
    assert play(hub, options).returncode == 0
    first = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert (first["baseline"], [one["status"] for one in first["findings"]]) == (None, ["new"])
    hub.add_group("other")
    hub.expect("DELETE", "/groups/empty")
    assert play(hub, options).returncode == 0
    second = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert second["baseline"] == {
        "path": str(tmp_path / "audit.json"),
        "read_at": first["hub"]["read_at"],
    }
    assert [(one["check"], one["subjects"]) for one in second["gone"]] == [("GRP-1", ["empty"])]
    # The report of another hub.
    second["hub"]["url"] = "https://other.example.org"
    text = json.dumps(second)
    (tmp_path / "audit.json").write_text(text, encoding="utf-8")
    assert "is a report of another hub, 'https://other.example.org'" in output_of(
        play(hub, options)
    )
    assert (tmp_path / "audit.json").read_text(encoding="utf-8") == text
    (tmp_path / "audit.json").write_text("{}", encoding="utf-8")
    assert "is not an audit report" in output_of(play(hub, options))


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "ending": (
        {"reports": ["{dir}/audit.pdf"]},
        "has none of the endings .json, .md, .html, .csv, .prom, .yml",
    ),
    "folder": ({"reports": ["{dir}/nowhere/audit.html"]}, "does not exist on the controller"),
    "twice": ({"reports": ["{dir}/a.html", "{dir}/./a.html"]}, "is given twice"),
    "directory": ({"reports": ["{dir}/folder.html"]}, "is not a regular file"),
    "link": ({"reports": ["{dir}/link.html"]}, "is not a regular file"),
    "baseline": ({"baseline": "{dir}/folder.html"}, "cannot be read on the controller"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_report_that_cannot_be_written_fails_before_any_request(
    case: str, hub: Hub, tmp_path: pathlib.Path
) -> None:
    options, sentence = BAD[case]
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "link.html").symlink_to("elsewhere")
    mark = hub.mark()
    done = play(hub, json.loads(json.dumps(options).replace("{dir}", str(tmp_path))))
    assert done.returncode == 2, done.stdout
    assert sentence in output_of(done)
    assert "Nothing was changed." in output_of(done)
    assert hub.requests(mark) == []


def test_several_hosts_do_not_write_over_each_other(hub: Hub, tmp_path: pathlib.Path) -> None:
    inventory = ["-i", "one,two,", "-c", "local"]
    same = play(hub, {"reports": [str(tmp_path / "audit.html")]}, *inventory, hosts="all")
    assert same.returncode == 2
    assert re.search(
        r"is also written for the host (one|two) of this play: add {{ inventory_hostname }} to it."
        " Nothing was changed.",
        output_of(same),
    )
    assert output_of(same).count("failed=1") == 1
    (tmp_path / "audit.html").unlink()
    each = {"reports": [str(tmp_path / "{{ inventory_hostname }}.html")]}
    assert play(hub, each, *inventory, hosts="all").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.html", "two.html"]
    # What is in the path is another name of the host.
    other = {
        "reports": [str(tmp_path / "{{ ansible_play_hosts_all.index(inventory_hostname) }}.md")]
    }
    assert play(hub, other, *inventory, hosts="all").returncode == 0
    assert sorted(path.name for path in tmp_path.glob("*.md")) == ["0.md", "1.md"]


def test_a_task_in_the_background_that_would_write_no_report_is_refused(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    """What comes back when it has been started is no report, and async_status writes none."""
    reports = {"reports": [str(tmp_path / "audit.html")]}
    mark = hub.mark()
    for poll in ("0", "1"):
        done = play(hub, reports, **{"async": "60", "poll": poll})
        assert done.returncode == 2, done.stdout
        assert "reports cannot be written by a task with async" in output_of(done)
    assert hub.requests(mark) == []
    done = play(hub, {}, **{"async": "60", "poll": "1"})
    assert done.returncode == 0, done.stdout


# If a name were rendered, the task would delete a group called "owned" instead of this one.
EVIL = (
    "{{ lookup('ansible.builtin.pipe', 'printf owned') }}",
    # Jinja reads such a header as its own delimiters. Without a second line it is an error.
    "#jinja2:variable_start_string:'[['",
)


@pytest.mark.parametrize("evil", EVIL, ids=["template", "header"])
def test_names_of_strangers_are_no_templates_when_fixes_are_run(
    hub: Hub, tmp_path: pathlib.Path, evil: str
) -> None:
    hub.add_group(evil)
    fixes = tmp_path / "fixes.yml"
    assert play(hub, {"reports": [str(fixes)], "checks": ["GRP-1"]}).returncode == 0
    assert f'!unsafe "{evil}"' in fixes.read_text(encoding="utf-8")
    done = run_playbook(
        json.dumps(
            [{"hosts": "localhost", "gather_facts": False, "tasks": [{"import_tasks": str(fixes)}]}]
        ),
        hub=hub,
    )
    assert done.returncode == 0, done.stdout
    assert hub.groups() == {}


# The playbook


def run(
    hub: Hub,
    variables: dict[str, Any],
    *args: str,
    cwd: pathlib.Path | None = None,
    env: dict[str, str] | None = None,
) -> Run:
    """Run the playbook."""
    return run_playbook(
        pathlib.Path("hubops.jupyterhub.audit"),
        ["-e", json.dumps(variables), *args],
        hub=hub,
        cwd=cwd,
        env=env,
    )


def test_the_page_of_all_hubs_belongs_to_who_runs_the_playbook(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    """With -b, only the modules run as another user."""
    become = ["-b", "--become-method", "pretend", "--become-user", "refused"]
    page = tmp_path / "hubs.json"
    variables = {"audit_fleet_reports": str(page)}
    done = run(hub, variables, *become, env=pretend(tmp_path))
    assert done.returncode == 2, done.stdout
    assert json.loads(page.read_text(encoding="utf-8"))[0]["problem"]


def test_the_playbook_writes_reports_where_it_is_started_and_never_to_the_hub(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    hub.add_users("ada", "eve", admin=True)
    mark = hub.mark()
    variables = {
        "audit_reports": "audit.html,audit.json",
        "audit_policy": {"admins": ["ada"]},
        "audit_skip": ["HUB-*"],
    }
    done = run(hub, variables, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.html", "audit.json"]
    assert json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))["findings"][0][
        "subjects"
    ] == ["eve"]
    failed = run(hub, {**variables, "audit_fail_on": "high"}, cwd=tmp_path)
    assert failed.returncode == 2, failed.stdout
    assert "The audit has findings of severity high or higher: ADM-1." in output_of(failed)
    assert writes(hub.requests(mark)) == []


def test_the_playbook_also_compares_with_the_lists_of_the_role(
    hub: Hub, tmp_path: pathlib.Path
) -> None:
    hub.add_users("ada")
    same = run(hub, {"jupyterhub_users": [{"name": "ada"}]}, cwd=tmp_path)
    assert same.returncode == 0, same.stdout
    assert "The hub is what is declared (jupyterhub_users)." in output_of(same)
    mark = hub.mark()
    other = run(
        hub,
        {"jupyterhub_users": [{"name": "ada"}, {"name": "bob"}], "audit_reports": "audit.json"},
        cwd=tmp_path,
    )
    assert other.returncode == 2, other.stdout
    assert "The hub differs from what is declared in 1 places" in output_of(other)
    assert (tmp_path / "audit.json").exists()
    assert writes(hub.requests(mark)) == []


def test_thirty_hubs_on_one_page_of_which_two_are_away(hub: Hub, tmp_path: pathlib.Path) -> None:
    hub.add_users("ada", "eve", admin=True)
    names = [f"hub-{number:02}" for number in range(28)]
    inventory = {
        "hubs": {
            "hosts": {
                **{
                    name: {
                        "jupyterhub_url": hub.url,
                        "audit_policy": {"admins": ["ada"] if name == "hub-07" else ["ada", "eve"]},
                    }
                    for name in names
                },
                "dead": {
                    "jupyterhub_url": "http://127.0.0.1:9/",
                    "jupyterhub_api_token": hub.admin_token,
                    "jupyterhub_retries": 0,
                },
                "far": {
                    "jupyterhub_url": hub.url,
                    "ansible_connection": "ssh",
                    "ansible_host": "127.0.0.1",
                    "ansible_port": 9,
                },
            },
            "vars": {"ansible_connection": "local", "jupyterhub_api_token": hub.token},
        },
    }
    (tmp_path / "hosts.yml").write_text(json.dumps(inventory), encoding="utf-8")
    (tmp_path / "each").mkdir()
    variables = {
        "audit_hosts": "hubs",
        "audit_skip": ["HUB-*"],
        "audit_reports": ["each/{{ inventory_hostname }}.json"],
        "audit_fleet_reports": "hubs.html, hubs.json",
    }
    done = run(hub, variables, "-i", str(tmp_path / "hosts.yml"), "-f", "10", cwd=tmp_path)
    assert done.returncode != 0, done.stdout
    rows = json.loads((tmp_path / "hubs.json").read_text(encoding="utf-8"))
    assert [row["host"] for row in rows] == [
        "dead",
        "far",
        "hub-07",
        *(name for name in names if name != "hub-07"),
    ]
    problems = {row["host"]: row["problem"] for row in rows if row["problem"]}
    assert sorted(problems) == ["dead", "far"]
    assert "127.0.0.1:9" in problems["dead"]
    assert problems["far"]
    assert [row["host"] for row in rows if row["urgent"]] == ["hub-07"]
    page = (tmp_path / "hubs.html").read_text(encoding="utf-8")
    assert "2 hubs could not be audited. 1 hub needs attention now." in page
    assert stat.S_IMODE((tmp_path / "hubs.html").lstat().st_mode) == 0o600
    assert sorted(path.name for path in (tmp_path / "each").iterdir()) == [
        f"{name}.json" for name in names
    ]


BAD_PAGES: dict[str, tuple[str, str]] = {
    "ending": ("hubs.csv", "has none of the endings .html, .json, which select the format"),
    "folder": ("nowhere/hubs.html", "does not exist on the controller"),
    "link": ("link.html", "is not a regular file"),
    "class list": ("class.json", "exists and is not a page of all hubs: give another path"),
    "report": ("audit.html", "is given twice"),
}


@pytest.mark.parametrize("case", BAD_PAGES)
def test_a_page_of_all_hubs_that_cannot_be_written_fails_before_a_hub_is_audited(
    case: str, hub: Hub, tmp_path: pathlib.Path
) -> None:
    name, sentence = BAD_PAGES[case]
    (tmp_path / "link.html").symlink_to("class.json")
    (tmp_path / "class.json").write_text('[{"name": "ada"}]', encoding="utf-8")
    variables = {
        "audit_fleet_reports": ["page.html", name],
        "audit_reports": ["audit.html"],
        "audit_hosts": "all",
    }
    mark = hub.mark()
    done = run(hub, variables, "-i", "one,two,", "-c", "local", cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert sentence in output_of(done)
    assert "Nothing was changed." in output_of(done)
    assert hub.requests(mark) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class.json", "link.html"]
    # Whatever is skipped, the page is not written there.
    skipped = ("--start-at-task", "Audit the hub")
    done = run(hub, variables, *skipped, "-i", "one,two,", "-c", "local", cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert (tmp_path / "class.json").read_text(encoding="utf-8") == '[{"name": "ada"}]'
    assert (tmp_path / "link.html").is_symlink()
