"""Blocks of the record: what was packed comes back bit for bit, damage is never guessed over."""

from __future__ import annotations

import math
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torquemon.model import Reading, Validity
from torquemon.record.blocks import (
    BlockError,
    WireChunk,
    pack_readings,
    pack_wire,
    split_readings,
    split_wire,
    unpack_readings,
    unpack_wire,
)

I64 = st.integers(-(1 << 63), (1 << 63) - 1)
ANY = st.floats(allow_nan=False)
TENTHS = st.integers(-(10**6), 10**6).map(lambda n: n / 10)
THOUSANDTHS = st.integers(-(10**8), 10**8).map(lambda n: n / 1000)
MILLIONTHS = st.integers(-(10**9), 10**9).map(lambda n: n / 1e6)
NUMBERS = ANY | TENTHS | THOUSANDTHS | MILLIONTHS


def readings(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[list[Reading]]:
    return st.lists(
        st.builds(
            Reading,
            seq=I64,
            device_time_us=I64,
            host_time_ns=I64,
            torque_ncm=numbers,
            angle_deg=st.none() | numbers,
            speed_rpm=st.none() | numbers,
            validity=st.sampled_from(Validity),
        ),
        max_size=40,
    )


def bits(reading: Reading) -> tuple[Any, ...]:
    """The reading with its floats as bits: -0.0 is not 0.0, an int is no float."""
    return tuple(
        struct.pack("<d", value) if isinstance(value, float) else (type(value), value)
        for value in reading
    )


@given(st.one_of(readings(NUMBERS), readings(TENTHS), readings(THOUSANDTHS), readings(ANY)))
def test_readings_come_back_bit_for_bit(curve: list[Reading]) -> None:
    assert [bits(r) for r in unpack_readings(pack_readings(curve))] == [bits(r) for r in curve]


CHUNKS = st.lists(st.builds(WireChunk, I64, st.sampled_from((0, 1)), st.binary(max_size=200)))


@given(CHUNKS)
def test_the_wire_comes_back_as_it_was(chunks: list[WireChunk]) -> None:
    assert unpack_wire(pack_wire(chunks)) == chunks
    assert [c for part in split_wire(chunks) for c in part] == chunks


def test_a_long_curve_is_cut_into_blocks_without_loss() -> None:
    curve = [Reading(n, n, n, 0.1, None, None, Validity.VALID) for n in range(10_000)]
    parts = list(split_readings(curve))
    assert [len(part) for part in parts] == [4096, 4096, 1808]
    assert [r for part in parts for r in unpack_readings(pack_readings(part))] == curve


@settings(max_examples=300)
@given(curve=readings(TENTHS), data=st.data())
def test_damage_is_an_error_and_nothing_else(curve: list[Reading], data: st.DataObject) -> None:
    """Inside the packing too: the checksum of zlib is not what this rests on."""
    packed = pack_readings(curve)
    if data.draw(st.booleans(), label="inside"):
        body = bytearray(zlib.decompress(packed))
        at = data.draw(st.integers(0, len(body) - 1))
        body[at] ^= data.draw(st.integers(1, 255))
        cut = data.draw(st.integers(0, len(body)))
        packed = zlib.compress(bytes(body[: cut or len(body)]))
    else:
        at = data.draw(st.integers(0, len(packed) - 1))
        packed = (
            packed[:at] + bytes((packed[at] ^ data.draw(st.integers(1, 255)),)) + packed[at + 1 :]
        )
    for read in (unpack_readings, unpack_wire):
        try:
            found = read(packed)
        except BlockError:
            continue
        assert isinstance(found, list)


@pytest.mark.parametrize("data", [b"", b"x", zlib.compress(b""), zlib.compress(b"\x02\x07aaaa")])
def test_what_is_no_block_is_refused(data: bytes) -> None:
    with pytest.raises(BlockError, match="damaged"):
        unpack_readings(data)


def test_a_block_that_would_fill_the_memory_is_refused() -> None:
    bomb = zlib.compress(bytes(80 * 1024 * 1024), 9)
    with pytest.raises(BlockError, match="too large"):
        unpack_wire(bomb)


def test_a_simulated_second_takes_a_few_bytes_a_reading() -> None:
    curve = [
        Reading(n, 1000 * n, 10**15 + 999_983 * n, round(5 + math.sin(n / 50), 2), n * 0.15, 25.0,
                Validity.VALID)
        for n in range(1000)
    ]  # fmt: skip
    assert len(pack_readings(curve)) < 8 * len(curve)
