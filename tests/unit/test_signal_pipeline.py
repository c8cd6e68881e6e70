"""The live judge on curves drawn by hand: what it must say and what it must not."""

from __future__ import annotations

import json
import math
import tracemalloc
from collections.abc import Callable

import pytest

from torquemon.model import Alert, AlertCode, Priority, Reading, Validity, VerdictKind, Window
from torquemon.signal.pipeline import Conclusion, Phase, Pipeline
from torquemon.signal.setup import JudgeSetup

WINDOW = Window(5.0, 15.0, "alveolar-5-15", "test")
SCREW = JudgeSetup(window=WINDOW, pitch_mm=0.7, body_mm=9.0)
GENERIC = JudgeSetup(window=WINDOW)
DEG_PER_S = 150.0  # 25 rpm


def readings(
    torque: Callable[[float], float],
    seconds: float,
    *,
    rate_hz: float = 1000.0,
    with_angle: bool = True,
) -> list[Reading]:
    """A screw turned at 25 rpm from bone contact at 45 degrees; `torque` is over the angle."""
    found = []
    for index in range(int(seconds * rate_hz)):
        time_s = index / rate_hz
        angle = time_s * DEG_PER_S
        torque_ncm = 0.0 if angle < 45.0 else torque(angle - 45.0)
        ripple = 0.02 * math.sin(index * 2.4)
        found.append(
            Reading(
                seq=index,
                device_time_us=round(time_s * 1e6),
                host_time_ns=0,
                torque_ncm=round(torque_ncm + ripple, 4),
                angle_deg=round(angle, 3) if with_angle else None,
                speed_rpm=None,
                validity=Validity.VALID,
            )
        )
    return found


def plain(angle_deg: float) -> float:
    """A cortex of 1 mm up to 4 N·cm, then 0.6 N·cm per turn."""
    turns = angle_deg / 360.0
    return 4.0 * min(1.0, turns / 1.4) + 0.6 * max(0.0, turns - 1.4)


def contact_at(mm: float, slope: float) -> Callable[[float], float]:
    def torque(angle_deg: float) -> float:
        past = max(0.0, angle_deg / 360.0 - mm / 0.7)
        return plain(angle_deg) + slope * past

    return torque


def run(setup: JudgeSetup, curve: list[Reading]) -> tuple[list[Alert], Conclusion]:
    pipeline = Pipeline(setup)
    alerts = [alert for reading in curve for alert in pipeline.step(reading)]
    return alerts, pipeline.finish()


def codes(alerts: list[Alert]) -> set[AlertCode]:
    return {alert.code for alert in alerts}


def test_a_plain_insertion_has_no_alert_and_lies_within() -> None:
    alerts, end = run(SCREW, readings(plain, 15.0))
    assert alerts == []
    assert end.verdict.kind is VerdictKind.WITHIN
    assert end.verdict.max_insertion_torque_ncm == pytest.approx(plain(15.0 * 150 - 45), abs=0.1)
    assert end.alerts == ()


@pytest.mark.requirement("REQ-SIG-1")
@pytest.mark.parametrize("slope", [40.0, 100.0, 260.0])
@pytest.mark.parametrize("mm", [3.0, 4.0, 6.0])
def test_a_hard_contact_is_alerted_while_there_is_time(slope: float, mm: float) -> None:
    alerts, _ = run(SCREW, readings(contact_at(mm, slope), 22.0))
    root = [alert for alert in alerts if alert.code is AlertCode.ROOT_CONTACT]
    foot_s = (mm / 0.7 * 360 + 45) / DEG_PER_S
    assert root[0].priority is Priority.ALARM
    assert 0.0 < root[0].time_s - foot_s < 0.2
    assert "N·cm per turn" in root[0].why
    assert "possible" in root[0].why


@pytest.mark.requirement("REQ-SIG-4")
def test_without_a_seat_depth_it_is_hard_resistance_and_a_warning() -> None:
    alerts, _ = run(GENERIC, readings(contact_at(4.0, 100.0), 15.0))
    hard = [alert for alert in alerts if alert.code is AlertCode.HARD_RESISTANCE]
    assert hard[0].priority is Priority.WARNING
    assert AlertCode.ROOT_CONTACT not in codes(alerts)


@pytest.mark.requirement("REQ-SIG-4")
def test_without_an_angle_it_is_hard_resistance_and_a_warning() -> None:
    alerts, _ = run(SCREW, readings(contact_at(4.0, 100.0), 15.0, with_angle=False))
    hard = [alert for alert in alerts if alert.code is AlertCode.HARD_RESISTANCE]
    assert hard[0].priority is Priority.WARNING
    assert hard[0].angle_deg is None
    assert AlertCode.ROOT_CONTACT not in codes(alerts)


@pytest.mark.requirement("REQ-SIG-3")
@pytest.mark.parametrize("mm", [8.2, 8.9])
def test_at_the_seat_a_steep_rise_is_a_silent_advisory(mm: float) -> None:
    alerts, _ = run(SCREW, readings(contact_at(mm, 60.0), 32.0))
    hard = [alert for alert in alerts if alert.code is AlertCode.HARD_RESISTANCE]
    assert hard[0].priority is Priority.ADVISORY
    assert AlertCode.ROOT_CONTACT not in codes(alerts)


@pytest.mark.requirement("REQ-SIG-2")
def test_a_steep_cortex_is_no_contact() -> None:
    def torque(angle_deg: float) -> float:
        return min(8.0, 15.0 * angle_deg / 360.0)

    alerts, _ = run(SCREW, readings(torque, 8.0))
    assert codes(alerts) <= {AlertCode.NEAR_LIMIT}


@pytest.mark.requirement("REQ-STOP-5")
def test_excess_is_seen_within_8_ms_of_the_crossing() -> None:
    curve = readings(contact_at(4.0, 100.0), 18.0)
    crossing_s = next(r.device_time_us for r in curve if r.torque_ncm > 15.03) / 1e6
    alerts, end = run(SCREW, curve)
    excess = [alert for alert in alerts if alert.code is AlertCode.EXCESS_TORQUE]
    assert len(excess) == 1
    assert abs(excess[0].time_s - crossing_s) <= 0.008
    assert end.verdict.kind is VerdictKind.ABOVE


@pytest.mark.requirement("REQ-SIG-5")
def test_near_limit_comes_once_and_before_the_excess() -> None:
    alerts, _ = run(SCREW, readings(contact_at(4.0, 30.0), 18.0))
    near = [alert for alert in alerts if alert.code is AlertCode.NEAR_LIMIT]
    excess = [alert for alert in alerts if alert.code is AlertCode.EXCESS_TORQUE]
    assert len(near) == 1
    assert near[0].time_s < excess[0].time_s


@pytest.mark.requirement("REQ-SIG-5")
def test_the_armed_threshold_comes_before_the_window() -> None:
    setup = JudgeSetup(window=WINDOW, body_mm=9.0, threshold_ncm=7.0)
    alerts, _ = run(setup, readings(plain, 18.0))
    excess = next(alert for alert in alerts if alert.code is AlertCode.EXCESS_TORQUE)
    assert excess.torque_ncm == pytest.approx(7.0, abs=0.1)
    assert "above the limit" in excess.why


@pytest.mark.requirement("REQ-SIG-7")
def test_below_the_window_is_said_only_at_the_end() -> None:
    def weak(angle_deg: float) -> float:
        return 0.4 * plain(angle_deg)

    alerts, end = run(SCREW, readings(weak, 12.0))
    assert alerts == []
    assert [alert.code for alert in end.alerts] == [AlertCode.BELOW_WINDOW]
    assert end.verdict.kind is VerdictKind.BELOW


@pytest.mark.requirement("REQ-SIG-2")
@pytest.mark.parametrize("width", [1, 2])
def test_an_electrical_spike_changes_nothing(width: int) -> None:
    curve = readings(plain, 12.0)
    for index in range(5000, 5000 + width):
        curve[index] = curve[index]._replace(torque_ncm=60.0)
    alerts, end = run(SCREW, curve)
    assert alerts == []
    assert end.verdict == run(SCREW, readings(plain, 12.0))[1].verdict


@pytest.mark.requirement("REQ-SIG-2")
def test_a_pause_and_restart_is_no_contact() -> None:
    before = readings(plain, 8.0)
    last = before[-1]
    pause = []
    for index in range(12_000):
        relaxed = last.torque_ncm * (0.65 + 0.35 * math.exp(-index / 300.0))
        pause.append(
            last._replace(
                seq=last.seq + 1 + index,
                device_time_us=last.device_time_us + 1000 * (index + 1),
                torque_ncm=round(relaxed, 4),
            )
        )
    after = [
        r._replace(
            seq=r.seq + 12_000,
            device_time_us=r.device_time_us + 12_000_000,
            torque_ncm=round(r.torque_ncm * (1.0 - 0.35 * math.exp(-(i * 0.15) / 3.0)), 4),
        )
        for i, r in enumerate(readings(plain, 14.0)[8000:])
    ]
    pipeline = Pipeline(SCREW)
    alerts: list[Alert] = []
    for reading in before + pause:
        alerts.extend(pipeline.step(reading))
    assert pipeline.snapshot().phase is Phase.PAUSED
    for reading in after:
        alerts.extend(pipeline.step(reading))
    assert alerts == []
    assert pipeline.snapshot().phase is Phase.ADVANCING


@pytest.mark.requirement("REQ-SIG-2")
def test_half_a_turn_back_and_in_again_is_no_contact() -> None:
    curve = readings(plain, 9.0)
    angle, time_us, seq = 9.0 * DEG_PER_S, 9_000_000, 9000
    deepest = angle
    path = [(-1.0, 1200), (1.0, 4000)]
    for direction, samples in path:
        for _ in range(samples):
            angle += direction * 0.15
            in_old_thread = angle < deepest - 3.0
            torque = -0.8 if direction < 0 else 1.0 if in_old_thread else plain(angle - 45.0)
            curve.append(Reading(seq, time_us, 0, round(torque, 4), angle, None, Validity.VALID))
            time_us += 1000
            seq += 1
    alerts, _ = run(SCREW, curve)
    assert alerts == []


def test_the_view_shows_depth_and_slope() -> None:
    pipeline = Pipeline(SCREW)
    assert pipeline.snapshot().phase is Phase.IDLE
    for reading in readings(plain, 12.0):
        pipeline.step(reading)
    view = pipeline.snapshot()
    assert view.phase is Phase.ADVANCING
    assert view.depth_mm == pytest.approx((12.0 * 150 - 45) / 360 * 0.7, abs=0.25)
    assert view.torque_ncm == pytest.approx(plain(12.0 * 150 - 45), abs=0.1)


def test_calibrating_samples_do_not_start_time() -> None:
    curve = readings(plain, 10.0)
    shifted = [r._replace(device_time_us=r.device_time_us + 500_000) for r in curve]
    zeroing = [r._replace(validity=Validity.CALIBRATING, torque_ncm=99.0) for r in curve[:400]]
    assert run(SCREW, zeroing + shifted) == run(SCREW, shifted)


def test_a_zero_offset_is_learned_before_engagement() -> None:
    curve = [r._replace(torque_ncm=round(r.torque_ncm + 0.6, 4)) for r in readings(plain, 12.0)]
    _, end = run(SCREW, curve)
    _, clean_end = run(SCREW, readings(plain, 12.0))
    assert end.verdict.max_insertion_torque_ncm == pytest.approx(
        clean_end.verdict.max_insertion_torque_ncm, abs=0.12
    )


@pytest.mark.requirement("REQ-SIG-6")
def test_a_maximum_near_an_edge_is_undetermined_and_shows_both_values() -> None:
    setup = JudgeSetup(window=Window(5.0, 7.0, "w", "test"), body_mm=9.0, accuracy_ncm=0.5)
    _, end = run(setup, readings(plain, 15.0))
    assert end.verdict.kind is VerdictKind.UNDETERMINED
    assert "edge 7" in end.verdict.why
    assert "uncertain by 0.5" in end.verdict.why


@pytest.mark.requirement("REQ-SIG-6")
def test_no_window_and_no_engagement_are_undetermined() -> None:
    _, no_window = run(JudgeSetup(), readings(plain, 10.0))
    assert no_window.verdict.kind is VerdictKind.UNDETERMINED
    assert no_window.verdict.max_insertion_torque_ncm is not None
    _, idle = run(SCREW, readings(lambda _: 0.0, 5.0))
    assert idle.verdict.kind is VerdictKind.UNDETERMINED
    assert idle.verdict.max_insertion_torque_ncm is None
    empty = Pipeline(SCREW).finish()
    assert empty.verdict.kind is VerdictKind.UNDETERMINED


def test_removal_torque_is_recorded_as_such() -> None:
    curve = [
        Reading(
            i,
            1000 * i,
            0,
            -3.0 * math.exp(-i / 4000) if i > 300 else 0.0,
            -0.15 * max(0, i - 200),
            None,
            Validity.VALID,
        )
        for i in range(6000)
    ]
    pipeline = Pipeline(SCREW)
    alerts = [alert for reading in curve for alert in pipeline.step(reading)]
    assert alerts == []
    assert pipeline.snapshot().phase is Phase.REMOVING
    end = pipeline.finish()
    assert end.removal_torque_ncm == pytest.approx(3.0, abs=0.3)
    assert end.verdict.kind is VerdictKind.UNDETERMINED


def test_turning_on_a_stripped_thread_is_told_once() -> None:
    def torque(angle_deg: float) -> float:
        past = max(0.0, angle_deg / 360.0 - 8.6 / 0.7)
        rise = plain(angle_deg)
        return rise if past == 0.0 else rise * (0.25 + 0.75 * math.exp(-past / 0.5))

    alerts, _ = run(SCREW, readings(torque, 36.0))
    assert [alert.code for alert in alerts] == [AlertCode.STRIPPING]


def test_a_broken_tip_is_told() -> None:
    def torque(angle_deg: float) -> float:
        past = max(0.0, angle_deg - 4.0 / 0.7 * 360)
        return plain(angle_deg) * math.exp(-past / 12.0)

    alerts, _ = run(SCREW, readings(torque, 17.0))
    fracture = [alert for alert in alerts if alert.code is AlertCode.TIP_FRACTURE]
    assert len(fracture) == 1
    assert fracture[0].priority is Priority.ALARM


def test_a_bit_that_slips_again_and_again_is_told() -> None:
    def torque(angle_deg: float) -> float:
        slipping = angle_deg > 2200 and (angle_deg - 2200) % 180 < 35
        return plain(angle_deg) * (0.25 if slipping else 1.0)

    alerts, _ = run(SCREW, readings(torque, 19.0))
    assert AlertCode.CAM_OUT in codes(alerts)
    assert AlertCode.ROOT_CONTACT not in codes(alerts)
    assert AlertCode.TIP_FRACTURE not in codes(alerts)


def test_a_frozen_sensor_is_told_and_has_no_normal_verdict() -> None:
    curve = readings(plain, 18.0)
    frozen = curve[9000].torque_ncm
    curve = curve[:9000] + [r._replace(torque_ncm=frozen) for r in curve[9000:]]
    alerts, end = run(SCREW, curve)
    assert AlertCode.SIGNAL_QUALITY in codes(alerts)
    assert end.verdict.kind is VerdictKind.UNDETERMINED


def test_a_sensor_at_its_end_has_no_normal_verdict_and_still_stops() -> None:
    curve = [
        r._replace(validity=Validity.OVERFLOW, torque_ncm=20.0) if r.torque_ncm > 20.0 else r
        for r in readings(contact_at(4.0, 100.0), 16.0)
    ]
    alerts, end = run(SCREW, curve)
    assert {AlertCode.EXCESS_TORQUE, AlertCode.SIGNAL_QUALITY} <= codes(alerts)
    assert end.verdict.kind is VerdictKind.UNDETERMINED


def test_a_lost_angle_is_told_and_the_rest_is_resistance() -> None:
    curve = readings(contact_at(4.5, 100.0), 18.0)
    curve = [r if r.seq < 11_000 else r._replace(angle_deg=None) for r in curve]
    alerts, _ = run(SCREW, curve)
    assert AlertCode.SIGNAL_QUALITY in codes(alerts)
    assert AlertCode.HARD_RESISTANCE in codes(alerts)
    assert AlertCode.ROOT_CONTACT not in codes(alerts)


def test_a_clock_that_restarts_is_told_and_judging_goes_on() -> None:
    curve = [
        r if r.seq < 6000 else r._replace(device_time_us=r.device_time_us - 5_000_000)
        for r in readings(contact_at(4.0, 100.0), 16.0)
    ]
    alerts, _ = run(SCREW, curve)
    assert {AlertCode.SIGNAL_QUALITY, AlertCode.EXCESS_TORQUE} <= codes(alerts)


def test_a_live_pipeline_does_not_grow() -> None:
    pipeline = Pipeline(SCREW)
    curve = readings(plain, 4.0)
    shift_us = 4_000_000
    for reading in curve:
        pipeline.step(reading)
    tracemalloc.start()
    try:
        for lap in range(1, 4):
            for reading in curve[:1000]:
                pipeline.step(
                    reading._replace(device_time_us=reading.device_time_us + lap * shift_us)
                )
        before = tracemalloc.get_traced_memory()[0]
        for lap in range(4, 24):
            for reading in curve[:1000]:
                pipeline.step(
                    reading._replace(device_time_us=reading.device_time_us + lap * shift_us)
                )
        assert tracemalloc.get_traced_memory()[0] - before < 2_000
    finally:
        tracemalloc.stop()


def test_a_setup_comes_back_from_json_as_it_was() -> None:
    window = Window(5.0, 15.0, "alveolar-5-15", "a book")
    setup = JudgeSetup(window=window, body_mm=9.0, flare_mm=2.0, threshold_ncm=12.0)
    assert JudgeSetup.from_fields(json.loads(json.dumps(setup.fields()))) == setup
    assert JudgeSetup.from_fields(JudgeSetup().fields()) == JudgeSetup()
    for damaged in ({}, {"window": None, "what": 1}, {"window": {"low_ncm": 1}}):
        with pytest.raises(ValueError, match="damaged"):
            JudgeSetup.from_fields(damaged)


@pytest.mark.requirement("REQ-SIG-6")
def test_an_angle_counted_backwards_is_told_and_has_no_normal_verdict() -> None:
    curve = [r._replace(angle_deg=-(r.angle_deg or 0.0)) for r in readings(plain, 15.0)]
    alerts, end = run(SCREW, curve)
    quality = [alert for alert in alerts if alert.code is AlertCode.SIGNAL_QUALITY]
    assert "the angle runs against the torque" in quality[0].why
    assert end.verdict.kind is VerdictKind.UNDETERMINED
    assert "the angle runs against the torque" in end.verdict.why


@pytest.mark.requirement("REQ-SIG-6")
@pytest.mark.parametrize("turned_back_from", [0, 4000, 8000])
def test_the_maximum_holds_whatever_the_angle_says(turned_back_from: int) -> None:
    curve = readings(contact_at(4.0, 100.0), 14.6)
    curve = [
        r if r.seq < turned_back_from else r._replace(angle_deg=-(r.angle_deg or 0.0))
        for r in curve
    ]
    alerts, end = run(SCREW, curve)
    assert AlertCode.EXCESS_TORQUE in codes(alerts)
    assert end.verdict.kind in {VerdictKind.UNDETERMINED, VerdictKind.ABOVE}
    assert end.verdict.max_insertion_torque_ncm == pytest.approx(
        max(r.torque_ncm for r in curve), abs=0.2
    )


@pytest.mark.requirement("REQ-SIG-4")
@pytest.mark.parametrize("share", [0.0, 1.0 / 360.0, math.pi / 180.0])
def test_an_angle_in_another_unit_is_told_and_not_believed(share: float) -> None:
    curve = readings(contact_at(5.0, 100.0), 19.0)
    curve = [r._replace(angle_deg=round((r.angle_deg or 0.0) * share, 3)) for r in curve]
    alerts, end = run(SCREW, curve)
    quality = [alert for alert in alerts if alert.code is AlertCode.SIGNAL_QUALITY]
    assert len(quality) == 1
    assert "hardly moves" in quality[0].why
    assert AlertCode.HARD_RESISTANCE in codes(alerts)
    assert AlertCode.ROOT_CONTACT not in codes(alerts)
    assert end.verdict.final_torque_ncm is None
    assert "hardly moves" in end.verdict.why


@pytest.mark.parametrize("stall_s", [0.3, 1.0, 1.8])
def test_a_stall_in_which_the_torque_climbs_is_no_fault_of_the_angle(stall_s: float) -> None:
    curve = readings(plain, 12.0)
    last = curve[-1]
    for index in range(5000):
        climb = 6.0 * min(1.0, index / 1000.0 / stall_s)
        curve.append(
            last._replace(
                seq=last.seq + 1 + index,
                device_time_us=last.device_time_us + 1000 * (index + 1),
                torque_ncm=round(last.torque_ncm + climb + 0.02 * math.sin(index * 2.4), 4),
            )
        )
    alerts, _ = run(SCREW, curve)
    assert AlertCode.SIGNAL_QUALITY not in codes(alerts)


@pytest.mark.requirement("REQ-SIG-6")
def test_two_curves_in_one_have_no_verdict() -> None:
    curve = readings(plain, 12.0)
    _, end = run(SCREW, curve + curve)
    assert end.verdict.kind is VerdictKind.UNDETERMINED
    assert "time goes back" in end.verdict.why


@pytest.mark.requirement("REQ-SIG-6")
def test_a_time_in_milliseconds_has_no_verdict() -> None:
    curve = readings(plain, 12.0)
    slow = [r._replace(device_time_us=r.device_time_us * 1000) for r in curve]
    _, end = run(SCREW, slow)
    assert end.verdict.kind is VerdictKind.UNDETERMINED
    assert "may not be in seconds" in end.verdict.why


def test_an_accuracy_that_is_not_stated_is_not_claimed() -> None:
    _, end = run(SCREW, readings(plain, 12.0))
    assert "accuracy not stated" in end.verdict.why
    _, stated = run(JudgeSetup(window=WINDOW, accuracy_ncm=0.3), readings(plain, 12.0))
    assert "accuracy not stated" not in stated.verdict.why


def test_an_angle_given_up_is_told_beside_other_bad_samples() -> None:
    curve = [
        r._replace(angle_deg=0.0, torque_ncm=math.nan if r.seq % 700 == 0 else r.torque_ncm)
        for r in readings(plain, 15.0)
    ]
    alerts, _ = run(SCREW, curve)
    assert any("hardly moves" in alert.why for alert in alerts)


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_turning_a_screw_out_is_no_fault_of_the_angle(sign: float) -> None:
    curve = readings(plain, 12.0)
    last = curve[-1]
    for index in range(8000):
        out = 7.0 * math.exp(-index / 2500.0) * (1.0 - math.exp(-index / 60.0))
        curve.append(
            last._replace(
                seq=last.seq + 1 + index,
                device_time_us=last.device_time_us + 1000 * (index + 1),
                torque_ncm=round(sign * out + 0.02 * math.sin(index * 2.4), 4),
                angle_deg=round((last.angle_deg or 0.0) - index * 0.15, 3),
            )
        )
    alerts, end = run(SCREW, curve)
    assert AlertCode.SIGNAL_QUALITY not in codes(alerts)
    assert end.verdict.kind is VerdictKind.WITHIN
