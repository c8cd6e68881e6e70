"""What docs/integration.md says of folder and GDT is what the program does."""

from __future__ import annotations

import json
import re

import pytest

from tests.folder_cases import make_case
from tests.gdt_example import PAGE, example, in_page
from torquemon.record.folder import settings as folder
from torquemon.record.folder.naming import PIECES
from torquemon.record.folder.sidecar import of_case
from torquemon.record.gdt import exporter as gdt
from torquemon.record.gdt import patients
from torquemon.record.gdt.codec import decode

TEXT = PAGE.read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_example_is_what_the_program_writes() -> None:
    assert in_page(TEXT) == example()


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Folder", folder.NAMES),
        ("Patient in and GDT", gdt.NAMES),
        ("Patient in and GDT", patients._NAMES),
        ("Folder", PIECES),
    ],
)
def test_every_setting_stands_in_its_table(title: str, names: tuple[str, ...]) -> None:
    known = set(re.findall(r"`\{?(\w+)\}?`", section(title)))
    assert set(names) <= known


def test_every_field_of_the_sidecar_is_described() -> None:
    fields = json.loads(of_case(make_case(), []))
    known = set(re.findall(r"`(\w+)`", section("Folder")))
    assert set(fields) <= known


def test_every_field_of_the_example_is_described() -> None:
    raw = example().replace("\n", "\r\n").encode("cp1252")
    described = section("Patient in and GDT").partition("GDT example")[0]
    known = set(re.findall(r"\b\d{4}\b", described))
    assert {each.id for each in decode(raw).fields} <= known
