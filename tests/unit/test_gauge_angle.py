"""The angle of a gauge that measures none: estimated and marked, or merged, never extrapolated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.clock import ManualClock
from torquemon.drivers.gauges.angle import ESTIMATED_ANGLE, NominalAngle, angle_source
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.merge import MAX_GAP_NS, MAX_WAIT_NS, MAX_WAITING, AngleMerge
from torquemon.drivers.gauges.reading import GaugeReading
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.model import Validity

MS = 1_000_000


def _reading(
    at_ns: int, torque_ncm: float = 5.0, validity: Validity = Validity.VALID
) -> GaugeReading:
    return GaugeReading(at_ns, torque_ncm, None, None, validity, "N.cm")


@pytest.mark.requirement("REQ-GAU-5")
@given(
    steps=st.lists(st.tuples(st.integers(0, 1000), st.floats(-20, 20)), max_size=40),
    speed_rpm=st.floats(1, 60),
)
def test_an_estimated_angle_is_marked_and_never_runs_faster_than_the_motor(
    steps: list[tuple[int, float]], speed_rpm: float
) -> None:
    source = NominalAngle(speed_rpm)
    at_ns, before_deg = 0, 0.0
    for gap_ms, torque_ncm in steps:
        at_ns += gap_ms * MS
        (event,) = source.with_angle([_reading(at_ns, torque_ncm)])
        assert isinstance(event, GaugeReading)
        assert event.angle_deg is not None
        assert event.validity is Validity.QUESTIONABLE
        assert ESTIMATED_ANGLE in event.flags
        turned_deg = event.angle_deg - before_deg
        assert abs(turned_deg) <= speed_rpm * 6 * gap_ms / 1000 + 1e-6
        assert turned_deg == 0 or (turned_deg > 0) == (torque_ncm > 0)
        before_deg = event.angle_deg


def test_an_estimate_stands_while_nothing_resists_and_over_a_gap_and_keeps_an_overload() -> None:
    source = NominalAngle(30.0)
    events = [
        _reading(0, 0.1),
        _reading(100 * MS, 0.1),
        _reading(200 * MS, 5.0),
        _reading(900 * MS, 5.0),
        _reading(1000 * MS, 40.0, Validity.OVERFLOW),
    ]
    found = [e for e in source.with_angle(list(events)) if isinstance(e, GaugeReading)]
    assert [round(e.angle_deg or 0.0, 6) for e in found] == [0.0, 0.0, 18.0, 18.0, 36.0]
    assert found[-1].validity is Validity.OVERFLOW


@pytest.mark.requirement("REQ-GAU-5")
@given(
    angles=st.lists(st.tuples(st.integers(1, 200), st.floats(-3600, 3600)), max_size=40),
    readings=st.lists(st.integers(0, 100), max_size=60),
)
def test_a_merged_angle_lies_between_its_neighbours_or_there_is_none(
    angles: list[tuple[int, float]], readings: list[int]
) -> None:
    known: list[tuple[int, float]] = []
    at_ms = 0
    for gap_ms, angle_deg in angles:
        at_ms += gap_ms
        known.append((at_ms * MS, angle_deg))
    times, at_ms = [], 0
    for gap_ms in readings:
        at_ms += gap_ms
        times.append(at_ms * MS)
    merge = AngleMerge()
    out: list[GaugeReading] = []
    happenings = sorted([(t, 0, a) for t, a in known] + [(t, 1, 0.0) for t in times])
    for at_ns, kind, angle_deg in happenings:
        if kind == 0:
            merge.angle(at_ns, angle_deg)
        else:
            merge.reading(_reading(at_ns))
        out += merge.take(at_ns)
    out += merge.take(10**15)
    assert [event.host_time_ns for event in out] == times, "each once, in order"
    for event in out:
        after = [(t, a) for t, a in known if t >= event.host_time_ns]
        before = [(t, a) for t, a in known if t <= event.host_time_ns]
        if event.angle_deg is None:
            continue
        assert after, "never after the last angle"
        assert before, "never before the first"
        (t0, a0), (t1, a1) = before[-1], after[0]
        assert t1 - t0 <= MAX_GAP_NS
        assert min(a0, a1) - 1e-6 <= event.angle_deg <= max(a0, a1) + 1e-6
    with_both = [
        event
        for event in out
        if any(t == event.host_time_ns for t, _ in known) and event.angle_deg is None
    ]
    assert not with_both, "an angle of the very same moment is one"


def test_a_sensor_that_begins_anew_at_each_turn_gives_no_angle_across_its_zero() -> None:
    merge = AngleMerge()
    merge.angle(0, 350.0)
    merge.angle(50 * MS, 10.0)
    merge.angle(90 * MS, 26.0)
    merge.reading(_reading(25 * MS))
    merge.reading(_reading(70 * MS))
    assert [each.angle_deg for each in merge.take(90 * MS)] == [None, 18.0]


def test_a_reading_does_not_wait_longer_than_it_may() -> None:
    merge = AngleMerge()
    merge.angle(0, 1.0)
    merge.reading(_reading(10 * MS))
    assert merge.take(10 * MS + MAX_WAIT_NS) == []
    (late,) = merge.take(11 * MS + MAX_WAIT_NS)
    assert late.angle_deg is None
    for number in range(MAX_WAITING + 5):
        merge.reading(_reading((20 + number) * MS))
    assert len(merge.take(20 * MS)) == 5, "what waits is bounded"


def test_where_the_angle_comes_from_follows_the_settings() -> None:
    clock = ManualClock()
    none = angle_source(GaugeSettings(), clock, measured=False)
    assert (none.gives_angle, none.words) == (False, "no angle")
    nominal = angle_source(GaugeSettings(speed_rpm=25.0), clock, measured=False)
    assert (nominal.gives_angle, nominal.words) == (True, "est. angle 25 rpm")
    measured = angle_source(GaugeSettings(speed_rpm=25.0), clock, measured=True)
    assert (measured.gives_angle, measured.words) == (True, "")
    with pytest.raises(GaugeError, match="rotation needs a description and a port"):
        angle_source(GaugeSettings(rotation="x.toml"), clock, measured=False)
