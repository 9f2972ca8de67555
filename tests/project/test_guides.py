# Copyright (c) 2026, The hubops.jupyterhub maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each guide is in the table of contents of the site, and modules and guides link to each other."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.project.test_project import MODULES, documentation
from tests.running import ROOT

LABEL = "ansible_collections.hubops.jupyterhub.docsite."
GUIDES = {path.stem: path for path in (ROOT / "docs" / "docsite" / "rst").glob("*.rst")}
README = (ROOT / "README.md").read_text(encoding="utf-8")


def guides_of(module: str) -> set[str]:
    """Return the guides that the documentation of a module links to."""
    items = documentation()[module]["doc"].get("seealso", [])
    return {item["ref"].removeprefix(LABEL) for item in items if "ref" in item}


def modules_of(guide: str) -> set[str]:
    """Return the modules that a guide links to at its end."""
    end = GUIDES[guide].read_text(encoding="utf-8").partition(".. seealso::")[2]
    return set(re.findall(r":ansplugin:`hubops\.jupyterhub\.(\w+)#module`", end))


@pytest.mark.parametrize("module", MODULES)
def test_a_module_leads_to_its_guides(module: str) -> None:
    assert guides_of(module)
    assert guides_of(module) <= set(GUIDES)


@pytest.mark.parametrize("guide", sorted(GUIDES))
def test_a_guide_leads_back_to_the_modules_that_lead_to_it(guide: str) -> None:
    assert modules_of(guide) == {module for module in MODULES if guide in guides_of(module)}


def test_every_guide_is_on_the_site_and_can_be_referred_to() -> None:
    file = ROOT / "docs" / "docsite" / "extra-docs.yml"
    table = yaml.safe_load(file.read_text(encoding="utf-8"))
    listed = [name for section in table["sections"] for name in section["toctree"]]
    assert sorted(listed) == sorted(GUIDES)
    index = (ROOT / "docs" / "site" / "index.rst").read_text(encoding="utf-8")
    assert re.findall(r"<collection/docsite/(\w+)>", index) == listed
    assert [
        name
        for name, path in GUIDES.items()
        if f".. _{LABEL}{name}:" not in path.read_text(encoding="utf-8")
    ] == []


def test_the_readme_is_short_and_its_links_lead_somewhere() -> None:
    assert len(README.split()) < 1500
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README) if "://" not in link]
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("role", sorted(path.name for path in (ROOT / "roles").iterdir()))
def test_the_page_of_a_role_shows_the_example_of_its_readme(role: str) -> None:
    place = ROOT / "roles" / role
    readme = (place / "README.md").read_text(encoding="utf-8")
    example = readme.partition("```yaml\n")[2].partition("\n```")[0]
    specs = yaml.safe_load((place / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    entries = {name: spec for name, spec in specs["argument_specs"].items() if spec["options"]}
    assert entries
    assert {name: spec["examples"] for name, spec in entries.items()} == dict.fromkeys(
        entries, example
    )
