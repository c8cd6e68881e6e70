"""What stands around every screen: the gravest alarm, the ways to the others, one language."""

from __future__ import annotations

import asyncio
import threading
from importlib import import_module

import pytest

from tests.tui.scenes.prepare import LONGEST_WHY, alarmed, planned
from tests.tui.test_tui_waiting import Held
from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import Stage, as_it_is, lines_of, played, text_of
from tests.tui.tui_views import alarm, view
from torquemon.local.messages import OrderName
from torquemon.local.view import SessionPhase
from torquemon.settings import Settings
from torquemon.tui import ways
from torquemon.tui.app import DashboardApp
from torquemon.tui.widgets.banner import AlarmBanner
from torquemon.tui.widgets.nav import MORE, PLACES, NavBar
from torquemon.tui.widgets.touch import TARGET_COLUMNS
from torquemon.tui.words import LANGUAGES, catalogue, speak, told


@pytest.mark.requirement("REQ-ALM-1")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", [place.function_key for place in PLACES])
def test_the_reason_of_the_gravest_alarm_is_uncut_on_every_screen_at_80x24(
    place: str, language: str
) -> None:
    async def walk() -> None:
        stage = Stage(alarmed(as_it_is), keys=(place,), archive=lambda: linked(ScriptedRecorder()))
        async with played(stage, (80, 24), Settings(language=language)) as pilot:
            shown = " ".join(text_of(lines_of(pilot)).split())
            speak(language)
            why = told(LONGEST_WHY)
            assert f"{why[:1].upper()}{why[1:]}." in shown

    asyncio.run(walk())


def test_before_a_recording_an_alarm_leaves_room_for_the_fields() -> None:
    async def walk() -> None:
        shown = planned(as_it_is, alarms=(alarm(why=LONGEST_WHY),))
        async with played(Stage(shown, keys=("1",)), (80, 24)) as pilot:
            screen = pilot.app.screen
            assert screen.query_one(AlarmBanner).region.height == 2
            start = screen.query_one("#tile-start")
            assert start.region.height == 3
            assert screen.query_one("#body").region.contains_region(start.region)

    asyncio.run(walk())


@pytest.mark.parametrize("size", [(80, 24), (70, 24), (48, 24), (120, 40)])
def test_every_screen_is_reached_by_a_finger_from_every_other(size: tuple[int, int]) -> None:
    async def walk() -> None:
        stage = Stage(planned(as_it_is), keys=("f2",), archive=lambda: linked(ScriptedRecorder()))
        async with played(stage, size) as pilot:
            app = pilot.app
            assert isinstance(app, DashboardApp)
            for start in PLACES:
                for goal in PLACES:
                    if "insert" in (start.name, goal.name):
                        continue  # its own bar: see test_tui_touch
                    app.go(start.name)
                    await pilot.pause()
                    await touch_through(app, goal.name, pilot.click)
                    await pilot.pause()
                    assert getattr(app.screen, "NAME", "") == goal.name

    async def touch_through(app: DashboardApp, goal: str, click: object) -> None:
        for _ in PLACES:
            bar = app.screen.query_one(NavBar)
            fields = {name: (start, end) for start, end, name in bar._fields}
            assert all(end - start >= TARGET_COLUMNS for start, end in fields.values())
            start, end = fields.get(goal) or fields[MORE]
            assert callable(click)
            await click(NavBar, offset=((start + end) // 2, 1))
            if goal in fields:
                return
            app.screen._compositor.render_strips()
        raise AssertionError(f"{goal} is out of reach")

    asyncio.run(walk())


def test_another_language_is_spoken_on_every_screen_at_once() -> None:
    async def walk() -> None:
        stage = Stage(
            planned(as_it_is), keys=("f2", "f3", "f7"), archive=lambda: linked(ScriptedRecorder())
        )
        async with played(stage, (120, 40)) as pilot:
            app = pilot.app
            assert isinstance(app, DashboardApp)
            app.use(Settings(language="de"))
            english = {"PREPARE", "WARNINGS ONLY", "SIMULATED", "NOT RECORDING", "Settings"}
            for place in PLACES:
                app.go(place.name)
                await pilot.pause()
                shown = text_of(lines_of(pilot))
                assert "SIMULIERT" in shown, place
                assert [words for words in english if words in shown] == [], place
            app.go("insert")
            await pilot.press("question_mark")
            await pilot.pause()
            assert catalogue("de")["help.rotation"] in text_of(lines_of(pilot))

    asyncio.run(walk())


@pytest.mark.requirement("REQ-LEASE-1")
def test_a_recording_asked_for_on_the_command_line_waits_until_the_screens_are_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Loading them may take longer than the second after which the operator counts as gone."""
    loading, go_on = threading.Event(), threading.Event()

    def slow(module: str) -> object:
        if module == ways.OTHERS:
            loading.set()
            go_on.wait(20)
        return import_module(module)

    async def walk() -> None:
        monkeypatch.setattr(ways, "import_module", slow)
        held = Held(monkeypatch)
        held.app._start_recording = True
        before = view(phase=SessionPhase.PREPARE)
        async with held.app.run_test(size=(120, 40)):
            held.free()
            for sequence in (1, 2, 3):
                held.link.put(before.model_copy(update={"sequence": sequence}))
                await asyncio.wait_for(held.link.until_drawn(sequence), timeout=20)
            assert loading.is_set()
            assert held.link.orders == []
            go_on.set()
            loaders = [worker for worker in held.app.workers if worker.group == "complete"]
            await held.app.workers.wait_for_complete(loaders)
            assert held.app.furnished
            unseen = before.model_copy(update={"sequence": 4, "operator_present": False})
            held.link.put(unseen)
            await asyncio.wait_for(held.link.until_drawn(4), timeout=20)
            assert held.link.orders == []
            for sequence in (5, 6):
                held.link.put(before.model_copy(update={"sequence": sequence}))
                await asyncio.wait_for(held.link.until_drawn(sequence), timeout=20)
            assert held.link.orders == [(OrderName.START, {})]

    asyncio.run(walk())
