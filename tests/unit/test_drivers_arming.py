"""Arming: the lease and its read-back, renewals, limits. Crafted answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.link_desk import (
    HALT,
    STATE,
    Desk,
    held,
    reading,
)
from torquemon.drivers import messages as m
from torquemon.drivers.codec import Capability, Result
from torquemon.drivers.device_messages import DeviceState
from torquemon.drivers.host_messages import nonce_is_newer
from torquemon.drivers.link import (
    Answered,
    Link,
)
from torquemon.drivers.requests import MAX_PENDING
from torquemon.model import (
    ArmPhase,
    ArmState,
    ArmStop,
    Disarm,
    Stop,
    Tare,
)


@pytest.mark.requirement("REQ-ARM-1")
def test_armed_is_shown_only_after_the_read_back() -> None:
    desk = Desk()
    desk.connect()
    request = desk.ask_to_arm()
    assert desk.phase() is ArmPhase.ARMING
    desk.give(m.Status(held(request)), 1)
    assert desk.phase() is ArmPhase.ARMING, "a status is no answer"
    desk.confirm(request, 2)
    assert desk.phase() is ArmPhase.ARMED
    assert desk.link.lease.held_counts == 1200


@pytest.mark.requirement("REQ-ARM-1")
@given(
    change=st.sampled_from(
        (
            {"threshold_counts": 1210},
            {"threshold_counts": 1190},
            {"threshold_counts": 0},
            {"lease_ms": 501},
            {"lease_ms": 0},
            {"lease_nonce": 7},
            {"arm_state": ArmState.DISARMED},
            {"arm_state": ArmState.STANDALONE},
            {"arm_state": ArmState.HALTED},
        )
    )
)
def test_an_answer_with_another_read_back_never_arms(change: dict[str, Any]) -> None:
    desk = Desk()
    desk.connect()
    request = desk.ask_to_arm()
    state = replace(held(request), **change)
    desk.give(m.Ack(request.request_id, m.ArmRequest.TYPE, Result.DONE, state), 1)
    assert desk.phase() is not ArmPhase.ARMED
    desk.confirm(request, 2)
    assert desk.phase() is not ArmPhase.ARMED, "a second answer came too late"


@pytest.mark.requirement("REQ-ARM-1")
@pytest.mark.parametrize("result", [result for result in Result if result is not Result.DONE])
def test_a_refusal_is_not_armed_and_says_why(result: Result) -> None:
    desk = Desk()
    desk.connect()
    request = desk.ask_to_arm()
    desk.give(m.Ack(request.request_id, m.ArmRequest.TYPE, result, held(request)), 1)
    assert desk.phase() is ArmPhase.NOT_ARMED
    assert desk.link.lease.why_not
    assert desk.link.lease.held_counts is None


@pytest.mark.requirement("REQ-ARM-1")
def test_the_answer_to_an_older_request_confirms_nothing() -> None:
    desk = Desk()
    desk.connect()
    first = desk.ask_to_arm()
    desk.ask_to_arm(1)
    desk.confirm(first, 2)
    assert desk.phase() is ArmPhase.ARMING


@pytest.mark.requirement("REQ-ARM-2")
@pytest.mark.parametrize("round_trip_ms", [1, 100, 400])
def test_not_confirmed_in_time_is_not_armed(round_trip_ms: int) -> None:
    desk = Desk()
    desk.connect()
    (tare,) = desk.order(Tare(), 0)
    assert isinstance(tare, m.TareRequest)
    desk.give(m.Ack(tare.request_id, tare.TYPE, Result.DONE, STATE), round_trip_ms)
    limit_ms = max(200, 3 * round_trip_ms)
    request = desk.ask_to_arm(1000)
    repeats = []
    for ms in range(1000, 1000 + limit_ms + 1, 10):
        repeats += desk.tick(ms)
        assert desk.phase() is ArmPhase.ARMING
        desk.give(m.Status(STATE), ms)
    assert repeats, "a late answer is asked for again"
    assert set(repeats) == {request}, "under the same id"
    desk.tick(1000 + limit_ms + 11)
    assert desk.phase() is ArmPhase.NOT_ARMED
    assert f"within {limit_ms} ms" in desk.link.lease.why_not
    desk.confirm(request, 1000 + limit_ms + 12)
    assert desk.phase() is ArmPhase.NOT_ARMED


@pytest.mark.requirement("REQ-ARM-2")
def test_an_arming_that_was_given_up_for_room_is_not_armed() -> None:
    desk = Desk()
    desk.connect()
    desk.ask_to_arm()
    for _ in range(MAX_PENDING):
        desk.order(Tare(), 1)
    desk.tick(2)
    assert desk.phase() is ArmPhase.NOT_ARMED
    assert Answered("ArmRequest", None) in desk.events


@pytest.mark.requirement("REQ-ARM-3")
@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (replace(STATE, arm_state=ArmState.DISARMED), ArmPhase.NOT_ARMED),
        (replace(STATE, arm_state=ArmState.STANDALONE, threshold_counts=1200), ArmPhase.NOT_ARMED),
        (replace(STATE, arm_state=ArmState.ARMED, threshold_counts=1300), ArmPhase.NOT_ARMED),
        (HALT, ArmPhase.HALTED),
    ],
)
def test_armed_ends_with_the_first_state_that_says_otherwise(
    state: DeviceState, phase: ArmPhase
) -> None:
    desk = Desk()
    desk.connect()
    request = desk.arm()
    desk.give(m.Status(held(request)), 10)
    assert desk.phase() is ArmPhase.ARMED
    desk.give(m.Status(state), 20)
    assert desk.phase() is phase
    desk.give(m.Status(held(request)), 30)
    assert desk.phase() is not ArmPhase.ARMED, "nothing arms by itself"


@pytest.mark.requirement("REQ-ARM-3")
@pytest.mark.parametrize("field", ["arm_state", "threshold_counts", "lease_ms", "lease_left_ms"])
def test_armed_ends_where_a_single_field_of_the_read_back_says_otherwise(field: str) -> None:
    desk = Desk()
    desk.connect()
    request = desk.arm()
    good = held(request)
    desk.give(m.Status(good), 10)
    assert desk.phase() is ArmPhase.ARMED
    if field == "arm_state":
        other = replace(good, arm_state=ArmState.DISARMED)
    elif field == "threshold_counts":
        other = replace(good, threshold_counts=good.threshold_counts + 1)
    elif field == "lease_ms":
        other = replace(good, lease_ms=good.lease_ms + 1)
    else:
        other = replace(good, lease_left_ms=0)
    desk.give(m.Status(other), 20)
    assert desk.phase() is ArmPhase.NOT_ARMED


@pytest.mark.requirement("REQ-ARM-3")
@pytest.mark.parametrize("lease_ms", [100, 500, 2000, 9000])
def test_without_a_read_back_armed_ends_with_the_lease(lease_ms: int) -> None:
    desk = Desk()
    desk.connect()
    request = desk.arm(0, lease_ms)
    assert request.lease_ms == min(lease_ms, 2000), "the device's own longest lease"
    desk.give(reading(), request.lease_ms)
    desk.tick(request.lease_ms)
    assert desk.phase() is ArmPhase.ARMED
    desk.tick(request.lease_ms + 1)
    assert desk.phase() is ArmPhase.NOT_ARMED


@pytest.mark.requirement("REQ-LEASE-1")
@pytest.mark.parametrize("seed", [99, 0xFFFFFFFF << 16, 0xFFFFFFFD << 16])
def test_renewals_come_four_times_a_lease_with_rising_nonces(seed: int) -> None:
    desk = Desk()
    desk.link = Link(seed)
    desk.connect()
    request = desk.arm()
    renewals: list[m.RenewRequest] = []
    for ms in range(1, 4001):
        if ms % 20 == 0:
            nonce = renewals[-1].nonce if renewals else request.nonce
            desk.give(m.Status(replace(held(request), lease_nonce=nonce)), ms)
        for message in desk.tick(ms, may_renew=True):
            assert isinstance(message, m.RenewRequest)
            renewals.append(message)
    assert len(renewals) == 32
    last = request.nonce
    for renewal in renewals:
        assert nonce_is_newer(renewal.nonce, last)
        last = renewal.nonce


@pytest.mark.requirement("REQ-LEASE-2")
def test_nothing_is_renewed_without_consent_or_when_not_armed() -> None:
    desk = Desk()
    desk.connect()
    assert desk.tick(500, may_renew=True) == []
    desk.arm(500)
    assert desk.tick(700, may_renew=False) == []
    desk.give(m.Status(STATE), 710)
    assert desk.tick(900, may_renew=True) == []


@pytest.mark.requirement("REQ-ARM-5")
def test_a_device_without_a_threshold_is_never_asked_for_one() -> None:
    desk = Desk(Capability.ANGLE)
    desk.connect()
    assert desk.order(ArmStop(12.0, 500), 1) == []
    assert desk.order(Disarm(), 1) == []
    assert desk.order(Stop(), 1) == []
    assert desk.phase() is ArmPhase.NOT_ARMED
    assert "warn only" in desk.link.lease.why_not


@pytest.mark.requirement("REQ-LIM-2")
def test_the_threshold_is_floored_to_the_step_of_the_device() -> None:
    desk = Desk(threshold_step_counts=50)
    desk.connect()
    (request,) = desk.order(ArmStop(12.49, 500), 0)
    assert isinstance(request, m.ArmRequest)
    assert request.threshold_counts == 1200
