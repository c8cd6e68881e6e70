"""What a newcomer types: the sentence that helps, the exit code that fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.record_samples import folded
from torquemon import paths
from torquemon.cli import main
from torquemon.monitor.headless import _as_words
from torquemon.record.command import MOST_LISTED
from torquemon.record.history import MAX_LISTED
from torquemon.record.remarks import FINDINGS
from torquemon.text import counted

PLAN = {"site": "maxilla-buccal", "patient": "P-1"}


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = main(words)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err


def test_one_is_not_many() -> None:
    assert [counted(n, "insertion") for n in (0, 1, 2)] == [
        "0 insertions",
        "1 insertion",
        "2 insertions",
    ]
    assert counted(1, "entry", "entries") == "1 entry"
    assert counted(7, "entry", "entries") == "7 entries"


def test_commands_count_in_good_words(capsys: pytest.CaptureFixture[str]) -> None:
    folded(PLAN)
    assert main(["list"]) == 0
    capsys.readouterr()
    assert said(capsys, "export", "--table", "--output", "t.csv")[1] == "1 insertion in t.csv\n"
    Path("t.csv").unlink()
    wanted = ("erase", "--patient", "P-1", "--why", "asked", "--operator", "Dr. M")
    assert "1 insertion would be erased for ever" in said(capsys, *wanted)[1]
    assert "1 insertion erased, " in said(capsys, *wanted, "--yes")[1]
    assert "0 insertions taken out of the journal" in said(capsys, "prune")[1]


@pytest.mark.parametrize(
    "words",
    [("pair", "SN-0001", "AAAA-BBBB"), ("pair", "SN-0001", "--key", "X"), ("pair", "A", "B", "C")],
)
def test_a_key_on_the_command_line_is_refused_in_words(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, out, err = said(capsys, *words)
    assert (code, out) == (2, "")
    assert "a key does not belong on the command line" in err
    assert "BBBB" not in err


def test_no_handpiece_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "pair", "--list")[:2] == (0, "no handpiece is paired with this chair\n")


def test_a_search_that_finds_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    folded(PLAN)
    code, out, _ = said(capsys, "list", "zzz", "mandible")
    assert (code, out) == (0, "no insertion has all of these words: zzz mandible\n")


@pytest.mark.parametrize("command", ["list", "history"])
@pytest.mark.parametrize("limit", ["0", "-3", "x", "501", "1e3"])
def test_a_limit_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], command: str, limit: str
) -> None:
    code, _, err = said(capsys, command, f"--limit={limit}")
    assert code == 2
    assert f"argument --limit: {limit!r} is no whole number from 1 to 500" in err


def test_the_limit_is_that_of_the_search() -> None:
    assert MOST_LISTED == MAX_LISTED


def test_restoring_what_is_no_backup_speaks_of_no_key(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "README.md").write_text("# Read me\n", "utf-8")
    code, _, err = said(capsys, "restore", str(tmp_path / "README.md"))
    assert code == 2
    assert "README.md is no backup: it is no database; if it is an encrypted backup" in err


@pytest.mark.parametrize(
    "words", [("list",), ("show", "last"), ("pair", "--list"), ("verify",), ("sync",), ("outbox",)]
)
def test_a_folder_that_is_a_file_is_said(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    file = tmp_path / "file"
    file.write_text("x", "utf-8")
    monkeypatch.setenv(paths.HOME_VARIABLE, str(file))
    code, _, err = said(capsys, *words)
    assert code == 2
    assert f"{file} is a file: TorqueMon needs a folder" in err
    assert err.count("\n") == 1


def test_a_curve_in_place_of_a_manifest_is_told_apart(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    curve = tmp_path / "curve.csv"
    curve.write_text("time_s,torque_ncm\n0,1\n", "utf-8")
    code, _, err = said(capsys, "analyse", str(curve))
    assert code == 2
    assert err.startswith("torquemon analyse: 'curve.csv' is a curve, not a manifest: ")
    assert "file,site,screw" in err
    missing = said(capsys, "analyse", str(tmp_path / "none.csv"))[2]
    assert missing == f"torquemon analyse: manifest '{tmp_path / 'none.csv'}' does not exist\n"
    missing = said(capsys, "evaluate", str(tmp_path / "none.csv"))[2]
    assert missing.startswith("torquemon evaluate: manifest ")


def test_a_halt_is_told_with_its_own_torque() -> None:
    fields = {
        "event": "second",
        "torque_ncm": 3.0,
        "held_threshold_ncm": 15.0,
        "halted_at_ncm": 15.38,
        "arm": "halted",
        "origin": "real",
        "insertion_phase": "seating",
    }
    assert "halted at 15.4 N·cm" in _as_words(fields)
    assert "halted at" not in _as_words({**fields, "halted_at_ncm": None})
    armed = {**fields, "arm": "armed", "halted_at_ncm": None}
    assert "armed at 15 N·cm" in _as_words(armed)


def test_the_page_names_every_finding() -> None:
    page = (Path(__file__).parents[2] / "docs" / "record.md").read_text("utf-8")
    assert [name for name in FINDINGS if f"`{name}`" not in page] == []
