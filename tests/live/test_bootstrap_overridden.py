# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role bootstrap, way service, on hubs whose configuration removes the service again: the role
names the line that does so.
"""

from __future__ import annotations

import pathlib
import re
from typing import Any

import pytest

from tests.hub import Hub
from tests.live.support_bootstrap import bootstrap, changed, hub_with_boss, restarts

SECRET = "0123456789abcdef-of-another-service"
# Both lists are replaced, because a role for an unknown service would prevent the hub from
# starting.
ASSIGNS = (
    f'c.JupyterHub.services = [{{"name": "other", "api_token": "{SECRET}"}}];'
    " c.JupyterHub.load_roles = []\n"
)
# Keys describe the case. Values are the content of the main file before the role runs, the other
# files, and the line at fault (None if the service is known in the end). HERE stands for the folder
# of all files.
CASES: dict[str, tuple[str, dict[str, str], str | None]] = {
    "the main file assigns before it": (ASSIGNS, {}, None),
    "the main file assigns after it": (
        'load_subconfig("HERE/hubops_service.py")\n\n' + ASSIGNS,
        {},
        "main.py, line 3 assigns c.JupyterHub.services",
    ),
    "a loaded file assigns before it": (
        'load_subconfig("HERE/sub/site.py")\n',
        {"sub/site.py": ASSIGNS},
        None,
    ),
    "a loaded file assigns after it": (
        'load_subconfig("HERE/hubops_service.py")\nload_subconfig("HERE/sub/site.py")\n',
        {"sub/site.py": "# of the site\nhub = c.JupyterHub\nhub.load_roles = []\n"},
        "sub/site.py, line 3 assigns c.JupyterHub.load_roles",
    ),
    "a later drop-in assigns": (
        "import glob, os\nconf = os.path.join(os.path.dirname(__file__), 'conf.d')\n"
        "for each in sorted(glob.glob(os.path.join(conf, '*.py'))):\n    load_subconfig(each)\n",
        {"conf.d/10-first.py": ASSIGNS, "conf.d/90-last.py": "\n" + ASSIGNS},
        "conf.d/90-last.py, line 2 assigns c.JupyterHub.services",
    ),
    "an earlier drop-in assigns": (
        "from pathlib import Path\nfor each in sorted(Path('HERE/conf.d').glob('*.py')):\n"
        "    exec(each.read_text())\n",
        {"conf.d/10-first.py": ASSIGNS},
        None,
    ),
}


@pytest.mark.newest
@pytest.mark.daily(6)
@pytest.mark.parametrize("case", CASES)
def test_what_overrides_a_drop_in_is_named(
    running_hub: Hub, tmp_path: pathlib.Path, case: str
) -> None:
    text, files, fault = CASES[case]
    with hub_with_boss(running_hub.series, tmp_path) as hub, restarts(hub, tmp_path):
        main = tmp_path / "main.py"
        main.write_text(text.replace("HERE", str(tmp_path)), encoding="utf-8")
        for name, content in files.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content, encoding="utf-8")
        options: dict[str, Any] = {
            "bootstrap_way": "service",
            "bootstrap_config": str(main),
            "bootstrap_restart_command": f"touch {tmp_path / 'restart'}",
            # A hub that knows the service gets enough time, one that never will gets a short wait.
            "bootstrap_hub_timeout": 60 if fault is None else 10,
        }
        if (tmp_path / "conf.d").exists():
            options["bootstrap_dropin"] = str(tmp_path / "conf.d" / "50-hubops.py")
            options["bootstrap_include"] = False
        status, output = bootstrap(hub, tmp_path, "-vvv", "--diff", **options)
        output = re.sub(r"\s+", " ", output)
        # The role parses the files and shows none of their content.
        assert SECRET not in output
        secret = (tmp_path / "token").read_text(encoding="utf-8").strip()
        known = hub.api("GET", "/user", token=secret)
        if fault is None:
            assert status == 0, output
            assert known[1]["name"] == "hubops"
            return
        assert status != 0
        assert f"{tmp_path}/{fault}" in output
        assert "is overridden by what is read after it" in output
        # Without the reported line, the hub itself knows the service: the report was right.
        line = re.search(r"line (\d+)", fault)
        assert line is not None
        path = tmp_path / fault.partition(",")[0]
        rows = path.read_text(encoding="utf-8").splitlines()
        rows[int(line[1]) - 1] = "pass"
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
        hub.restart()
        status, output = bootstrap(hub, tmp_path, **options)
        assert (status, changed(output)) == (0, 0), output
        assert hub.expect("GET", "/user", token=secret)["name"] == "hubops"
