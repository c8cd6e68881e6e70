"""A dashboard with a scripted monitor and a scripted recorder, in a test's hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from tests.tui.tui_archive import ScriptedRecorder, linked
from tests.tui.tui_scenes import lines_of, text_of
from tests.tui.tui_views import PACE, ScriptedLink, view
from torquemon.local.view import SessionPhase, View
from torquemon.settings import Settings
from torquemon.tui.app import DashboardApp


class Shown:
    """A dashboard in the test's hands."""

    def __init__(self, pilot: Pilot[int], link: ScriptedLink, recorder: ScriptedRecorder) -> None:
        self.pilot, self.link, self.recorder = pilot, link, recorder
        self.sequence = 1

    @property
    def text(self) -> str:
        return text_of(lines_of(self.pilot))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.fresh()

    async def touch(self, selector: str) -> None:
        await self.pilot.click(selector)
        await self.fresh()

    async def fresh(self, shown: View | None = None) -> None:
        """Another view has come and was drawn, and what was asked was answered."""
        await self.pilot.pause()
        self.sequence += 1
        shown = shown or idle()
        self.link.put(shown.model_copy(update={"sequence": self.sequence}))
        await self.link.until_drawn(self.sequence)
        await self.pilot.pause()


def idle(**changes: object) -> View:
    fields = {"phase": SessionPhase.PREPARE, "insertion_id": None, "operator": "Dr A"}
    return view(**(fields | changes))


@asynccontextmanager
async def dashboard(
    *keys: str, size: tuple[int, int] = (120, 40), settings: Settings | None = None
) -> AsyncIterator[Shown]:
    link, recorder = ScriptedLink(), ScriptedRecorder()
    app = DashboardApp(link, pace=PACE, settings=settings, archive=linked(recorder))
    async with app.run_test(size=size) as pilot:
        link.put(idle())
        await link.until_drawn(1)
        shown = Shown(pilot, link, recorder)
        for key in keys:
            await shown.press(key)
        yield shown


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), timeout=40))
