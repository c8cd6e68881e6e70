"""The loop: fetch a view, have it drawn, and only then tell the monitor that it was drawn.

The next fetch names the last view that reached the screen. A dashboard that fetches but no longer
draws therefore looks to the monitor as what it is: a blind operator.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from torquemon.local.view import CurveBlock, View
from torquemon.tui.link import LINK_ERRORS, MonitorLink
from torquemon.tui.words import say

MAX_FRAMES_PER_S: Final = 20


@dataclass(frozen=True, slots=True)
class Pace:
    """The times of the loop, in seconds."""

    frame_s: float = 1 / MAX_FRAMES_PER_S
    silence_s: float = 1.0
    """After this long without an answer the operator is told that the monitor is lost."""
    retry_s: float = 0.25


class ViewSink(Protocol):
    """Who draws."""

    def curve_position(self) -> tuple[str | None, int]:
        """Return the insertion whose curve is held, and the position to go on from."""
        ...

    def apply(self, view: View, block: CurveBlock | None) -> None:
        """Take over a view."""
        ...

    async def drawn(self) -> None:
        """Return once the view applied last stands on the screen."""
        ...

    def lose(self, why: str) -> None:
        """Say that the monitor is lost."""
        ...


class ViewPump:
    """Keeps a sink supplied, for ever; whoever started it cancels it."""

    def __init__(self, link: MonitorLink, sink: ViewSink, pace: Pace) -> None:
        self._link = link
        self._sink = sink
        self._pace = pace
        self._drawn = 0

    async def run(self) -> None:
        """Run the loop."""
        while True:
            frame = asyncio.create_task(asyncio.sleep(self._pace.frame_s))
            try:
                view, block = await self._fetch()
            except LINK_ERRORS as error:
                # The next monitor counts its views anew.
                self._drawn = 0
                self._sink.lose(str(error) or type(error).__name__)
                await asyncio.sleep(self._pace.retry_s)
                continue
            self._sink.apply(view, block)
            await self._sink.drawn()
            self._drawn = view.sequence
            await frame

    async def _fetch(self) -> tuple[View, CurveBlock | None]:
        """Fetch once. A fetch that is late is reported, but not given up: it may still come.

        Giving it up would leave its answer in the pipe, to be taken for that of the next one.
        """
        fetch = asyncio.ensure_future(self._link.fetch(self._drawn, *self._sink.curve_position()))
        try:
            done, _ = await asyncio.wait({fetch}, timeout=self._pace.silence_s)
            if not done:
                self._sink.lose(say("lost.silent", seconds=self._pace.silence_s))
            return await fetch
        finally:
            fetch.cancel()
