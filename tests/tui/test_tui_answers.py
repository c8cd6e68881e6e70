"""What was asked is answered in sight: no warning, other question or slow recorder hides it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import lines_of, text_of
from tests.tui.tui_views import PACE, ScriptedLink, view
from torquemon.local.archive import ActName, ArchiveAnswer, ArchiveRequest, Load
from torquemon.local.client import LocalError
from torquemon.local.view import SessionPhase, SoundPhase
from torquemon.settings import Settings
from torquemon.tui.app import DashboardApp
from torquemon.tui.screens.base import BaseScreen
from torquemon.tui.screens.frame import FrameScreen
from torquemon.tui.screens.others import SCREENS
from torquemon.tui.words import speak

WHY = "this computer gives no sound device: plug in a loudspeaker (failed to init device)"
SILENT = {
    "sound": SoundPhase.FAILED,
    "sound_why": WHY,
    "phase": SessionPhase.CLOSED,
    "operator": "Dr A",
}


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), timeout=40))


@asynccontextmanager
async def silent(
    recorder: ScriptedRecorder, settings: Settings | None = None
) -> AsyncIterator[tuple[Pilot[int], ScriptedLink]]:
    """A dashboard at 80 columns whose warning of NO SOUND takes the whole line."""
    link = ScriptedLink()
    app = DashboardApp(link, pace=PACE, settings=settings, archive=linked(recorder))
    async with app.run_test(size=(80, 24)) as pilot:
        link.put(view(**SILENT))
        await link.until_drawn(1)
        yield pilot, link


def notice_of(pilot: Pilot[int]) -> str:
    screen = pilot.app.screen
    assert isinstance(screen, BaseScreen)
    return text_of(lines_of(pilot)).splitlines()[screen.notice.region.y]


@pytest.mark.parametrize(
    ("refusal", "said"),
    [("", "Note: it is in the record"), ("the disk is full", "Note FAILED: the disk is full")],
)
def test_an_answer_stands_before_no_sound_until_it_is_old(refusal: str, said: str) -> None:
    async def scenario() -> None:
        recorder = ScriptedRecorder()
        async with silent(recorder) as (pilot, _):
            await pilot.press("3")
            await pilot.pause()
            assert "NO SOUND: this computer" in notice_of(pilot)
            recorder.refusal = refusal
            await pilot.press("n", "o", "k", "enter")
            await pilot.pause()
            assert said in notice_of(pilot)
            assert "NO SOUND" in text_of(lines_of(pilot))
            screen = pilot.app.screen
            assert isinstance(screen, BaseScreen)
            screen.notice.age()
            await pilot.pause()
            assert notice_of(pilot).startswith(" NO SOUND: this computer")

    run(scenario)


def test_a_new_sentence_of_the_monitor_stands_before_no_sound() -> None:
    async def scenario() -> None:
        async with silent(ScriptedRecorder()) as (pilot, link):
            link.put(view(sequence=2, **SILENT | {"notice": "a halt is latched"}))
            await link.until_drawn(2)
            await pilot.pause()
            assert notice_of(pilot).startswith(" a halt is latched")

    run(scenario)


class SlowRecorder(ScriptedRecorder):
    """Has nothing at first, and takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = 0
        self.most_waiting = 0
        self.closed = asyncio.Event()

    async def ask(self, request: ArchiveRequest) -> ArchiveAnswer:
        if isinstance(request, Load) and not self.closed.is_set():
            self.waiting += 1
            self.most_waiting = max(self.most_waiting, self.waiting)
            await self.closed.wait()
            raise LocalError("no insertion is in the record")
        return await super().ask(request)


def test_a_slow_recorder_is_not_asked_again_before_it_has_answered() -> None:
    async def scenario() -> None:
        recorder = SlowRecorder()
        async with silent(recorder) as (pilot, _):
            await pilot.press("3")
            screen = pilot.app.screen
            for _ in range(3):
                screen._ask_again()  # type: ignore[attr-defined] # what its interval does
                await pilot.pause()
            assert recorder.most_waiting == 1
            recorder.closed.set()
            await pilot.pause()
            screen._ask_again()  # type: ignore[attr-defined] # as above
            await pilot.pause()
            assert "P-100" in text_of(lines_of(pilot))
            await pilot.press("n", *"ok", "enter")
            assert [act.name for act in recorder.acts] == [ActName.NOTE]

    run(scenario)


def test_the_review_tells_in_german_what_monitor_and_record_said() -> None:
    async def scenario() -> None:
        recorder = ScriptedRecorder()
        async with silent(recorder, Settings(language="de")) as (pilot, _):
            recorder.refusal = "a note is empty"
            await pilot.press("3")
            await pilot.pause()
            assert "eine Notiz ist leer" in text_of(lines_of(pilot))

    try:
        run(scenario)
    finally:
        speak("en")


@pytest.mark.parametrize("kind", SCREENS)
def test_a_view_that_comes_before_a_screen_is_laid_out_breaks_nothing(
    kind: type[FrameScreen],
) -> None:
    screen = kind(ScriptedLink())
    screen.fresh(view(**SILENT))
    assert not screen.is_running
