"""The message that carries torque: consecutive samples, several to a frame. Sans-I/O.

This is the one message that comes a hundred times a second, so it is read with one
`struct.iter_unpack` per frame (0.4 µs a sample).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, NamedTuple, Self

from torquemon.drivers.codec import MAX_READINGS, pack, unpack
from torquemon.drivers.errors import MessageError
from torquemon.model import Validity


class RawSample(NamedTuple):
    """One sample as it travels.

    `offset_us` from the base time of its frame, `angle_mdeg` in thousandths of a degree,
    `speed_drpm` in tenths of a revolution per minute.
    """

    offset_us: int
    torque_counts: int
    angle_mdeg: int | None
    speed_drpm: int | None
    validity: Validity


_FIELD_ANGLE: Final = 0x01
_FIELD_SPEED: Final = 0x02
_SAMPLE_LAYOUTS: Final = {
    0: struct.Struct("<HiB"),
    _FIELD_ANGLE: struct.Struct("<HiiB"),
    _FIELD_SPEED: struct.Struct("<HihB"),
    _FIELD_ANGLE | _FIELD_SPEED: struct.Struct("<HiihB"),
}
VALIDITIES: Final = tuple(
    Validity(code) if code <= max(Validity) else Validity.INVALID for code in range(256)
)
"""The meaning of each validity code; one from a later version is no reason to trust the sample."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Consecutive samples: the first has number `first_seq`, the others follow without a gap.

    All samples of one frame have the same fields.
    """

    TYPE: ClassVar[int] = 0x82
    LAYOUT: ClassVar[struct.Struct] = struct.Struct("<IQBB")
    first_seq: int
    base_time_us: int
    samples: tuple[RawSample, ...]

    def pack(self) -> bytes:
        """Payload bytes."""
        if not 1 <= len(self.samples) <= MAX_READINGS:
            raise MessageError(f"a frame has 1 to {MAX_READINGS} readings")
        fields = (_FIELD_ANGLE if self.samples[0].angle_mdeg is not None else 0) | (
            _FIELD_SPEED if self.samples[0].speed_drpm is not None else 0
        )
        layout = _SAMPLE_LAYOUTS[fields]
        head = pack(
            self.LAYOUT, "Readings", self.first_seq, self.base_time_us, fields, len(self.samples)
        )
        parts = [head]
        for sample in self.samples:
            values = [value for value in sample if value is not None]
            if len(values) != len(self.samples[0]) - self.samples[0].count(None):
                raise MessageError("all readings of a frame have the same fields")
            parts.append(pack(layout, "Readings", *values))
        return b"".join(parts)

    @classmethod
    def unpack(cls, payload: bytes) -> Self:
        """Read a payload. Raises MessageError."""
        block = read_block(payload)
        return cls(block.first_seq, block.base_time_us, tuple(_samples(block)))


class Block(NamedTuple):
    """The samples of one frame as their layout gives them, before they are named.

    `rows` hold offset, torque, then angle and speed as far as `has_angle` and `has_speed` say, then
    the validity code, whose meaning is in `VALIDITIES`. The hot path reads these.
    """

    first_seq: int
    base_time_us: int
    has_angle: bool
    has_speed: bool
    rows: list[tuple[int, ...]]


def read_block(payload: bytes) -> Block:
    """Read a payload of readings. Raises MessageError."""
    head = Readings.LAYOUT.size
    first_seq, base_time_us, fields, count = unpack(Readings.LAYOUT, payload[:head], "Readings")
    layout = _SAMPLE_LAYOUTS.get(fields)
    if layout is None:
        raise MessageError(f"Readings: unknown fields 0x{fields:02x}")
    if not 1 <= count <= MAX_READINGS or len(payload) != head + count * layout.size:
        raise MessageError(f"Readings: {count} samples do not make {len(payload)} bytes")
    rows = list(layout.iter_unpack(payload[head:]))
    return Block(
        first_seq, base_time_us, bool(fields & _FIELD_ANGLE), bool(fields & _FIELD_SPEED), rows
    )


def _samples(block: Block) -> Iterator[RawSample]:
    for row in block.rows:
        yield RawSample(
            row[0],
            row[1],
            row[2] if block.has_angle else None,
            row[-2] if block.has_speed else None,
            VALIDITIES[row[-1]],
        )
