"""`torquemon patient`: what goes together, and what a file may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.test_gdt_inbox import request
from torquemon.cli import main
from torquemon.clock import SystemClock
from torquemon.local.sentences import translated
from torquemon.record.gdt.waiting import waiting_patient

Said = pytest.CaptureFixture[str]


@pytest.mark.parametrize("what", ["forget", "show", "check"])
@pytest.mark.parametrize(
    "more", [["--number", "4711"], ["--gdt", "FILE"], ["--name", "A^B"], ["--birth-date", "x"]]
)
def test_to_forget_and_to_let_wait_do_not_mix(
    what: str, more: list[str], tmp_path: Path, capsys: Said
) -> None:
    file = tmp_path / "TORQPVS.001"
    file.write_bytes(request(number="4711"))
    assert main(["patient", "--number", "12"]) == 0
    capsys.readouterr()
    words = [str(file) if word == "FILE" else word for word in more]
    assert main(["patient", what, *words]) == 2
    said = capsys.readouterr()
    assert f"`{what}` goes alone, nothing was done" in said.err
    found = waiting_patient(SystemClock())
    assert found is not None
    assert found.reference == "12"


def test_a_name_beside_a_file_is_refused(tmp_path: Path, capsys: Said) -> None:
    file = tmp_path / "TORQPVS.001"
    file.write_bytes(request())
    assert main(["patient", "--gdt", str(file), "--name", "A^B"]) == 2
    assert "need --number" in capsys.readouterr().err
    assert waiting_patient(SystemClock()) is None


def test_a_file_from_the_future_is_refused_as_the_command_line_is(
    tmp_path: Path, capsys: Said
) -> None:
    file = tmp_path / "TORQPVS.001"
    file.write_bytes(request().replace(b"01041975", b"01012090"))
    assert main(["patient", "--gdt", str(file)]) == 2
    said = capsys.readouterr().err
    assert "field 3103 (birth date) lies in the future: look at the year" in said
    assert waiting_patient(SystemClock()) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "field 3103 (birth date) lies in the future: look at the year",
        "its lines end with CR alone: GDT wants CR and LF after each line",
    ],
)
def test_it_is_said_in_the_language_of_the_screen(sentence: str) -> None:
    assert translated(sentence, "de", ",") != sentence
