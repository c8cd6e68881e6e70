"""The real program in a real terminal: `torquemon run --sim` at 120x40, keys typed, screen read."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

from tests.terminals import SIZE, Terminal, program, terminal
from torquemon import paths

WITHIN_S = 60.0
"""A machine with a dozen other processes takes its time to start four of Python."""
CLOSES_S = 8.0
"""After a halt a record closes within 2 s, if anything had turned."""


def close(screen: Terminal) -> None:
    """It is over by itself where the motor turned and stands; else the key for it is pressed."""
    with contextlib.suppress(AssertionError):
        screen.wait_for("RECORD CLOSED", within_s=CLOSES_S)
        return
    screen.type("space")
    screen.wait_for("RECORD CLOSED", within_s=WITHIN_S)


@pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")
@pytest.mark.requirement("REQ-STOP-8", "REQ-ORG-2")
def test_the_real_program_goes_from_insert_to_review_with_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    words = program("run", "--sim=nominal", "--seed=7", "--patient=T-9")
    with terminal(*words) as screen:
        rows = screen.wait_for("● RECORDING", "SIMULATED", within_s=WITHIN_S).splitlines()
        assert (max(map(len, rows)), len(rows)) == SIZE
        screen.type("-H", "fc")  # a scanner that speaks Latin-1: no UTF-8, and no end of the screen
        screen.type("1")
        screen.wait_for("NEEDED FOR THE STOP", "● RECORDING", "T-9")
        screen.type("4")
        screen.wait_for("Compare 0", "● RECORDING")
        screen.type("F12")
        screen.wait_for("HALTED", "motor stopped")
        screen.type("2")
        close(screen)
        screen.type("3")
        screen.wait_for("What happened, and what was added", "T-9", within_s=WITHIN_S)
        screen.type("n")
        screen.wait_for("\n Note")
        screen.type("d", "o", "n", "e", "Enter")
        screen.wait_for("Who is it that adds this?")  # nobody was named
        screen.type("w", "h", "o", "Enter")
        screen.wait_for("Note done (who)", within_s=WITHIN_S)
        screen.type("q")
        assert screen.wait_end(WITHIN_S) == 0
        assert "record 01" in screen.screen()
    assert not paths.recorder_door_path().exists()
