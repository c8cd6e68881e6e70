"""The help of a screen that only looks on says what it can do, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from tests.tui.tui_scenes import Stage, lines_of, played, text_of
from tests.tui.tui_views import view
from torquemon.settings import Settings
from torquemon.tui.widgets.panels import KeysPanel, explain_keys
from torquemon.tui.words import LANGUAGES, say, speak

ORDERS = ("record", "acknowledge", "pause", "arm", "tare", "prepare", "quit")


@pytest.mark.requirement("REQ-STOP-8")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("watching", [True, False])
def test_help_of_a_screen_that_orders_nothing_lists_no_orders(
    watching: bool,  # noqa: FBT001 - a parameter of the test
    language: str,
) -> None:
    async def scenario() -> None:
        settings = Settings(language=language)
        async with played(Stage(view(controlling=False)), (120, 40), settings) as pilot:
            pilot.app.set_class(watching, "watching")
            await pilot.press("question_mark")
            await pilot.pause()
            screen = " ".join(text_of(lines_of(pilot)).split())
            speak(language)
            assert [name for name in ORDERS if say(f"help.{name}") in screen] == []
            assert (say("help.stop") in screen) is not watching
            assert (say("help.watch") in screen) is watching
            for name in ("axis", "log", "leave", "close"):
                assert say(f"help.{name}") in screen

    asyncio.run(scenario())


def test_help_of_the_controlling_screen_lists_all() -> None:
    panel = KeysPanel(id="help")
    explain_keys(panel, Settings())
    said = "".join(part.text for line in panel.paint(100, 40) for part in line)
    assert all(say(f"help.{name}") in said for name in (*ORDERS, "stop"))
