"""What docs/instruments.md says of the gauges is what the program says."""

from __future__ import annotations

from pathlib import Path

import pytest

from torquemon.cli import main
from torquemon.drivers.gauges.form import read_form
from torquemon.drivers.gauges.kinds import KINDS
from torquemon.drivers.gauges.probe import STEPS
from torquemon.drivers.gauges.spec import MIN_LIVE_HZ
from torquemon.drivers.gauges.table import markdown

PAGE = Path(__file__).parents[2] / "docs" / "instruments.md"
BEGIN, END = "<!-- table: torquemon devices --gauges -->\n", "<!-- end -->"


def test_the_table_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--gauges"]) == 0
    assert capsys.readouterr().out == markdown()
    text = PAGE.read_text(encoding="utf-8")
    assert text.split(BEGIN)[1].split(END)[0] == markdown()


def test_every_kind_has_its_source_and_what_is_not_verified() -> None:
    text = PAGE.read_text(encoding="utf-8")
    sources = text.split("| kind | cable |")[1]
    for kind in KINDS:
        (row,) = [line for line in sources.splitlines() if line.startswith(f"| {kind} |")]
        assert all(cell.strip() for cell in row.strip("|").split("|"))
    assert "none on the instrument" in text


def test_the_file_in_the_page_is_one_that_is_taken() -> None:
    import tomllib

    text = PAGE.read_text(encoding="utf-8")
    block = text.split('    name = "my gauge"')[1].split("\n\n")[0]
    lines = [line.removeprefix("    ") for line in ('name = "my gauge"' + block).splitlines()]
    form = read_form(tomllib.loads("\n".join(lines)))
    assert form.poll == b"?\r"
    assert form.rate_hz >= MIN_LIVE_HZ  # the page goes on with `torquemon run`


def test_the_list_of_a_probe_names_every_byte(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices", "--probe", "--list"]) == 0
    out = capsys.readouterr().out
    for step in STEPS:
        assert step.question.hex(" ") in out
        assert f"{step.baud_rate} baud" in out
