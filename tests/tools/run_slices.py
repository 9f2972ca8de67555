# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run slices of the test suite, and say at the end which of them passed, failed and were skipped,
and why.

``python -m tests.tools.run_slices`` runs all, the live tests beside the others; ``... lint unit``
runs these, one after the other; ``--long`` has the tests take all that they have, on every hub, for
hours. Every slice brings its own environments, writes what it prints to ``.cache/logs/SLICE.log``
too, and counts as failed when any of its steps ends with an error or has tested nothing.
"""

from __future__ import annotations

import concurrent.futures
import datetime
import os
import pathlib
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from tests.hub import HUB_VERSIONS, PROFILES
from tests.tools.environments import ROOT, environment, newest_hub_python, test_environment
from tests.tools.node_proxy import node_proxy
from tests.tools.pythons import CONTROLLERS, NEWER, OLDER, controller, main_core, pythons, why_none
from tests.tools.slice import Failed, Outcome, Skipped, Slice

# One process for each hub, two for the newest, which has the most tests: a test and its hub mostly
# wait for each other, so that two processors are enough for such pairs.
EACH_HUB = ["-n", "4", "--dist", "loadscope"]

# The oldest Python that the modules run on, as in tests/config.yml.
OLDEST_TARGET = (3, 9)

# What makes the tests long: all that some of them sample, on every hub.
LONG = {"TEST_LONG": "1", "TEST_FAULTS": "all", "TEST_EXAMPLES": "200", "TEST_STACKS": "all"}

# The sanity tests that use ansible-core's own view of the collection, or a newer linter with it.
OF_THE_CORE = ("ansible-doc", "pylint", "validate-modules")


MANY_COLUMNS = 300


def hubs() -> dict[str, str]:
    """Make the environments of the three hubs; return the variables by which the tests find
    them.
    """
    return {
        f"HUB{series}_PYTHON": str(environment(f"hub{series}") / "bin" / "python")
        for series in HUB_VERSIONS
    }


def lint(run: Slice) -> None:
    """Check style, types, metadata and documentation without running anything of the collection."""
    venv = test_environment(main_core())
    run.step("ruff", ["ruff", "check", "."], venv)
    run.step("ruff format", ["ruff", "format", "--check", "."], venv)
    run.step("mypy", ["mypy"], venv)
    run.step("yamllint", ["yamllint", "--strict", "."], venv)
    run.step("antsibull-changelog", ["antsibull-changelog", "lint"], venv)
    written = ["python", "-m", "tests.tools.documentation", "--check"]
    run.step("generated documentation", written, venv)
    documentation = [
        "antsibull-docs",
        "lint-collection-docs",
        "--plugin-docs",
        "--validate-collection-refs",
        "self",
        ".",
    ]
    run.step("antsibull-docs", documentation, venv)
    run.step("ansible-lint", ["ansible-lint", "--offline", "--strict", "--nocolor"], venv)


def sanity(run: Slice, core: str | None = None, tests: Sequence[str] = ()) -> None:
    """Run the sanity tests of ansible-test on every Python that is here; tests: these only."""
    core = core or main_core()
    command = ["python", "-m", "tests.tools.ansible_test", "sanity", "--venv", "--color", "no"]
    command += [word for test in tests for word in ("--test", test)]
    run.step(f"ansible-test sanity, ansible-core {core}", command, test_environment(core))


def unit(run: Slice) -> None:
    """Run the unit tests, and again with ansible-test on the oldest Python of a target that is
    here.
    """
    venv = test_environment(main_core())
    run.step("pytest", ["pytest", "tests/unit"], venv)
    # The newest one is that of the slice matrix.
    major, minor = min(
        version for version in pythons() if OLDEST_TARGET <= version <= CONTROLLERS[main_core()][1]
    )
    command = [
        "python",
        "-m",
        "tests.tools.ansible_test",
        "units",
        "--venv",
        "--color",
        "no",
        "--python",
        f"{major}.{minor}",
    ]
    run.step(f"ansible-test units, Python {major}.{minor}", command, venv)


def live(run: Slice) -> None:
    """Test modules, role and playbooks on a running JupyterHub of each version."""
    venv = test_environment(main_core())
    mitmdump = str(environment("mitmproxy") / "bin" / "mitmdump")
    if os.environ.get("TEST_DAY"):
        run.leave_out(
            "many tests on the older hubs, and many of those marked daily: those of another"
            f" day than {os.environ['TEST_DAY']} (TEST_DAY); make test-live runs them"
        )
    if not os.environ.get("TEST_LONG"):
        run.leave_out(
            f"tests marked newest on other hubs than {max(HUB_VERSIONS)}, most faults and most"
            " random examples: make test-long runs them"
        )
    run.step(
        "pytest",
        ["pytest", *EACH_HUB, "tests/live", "tests/faults", "tests/hub", "tests/project"],
        venv,
        **hubs(),
        MITMDUMP=mitmdump,
        TERMINAL_PYTHON=str(environment("terminal") / "bin" / "python"),
    )


def stacks(run: Slice) -> None:
    """Test on hubs as people run them: other databases, proxies in front, authenticators and
    spawners.
    """
    venv = test_environment(main_core())
    found = {**hubs(), "STACKS_PYTHON": str(environment("stacks") / "bin" / "python")}
    if not os.environ.get("TEST_STACKS"):
        run.leave_out(
            "most profiles of hubs, and the live tests on those that are to pass them: make"
            " test-stacks runs them"
        )
        run.step(
            "a sample", ["pytest", "tests/stacks", "-m", "sample", "--hub", "6"], venv, **found
        )
        return
    if node_proxy() is None:
        run.leave_out("profiles with the proxy for Node.js: there is no node or no npm here")
    run.step(
        "all profiles",
        ["pytest", "-n", "2", "--dist", "loadfile", "tests/stacks", "--hub", "6"],
        venv,
        **found,
    )
    _on_profiles(run, venv, found)


def _on_profiles(run: Slice, venv: pathlib.Path, found: Mapping[str, str]) -> None:
    """Run the live tests on the profiles that are to pass them."""
    mitmdump = str(environment("mitmproxy") / "bin" / "mitmdump")
    for profile in (
        profile for profile in PROFILES.values() if profile.suite and profile.name != "plain"
    ):
        problem = profile.missing()
        if problem:
            run.leave_out(problem)
            continue
        command = [
            "pytest",
            "-n",
            "2",
            "--dist",
            "loadscope",
            "tests/live",
            "tests/faults",
            "--hub",
            "6",
            "--profile",
            profile.name,
        ]
        run.step(f"live tests on {profile.about}", command, venv, **found, MITMDUMP=mitmdump)


def browser(run: Slice) -> None:
    """Make reports of every form, and look at the pages in a real browser."""
    command = ["pytest", "tests/browser"]
    if chromium() is None:
        run.leave_out(
            "tests/browser/test_page.py: there is no chromium here (Debian: apt install chromium),"
            " so that no page was looked at"
        )
        command.append("--ignore=tests/browser/test_page.py")
        python = ""
    else:
        python = str(environment("browser") / "bin" / "python")
    run.step(
        "pytest",
        command,
        test_environment(main_core()),
        BROWSER_PYTHON=python,
        CHROMIUM=chromium() or "",
    )


def chromium() -> str | None:
    """Return the browser of this machine; None if it has none."""
    return (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )


def molecule(run: Slice) -> None:
    """Run the scenarios of the role on a hub of their own."""
    venv = test_environment(main_core())
    # molecule looks for its configuration in the root of a git checkout, and this may be an
    # unpacked archive.
    command = [
        "molecule",
        "--base-config",
        str(ROOT / ".config" / "molecule" / "config.yml"),
        "test",
        "--all",
    ]
    run.step("molecule", command, venv, NO_COLOR="1", **hubs())


def build(run: Slice) -> None:
    """Build and install the archive, and look at what is in it."""
    run.step("build", ["python", "-m", "tests.tools.build"], test_environment(main_core()))


def examples(run: Slice) -> None:
    """Run the examples of the documentation."""
    venv = test_environment(main_core())
    run.step("pytest", ["pytest", "tests/examples"], venv, **hubs())


def core(run: Slice, series: str | None = None) -> None:
    """Run unit tests and the tests marked core with the series of ansible-core that CORE names,
    such as 2.20.
    """
    series = series or os.environ.get("CORE") or NEWER
    if series not in CONTROLLERS:
        raise Failed(f"CORE is {series}; there are {', '.join(CONTROLLERS)}")
    venv = test_environment(series)
    run.step(f"unit tests, ansible-core {series}", ["pytest", "tests/unit"], venv)
    marked = [
        "pytest",
        "-n",
        "3",
        "-m",
        "core",
        "tests/live",
        "tests/examples",
        "tests/project",
        "--hub",
        "6",
    ]
    if os.environ.get("TEST_DAY"):
        run.leave_out(f"ansible-core {series}: two of three live tests, those of other days")
    share = {"TEST_SHARE": "3"}
    run.step(f"live tests, ansible-core {series}", marked, venv, **hubs(), **share)


def newest_hub(run: Slice) -> None:
    """Run the live tests on the newest JupyterHub that is published, whatever is locked."""
    python, version = newest_hub_python()
    run.say(f"JupyterHub {version}")
    beside = {"HUB6_PYTHON": str(python), "HUB6_VERSION": version}
    run.step(
        "pytest",
        ["pytest", "-n", "2", "tests/live", "--hub", "6"],
        test_environment(main_core()),
        **{**hubs(), **beside},
    )


def docs(run: Slice) -> None:
    """Build the site of the documentation, and follow its links inside."""
    run.step("docs", ["python", "-m", "tests.tools.docs"], environment("docs"))


def project(run: Slice) -> None:
    """Check licences, the hooks of pre-commit, the archive as Galaxy does, and the execution
    environment's context.
    """
    run.step("project", ["python", "-m", "tests.tools.publish", "check"], environment("project"))


def matrix(run: Slice) -> None:
    """Run unit tests, sanity tests, the build, and those other tests that are marked for it with
    the newer ansible-core.
    """
    if main_core() == NEWER:
        raise Skipped(f"all other slices have used ansible-core {NEWER} already; {why_none(OLDER)}")
    if controller(NEWER) is None:
        raise Skipped(why_none(NEWER))
    core(run, NEWER)
    run.step(
        f"build, ansible-core {NEWER}",
        ["python", "-m", "tests.tools.build"],
        test_environment(NEWER),
    )
    if os.environ.get("TEST_DAY"):
        sanity(run, NEWER, OF_THE_CORE)
        run.leave_out(f"ansible-core {NEWER}: the sanity tests that are alike with each of them")
    else:
        sanity(run, NEWER)
    run.leave_out(
        f"ansible-core {NEWER}: lint, molecule, hubs other than 6, and live tests that are not"
        " marked core"
    )


SLICES: dict[str, Callable[[Slice], None]] = {
    "lint": lint,
    "unit": unit,
    "live": live,
    "examples": examples,
    "stacks": stacks,
    "browser": browser,
    "molecule": molecule,
    "build": build,
    "sanity": sanity,
    "docs": docs,
    "project": project,
    "matrix": matrix,
}
# Run only when named.
ON_DEMAND: dict[str, Callable[[Slice], None]] = {"core": core, "newest-hub": newest_hub}


# Run at the same time: the live tests, which take longest and wait for their hubs now and then, and
# all others.
LANES = (["live"], [name for name in SLICES if name != "live"])


def run_one(name: str, *, beside: bool = False) -> Outcome:
    """Run one slice and return how it ended."""
    started = time.monotonic()
    run = Slice(name, beside=beside)
    work = {**SLICES, **ON_DEMAND}[name]
    run.say(f"=== {name}: {work.__doc__}")
    result, why = "passed", ""
    try:
        work(run)
        run.end()
    except Skipped as reason:
        result, why = "skipped", str(reason)
    except (Failed, SystemExit) as reason:
        result, why = "failed", str(reason)
    return Outcome(name, result, why, time.monotonic() - started, run.left_out, run.told)


def run_all() -> list[Outcome]:
    """Run all slices, with the share of the tests that is today's, and return how they ended."""
    if not os.environ.get("TEST_LONG"):
        os.environ.setdefault("TEST_DAY", str(datetime.date.today().toordinal()))
    with concurrent.futures.ThreadPoolExecutor(max_workers=len(LANES)) as pool:
        lanes = [
            pool.submit(lambda lane: [run_one(name, beside=True) for name in lane], lane)
            for lane in LANES
        ]
    return [outcome for lane in lanes for outcome in lane.result()]


def main(names: list[str]) -> int:
    """Run these slices, or all; print the summary; return 1 if one has failed."""
    if "--long" in names:
        # Of what is set already, a person may want more or less.
        for variable, value in LONG.items():
            os.environ.setdefault(variable, value)
        names = [name for name in names if name != "--long"]
    unknown = [name for name in names if name not in {**SLICES, **ON_DEMAND}]
    if unknown:
        print(f"no such slice: {', '.join(unknown)}; there are {', '.join([*SLICES, *ON_DEMAND])}")
        return 2
    outcomes = [run_one(name) for name in names] if names else run_all()
    print("\n=== summary")
    for outcome in outcomes:
        why = f" ({outcome.why})" if outcome.why else ""
        print(f"{outcome.slice}: {outcome.result}{why}, {outcome.seconds:.0f} s")
        for failure in outcome.failures:
            print(f"  {failure[:MANY_COLUMNS]}")
        for what in outcome.left_out:
            print(f"  left out: {what}")
    count = {
        result: sum(outcome.result == result for outcome in outcomes)
        for result in ("passed", "failed", "skipped")
    }
    print(", ".join(f"{number} {result}" for result, number in count.items()))
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
