"""A session with a device whose answers are crafted by hand, for tests of the link."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torquemon.drivers import messages as m
from torquemon.drivers.codec import Capability, Generation, Result
from torquemon.drivers.device_messages import DeviceState, Names
from torquemon.drivers.frame import Framer
from torquemon.drivers.link import (
    Link,
    LinkEvent,
)
from torquemon.drivers.readings import RawSample
from torquemon.model import (
    ArmPhase,
    ArmState,
    ArmStop,
    Command,
    MotorState,
    StopReason,
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
