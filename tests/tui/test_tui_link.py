"""The loop and the reconnecting link, without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.tui.tui_views import PACE, ScriptedLink, view
from torquemon.local.client import LocalError, LocalLostError
from torquemon.local.messages import OrderName
from torquemon.local.view import CurveBlock, View
from torquemon.tui.link import MonitorLink, ReconnectingLink
from torquemon.tui.pump import ViewPump


class Sink:
    """Draws a view only when it is allowed to."""

    def __init__(self) -> None:
        self.applied: list[int] = []
        self.lost: list[str] = []
        self.may_draw = asyncio.Event()

    def curve_position(self) -> tuple[str | None, int]:
        return None, 0

    def apply(self, view: View, block: CurveBlock | None) -> None:
        del block
        self.applied.append(view.sequence)

    async def drawn(self) -> None:
        await self.may_draw.wait()

    def lose(self, why: str) -> None:
        self.lost.append(why)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), timeout=10))


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.requirement("REQ-SHOW-3")
def test_tui_view_that_is_not_drawn_is_never_reported() -> None:
    async def scenario() -> None:
        link, sink = ScriptedLink(), Sink()
        link.put(view(sequence=7))
        task = asyncio.create_task(ViewPump(link, sink, PACE).run())
        await settle()
        assert sink.applied == [7]
        assert link.drawn == [0]
        sink.may_draw.set()
        await link.until_drawn(7)
        task.cancel()

    run(scenario)


def test_tui_count_of_drawn_views_begins_anew_after_a_loss() -> None:
    async def scenario() -> None:
        link, sink = ScriptedLink(), Sink()
        sink.may_draw.set()
        link.put(view(sequence=900))
        link.fail(LocalLostError("gone"))
        link.put(view(sequence=1))
        task = asyncio.create_task(ViewPump(link, sink, PACE).run())
        await link.until_drawn(900)
        await link.until_drawn(1, after=3)
        assert link.drawn == [0, 900, 0, 1]
        assert sink.lost == ["gone"]
        task.cancel()

    run(scenario)


def test_tui_lost_link_is_opened_again_and_a_refusal_keeps_it() -> None:
    async def scenario() -> None:
        opened: list[ScriptedLink] = []

        async def connect() -> MonitorLink:
            opened.append(Quiet())
            return opened[-1]

        link = ReconnectingLink(connect)
        assert await link.order(OrderName.STOP) == "Done: stop."
        opened[0].refusal = LocalError("engaged")
        with pytest.raises(LocalError):
            await link.order(OrderName.TARE)
        assert len(opened) == 1
        opened[0].fail(LocalLostError("reset"))
        with pytest.raises(LocalLostError):
            await link.fetch(0, None, 0)
        assert await link.order(OrderName.STOP) == "Done: stop."
        assert len(opened) == 2
        opened[1].refusal = LocalLostError("reset")
        with pytest.raises(LocalLostError):
            await link.order(OrderName.STOP)
        await link.close()
        assert opened[1].orders == [(OrderName.STOP, {}), (OrderName.STOP, {})]

    run(scenario)


class Quiet(ScriptedLink):
    """A link that may be closed."""

    async def close(self) -> None:
        return None
