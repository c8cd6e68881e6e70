"""What the messages of the wire share: limits, enumerations, and the fixed-layout codec.

A message with a fixed layout is a frozen dataclass whose fields stand in the order of its struct;
the type of each field says how its number is read back. Sans-I/O.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from typing import ClassVar, Final, Self, TypeVar

from torquemon.drivers.errors import MessageError

PROTOCOL_VERSION: Final = 1
MAX_NAME_BYTES: Final = 32
MAX_ERROR_TEXT_BYTES: Final = 64
MAX_READINGS: Final = 37
"""In a frame without a tag; one with a tag holds `MAX_TAGGED_READINGS`."""
MAX_TAGGED_READINGS: Final = 36
MAX_SPAN_US: Final = 0xFFFF
"""A frame of readings spans at most this time: offsets are 16 bits."""
NONCE_BYTES: Final = 16
MIN_LEASE_MS: Final = 100
MAX_LEASE_MS: Final = 5000


class Capability(IntFlag):
    """What a device can do. Unknown bits are ignored, so that later versions can add some."""

    ANGLE = 1 << 0
    SPEED = 1 << 1
    STOP_THRESHOLD = 1 << 2
    """Keeps a threshold under a lease and obeys Stop."""
    REVERSE = 1 << 3
    SPEED_CONTROL = 1 << 4
    BATTERY = 1 << 5
    AUTHENTICATION = 1 << 6
    """Demands a tag on commands, and can prove who it is."""


class Generation(IntEnum):
    """Where the device's data comes from. A handpiece sends REAL."""

    REAL = 0
    SIMULATED = 1
    REPLAYED = 2


class Result(IntEnum):
    """How a device answers a command."""

    DONE = 0
    UNSUPPORTED = 1
    OUT_OF_RANGE = 2
    MOTOR_TURNING = 3
    LATCHED = 4
    NOT_ARMED = 5
    STALE_NONCE = 6
    SENSOR_NOT_READY = 7
    NOT_AUTHENTICATED = 8
    BUSY = 9


_E = TypeVar("_E", bound=IntEnum)


def read_enum(kind: type[_E], code: int, what: str) -> _E:
    """Return the member for a code. Raises MessageError where the protocol has none."""
    try:
        return kind(code)
    except ValueError:
        raise MessageError(f"{what} {code} is not in the protocol") from None


def unpack(layout: struct.Struct, payload: bytes, name: str) -> tuple[int, ...]:
    """Read exactly one layout. Raises MessageError where the length differs."""
    if len(payload) != layout.size:
        raise MessageError(f"{name} has {layout.size} bytes, this one {len(payload)}")
    return layout.unpack(payload)


def pack(layout: struct.Struct, name: str, *values: int) -> bytes:
    """Write one layout. Raises MessageError where a value does not fit its field."""
    try:
        return layout.pack(*values)
    except struct.error as error:
        raise MessageError(f"{name}: a value does not fit its field ({error})") from None


_names_of: dict[type, tuple[str, ...]] = {}


def _values(message: Fixed) -> list[int]:
    """Return the fields of a message in order; their names are looked up once a type."""
    kind = type(message)
    names = _names_of.get(kind)
    if names is None:
        names = _names_of[kind] = tuple(field.name for field in fields(message))
    return [getattr(message, name) for name in names]


@dataclass(frozen=True, slots=True)
class Fixed:
    """Base of messages whose fields are numbers in the order of `LAYOUT`."""

    LAYOUT: ClassVar[struct.Struct]

    def pack(self) -> bytes:
        """Payload bytes. Raises MessageError where a value does not fit its field."""
        return pack(self.LAYOUT, type(self).__name__, *_values(self))

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read a payload. Raises MessageError."""
        return cls(*unpack(cls.LAYOUT, payload, cls.__name__))


def checked_nonce(nonce: bytes, name: str) -> bytes:
    """Return a nonce as it is. Raises MessageError where it has another length."""
    if len(nonce) != NONCE_BYTES:
        raise MessageError(f"{name}: a nonce has {NONCE_BYTES} bytes, this one {len(nonce)}")
    return nonce
