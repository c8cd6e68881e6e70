"""Alarms on the insert screen: uncut, at every size, with STOP beside them; sound, log, axis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.tui.tui_scenes import Stage, lines_of, played, text_of
from tests.tui.tui_views import SIZES, ScriptedLink, alarm, block, view
from torquemon.local.client import LocalError
from torquemon.local.messages import OrderName
from torquemon.local.view import (
    AlarmEventView,
    AlarmStep,
    Band,
    CurveBlock,
    DepthMark,
    DepthMarkView,
    SessionPhase,
    SoundPhase,
)
from torquemon.model import AlertCode, Priority
from torquemon.settings import Settings
from torquemon.tui.widgets.banner import FLASH, AlarmBanner
from torquemon.tui.widgets.curve import ANGLE, TIME, TorqueCurve
from torquemon.tui.widgets.keys import StopButton
from torquemon.tui.widgets.state_strip import StateStrip
from torquemon.tui.words import LANGUAGES

LONG = (
    "possible root contact: torque rose 14.2 N·cm above the running trend within 36 degrees (142 "
    "N·cm per turn, running slope 2.0) at 4.1 mm nominal depth; neither cortex, taper, restart nor "
    "the seat at 9.0 mm explains it"
)
SMALL = [(80, 24), (80, 17), (69, 24), (60, 20), (50, 16), (40, 12), (40, 10)]


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(test(), timeout=30)

    asyncio.run(bounded())


@pytest.mark.requirement("REQ-ALM-3", "REQ-STOP-8")
@pytest.mark.parametrize("size", SMALL)
def test_tui_no_terminal_is_too_small_for_the_gravest_alarm_and_stop(
    size: tuple[int, int],
) -> None:
    links: list[ScriptedLink] = []

    def link() -> ScriptedLink:
        links.append(ScriptedLink())
        return links[-1]

    async def scenario() -> None:
        shown = view(alarms=(alarm(2, why=LONG), alarm(1, code=AlertCode.NOT_ARMED)))
        async with played(Stage(shown, link=link), size) as pilot:
            screen = text_of(lines_of(pilot))
            assert "possible root contact" in screen
            assert "Possible root contact: torque rose" in " ".join(screen.split())
            assert "STOP" in screen
            region = pilot.app.screen.query_one(StopButton).region
            assert region.height >= (3 if size[1] >= 17 else 1)
            assert region.bottom <= size[1]
            await pilot.click(StopButton)
            await pilot.pause()
            assert links[0].orders == [(OrderName.STOP, {})]

    run(scenario)


@pytest.mark.requirement("REQ-ALM-3")
@pytest.mark.parametrize("size", SIZES)
def test_tui_reason_of_the_gravest_alarm_is_not_cut(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with played(Stage(view(alarms=(alarm(why=LONG),))), size) as pilot:
            region = pilot.app.screen.query_one(AlarmBanner).region
            banner = text_of(lines_of(pilot)[region.y : region.bottom])
            assert " ".join(LONG.split()[1:]) in " ".join(banner.split())

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-2")
def test_tui_loss_of_the_monitor_is_told_uncut_at_80x24() -> None:
    async def scenario() -> None:
        why = "The monitor does not answer: " + " ".join(f"word{n}" for n in range(20))
        for language in LANGUAGES:
            stage = Stage(LocalError(why))
            async with played(stage, (80, 24), Settings(language=language)) as pilot:
                screen = " ".join(text_of(lines_of(pilot)).split())
                assert "word19" in screen
                last = {"en": "kept by the monitor.", "de": "bewahrt der Monitor."}
                assert last[language] in screen

    run(scenario)


@pytest.mark.requirement("REQ-SHOW-4")
def test_tui_an_alarm_flashes_by_class_and_its_text_stays() -> None:
    async def scenario() -> None:
        async with played(Stage(view(alarms=(alarm(),))), (120, 40)) as pilot:
            banner = pilot.app.screen.query_one(AlarmBanner)
            seen: set[bool] = set()
            styles = set()
            while seen != {True, False}:
                await pilot.pause(0.05)
                lines = lines_of(pilot)
                assert "possible root contact  NEW, holds" in text_of(lines)
                seen.add(banner.has_class(FLASH))
                styles.add(str(lines[banner.region.y][0].style))
            assert len(styles) == 2

    run(scenario)


def test_tui_what_was_acknowledged_does_not_flash() -> None:
    async def scenario() -> None:
        shown = view(alarms=(alarm(acknowledged=True),))
        async with played(Stage(shown), (120, 40)) as pilot:
            banner = pilot.app.screen.query_one(AlarmBanner)
            banner.add_class(FLASH)
            banner._flash()
            banner._flash()
            assert not banner.has_class(FLASH)
            assert banner.display

    run(scenario)


def test_tui_an_alarm_that_is_over_and_acknowledged_leaves_the_banner() -> None:
    async def scenario() -> None:
        shown = view(alarms=(alarm(acknowledged=True, active=False),))
        async with played(Stage(shown), (120, 40)) as pilot:
            assert not pilot.app.screen.query_one(AlarmBanner).display
            assert "seen, over" in text_of(lines_of(pilot))

    run(scenario)


@pytest.mark.requirement("REQ-ALM-6")
@pytest.mark.parametrize("size", [(40, 10), *SIZES])
def test_tui_pause_of_the_sound_counts_down_in_sight(size: tuple[int, int]) -> None:
    async def scenario() -> None:
        async with played(Stage(view(sound_paused_s=16.2)), size) as pilot:
            assert "SOUND PAUSED 17 s" in text_of(lines_of(pilot))

    run(scenario)


@pytest.mark.requirement("REQ-ALM-6")
def test_tui_m_pauses_the_sound() -> None:
    links: list[ScriptedLink] = []

    def link() -> ScriptedLink:
        links.append(ScriptedLink())
        return links[-1]

    async def scenario() -> None:
        async with played(Stage(view(), keys=("m",), link=link), (80, 24)):
            assert links[0].orders == [(OrderName.PAUSE_SOUND, {})]

    run(scenario)


@pytest.mark.parametrize("phase", [SoundPhase.NONE, SoundPhase.FAILED])
def test_tui_missing_sound_is_told_with_its_reason(phase: SoundPhase) -> None:
    async def scenario() -> None:
        shown = view(sound=phase, sound_why="no loudspeaker is there")
        async with played(Stage(shown), (80, 24)) as pilot:
            screen = text_of(lines_of(pilot))
            assert " NO SOUND " in screen
            assert "no loudspeaker is there" in screen

    run(scenario)


@pytest.mark.requirement("REQ-ALM-7")
def test_tui_log_tells_what_became_of_alarms_the_newest_first() -> None:
    events = tuple(
        AlarmEventView(
            number=number,
            step=step,
            code=AlertCode.STALE_DATA,
            priority=Priority.ALARM,
            utc=f"2026-03-01T10:00:0{number}+00:00",
            time_s=4.5,
        )
        for number, step in enumerate(AlarmStep)
    )

    async def scenario() -> None:
        async with played(Stage(view(alarm_log=events), keys=("l",)), (80, 24)) as pilot:
            screen = text_of(lines_of(pilot))
            places = [screen.index(word) for word in ("cleared", "acknowledged", "raised")]
            assert places == sorted(places)
            assert "10:00:02" in screen
            await pilot.press("l")
            await pilot.pause()
            assert "Log of alarms" not in text_of(lines_of(pilot))

    run(scenario)


def turned(count: int = 4000, turns: float = 8.0) -> CurveBlock:
    plain = block([0.002 * index for index in range(count)])
    angles = tuple(100.0 + 360 * turns * index / count for index in range(count))
    return plain.model_copy(update={"angle_deg": angles})


MARKS = tuple(
    DepthMarkView(mark=mark, depth_mm=depth)
    for mark, depth in zip(DepthMark, (2.0, 4.0, 7.0, 9.0), strict=True)
)


def test_tui_curve_over_angle_marks_depths_before_they_are_reached() -> None:
    shown = view(depth_marks=MARKS, pitch_mm=0.7, engaged_deg=180.0, alarms=(alarm(time_s=2.0),))

    async def scenario() -> None:
        settings = Settings(curve="angle")
        async with played(Stage(shown, turned()), (120, 40), settings) as pilot:
            curve = pilot.app.screen.query_one(TorqueCurve)
            screen = text_of(lines_of(pilot))
            for words in ("16 turns", "┊cortex", "┊4 mm", "┊taper", "┊seat", "▼"):
                assert words in screen
            await pilot.press("x")
            await pilot.pause()
            screen = text_of(lines_of(pilot))
            assert curve.over == TIME
            assert "30 s" in screen
            assert "┊cortex" in screen
            assert "┊seat" not in screen

    run(scenario)


def test_tui_curve_without_angle_says_that_it_is_over_time() -> None:
    curve = TorqueCurve(over=ANGLE)
    curve.show(view(depth_marks=MARKS, pitch_mm=0.7), block([8.0] * 100))
    drawn = "".join(segment.text for segment in curve.paint(100, 20)[-1])
    assert curve.over == TIME
    assert "no angle: over time" in drawn


@pytest.mark.requirement("REQ-SHOW-4")
@pytest.mark.parametrize("language", LANGUAGES)
def test_tui_words_of_the_strip_fit_at_80_columns(language: str) -> None:
    async def scenario() -> None:
        stage = Stage(view(phase=SessionPhase.CLOSED, worst_band=Band.CONTACT))
        async with played(stage, (80, 24), Settings(language=language)) as pilot:
            region = pilot.app.screen.query_one(StateStrip).region
            assert "…" not in text_of(lines_of(pilot)[region.y : region.bottom])
        async with played(stage, (80, 23), Settings(language=language)) as pilot:
            keys = text_of(lines_of(pilot))[-80:]
            assert keys.rstrip().endswith({"en": "Quit", "de": "Aus"}[language])

    run(scenario)
