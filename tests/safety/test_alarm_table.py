"""docs/safety/alarms.md is held against the code that raises, names and stops."""

from __future__ import annotations

import re
from pathlib import Path

from torquemon.model import AlertCode, Priority
from torquemon.monitor.alarms import MAX_SHOWN
from torquemon.monitor.judging import ALWAYS_STOPS
from torquemon.signal.pipeline import _CODES
from torquemon.tui.words import say

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "safety" / "alarms.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| [a-z_]+ \| (alarm|warning|advisory) \|", line)
]
CONDITIONS = {AlertCode.STALE_DATA, AlertCode.NOT_ARMED, AlertCode.STOP_FAILED}


def test_every_code_and_priority_of_the_judge_has_its_row() -> None:
    rows = {(code, priority) for code, priority, *_ in ROWS}
    raised = {(code.value, priority.value) for _, code, priority in _CODES}
    raised.add((AlertCode.BELOW_WINDOW.value, Priority.ADVISORY.value))
    raised |= {(code.value, Priority.ALARM.value) for code in CONDITIONS}
    raised.add((AlertCode.SIGNAL_QUALITY.value, Priority.ALARM.value))
    assert rows == raised
    assert {code for code, *_ in ROWS} == {code.value for code in AlertCode}


def test_words_kinds_and_stops_are_those_of_the_code() -> None:
    for code, _, kind, words, _, stops in ROWS:
        assert words == say(f"code.{code}")
        assert kind == ("condition" if AlertCode(code) in CONDITIONS else "event"), code
        assert (stops == "always") == (AlertCode(code) in ALWAYS_STOPS), code
    assert f"At most {MAX_SHOWN} are listed" in PAGE
