"""The curve on its grid: nothing is invented, no peak is lost, and it reads back as it was."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.model import MEASURED, Reading, Validity
from torquemon.record.fhir.names import Fields
from torquemon.record.fhir.resources.curve import ABOVE, ERROR, sampled
from torquemon.record.fhir.rules import resource_problems

STEP_US = 2000


def reading(
    index: int, torque_ncm: float, validity: Validity = Validity.VALID, shift_us: int = 0
) -> Reading:
    time_us = 5_000_000 + index * STEP_US + shift_us
    return Reading(index, time_us, time_us * 1000, torque_ncm, None, None, validity)


def torques(data: Fields) -> list[float | str]:
    """Read a SampledData as a receiver does."""
    origin, factor = data["origin"]["value"], data["factor"]
    return [
        token if token in (ERROR, ABOVE) else origin + int(token) * factor
        for token in data["data"].split(" ")
    ]


_CENTI = st.integers(-20_000, 20_000).map(lambda count: count / 100)


@given(
    values=st.lists(_CENTI, min_size=3, max_size=200),
    lost=st.sets(st.integers(1, 199)),
    shifts=st.lists(st.integers(-400, 400), min_size=200, max_size=200),
)
def test_every_reading_of_a_steady_clock_reads_back(
    values: list[float], lost: set[int], shifts: list[int]
) -> None:
    kept = {i: value for i, value in enumerate(values) if i not in lost or i == 1}
    readings = [reading(i, v, shift_us=shifts[i] if i else 0) for i, v in kept.items()]
    made = sampled(readings, 10_000)
    assert made is not None
    found = torques(made.data)
    step_ms = made.data["period"]
    if not math.isclose(step_ms, STEP_US / 1000, rel_tol=0.001):
        return  # more holes than steps, or a trembling clock: another grid, tested below
    for index, value in kept.items():
        assert found[index] == pytest.approx(value, abs=0.00006)
    assert [found[i] for i in lost if i < len(found) and i not in kept] == [
        ERROR for i in lost if i < len(found) and i not in kept
    ]


_READINGS = st.lists(
    st.builds(
        Reading,
        seq=st.integers(0, 100),
        device_time_us=st.integers(0, 10**12),
        host_time_ns=st.integers(0, 10**18),
        torque_ncm=st.floats(-300, 300) | st.just(math.nan) | st.just(math.inf),
        angle_deg=st.none(),
        speed_rpm=st.none(),
        validity=st.sampled_from(Validity),
    ),
    max_size=60,
)


@given(readings=_READINGS, max_points=st.integers(1000, 5000))
def test_any_clock_gives_a_bounded_grid_that_keeps_the_peak(
    readings: list[Reading], max_points: int
) -> None:
    made = sampled(readings, max_points)
    if not readings:
        assert made is None
        return
    assert made is not None
    tokens = made.data["data"].split(" ")
    assert 1 <= len(tokens) <= max_points
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "curve"},
        "valueSampledData": made.data,
    }
    assert list(resource_problems(resource)) == []
    measured = [r for r in readings if r.validity in MEASURED and math.isfinite(r.torque_ncm)]
    found = torques(made.data)
    clipped = any(r.validity is Validity.OVERFLOW for r in measured)
    assert (ABOVE in found) == clipped
    if measured and not clipped:
        numbers = [value for value in found if not isinstance(value, str)]
        assert max(numbers) == pytest.approx(max(r.torque_ncm for r in measured), abs=0.0001)
    if not measured:
        assert set(tokens) == {ERROR}


def test_a_hole_is_said_and_not_bridged() -> None:
    made = sampled([reading(0, 1.0), reading(1, 2.0), reading(2, 3.0), reading(6, 4.0)], 1000)
    assert made is not None
    assert made.data["data"] == "1 2 3 E E E 4"
    assert made.data["factor"] == 1.0
    assert "3 without a measurement" in made.said


def test_what_is_no_measurement_stands_as_error_and_what_was_clipped_as_above() -> None:
    readings = [
        reading(0, 1.0),
        reading(1, 2.0, Validity.INVALID),
        reading(2, 60.0, Validity.OVERFLOW),
        reading(3, 2.5, Validity.QUESTIONABLE),
    ]
    made = sampled(readings, 1000)
    assert made is not None
    assert made.data["data"] == "10 E U 25"
    assert made.data["upperLimit"] == 60.0


def test_a_long_curve_gets_wider_slots_and_keeps_its_peak() -> None:
    readings = [reading(i, 1.0 if i != 7777 else 42.5) for i in range(10_000)]
    made = sampled(readings, 1000)
    assert made is not None
    found = torques(made.data)
    assert len(found) <= 1000
    assert max(found, key=float) == pytest.approx(42.5)
    assert "share a slot" in made.said
