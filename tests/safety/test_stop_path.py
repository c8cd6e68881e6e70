"""The parts of the stop path one by one, where a neighbour would hide a mistake of theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from torquemon.drivers.codec import Result
from torquemon.drivers.device_messages import Ack, DeviceState
from torquemon.drivers.host_messages import ArmRequest
from torquemon.drivers.lease import Lease
from torquemon.model import ArmPhase, ArmState, MotorState, StopReason

MS = 1_000_000


def asked() -> tuple[Lease, ArmRequest]:
    lease = Lease(41)
    return lease, lease.ask(7, 1200, 500, 0)


def phase(lease: Lease) -> ArmPhase:
    """The phase, asked anew: it changes under the hands of the type checker."""
    return lease.phase


def held(request: ArmRequest) -> DeviceState:
    """What a device reads back that does what it was asked."""
    return DeviceState(
        arm_state=ArmState.ARMED,
        latch_reason=StopReason.NONE,
        motor=MotorState.STILL,
        battery_percent=255,
        threshold_counts=request.threshold_counts,
        lease_ms=request.lease_ms,
        lease_left_ms=request.lease_ms,
        lease_nonce=request.nonce,
        tare_counts=0,
        latch_report_id=0,
        latch_torque_counts=0,
        latch_seq=0,
        next_seq=0,
        device_time_us=0,
    )


@pytest.mark.requirement("REQ-ARM-1")
@pytest.mark.parametrize(
    "change",
    [
        {"threshold_counts": 1210},
        {"threshold_counts": 0},
        {"arm_state": ArmState.DISARMED},
        {"arm_state": ArmState.STANDALONE},
        {"lease_ms": 1000},
        {"lease_nonce": 41},
    ],
)
def test_the_answer_alone_must_read_back_all_that_was_asked(change: dict[str, Any]) -> None:
    lease, request = asked()
    state = replace(held(request), **change)
    lease.answered(Ack(request.request_id, ArmRequest.TYPE, Result.DONE, state), 0)
    assert phase(lease) is ArmPhase.NOT_ARMED
    assert lease.held_counts is None
    assert lease.renewal(8, 10_000 * MS) is None


@pytest.mark.requirement("REQ-ARM-1")
def test_before_its_answer_an_arming_holds_nothing() -> None:
    lease, request = asked()
    assert phase(lease) is ArmPhase.ARMING
    assert lease.held_counts is None
    lease.saw(held(request), 0)
    assert phase(lease) is ArmPhase.ARMING, "a status is no answer"
    lease.answered(Ack(request.request_id, ArmRequest.TYPE, Result.DONE, held(request)), 0)
    assert phase(lease) is ArmPhase.ARMED
    assert lease.held_counts == 1200


@pytest.mark.requirement("REQ-ARM-3")
def test_a_read_back_as_old_as_the_lease_is_the_last_that_counts() -> None:
    lease, request = asked()
    lease.answered(Ack(request.request_id, ArmRequest.TYPE, Result.DONE, held(request)), 0)
    lease.refresh(500 * MS)
    assert phase(lease) is ArmPhase.ARMED
    lease.refresh(500 * MS + 1)
    assert phase(lease) is ArmPhase.NOT_ARMED
