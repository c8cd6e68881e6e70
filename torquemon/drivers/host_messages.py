"""What the host says to a device: hello and the commands. There is none that starts a rotation."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

from torquemon.drivers.codec import Fixed, checked_nonce


@dataclass(frozen=True, slots=True)
class HelloRequest(Fixed):
    """Who is there? `session` is chosen anew by the host each time and comes back in `Hello`."""

    TYPE: ClassVar[int] = 0x01
    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<HBBI")
    request_id: int
    min_version: int
    max_version: int
    session: int


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """Prove that you have the key. The nonce is chosen by the host, anew each time."""

    TYPE: ClassVar[int] = 0x02
    nonce: bytes

    def pack(self) -> bytes:
        """Payload bytes. Raises MessageError where the nonce has another length."""
        return checked_nonce(self.nonce, "AuthRequest")

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read a payload. Raises MessageError."""
        return cls(checked_nonce(payload, "AuthRequest"))


@dataclass(frozen=True, slots=True)
class _Request(Fixed):
    """A command that consists of its request id."""

    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<H")
    request_id: int


class TareRequest(_Request):
    """Take the present torque as zero."""

    TYPE: ClassVar[int] = 0x10


class StopRequest(_Request):
    """Stop the motor now. Always obeyed, in every state."""

    TYPE: ClassVar[int] = 0x13


class DisarmRequest(_Request):
    """End the lease and drop the threshold."""

    TYPE: ClassVar[int] = 0x14


class StatusRequest(_Request):
    """Answer with the present state."""

    TYPE: ClassVar[int] = 0x15


@dataclass(frozen=True, slots=True)
class ArmRequest(Fixed):
    """Hold `threshold_counts` for `lease_ms` from now; `nonce` starts the chain of renewals."""

    TYPE: ClassVar[int] = 0x11
    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<HiHI")
    request_id: int
    threshold_counts: int
    lease_ms: int
    nonce: int


@dataclass(frozen=True, slots=True)
class RenewRequest(Fixed):
    """Start the lease anew; `nonce` must be newer than the last (serial number arithmetic)."""

    TYPE: ClassVar[int] = 0x12
    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<HI")
    request_id: int
    nonce: int


def nonce_is_newer(nonce: int, last: int) -> bool:
    """Whether `nonce` comes after `last` on the 32-bit circle (RFC 1982)."""
    return 0 < (nonce - last) % (1 << 32) < 1 << 31
