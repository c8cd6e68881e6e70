"""The real program in terminals of few colours and of none: what it sends and tells."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.processes import START_S
from tests.terminals import Terminal, program, terminal
from torquemon import paths

WITHIN_S = 4 * START_S
SGR = re.compile(r"\x1b\[([0-9;]*)m")
REVERSE, BOLD = "7", "1"
NAMED = {str(base + colour) for base in (30, 40, 90, 100) for colour in range(8)}
"""The sixteen colours, as ink and as ground."""
DEFAULT = {"39", "49", ""}
LOOKS = {"0", "1", "2", "3", "4", "7", "9", "22", "23", "24", "27", "29"}


def sent(screen: Terminal) -> set[str]:
    """Return the attributes of all cells as the terminal understood them."""
    shown = screen._tmux("capture-pane", "-e", "-p")
    return {part for codes in SGR.findall(shown) for part in codes.split(";")}


def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[set[str], str]:
    """Run a chair until it records, STOP it, and return what stands there."""
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    command = ("env", "-u", "COLORTERM", *words, *program("run", "--sim=nominal", "--sound=off"))
    with terminal(*command) as screen:
        screen.wait_for("● RECORDING", "SIMULATED", within_s=WITHIN_S)
        screen.type("F12")
        shown = screen.wait_for("motor stopped", "HALTED", within_s=WITHIN_S)
        found = sent(screen)
        screen.type("q", "y")  # yes, if it is asked: the record may be closed by now
        assert screen.wait_end(WITHIN_S) == 0
    return found, shown


@pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")
@pytest.mark.requirement("REQ-SHOW-4")
@pytest.mark.parametrize("name", ["xterm", "screen"])
def test_a_terminal_of_sixteen_colours_gets_no_others(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, shown = played(tmp_path, monkeypatch, f"TERM={name}")
    assert found <= NAMED | DEFAULT | LOOKS, "38 or 48 begin a colour that it may not have"
    assert found & NAMED
    assert "■ STOPPED" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")
@pytest.mark.requirement("REQ-SHOW-4")
def test_without_colours_shape_word_and_place_tell_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, shown = played(tmp_path, monkeypatch, "NO_COLOR=1", "TERM=xterm-256color")
    assert found <= DEFAULT | LOOKS
    assert REVERSE in found
    assert "■ STOPPED" in shown
    assert "NOW ■ motor stopped" in shown
