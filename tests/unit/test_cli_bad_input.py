"""What a person may get wrong on the command line: a sentence each, the right code."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.chairs import Chair
from torquemon import __version__, paths
from torquemon.chair_lock import ChairLock
from torquemon.cli import main
from torquemon.journal import Journal

NOWHERE = "--port=/dev/ttyNOTHING9"


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run the program in this process; its exit code and what it wrote to standard error."""
    try:
        code = main(words)
    except SystemExit as ended:  # argparse ends by itself
        code = ended.code if isinstance(ended.code, int) else 1
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.err.strip()


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--site=moon", "unknown site 'moon'"),
        ("--screw=nail", "unknown screw 'nail'"),
        ("--window=15-5", "window"),
        ("--window=abc", "window"),
        ("--window=nan-inf", "window"),
        ("--threshold-ncm=nan", "threshold 'nan' is not a number of N·cm above zero"),
        ("--threshold-ncm=-3", "threshold '-3' is not a number of N·cm above zero"),
        ("--threshold-ncm=twelve", "threshold 'twelve' is not a number of N·cm above zero"),
        ("--threshold-ncm=1e999", "threshold '1e999' is not a number of N·cm above zero"),
        ("--site=\x1b[2J\u202e", "unknown site"),
    ],
)
def test_a_wrong_plan_is_one_sentence_and_nothing_is_started(
    capsys: pytest.CaptureFixture[str], option: str, says: str
) -> None:
    code, sentence = said(capsys, "monitor", NOWHERE, option)
    assert code == 2
    assert says in sentence
    assert "\n" not in sentence
    assert "\x1b" not in sentence
    assert "\u202e" not in sentence
    assert not paths.journal_path().exists()


@pytest.mark.parametrize("option", ["--finish-still-s", "--duration-s", "--connect-timeout-s"])
@pytest.mark.parametrize("value", ["abc", "nan", "inf", "-1", "0"])
def test_a_time_that_is_none_is_said_in_words(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    code, text = said(capsys, "monitor", NOWHERE, f"{option}={value}")
    assert code == 2
    assert f"argument {option}: {value!r} is no number of seconds above zero" in text


@pytest.mark.parametrize(
    "words",
    [
        ("monitor",),
        (),
        ("nonsense",),
        ("show",),
        ("run",),
        ("run", "--port=x", "--sim=nominal"),
    ],
)
def test_what_is_missing_or_unknown_shows_the_usage(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    code, text = said(capsys, *words)
    assert code == 2
    assert text.startswith("usage: torquemon")
    assert "error:" in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("list",), "nothing was recorded yet"),
        (("show", "last"), "nothing was recorded yet"),
        (("export", "last", "--csv"), "nothing was recorded yet"),
    ],
)
def test_before_anything_was_recorded_it_says_how_to_begin(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    code, sentence = said(capsys, *words)
    assert code == 2
    assert says in sentence
    assert "torquemon demo" in sentence
    assert not paths.journal_path().exists(), "looking makes nothing"


def test_without_a_handpiece_the_monitor_ends_with_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, sentence = said(capsys, "monitor", NOWHERE, "--connect-timeout-s=0.2")
    assert code == 1
    assert "no handpiece: there is no port /dev/ttyNOTHING9" in sentence
    assert "torquemon devices" in sentence
    # now there is a journal, and it is empty of insertions
    code, sentence = said(capsys, "show", "last")
    assert code == 2
    assert "nothing was recorded yet" in sentence


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("NOPE", "'NOPE' is no insertion id (26 letters and digits)"),
        ("01J0000000000000000000000A", "no insertion 01J0000000000000000000000A"),
        ("\x1b[31m", "is no insertion id"),
        ("../../etc/passwd", "is no insertion id"),
    ],
)
@pytest.mark.parametrize("command", ["show", "export"])
def test_no_such_insertion(
    capsys: pytest.CaptureFixture[str], command: str, wanted: str, says: str
) -> None:
    said(capsys, "monitor", NOWHERE, "--connect-timeout-s=0.1")
    more = ("--csv",) if command == "export" else ()
    code, sentence = said(capsys, command, wanted, *more)
    assert code == 2
    assert says in sentence
    assert "\x1b" not in sentence


def test_a_second_monitor_at_the_same_chair_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    lock = ChairLock(paths.lock_path())
    assert lock.acquire()
    try:
        code, sentence = said(capsys, "monitor", NOWHERE)
    finally:
        lock.release()
    assert code == 2
    assert "another monitor already runs at this chair" in sentence
    assert "TORQUEMON_HOME" in sentence


def test_a_folder_that_cannot_be_used(
    capsys: pytest.CaptureFixture[str], chair_folder: Path
) -> None:
    chair_folder.write_text("in the way", encoding="utf-8")
    for words in (("monitor", NOWHERE), ("list",), ("show", "last")):
        code, sentence = said(capsys, *words)
        assert code == 2
        assert "TORQUEMON_HOME" in sentence


@pytest.mark.parametrize("name", ["journal.db", "monitor.lock", "record.db"])
def test_a_damaged_file_is_named(capsys: pytest.CaptureFixture[str], name: str) -> None:
    said(capsys, "monitor", NOWHERE, "--connect-timeout-s=0.1")
    for file in paths.home().glob(f"{name}*"):
        file.unlink()
    (paths.home() / name).write_bytes(b"this was never a database " * 400)
    commands = [("list",), ("show", "last")]
    if name != "record.db":
        commands.append(("monitor", NOWHERE, "--connect-timeout-s=0.1"))
    for words in commands:
        code, sentence = said(capsys, *words)
        assert code == 2, words
        assert name in sentence
        assert "\n" not in sentence
    assert (paths.home() / name).read_bytes().startswith(b"this was never"), "it is kept as it is"


def test_an_export_that_cannot_be_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    journal = Journal(paths.journal_path())
    chair = Chair()
    chair.start_armed()
    chair.run(0.5)
    for row in chair.sink.rows:
        journal.open_insertion(row)
    journal.append(chair.sink.entries)
    journal.close()
    code, sentence = said(
        capsys, "export", "last", "--csv", "--output", str(tmp_path / "no" / "x.csv")
    )
    assert code == 2
    assert "cannot be written" in sentence


def test_devices_without_a_port_and_with_a_wrong_one(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["devices", "--probe", NOWHERE])
    out = capsys.readouterr().out
    assert code == 1
    assert "there is no port /dev/ttyNOTHING9" in out
    assert len(out.splitlines()) == 1


def test_the_version_names_what_this_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert __version__ in out
    assert re.search(r"not a medical device", out, re.IGNORECASE)


@pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
def test_the_folder_of_a_chair_is_closed_to_others(chair_folder: Path) -> None:
    chair_folder.mkdir(mode=0o755)
    assert paths.home() == chair_folder
    assert chair_folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.requirement("REQ-PLAN-4")
@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("--threshold-ncm=99.9", "--confirm-threshold if that is meant"),
        ("--screw=infinitas-2.0x6-long", "--confirm-screw if that is meant"),
    ],
)
def test_what_must_be_confirmed_is_not_recorded_without_a_word(
    capsys: pytest.CaptureFixture[str], option: str, says: str
) -> None:
    code, text = said(capsys, "monitor", NOWHERE, "--record", "--site=maxilla-buccal", option)
    assert code == 2
    assert says in text
