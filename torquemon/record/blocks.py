"""Curves and wire traffic packed for the record: columns, whole numbers, int16 deltas, zlib.

A column of floats that are tenths, hundredths … millionths becomes whole numbers and comes back bit
for bit; any other column stays as 64-bit floats. Whole numbers become deltas, of 16 bits where they
fit, else 32 or 64. Everything is little-endian; what is damaged raises, never guesses.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from torquemon.model import Reading, Validity

FORM: Final = 1
MAX_READINGS: Final = 4096
"""In one block: four seconds at 1 kHz, so damage costs little."""
MAX_RAW_BYTES: Final = 256 * 1024
"""Of the wire in one block."""
_MAX_UNPACKED: Final = 64 * 1024 * 1024
_DECIMALS: Final = (0, 1, 2, 3, 4, 5, 6)
_WIDTHS: Final = ("<i2", "<i4", "<i8")
_FLOATS: Final = 255
_COLUMN: Final = struct.Struct("<BBqI")
_HEAD: Final = struct.Struct("<BBI")
_EXACT: Final = float(1 << 53)
_COLUMNS: Final = 7
_RAW_COLUMNS: Final = 3
Array = npt.NDArray[Any]


class BlockError(ValueError):
    """A block is damaged; the message says how."""


class WireChunk(NamedTuple):
    """Bytes of the wire: when (monotonic ns), which way (0 received, 1 sent), what."""

    host_ns: int
    direction: int
    data: bytes


def pack_readings(readings: Sequence[Reading]) -> bytes:
    """Return at most MAX_READINGS readings as one block; what was not measured stays unknown."""
    floats = [
        np.array([np.nan if v is None else v for v in column], dtype="<f8")
        for column in (
            [r.torque_ncm for r in readings],
            [r.angle_deg for r in readings],
            [r.speed_rpm for r in readings],
        )
    ]
    columns = [
        _pack_whole(np.array([r.seq for r in readings], dtype="<i8")),
        _pack_whole(np.array([r.device_time_us for r in readings], dtype="<i8")),
        _pack_whole(np.array([r.host_time_ns for r in readings], dtype="<i8")),
        *(_pack_floats(column) for column in floats),
        _pack_whole(np.array([r.validity for r in readings], dtype="<i8")),
    ]
    return zlib.compress(_HEAD.pack(FORM, _COLUMNS, len(readings)) + b"".join(columns), 6)


def unpack_readings(data: bytes) -> list[Reading]:
    """Return the readings of a block. Raises BlockError."""
    body = _inflate(data)
    count, at = _begin(body, _COLUMNS)
    columns: list[Array] = []
    for _ in range(_COLUMNS):
        column, at = _unpack(body, at, count)
        columns.append(column)
    if at != len(body):
        raise BlockError("a block of readings is damaged: bytes after its end")
    columns[3:6] = [column.astype("<f8") for column in columns[3:6]]
    seq, device_us, host_ns, torque, angle, speed, validity = (c.tolist() for c in columns)
    try:
        states = [Validity(int(v)) for v in validity]
    except ValueError:
        raise BlockError("a block of readings is damaged: unknown validity") from None
    return [
        Reading(int(s), int(d), int(h), t, _known(a), _known(r), v)
        for s, d, h, t, a, r, v in zip(
            seq, device_us, host_ns, torque, angle, speed, states, strict=True
        )
    ]


def pack_wire(chunks: Sequence[WireChunk]) -> bytes:
    """Return chunks of the wire as one block."""
    columns = [
        _pack_whole(np.array(column, dtype="<i8"))
        for column in (
            [c.host_ns for c in chunks],
            [c.direction for c in chunks],
            [len(c.data) for c in chunks],
        )
    ]
    head = _HEAD.pack(FORM, _RAW_COLUMNS, len(chunks))
    return zlib.compress(head + b"".join(columns) + b"".join(c.data for c in chunks), 6)


def unpack_wire(data: bytes) -> list[WireChunk]:
    """Return the chunks of a block. Raises BlockError."""
    body = _inflate(data)
    count, at = _begin(body, _RAW_COLUMNS)
    columns: list[list[int]] = []
    for _ in range(_RAW_COLUMNS):
        column, at = _unpack(body, at, count)
        columns.append(column.tolist())
    sizes = columns[2]
    if any(size < 0 for size in sizes) or at + sum(sizes) != len(body):
        raise BlockError("a block of the wire is damaged: its lengths do not add up")
    found: list[WireChunk] = []
    for host_ns, direction, size in zip(*columns, strict=True):
        found.append(WireChunk(host_ns, direction, body[at : at + size]))
        at += size
    return found


def split_readings(readings: Sequence[Reading]) -> Iterator[Sequence[Reading]]:
    """Cut a curve into blocks."""
    for start in range(0, len(readings), MAX_READINGS):
        yield readings[start : start + MAX_READINGS]


def split_wire(chunks: Sequence[WireChunk]) -> Iterator[Sequence[WireChunk]]:
    """Cut the traffic into blocks."""
    block: list[WireChunk] = []
    size = 0
    for chunk in chunks:
        if block and size + len(chunk.data) > MAX_RAW_BYTES:
            yield block
            block, size = [], 0
        block.append(chunk)
        size += len(chunk.data)
    if block:
        yield block


def _known(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124 - NaN stands for "not measured"


def _inflate(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(data, _MAX_UNPACKED)
    except zlib.error:
        raise BlockError("a block is damaged: it cannot be unpacked") from None
    if not inflater.eof or inflater.unused_data:
        raise BlockError("a block is damaged: it is cut, too large or has bytes after its end")
    return body


def _begin(body: bytes, columns: int) -> tuple[int, int]:
    if len(body) < _HEAD.size:
        raise BlockError("a block is damaged: it has no head")
    form, found, count = _HEAD.unpack_from(body)
    if form != FORM or found != columns:
        raise BlockError("a block is damaged, or of a newer version of TorqueMon")
    return count, _HEAD.size


def _pack_whole(values: Array, decimals: int = 0) -> bytes:
    """Write the first value and the deltas that follow it, in the narrowest width that holds."""
    if not len(values):
        return _COLUMN.pack(decimals, 0, 0, 0)
    with np.errstate(over="ignore"):
        deltas = np.diff(values)  # wraps at 64 bits, and wraps back when it is summed
    for code, width in enumerate(_WIDTHS):
        limits = np.iinfo(width)
        if not len(deltas) or (deltas.min() >= limits.min and deltas.max() <= limits.max):
            packed = deltas.astype(width).tobytes()
            return _COLUMN.pack(decimals, code, int(values[0]), len(packed)) + packed
    raise BlockError("64 bits hold every delta")


def _pack_floats(values: Array) -> bytes:
    """Write floats as whole numbers of a decimal place where that loses no bit."""
    if len(values) and np.isfinite(values).all():
        negative_zero = bool(np.any((values == 0) & np.signbit(values)))
        largest = float(np.abs(values).max())
        for decimals in () if negative_zero else _DECIMALS:
            if largest >= _EXACT / 10.0**decimals:
                break
            scaled = np.rint(values * 10.0**decimals)
            if np.array_equal(scaled / 10.0**decimals, values):
                return _pack_whole(scaled.astype("<i8"), decimals)
    packed = np.ascontiguousarray(values, dtype="<f8").tobytes()
    return _COLUMN.pack(_FLOATS, 0, 0, len(packed)) + packed


def _unpack(body: bytes, at: int, count: int) -> tuple[Array, int]:
    if at + _COLUMN.size > len(body):
        raise BlockError("a block is damaged: a column is missing")
    decimals, code, first, size = _COLUMN.unpack_from(body, at)
    at += _COLUMN.size
    if at + size > len(body):
        raise BlockError("a block is damaged: a column is cut")
    if decimals == _FLOATS:
        if size != 8 * count:
            raise BlockError("a block is damaged: a column has another length than the block")
        return np.frombuffer(body, "<f8", count, at), at + size
    if decimals not in _DECIMALS or code >= len(_WIDTHS):
        raise BlockError("a block is damaged: a column of an unknown kind")
    width = np.dtype(_WIDTHS[code])
    if size != width.itemsize * max(0, count - 1):
        raise BlockError("a block is damaged: a column has another length than the block")
    if count == 0:
        return np.zeros(0, "<i8"), at
    whole = np.empty(count, "<i8")
    whole[0] = first
    with np.errstate(over="ignore"):
        whole[1:] = np.frombuffer(body, width, count - 1, at)
        np.cumsum(whole, out=whole)
    return (whole / 10.0**decimals if decimals else whole), at + size
