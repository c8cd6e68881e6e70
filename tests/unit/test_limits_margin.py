"""The margin below the wanted torque: from the device's own measured stops, and shown."""

from __future__ import annotations

import pytest

from torquemon.limits import DeviceLimits, LimitError, stop_threshold
from torquemon.model import Reading, StopReason, StopReport, Validity
from torquemon.monitor.overshoot import OvershootMeter

pytestmark = pytest.mark.requirement("REQ-LIM-6")

DEVICE = DeviceLimits(1.0, 50.0, 0.1)


def armed(*overshoots_ncm: float) -> tuple[float, float, str]:
    found = stop_threshold(
        wanted_ncm=12.0,
        window_high_ncm=15.0,
        fracture_torque_ncm=None,
        device=DEVICE,
        overshoots_ncm=overshoots_ncm,
    )
    return found.threshold_ncm, found.limit_ncm, "; ".join(found.reasons)


def test_without_measured_stops_there_is_no_margin() -> None:
    assert armed() == (12.0, 12.0, "12 N·cm chosen by the operator; screw limit unknown")
    assert armed(0.5, 0.5)[0] == 12.0


def test_the_worst_measured_stop_lowers_the_threshold_and_is_said() -> None:
    threshold_ncm, limit_ncm, reasons = armed(0.2, 0.45, 0.3)
    assert (threshold_ncm, limit_ncm) == (11.5, 12.0)  # 11.55 floored to the step
    assert "lowered by 0.45 N·cm" in reasons
    assert "floored" in reasons


def test_only_the_last_stops_count() -> None:
    assert armed(3.0, *[0.1] * 20)[0] == pytest.approx(11.9)


def test_a_handpiece_that_runs_on_far_wants_service() -> None:
    threshold_ncm, _, reasons = armed(5.0, 5.0, 5.0)
    assert threshold_ncm == pytest.approx(9.6)
    assert "serviced" in reasons


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -0.1])
def test_a_measured_stop_that_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(LimitError):
        armed(0.1, 0.1, bad)


def reading(seq: int, torque_ncm: float, validity: Validity = Validity.VALID) -> Reading:
    return Reading(seq, seq * 1000, seq * 1_000_000, torque_ncm, None, None, validity)


def halt(reason: StopReason, seq: int) -> StopReport:
    return StopReport(1, reason, 12.0, seq)


def test_the_overshoot_is_the_peak_after_the_halt_above_the_threshold() -> None:
    meter = OvershootMeter()
    assert meter.feed([reading(seq, 14.0) for seq in range(50)]) is None  # before the halt
    assert meter.feed([reading(100, 12.1)]) is None
    meter.halted(halt(StopReason.THRESHOLD, 100), 12.0)
    assert meter.feed([reading(120, 12.6), reading(130, 30.0, Validity.INVALID)]) is None
    assert meter.feed([reading(seq, 11.0) for seq in range(131, 401)]) == pytest.approx(0.6)
    assert meter.feed([reading(500, 20.0)]) is None  # told once


def test_other_halts_say_nothing_about_running_on() -> None:
    meter = OvershootMeter()
    meter.halted(halt(StopReason.LEASE_EXPIRED, 1), 12.0)
    meter.halted(halt(StopReason.THRESHOLD, 1), None)
    assert meter.feed([reading(seq, 15.0) for seq in range(1, 500)]) is None
