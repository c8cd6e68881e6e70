"""The session with a device: lease, read-back, requests, stop watch, sequence. Crafted answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.drivers import messages as m
from torquemon.drivers.codec import Capability, Generation, Result
from torquemon.drivers.device import Sequence
from torquemon.drivers.device_messages import DeviceState, Names
from torquemon.drivers.frame import Framer
from torquemon.drivers.host_messages import nonce_is_newer
from torquemon.drivers.link import (
    Answered,
    Connected,
    Halted,
    Link,
    LinkEvent,
    LinkPhase,
    Refused,
    Samples,
    StopConfirmed,
    StopFailed,
)
from torquemon.drivers.readings import RawSample
from torquemon.drivers.requests import MAX_PENDING
from torquemon.model import (
    ArmPhase,
    ArmState,
    ArmStop,
    Command,
    Disarm,
    MotorState,
    Stop,
    StopReason,
    Tare,
    Validity,
)
from torquemon.units import TorqueUnit

MS = 1_000_000
ALL = Capability.ANGLE | Capability.SPEED | Capability.STOP_THRESHOLD
STATE = DeviceState(
    arm_state=ArmState.DISARMED,
    latch_reason=StopReason.NONE,
    motor=MotorState.STILL,
    battery_percent=255,
    threshold_counts=0,
    lease_ms=0,
    lease_left_ms=0,
    lease_nonce=0,
    tare_counts=0,
    latch_report_id=0,
    latch_torque_counts=0,
    latch_seq=0,
    next_seq=0,
    device_time_us=0,
)
HALT = replace(
    STATE,
    arm_state=ArmState.HALTED,
    latch_reason=StopReason.THRESHOLD,
    threshold_counts=1200,
    latch_report_id=1,
    latch_torque_counts=1207,
)


class Desk:
    """A link with a hand on each of its inputs. Every time is in milliseconds."""

    def __init__(self, capabilities: Capability = ALL, **hello: Any) -> None:  # noqa: ANN401 - any field of Hello
        self.link = Link(seed=99)
        self.framer = Framer()
        self.sent: list[m.Message] = []
        self.events: list[LinkEvent] = []
        self.capabilities = capabilities
        self.hello = hello

    def take(self, wire: bytes) -> list[m.Message]:
        """Read what the link wants to send."""
        found = [m.from_frame(frame) for frame in self.framer.feed(wire)]
        messages = [message for message in found if message is not None]
        self.sent += messages
        return messages

    def greet(self, ms: int = 0) -> m.HelloRequest:
        (hello,) = self.take(self.link.greet(ms * MS))
        assert isinstance(hello, m.HelloRequest)
        return hello

    def connect(self, ms: int = 0, **fields: Any) -> list[LinkEvent]:  # noqa: ANN401 - any field of Hello
        """Greet and answer the greeting."""
        return self.answer_hello(self.greet(ms), ms, **fields)

    def answer_hello(self, request: m.HelloRequest, ms: int, **fields: Any) -> list[LinkEvent]:  # noqa: ANN401 - any field of Hello
        hello = m.Hello(
            request_id=request.request_id,
            session=request.session,
            version=1,
            generation=Generation.SIMULATED,
            capabilities=self.capabilities,
            torque_unit=TorqueUnit.NCM,
            resolution_millionths=10_000,
            range_min_counts=-500,
            range_max_counts=6000,
            threshold_min_counts=100,
            threshold_max_counts=5000,
            threshold_step_counts=10,
            accuracy_counts=30,
            sample_rate_hz=1000,
            max_lease_ms=2000,
            tare_bound_counts=100,
            calibrated_utc_s=0,
            boot_id=1,
            names=Names(b"", b"", b"", b""),
        )
        return self.give(replace(hello, **(self.hello | fields)), ms)

    def give(self, message: m.Message, ms: int) -> list[LinkEvent]:
        """The device says something."""
        events = self.link.receive(m.to_frame(message, 0), ms * MS)
        self.events += events
        return events

    def order(self, command: Command, ms: int) -> list[m.Message]:
        return self.take(self.link.order(command, ms * MS))

    def tick(self, ms: int, *, may_renew: bool = False) -> list[m.Message]:
        events, wire = self.link.tick(ms * MS, may_renew=may_renew)
        self.events += events
        return self.take(wire)

    def ask_to_arm(self, ms: int = 0, lease_ms: int = 500) -> m.ArmRequest:
        (request,) = self.order(ArmStop(12.0, lease_ms), ms)
        assert isinstance(request, m.ArmRequest)
        return request

    def confirm(self, request: m.ArmRequest, ms: int) -> None:
        self.give(m.Ack(request.request_id, m.ArmRequest.TYPE, Result.DONE, held(request)), ms)

    def arm(self, ms: int = 0, lease_ms: int = 500) -> m.ArmRequest:
        request = self.ask_to_arm(ms, lease_ms)
        self.confirm(request, ms)
        assert self.phase() is ArmPhase.ARMED
        return request

    def phase(self) -> ArmPhase:
        return self.link.lease.phase

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def held(request: m.ArmRequest) -> DeviceState:
    """What a device reads back that does what it was asked."""
    return replace(
        STATE,
        arm_state=ArmState.ARMED,
        threshold_counts=request.threshold_counts,
        lease_ms=request.lease_ms,
        lease_left_ms=request.lease_ms,
        lease_nonce=request.nonce,
    )


def reading(
    seq: int = 0,
    count: int = 1,
    *,
    speed: int | None = None,
    angle: int | None = None,
    t_us: int = 0,
) -> m.Readings:
    samples = (RawSample(i * 1000, 5, angle, speed, Validity.VALID) for i in range(count))
    return m.Readings(seq & 0xFFFFFFFF, t_us, tuple(samples))


# --- arming and its read-back -------------------------------------------------------------------


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


# --- the session --------------------------------------------------------------------------------


@pytest.mark.requirement("REQ-LINK-3")
def test_a_hello_of_another_session_is_ignored() -> None:
    desk = Desk()
    first, second = desk.greet(0), desk.greet(600)
    assert first.session != second.session
    assert desk.answer_hello(first, 601) == []
    assert desk.answer_hello(second, 602) != []
    assert desk.link.phase is LinkPhase.READY


@pytest.mark.requirement("REQ-LINK-3")
def test_another_version_is_refused_with_both_numbers() -> None:
    desk = Desk()
    (event,) = desk.connect(version=2)
    assert isinstance(event, Refused)
    assert "version 2" in event.why
    assert "version 1" in event.why


def test_the_hello_is_repeated_until_it_is_answered() -> None:
    desk = Desk()
    desk.greet(0)
    sent = [message for ms in range(0, 2001, 20) for message in desk.tick(ms)]
    assert len(sent) == 3
    assert all(isinstance(message, m.HelloRequest) for message in sent)


@pytest.mark.requirement("REQ-ARM-4")
def test_a_device_that_falls_silent_is_greeted_anew_and_not_armed() -> None:
    desk = Desk()
    desk.connect()
    desk.arm(0, 2000)
    assert desk.tick(1000) == []
    (hello,) = desk.tick(1001)
    assert isinstance(hello, m.HelloRequest)
    assert desk.phase() is ArmPhase.NOT_ARMED
    (event,) = desk.answer_hello(hello, 1010)
    assert event == Connected(desk.link.info, rebooted=False)  # type: ignore[arg-type]
    assert desk.phase() is ArmPhase.NOT_ARMED


@pytest.mark.requirement("REQ-ARM-4")
def test_a_lost_wire_disarms_and_reconnecting_does_not_arm() -> None:
    desk = Desk()
    desk.connect()
    request = desk.arm()
    desk.link.lost("unplugged")
    assert desk.phase() is ArmPhase.NOT_ARMED
    assert desk.link.lease.why_not == "unplugged"
    desk.connect(50)
    desk.give(m.Status(held(request)), 60)
    sent = [message for ms in range(60, 1000, 20) for message in desk.tick(ms, may_renew=True)]
    assert sent == []
    assert desk.phase() is ArmPhase.NOT_ARMED


def test_orders_wait_for_nobody_before_the_hello_is_answered() -> None:
    desk = Desk()
    desk.greet(0)
    assert desk.order(ArmStop(12.0, 500), 1) == []
    assert desk.order(Tare(), 1) == []
    (stop,) = desk.order(Stop(), 1)
    assert isinstance(stop, m.StopRequest), "but a stop goes out"


def test_after_a_reboot_the_first_halt_is_told_again() -> None:
    desk = Desk()
    desk.connect()
    desk.give(m.Status(HALT), 10)
    desk.give(m.Status(HALT), 20)
    assert len(desk.of(Halted)) == 1
    desk.link.lost("power")
    (event,) = desk.connect(100, boot_id=2)
    assert isinstance(event, Connected)
    assert event.rebooted
    desk.give(m.Status(HALT), 110)
    assert len(desk.of(Halted)) == 2, "the reports of a new start are numbered from 1 again"


def test_a_halt_is_told_once_by_notice_and_state() -> None:
    desk = Desk()
    desk.connect()
    notice = m.StopNotice(1, StopReason.THRESHOLD, 1207, 5, 5)
    desk.give(notice, 10)
    desk.give(m.Status(HALT), 11)
    desk.give(notice, 12)
    (halted,) = desk.of(Halted)
    assert halted.report.reason is StopReason.THRESHOLD
    assert halted.report.torque_ncm == pytest.approx(12.07)


# --- the stop -----------------------------------------------------------------------------------


def connected(desk: Desk) -> None:
    desk.connect()


def armed(desk: Desk) -> None:
    desk.connect()
    desk.arm()


def halted(desk: Desk) -> None:
    desk.connect()
    desk.give(m.Status(HALT), 1)


def silent(desk: Desk) -> None:
    desk.connect()
    desk.tick(1500)


def before_hello(desk: Desk) -> None:
    desk.greet()


@pytest.mark.requirement("REQ-STOP-1", "REQ-STOP-2")
@pytest.mark.parametrize("prepare", [before_hello, connected, armed, halted, silent])
def test_a_stop_goes_out_in_every_phase_and_is_repeated(prepare: Callable[[Desk], None]) -> None:
    desk = Desk()
    prepare(desk)
    sent = desk.order(Stop(), 2000)
    for ms in range(2000, 2500, 5):
        sent += desk.tick(ms)
    stops = [message for message in sent if isinstance(message, m.StopRequest)]
    assert len(stops) == 13, "one every 40 ms"
    assert len({stop.request_id for stop in stops}) == len(stops)
    failed = desk.of(StopFailed)
    assert failed, "and after 150 ms it is said that it is not obeyed"


@pytest.mark.requirement("REQ-STOP-3")
def test_a_stop_that_is_acknowledged_but_not_obeyed_has_failed() -> None:
    desk = Desk()
    desk.connect()
    (stop,) = desk.order(Stop(), 0)
    assert isinstance(stop, m.StopRequest)
    turning = replace(HALT, motor=MotorState.FORWARD)
    for ms in range(0, 1000, 10):
        desk.give(m.Ack(stop.request_id, stop.TYPE, Result.DONE, replace(HALT)), ms)
        desk.give(m.Status(turning), ms)
        desk.give(reading(ms, speed=250, angle=ms * 1500, t_us=ms * 1000), ms)
        desk.tick(ms)
        assert (len(desk.of(StopFailed)) > 0) == (ms > 150)
    assert desk.of(StopConfirmed) == []
    assert len(desk.of(StopFailed)) == 2, "told again every half second"


@pytest.mark.requirement("REQ-STOP-2")
def test_the_screw_that_stands_still_confirms_a_stop() -> None:
    desk = Desk()
    desk.connect()
    desk.order(Stop(), 0)
    for ms in range(0, 60, 10):
        desk.give(reading(ms, speed=0, angle=90_000, t_us=ms * 1000), ms)
        desk.tick(ms)
    assert len(desk.of(StopConfirmed)) == 1
    assert [message for ms in range(60, 500, 10) for message in desk.tick(ms)] == []


@pytest.mark.requirement("REQ-STOP-3")
def test_a_slow_creep_is_no_standstill() -> None:
    desk = Desk()
    desk.connect()
    desk.order(Stop(), 0)
    for ms in range(0, 500, 10):
        desk.give(reading(ms, speed=0, angle=ms * 80, t_us=ms * 1000), ms)  # 80 degrees a second
        desk.tick(ms)
    assert desk.of(StopConfirmed) == []
    assert desk.of(StopFailed)


@pytest.mark.requirement("REQ-STOP-2")
@pytest.mark.parametrize(
    ("state", "confirmed"),
    [
        (HALT, True),
        (replace(HALT, motor=MotorState.UNKNOWN), True),
        (replace(STATE, motor=MotorState.UNKNOWN), False),
        (replace(HALT, motor=MotorState.REVERSE), False),
    ],
)
def test_without_motion_channels_the_state_confirms(state: DeviceState, confirmed: bool) -> None:  # noqa: FBT001 - a table
    desk = Desk(Capability.STOP_THRESHOLD)
    desk.connect()
    desk.order(Stop(), 0)
    desk.give(reading(1, t_us=1000), 1)
    desk.give(m.Status(state), 2)
    desk.tick(3)
    assert bool(desk.of(StopConfirmed)) == confirmed


@pytest.mark.requirement("REQ-STOP-2")
def test_a_stop_is_confirmed_after_a_reboot_of_the_device() -> None:
    desk = Desk()
    desk.connect()
    desk.order(Stop(), 0)
    desk.give(reading(1, speed=250, angle=0, t_us=50_000_000), 1)
    for ms in range(1, 1100, 10):
        desk.tick(ms)
    greeting = next(x for x in reversed(desk.sent) if isinstance(x, m.HelloRequest))
    desk.answer_hello(greeting, 1100, boot_id=2)
    for ms in range(1100, 1200, 10):
        desk.give(reading(ms, speed=0, angle=0, t_us=ms * 1000), ms)
        desk.tick(ms)
    assert len(desk.of(StopConfirmed)) == 1


# --- the numbers of the samples -----------------------------------------------------------------


@pytest.mark.requirement("REQ-LINK-2")
@given(
    start=st.sampled_from((0, 7, 0xFFFFFFF0, 0xFFFFFFFF)),
    steps=st.lists(
        st.tuples(st.integers(1, 37), st.sampled_from(("next", "gap", "double", "late"))),
        min_size=1,
        max_size=60,
    ),
    gap=st.integers(1, 1 << 20),
)
def test_samples_are_numbered_through_wrap_gaps_and_doubles(
    start: int, steps: list[tuple[int, str]], gap: int
) -> None:
    sequence = Sequence()
    position, lost, repeated = start, 0, 0
    history: list[tuple[int, int]] = []
    for count, kind in steps:
        if kind in ("double", "late") and history:
            first, size = history[-1] if kind == "double" else history[0]
            assert sequence.accept(first & 0xFFFFFFFF, size) is None
            repeated += size
            continue
        if kind == "gap" and history:
            position += gap
            lost += gap
        assert sequence.accept(position & 0xFFFFFFFF, count) == position
        history.append((position, count))
        position += count
    assert sequence.lost == lost
    assert sequence.repeated == repeated


@pytest.mark.requirement("REQ-LINK-2")
def test_a_doubled_frame_of_readings_is_judged_once() -> None:
    desk = Desk()
    desk.connect()
    desk.give(reading(0xFFFFFFFE, 5), 1)
    assert desk.give(reading(0xFFFFFFFE, 5), 2) == []
    desk.give(reading(4, 2), 3)
    seqs = [r.seq for event in desk.of(Samples) for r in event.readings]
    assert seqs == [*range(0xFFFFFFFE, 0xFFFFFFFE + 5), 0x100000004, 0x100000005]
    assert desk.link.sequence.lost == 1


@pytest.mark.requirement("REQ-LINK-5")
def test_a_reboot_begins_the_numbers_anew() -> None:
    desk = Desk()
    desk.connect()
    desk.give(reading(5000, 5), 1)
    desk.connect(2, boot_id=2)
    (event,) = desk.give(reading(0, 5), 3)
    assert isinstance(event, Samples)
    assert event.readings[0].seq == 0


@pytest.mark.parametrize("time_us", [(1 << 64) - 1, 1 << 63])
def test_a_clock_beyond_every_lifetime_is_no_reading(time_us: int) -> None:
    desk = Desk()
    desk.connect()
    assert desk.give(reading(1, 2, t_us=time_us), 1) == []
    assert desk.link.bad_messages == 1
