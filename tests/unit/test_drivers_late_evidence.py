"""What arrives late proves little: old read-backs, and a device whose clock runs backwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from torquemon.drivers.codec import Result
from torquemon.drivers.device import RENUMBERED_FRAMES, Sequence
from torquemon.drivers.device_messages import Ack, DeviceState
from torquemon.drivers.host_messages import ArmRequest
from torquemon.drivers.lease import Lease
from torquemon.drivers.stop_watch import StopPhase, StopWatch
from torquemon.model import ArmPhase, ArmState, MotorState, Reading, StopReason, Validity

MS = 1_000_000
LEASE_MS = 500


def armed_state(nonce: int) -> DeviceState:
    return DeviceState(
        ArmState.ARMED,
        StopReason.NONE,
        MotorState.STILL,
        255,
        1200,
        LEASE_MS,
        LEASE_MS,
        nonce,
        0,
        0,
        0,
        0,
        0,
        0,
    )


def armed_lease(answer_ms: int = 0) -> Lease:
    lease = Lease(41)
    asked = lease.ask(7, 1200, LEASE_MS, 0)
    ack = Ack(7, ArmRequest.TYPE, Result.DONE, armed_state(asked.nonce))
    lease.answered(ack, answer_ms * MS)
    assert lease.phase is ArmPhase.ARMED
    return lease


def test_a_read_back_proves_the_lease_only_from_when_its_nonce_was_sent() -> None:
    lease = armed_lease()
    for now_ms in range(0, LEASE_MS + 40, 20):
        lease.saw(armed_state(42), now_ms * MS)  # old frames out of a stalled hub
        lease.refresh(now_ms * MS)
    assert lease.phase is ArmPhase.NOT_ARMED


def test_a_late_answer_does_not_lengthen_the_lease() -> None:
    lease = armed_lease(answer_ms=180)
    lease.refresh((LEASE_MS + 10) * MS)
    assert lease.phase is ArmPhase.NOT_ARMED


def test_a_renewal_that_is_read_back_keeps_it_armed() -> None:
    lease = armed_lease()
    renewal = lease.renewal(8, 125 * MS)
    assert renewal is not None
    lease.saw(armed_state(renewal.nonce), 400 * MS)
    phases = []
    for now_ms in (620, 630):
        lease.refresh(now_ms * MS)
        phases.append(lease.phase)
    assert phases == [ArmPhase.ARMED, ArmPhase.NOT_ARMED]


def test_a_nonce_of_somebody_else_proves_nothing() -> None:
    lease = armed_lease()
    lease.saw(armed_state(99), 400 * MS)
    lease.refresh(510 * MS)
    assert lease.phase is ArmPhase.NOT_ARMED


def motion(time_us: int, angle_deg: float, speed_rpm: float | None, host_ms: int) -> Reading:
    return Reading(0, time_us, host_ms * MS, 1.0, angle_deg, speed_rpm, Validity.VALID)


def test_a_standstill_is_seen_by_a_clock_that_was_set_back() -> None:
    watch = StopWatch()
    watch.begin(0)
    watch.saw_reading(motion(900_000_000, 5.0, 0.0, 0))
    for step in range(1, 8):
        watch.saw_reading(motion(1_000 + step * 10_000, 5.0, 0.0, step * 10))
    assert watch.check(100 * MS, None) is StopPhase.CONFIRMED


@pytest.mark.requirement("REQ-STOP-3")
def test_a_screw_that_crawls_is_not_standing() -> None:
    """Angle alone: at 7.5 degrees a second, 1.25 rpm, a short look sees next to nothing."""
    watch = StopWatch()
    watch.begin(0, has_motion=True)
    for step in range(40):
        watch.saw_reading(motion(step * 10_000, step * 0.075, None, step * 10))
        assert watch.check(step * 10 * MS, None) is not StopPhase.CONFIRMED
    assert watch.phase is StopPhase.FAILED


@pytest.mark.requirement("REQ-STOP-3")
def test_a_clock_that_leaps_makes_no_standstill() -> None:
    """At 1 kHz a turning screw moves 0.15 degrees from one sample to the next."""
    watch = StopWatch()
    watch.begin(0, has_motion=True)
    for step in range(20):
        watch.saw_reading(motion(step * 500_000_000, step * 0.15, None, step))
        assert watch.check(step * MS, None) is StopPhase.WATCHING


def halted_state() -> DeviceState:
    return replace(armed_state(0), arm_state=ArmState.HALTED, motor=MotorState.STILL)


def test_the_word_of_a_device_that_measures_motion_waits_for_its_motion() -> None:
    watch = StopWatch()
    watch.begin(0, has_motion=True)
    watch.saw_state(halted_state())
    assert watch.check(1 * MS, None) is StopPhase.WATCHING
    for step in range(1, 20):
        watch.saw_reading(motion(step * 10_000, step * 1.5, 25.0, step * 10))
        watch.check(step * 10 * MS, None)
    assert watch.phase is StopPhase.FAILED


@pytest.mark.parametrize("seen_ms", [None, 0])
def test_its_word_counts_when_no_motion_is_measured_any_more(seen_ms: int | None) -> None:
    """And not before: it may say still and turn on while its sensor is silent for a moment."""
    watch = StopWatch()
    watch.begin(0, has_motion=True)
    watch.saw_state(halted_state())
    if seen_ms is not None:
        watch.saw_reading(motion(0, 1.0, 25.0, seen_ms))
    found = {now_ms: watch.check(now_ms * MS, None) for now_ms in range(10, 4100, 10)}
    assert found[150] is StopPhase.WATCHING
    assert found[160] is StopPhase.FAILED
    assert found[1990] is StopPhase.FAILED
    assert found[4090] is StopPhase.CONFIRMED


def test_a_device_that_numbers_anew_is_heard_again() -> None:
    sequence = Sequence()
    assert sequence.accept(5_000_000, 10) == 5_000_000
    taken = [sequence.accept(frame * 10, 10) for frame in range(RENUMBERED_FRAMES + 1)]
    assert taken[: RENUMBERED_FRAMES - 1] == [None] * (RENUMBERED_FRAMES - 1)
    last = (1 << 32) + (RENUMBERED_FRAMES - 1) * 10
    assert taken[RENUMBERED_FRAMES - 1 :] == [last, last + 10]
    assert sequence.lost == 0


def test_old_frames_among_new_ones_stay_repetitions() -> None:
    sequence = Sequence()
    sequence.accept(1000, 10)
    for frame in range(3 * RENUMBERED_FRAMES):
        assert sequence.accept(frame * 10, 10) is None
        assert sequence.accept(1010 + frame * 10, 10) == 1010 + frame * 10
