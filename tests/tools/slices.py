# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The slices of the test suite: the steps and environments of each.

Every slice creates its own environments, and leaves nothing running.
"""

from __future__ import annotations

import os
import pathlib
import shutil
from collections.abc import Callable, Mapping

from tests.hub import HUB_VERSIONS, PROFILES
from tests.tools.environments import ROOT, environment, newest_hub_python, test_environment
from tests.tools.node_proxy import node_proxy
from tests.tools.pythons import CONTROLLERS, NEWER, OLDER, controller, main_core, pythons, why_none
from tests.tools.slice import Failed, Skipped, Slice

# Variables for long tests: everything that some tests only sample, on every hub.
LONG = {"TEST_LONG": "1", "TEST_FAULTS": "all", "TEST_EXAMPLES": "50", "TEST_STACKS": "all"}

# The number of processes: one for each hub, and two for the newest, which has the most tests. A
# test and its hub mostly wait for each other, so two processors are enough for these pairs.
EACH_HUB = ["-n", "4", "--dist", "loadscope"]

# The oldest Python that the modules support, as in tests/config.yml.
OLDEST_TARGET = (3, 9)

# The sanity tests that depend on the version of ansible-core.
OF_THE_CORE = ("ansible-doc", "validate-modules")
# The sanity tests that run once for each Python of this machine.
FOR_EACH_PYTHON = ("compile", "import")


def hubs() -> dict[str, str]:
    """Create the environments of the three hubs; return the variables that name them to the
    tests.
    """
    return {
        f"HUB{series}_PYTHON": str(environment(f"hub{series}") / "bin" / "python")
        for series in HUB_VERSIONS
    }


def lint(run: Slice) -> None:
    """Check style, types, metadata and documentation without running code of the collection."""
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


def sanity(run: Slice) -> None:
    """Run the sanity tests of ansible-test on every Python of this machine."""
    if not os.environ.get("TEST_DAY"):
        ansible_test(run, main_core())
        return
    ansible_test(run, main_core(), *(f"--skip-test={test}" for test in FOR_EACH_PYTHON))
    some = [f"--test={test}" for test in FOR_EACH_PYTHON]
    ansible_test(run, main_core(), *some, f"--python={oldest_target()}")
    run.leave_out(
        f"the sanity tests {' and '.join(FOR_EACH_PYTHON)} on other Pythons than the oldest:"
        " make test-sanity runs them"
    )


def ansible_test(run: Slice, core: str, *options: str) -> None:
    """Run the sanity tests that these options select."""
    command = ["python", "-m", "tests.tools.ansible_test", "sanity", "--venv", "--color", "no"]
    environment = test_environment(core)
    run.step(f"ansible-test sanity, ansible-core {core}", [*command, *options], environment)


def oldest_target() -> str:
    """Return the oldest Python of a target on this machine, such as 3.9."""
    # The slice matrix tests the newest one.
    newest = CONTROLLERS[main_core()][1]
    major, minor = min(each for each in pythons() if OLDEST_TARGET <= each <= newest)
    return f"{major}.{minor}"


def unit(run: Slice) -> None:
    """Run the unit tests, and again with ansible-test on the oldest Python of a target on this
    machine.
    """
    venv = test_environment(main_core())
    run.step("pytest", ["pytest", "tests/unit"], venv)
    oldest = oldest_target()
    command = [
        "python",
        "-m",
        "tests.tools.ansible_test",
        "units",
        "--venv",
        "--color",
        "no",
        "--python",
        oldest,
    ]
    run.step(f"ansible-test units, Python {oldest}", command, venv)


def live(run: Slice) -> None:
    """Test modules, roles and playbooks on a running JupyterHub of each version."""
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
    """Test on hubs as they are really run: other databases, proxies in front, authenticators and
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
    """Run the live tests on the profiles that have to pass all of them."""
    mitmdump = str(environment("mitmproxy") / "bin" / "mitmdump")
    # Long tests that do not depend on the hub run on the plain hubs only.
    found = {**found, **dict.fromkeys(LONG, "")}
    for profile in (
        profile for profile in PROFILES.values() if profile.suite and profile.name != "plain"
    ):
        problem = profile.missing()
        if problem:
            run.leave_out(problem)
            continue
        # The proxy that makes faults forwards to the hub itself, past any proxy in front of it.
        files = ["tests/live", *(["tests/faults"] if profile.database else [])]
        command = ["pytest", *EACH_HUB, *files, "--hub", "6", "--profile", profile.name]
        run.step(
            f"live tests on {profile.about}",
            command,
            venv,
            **found,
            MITMDUMP=mitmdump,
            TERMINAL_PYTHON=str(environment("terminal") / "bin" / "python"),
        )


def browser(run: Slice) -> None:
    """Create reports of every form, and open the pages in a real browser."""
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
    """Return the browser of this machine, or None."""
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
    """Build and install the archive, and check its content."""
    run.step("build", ["python", "-m", "tests.tools.build"], test_environment(main_core()))


def examples(run: Slice) -> None:
    """Run the examples of the documentation."""
    venv = test_environment(main_core())
    run.step("pytest", ["pytest", "tests/examples"], venv, **hubs())


def core(run: Slice, series: str | None = None) -> None:
    """Run unit tests and the tests marked core with the series of ansible-core in the variable
    CORE, such as 2.20.
    """
    series = series or os.environ.get("CORE") or NEWER
    if series not in CONTROLLERS:
        raise Failed(f"CORE is {series}; there are {', '.join(CONTROLLERS)}")
    venv = test_environment(series)
    run.step(f"unit tests, ansible-core {series}", ["pytest", "tests/unit"], venv, TEST_SHARE="6")
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
        run.leave_out(
            f"ansible-core {series}: five of six unit tests and eleven of twelve others, those of"
            " other days"
        )
    run.step(f"live tests, ansible-core {series}", marked, venv, **hubs(), TEST_SHARE="12")


def newest_hub(run: Slice) -> None:
    """Run the live tests on the newest published JupyterHub instead of the locked ones."""
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
    """Build the documentation site, and check its internal links."""
    run.step("docs", ["python", "-m", "tests.tools.docs"], environment("docs"))


def project(run: Slice) -> None:
    """Check licences, the pre-commit hooks, the archive with Galaxy's importer, and the context of
    the execution environment.
    """
    run.step("project", ["python", "-m", "tests.tools.publish", "check"], environment("project"))


def matrix(run: Slice) -> None:
    """Run unit tests, sanity tests, the build, and the other tests that are marked for it with the
    newer ansible-core.
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
        ansible_test(run, NEWER, *(f"--test={test}" for test in OF_THE_CORE))
        run.leave_out(f"ansible-core {NEWER}: the sanity tests that are alike with each of them")
    else:
        ansible_test(run, NEWER)
    run.leave_out(
        f"ansible-core {NEWER}: lint, molecule, hubs other than 6, and live tests that are not"
        " marked core"
    )


# The longest slices come first: two run at a time, and both should end together.
SLICES: dict[str, Callable[[Slice], None]] = {
    "live": live,
    "sanity": sanity,
    "matrix": matrix,
    "molecule": molecule,
    "unit": unit,
    "stacks": stacks,
    "lint": lint,
    "browser": browser,
    "project": project,
    "examples": examples,
    "docs": docs,
    "build": build,
}
# These slices run only when named.
ON_DEMAND: dict[str, Callable[[Slice], None]] = {"core": core, "newest-hub": newest_hub}
