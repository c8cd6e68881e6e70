"""What a device says to the host: who it is, what it holds, why it halted. Sans-I/O."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple, Self

from torquemon.drivers.codec import (
    MAX_ERROR_TEXT_BYTES,
    MAX_LEASE_MS,
    MAX_NAME_BYTES,
    MIN_LEASE_MS,
    Capability,
    Fixed,
    Generation,
    Result,
    checked_nonce,
    pack,
    read_enum,
    unpack,
)
from torquemon.drivers.errors import MessageError
from torquemon.model import ArmState, MotorState, StopReason
from torquemon.units import TorqueUnit

_KNOWN_CAPABILITIES: Final = sum(Capability)
_MAX_CODE: Final = 0xFF


@dataclass(frozen=True, slots=True)
class DeviceState(Fixed):
    """What the device holds: the read-back of every command. Torques in counts.

    `battery_percent` is 255 where the device has none. `next_seq` is the number that the next
    sample will get; `tare_counts` what is subtracted from the raw torque. The `latch_` fields
    describe the latched halt and are zero while there is none.
    """

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<BBBBiHHIiHiIIQ")
    arm_state: ArmState
    latch_reason: StopReason
    motor: MotorState
    battery_percent: int
    threshold_counts: int
    lease_ms: int
    lease_left_ms: int
    lease_nonce: int
    tare_counts: int
    latch_report_id: int
    latch_torque_counts: int
    latch_seq: int
    next_seq: int
    device_time_us: int

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read the state bytes. Raises MessageError."""
        arm, reason, motor, *rest = unpack(cls.LAYOUT, payload, "DeviceState")
        return cls(
            read_enum(ArmState, arm, "arm state"),
            read_enum(StopReason, reason, "stop reason"),
            read_enum(MotorState, motor, "motor state"),
            *rest,
        )


class Names(NamedTuple):
    """How a device calls itself: raw UTF-8 of at most 32 bytes each, hostile until cleaned."""

    maker: bytes
    model: bytes
    serial: bytes
    firmware: bytes

    def pack(self) -> bytes:
        """Each name behind its length. Raises MessageError where one is too long."""
        if any(len(name) > MAX_NAME_BYTES for name in self):
            raise MessageError(f"a name in Hello has at most {MAX_NAME_BYTES} bytes")
        return b"".join(bytes((len(name),)) + name for name in self)

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Read exactly four names. Raises MessageError."""
        names: list[bytes] = []
        at = 0
        for field in cls._fields:
            length = data[at] if at < len(data) else MAX_NAME_BYTES + 1
            name = data[at + 1 : at + 1 + length]
            if length > MAX_NAME_BYTES or len(name) != length:
                raise MessageError(f"Hello: the {field} is missing, cut or too long")
            names.append(name)
            at += 1 + length
        if at != len(data):
            raise MessageError("Hello: bytes after the fourth name")
        return cls(*names)


@dataclass(frozen=True, slots=True)
class Hello(Fixed):
    """The device introduces itself. Torques in counts of `resolution_millionths` of `torque_unit`.

    `accuracy_counts` is the stated accuracy (0: not stated), `calibrated_utc_s` the date of the
    last calibration in Unix seconds (0: unknown), `boot_id` a number that changes at every start.
    """

    TYPE: ClassVar[int] = 0x81
    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<HIBBIBIiiiiIIHHIII")
    request_id: int
    session: int
    version: int
    generation: Generation
    capabilities: Capability
    torque_unit: TorqueUnit
    resolution_millionths: int
    range_min_counts: int
    range_max_counts: int
    threshold_min_counts: int
    threshold_max_counts: int
    threshold_step_counts: int
    accuracy_counts: int
    sample_rate_hz: int
    max_lease_ms: int
    tare_bound_counts: int
    calibrated_utc_s: int
    boot_id: int
    names: Names

    def pack(self) -> bytes:
        """Payload bytes. Raises MessageError where a value does not fit its field."""
        values = [getattr(self, name) for name in self.__slots__ if name != "names"]
        return pack(self.LAYOUT, "Hello", *values) + self.names.pack()

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read a payload. Raises MessageError."""
        size = cls.LAYOUT.size
        head = unpack(cls.LAYOUT, payload[:size], "Hello")
        request_id, session, version, generation, capabilities, unit = head[:6]
        numbers = dict(zip(cls.__slots__[6:-1], head[6:], strict=True))
        hello = cls(
            request_id=request_id,
            session=session,
            version=version,
            generation=read_enum(Generation, generation, "generation"),
            capabilities=Capability(capabilities & _KNOWN_CAPABILITIES),
            torque_unit=read_enum(TorqueUnit, unit, "torque unit"),
            names=Names.unpack(payload[size:]),
            **numbers,
        )
        hello.check()
        return hello

    def check(self) -> None:
        """Raise MessageError where the values contradict each other."""
        if self.resolution_millionths == 0:
            raise MessageError("Hello: a resolution of zero")
        if self.range_min_counts >= self.range_max_counts:
            raise MessageError("Hello: the range is empty")
        if self.sample_rate_hz == 0:
            raise MessageError("Hello: a sample rate of zero")
        if Capability.STOP_THRESHOLD in self.capabilities and not (
            0 < self.threshold_min_counts <= self.threshold_max_counts
            and self.threshold_step_counts > 0
            and MIN_LEASE_MS <= self.max_lease_ms <= MAX_LEASE_MS
        ):
            raise MessageError("Hello: a stop threshold with an empty range, no step or no lease")


@dataclass(frozen=True, slots=True)
class Ack:
    """The answer to the request `request_id` of type `command`, with what the device now holds."""

    TYPE: ClassVar[int] = 0x83
    _HEAD: ClassVar[struct.Struct] = struct.Struct("<HBB")
    request_id: int
    command: int
    result: Result
    state: DeviceState

    def pack(self) -> bytes:
        """Payload bytes. Raises MessageError where a value does not fit its field."""
        head = pack(self._HEAD, "Ack", self.request_id, self.command, self.result)
        return head + self.state.pack()

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read a payload. Raises MessageError."""
        head = cls._HEAD.size
        request_id, command, result = unpack(cls._HEAD, payload[:head], "Ack")
        state = DeviceState.unpack(payload[head:])
        return cls(request_id, command, read_enum(Result, result, "result"), state)


@dataclass(frozen=True, slots=True)
class Status:
    """The present state, sent unasked ten times a second."""

    TYPE: ClassVar[int] = 0x84
    state: DeviceState

    def pack(self) -> bytes:
        """Payload bytes. Raises MessageError where a value does not fit its field."""
        return self.state.pack()

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read a payload. Raises MessageError."""
        return cls(DeviceState.unpack(payload))


@dataclass(frozen=True, slots=True)
class StopNotice(Fixed):
    """The motor was halted: sent at once, its content repeated in every state that follows."""

    TYPE: ClassVar[int] = 0x85
    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<HBiIQ")
    report_id: int
    reason: StopReason
    torque_counts: int
    seq: int
    device_time_us: int

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read a payload. Raises MessageError."""
        report_id, reason, *rest = unpack(cls.LAYOUT, payload, "StopNotice")
        return cls(report_id, read_enum(StopReason, reason, "stop reason"), *rest)


@dataclass(frozen=True, slots=True)
class DeviceError:
    """Something is wrong on the device: a code of the maker's and a text for people."""

    TYPE: ClassVar[int] = 0x86
    code: int
    text: bytes

    def pack(self) -> bytes:
        """Payload bytes. Raises MessageError where a value does not fit its field."""
        if not 0 <= self.code <= _MAX_CODE or len(self.text) > MAX_ERROR_TEXT_BYTES:
            raise MessageError(f"an error has a one-byte code and {MAX_ERROR_TEXT_BYTES} bytes")
        return bytes((self.code,)) + self.text

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read a payload. Raises MessageError."""
        if not 1 <= len(payload) <= 1 + MAX_ERROR_TEXT_BYTES:
            raise MessageError("DeviceError: no code, or a text that is too long")
        return cls(payload[0], payload[1:])


@dataclass(frozen=True, slots=True)
class AuthProof:
    """The answer to `AuthRequest`: a nonce of the device, in the first frame that has its tag.

    `session` is that of the hello that the device answered last: it tells a device that somebody
    else greeted meanwhile from one that has another key.
    """

    TYPE: ClassVar[int] = 0x87
    _HEAD: ClassVar[struct.Struct] = struct.Struct("<I")
    session: int
    nonce: bytes

    def pack(self) -> bytes:
        """Payload bytes. Raises MessageError where a value does not fit its field."""
        return pack(self._HEAD, "AuthProof", self.session) + checked_nonce(self.nonce, "AuthProof")

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read a payload. Raises MessageError."""
        (session,) = unpack(cls._HEAD, payload[: cls._HEAD.size], "AuthProof")
        return cls(session, checked_nonce(payload[cls._HEAD.size :], "AuthProof"))
