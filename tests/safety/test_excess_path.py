"""The excess decision, where another part of the judgement could take it away."""

from __future__ import annotations

import pytest

from torquemon.model import Alert, AlertCode, Reading, Validity, Window
from torquemon.signal.pipeline import MAX_ALERTS, Pipeline
from torquemon.signal.setup import JudgeSetup

WINDOW = Window(5.0, 15.0, "w", "test")


def reading(seq: int, torque_ncm: float, t_us: int, validity: Validity = Validity.VALID) -> Reading:
    return Reading(seq, t_us, 0, torque_ncm, seq * 0.15, None, validity)


def excess(pipeline: Pipeline, readings: list[Reading]) -> list[Alert]:
    alerts = [alert for each in readings for alert in pipeline.step(each)]
    return [alert for alert in alerts if alert.code is AlertCode.EXCESS_TORQUE]


@pytest.mark.requirement("REQ-STOP-6")
def test_a_clock_that_stands_still_does_not_hide_a_crossing() -> None:
    pipeline = Pipeline(JudgeSetup(window=WINDOW))
    assert excess(pipeline, [reading(i, 10.0, i * 1000) for i in range(100)]) == []
    assert len(excess(pipeline, [reading(100 + i, 16.0, 99_000) for i in range(10)])) == 1


@pytest.mark.requirement("REQ-STOP-6")
def test_too_many_alerts_do_not_hide_a_crossing() -> None:
    pipeline = Pipeline(JudgeSetup(window=WINDOW))
    pipeline._alerts = MAX_ALERTS + 1
    curve = [reading(i, 10.0 if i < 50 else 16.0, i * 1000) for i in range(100)]
    assert len(excess(pipeline, curve)) == 1


@pytest.mark.requirement("REQ-STOP-5")
@pytest.mark.parametrize(
    ("setup", "below", "above"),
    [
        (JudgeSetup(window=WINDOW), 14.9, 15.2),
        (JudgeSetup(window=WINDOW, threshold_ncm=12.0), 11.9, 12.2),
        (JudgeSetup(threshold_ncm=8.0), 7.9, 8.2),
    ],
)
def test_excess_begins_at_the_limit_that_is_armed(
    setup: JudgeSetup, below: float, above: float
) -> None:
    pipeline = Pipeline(setup)
    assert excess(pipeline, [reading(i, below, i * 1000) for i in range(500)]) == []
    found = excess(pipeline, [reading(500 + i, above, (500 + i) * 1000) for i in range(10)])
    assert len(found) == 1
    assert found[0].seq <= 503, "three samples over the limit at the latest"


@pytest.mark.requirement("REQ-NUM-5")
@pytest.mark.parametrize("validity", [Validity.UNDERFLOW, Validity.INVALID, Validity.CALIBRATING])
def test_what_the_device_calls_no_measurement_is_not_judged(validity: Validity) -> None:
    pipeline = Pipeline(JudgeSetup(window=WINDOW))
    curve = [reading(i, 10.0, i * 1000) for i in range(50)]
    curve += [reading(50 + i, 16.0, (50 + i) * 1000, validity) for i in range(20)]
    assert excess(pipeline, curve) == []
    assert len(excess(pipeline, [reading(80 + i, 16.0, (80 + i) * 1000) for i in range(9)])) == 1


@pytest.mark.requirement("REQ-STOP-6")
def test_a_sensor_at_the_end_of_its_range_still_crosses() -> None:
    pipeline = Pipeline(JudgeSetup(window=WINDOW))
    curve = [reading(i, 10.0, i * 1000) for i in range(50)]
    curve += [reading(50 + i, 16.0, (50 + i) * 1000, Validity.OVERFLOW) for i in range(20)]
    assert len(excess(pipeline, curve)) == 1


@pytest.mark.requirement("REQ-STOP-5")
@pytest.mark.parametrize("offset_ncm", [-0.6, 0.6])
def test_a_zero_offset_moves_the_crossing_by_nothing(offset_ncm: float) -> None:
    def crossing(shift_ncm: float) -> int:
        ramp = [max(0.0, 0.005 * (i - 600)) for i in range(4000)]
        curve = [
            reading(i, shift_ncm + torque + 0.01 * (i % 3 - 1), i * 1000)
            for i, torque in enumerate(ramp)
        ]
        (found,) = excess(Pipeline(JudgeSetup(window=WINDOW, body_mm=9.0)), curve)
        return found.seq

    assert abs(crossing(offset_ncm) - crossing(0.0)) <= 30, "0.15 N·cm at this slope"
