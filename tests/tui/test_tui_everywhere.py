"""What can be done about an alarm can be done on every screen, and the help says so."""

from __future__ import annotations

import pytest

from tests.tui.archive_stage import dashboard, idle, run
from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import Stage, lines_of, played, text_of
from tests.tui.tui_views import view
from torquemon.local.messages import OrderName
from torquemon.settings import Settings
from torquemon.tui.screens.base import BaseScreen
from torquemon.tui.words import LANGUAGES, say, speak

BOTH: list[tuple[OrderName, dict[str, str]]] = [
    (OrderName.ACKNOWLEDGE, {}),
    (OrderName.PAUSE_SOUND, {}),
]


@pytest.mark.requirement("REQ-ALM-7")
@pytest.mark.parametrize("keys", [("f2",), ("f4",), ("f5",), ("f6",), ("f7",), ("f4", "r")])
def test_alarms_are_acknowledged_and_paused_on_every_screen(keys: tuple[str, ...]) -> None:
    async def scenario() -> None:
        stage = Stage(view(), keys=(*keys, "a", "m"), archive=lambda: linked(ScriptedRecorder()))
        async with played(stage, (120, 40)) as pilot:
            front = pilot.app.screen
            assert isinstance(front, BaseScreen)
            assert front.link.orders == BOTH  # type: ignore[attr-defined] # a scripted one

    run(scenario)


@pytest.mark.parametrize("keys", [("1", *"am1"), ("4", "slash", *"am"), ("3", "n", *"am")])
def test_where_letters_are_typed_they_stay_letters(keys: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with dashboard() as shown:
            await shown.pilot.press(keys[0])
            await shown.fresh(idle())
            await shown.pilot.press(*keys[1:])
            await shown.fresh(idle())
            assert shown.link.orders == []
            assert "am" in shown.text

    run(scenario)


def test_a_key_that_was_moved_acknowledges_everywhere() -> None:
    async def scenario() -> None:
        stage = Stage(view(), keys=("f6", "a", "b"), archive=lambda: linked(ScriptedRecorder()))
        settings = Settings(keys={"acknowledge": ("b",)})
        async with played(stage, (120, 40), settings) as pilot:
            front = pilot.app.screen
            assert isinstance(front, BaseScreen)
            assert front.link.orders == BOTH[:1]  # type: ignore[attr-defined] # a scripted one

    run(scenario)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", ["f2", "f4", "f5", "f6", "f7"])
def test_the_help_of_every_screen_says_so(key: str, language: str) -> None:
    async def scenario() -> None:
        stage = Stage(view(), keys=(key, "f1"), archive=lambda: linked(ScriptedRecorder()))
        async with played(stage, (120, 40), Settings(language=language)) as pilot:
            speak(language)
            screen = text_of(lines_of(pilot))
            assert say("help.acknowledge") in screen
            assert say("help.pause") in screen

    run(scenario)
