"""How the screen behaves over hours and on an ordinary terminal: memory, pace, the collector."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc

import pytest

from tests.tui.tui_scenes import Stage, played
from tests.tui.tui_views import ScriptedLink, alarm, block, view
from torquemon.local.view import Band, CurveBlock, View
from torquemon.tui.app import DashboardApp
from torquemon.tui.pump import MAX_FRAMES_PER_S, Pace

TRACED, SETTLED, LATER = 30, 90, 150
MOST_GROWTH_BYTES = 30_000
"""Half a kilobyte a view. It would be 290 MB in eight hours; what is measured is far less."""


class Endless(ScriptedLink):
    """A monitor that goes on: a sample more, another number, an alarm now and then.

    It says the same again after fifty views, so that caches, which are bounded, are full by then:
    whatever still grows is kept for each view.
    """

    def __init__(self) -> None:
        super().__init__()
        self.views = 0
        self.reached: dict[int, asyncio.Event] = {
            count: asyncio.Event() for count in (TRACED, SETTLED, LATER)
        }

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        del drawn, insertion_id
        await asyncio.sleep(0)
        self.views += 1
        if self.views in self.reached:
            self.reached[self.views].set()
        count = self.views % 50
        bands = list(Band)
        shown = view(
            sequence=self.views,
            torque_ncm=count % 200 / 10,
            band=bands[count // 10 % len(bands)],
            elapsed_s=count / 20,
            alarms=(alarm(count // 7, why=f"a reason with the number {count // 7}"),),
            notice=f"notice {count // 5}",
            link={"samples": count * 50, "lost_samples": count // 3},
        )
        return shown, block([count % 90 / 10] * 50, curve_from, step_s=0.05)


def test_tui_memory_stays_as_it_is_however_many_views_are_drawn() -> None:
    """Eight hours are 576,000 views: what one view leaves behind would show within hundreds."""

    async def scenario() -> int:
        link = Endless()
        app = DashboardApp(link, pace=Pace(frame_s=0.0))
        async with app.run_test(size=(80, 24)):
            await asyncio.wait_for(link.reached[TRACED].wait(), 120)
            tracemalloc.start(1)
            try:
                await asyncio.wait_for(link.reached[SETTLED].wait(), 120)
                gc.collect()
                before = tracemalloc.get_traced_memory()[0]
                await asyncio.wait_for(link.reached[LATER].wait(), 120)
                gc.collect()
                return tracemalloc.get_traced_memory()[0] - before
            finally:
                tracemalloc.stop()

    assert asyncio.run(scenario()) < MOST_GROWTH_BYTES


def test_tui_no_more_than_twenty_frames_a_second() -> None:
    assert MAX_FRAMES_PER_S == 20
    assert Pace().frame_s == pytest.approx(1 / 20)


def test_tui_collector_is_frozen_once_up_and_never_switched_off() -> None:
    async def scenario() -> None:
        gc.unfreeze()
        async with played(Stage(view()), (80, 24)) as pilot:
            await pilot.pause()
            assert gc.get_freeze_count() > 0
            assert gc.isenabled()
            assert pilot.app.animation_level == "none"

    asyncio.run(scenario())
    gc.unfreeze()
