# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by all tests: the collection's import path, and one running JupyterHub of each version and
profile.
"""

from __future__ import annotations

import os
import pathlib
import re
import sys
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from tests.hub import Hub

# ansible-test imports the collection in its own way, on every Python that modules support, and
# without the hubs.
if "ANSIBLE_CONTROLLER_MIN_PYTHON_VERSION" not in os.environ:
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
    from tests.running import CACHE, link_collection

    sys.path.insert(0, str(link_collection()))
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(link_collection())
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(CACHE / "hypothesis"))

# The tests of a hub are split into two parts that take equally long: most tests that run whole
# playbooks together with the table of faults, and all other tests.
PARTS = re.compile(r"tests/(faults)/|/test_(?:crashes|input|readme|role|secrets|tls)\.py")
# The number of the day whose share of the tests is run. Without it, all tests are run.
DAY = os.environ.get("TEST_DAY", "") if not os.environ.get("TEST_LONG") else ""
LOG_MARK = pytest.StashKey["tuple[Hub, int]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--hub`` and ``--profile``."""
    parser.addoption(
        "--hub",
        default="4,5,6",
        help="series of JupyterHub to test with, such as 6 or 4,5 (default: 4,5,6)",
    )
    parser.addoption(
        "--profile",
        default="plain",
        help=(
            "the kind of hub for all tests that do not ask for another, a name in"
            " tests/hub/profiles.py"
        ),
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, and set the kind of all hubs that tests start."""
    # The hubs that tests start themselves have this profile too.
    os.environ["HUB_PROFILE"] = config.getoption("--profile")
    config.addinivalue_line(
        "markers",
        "hubs(*series): the test is for these series of JupyterHub only, such as '5', '6'",
    )
    config.addinivalue_line(
        "markers",
        "profile(*names): the test runs on hubs of these profiles, one after the other, and ignores"
        " --profile",
    )
    config.addinivalue_line(
        "markers",
        "exact_names: the test has names that some collations take for the same, so it is left out"
        " on such databases; tests/stacks/test_names.py tests these",
    )
    config.addinivalue_line(
        "markers",
        "sample: make test runs only those tests on profiles that have this marker;"
        " make test-stacks runs them all",
    )
    config.addinivalue_line(
        "markers",
        "core: the test may depend on the version of ansible-core: make test-matrix runs it with"
        " the newer one too",
    )
    config.addinivalue_line(
        "markers",
        "newest: the test depends on the modules more than on the hub, so it runs on the newest"
        " series only, unless TEST_LONG is set",
    )
    config.addinivalue_line(
        "markers",
        "daily(share): there are many similar tests; make test runs one in share of them, and"
        " different ones each day",
    )


def place(name: str) -> int:
    """Return a number for this name that is the same on every machine. Together with the number of
    the day it decides the turn.
    """
    return zlib.crc32(name.encode())


def turn(name: str, share: int) -> bool:
    """Return whether the turn of this test has come: it runs once every ``share`` days, or always
    if no day is set.
    """
    return not DAY or (place(name) + int(DAY)) % share == 0


def fits(item: pytest.Item) -> bool:
    """Return whether the hub of this test distinguishes all names in the test."""
    if item.get_closest_marker("exact_names") is None or not isinstance(item, pytest.Function):
        return True
    from tests.hub import PROFILES

    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    kind = parameters.get("running_hub", Kind("", os.environ["HUB_PROFILE"]))
    assert isinstance(kind, Kind)
    return PROFILES[kind.profile].exact


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests of other days, and tests that cannot pass on their hub."""
    least = int(os.environ.get("TEST_SHARE", "1"))
    chosen: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        marker = item.get_closest_marker("daily")
        share = max(least, marker.args[0] if marker else 1)
        chosen[turn(item.nodeid, share) and fits(item)].append(item)
    if chosen[False]:
        config.hook.pytest_deselected(items=chosen[False])
        items[:] = chosen[True]


def todays(series: list[str], name: str) -> list[str]:
    """Return the newest of these hubs, and every third day also one of the older ones."""
    older = sorted(series)[:-1]
    if not DAY or not older:
        return series
    day, rest = divmod(place(name) + int(DAY), 3)
    return [*([] if rest else [older[day % len(older)]]), max(series)]


class Kind(NamedTuple):
    """The running hub for a test: its series and profile."""

    series: str
    profile: str


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run every test that uses a hub once for each chosen series and profile that its markers
    allow.
    """
    if "running_hub" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("hubs")
    chosen = [series.strip() for series in metafunc.config.getoption("--hub").split(",")]
    series = [each for each in chosen if marker is None or each in marker.args]
    if metafunc.definition.get_closest_marker("newest") and not os.environ.get("TEST_LONG"):
        series = [max(series)] if series else []
    series = todays(series, metafunc.definition.nodeid)
    marker = metafunc.definition.get_closest_marker("profile")
    profiles: Sequence[str] = marker.args if marker else [metafunc.config.getoption("--profile")]
    kinds = [Kind(each, profile) for each in series for profile in profiles]
    ids = [
        f"hub{kind.series}" if kind.profile == "plain" else f"hub{kind.series}-{kind.profile}"
        for kind in kinds
    ]
    metafunc.parametrize("running_hub", kinds, ids=ids, indirect=True, scope="session")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With ``pytest -n 4 --dist loadscope``, assign each process one of the hubs, or a part of the
    tests on it. Tests without a hub are assigned by file.
    """
    if config.getoption("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    def scope(nodeid: str) -> str:
        file, _colons, test = nodeid.partition("::")
        hub = re.search(r"\[(hub\d)\b", test)
        part = PARTS.search(file)
        if not hub:
            return file
        # The newest hub has by far the most tests, so one process alone would finish them last.
        rest = f"others {place(file) % (3 if hub[1] == 'hub6' else 1)}"
        return f"{hub[1]} {part[1] or 'playbooks' if part else rest}"

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = scope
    return scheduler


class ProfileHub(Protocol):
    """The type of the fixture ``profile_hub``."""

    def __call__(self, profile: str, series: str = "6") -> Hub:
        """Return an empty running hub of this profile; skip the test if something that it needs is
        not installed.
        """


class Hubs:
    """The running hubs of a session: one of each kind, started when the first test asks for it."""

    def __init__(self) -> None:
        self._running: dict[Kind, Hub] = {}

    def get(self, kind: Kind) -> Hub:
        """Return the running hub of this kind; skip the test, with the profile's name, if something
        that it needs is not installed.
        """
        from tests.hub import PROFILES, Hub

        if kind not in self._running:
            problem = PROFILES[kind.profile].missing()
            if problem:
                pytest.skip(problem)
            hub = Hub(kind.series, profile=kind.profile, patience=1.0)
            try:
                hub.start()
            except BaseException:
                hub.close()
                raise
            self._running[kind] = hub
        return self._running[kind]

    def close(self) -> None:
        """Stop all hubs."""
        for hub in self._running.values():
            hub.close()


@pytest.fixture(scope="session")
def hubs() -> Iterator[Hubs]:
    """The running hubs of this session. Tests use ``hub``."""
    hubs = Hubs()
    yield hubs
    hubs.close()


@pytest.fixture(scope="session")
def running_hub(request: pytest.FixtureRequest, hubs: Hubs) -> Hub:
    """One running hub for all tests of its series and profile. Tests use ``hub``."""
    return hubs.get(request.param)


@pytest.fixture
def profile_hub(hubs: Hubs) -> ProfileHub:
    """Return a hub of another profile than the test's own: ``profile_hub("keepcase")``. If a test
    needs only one hub, use the marker ``profile``.
    """

    def get(profile: str, series: str = "6") -> Hub:
        hub = hubs.get(Kind(series, profile))
        hub.reset()
        return hub

    return get


@pytest.fixture
def hub(running_hub: Hub, request: pytest.FixtureRequest) -> Hub:
    """A running hub without users and groups. A test may kill, stop and change it; it is repaired
    for the next test.

    Starts and stops are answered with 202 after one second instead of ten.
    """
    running_hub.reset()
    request.node.stash[LOG_MARK] = (running_hub, running_hub.mark())
    return running_hub


class ModuleRunner(Protocol):
    """The type of the fixture ``module``."""

    def __call__(
        self, name: str, params: Mapping[str, Any], check: bool = False, diff: bool = False
    ) -> dict[str, Any]:
        """Run a module against the test's hub."""


@pytest.fixture
def module(hub: Hub) -> ModuleRunner:
    """Run modules inside this process against the test's hub: ``module("jupyterhub_user", {"name":
    "alice"})``.
    """
    from tests.running import run_module

    def run(
        name: str, params: Mapping[str, Any], check: bool = False, diff: bool = False
    ) -> dict[str, Any]:
        trust = {"ca_path": str(hub.authority)} if hub.authority else {}
        return run_module(
            name,
            {"hub_url": hub.url, "api_token": hub.token, **trust, **params},
            check=check,
            diff=diff,
        )

    return run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the hub's log of a failed test."""
    report = yield
    if report.when == "call" and report.failed and LOG_MARK in item.stash:
        hub, mark = item.stash[LOG_MARK]
        report.sections.append(("JupyterHub's log", hub.log(mark)))
    return report
