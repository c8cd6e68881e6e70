"""Whatever the floats: no exception, a clean state, an excess stop that still fires."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torquemon.model import Alert, AlertCode, Reading, Validity, VerdictKind, Window
from torquemon.signal.pipeline import Pipeline
from torquemon.signal.setup import JudgeSetup

SETUP = JudgeSetup(window=Window(5.0, 15.0, "w", "test"), body_mm=9.0)
anything = st.floats(allow_nan=True, allow_infinity=True, width=64)
hostile = st.builds(
    Reading,
    seq=st.integers(0, 2**32),
    device_time_us=st.integers(-(2**63), 2**63),
    host_time_ns=st.just(0),
    torque_ncm=anything,
    angle_deg=st.none() | anything,
    speed_rpm=st.none() | anything,
    validity=st.sampled_from([v for v in Validity if v is not Validity.CALIBRATING]),
)


def insertion(seconds: float = 6.0, start_us: int = 0) -> list[Reading]:
    """A rise from zero over the window's top at 500 Hz."""
    found = []
    for index in range(int(seconds * 500)):
        time_s = index / 500
        torque = max(0.0, 4.0 * (time_s - 0.5))
        found.append(
            Reading(
                index,
                start_us + round(time_s * 1e6),
                0,
                torque,
                time_s * 150.0,
                None,
                Validity.VALID,
            )
        )
    return found


@pytest.mark.requirement("REQ-NUM-4")
@given(st.lists(hostile, max_size=60))
@settings(deadline=None)
def test_no_float_raises_and_the_state_stays_finite(curve: list[Reading]) -> None:
    pipeline = Pipeline(SETUP)
    for reading in curve:
        for alert in pipeline.step(reading):
            assert math.isfinite(alert.torque_ncm)
            assert math.isfinite(alert.time_s)
            assert alert.angle_deg is None or math.isfinite(alert.angle_deg)
        view = pipeline.snapshot()
        assert math.isfinite(view.torque_ncm)
    verdict = pipeline.finish().verdict
    for value in (verdict.max_insertion_torque_ncm, verdict.final_torque_ncm):
        assert value is None or math.isfinite(value)


@pytest.mark.requirement("REQ-STOP-6")
@given(st.lists(hostile, max_size=20), st.integers(0, 1200))
@settings(deadline=None, max_examples=60)
def test_no_sample_disables_the_excess_stop(bad: list[Reading], place: int) -> None:
    pipeline = Pipeline(SETUP)
    curve = insertion()
    for reading in curve[:place] + bad:
        pipeline.step(reading)
    found = [alert for reading in curve[place:] for alert in pipeline.step(reading)]
    late = [alert for alert in found if alert.code is AlertCode.EXCESS_TORQUE]
    assert late


@pytest.mark.requirement("REQ-NUM-4")
@given(st.sampled_from([math.nan, math.inf, -math.inf, 1e300, -1e300]), st.integers(5, 2900))
@settings(deadline=None, max_examples=40)
def test_one_impossible_torque_is_told_and_changes_nothing_else(bad: float, place: int) -> None:
    pipeline = Pipeline(SETUP)
    curve = insertion()
    hurt = [*curve[:place], curve[place]._replace(torque_ncm=bad), *curve[place + 1 :]]
    alerts = [alert for reading in hurt for alert in pipeline.step(reading)]
    codes = [alert.code for alert in alerts]
    assert codes.count(AlertCode.SIGNAL_QUALITY) == 1
    assert AlertCode.EXCESS_TORQUE in codes
    peak = pipeline.finish().verdict.max_insertion_torque_ncm
    assert peak is not None
    assert abs(peak - 22.0) < 0.2


@pytest.mark.requirement("REQ-SIG-6")
@given(st.lists(hostile, min_size=30, max_size=80))
@settings(deadline=None)
def test_bad_data_never_has_a_normal_looking_verdict(bad: list[Reading]) -> None:
    pipeline = Pipeline(SETUP)
    curve = insertion(3.0)
    told: list[Alert] = []
    for reading in curve[:800] + [r._replace(torque_ncm=math.nan) for r in bad] + curve[800:]:
        told.extend(pipeline.step(reading))
    assert AlertCode.SIGNAL_QUALITY in {alert.code for alert in told}
    assert pipeline.finish().verdict.kind is VerdictKind.UNDETERMINED
