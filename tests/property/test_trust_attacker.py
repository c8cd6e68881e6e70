"""An attacker between host and device, who records, forges, flips, reflects, reorders and re-sends.

He has everything but the key. Whatever he does, nothing is carried out that the host did not just
ask for, and nothing is believed that the device did not just say. What he can do is jam: then the
screen says so and the lease halts the motor.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hw_sim.device import DeviceConfig
from hw_sim.firmware import Command
from tests.chairs import Bench
from torquemon.drivers import messages as m
from torquemon.drivers.codec import Result
from torquemon.drivers.device_messages import DeviceState
from torquemon.drivers.frame import Frame, Framer, encode_frame
from torquemon.drivers.host_trust import Standing
from torquemon.drivers.link import Halted, Samples, Strangers
from torquemon.drivers.messages import to_frame
from torquemon.drivers.readings import RawSample
from torquemon.drivers.trust import Keys
from torquemon.model import (
    ArmPhase,
    ArmState,
    ArmStop,
    MotorState,
    Stop,
    StopReason,
    Tare,
    Validity,
)

KEY = bytes(range(16))
MS = 1_000_000
LEASE_MS = 500
FORGED_STATE = DeviceState(
    ArmState.ARMED, StopReason.NONE, MotorState.STILL, 255, 1200, 500, 500, 0, 0, 0, 0, 0, 0, 0
)
HALTED_STATE = replace(FORGED_STATE, arm_state=ArmState.HALTED, latch_report_id=999)
ORDERS: list[m.HostMessage] = [
    m.ArmRequest(7, 4900, 2000, 5),
    m.RenewRequest(8, 0x7FFF_FFF0),
    m.TareRequest(9),
    m.DisarmRequest(10),
]
ANSWERS: list[m.DeviceMessage] = [
    m.Ack(7, m.ArmRequest.TYPE, Result.DONE, FORGED_STATE),
    m.Ack(7, m.ArmRequest.TYPE, Result.NOT_AUTHENTICATED, FORGED_STATE),
    m.Status(FORGED_STATE),
    m.Status(HALTED_STATE),
    m.StopNotice(999, StopReason.THRESHOLD, 1, 1, 1),
    m.Readings(3_000_000_000, 1, (RawSample(0, 77_777, 0, 0, Validity.VALID),)),
    m.AuthProof(8, b"n" * 16),
]


HARMLESS = frozenset(
    kind.TYPE for kind in (m.HelloRequest, m.AuthRequest, m.StopRequest, m.StatusRequest)
)
"""What needs no tag; there are rules of their own for it."""
ORDER_TYPES = (m.ArmRequest, m.RenewRequest, m.TareRequest, m.DisarmRequest)


class Way(Enum):
    """To the host or to the device."""

    IN = auto()
    OUT = auto()


class Attacker(RuleBasedStateMachine):
    """The wire is his; he lets everything pass while he does nothing."""

    @initialize(delay_s=st.sampled_from((0.0, 0.03)))
    def begin(self, delay_s: float) -> None:
        config = DeviceConfig(key=KEY)
        keys = Keys({"SIM-0001": KEY})
        self.bench = Bench(config=config, keys=keys, over_the_air=True, delay_s=delay_s)
        self.bench.line.bend_in = self.from_device
        self.bench.line.bend_out = self.from_host
        self.heard: list[tuple[Way, Frame]] = []
        self.framers = {Way.IN: Framer(), Way.OUT: Framer()}
        self.done: list[Command] = []
        self.armed_ns = -(10**12)
        self.drop = self.hold = False
        self.held: list[tuple[Way, bytes]] = []
        execute = self.bench.device.link._execute

        def carried_out(command: Command) -> Result:
            if not isinstance(command, (m.StopRequest, m.StatusRequest)):
                self.done.append(command)
            return execute(command)

        self.bench.device.link._execute = carried_out
        self.bench.host.judge_with(lambda _: None)
        self.bench.plug_in()
        self.time_passes(20)

    # --- the wire -------------------------------------------------------------------------------

    def from_device(self, data: bytes) -> bytes:
        return self.passes(Way.IN, data)

    def from_host(self, data: bytes) -> bytes:
        return self.passes(Way.OUT, data)

    def passes(self, way: Way, data: bytes) -> bytes:
        """Write down what goes by, and let it pass, hold it or drop it."""
        for frame in self.framers[way].feed(data):
            self.heard.append((way, frame))

        del self.heard[:-400]
        if self.drop:
            return b""
        if self.hold and data:
            self.held.append((way, data))
            return b""
        return data

    def inject(self, way: Way, data: bytes) -> None:
        """Put bytes on the wire, to the host or to the device, as if they came from the other."""
        if way is Way.IN:
            self.bench.host.on_chunk(self.bench.line, data, self.bench.now_ns)
        else:
            self.bench.device.receive(data)

    # --- what he does ---------------------------------------------------------------------------

    @rule(back=st.integers(1, 400))
    def send_again(self, back: int) -> None:
        if self.heard:
            way, frame = self.heard[-1 - back % len(self.heard)]
            if way is Way.IN or frame.type not in HARMLESS:
                self.inject(way, encode_frame(frame))

    @rule(back=st.integers(1, 400))
    def reflect(self, back: int) -> None:
        if self.heard:
            way, frame = self.heard[-1 - back % len(self.heard)]
            self.inject(Way.OUT if way is Way.IN else Way.IN, encode_frame(frame))

    @rule(back=st.integers(1, 60), at=st.integers(0, 600), bit=st.integers(0, 7))
    def flip(self, back: int, at: int, bit: int) -> None:
        """Change one bit, with a CRC that holds: it is no secret."""
        if not self.heard:
            return
        way, frame = self.heard[-1 - back % len(self.heard)]
        if frame.type in HARMLESS:
            return
        body = bytearray(frame.payload + frame.tag)
        body[at % len(body)] ^= 1 << bit
        cut = len(body) - len(frame.tag)
        self.inject(
            way,
            encode_frame(frame._replace(payload=bytes(body[:cut]), tag=bytes(body[cut:]))),
        )

    @rule(
        message=st.sampled_from(ORDERS), ahead=st.integers(0, 70_000), tag=st.sampled_from((0, 16))
    )
    def forge_an_order(self, message: m.HostMessage, ahead: int, tag: int) -> None:
        last = next((f.counter for way, f in reversed(self.heard) if way is Way.OUT), 0)
        frame = to_frame(message, last + ahead)._replace(tag=b"f" * tag)
        self.inject(Way.OUT, encode_frame(frame))

    @rule(
        message=st.sampled_from(ANSWERS), ahead=st.integers(0, 70_000), tag=st.sampled_from((0, 16))
    )
    def forge_an_answer(self, message: m.DeviceMessage, ahead: int, tag: int) -> None:
        if self.bench.link.trust.standing is not Standing.PROVEN:
            return  # until then the device is only listened to; nothing rests on it
        pending = list(self.bench.link.requests._pending)
        if isinstance(message, m.Ack) and pending:
            message = replace(message, request_id=pending[-1])
        last = next((f.counter for way, f in reversed(self.heard) if way is Way.IN), 0)
        frame = to_frame(message, last + ahead)._replace(tag=b"f" * tag)
        self.inject(Way.IN, encode_frame(frame))

    @rule()
    def jam(self) -> None:
        self.drop = not self.drop

    @rule()
    def hold_back(self) -> None:
        """Hold everything back; let it go late, in another order."""
        self.hold = not self.hold
        if not self.hold:
            held, self.held = self.held, []
            for way, data in reversed(held):
                self.inject(way, data)

    @rule()
    def greet_the_device(self) -> None:
        """A hello of his own ends the proof on the device: it can only end in a standstill."""
        self.inject(Way.OUT, encode_frame(to_frame(m.HelloRequest(3, 1, 1, 0xBAD), 1)))

    @rule()
    def challenge_the_device(self) -> None:
        self.inject(Way.OUT, encode_frame(to_frame(m.AuthRequest(b"e" * 16), 3)))

    @rule()
    def stop_the_motor(self) -> None:
        """The one order that he may give."""
        self.inject(Way.OUT, encode_frame(to_frame(m.StopRequest(1), 1)))
        assert self.bench.device.arm_state is ArmState.HALTED

    # --- the chair goes on ----------------------------------------------------------------------

    @rule(threshold_ncm=st.sampled_from((4.0, 12.0)))
    def arm(self, threshold_ncm: float) -> None:
        self.bench.host.request(ArmStop(threshold_ncm, LEASE_MS))
        self.time_passes(8)

    @rule()
    def zero(self) -> None:
        self.bench.host.request(Tare())
        self.time_passes(4)

    @rule()
    def stop(self) -> None:
        self.bench.host.request(Stop())
        self.time_passes(4)

    @rule()
    def release(self) -> None:
        self.bench.device.operator_acknowledges()

    @rule(beats=st.sampled_from((1, 10, 60, 150)))
    def time_passes(self, beats: int) -> None:
        for _ in range(beats):
            self.bench.host.allow_renewals_until(self.bench.now_ns + 100 * MS)
            self.bench.step()
            if self.bench.device.arm_state is ArmState.ARMED:
                self.armed_ns = self.bench.now_ns
            self.armed_is_true()

    @precondition(lambda self: not (self.drop or self.hold))
    @rule()
    def he_leaves(self) -> None:
        """Without him all is as ever: the device proves itself and can be armed."""
        bench = self.bench
        self.time_passes(350)
        bench.device.operator_acknowledges()
        self.time_passes(20)
        assert bench.link.trust.standing is Standing.PROVEN
        bench.host.request(ArmStop(12.0, LEASE_MS))
        self.time_passes(30)
        assert bench.link.lease.phase is ArmPhase.ARMED
        assert bench.device.arm_state is ArmState.ARMED

    # --- what must hold -------------------------------------------------------------------------

    def armed_is_true(self) -> None:
        lease = self.bench.link.lease
        if lease.phase is ArmPhase.ARMED:
            assert self.bench.link.trust.standing is Standing.PROVEN
            assert self.bench.now_ns - self.armed_ns <= (LEASE_MS + 200) * MS

    @invariant()
    def nothing_was_done_that_the_host_did_not_ask_for(self) -> None:
        if not hasattr(self, "bench"):
            return
        asked = [message for message in self.bench.line.sent if isinstance(message, ORDER_TYPES)]
        for command in self.done:
            assert command in asked, "an order of the attacker was carried out"
        assert len({(type(c), c.request_id) for c in self.done}) == len(self.done), "done twice"

    @invariant()
    def nothing_was_believed_that_the_device_did_not_say(self) -> None:
        if not hasattr(self, "bench"):
            return
        for event in self.bench.of(Samples):
            assert all(abs(reading.torque_ncm) < 500 for reading in event.readings)
        for event in self.bench.of(Halted):
            assert event.report.report_id != 999
        self.bench.events = [e for e in self.bench.events if isinstance(e, Strangers)]

    def teardown(self) -> None:
        trust = self.bench.link.trust
        if trust.refused and trust.standing is Standing.PROVEN and not (self.drop or self.hold):
            self.time_passes(220)
            if trust.standing is Standing.PROVEN:
                assert self.bench.of(Strangers), "what was not believed is told"


Attacker.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestAttacker = pytest.mark.requirement("REQ-SEC-7")(
    pytest.mark.requirement("REQ-SEC-8")(Attacker.TestCase)
)
