"""The log of alarms on a short terminal: all of it can be reached, and what is left out is told."""

from __future__ import annotations

import asyncio
from itertools import cycle

import pytest

from tests.tui.tui_scenes import Stage, lines_of, played, text_of
from tests.tui.tui_views import verdict, view
from torquemon.local.messages import OrderName
from torquemon.local.states import AlarmStep
from torquemon.local.view import AlarmEventView, SessionPhase, View
from torquemon.model import AlertCode, Priority
from torquemon.tui.paint import Line
from torquemon.tui.widgets.alarm_log import AlarmLogPanel
from torquemon.tui.widgets.verdict import VerdictPanel


def logged(count: int) -> tuple[AlarmEventView, ...]:
    steps = cycle(AlarmStep)
    return tuple(
        AlarmEventView(
            number=number,
            step=next(steps),
            code=AlertCode.NEAR_LIMIT,
            priority=Priority.WARNING,
            utc=f"2026-03-01T10:{number:02d}:00+00:00",
            time_s=4.5,
        )
        for number in range(count)
    )


def closed(**changes: object) -> View:
    return view(phase=SessionPhase.CLOSED, verdict=verdict(), **changes)


@pytest.mark.requirement("REQ-ALM-7")
def test_tui_log_at_80x24_takes_the_place_of_the_verdict_and_scrolls() -> None:
    async def scenario() -> None:
        async with played(Stage(closed(alarm_log=logged(20)), keys=("l",)), (80, 24)) as pilot:
            log, judged = (
                pilot.app.screen.query_one(AlarmLogPanel),
                pilot.app.screen.query_one(VerdictPanel),
            )
            assert not judged.region
            screen = text_of(lines_of(pilot))
            assert log.region.height >= 5
            assert "10:19:00" in screen
            assert "▼" in screen
            seen = screen
            for _ in range(20):
                await pilot.press("down")
                await pilot.pause()
                seen += text_of(lines_of(pilot))
            assert all(f"10:{number:02d}:00" in seen for number in range(20))
            assert "10:00:00" in text_of(lines_of(pilot))
            await pilot.press("home", "escape")
            await pilot.pause()
            assert judged.region
            await pilot.press("l")
            await pilot.pause()
            await pilot.click("#log", offset=(5, log.region.height - 1))
            await pilot.pause()
            assert "10:19:00" not in text_of(lines_of(pilot))

    asyncio.run(scenario())


def test_tui_keys_of_the_screen_go_on_while_the_log_is_open() -> None:
    async def scenario() -> None:
        stage = Stage(view(alarm_log=logged(20)), keys=("l", "down", "a", "m", "s", "space"))
        async with played(stage, (80, 24)) as pilot:
            link = pilot.app.screen.link  # type: ignore[attr-defined] # of this product
            assert [order for order, _ in link.orders] == [
                OrderName.ACKNOWLEDGE,
                OrderName.PAUSE_SOUND,
                OrderName.STOP,
                OrderName.FINISH,
            ]

    asyncio.run(scenario())


def rows(lines: list[Line]) -> list[str]:
    return ["".join(part.text for part in line) for line in lines]


def test_what_was_scrolled_to_stays_in_sight_while_the_log_grows() -> None:
    log = AlarmLogPanel(id="log")
    log.show(view(alarm_log=logged(10)))
    log.action_scroll_by(4)
    before = rows(log.paint(60, 4))
    assert before[1].rstrip().endswith("▲")
    assert before[-1].rstrip().endswith("▼")
    log.show(view(alarm_log=logged(12)))
    assert rows(log.paint(60, 4)) == before
    log.action_scroll_by(100)
    last = rows(log.paint(60, 4))
    assert "10:00:00" in last[-1]
    assert "▼" not in "".join(last)
    assert all(len(row) <= 60 for row in last)


@pytest.mark.parametrize("height", [1, 2, 3])
def test_a_log_of_few_rows_tells_what_is_left_out(height: int) -> None:
    log = AlarmLogPanel(id="log")
    log.show(view(alarm_log=logged(10)))
    log.action_scroll_by(4)
    shown = rows(log.paint(60, height))
    assert len(shown) == height
    if height > 1:
        assert any(sign in "".join(shown) for sign in "▲▼↕")
