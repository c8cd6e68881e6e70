"""Replays a recorded curve as if a handpiece were measuring it, marked REPLAYED for ever.

Each sample of the file becomes exactly one reading, with its own time and number. A recording
cannot be stopped, armed or tared, so the device has no such capability. Before the curve (one
second after the hello) and after it, readings marked CALIBRATING keep the link alive.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

from hw_sim.curve_file import RecordedCurve
from hw_sim.device import DeviceConfig
from hw_sim.device_link import DeviceLink
from hw_sim.firmware import Command
from hw_sim.handpiece import STATUS_PERIOD_US, EventSink, ignore_events
from hw_sim.stream import SEQ_MASK, ReadingStream
from torquemon.drivers.codec import PROTOCOL_VERSION, Capability, Generation, Result
from torquemon.drivers.device_messages import DeviceState, Hello, Names, Status
from torquemon.drivers.host_messages import HelloRequest, StatusRequest
from torquemon.model import ArmState, MotorState, StopReason, Validity
from torquemon.units import TorqueUnit

TICK_HZ: Final = 1000
BEGIN_AFTER_US: Final = 1_000_000
"""From the hello to the first sample: time for the host to get ready."""
IDLE_PERIOD_US: Final = 10_000
RESOLUTION_MILLIONTHS: Final = 100
"""One count is 0.0001 N·cm: files with up to four decimals travel exactly."""
_COUNTS_PER_NCM: Final = 10_000
_SPAN_US: Final = 10_000
_TICK_US: Final = 1_000_000 // TICK_HZ
_MIN_RATE_HZ: Final = 50
_MAX_RATE_HZ: Final = 2000
_LOW_NCM: Final = -5
_HIGH_NCM: Final = 60
_NO_BATTERY: Final = 255
_NAMES: Final = Names(b"TorqueMon", b"Replayed recording", b"REPLAY-0001", b"1.0")


class ReplayDevice:
    """Plays one curve, once, in simulated time; see `hw_sim.server.Device`."""

    tick_hz = TICK_HZ

    def __init__(
        self, curve: RecordedCurve, boot_id: int, on_event: EventSink = ignore_events
    ) -> None:
        self._curve = curve
        self._on_event = on_event
        capabilities = Capability(0) if curve.angle_deg is None else Capability.ANGLE
        self._config = DeviceConfig(
            capabilities=capabilities,
            sample_rate_hz=_nominal_rate_hz(curve),
            boot_id=boot_id,
            names=_NAMES,
        )
        self.link = DeviceLink(self._execute, self._state, self._hello)
        self._stream = ReadingStream(self.link, self._config)
        self.time_us = 0
        self._begin_us: int | None = None
        self._next = 0
        self._next_status_us = 0
        self._next_idle_us = 0
        self._motor = MotorState.STILL

    @property
    def done(self) -> bool:
        """Whether the last sample has been sent."""
        return self._next == len(self._curve.time_us)

    @property
    def next_sample(self) -> int:
        """Index of the file's next sample."""
        return self._next

    def tick(self) -> None:
        """Let one millisecond pass."""
        now_us = self.time_us = self.time_us + _TICK_US
        motor = self._motor
        if self._begin_us is not None and now_us >= self._begin_us and not self.done:
            self._play(now_us - self._begin_us)
        elif now_us >= self._next_idle_us:
            self._idle(now_us)
        if motor is not self._motor or now_us >= self._next_status_us:
            self._next_status_us = now_us + STATUS_PERIOD_US
            self._stream.flush()
            self.link.send(Status(self._state()))

    def receive(self, data: bytes, *, trusted: bool = True) -> None:
        """Take bytes from the host; `trusted` as in `DeviceLink.receive`."""
        self.link.receive(data, trusted=trusted)

    def take_frames(self) -> list[bytes]:
        """Return the frames that wait for the host."""
        return self.link.take_frames()

    def disconnect(self) -> None:
        """The client is gone. A curve that has begun plays on, as an insertion would."""
        self.link.disconnect()

    def _play(self, curve_us: int) -> None:
        """Send the samples that are due."""
        curve = self._curve
        begin_us = self.time_us - curve_us
        if self._next == 0:
            self._stream.flush()
            self._motor = MotorState.FORWARD
            self._on_event("curve_begins", {"first_seq": self._stream.next_seq})
        while not self.done and curve.time_us[self._next] <= curve_us:
            index = self._next
            self._next = index + 1
            self._add(begin_us + curve.time_us[index], index, Validity.VALID)
        if self._stream.age_us(self.time_us) >= _SPAN_US:
            self._stream.flush()  # before a gap in the recording nothing waits
        if self.done:
            self._stream.flush()
            self._motor = MotorState.STILL
            self._next_idle_us = self.time_us + IDLE_PERIOD_US
            self._on_event("end", {"samples": len(curve.time_us)})

    def _idle(self, now_us: int) -> None:
        self._next_idle_us = now_us + IDLE_PERIOD_US
        self._add(now_us, min(self._next, len(self._curve.time_us) - 1), Validity.CALIBRATING)
        self._stream.flush()

    def _add(self, time_us: int, index: int, validity: Validity) -> None:
        curve = self._curve
        measured = validity is Validity.VALID
        counts = round(curve.torque_ncm[index] * _COUNTS_PER_NCM) if measured else 0
        angle_deg = 0.0 if curve.angle_deg is None else curve.angle_deg[index]
        self._stream.add(time_us, counts, angle_deg, 0.0, validity)

    def _execute(self, command: Command) -> Result:
        return Result.DONE if isinstance(command, StatusRequest) else Result.UNSUPPORTED

    def _state(self) -> DeviceState:
        return DeviceState(
            arm_state=ArmState.DISARMED,
            latch_reason=StopReason.NONE,
            motor=self._motor,
            battery_percent=_NO_BATTERY,
            threshold_counts=0,
            lease_ms=0,
            lease_left_ms=0,
            lease_nonce=0,
            tare_counts=0,
            latch_report_id=0,
            latch_torque_counts=0,
            latch_seq=0,
            next_seq=self._stream.next_seq & SEQ_MASK,
            device_time_us=self.time_us,
        )

    def _hello(self, request: HelloRequest) -> Hello:
        self._stream.discard()
        self._next_status_us = 0
        if self._next == 0:
            # A second hello before the curve has begun, as from a probe, waits anew.
            self._begin_us = self.time_us + BEGIN_AFTER_US
        self._on_event("hello", {"session": request.session})
        torques = self._curve.torque_ncm
        return Hello(
            request_id=request.request_id,
            session=request.session,
            version=PROTOCOL_VERSION,
            generation=Generation.REPLAYED,
            capabilities=self._config.capabilities,
            torque_unit=TorqueUnit.NCM,
            resolution_millionths=RESOLUTION_MILLIONTHS,
            range_min_counts=min(_LOW_NCM, math.floor(min(torques)) - 1) * _COUNTS_PER_NCM,
            range_max_counts=max(_HIGH_NCM, math.ceil(max(torques)) + 1) * _COUNTS_PER_NCM,
            threshold_min_counts=0,
            threshold_max_counts=0,
            threshold_step_counts=0,
            accuracy_counts=0,
            sample_rate_hz=self._config.sample_rate_hz,
            max_lease_ms=0,
            tare_bound_counts=0,
            calibrated_utc_s=0,
            boot_id=self._config.boot_id,
            names=self._config.names,
        )


def _nominal_rate_hz(curve: RecordedCurve) -> int:
    """Rate of the median step, inside what the protocol allows."""
    times = curve.time_us
    steps = sorted(after - before for before, after in pairwise(times))
    rate = round(1e6 / steps[len(steps) // 2])
    return min(max(rate, _MIN_RATE_HZ), _MAX_RATE_HZ)
