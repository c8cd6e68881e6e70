"""The first picture: what it says, what it loads, and what becomes of a STOP pressed there."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from tests.tui.tui_scenes import lines_of, text_of
from tests.tui.tui_views import ScriptedLink, view
from torquemon.local.client import LocalLostError
from torquemon.local.messages import OrderName
from torquemon.settings import Settings
from torquemon.tui.app import DashboardApp, Links
from torquemon.tui.archive_link import ArchiveLink, no_recorder
from torquemon.tui.screens.insert import InsertScreen
from torquemon.tui.screens.waiting import EXIT_LOST, WaitingScreen
from torquemon.tui.ways import Fan
from torquemon.tui.words import catalogue

HEAVY = (
    "pydantic",
    "numpy",
    "torquemon.local.view",
    "torquemon.local.client",
    "torquemon.profiles",
)


class Held:
    """A dashboard that stays on its waiting screen until `free` is called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, language: str = "en") -> None:
        self.link = ScriptedLink()
        self._gate = asyncio.Event()
        drawn = WaitingScreen.drawn

        async def held(screen: WaitingScreen) -> None:
            await drawn(screen)
            await self._gate.wait()

        monkeypatch.setattr(WaitingScreen, "drawn", held)
        self.app = DashboardApp.waiting_for(
            lambda: Links(self.link, ArchiveLink(no_recorder)),
            settings=Settings(language=language),
        )

    def free(self) -> None:
        self._gate.set()

    async def until_shown(self) -> None:
        self.free()
        self.link.put(view(sequence=1))
        await asyncio.wait_for(self.link.until_drawn(1), timeout=20)


def test_tui_waiting_loads_no_model_before_the_first_picture() -> None:
    code = (
        "import sys, torquemon.launcher, torquemon.tui.app\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 10)])
def test_tui_waiting_says_what_it_is_and_what_stop_can_do(
    monkeypatch: pytest.MonkeyPatch, language: str, size: tuple[int, int]
) -> None:
    async def run() -> None:
        held = Held(monkeypatch, language)
        async with held.app.run_test(size=size) as pilot:
            await pilot.pause()
            shown = " ".join(text_of(lines_of(pilot)).split())
            for key in ("lost.connecting", "disclaimer", "stop.hint", "wait.release"):
                assert catalogue(language)[key] in shown

    asyncio.run(run())


@pytest.mark.parametrize("key", ["s", "f12", "touch"])
def test_tui_waiting_answers_stop_at_once_and_sends_it_first(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    async def run() -> None:
        held = Held(monkeypatch)
        async with held.app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            if key == "touch":
                await pilot.click("StopPlace")
            else:
                await pilot.press(key)
            await pilot.pause()
            shown = text_of(lines_of(pilot))
            assert "Not connected yet: release the pedal." in shown
            assert "STOP is sent as soon as the monitor answers." in shown
            assert held.link.orders == []
            await held.until_shown()
            assert held.link.orders == [(OrderName.STOP, {})]
            assert isinstance(held.app.screen, InsertScreen)
            await pilot.press("s")
            await pilot.pause()
            assert len(held.link.orders) == 2

    asyncio.run(run())


def test_tui_waiting_says_so_when_the_kept_stop_cannot_be_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> None:
        held = Held(monkeypatch)
        held.link.refusal = LocalLostError("the monitor does not answer: is it still running?")
        async with held.app.run_test(size=(120, 40)) as pilot:
            await pilot.press("f12")
            await held.until_shown()
            await pilot.pause()
            shown = text_of(lines_of(pilot))
            assert "the monitor does not answer" in shown
            assert len(held.link.orders) == 1

    asyncio.run(run())


def test_tui_waiting_sends_nothing_that_was_not_asked_and_brings_all_screens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> None:
        held = Held(monkeypatch)
        async with held.app.run_test(size=(120, 40)) as pilot:
            await pilot.press("space", "a", "r", "2", "pagedown")
            await held.until_shown()
            assert held.link.orders == []
            for place in ("prepare", "review", "history", "devices", "settings", "insert"):
                held.app.go(place)
                await pilot.pause()
                assert getattr(held.app.screen, "NAME", "") == place

    asyncio.run(run())


def test_tui_waiting_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        held = Held(monkeypatch)
        async with held.app.run_test(size=(80, 24)) as pilot:
            await pilot.press("q")
            await pilot.pause()
        assert held.app.return_code == EXIT_LOST

    asyncio.run(run())


def test_tui_waiting_has_no_place_for_stop_on_a_page_that_only_watches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> None:
        held = Held(monkeypatch)
        held.app.set_class(True, "watching")  # noqa: FBT003 - Textual's argument
        async with held.app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            assert catalogue("en")["wait.release"] not in text_of(lines_of(pilot))

    asyncio.run(run())


def test_tui_view_that_comes_while_the_application_is_left_does_no_harm() -> None:
    link = ScriptedLink()
    insert = InsertScreen(link, start_recording=False)
    assert Fan(DashboardApp(link), insert)._front() is insert  # no screen is in front any more
