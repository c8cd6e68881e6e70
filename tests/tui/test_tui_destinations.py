"""The practice's systems in the settings: how each stands, and what it says when it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from tests.tui.scenes.archive import asked
from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import as_it_is, lines_of, text_of
from tests.tui.tui_views import PACE, ScriptedLink, view
from torquemon.local.archive import AskState
from torquemon.local.view import SessionPhase
from torquemon.settings import KEY_IDS, Settings
from torquemon.tui.app import DashboardApp
from torquemon.tui.screens.settings import SettingsScreen

OPEN = ("6", "end", *["up"] * len(KEY_IDS), "enter")


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), timeout=40))


@asynccontextmanager
async def opened(
    recorder: ScriptedRecorder,
    *,
    size: tuple[int, int] = (120, 40),
    language: str = "en",
    controlling: bool = True,
) -> AsyncIterator[Pilot[int]]:
    """A dashboard whose destinations are open."""
    link = ScriptedLink()
    app = DashboardApp(
        link, pace=PACE, settings=Settings(language=language), archive=linked(recorder)
    )
    async with app.run_test(size=size) as pilot:
        link.put(view(phase=SessionPhase.PREPARE, insertion_id=None, controlling=controlling))
        await link.until_drawn(1)
        await pilot.press(*OPEN)
        await pilot.pause()
        yield pilot


def text(pilot: Pilot[int]) -> str:
    return text_of(lines_of(pilot))


def checks(recorder: ScriptedRecorder) -> int:
    return sum(isinstance(each, AskState) and each.check for each in recorder.asked)


async def settled(pilot: Pilot[int]) -> None:
    """What was asked of the recorder is answered, and drawn."""
    await pilot.pause()
    for worker in [each for each in pilot.app.workers if each.group in ("ask", "recorder")]:
        await worker.wait()
    await pilot.pause()


async def look(pilot: Pilot[int]) -> None:
    """The screen looks at the recorder, as its timer would have it do."""
    screen = pilot.app.screen
    assert isinstance(screen, SettingsScreen)
    screen._look()
    await settled(pilot)


@pytest.mark.parametrize("by_finger", [False, True])
def test_the_destinations_are_asked_and_their_answers_shown_when_they_come(
    by_finger: bool,  # noqa: FBT001 - a parameter
) -> None:
    async def scenario() -> None:
        recorder = asked(as_it_is)
        answers, recorder.answered = recorder.answered, ("the destinations are being asked",)
        async with opened(recorder) as pilot:
            assert "all that is due is sent on" in text(pilot)
            assert "3 waiting · the archive PACS at 10.0.0.7:104 does not answer" in text(pilot)
            assert "2 set aside · off" in text(pilot)
            assert "What they answer" not in text(pilot)
            assert checks(recorder) == 0
            if by_finger:
                await pilot.click("#destinations-ask")
            else:
                await pilot.press("enter")
            await settled(pilot)
            assert checks(recorder) == 1
            assert "the destinations are being asked" in text(pilot)
            recorder.checked = answers
            await look(pilot)
            assert "FHIR server at fhir.example answers: FHIR 4.0.1" in text(pilot)
            assert "the destinations are being asked" not in text(pilot)
            assert checks(recorder) == 1
            await pilot.press("escape")
            await pilot.pause()
            assert "3 set up, 2 with a problem, 3 waiting" in text(pilot)
            await pilot.press("enter")
            await pilot.pause()
            assert "What they answer" not in text(pilot), "an answer of before is not of now"

    run(scenario)


def test_everything_about_the_destinations_is_german_on_a_german_screen() -> None:
    async def scenario() -> None:
        async with opened(asked(as_it_is), language="de") as pilot:
            await pilot.press("enter")
            await settled(pilot)
            shown = text(pilot)
            assert "Die Ziele fragen" in shown
            assert "3 warten · das Archiv PACS unter 10.0.0.7:104 antwortet nicht" in shown
            assert "der Ordner /mnt/reports nimmt Berichte" in shown
            assert "FHIR-Server fhir.example antwortet: FHIR 4.0.1" in shown
            for english in ("takes", "answers", "waits", "does not", "set aside"):
                assert english not in shown

    run(scenario)


def test_a_dashboard_that_only_views_cannot_have_them_asked() -> None:
    async def scenario() -> None:
        recorder = asked(as_it_is)
        async with opened(recorder, controlling=False) as pilot:
            await pilot.press("enter")
            await pilot.pause()
            assert "this screen only views: nobody was asked" in text(pilot)
            assert checks(recorder) == 0

    run(scenario)


def test_without_a_destination_one_line_says_where_it_is_described() -> None:
    async def scenario() -> None:
        recorder = ScriptedRecorder()
        recorder.outbox = ()
        async with opened(recorder, size=(80, 24)) as pilot:
            assert "None is set up: docs/integration.md says how destinations.toml" in text(pilot)
            await pilot.press("enter")
            await pilot.pause()
            assert checks(recorder) == 0
            await pilot.press("escape")
            await pilot.pause()
            assert "none is set up" in text(pilot)

    run(scenario)


def test_a_recorder_that_refuses_is_told_and_the_screen_goes_on() -> None:
    async def scenario() -> None:
        recorder = asked(as_it_is)
        async with opened(recorder, language="de") as pilot:
            recorder.refusal = "a note is empty"
            await pilot.press("enter")
            await settled(pilot)
            assert "eine Notiz ist leer" in text(pilot)
            await look(pilot)
            assert "3 warten" not in text(pilot), "what was known before is not shown as known"

    run(scenario)


def test_what_a_destination_answers_is_text_and_nothing_else() -> None:
    async def scenario() -> None:
        recorder = asked(as_it_is)
        evil = "[red]a[/red] \x1b[2J\x07[@click=app.quit]b[/] \u202edc"
        (first, *_) = recorder.outbox or ()
        recorder.outbox = (first.model_copy(update={"error": evil}),)
        recorder.answered = (f"reports: {evil}",)
        async with opened(recorder) as pilot:
            await pilot.press("enter")
            await settled(pilot)
            shown = text(pilot)
            assert shown.count("[red]a[/red]") == 2
            assert shown.count("[@click=app.quit]b[/]") == 2
            assert not set("\x1b\x07\u202e") & set(shown)

    run(scenario)
