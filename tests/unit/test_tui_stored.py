"""A replay and the plot of stored curves: no spike is lost, nothing goes past the end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.local.bands import band_at
from torquemon.local.view import Band
from torquemon.tui.player import SPEEDS, Player
from torquemon.tui.widgets.stored_plot import Curve, Scene, StoredPlot


@given(
    st.lists(st.floats(0.001, 0.5), min_size=1, max_size=50),
    st.lists(st.tuples(st.floats(0, 5), st.integers(-3, 3)), max_size=20),
)
def test_a_replay_goes_forward_and_ends_at_the_end(
    gaps_s: list[float], moves: list[tuple[float, int]]
) -> None:
    times: list[float] = []
    for gap_s in gaps_s:
        times.append((times[-1] if times else 0.0) + gap_s)
    player = Player(times, [float(n) for n in range(len(times))])
    before_s = 0.0
    for seconds, steps in moves:
        player.faster(steps)
        assert player.speed in SPEEDS
        player.advance(seconds)
        assert before_s <= player.position_s <= player.end_s
        assert player.count == sum(time <= player.position_s for time in times)
        before_s = player.position_s
    player.playing = True
    player.advance(1e9)
    assert player.position_s == player.end_s
    assert player.count == len(times)


def test_a_gap_of_the_recording_is_no_data_in_the_replay() -> None:
    player = Player([0.0, 0.1, 2.0], [1.0, 2.0, 3.0])
    player.advance(0.2)
    assert player.torque_ncm == 2.0
    player.advance(0.4)
    assert player.torque_ncm is None
    player.advance(5.0)
    assert player.torque_ncm == 3.0
    assert Player((), ()).torque_ncm is None


def drawn(scene: Scene, width: int, height: int) -> list[str]:
    plot = StoredPlot(id="p")
    plot.put(scene)
    return ["".join(segment.text for segment in line) for line in plot.paint(width, height)]


@given(
    st.integers(1, 3000),
    st.data(),
    st.integers(20, 120),
    st.integers(6, 40),
)
def test_a_single_spike_reaches_its_row_at_every_size(
    count: int, data: st.DataObject, width: int, height: int
) -> None:
    spike = data.draw(st.integers(0, count - 1))
    torque = [1.0] * count
    torque[spike] = 20.0
    curve = Curve([0.01 * n for n in range(count)], torque, [None] * count)
    lines = drawn(Scene(curves=(curve,)), width, height)
    assert len(lines) == height
    assert {len(line) for line in lines} == {width}
    assert any("\u2800" < char <= "\u28ff" for char in lines[0])


@pytest.mark.parametrize("count", [0, 1])
def test_an_empty_curve_is_an_empty_plot(count: int) -> None:
    curve = Curve([0.0] * count, [1.0] * count, [None] * count)
    lines = drawn(Scene(curves=(curve,), by_angle=True), 60, 12)
    assert [len(line) for line in lines] == [60] * 12
    assert not any("\u2800" < char <= "\u28ff" for line in lines for char in line)
    assert drawn(Scene(), 60, 12) == []


@pytest.mark.parametrize(
    ("torque_ncm", "limit_ncm", "band"),
    [
        (4.9, None, Band.BELOW),
        (5.0, None, Band.WITHIN),
        (13.5, None, Band.NEAR_LIMIT),
        (15.1, None, Band.ABOVE),
        (12.1, 12.0, Band.ABOVE),
        (10.8, 12.0, Band.NEAR_LIMIT),
    ],
)
def test_bands_of_a_torque(torque_ncm: float, limit_ncm: float | None, band: Band) -> None:
    assert band_at(torque_ncm, 5.0, 15.0, limit_ncm) is band
    assert band_at(torque_ncm, None, None, limit_ncm) is Band.IDLE
