"""The framer against any stream and any corruption of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.message_strategies import SMALL_MESSAGES, U16, corruptions, cut
from torquemon.drivers.frame import (
    MAX_ENCODED_BYTES,
    MAX_PAYLOAD_BYTES,
    Frame,
    Framer,
    encode_frame,
)
from torquemon.drivers.messages import to_frame

FRAMES = st.builds(
    Frame,
    type=st.integers(0, 255),
    counter=U16,
    payload=st.binary(max_size=60),
    tag=st.one_of(st.just(b""), st.binary(min_size=16, max_size=16)),
)
REAL_FRAMES = st.builds(to_frame, SMALL_MESSAGES, U16)
STREAMS = st.lists(st.one_of(FRAMES, REAL_FRAMES), min_size=1, max_size=8)


def wire(frames: list[Frame]) -> bytes:
    return b"".join(encode_frame(frame) for frame in frames)


def is_subsequence(found: list[Frame], sent: list[Frame]) -> bool:
    rest = iter(sent)
    return all(any(frame == other for other in rest) for frame in found)


@given(FRAMES)
def test_a_frame_comes_back_as_it_was(frame: Frame) -> None:
    encoded = encode_frame(frame)
    assert encoded.count(0) == 1
    assert encoded.endswith(b"\x00")
    assert Framer().feed(encoded) == [frame]


@given(st.integers(0, MAX_PAYLOAD_BYTES), st.integers(0, 255))
def test_every_length_of_payload_fits_the_stated_bound(length: int, fill: int) -> None:
    frame = Frame(1, 2, bytes((fill,)) * length)
    encoded = encode_frame(frame)
    assert len(encoded) - 1 <= MAX_ENCODED_BYTES
    assert Framer().feed(encoded) == [frame]


@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=30))
def test_any_split_of_the_stream_gives_the_same_frames(
    frames: list[Frame], places: list[int]
) -> None:
    framer = Framer()
    found = [frame for piece in cut(wire(frames), places) for frame in framer.feed(piece)]
    assert found == frames
    assert framer.bad_frames == 0
    assert framer.pending_bytes == 0


@given(STREAMS)
def test_byte_by_byte_and_polite_delimiters_change_nothing(frames: list[Frame]) -> None:
    framer = Framer()
    stream = b"".join(b"\x00\x00" + encode_frame(frame) for frame in frames)
    found = [frame for byte in stream for frame in framer.feed(bytes((byte,)))]
    assert found == frames
    assert framer.bad_frames == 0


@pytest.mark.requirement("REQ-LINK-1")
@settings(max_examples=600)
@given(st.data(), STREAMS)
def test_one_corruption_costs_at_most_two_frames_and_makes_none(
    data: st.DataObject, frames: list[Frame]
) -> None:
    stream = wire(frames)
    bent = data.draw(corruptions(stream))
    found = Framer().feed(bent + b"\x00")
    assert is_subsequence(found, frames), "an altered frame came in"
    assert len(found) >= len(frames) - 2


@pytest.mark.requirement("REQ-LINK-1")
@settings(max_examples=300)
@given(STREAMS, st.integers(0, 1 << 40))
def test_every_flipped_bit_is_noticed(frames: list[Frame], where: int) -> None:
    stream = wire(frames)
    at, bit = divmod(where % (len(stream) * 8), 8)
    bent = stream[:at] + bytes((stream[at] ^ (1 << bit),)) + stream[at + 1 :]
    framer = Framer()
    found = framer.feed(bent + b"\x00")
    assert is_subsequence(found, frames)
    assert len(frames) - 2 <= len(found) < len(frames)
    assert framer.bad_frames >= 1


@pytest.mark.requirement("REQ-LINK-4")
@given(st.lists(st.binary(max_size=700), max_size=12))
def test_random_bytes_never_raise_and_never_grow_the_memory(pieces: list[bytes]) -> None:
    framer = Framer()
    for piece in pieces:
        framer.feed(piece)
        assert framer.pending_bytes <= MAX_ENCODED_BYTES


@pytest.mark.requirement("REQ-LINK-4")
@given(st.lists(st.integers(1, 600), min_size=1, max_size=20), FRAMES)
def test_an_endless_frame_is_dropped_once_and_the_next_is_read(
    lengths: list[int], frame: Frame
) -> None:
    framer = Framer()
    for length in lengths:
        assert framer.feed(b"\x01" * length) == []
        assert framer.pending_bytes <= MAX_ENCODED_BYTES
    assert framer.feed(b"\x00" + encode_frame(frame)) == [frame]
    assert framer.bad_frames == 1
