"""The real program in a real terminal: `torquemon run --sim` at 120x40, keys typed, screen read."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.terminals import program, terminal
from torquemon import paths

WITHIN_S = 60.0
"""A machine with a dozen other processes takes its time to start four of Python."""


@pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")
@pytest.mark.requirement("REQ-STOP-8", "REQ-ORG-2")
def test_the_real_program_goes_from_insert_to_review_with_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    for name in ("COLUMNS", "LINES"):  # a terminal has its own size
        monkeypatch.delenv(name, raising=False)
    words = program("run", "--sim=nominal", "--seed=7", "--patient=T-9")
    with terminal(*words) as screen:
        screen.wait_for("● RECORDING", "SIMULATED", within_s=WITHIN_S)
        screen.type("1")
        screen.wait_for("NEEDED FOR THE STOP", "● RECORDING", "T-9")
        screen.type("4")
        screen.wait_for("Compare 0", "● RECORDING")
        screen.type("F12")
        screen.wait_for("HALTED", "motor stopped")
        screen.type("2")
        screen.wait_for("RECORD CLOSED", within_s=WITHIN_S)  # the motor stands still: it is over
        screen.type("3")
        screen.wait_for("What happened, and what was added", "T-9", within_s=WITHIN_S)
        screen.type("q")
        assert screen.wait_end(WITHIN_S) == 0
        assert "record 01" in screen.screen()
    assert not paths.recorder_door_path().exists()
