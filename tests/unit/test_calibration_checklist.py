"""The line before a recording: this handpiece's check first, and then what else is wrong."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.calibration_cases import AN_ID, content
from tests.parts import needed
from torquemon.calibration.store import get, listed, sign, write
from torquemon.cli import main
from torquemon.drivers.correction_store import FOLDER, load_corrections
from torquemon.local.sentences import translated_whole
from torquemon.local.view import CheckState, CheckView
from torquemon.model import Origin
from torquemon.monitor.checklist import _calibration

needed("GTC", "calibrate")
LATER_ID = "01M83CGKKBF03ZCC6S09E778ZE"
LAST_ID = "01M83CGKKBF03ZCC6S09E778ZF"


def line(home: Path, today: date, calibrated: date | None = None) -> CheckView:
    corrections = load_corrections(home)
    device = SimpleNamespace(
        correction=corrections.of("SIM-0001", Origin.SIMULATED), calibrated=calibrated
    )
    session: Any = SimpleNamespace(
        side=SimpleNamespace(device=device),
        handpiece=SimpleNamespace(link=SimpleNamespace(corrections=corrections)),
        today=lambda: today,
    )
    return _calibration(session)


def signed(home: Path) -> None:
    write(home, content())
    sign(home, AN_ID)


@pytest.mark.requirement("REQ-CAL-5")
def test_a_check_that_is_not_applied_does_not_hide_the_age_of_the_one_that_is(
    tmp_path: Path,
) -> None:
    signed(tmp_path)
    alone = line(tmp_path, date(2028, 6, 1))
    assert "check it again against a gauge" in alone.text
    write(tmp_path, content(LATER_ID))
    one = line(tmp_path, date(2028, 6, 1))
    assert one.state is CheckState.BAD
    assert one.text == (
        f"{alone.text}; one check in the folder of this chair is not applied: "
        "`torquemon calibrate --list` says why"
    )
    write(tmp_path, content(LAST_ID))
    young = line(tmp_path, date(2026, 2, 1))
    assert young.state is CheckState.BAD
    assert young.text.startswith("checked 2026-01-02, 30 days ago: reads 0.800 of the torque; 2 ")
    for said in (one.text, young.text):
        assert translated_whole(said, "de", ",") is not None


@pytest.mark.requirement("REQ-CAL-5")
def test_without_an_applied_check_the_handpieces_own_date_is_told_first(tmp_path: Path) -> None:
    write(tmp_path, content())
    said = line(tmp_path, date(2026, 2, 1), date(2024, 1, 1)).text
    assert said.startswith("calibrated 2024-01-01, 762 days ago: have it calibrated; one check ")
    said = line(tmp_path, date(2026, 2, 1)).text
    assert said.startswith("the date of the last calibration is unknown; one check ")


@pytest.mark.requirement("REQ-CAL-5")
def test_a_check_without_a_result_is_no_trouble_and_is_not_told_to_sign_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path))
    signed(tmp_path)
    made = content(LATER_ID)
    write(tmp_path, made | {"plateaus": made["plateaus"][:1], "result": None})
    assert load_corrections(tmp_path).troubles == ()
    assert line(tmp_path, date(2026, 2, 1)).state is CheckState.OK
    assert main(("calibrate", "--list")) == 0
    second = capsys.readouterr().out.splitlines()[1]
    assert LATER_ID in second
    assert "no result" in second
    assert "--sign" not in second
    assert main(("calibrate", "--show", "last")) == 0
    text = capsys.readouterr().out
    assert "1 step is kept" in text
    assert "--sign" not in text


def test_what_could_not_be_evaluated_then_is_found_under_one_name_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path))
    write(tmp_path, content() | {"result": None})
    assert main(("calibrate", "--show", "last")) == 0
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [f"{AN_ID}.json"]
    assert get(tmp_path, AN_ID).content["result"] is not None
    sign(tmp_path, AN_ID)
    assert [stored.signed for stored in listed(tmp_path)] == [True]
