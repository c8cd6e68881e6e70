"""Where room is short: what is cut says so, and what must be told apart stays."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.tui.archive_stage import dashboard, idle, run
from tests.tui.tui_scenes import Stage, lines_of, played, text_of
from tests.tui.tui_views import alarm, view
from torquemon.local.view import SessionPhase
from torquemon.settings import Settings
from torquemon.tui.paint import middle_cut
from torquemon.tui.words import LANGUAGES

LONG = "REF-2026-" + "0123456789" * 5 + "-END"


@pytest.mark.parametrize("size", [(80, 24), (100, 24), (120, 40), (160, 40)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_axis_does_not_run_into_the_gauge(size: tuple[int, int], language: str) -> None:
    async def scenario() -> None:
        stage = Stage(view(max_torque_ncm=None))
        async with played(stage, size, Settings(language=language)) as pilot:
            gauge = pilot.app.screen.query_one("#gauge").region
            lines = text_of(lines_of(pilot)).split("\n")
            foot = lines[gauge.bottom - 1][: gauge.right]
            assert foot[: gauge.x].rstrip().endswith("30 s")
            assert foot[gauge.x] == " "
            assert "…" not in foot

    asyncio.run(scenario())


@pytest.mark.parametrize("phase", [SessionPhase.PREPARE, SessionPhase.RECORDING])
def test_a_long_reference_leaves_the_site_in_the_head(phase: SessionPhase) -> None:
    async def scenario() -> None:
        async with played(Stage(view(patient=LONG, fdi="16-15", phase=phase)), (80, 24)) as pilot:
            head = text_of(lines_of(pilot)).split("\n")[1]
            assert "REF-2026" in head
            assert "-END · Maxilla, buccal 16-15 ·" in head
        async with played(Stage(view(patient=LONG, phase=phase)), (200, 60)) as pilot:
            assert LONG in text_of(lines_of(pilot)).split("\n")[1]
        async with played(Stage(view(patient="P-1042", phase=phase)), (80, 24)) as pilot:
            assert "P-1042 · Maxilla, buccal" in text_of(lines_of(pilot)).split("\n")[1]

    asyncio.run(scenario())


@given(st.text(max_size=40), st.integers(min_value=0, max_value=45))
def test_what_is_cut_in_the_middle_keeps_both_ends_and_fits(text: str, width: int) -> None:
    cut = middle_cut(text, width)
    assert cell_len(cut) <= width
    if cell_len(text) <= width:
        assert cut == text
    elif width:
        assert cut.count("…") >= 1


@pytest.mark.parametrize("recording", [False, True])
def test_all_compared_insertions_are_in_the_legend_at_80x24_beside_a_banner(
    recording: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    async def scenario() -> None:
        async with dashboard(size=(80, 24)) as shown:
            phase = SessionPhase.RECORDING if recording else SessionPhase.PREPARE
            alarmed = idle(phase=phase, alarms=(alarm(),))
            await shown.pilot.press("f5")
            await shown.fresh(alarmed)
            for keys in (("c", "down"), ("c", "down"), ("c", "v")):
                await shown.pilot.press(*keys)
                await shown.fresh(alarmed)
            for letter, day in zip("ABC", "123", strict=True):
                assert f" {letter} SIMULATED · 2026-03-0{day} 09:30 · P-10" in shown.text
            assert shown.text.count("WITHIN THE WINDOW, 11.9 N·cm") == 3

    run(scenario)
