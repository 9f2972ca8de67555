# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the collection at work on its own hub: a class list of a thousand people, drift, and its
repair.

``python -m tests.demo.run``, in the root of the checkout. Every step is compared with what the hub
itself reports; the first failing step ends the demonstration with status 1.

With KEEP=1 in the environment the hub keeps running, so that you can explore it.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
# When this file is started by its path, Python searches only this directory for packages.
sys.path.insert(0, str(ROOT))

from tests.hub import Hub, HubError  # noqa: E402 - found by the lines above
from tests.running import run_playbook  # noqa: E402 - found by the lines above

ADOPT = pathlib.Path("hubops.jupyterhub.adopt")
PLAYBOOK = pathlib.Path("hubops.jupyterhub.class_list")
CLASS_LIST = pathlib.Path(__file__).with_name("invented_people.csv")
STATE = ROOT / ".cache" / "demo"
OPTIONS = {
    # Instructors and assistants of each course get a group of their own. No role on the class list
    # makes a person an admin of the hub.
    "role_groups": {"instructor": "{group}-instructors", "ta": "{group}-assistants"},
    "demote_others": True,
}
STRANGER = "stranger"
OPERATOR = "operator"


class DemoError(Exception):
    """A step did not have the expected result."""


class Played(NamedTuple):
    """The result of a run of the playbook."""

    output: str
    seconds: float
    requests: int
    writes: int
    changed: int
    summary: dict[str, dict[str, int]]


class People(NamedTuple):
    """The class list, read here without the filter that is demonstrated: the users, and the members
    of groups.
    """

    users: set[str]
    groups: dict[str, set[str]]


def read_class_list() -> People:
    """Return the users and groups that the class list declares."""
    people = People(set(), {})
    with CLASS_LIST.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name = row["name"].strip().lower()
            people.users.add(name)
            for course in row["group"].split(";"):
                for group, joins in (
                    (course, True),
                    (f"{course}-instructors", row["role"] == "instructor"),
                    (f"{course}-assistants", row["role"] == "ta"),
                ):
                    people.groups.setdefault(group, set()).update({name} if joins else ())
    return people


def say(text: str = "") -> None:
    """Print a line without buffering."""
    print(text, flush=True)


def require(holds: bool, failure: str, output: str = "") -> None:
    """End the demonstration unless the condition holds."""
    if not holds:
        raise DemoError(f"{failure}\n{output}".rstrip())


def play(hub: Hub, *args: str) -> Played:
    """Run the playbook on the class list and return its result."""
    mark = hub.mark()
    started = time.monotonic()
    variables = {"class_list_file": str(CLASS_LIST), "class_list_options": OPTIONS}
    run = run_playbook(PLAYBOOK, ["-e", json.dumps(variables), *args], hub=hub)
    seconds = time.monotonic() - started
    output = run.stdout + run.stderr
    require(run.returncode == 0, f"ansible-playbook ended with status {run.returncode}.", output)
    recap = re.search(r"^localhost .*\bchanged=(\d+)", run.stdout, re.MULTILINE)
    message = re.search(r'"msg": (\{.*?^    \})', run.stdout, re.MULTILINE | re.DOTALL)
    if recap is None or message is None:
        raise DemoError(f"The playbook did not say what it did.\n{output}")
    requests = hub.requests(mark)
    writes = sum(request.method != "GET" for request in requests)
    return Played(run.stdout, seconds, len(requests), writes, int(recap[1]), json.loads(message[1]))


def words(summary: dict[str, dict[str, int]]) -> str:
    """Return a summary as words: ``users: 2 create, 998 unchanged; groups: 36 unchanged``."""
    parts = []
    for kind in ("users", "groups"):
        actions = sorted(summary[kind], key=lambda action: (action == "unchanged", action))
        counts = [
            f"{summary[kind][action]:,} {action}" for action in actions if summary[kind][action]
        ]
        parts.append(f"{kind}: {', '.join(counts)}")
    return "; ".join(parts)


def tell(played: Played) -> None:
    """Print what a run did and how long it took."""
    say(f"   {words(played.summary)}")
    say(
        f"   {played.seconds:.1f} s, {played.requests} requests to the hub, {played.writes} of them"
        " writes"
    )


def diff_of(output: str) -> str:
    """Return the task names and the differences in Ansible's output."""
    kept: list[str] = []
    inside = False
    for line in output.splitlines():
        if line.startswith("--- "):
            inside = True
        elif inside and not line.strip():
            inside = False
        if line.startswith("TASK [") and "Provision" in line:
            kept.append("   " + line.partition(" : ")[2].rstrip("*] "))
        elif inside:
            kept.append("      " + line)
    return "\n".join(kept)


def check_hub(hub: Hub, people: People, step: str) -> None:
    """Assert, by the hub's own responses, that users and groups are as the class list declares."""
    users, groups = hub.users(), hub.groups()
    require(
        people.users <= users.keys(),
        f"{step}: users are missing on the hub: {sorted(people.users - users.keys())[:5]}.",
    )
    found = {name: set(group["users"]) for name, group in groups.items()}
    wrong = sorted(name for name, members in people.groups.items() if found.get(name) != members)
    require(not wrong, f"{step}: groups are not what the class list says: {wrong[:5]}.")
    admins = {name for name, user in users.items() if user["admin"]}
    require(admins == {OPERATOR}, f"{step}: the admins of the hub are {sorted(admins)}.")


def drift(hub: Hub, people: People) -> None:
    """Make with the API the changes that happen to a hub during a term."""
    student = sorted(people.users)
    gone, promoted = [student[100], student[700]], student[400]
    group = next(name for name in sorted(people.groups) if name.endswith("-instructors"))
    for name in gone:
        hub.expect("DELETE", f"/users/{name}")
    hub.add_users(STRANGER)
    hub.expect("POST", f"/groups/{group}/users", {"users": [STRANGER]})
    hub.expect("PATCH", f"/users/{promoted}", {"admin": True})
    say(
        f"   deleted {gone[0]} and {gone[1]}, let {STRANGER} into {group}, made {promoted} an admin"
        " of the hub"
    )


@contextlib.contextmanager
def demo_hub(keep: bool) -> Iterator[Hub]:
    """Start a hub (and stop one that was kept before), and stop it at the end unless it is to be
    kept.
    """
    if (STATE / "settings.json").exists():
        Hub.attach(STATE).stop()
    shutil.rmtree(STATE, ignore_errors=True)
    hub = Hub("6", state=STATE, detach=keep)
    done = False
    try:
        hub.start()
        yield hub
        done = True
    finally:
        if not (keep and done):
            hub.stop()
            shutil.rmtree(STATE, ignore_errors=True)


def demonstrate(hub: Hub, people: People) -> None:
    """Run all steps of the demonstration."""
    hub.add_users(OPERATOR, admin=True)

    say()
    say(
        f"1. {CLASS_LIST.relative_to(ROOT)}: {len(people.users):,} people, {len(people.groups)}"
        " groups, onto an empty hub"
    )
    shown = json.dumps(
        {"class_list_file": str(CLASS_LIST.relative_to(ROOT)), "class_list_options": OPTIONS}
    )
    say(f"   ansible-playbook {PLAYBOOK} -e '{shown}'")
    first = play(hub)
    tell(first)
    require(
        first.summary["users"].get("create") == len(people.users),
        "Not all users were created.",
        first.output,
    )
    require(
        first.summary["groups"].get("create") == len(people.groups),
        "Not all groups were created.",
        first.output,
    )
    check_hub(hub, people, "The first run")

    say()
    say("2. The same again: nothing to do")
    second = play(hub)
    tell(second)
    require(
        second.changed == 0 and second.writes == 0,
        "The second run changed something.",
        second.output,
    )

    say()
    say("3. Drift: somebody changes the hub by hand")
    drift(hub, people)

    say()
    say("4. What would be put right, and nothing else: --check --diff")
    predicted = play(hub, "--check", "--diff")
    say(diff_of(predicted.output))
    tell(predicted)
    require(predicted.writes == 0, "Check mode has written to the hub.", predicted.output)
    require(predicted.changed > 0, "Check mode has not seen the drift.", predicted.output)

    say()
    say("5. Put right")
    repaired = play(hub)
    tell(repaired)
    require(
        repaired.summary == predicted.summary,
        "The real run did not do what check mode has said.",
        repaired.output,
    )
    check_hub(hub, people, "The repair")
    require(STRANGER in hub.users(), f"{STRANGER} was deleted, though nobody has asked for that.")

    say()
    say("6. And once more: nothing to do")
    last = play(hub)
    tell(last)
    require(last.changed == 0 and last.writes == 0, "The last run changed something.", last.output)

    say()
    say("7. The hub as it is, written down, and the proof that applying it changes nothing")
    adopt(hub)


def adopt(hub: Hub) -> None:
    """Describe the hub as variables with the playbook adopt, which only reads it."""
    mark, dest = hub.mark(), STATE / "hub.yml"
    say(f"   ansible-playbook {ADOPT} -e adopt_dest={dest.relative_to(ROOT)}")
    run = run_playbook(ADOPT, ["-e", json.dumps({"adopt_dest": str(dest)})], hub=hub)
    proved = "applying it changes nothing." in run.stdout and not any(
        request.method != "GET" for request in hub.requests(mark)
    )
    require(run.returncode == 0 and proved, "The hub was not taken over.", run.stdout + run.stderr)
    say(
        f"   {len(dest.read_text(encoding='utf-8').splitlines()):,} lines of YAML, and no write to"
        " the hub"
    )


def main() -> int:
    """Run the demonstration; return the exit status."""
    keep = os.environ.get("KEEP", "") not in ("", "0")
    started = time.monotonic()
    try:
        with demo_hub(keep) as hub:
            say(
                f"JupyterHub {hub.version} runs at {hub.url}, started in"
                f" {time.monotonic() - started:.1f} s."
            )
            demonstrate(hub, read_class_list())
            say()
            say(f"All of it was as it should be, in {time.monotonic() - started:.0f} s.")
            if keep:
                say()
                say(f"The hub stays at {hub.url}")
                say(
                    f"   log in as {OPERATOR}, who is its admin, or as anybody of the class list;"
                    f" the password is {hub.password}"
                )
                say(f"   JUPYTERHUB_API_URL={hub.url} JUPYTERHUB_API_TOKEN={hub.token}")
                say(f"   stop it with: python3 -m tests.hub stop --state {STATE.relative_to(ROOT)}")
    except (DemoError, HubError, OSError, subprocess.SubprocessError) as error:
        print(f"\nThe demonstration failed: {error}", file=sys.stderr)
        return 1
    say()
    say(
        "With a hub of your own, and a token of a service that has the scopes admin:users and"
        " admin:groups:"
    )
    say("   export JUPYTERHUB_API_TOKEN=...")
    say("   ansible-playbook hubops.jupyterhub.class_list --check --diff \\")
    say("       -e jupyterhub_url=https://hub.example.org -e class_list_file=people.csv")
    return 0


if __name__ == "__main__":
    sys.exit(main())
