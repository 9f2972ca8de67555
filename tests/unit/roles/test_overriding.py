# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the role bootstrap finds the line of a configuration that removes its service."""

from __future__ import annotations

import importlib.util
import pathlib
import subprocess
import sys

import pytest

SCRIPT = pathlib.Path(__file__).parents[3] / "roles" / "bootstrap" / "files" / "overriding.py"
SPEC = importlib.util.spec_from_file_location("overriding", SCRIPT)
assert SPEC is not None
assert SPEC.loader is not None
MODULE = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(MODULE)
REPORT = MODULE.told
DROPIN = 'load_subconfig("dropin.py")\n'
SERVICES = "c.JupyterHub.services = []\n"


def report_on(folder: pathlib.Path, files: dict[str, str], dropin: str = "dropin.py") -> str:
    """Return the report about these files. The hub reads main.py first."""
    for name, text in {dropin: "c.JupyterHub.services.append({})\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace("HERE", str(folder)), encoding="utf-8")
    said = REPORT(str(folder / "main.py"), str(folder / dropin), str(folder))
    return str(said).replace(f"{folder}/", "")


# A line that assigns, and its number.
@pytest.mark.parametrize(
    ("line", "text"),
    [
        (2, SERVICES),
        (2, 'c.JupyterHub["services"] = []\n'),
        (2, "c['JupyterHub'].services = []\n"),
        (2, "c.JupyterHub.services: list = []\n"),
        (2, "c.JupyterHub.load_roles, other = [], 1\n"),
        (2, "c.JupyterHub.services[:] = []\n"),
        (2, "del c.JupyterHub.services\n"),
        (2, "c.JupyterHub.services.clear()\n"),
        (2, "c.JupyterHub.update(services=[])\n"),
        (2, "c.JupyterHub.update({'services': []})\n"),
        (2, "c.merge({'JupyterHub': {'load_roles': []}})\n"),
        (2, "setattr(c.JupyterHub, 'services', [])\n"),
        (2, "get_config().JupyterHub.services = []\n"),
        (3, "hub = c.JupyterHub\nhub.services = []\n"),
        (3, "if True:\n    c.JupyterHub.services = []\n"),
        (3, "def later(section):\n    section.services = []\nlater(c.JupyterHub)\n"),
        (3, "try:\n    c.JupyterHub.services = []\nexcept KeyError:\n    pass\n"),
        (4, "with open('x') as file:\n    pass\nc.JupyterHub.load_roles = []\n"),
    ],
)
def test_lines_that_assign_are_named(tmp_path: pathlib.Path, line: int, text: str) -> None:
    said = report_on(tmp_path, {"main.py": DROPIN + text})
    name = "load_roles" if "load_roles" in text else "services"
    assert f"is overridden by what is read after it: main.py, line {line} assigns" in said
    assert f"c.JupyterHub.{name}. Use append" in said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c.JupyterHub.services.append({})\n",
        "c.JupyterHub.services.extend([])\n",
        "c.JupyterHub.services = [*c.JupyterHub.services, {}]\n",
        "c.JupyterHub.services += [{}]\n",
        "c.Other.services = []\n",
        "services = []\n",
        "def never_called():\n    c.JupyterHub.services = []\n",
        "class Authenticator:\n    def later(self, c):\n        c.JupyterHub.services = []\n",
        "# c.JupyterHub.services = []\n",
        "note = 'c.JupyterHub.services = []'\n",
        "load_subconfig('none.py')\n",
    ],
)
def test_lines_that_do_not_assign_are_not_reported(tmp_path: pathlib.Path, text: str) -> None:
    said = report_on(tmp_path, {"main.py": SERVICES + DROPIN + text})
    assert said.startswith("No line that is read after the drop-in dropin.py was found")
    assert "Looked at: main.py." in said
    assert "command line" in said


# Ways to load a file, all with the same file.
@pytest.mark.parametrize(
    "text",
    [
        "load_subconfig('sub/site.py')\n",
        "load_subconfig('site.py', 'HERE/sub')\n",
        "load_subconfig('HERE/sub/site.py')\n",
        "exec(open('HERE/sub/site.py').read())\n",
        "with open('sub/site.py') as file:\n    exec(compile(file.read(), 'x', 'exec'))\n",
        "import pathlib\nexec(pathlib.Path('HERE/sub/site.py').read_text())\n",
        "from pathlib import Path\nload_subconfig(str(Path(__file__).parent / 'sub' / 'site.py'))\n",
        "import os\nhere = os.path.dirname(__file__)\nload_subconfig(here + '/sub/site.py')\n",
        "import os\nload_subconfig(os.path.join(os.getcwd(), 'sub', 'site.py'))\n",
        "where = 'HERE/sub'\nload_subconfig(f'{where}/site.py')\n",
        "import os\nload_subconfig(os.environ.get('SITE', 'sub') + '/site.py')\n",
        "for name in ('none', 'site'):\n    load_subconfig('sub/' + name + '.py')\n",
        "from glob import glob\nfor name in sorted(glob('sub/*.py')):\n    load_subconfig(name)\n",
        "import os\nfor name in os.listdir('sub'):\n    load_subconfig(os.path.join('sub', name))\n",
        "import os\nfor each in os.scandir('HERE/sub'):\n    load_subconfig(each.path)\n",
        "import glob\n[load_subconfig(each) for each in glob.glob('HERE/*/site.py')]\n",
        "import pathlib\nfor each in sorted(p for p in pathlib.Path('HERE').rglob('site.py')):\n"
        "    load_subconfig(str(each))\n",
        "def use(path):\n    load_subconfig(path)\nuse('sub/site.py')\n",
        "load_subconfig('between.py')\n",
    ],
)
def test_a_file_that_is_loaded_is_followed(tmp_path: pathlib.Path, text: str) -> None:
    files = {"sub/site.py": "\n" + SERVICES, "between.py": "load_subconfig('sub/site.py')\n"}
    after = report_on(tmp_path, {**files, "main.py": DROPIN + text})
    assert "overridden by what is read after it: sub/site.py, line 2 assigns" in after
    before = report_on(tmp_path, {**files, "main.py": text + DROPIN})
    assert before.startswith("No line that is read after the drop-in dropin.py was found"), before
    assert "sub/site.py" in before.partition("Looked at: ")[2]


def test_a_json_file_of_the_same_name_is_read_last(tmp_path: pathlib.Path) -> None:
    twin = '{\n  "JupyterHub": {\n    "services": []\n  }\n}\n'
    said = report_on(tmp_path, {"main.py": DROPIN, "main.json": twin})
    assert "overridden by what is read after it: main.json, line 3 assigns" in said


def test_a_main_file_that_is_no_python(tmp_path: pathlib.Path) -> None:
    """The guide shows this for The Littlest JupyterHub, whose main file cannot be found."""
    files = {"main.yaml": "users: {}\n", "conf.d/1.py": SERVICES, "conf.d/9.py": SERVICES}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    said = REPORT(str(tmp_path / "main.yaml"), str(tmp_path / "conf.d" / "5.py"), str(tmp_path))
    said = said.replace(f"{tmp_path}/", "")
    assert said.startswith("No line was found that loads the drop-in conf.d/5.py. If one of these")
    assert "conf.d/1.py, line 1 assigns" in said
    assert "conf.d/9.py, line 1 assigns" in said
    assert "Could not be read" not in said


def test_files_of_a_folder_are_read_in_the_order_of_their_names(tmp_path: pathlib.Path) -> None:
    loop = "import glob\nfor name in sorted(glob.glob('conf.d/*.py')):\n    load_subconfig(name)\n"
    files = {"main.py": loop, "conf.d/1.py": SERVICES, "conf.d/9.py": SERVICES}
    said = report_on(tmp_path, files, "conf.d/5.py")
    assert "after it: conf.d/9.py, line 1 assigns c.JupyterHub.services. Use" in said


def test_a_loop_that_cannot_be_followed(tmp_path: pathlib.Path) -> None:
    """The Littlest JupyterHub does this: it imports the name of its folder."""
    loop = "from tljh import CONF\nfor name in sorted(glob(join(CONF, '*'))):\n    load_subconfig(name)\n"
    files = {"main.py": loop, "conf.d/1.py": "", "conf.d/9.py": "def f(c):\n    " + SERVICES}
    said = report_on(tmp_path, files, "conf.d/5.py")
    assert said.startswith("No line was found that loads the drop-in conf.d/5.py. If one of these")
    assert "it is overridden there: conf.d/9.py, line 2 assigns c.JupyterHub.services." in said
    assert "What is loaded here is not known: main.py, line 3." in said


def test_what_cannot_be_parsed_is_named(tmp_path: pathlib.Path) -> None:
    said = report_on(
        tmp_path, {"main.py": DROPIN + "load_subconfig('bad.py')\n", "bad.py": "print 1\n"}
    )
    assert "Could not be read: bad.py (SyntaxError)." in said
    assert "SyntaxError" in report_on(
        tmp_path, {"main.py": DROPIN, "main.json": "{}", "a\nb.py": "x y"}
    )


def test_files_that_load_each_other_have_an_end(tmp_path: pathlib.Path) -> None:
    files = {"main.py": "load_subconfig('a.py')\n", "a.py": "load_subconfig('main.py')\n" + DROPIN}
    assert report_on(tmp_path, files).startswith("No line that is read after the drop-in")


def test_the_role_hands_it_to_python_as_it_is(tmp_path: pathlib.Path) -> None:
    report_on(tmp_path, {"main.py": DROPIN + SERVICES})
    with SCRIPT.open("rb") as script:
        done = subprocess.run(
            [sys.executable, "-", tmp_path / "main.py", tmp_path / "dropin.py", tmp_path],
            stdin=script,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert "main.py, line 2 assigns c.JupyterHub.services." in done.stdout
