"""What every test of the dashboard runs in: a terminal of 24-bit colours, and English."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tui.tui_scenes import SCENES
from torquemon.tui import palette
from torquemon.tui.words import speak

REGISTERED = SCENES
"""Loaded before any test module, so that the scenes register themselves in one order."""


@pytest.fixture(autouse=True)
def the_usual_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)
    yield
    speak("en")
    palette.wear(palette.OKABE_ITO)
