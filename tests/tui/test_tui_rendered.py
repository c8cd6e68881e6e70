"""What reaches the terminal: contrast of every cell in every look, and no control character."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.color import Color
from rich.segment import Segment
from rich.terminal_theme import TerminalTheme
from textual.css.query import NoMatches
from textual.pilot import Pilot

from tests.tui.tui_scenes import SCENES, Stage, as_it_is, lines_of, played
from tests.tui.tui_views import SIZES, view
from torquemon.settings import Settings
from torquemon.tui import looks, palette
from torquemon.tui.widgets.digits import TorqueNumber
from torquemon.tui.widgets.state_strip import StateStrip

NOT_TEXT = set(" ▓")
"""Cells without a sign to be read."""
XTERM = TerminalTheme(
    (0, 0, 0),
    (229, 229, 229),
    [
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
    ],
    [
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ],
)
"""The 16 colours as xterm has them."""
LEAST, LEAST_OF_STATE = 4.5, 7.0
PICTURED = [name for name, scene in SCENES.items() if scene.sizes]


def luminance(colour: tuple[int, int, int]) -> float:
    parts = [part / 255 for part in colour]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def triplet(colour: Color | None, *, ink: bool) -> tuple[int, int, int]:
    assert colour is not None
    return colour.get_truecolor(XTERM, foreground=ink)


def ratio(first: tuple[int, int, int], second: tuple[int, int, int]) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def contrast(segment: Segment) -> float:
    style = segment.style
    assert style is not None
    ink, ground = triplet(style.color, ink=True), triplet(style.bgcolor, ink=False)
    if style.reverse:
        ink, ground = ground, ink
    if set(segment.text) == {"█"} and ink == ground:
        # A filled cell is seen against what is around it: the screen, or the field that STOP fills.
        colours = palette.worn().colours
        assert colours is not None
        role = palette.BACKGROUND
        if Color.parse(colours[palette.ON_FILL]).get_truecolor(XTERM) == ink:
            role = palette.VERMILLION
        ground = Color.parse(colours[role]).get_truecolor(XTERM)
    return ratio(ink, ground)


def areas(pilot: Pilot[int]) -> list[tuple[range, range]]:
    """Return columns and rows of number and state."""
    found = []
    for kind in (TorqueNumber, StateStrip):
        try:
            region = pilot.app.screen.query_one(kind).region
        except NoMatches:
            continue
        found.append((range(region.x, region.right), range(region.y, region.bottom)))
    return found


def weak(pilot: Pilot[int], least_of_state: float = LEAST_OF_STATE) -> list[tuple[int, str, float]]:
    """Return what is not told well enough from its ground."""
    state = areas(pilot)
    found = []
    for y, line in enumerate(lines_of(pilot)):
        x = 0
        for segment in line:
            in_state = any(x in columns and y in rows for columns, rows in state)
            wanted = least_of_state if in_state else LEAST
            x += segment.cell_length
            if set(segment.text) - NOT_TEXT and contrast(segment) < wanted:
                found.append((y, segment.text, round(contrast(segment), 2)))
    return found


@pytest.mark.requirement("REQ-SHOW-4")
@pytest.mark.parametrize("scene", SCENES)
def test_tui_contrast_of_everything_that_is_rendered(scene: str) -> None:
    async def walk() -> dict[str, list[tuple[int, str, float]]]:
        found = {}
        async with played(SCENES[scene].stage(as_it_is), (120, 40)) as pilot:
            for theme in palette.CHOICES:
                looks.dress(pilot.app, Settings(theme=theme))
                await pilot.pause()
                assert palette.worn().name == theme
                found[theme] = weak(pilot)
        return found

    assert asyncio.run(walk()) == {theme: [] for theme in palette.CHOICES}


@pytest.mark.requirement("REQ-SHOW-4")
@pytest.mark.parametrize("scene", PICTURED)
def test_tui_contrast_in_the_sixteen_colours_of_a_terminal(
    scene: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLORTERM")
    monkeypatch.setenv("TERM", "xterm-16color")

    async def walk() -> list[tuple[int, str, float]]:
        async with played(SCENES[scene].stage(as_it_is), (120, 40)) as pilot:
            assert palette.worn() is palette.ANSI16
            styles = [s.style for line in lines_of(pilot) for s in line if s.style]
            named = [colour for style in styles for colour in (style.color, style.bgcolor)]
            assert [colour for colour in named if colour and colour.triplet] == []
            return weak(pilot)

    assert asyncio.run(walk()) == []


@pytest.mark.requirement("REQ-SHOW-4")
@pytest.mark.parametrize("scene", PICTURED)
def test_tui_without_colours_fills_are_reversed(
    scene: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def walk() -> None:
        async with played(SCENES[scene].stage(as_it_is), (120, 40)) as pilot:
            styles = [s.style for line in lines_of(pilot) for s in line if s.style]
            assert all(style.color is None or style.color.is_default for style in styles)
            assert all(style.bgcolor is None or style.bgcolor.is_default for style in styles)
            if areas(pilot)[:1] and "lost" not in scene:
                assert any(style.reverse for style in styles)

    asyncio.run(walk())


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
@pytest.mark.parametrize("scene", SCENES)
@settings(
    max_examples=2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(hostile, min_size=1, max_size=20), st.sampled_from(SIZES))
def test_tui_text_from_outside_is_harmless(
    scene: str, texts: list[str], size: tuple[int, int]
) -> None:
    def repeated() -> Iterator[str]:
        while True:
            yield from texts

    give = repeated()

    async def walk() -> None:
        async with played(SCENES[scene].stage(lambda _: next(give)), size) as pilot:
            harmless(lines_of(pilot), size)

    asyncio.run(walk())


def harmless(lines: list[list[Segment]], size: tuple[int, int]) -> None:
    assert len(lines) == size[1]
    for line in lines:
        text = "".join(segment.text for segment in line)
        assert not {char for char in text if unicodedata.category(char) in OBEYED}
        assert sum(segment.cell_length for segment in line) == size[0]
        assert not any(segment.control for segment in line)


@pytest.mark.requirement("REQ-SEC-1")
def test_tui_markup_is_shown_as_it_is() -> None:
    async def walk() -> None:
        async with played(Stage(view(patient="[red]P-7[/red]")), (120, 40)) as pilot:
            shown = "".join(segment.text for line in lines_of(pilot) for segment in line)
            assert "[red]P-7[/red]" in shown

    asyncio.run(walk())
