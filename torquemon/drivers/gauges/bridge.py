"""A gauge as a wire: speaks TorqueMon's own protocol to the monitor, in this process.

So everything behind the wire - judge, alarms, record, screen - works as with a handpiece that can
only be listened to: its hello has no capability to stop, every order but a question is answered
*unsupported*, and nothing of the host ever reaches the instrument but the driver's own questions.
The instrument's own bytes travel beside the readings, in frames of a type that the link skips: the
record keeps both.
"""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass, field
from typing import Final

from torquemon.clock import Clock
from torquemon.drivers.codec import PROTOCOL_VERSION, Capability, Generation, Result
from torquemon.drivers.device_messages import Ack, DeviceError, DeviceState, Hello, Names, Status
from torquemon.drivers.errors import MessageError, TransportGoneError
from torquemon.drivers.frame import Frame, Framer, encode_frame
from torquemon.drivers.gauges.angle import AngleSource
from torquemon.drivers.gauges.base import Gauge
from torquemon.drivers.gauges.reading import LOW_BATTERY, GaugeProblem, GaugeReading
from torquemon.drivers.gauges.talk import Talk
from torquemon.drivers.host_messages import HelloRequest, StatusRequest
from torquemon.drivers.messages import DeviceMessage, HostCommand, from_frame, to_frame
from torquemon.drivers.readings import RawSample, Readings
from torquemon.drivers.transport import Transport
from torquemon.model import ArmState, MotorState, StopReason, Validity
from torquemon.units import TorqueUnit

RAW_FRAME: Final = 0xF0
"""Type of the frames that carry the instrument's own bytes."""
_RAW_BYTES: Final = 480
_STATUS_NS: Final = 100_000_000
_COUNTS_PER_NCM: Final = 1_000_000
_MAX_COUNTS: Final = (1 << 31) - 1
_MAX_DRPM: Final = (1 << 15) - 1
_RANGE_NCM: Final = 2000
_NO_BATTERY: Final = 255
_SEQ_MASK: Final = 0xFFFFFFFF
_NAME_BYTES: Final = 32
_UNKNOWN: Final = "not stated"


class Tap:
    """The wire to the instrument, with a copy of what came."""

    def __init__(self, port: Transport) -> None:
        self._port = port
        self.name = port.name
        self.over_the_air = port.over_the_air
        self.bare_why = port.bare_why
        self.write, self.wake, self.close = port.write, port.wake, port.close
        self.heard = b""

    def read(self, timeout_s: float) -> bytes:
        """See `Transport.read`."""
        data = self._port.read(timeout_s)
        self.heard += data
        return data


@dataclass(slots=True)
class _Numbers:
    """What goes on counting."""

    boot_id: int
    counter: int = 0
    seq: int = 0
    battery_told: bool = False
    out: list[bytes] = field(default_factory=list)


class GaugeWire:
    """One open gauge as a `Transport`. `unit_words` say that the user stated the unit, if so.

    They travel in the place of the firmware's name, which no gauge tells: the record keeps them.
    """

    over_the_air = False
    bare_why = ""

    def __init__(
        self,
        gauge: Gauge,
        tap: Tap,
        talk: Talk,
        angle: AngleSource,
        clock: Clock,
        mark: Generation,
        unit_words: str = "",
    ) -> None:
        self.name = tap.name
        self._gauge = gauge
        self._tap = tap
        self._talk = talk
        self._angle = angle
        self._clock = clock
        self._mark = mark
        self._unit_words = unit_words
        self._framer = Framer()
        self._numbers = _Numbers(secrets.randbits(32))
        self._origin_ns = clock.monotonic_ns()
        self._status_ns = 0
        self._in_session = False
        self._why = ""

    @property
    def is_simulated(self) -> bool:
        """Whether what it says is marked as not from an instrument."""
        return self._mark is not Generation.REAL

    # --- towards the host -----------------------------------------------------------------------

    def read(self, timeout_s: float) -> bytes:
        """See `Transport.read`: frames with what the gauge said."""
        if not self._numbers.out:
            self._listen(timeout_s)
        out, self._numbers.out = b"".join(self._numbers.out), []
        return out

    def _listen(self, timeout_s: float) -> None:
        events = self._angle.with_angle(self._talk.step(timeout_s))
        heard, self._tap.heard = self._tap.heard, b""
        if not self._in_session:
            return
        for at in range(0, len(heard), _RAW_BYTES):
            self._put(Frame(RAW_FRAME, self._count(), heard[at : at + _RAW_BYTES]))
        self._say_readings([event for event in events if isinstance(event, GaugeReading)])
        for event in events:
            if isinstance(event, GaugeProblem):
                self._say_problem(event)
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._status_ns >= _STATUS_NS:
            self._status_ns = now_ns
            self._say(Status(self._state()))

    def _say_problem(self, problem: GaugeProblem) -> None:
        if problem.ends:
            raise TransportGoneError(problem.why)
        self._say(DeviceError(1, problem.wire_text()))

    def _say_readings(self, readings: list[GaugeReading]) -> None:
        numbers = self._numbers
        for reading in readings:
            sample = RawSample(
                0,
                _bounded(reading.torque_ncm * _COUNTS_PER_NCM, _MAX_COUNTS),
                _within(reading.angle_deg, 1000, _MAX_COUNTS),
                _within(reading.speed_rpm, 10, _MAX_DRPM),
                _validity(reading),
            )
            at_us = max(0, (reading.host_time_ns - self._origin_ns) // 1000)
            self._say(Readings(numbers.seq & _SEQ_MASK, at_us, (sample,)))
            numbers.seq += 1
            low = LOW_BATTERY in reading.flags
            if low and not numbers.battery_told:
                self._say(DeviceError(2, b"low battery: charge the instrument"))
            numbers.battery_told = low

    def _say_estimate(self) -> None:
        """Say with the hello that the angle is none that was measured."""
        if self._angle.gives_angle and self._angle.words:
            text = f"{self._angle.words}: not measured by this gauge"
            self._say(DeviceError(3, GaugeProblem(self._origin_ns, text).wire_text()))

    def _say(self, message: DeviceMessage) -> None:
        self._put(to_frame(message, self._count()))

    def _put(self, frame: Frame) -> None:
        self._numbers.out.append(encode_frame(frame))

    def _count(self) -> int:
        self._numbers.counter = (self._numbers.counter + 1) & 0xFFFF
        return self._numbers.counter

    # --- from the host --------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """See `Transport.write`: answered here; nothing of it goes to the instrument."""
        for frame in self._framer.feed(data):
            with contextlib.suppress(MessageError):
                message = from_frame(frame)
                if isinstance(message, HelloRequest):
                    self._in_session = True
                    self._say(self._hello(message))
                    self._say_estimate()
                elif isinstance(message, HostCommand):
                    asks = isinstance(message, StatusRequest)
                    result = Result.DONE if asks else Result.UNSUPPORTED
                    self._say(Ack(message.request_id, message.TYPE, result, self._state()))

    def _hello(self, request: HelloRequest) -> Hello:
        who, angle = self._gauge.identity, self._angle
        model = f"{who.model}, {angle.words}" if angle.words else who.model
        names = (who.maker, model, who.serial or _UNKNOWN, self._unit_words or _UNKNOWN)
        capabilities = Capability(0)
        if angle.gives_angle:
            capabilities |= Capability.ANGLE
        return Hello(
            request_id=request.request_id,
            session=request.session,
            version=PROTOCOL_VERSION,
            generation=self._mark,
            capabilities=capabilities,
            torque_unit=TorqueUnit.NCM,
            resolution_millionths=1_000_000 // _COUNTS_PER_NCM,
            range_min_counts=-_RANGE_NCM * _COUNTS_PER_NCM,
            range_max_counts=_RANGE_NCM * _COUNTS_PER_NCM,
            threshold_min_counts=0,
            threshold_max_counts=0,
            threshold_step_counts=0,
            accuracy_counts=0,
            sample_rate_hz=max(1, round(self._gauge.rate_hz)),
            max_lease_ms=0,
            tare_bound_counts=0,
            calibrated_utc_s=0,
            boot_id=self._numbers.boot_id,
            names=Names(*(_name(text) for text in names)),
        )

    def _state(self) -> DeviceState:
        return DeviceState(
            arm_state=ArmState.DISARMED,
            latch_reason=StopReason.NONE,
            motor=MotorState.UNKNOWN,
            battery_percent=_NO_BATTERY,
            threshold_counts=0,
            lease_ms=0,
            lease_left_ms=0,
            lease_nonce=0,
            tare_counts=0,
            latch_report_id=0,
            latch_torque_counts=0,
            latch_seq=0,
            next_seq=self._numbers.seq & _SEQ_MASK,
            device_time_us=max(0, (self._clock.monotonic_ns() - self._origin_ns) // 1000),
        )

    def wake(self) -> None:
        """See `Transport.wake`."""
        self._tap.wake()

    def close(self) -> None:
        """See `Transport.close`."""
        self._angle.close()
        self._tap.close()


def _bounded(value: float, most: int) -> int:
    return max(-most, min(most, round(value)))


def _within(value: float | None, factor: int, most: int) -> int | None:
    """Return what fits on the wire, or nothing: an angle that was cut would be another angle."""
    if value is None or abs(value * factor) > most:
        return None
    return round(value * factor)


def _validity(reading: GaugeReading) -> Validity:
    """Beyond the range in the hello it is at least what is sent: an overflow, whatever it was."""
    beyond = abs(reading.torque_ncm) > _RANGE_NCM and reading.validity is not Validity.INVALID
    return Validity.OVERFLOW if beyond else reading.validity


def _name(text: str) -> bytes:
    return text.encode()[:_NAME_BYTES].decode(errors="ignore").encode()
