"""What every test of the dashboard runs in: a terminal of 24-bit colours, English, and UTC."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.tui.tui_scenes import SCENES
from torquemon.tui import palette
from torquemon.tui.words import speak


def set_zone() -> None:
    """Let this process heed TZ; a system without `tzset` keeps its own zone."""
    if hasattr(time, "tzset"):
        time.tzset()


REGISTERED = SCENES
"""Loaded before any test module, so that the scenes register themselves in one order."""


@pytest.fixture(autouse=True)
def the_usual_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TZ", "UTC")
    set_zone()
    yield
    monkeypatch.undo()
    set_zone()
    speak("en")
    palette.wear(palette.OKABE_ITO)
