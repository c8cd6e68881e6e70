"""Every time on a screen is the chair's own: what its clock on the wall says."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.tui.archive_stage import dashboard, run
from tests.tui.tui_scenes import Stage, lines_of, played, text_of
from tests.tui.tui_views import view
from torquemon.local.states import AlarmStep
from torquemon.local.view import AlarmEventView
from torquemon.model import AlertCode, Priority
from torquemon.tui.local_time import day_of, minute_of, second_of
from torquemon.tui.screens.replay import ReplayScreen

needs_zones = pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone is the system's")


@pytest.fixture
def east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Five and a half hours before UTC, without the zones' data base."""
    monkeypatch.setenv("TZ", "EAST-5:30")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@needs_zones
@pytest.mark.usefixtures("east")
def test_a_moment_is_told_in_the_zone_of_the_chair() -> None:
    assert minute_of("2026-03-01T09:30:00+00:00") == "2026-03-01 15:00"
    assert minute_of("2026-03-01T09:30:00+02:00") == "2026-03-01 13:00"
    assert minute_of("2026-03-01T09:30:00") == "2026-03-01 15:00"
    assert second_of("2026-03-01T20:00:07.5+00:00") == "01:30:07"
    assert day_of("2026-03-01T20:00:07+00:00") == "2026-03-02"
    assert day_of("2008-05-01") == "2008-05-01"


@pytest.mark.parametrize("said", ["", "soon", "2026-13-45T09:30:00+00:00", "0001-01-01T00:00:00"])
def test_what_is_no_moment_is_told_as_it_stands_there(said: str) -> None:
    assert minute_of(said) in (said, said[:16].replace("T", " "))
    assert second_of(said) in (said, said[11:19])


@needs_zones
@pytest.mark.usefixtures("east")
@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (("4",), "2026-03-01 15:00"),
        (("3",), "2026-03-01 15:00"),
        (("3", "l"), "2026-03-01 15:10"),
        (("3", "r", "space"), "2026-03-01 15:00"),
        (("4", "c", "down", "c", "v"), "2026-03-01 15:00"),
    ],
)
def test_the_record_is_shown_in_the_chairs_own_time(keys: tuple[str, ...], wanted: str) -> None:
    async def scenario() -> None:
        async with dashboard(*keys, size=(200, 60)) as shown:
            if isinstance(shown.pilot.app.screen, ReplayScreen):
                await shown.fresh()
                shown.pilot.app.screen.play(0.1)
                await shown.fresh()
            assert wanted in shown.text
            assert "09:30" not in shown.text

    run(scenario)


@needs_zones
@pytest.mark.usefixtures("east")
def test_the_log_of_alarms_is_in_the_chairs_own_time() -> None:
    event = AlarmEventView(
        number=1,
        step=AlarmStep.RAISED,
        code=AlertCode.STALE_DATA,
        priority=Priority.ALARM,
        utc="2026-03-01T10:00:02+00:00",
        time_s=4.5,
    )

    async def scenario() -> None:
        async with played(Stage(view(alarm_log=(event,)), keys=("l",)), (120, 40)) as pilot:
            screen = text_of(lines_of(pilot))
            assert "15:30:02" in screen
            assert "02Z" not in screen

    run(scenario)
