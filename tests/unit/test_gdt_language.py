"""A German GDT record is German whole: the site and the rule's sentence too."""

from __future__ import annotations

import pytest

from tests.folder_cases import make_case
from tests.gdt_example import example
from torquemon.record.gdt.codec import decode, encode
from torquemon.record.gdt.result import Style, result


def test_the_example_has_no_english_sentence() -> None:
    text = example()
    assert "Oberkiefer, bukkal" in text
    assert "Unsicherheit 0,32 N·cm, im Fenster" in text
    assert "Maxilla" not in text
    assert "uncertain" not in text


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "iso8859-15", "utf-8", "din66003"])
def test_no_figure_is_lost_in_any_character_set(encoding: str) -> None:
    style = Style(sender="TORQ", receiver="PVS", german=True, encoding=encoding)
    found = decode(encode(result(make_case(), style)), encoding)
    (line,) = [each.content for each in found.fields if "Unsicherheit" in each.content]
    assert "5-15" in line.replace("–", "-")
    assert "?" not in line


def test_figures_for_programs_keep_their_point() -> None:
    record = result(make_case(), Style(german=True))
    values = [each.content for each in record.fields if each.id == "8420"]
    assert values
    assert not any("," in value for value in values)
