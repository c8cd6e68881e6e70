"""German says finishing a recording and leaving the program with different words, and all of it."""

from __future__ import annotations

import asyncio

import pytest

from tests.tui.tui_archive import ScriptedRecorder, insertion, linked
from tests.tui.tui_scenes import Stage, lines_of, played, text_of
from tests.tui.tui_views import view
from torquemon.local.view import SessionPhase
from torquemon.settings import Settings
from torquemon.tui.screens.archive_parts import facts_of
from torquemon.tui.words import catalogue, speak, told

ANY_SCREW = "Any screw (depth of seating unknown)"
FINISHING = (
    "target.finish", "order.finish", "key.finish", "phase.closed", "next.finish", "help.record",
    "prepare.recording", "settings.key.record",
)  # fmt: skip
LEAVING = ("settings.key.quit", "order.quit", "ask.title", "target.quit")


def test_to_finish_a_recording_and_to_quit_are_different_words() -> None:
    german = catalogue("de")
    for key in FINISHING:
        assert "beend" not in german[key].lower(), key
    assert german["target.finish"] == german["order.finish"] == "Abschließen"
    for key in LEAVING:
        assert "abschl" not in german[key].lower(), key
    assert german["history.unmark"] == "Abwählen"


@pytest.mark.parametrize("keys", [(), ("f2",), ("f2", "tab", "tab", "tab", "enter", "end")])
def test_the_screw_without_a_name_is_told_in_german(keys: tuple[str, ...]) -> None:
    async def scenario() -> None:
        shown = view(
            phase=SessionPhase.PREPARE, operator="Dr A", screw="generic", screw_name=ANY_SCREW
        )
        stage = Stage(shown, keys=keys, archive=lambda: linked(ScriptedRecorder()))
        async with played(stage, (200, 60), Settings(language="de")) as pilot:
            screen = text_of(lines_of(pilot))
            assert "Any screw" not in screen
            assert "Beliebige Schraube (Sitztiefe unbekannt)" in screen

    asyncio.run(scenario())


def test_the_record_tells_it_in_german_too() -> None:
    speak("de")
    stored = insertion(str, screw_name=ANY_SCREW)
    stored = stored.model_copy(update={"line": stored.line.model_copy(update={"screw": "generic"})})
    said = " ".join(entry.text for entry in facts_of(stored)[1])
    assert "Beliebige Schraube" in said
    assert told(f"{ANY_SCREW} is usual here") == (
        "Beliebige Schraube (Sitztiefe unbekannt) ist hier üblich"
    )
