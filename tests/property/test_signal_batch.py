"""Live and compiled: the same input gives the same alerts at the same samples, to the bit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.processes import require
from torquemon.model import Alert, AlertCode, Reading, Validity, Window
from torquemon.signal import batch, kernel
from torquemon.signal.pipeline import MAX_ALERTS, Pipeline
from torquemon.signal.setup import JudgeSetup
from torquemon.signal.start import start_state


@pytest.fixture(scope="module", autouse=True)
def numba_is_there() -> None:
    require(batch.have_numba(), "Numba is missing: pip install torquemon[batch]")


SETUPS = (
    JudgeSetup(window=Window(5.0, 15.0, "w", "test"), body_mm=9.0, flare_mm=2.0),
    JudgeSetup(window=Window(5.0, 15.0, "w", "test")),
    JudgeSetup(threshold_ncm=8.0, nominal_speed_rpm=20.0, body_mm=6.0),
)
Rows = list[tuple[float, float, float, float, float]]


def live(setup: JudgeSetup, rows: Rows) -> tuple[list[tuple[int, int]], list[float]]:
    state = start_state(setup)
    found = []
    for index, row in enumerate(rows):
        bits = kernel.step(state, *row)
        if bits:
            found.append((index, bits))
    return found, state


def same(one: list[float], two: list[float]) -> bool:
    return all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(one, two, strict=True))


def check(setup: JudgeSetup, rows: Rows) -> None:
    columns = np.array(rows, dtype=np.float64).reshape(-1, 5).T.copy()
    events, state = batch.judge_events(setup, *columns)
    expected, expected_state = live(setup, rows)
    assert events == expected
    assert same(state.tolist(), expected_state)


@st.composite
def insertions(draw: st.DrawFn) -> Rows:
    """Honest and less honest curves: ramps, steps, noise, gaps, pauses, lost angles."""
    seed = draw(st.integers(0, 2**32 - 1))
    noise = np.random.default_rng(seed)
    rate_hz = draw(st.sampled_from([50.0, 137.0, 500.0, 1000.0, 2000.0]))
    slopes = draw(st.lists(st.floats(-20.0, 200.0), min_size=1, max_size=5))
    speed = draw(st.floats(5.0, 40.0))
    with_angle = draw(st.booleans())
    rows: Rows = []
    torque, angle, time_us = -0.5, 0.0, 0.0
    for slope in slopes:
        turning = draw(st.sampled_from([1.0, 1.0, 0.0, -1.0]))
        for _ in range(draw(st.integers(10, 400))):
            time_us += round(1e6 / rate_hz * noise.uniform(0.8, 1.2))
            angle += turning * speed * 6.0 / rate_hz
            torque += turning * slope * speed / 60.0 / rate_hz
            measured = round(max(0.0, torque) + noise.normal(0.0, 0.1), 4)
            rows.append((time_us, measured, angle if with_angle else math.nan, math.nan, 0.0))
    return rows


@given(st.sampled_from(SETUPS), insertions())
@settings(deadline=None, max_examples=60)
def test_honest_curves_are_judged_the_same(setup: JudgeSetup, rows: Rows) -> None:
    check(setup, rows)


anything = st.floats(allow_nan=True, allow_infinity=True, width=64)
row = st.tuples(anything, anything, anything, anything, st.sampled_from([0.0, 1.0, 3.0, 4.0, 5.0]))


@given(st.sampled_from(SETUPS), st.lists(row, min_size=1, max_size=80))
@settings(deadline=None)
def test_hostile_floats_are_judged_the_same(setup: JudgeSetup, rows: Rows) -> None:
    check(setup, rows)


def test_a_flood_of_alerts_is_told_alike_and_hides_no_crossing() -> None:
    """A torque that climbs over the limit again and again, among impossible samples."""
    count = 60 * (MAX_ALERTS + 40)
    noise = np.random.default_rng(5)
    time_s = (np.arange(count) * 0.01).astype(np.float64)
    levels = np.where(np.arange(count) // 30 % 2 == 0, 9.0, 17.0)
    torque = levels + noise.normal(0.0, 0.1, count)
    torque[::211] = math.nan
    setup = SETUPS[1]
    alerts, _ = batch.judge_curve_arrays(setup, time_s, torque, None)
    pipeline = Pipeline(setup)
    expected: list[Alert] = []
    for index, (at_s, value) in enumerate(zip(time_s.tolist(), torque.tolist(), strict=True)):
        reading = Reading(index, round(at_s * 1e6), 0, value, None, None, Validity.VALID)
        expected.extend(pipeline.step(reading))
    assert len(expected) > MAX_ALERTS
    assert list(alerts) == [*expected, *pipeline.finish().alerts]
    assert expected[-1].code is AlertCode.EXCESS_TORQUE
