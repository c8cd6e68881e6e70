"""A pedal is one key: held through the application, it finishes; let go early, it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import lines_of, text_of
from tests.tui.tui_views import PACE, ScriptedLink, view
from torquemon.clock import ManualClock
from torquemon.local.messages import OrderName
from torquemon.settings import Settings
from torquemon.tui.app import DashboardApp

FIRST_REPEAT_S = 0.5
REPEAT_S = 0.05


class Foot:
    """A pedal under a foot: a keyboard's key, first event, a pause, then repeats."""

    def __init__(self, pilot: Pilot[int], link: ScriptedLink, clock: ManualClock) -> None:
        self.pilot, self.link, self._clock = pilot, link, clock

    async def hold(self, seconds: float, key: str = "pagedown") -> None:
        await self.pilot.press(key)
        held_s, wait_s = 0.0, FIRST_REPEAT_S
        while held_s + wait_s <= seconds:
            self._clock.advance(wait_s)
            held_s, wait_s = held_s + wait_s, REPEAT_S
            await self.pilot.press(key)
        self._clock.advance(2.0)
        await self.pilot.pause()

    @property
    def orders(self) -> list[OrderName]:
        return [name for name, _ in self.link.orders]


@asynccontextmanager
async def recording(screen: str, settings: Settings | None = None) -> AsyncIterator[Foot]:
    link, clock = ScriptedLink(), ManualClock()
    app = DashboardApp(
        link, pace=PACE, clock=clock, settings=settings, archive=linked(ScriptedRecorder())
    )
    async with app.run_test(size=(80, 24)) as pilot:
        link.put(view())
        await link.until_drawn(1)
        await pilot.press(screen)
        await pilot.pause()
        yield Foot(pilot, link, clock)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), timeout=40))


@pytest.mark.parametrize("screen", ["2", "1", "3"])
def test_a_held_pedal_finishes_the_recording_once_from_any_screen(screen: str) -> None:
    async def scenario() -> None:
        async with recording(screen) as foot:
            await foot.hold(3.0)
            assert foot.orders == [OrderName.FINISH]
            await foot.hold(1.0)
            assert foot.orders == [OrderName.FINISH] * 2

    run(scenario)


def test_a_short_press_of_the_pedal_only_tells_what_holding_it_does() -> None:
    async def scenario() -> None:
        async with recording("2") as foot:
            for seconds in (0.0, 0.6):
                await foot.hold(seconds)
            assert foot.orders == []
            assert "hold" in text_of(lines_of(foot.pilot)).lower()

    run(scenario)


def test_a_pedal_that_sends_another_key_is_held_with_that_one() -> None:
    async def scenario() -> None:
        async with recording("2", Settings(keys={"next": ("b",)})) as foot:
            await foot.hold(1.0)
            assert foot.orders == []
            await foot.hold(1.0, "b")
            assert foot.orders == [OrderName.FINISH]

    run(scenario)
