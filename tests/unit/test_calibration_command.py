"""`torquemon calibrate` answers what cannot be done with a sentence, and shows what was found."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from tests.calibration_campaign import BENCH, campaign
from tests.calibration_cases import AN_ID, content
from tests.parts import needed
from tests.pdf_tools import pdf_text
from torquemon import DISCLAIMER
from torquemon.calibration.store import sign, write
from torquemon.cli import main
from torquemon.drivers.correction import Correction
from torquemon.drivers.correction_store import FOLDER
from torquemon.local.view import CheckState
from torquemon.model import Origin
from torquemon.monitor.checklist import _checked
from torquemon.text import clean

needed("GTC", "calibrate")
LATER_ID = "01M83CGKKBF03ZCC6S09E778ZE"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "both are needed"),
        (("/dev/x",), "both are needed"),
        (("/dev/x", "--gauge", "mark10", "/dev/y", "--series", "1"), "series"),
        (("gauge:mark10@/dev/x", "--gauge", "mark10", "/dev/y"), "the port is a gauge"),
        (("/dev/x", "--gauge", "mark10", "/dev/y", "--levels", "a,b"), "numbers with commas"),
        (("/dev/x", "--gauge", "mark10", "/dev/y", "--levels", "5,nan,10"), "step lies"),
        (("/dev/x", "--gauge", "mark10", "/dev/y", "--levels", "5,6,10"), "apart"),
        (("/dev/x", "--gauge", "mark10", "/dev/y", "--hold-s", "nan"), "a hold takes"),
        (("/dev/x", "--gauge", "mark10", "/dev/y", "--valid-months", "99"), "months"),
        (("/dev/x", "--gauge", "mark10", "/dev/y", "--gauge-uncertainty", "good"), "0.5%"),
        (
            ("/dev/x", "--gauge", "mark10", "/dev/y", "--gauge-uncertainty", "1%", "--gauge-k=9"),
            "coverage factor",
        ),
        (("/dev/x", "--gauge", "nosuch", "/dev/y"), "no gauge kind"),
        (("/dev/x", "--gauge", "mark10", "/dev/nosuch"), "/dev/nosuch"),
        (("--show", "last"), "no handpiece was checked"),
        (("--sign", "last"), "no handpiece was checked"),
        (("--drift", "d.svg"), "no evaluated check"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("calibrate", *words)) == 2
    error = capsys.readouterr().err
    assert error.startswith("torquemon calibrate: ")
    assert said in error
    assert error.count("\n") == 1


def test_an_empty_list_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("calibrate", "--list")) == 0
    assert "no handpiece was checked here yet" in capsys.readouterr().out


@pytest.mark.requirement("REQ-CAL-4")
def test_a_check_is_shown_in_plain_words(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(home, content())
    assert main(("calibrate", "--show", "last")) == 0
    text = capsys.readouterr().out
    assert text.startswith("SIMULATED")
    assert "NOT SIGNED" in text
    assert "about 95 times" in text
    assert DISCLAIMER in text
    sign(home, AN_ID)
    assert main(("calibrate", "--list")) == 0
    assert capsys.readouterr().out.rstrip().endswith("signed")


@pytest.mark.requirement("REQ-CAL-4")
def test_a_reference_without_certificate_is_said_to_be_missing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = content() | {"reference": None, "reference_uncertainty": None, "result": None}
    write(home, made)
    assert main(("calibrate", "--show", AN_ID)) == 0  # evaluated now, from what was kept
    text = capsys.readouterr().out
    assert "reference uncertainty unknown, not included" in text
    assert "gauge (certificate)" not in text


def test_the_certificate_bears_the_mark_and_what_is_in_the_text(home: Path, tmp_path: Path) -> None:
    needed("typst", "report")
    write(home, content())
    sign(home, AN_ID)
    out = tmp_path / "certificate.pdf"
    assert main(("calibrate", "--show", "last", "--pdf", str(out))) == 0
    text = pdf_text(out)
    for part in ("SIMULATED", "SIM-0001", "signed by this chair", DISCLAIMER, AN_ID, "0.5 % of"):
        assert part in text
    assert "Not signed" not in text


def test_markup_in_names_is_only_text(home: Path, tmp_path: Path) -> None:
    needed("typst", "report")
    made = content(serial="#panic() <b>&\u202e")
    write(home, made)
    out = tmp_path / "certificate.pdf"
    assert main(("calibrate", "--show", "last", "--pdf", str(out))) == 0
    assert "#panic()" in pdf_text(out)
    drift = tmp_path / "drift.svg"
    assert main(("calibrate", "--drift", str(drift))) == 0
    assert "<b>" not in drift.read_text("utf-8")


def test_the_drift_of_past_checks_is_drawn_and_told(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content(gain=0.82))
    write(home, content(LATER_ID, gain=0.8, measured_utc="2026-06-02T03:04:05+00:00"))
    write(home, content("01M83CGKKBF03ZCC6S09E778ZF", serial="OTHER"))
    sign(home, LATER_ID)
    out = tmp_path / "drift.svg"
    assert main(("calibrate", "--drift", str(out), "--serial", "SIM-0001")) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line[:10] for line in told[:2]] == ["2026-01-02", "2026-06-02"]
    drawn = unescape(out.read_text("utf-8"))
    assert "SIMULATED" in drawn
    assert "2 checks" in drawn
    assert DISCLAIMER in drawn


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]\n", b'{"form":1}\n', b"\x00" * 50, b"[" * 9999])
def test_a_damaged_file_is_listed_as_such_and_hides_no_other(
    raw: bytes, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content())
    (home / FOLDER / f"{LATER_ID}.json").write_bytes(raw)
    assert main(("calibrate", "--list")) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert AN_ID in first
    assert "not applied" in second
    assert main(("calibrate", "--show", LATER_ID)) == 2


@pytest.mark.requirement("REQ-CAL-5")
@pytest.mark.parametrize(
    ("today", "state", "word"),
    [
        ("2026-01-02", CheckState.OK, "0 days ago: reads 0.800 of the torque"),
        ("2026-06-30", CheckState.OK, "reads"),
        ("2027-02-01", CheckState.BAD, "check it again"),
        ("2025-12-31", CheckState.BAD, "date lies before"),
    ],
)
def test_the_age_of_a_check_is_watched_and_gates_nothing(
    today: str, state: CheckState, word: str
) -> None:
    measured = datetime(2026, 1, 2, tzinfo=UTC).date()
    correction = Correction("x", clean("S"), Origin.REAL, 0.8, 0.0, 0.3, measured, 12)
    check = _checked(correction, datetime.fromisoformat(today).date())
    assert check.state is state
    assert word in check.text
    assert check.gates is False


@pytest.mark.requirement("REQ-CAL-4")
def test_a_slice_of_the_campaign_finds_what_was_put_in() -> None:
    """Twelve whole runs; how honest the uncertainty is, `make calibration` counts."""
    tally = campaign(BENCH, range(1, 13))
    assert tally.together + tally.refused >= 9  # fewer: once in ten thousand at 95 of 100
    for name in ("offset", "gain", "hysteresis"):
        count = tally.counts[name]
        assert count.ratios / count.total > 0.1  # nor inflated


def test_without_the_part_for_uncertainty_what_was_measured_is_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content() | {"result": None})
    with monkeypatch.context() as missing:
        missing.setitem(sys.modules, "GTC", None)
        assert main(("calibrate", "--show", "last")) == 0
        text = capsys.readouterr().out
    assert "no result: " in text
    assert "torquemon[calibrate]" in text
    assert "33 steps are kept" in text
    assert main(("calibrate", "--show", "last")) == 0
    assert "Gain" in capsys.readouterr().out
