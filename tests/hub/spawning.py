# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The spawners of test hubs in addition to those of ``spawners.py``, and services that other people
run beside the collection.
"""

from __future__ import annotations

import os

from tests.hub.beside import program
from tests.hub.profile import Profile

# SudoSpawner starts the jupyterhub-singleuser in its own folder: here the stub. The user has to be
# able to read both, so the user is root.
SUDO = """
beside = state / "sudo"
beside.mkdir(exist_ok=True)
mediator = "import sys; sys.path.append(sys.argv.pop(1)); sys.argv[0] = sys.argv.pop(1); from sudospawner.mediator import main; main()"
for name, text in {
    "sudospawner": f"exec {sys.executable} -c '{mediator}' {settings['packages']} {beside / 'sudospawner'} " + '"$@"',
    "jupyterhub-singleuser": 'mkdir -p "$HUB_STATE/servers"; : > "$HUB_STATE/servers/$$"\\n'
    f"exec {sys.executable} -I -S {here / 'stub_server.py'}",
}.items():
    (beside / name).write_text("#!/bin/sh\\n" + text + "\\n")
    (beside / name).chmod(0o700)

c.JupyterHub.spawner_class = "sudospawner.SudoSpawner"
c.SudoSpawner.sudospawner_path = str(beside / "sudospawner")
c.SudoSpawner.environment = {"STUB_HUB_VERSION": jupyterhub.__version__, "HUB_STATE": str(state)}
"""
# A batch system of two short programs: a job is a process, and its number is the process id.
BATCH = """
import stat

bin = state / "batch"
bin.mkdir(exist_ok=True)
for name, text in {
    "sbatch": 'script=$(mktemp "$HUB_STATE/batch/job.XXXXXX"); cat > "$script"; mkdir -p "$HUB_STATE/servers"\\n'
    'setsid sh "$script" > "$script.log" 2>&1 < /dev/null & : > "$HUB_STATE/servers/$!"; echo "$!"',
    "squeue": 'kill -0 "$1" 2> /dev/null && echo "RUNNING 127.0.0.1" || { echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1; }',
    "scancel": 'kill -- -"$1" 2> /dev/null || kill "$1"',
}.items():
    (bin / name).write_text("#!/bin/sh\\n" + text + "\\n")
    (bin / name).chmod(0o700)

from batchspawner import SlurmSpawner

class LittleSlurmSpawner(SlurmSpawner):
    def get_env(self):
        return {**super().get_env(), "HUB_STATE": str(state), "PYTHONPATH": settings["packages"]}

c.JupyterHub.spawner_class = LittleSlurmSpawner
c.LittleSlurmSpawner.exec_prefix = ""
c.LittleSlurmSpawner.batch_submit_cmd = str(bin / "sbatch")
c.LittleSlurmSpawner.batch_query_cmd = f"{bin / 'squeue'} {{job_id}}"
c.LittleSlurmSpawner.batch_cancel_cmd = f"{bin / 'scancel'} {{job_id}}"
c.LittleSlurmSpawner.batch_script = "#!/bin/sh\\nexec {cmd}\\n"
c.LittleSlurmSpawner.batchspawner_singleuser_cmd = f"{sys.executable} -m batchspawner.singleuser"
c.LittleSlurmSpawner.cmd = [str(programs / "jupyterhub-singleuser")]
c.LittleSlurmSpawner.args = ["--allow-root"]
c.LittleSlurmSpawner.ip = "127.0.0.1"
c.LittleSlurmSpawner.startup_poll_interval = 0.2
"""
FORM = '''
import asyncio

class FormSpawner(spawners.InProcessSpawner):
    """Offers profiles in a form, as KubeSpawner and WrapSpawner do, and tells how far it is."""

    options_form = """<select name="profile"><option value="small">small</option><option value="large">large</option></select>"""

    def options_from_form(self, form):
        return {"profile": form["profile"][0], "memory": {"small": 1, "large": 8}[form["profile"][0]]}

    async def start(self):
        if self.user_options.get("profile", "small") not in ("small", "large"):
            raise ValueError("No such profile: " + str(self.user_options["profile"]))
        return await super().start()

    async def progress(self):
        for number, message in enumerate(["looking for a node", "\\\\u001b[31mpulling the image\\\\u202e", "starting"]):
            yield {"progress": 10 * (number + 1), "message": message.encode().decode("unicode_escape")}
            await asyncio.sleep(0.3)

c.JupyterHub.spawner_class = FormSpawner
'''
CULLER = """
c.JupyterHub.load_roles = [
    *settings["roles"],
    {
        "name": "idle-culler",
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers", "admin:users"],
        "services": ["idle-culler"],
    },
]
c.JupyterHub.services = [
    *settings["services"],
    {
        "name": "idle-culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=2", "--cull-every=1"],
        "environment": {"PYTHONPATH": settings["packages"]},
    },
]
"""
NBGRADER = """
c.JupyterHub.load_groups = {
    "formgrade-course101": {"users": ["instructor1", "grader-course101"]},
    "nbgrader-course101": {"users": []},
} if modern else {"formgrade-course101": ["instructor1", "grader-course101"], "nbgrader-course101": []}
c.JupyterHub.services = [
    *settings["services"],
    {"name": "course101", "api_token": settings["password"] * 2},
]
c.JupyterHub.load_roles = [
    *settings["roles"],
    {"name": "formgrade-course101", "groups": ["formgrade-course101"], "scopes": ["access:services!service=course101"]},
    {"name": "course101", "services": ["course101"], "scopes": ["list:users", "groups!group=nbgrader-course101", "list:groups"]},
]
"""


def needs_sudo() -> str | None:
    """Return why sudo cannot start servers here, or None."""
    if os.getuid() != 0:
        return "only root can start others' servers by sudo without being asked for a password"
    return (
        None
        if program("sudo")
        else "sudo is not installed (Debian and Ubuntu: apt-get install sudo)"
    )


SPAWNERS = (
    Profile(
        "sudo",
        "SudoSpawner: servers run as their users' own accounts",
        config=SUDO,
        packages=True,
        needs=needs_sudo,
    ),
    Profile(
        "batch", "BatchSpawner: servers are jobs of a batch system", config=BATCH, packages=True
    ),
    Profile("form", "a spawner with profiles in a form, and with progress messages", config=FORM),
    Profile(
        "culler", "the idle-culler beside us, which stops servers", config=CULLER, packages=True
    ),
    Profile(
        "nbgrader",
        "a course of nbgrader, with its groups, its account and its service",
        config=NBGRADER,
    ),
)
