"""A host, an operator and a line in any order: what the handpiece never does."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hw_sim.device import DeviceConfig, HandpieceParams
from hw_sim.handpiece import Handpiece
from hw_sim.landmarks import Contact, InsertionParams
from torquemon.drivers.codec import Result
from torquemon.drivers.device_messages import Ack, DeviceState
from torquemon.drivers.frame import Framer, encode_frame
from torquemon.drivers.host_messages import (
    ArmRequest,
    DisarmRequest,
    HelloRequest,
    RenewRequest,
    StatusRequest,
    StopRequest,
    TareRequest,
    nonce_is_newer,
)
from torquemon.drivers.messages import HostMessage, from_frame, to_frame
from torquemon.model import ArmState, MotorState, StopReason

STAND_STILL_MS = 50
IDS = st.integers(1, 2)  # times six commands: all fit the memory of 16
NONCES = st.one_of(st.integers(0, 6), st.integers(0xFFFFFFFA, 0xFFFFFFFF))


class HandpieceMachine(RuleBasedStateMachine):
    """Drives the twin tick by tick and keeps its own books of lease, latch and memory."""

    @initialize(seed=st.integers(0, 3), contact_mm=st.sampled_from((0.3, 1.3)))
    def start(self, seed: int, contact_mm: float) -> None:
        insertion = InsertionParams(contact=Contact.hard(depth_mm=contact_mm))
        device = DeviceConfig(sample_rate_hz=500)
        self.hp = Handpiece(HandpieceParams(insertion=insertion, device=device), seed)
        self.framer = Framer()
        self.lease_end_us: int | None = None
        self.latched_since_us: int | None = None
        self.reason = StopReason.NONE
        self.answers: dict[tuple[int, int], Result] = {}
        self.held = 0
        self.last_seq = -1
        self.run(5)

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self.hp.tick()
            self.check()

    def check(self) -> None:
        now_us = self.hp.time_us
        if self.lease_end_us is not None and now_us >= self.lease_end_us:
            assert self.hp.latch is not None, "a lapsed lease did not halt"
            self.lease_end_us = None
        if self.hp.latch is None:
            self.latched_since_us = None
            self.reason = StopReason.NONE
            return
        if self.latched_since_us is None:
            self.latched_since_us = now_us
            self.reason = self.hp.latch.reason
            self.lease_end_us = None
        assert self.hp.latch.reason is self.reason, "a latched reason was overwritten"
        if now_us - self.latched_since_us > STAND_STILL_MS * 1000:
            assert not self.hp.motor.turning, "the motor turns though it is halted"

    def ask(self, message: HostMessage) -> Ack | None:
        """Send a command; return its answer, None outside a session."""
        self.hp.receive(encode_frame(to_frame(message, 0)))
        self.check()
        answer = None
        for frame in self.framer.feed(self.hp.transmit()):
            found = from_frame(frame)
            if isinstance(found, Ack):
                answer = found
        if answer is not None:
            self.judge(message, answer)
        return answer

    def judge(self, message: HostMessage, answer: Ack) -> None:
        key = (answer.request_id, answer.command)
        assert answer.command == message.TYPE
        if key in self.answers and not isinstance(message, StopRequest):
            assert answer.result is self.answers[key], "a repeated id was carried out again"
        self.answers[key] = answer.result
        self.read_back(answer.state)

    def read_back(self, state: DeviceState) -> None:
        firmware = self.hp.firmware
        assert state.arm_state is firmware.arm_state
        assert state.threshold_counts == firmware.threshold_counts
        assert (state.latch_reason is StopReason.NONE) == (firmware.latch is None)

    # -- the host ----------------------------------------------------------------------------

    @rule(session=st.integers(0, 9))
    def hello(self, session: int) -> None:
        before = self.hp.state()
        self.hp.receive(encode_frame(to_frame(HelloRequest(1, 1, 1, session), 0)))
        self.hp.transmit()
        self.answers.clear()
        assert self.hp.state() == before, "a hello changed the device"

    @rule(request_id=IDS, threshold=st.integers(50, 3000), lease=st.integers(50, 400), nonce=NONCES)
    def arm(self, request_id: int, threshold: int, lease: int, nonce: int) -> None:
        firmware = self.hp.firmware
        held, turning = firmware.threshold_counts, firmware.turning
        fresh = (request_id, ArmRequest.TYPE) not in self.answers
        answer = self.ask(ArmRequest(request_id, threshold, lease, nonce))
        if answer is None:
            assert firmware.threshold_counts == held, "carried out without a session"
        elif fresh and answer.result is Result.DONE:
            assert answer.state.threshold_counts == threshold // 10 * 10
            assert not (turning and held and answer.state.threshold_counts > held)
            self.lease_end_us = self.hp.time_us + lease * 1000
        else:
            assert answer.state.threshold_counts == held

    @rule(request_id=IDS, nonce=NONCES)
    def renew(self, request_id: int, nonce: int) -> None:
        firmware = self.hp.firmware
        last, left_ms = firmware.nonce, firmware.lease_left_ms(self.hp.time_us)
        fresh = (request_id, RenewRequest.TYPE) not in self.answers
        answer = self.ask(RenewRequest(request_id, nonce))
        if answer is not None and fresh and answer.result is Result.DONE:
            assert nonce_is_newer(nonce, last)
            self.lease_end_us = self.hp.time_us + firmware.lease_ms * 1000
        else:
            assert firmware.lease_left_ms(self.hp.time_us) == left_ms, "the lease was extended"

    @rule(request_id=IDS)
    def stop(self, request_id: int) -> None:
        answer = self.ask(StopRequest(request_id))
        if answer is not None:
            assert answer.result is Result.DONE
            assert answer.state.arm_state is ArmState.HALTED

    @rule(request_id=IDS)
    def disarm(self, request_id: int) -> None:
        turning, latched = self.hp.firmware.turning, self.hp.latch is not None
        fresh = (request_id, DisarmRequest.TYPE) not in self.answers
        answer = self.ask(DisarmRequest(request_id))
        if answer is not None and fresh and answer.result is Result.DONE:
            assert not turning
            assert not latched
            self.lease_end_us = None

    @rule(request_id=IDS, kind=st.sampled_from((TareRequest, StatusRequest)))
    def harmless(self, request_id: int, kind: type[TareRequest | StatusRequest]) -> None:
        state, speed = self.hp.arm_state, self.hp.motor.speed_deg_s
        self.ask(kind(request_id))
        assert self.hp.arm_state is state
        assert self.hp.motor.speed_deg_s == speed

    @rule(junk=st.binary(max_size=40))
    def noise_on_the_line(self, junk: bytes) -> None:
        before = self.hp.state()
        self.hp.receive(junk + b"\x00")
        assert self.hp.state() == before

    @rule()
    def cable_pulled(self) -> None:
        self.hp.disconnect()
        self.answers.clear()
        self.run(20)
        assert self.hp.transmit() == b""

    # -- the operator and time ---------------------------------------------------------------

    @rule(pressed=st.booleans(), reverse=st.booleans())
    def pedal(self, pressed: bool, reverse: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
        self.hp.pedal = pressed
        self.hp.reverse = reverse

    @rule()
    def stop_button(self) -> None:
        self.hp.press_stop_button()
        self.check()

    @rule()
    def acknowledge(self) -> None:
        turning, pressed, held = (
            self.hp.motor.turning,
            self.hp.pedal,
            self.hp.firmware.threshold_counts,
        )
        if self.hp.operator_acknowledges():
            assert not turning
            assert not pressed
            expected = ArmState.STANDALONE if held else ArmState.DISARMED
            assert self.hp.arm_state is expected
            self.check()

    @rule(ticks=st.integers(1, 150))
    def time_passes(self, ticks: int) -> None:
        self.run(ticks)
        self.hp.transmit()

    @precondition(lambda self: not self.hp.pedal and not self.hp.motor.turning)
    @rule(ticks=st.integers(1, 30))
    def without_a_foot_nothing_turns(self, ticks: int) -> None:
        for _ in range(ticks):
            self.run(1)
            assert not self.hp.motor.turning

    @invariant()
    def the_state_says_what_the_motor_does(self) -> None:
        if not hasattr(self, "hp"):
            return
        state = self.hp.state()
        assert (state.motor is MotorState.STILL) == (not self.hp.motor.turning)
        assert state.arm_state is not ArmState.ARMED or state.threshold_counts > 0
        assert state.lease_left_ms <= state.lease_ms


HandpieceMachine.TestCase.settings = settings(
    max_examples=80, stateful_step_count=30, deadline=None
)
TestHandpiece = HandpieceMachine.TestCase
