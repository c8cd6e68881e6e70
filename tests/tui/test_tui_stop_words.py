"""The field that stops the motor says so in whole letters, on every screen and terminal."""

from __future__ import annotations

import asyncio

import pytest

from tests.tui.archive_stage import dashboard
from torquemon.tui.app import DashboardApp
from torquemon.tui.paint import Painted
from torquemon.tui.widgets.keys import StopButton
from torquemon.tui.widgets.nav import PLACES

SIZES = [
    (48, 24), (70, 24), (70, 40), (80, 24), (80, 40), (80, 60), (99, 60),
    (100, 60), (120, 40), (159, 60), (160, 60), (200, 60),
]  # fmt: skip


@pytest.mark.requirement("REQ-STOP-8")
@pytest.mark.parametrize("size", SIZES)
def test_the_stop_lettering_is_whole_on_every_screen(size: tuple[int, int]) -> None:
    async def walk() -> None:
        async with dashboard(size=size) as shown:
            app = shown.pilot.app
            assert isinstance(app, DashboardApp)
            for place in PLACES:
                app.go(place.name)
                await shown.fresh()
                screen = app.screen
                stop = screen.query_one(StopButton)
                assert screen.region.contains_region(stop.region), place.name
                assert _cut(stop) == [], place.name

    asyncio.run(walk())


def _cut(painted: Painted) -> list[str]:
    region = painted.size
    lines = painted.paint(region.width, region.height)
    rows = ["".join(part.text for part in line) for line in lines]
    return [row for row in rows if "…" in row]
