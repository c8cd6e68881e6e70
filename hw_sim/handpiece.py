"""The firmware twin: motor, screw, sensor, rules and wire in one handpiece, stepped by `tick`.

Not threaded and without a clock: simulated time passes only when `tick` is called, once per
control period (1 kHz or a little more); once a sample while the motor stands and nothing is
watched. Bytes go in by `receive`, out by `transmit`. Inputs of the operator are `pedal`, `reverse`,
`press_stop_button` and `operator_acknowledges`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar, Final

from hw_sim.bone import Bone
from hw_sim.device import HandpieceParams, firmware_config, introduction
from hw_sim.device_link import DeviceLink
from hw_sim.device_trust import DeviceTrust
from hw_sim.firmware import Command, Firmware, Latch
from hw_sim.motor import Motor
from hw_sim.sensor import Sensor
from hw_sim.stream import SEQ_MASK, ReadingStream
from torquemon.drivers.codec import Capability, Result
from torquemon.drivers.device_messages import DeviceState, Hello, Status, StopNotice
from torquemon.drivers.host_messages import ArmRequest, HelloRequest, RenewRequest
from torquemon.model import ArmState, MotorState, StopReason, Validity
from torquemon.units import DEGREES_PER_TURN, SECONDS_PER_MINUTE

STATUS_PERIOD_US: Final = 100_000
_MICRO: Final = 1_000_000
_NO_BATTERY: Final = 255
_DRPM_PER_DEG_S: Final = 10.0 * SECONDS_PER_MINUTE / DEGREES_PER_TURN

EventSink = Callable[[str, dict[str, object]], None]
"""Takes the name and the facts of something that happened on the device."""


def ignore_events(_name: str, _facts: dict[str, object]) -> None:
    """The sink of whoever does not listen."""


class Handpiece:
    """One handpiece at work. `pedal` is pressed or not, `reverse` its direction switch."""

    LINK: ClassVar[type[DeviceLink]] = DeviceLink

    def __init__(
        self, params: HandpieceParams, seed: int, on_event: EventSink = ignore_events
    ) -> None:
        self.params = params
        self.bone = Bone(params.insertion, seed, start_deg=params.start_deg)
        self.motor = Motor(params.motor)
        self.sensor = Sensor(params.sensor, seed)
        self.pedal = False
        self.reverse = False
        self.angle_deg = 0.0
        """Angle of the bit since start."""
        self.torque_ncm = 0.0
        """True torque on the bit."""
        self.peak_ncm = 0.0
        self._on_event = on_event
        rate_hz = params.device.sample_rate_hz
        self._every = max(1, math.ceil(params.device.control_hz / rate_hz))
        self.control_hz = rate_hz * self._every
        self._dt_s = 1.0 / self.control_hz
        self._ticks = 0
        self.time_us = 0
        self.firmware = Firmware(firmware_config(params))
        self.link = self.LINK(self._execute, self.state, self._hello)
        if params.device.key:
            self.link.trust = DeviceTrust(params.device.key, seed)
        self._stream = ReadingStream(self.link, params.device)
        self._next_status_us = 0
        self._shown_arm: ArmState | None = None
        self._shown_latch: Latch | None = None
        self._shown_way = 0
        self._resting = False
        """The motor stands, nothing is watched: the loop runs once a sample, not at full rate."""
        self._was_turning = False
        self._was_pressed = False
        self._marks = _marks(self.bone)

    # -- time --------------------------------------------------------------------------------

    @property
    def time_s(self) -> float:
        """Simulated seconds since start."""
        return self.time_us / _MICRO

    @property
    def arm_state(self) -> ArmState:
        """What the stop is doing."""
        return self.firmware.arm_state

    @property
    def latch(self) -> Latch | None:
        """The latched halt, if any."""
        return self.firmware.latch

    def tick(self) -> None:
        """Let one control period pass."""
        self._ticks += 1
        now_us = self.time_us = self._ticks * _MICRO // self.control_hz
        sampling = self._ticks % self._every == 0
        if self._resting and not sampling and self._may_rest():
            return
        self._turn()
        raw_counts = self.sensor.sample(self.torque_ncm, now_us * 1e-6)
        stream = self._stream
        seq = stream.next_seq if sampling else max(stream.next_seq - 1, 0)
        latch = self.firmware.tick(now_us, raw_counts, seq)
        if sampling:
            self._sample(now_us, raw_counts)
        if latch is not None:
            self._halted(latch)
        self._tell(now_us)

    def _may_rest(self) -> bool:
        """Whether nothing is to be watched: no threshold, no lease, and no foot on the pedal."""
        state = self.firmware.arm_state
        return state is ArmState.HALTED or (state is ArmState.DISARMED and not self.pedal)

    def _turn(self) -> None:
        """Move the motor and the screw by one period; at rest by all that were slept through."""
        direction = 0
        if self.pedal:
            direction = -1 if self.reverse else 1
        motor = self.motor
        dt_s = self._dt_s
        speed = motor.tick(direction, self.torque_ncm, dt_s)
        self.firmware.turning = speed != 0.0
        resting = self._resting = speed == 0.0 and self._may_rest()
        step_deg = speed * dt_s
        self.angle_deg += step_deg
        torque = self.bone.turn(step_deg, dt_s * self._every if resting else dt_s)
        self.torque_ncm = torque
        if torque > self.peak_ncm:  # noqa: PLR1730 - max() costs a call, and this runs every tick
            self.peak_ncm = torque

    def _sample(self, now_us: int, raw_counts: int | None) -> None:
        validity = Validity.VALID
        counts = 0
        if raw_counts is None:
            validity = Validity.INVALID
        else:
            counts = raw_counts - self.firmware.tare_counts
            if self.firmware.sensor_saturated:
                validity = Validity.OVERFLOW if raw_counts > 0 else Validity.UNDERFLOW
        self._stream.add(
            now_us,
            counts,
            self.angle_deg,
            self.motor.speed_deg_s * _DRPM_PER_DEG_S,
            validity,
        )

    # -- inputs ------------------------------------------------------------------------------

    def press_stop_button(self) -> None:
        """Press the handpiece's own stop button: halts and latches."""
        latch = self.firmware.halt(StopReason.OPERATOR, self.time_us)
        if latch is not None:
            self._halted(latch)

    def operator_acknowledges(self) -> bool:
        """Hold the handpiece's button for a second, pedal released. Returns whether it cleared."""
        if self.pedal or self.motor.turning or not self.firmware.release():
            return False
        self.motor.release()
        self._on_event("acknowledged", {"arm_state": self.arm_state.name})
        return True

    def receive(self, data: bytes, *, trusted: bool = True) -> None:
        """Take bytes from the host; `trusted` as in `DeviceLink.receive`."""
        self.link.receive(data, trusted=trusted)

    def transmit(self) -> bytes:
        """Return the bytes for the host that wait, whole frames."""
        return b"".join(self.link.take_frames())

    def disconnect(self) -> None:
        """The cable is pulled: silence until the next hello, while the lease runs on."""
        self.link.disconnect()

    # -- telling -----------------------------------------------------------------------------

    def _halted(self, latch: Latch) -> None:
        self.motor.halt()
        self._stream.flush()
        self.link.send(
            StopNotice(
                latch.report_id,
                latch.reason,
                latch.torque_counts,
                latch.seq & SEQ_MASK,
                latch.time_us,
            )
        )
        facts: dict[str, object] = {
            "reason": latch.reason.name,
            "torque_ncm": round(self.torque_ncm, 3),
            "seq": latch.seq,
        }
        if latch.reason is StopReason.LEASE_EXPIRED:
            self._on_event("lease_expired", {"lease_ms": self.firmware.lease_ms})
        self._on_event("halt", facts)

    def _tell(self, now_us: int) -> None:
        """Send Status when something changed or its time has come; report events."""
        firmware = self.firmware
        speed = self.motor.speed_deg_s
        way = 0 if speed == 0.0 else 1 if speed > 0.0 else -1
        if (
            now_us >= self._next_status_us
            or way != self._shown_way
            or firmware.arm_state is not self._shown_arm
            or firmware.latch is not self._shown_latch
        ):
            self._shown_arm, self._shown_latch = firmware.arm_state, firmware.latch
            self._shown_way = way
            self._next_status_us = now_us + STATUS_PERIOD_US
            self._stream.flush()
            self.link.send(Status(self.state()))
        if self.pedal != self._was_pressed:
            self._was_pressed = self.pedal
            self._on_event("pedal", {"pressed": self.pedal, "reverse": self.reverse})
        if firmware.turning != self._was_turning:
            self._was_turning = firmware.turning
            name = "motor_on" if firmware.turning else "motor_off"
            self._on_event(name, {"angle_deg": round(self.angle_deg, 3)})
        if self._marks and self.bone.deepest_deg >= self._marks[0][0]:
            _, name = self._marks.pop(0)
            facts: dict[str, object] = {"torque_ncm": round(self.torque_ncm, 3)}
            self._on_event(name, {**facts, "angle_deg": round(self.angle_deg, 3)})

    def state(self) -> DeviceState:
        """The read-back: what the device really holds."""
        firmware = self.firmware
        latch = firmware.latch
        capabilities = self.params.device.capabilities
        battery = self.params.device.battery_percent
        return DeviceState(
            arm_state=firmware.arm_state,
            latch_reason=latch.reason if latch else StopReason.NONE,
            motor=self._motor_state(),
            battery_percent=battery if Capability.BATTERY in capabilities else _NO_BATTERY,
            threshold_counts=firmware.threshold_counts,
            lease_ms=firmware.lease_ms,
            lease_left_ms=firmware.lease_left_ms(self.time_us),
            lease_nonce=firmware.nonce,
            tare_counts=firmware.tare_counts,
            latch_report_id=latch.report_id if latch else 0,
            latch_torque_counts=latch.torque_counts if latch else 0,
            latch_seq=latch.seq & SEQ_MASK if latch else 0,
            next_seq=self._stream.next_seq & SEQ_MASK,
            device_time_us=self.time_us,
        )

    def _motor_state(self) -> MotorState:
        speed = self.motor.speed_deg_s
        if speed == 0.0:
            return MotorState.STILL
        return MotorState.FORWARD if speed > 0 else MotorState.REVERSE

    def _execute(self, command: Command) -> Result:
        before = self.firmware.latch
        result = self.firmware.execute(command, self.time_us)
        latch = self.firmware.latch
        if latch is not None and latch is not before:
            self._halted(latch)
        if result is Result.DONE:
            if isinstance(command, ArmRequest):
                held_ncm = self.firmware.threshold_counts * self.params.sensor.resolution_ncm
                facts: dict[str, object] = {
                    "threshold_ncm": round(held_ncm, 4),
                    "lease_ms": command.lease_ms,
                }
                self._on_event("armed", facts)
            elif isinstance(command, RenewRequest):
                self._on_event("renewed", {"nonce": command.nonce})
        return result

    def _hello(self, request: HelloRequest) -> Hello:
        self._stream.discard()
        self._shown_arm = None
        self._on_event("hello", {"session": request.session})
        return introduction(self.params, request)


def _marks(bone: Bone) -> list[tuple[float, str]]:
    """Angles still ahead of the screw at which something begins, in their order."""
    params = bone.params
    found = [(params.seat_deg, "seated")]
    if params.contact_deg is not None:
        found.append((params.contact_deg, "contact"))
    return sorted(mark for mark in found if mark[0] > bone.deepest_deg)
