"""What reaches the terminal: contrast of every cell, and no character that a terminal obeys."""

from __future__ import annotations

import asyncio
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.color import Color
from rich.segment import Segment

from tests.tui.tui_views import PACE, SIZES, ScriptedLink, alarm, block, device, verdict, view
from torquemon.local.client import LocalError
from torquemon.local.view import ArmPhase, Band, CurveBlock, LinkPhase, SessionPhase, StopView, View
from torquemon.model import Priority, StopReason
from torquemon.tui import palette
from torquemon.tui.app import DashboardApp
from torquemon.tui.widgets.digits import TorqueNumber
from torquemon.tui.widgets.state_strip import StateStrip

NOT_TEXT = set(" ▓")
"""Cells without a sign to be read."""


async def rendered(
    shown: View | Exception,
    size: tuple[int, int],
    *,
    curve: CurveBlock | None = None,
    keys: tuple[str, ...] = (),
) -> tuple[list[list[Segment]], list[tuple[int, int]]]:
    """Return the lines of the screen, and the rows of number and state."""
    link = ScriptedLink()
    app = DashboardApp(link, pace=PACE)
    async with app.run_test(size=size) as pilot:
        if isinstance(shown, Exception):
            link.put(view())
            await link.until_drawn(1)
            link.fail(shown)
            await pilot.pause()
        else:
            link.put(shown, curve)
            await link.until_drawn(shown.sequence)
        await pilot.press(*keys)
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        areas = [
            (widget.region.y, widget.region.bottom)
            for widget in (app.screen.query_one(TorqueNumber), app.screen.query_one(StateStrip))
        ]
        return [list(strip) for strip in strips], areas


def luminance(colour: tuple[int, int, int]) -> float:
    parts = [part / 255 for part in colour]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(segment: Segment) -> float:
    style = segment.style
    assert style is not None
    assert style.color is not None
    assert style.bgcolor is not None
    ink, ground = style.color.get_truecolor(), style.bgcolor.get_truecolor()
    if set(segment.text) == {"█"} and ink == ground:
        # A filled cell is seen against what is around it: at worst the raised panel, or STOP.
        around = palette.VERMILLION if luminance(ink) == 0 else palette.BACKGROUND
        ground = Color.parse(around).get_truecolor()
    if style.reverse:
        ink, ground = ground, ink
    light, dark = sorted((luminance(ink), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


FULL = {
    "alarms": (alarm(3), alarm(2, priority=Priority.WARNING), alarm(1, acknowledged=True)),
    "stop": StopView(reason=StopReason.THRESHOLD, torque_ncm=12.0, text="Halted at 12.0 N·cm."),
    "storage": "The disk is full.",
    "notice": "Armed.",
}
SCENES: list[tuple[View | Exception, tuple[str, ...]]] = [
    *((view(band=band, worst_band=band, **FULL), ()) for band in Band),
    *(
        (view(arm={"phase": phase}, link={"phase": link}, controlling=False), ())
        for phase, link in zip(ArmPhase, LinkPhase, strict=True)
    ),
    (view(phase=SessionPhase.PREPARE), ()),
    (view(phase=SessionPhase.PREPARE), ("p",)),
    (view(phase=SessionPhase.PREPARE), ("p", "tab")),
    (view(phase=SessionPhase.CLOSED, verdict=verdict()), ("question_mark",)),
    (view(), ("q",)),
    (LocalError("The monitor closed the connection."), ()),
]


@pytest.mark.requirement("REQ-SHOW-4")
@pytest.mark.parametrize("scene", range(len(SCENES)))
def test_tui_contrast_of_everything_that_is_rendered(scene: int) -> None:
    shown, keys = SCENES[scene]
    curve = block([0.002 * index for index in range(6000)])
    lines, areas = asyncio.run(rendered(shown, (120, 40), curve=curve, keys=keys))
    weak = []
    for y, line in enumerate(lines):
        least = 7.0 if any(top <= y < bottom for top, bottom in areas) else 4.5
        x = 0
        for segment in line:
            side = x >= 71  # beside the number stand the gauge and the panels
            wanted = 4.5 if side and y >= areas[0][0] else least
            x += segment.cell_length
            if set(segment.text) - NOT_TEXT and contrast(segment) < wanted:
                weak.append((y, segment.text, round(contrast(segment), 2)))
    assert weak == []


OBEYED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
hostile = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "\x1b]0;owned\x07\x1b[2J",
            "[red]markup[/red] [@click=app.exit]x[/]",
            "\u202egnitrever\u2066",
            "a\r\nb\tc\x9b31m",
            "A" * 10_000,
            "\u0301" * 500,
            "漢字" * 200,
            "[/",
            "\\[",
        ]
    ),
)


@pytest.mark.requirement("REQ-SEC-1")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(hostile, min_size=17, max_size=17), st.sampled_from(SIZES))
def test_tui_text_from_outside_is_harmless(texts: list[str], size: tuple[int, int]) -> None:
    give = iter(texts)
    shown = view(
        patient=next(give),
        site_name=next(give),
        screw_name=next(give),
        window_source=next(give),
        window_choice=next(give),
        insertion_phase=next(give),
        storage=next(give),
        notice=next(give),
        link={"text": next(give), "port": next(give)},
        arm={"reasons": (next(give), next(give))},
        device=device(maker=next(give), serial=next(give), calibrated=next(give)),
        alarms=(alarm(why=next(give)),),
        verdict=verdict().model_copy(update={"why": next(give)}),
    )
    for phase, keys in ((SessionPhase.CLOSED, ()), (SessionPhase.PREPARE, ("p",))):
        scene = shown.model_copy(update={"phase": phase})
        lines, _ = asyncio.run(rendered(scene, size, keys=keys))
        harmless(lines, size)


@pytest.mark.requirement("REQ-SEC-1")
@pytest.mark.parametrize("words", ["\x1b[2J[red]x[/red]\u202e", "A" * 10_000])
def test_tui_reason_of_a_loss_is_harmless(words: str) -> None:
    lines, _ = asyncio.run(rendered(LocalError(words), (80, 24)))
    harmless(lines, (80, 24))


def harmless(lines: list[list[Segment]], size: tuple[int, int]) -> None:
    assert len(lines) == size[1]
    for line in lines:
        text = "".join(segment.text for segment in line)
        assert not {char for char in text if unicodedata.category(char) in OBEYED}
        assert sum(segment.cell_length for segment in line) == size[0]
        assert not any(segment.control for segment in line)


@pytest.mark.requirement("REQ-SEC-1")
def test_tui_markup_is_shown_as_it_is() -> None:
    lines, _ = asyncio.run(rendered(view(patient="[red]P-7[/red]"), (120, 40)))
    assert "[red]P-7[/red]" in "".join(segment.text for line in lines for segment in line)
