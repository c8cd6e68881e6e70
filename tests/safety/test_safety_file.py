"""The pages of the safety file agree with each other and promise nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.requirement_trace import REQUIREMENTS, load_requirements

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "safety").glob("*.md"))
BANNED = re.compile(r"complian|\bsafe\b|\bsafely\b|success|\bdetected\b", re.IGNORECASE)


def ids(text: str) -> set[str]:
    return set(re.findall(r"REQ-[A-Z]+-\d+", text))


def test_a_hazard_names_exactly_the_requirements_that_name_it() -> None:
    requirements = load_requirements(ROOT / REQUIREMENTS).values()
    page = (ROOT / "docs" / "safety" / "hazards.md").read_text(encoding="utf-8")
    sections = dict(
        re.findall(r"^## (HAZ-\d\d): .*?$(.*?)(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    )
    assert len(sections) >= 14
    assert {hazard for r in requirements for hazard in r.hazards} <= set(sections)
    for hazard, section in sections.items():
        of_hazard = [r for r in requirements if hazard in r.hazards]
        _, held, rest = re.split(r"^- \*(?:Requirements|Open)\*:", section, flags=re.MULTILINE)
        still_open, residual = rest.split("- *Residual risk*:")
        assert ids(held) == {r.id for r in of_hazard if r.verification != "open"}, hazard
        assert ids(still_open) == {r.id for r in of_hazard if r.verification == "open"}, hazard
        assert residual.strip(), hazard


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_pages_claim_nothing_that_is_not_shown(page: Path) -> None:
    found = BANNED.findall(page.read_text(encoding="utf-8"))
    assert not found


def test_every_dependency_that_is_locked_stands_in_the_table() -> None:
    lock = (ROOT / "locks" / "core.txt").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "safety" / "soup.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| ([\w.-]+) \| ([\w.!]+)", page, re.MULTILINE))
    for name, version in re.findall(r"^([\w.-]+)==([\w.!]+)", lock, re.MULTILINE):
        assert (name, version) in rows, f"{name} {version} is locked and not in soup.md"


def test_the_bill_of_materials_is_that_of_the_lock() -> None:
    lock = (ROOT / "locks" / "core.txt").read_text(encoding="utf-8")
    bill = json.loads((ROOT / "docs" / "safety" / "sbom.json").read_text(encoding="utf-8"))
    listed = {(part["name"], part["version"]) for part in bill["components"]}
    locked = set(re.findall(r"^([\w.-]+)==([\w.!]+)", lock, re.MULTILINE))
    assert listed == locked, "`make sbom` writes it anew"
