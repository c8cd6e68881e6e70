"""Canvas, envelope and curve: no spike may be lost between the sample and the dot."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.tui_views import alarm, block, view
from torquemon.tui import palette
from torquemon.tui.widgets.axes import TOPS_NCM, torque_axis
from torquemon.tui.widgets.braille import BrailleCanvas
from torquemon.tui.widgets.curve import TorqueCurve
from torquemon.tui.widgets.envelope import FIRST_SPAN_S, Envelope

sizes = st.tuples(st.integers(10, 180), st.integers(5, 50))


@given(st.data(), st.integers(1, 60), st.integers(1, 20))
def test_tui_braille_column_lights_exactly_its_dots(
    data: st.DataObject, width: int, height: int
) -> None:
    canvas = BrailleCanvas(width, height)
    x = data.draw(st.integers(0, canvas.dots_wide - 1))
    low = data.draw(st.integers(0, canvas.dots_high - 1))
    high = data.draw(st.integers(low, canvas.dots_high - 1))
    canvas.column(x, low, high)
    lit = {
        (column, row)
        for column in range(canvas.dots_wide)
        for row in range(canvas.dots_high)
        if canvas.lit(column, row)
    }
    assert lit == {(x, row) for row in range(low, high + 1)}
    canvas.clear_column(x)
    assert all(set(canvas.text(row)) == {"\u2800"} for row in range(height))


def test_tui_braille_needs_a_cell() -> None:
    with pytest.raises(ValueError, match="at least one cell"):
        BrailleCanvas(0, 3)


@settings(deadline=None)
@given(st.integers(200, 20000), st.data(), sizes, st.integers(1, 1000))
def test_tui_spike_of_one_sample_is_always_drawn(
    samples: int, data: st.DataObject, size: tuple[int, int], step: int
) -> None:
    at = data.draw(st.integers(0, samples - 1))
    torque = [1.0] * samples
    torque[at] = 19.0
    curve = TorqueCurve()
    for first in range(0, samples, 2000):
        part = block(torque[first : first + 2000], first, step_s=step / 1000)
        curve.show(view(), part)
        # Drawn while it grows, as on the screen, so that only changed columns are drawn.
        curve.paint(*size)
    axis = curve._axis
    dots = curve._canvas.dots_high
    wanted = axis.dot(19.0, dots)
    time_s = at * step / 1000
    column = time_s / curve.envelope.span * curve.envelope.columns
    near = range(max(0, int(column) - 1), min(curve.envelope.columns, int(column) + 2))
    if time_s < 86400:
        assert any(curve._canvas.lit(x, wanted) for x in near)


@settings(deadline=None)
@given(st.lists(st.floats(0, 30), min_size=1, max_size=300), st.integers(1, 300), st.integers(1, 9))
def test_tui_growing_in_parts_draws_what_drawing_at_once_draws(
    torque: list[float], columns: int, parts: int
) -> None:
    whole, grown = Envelope(), Envelope()
    whole.resize(columns)
    whole.add(block(torque, step_s=0.37))
    grown.resize(columns)
    size = math.ceil(len(torque) / parts)
    for first in range(0, len(torque), size):
        assert grown.add(block(torque[first : first + size], first, step_s=0.37))
    assert (grown.low, grown.high, grown.span) == (whole.low, whole.high, whole.span)


def test_tui_time_axis_grows_in_fixed_steps() -> None:
    envelope = Envelope()
    assert envelope.span == FIRST_SPAN_S
    envelope.add(block([1.0] * 100, step_s=1.0))
    assert envelope.span == 4 * FIRST_SPAN_S


def test_tui_gap_in_the_curve_is_refused() -> None:
    envelope = Envelope()
    assert envelope.add(block([1.0, 2.0]))
    assert not envelope.add(block([3.0], first=7))
    assert envelope.next == 2


def test_tui_block_from_zero_replaces_everything() -> None:
    envelope = Envelope()
    envelope.add(block([1.0, 9.0]))
    envelope.add(block([2.0]))
    assert envelope.next == 1
    assert envelope.highest_ncm == 2.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_tui_numbers_that_are_none_draw_nothing(bad: float) -> None:
    envelope = Envelope()
    envelope.add(block([bad, 1.0]))
    assert envelope.highest_ncm == 1.0
    envelope.add(block([1.0, 1.0, 1.0], first=2, step_s=bad))
    assert envelope.span == FIRST_SPAN_S


@given(st.floats(0, 500), st.floats(0, 200))
def test_tui_torque_axis_has_only_fixed_tops(highest: float, held: float) -> None:
    axis = torque_axis(view(arm={"held_ncm": held}), highest)
    assert axis.top_ncm in TOPS_NCM
    assert axis.top_ncm >= min(max(highest, held * 1.2, 21.0), TOPS_NCM[-1])
    assert axis.ticks()[-1] <= axis.top_ncm


def test_tui_curve_shows_window_threshold_and_alarm() -> None:
    curve = TorqueCurve()
    curve.show(view(alarms=(alarm(),)), block([8.0] * 5000))
    lines = curve.paint(80, 20)
    drawn = ["".join(segment.text for segment in line) for line in lines]
    assert "▼" in drawn[0]
    assert any(dots * 60 in row for row in drawn for dots in "⣀⠤⠒⠉")
    grounds = {s.style.bgcolor.name for line in lines for s in line if s.style and s.style.bgcolor}
    colours = palette.worn().colours
    assert colours is not None
    assert colours[palette.BAND_TINT] in grounds
    assert drawn[-1].rstrip().endswith("30 s")
    assert all(len(row) <= 80 for row in drawn)


def test_tui_curve_gives_way_where_there_is_no_room() -> None:
    curve = TorqueCurve()
    curve.show(view(), block([8.0]))
    assert curve.paint(40, 3) == []
    assert curve.paint(9, 20) == []
