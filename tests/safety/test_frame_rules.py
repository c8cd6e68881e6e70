"""Frames that hold in all but one rule of PROTOCOL.md, section 2, are dropped."""

from __future__ import annotations

import zlib

import pytest
from cobs import cobs

from torquemon.drivers.errors import FrameError
from torquemon.drivers.frame import CRC, HEADER, TAG_BYTES, Framer, decode_frame

pytestmark = pytest.mark.requirement("REQ-LINK-1")


def encoded(flags: int, rest: bytes, wrong_crc: int = 0) -> bytes:
    """A frame of type 81, counter 5, without its delimiter."""
    body = HEADER.pack(0x81, flags, 5) + rest
    return bytes(cobs.encode(body + CRC.pack(zlib.crc32(body) ^ wrong_crc)))


@pytest.mark.parametrize("flags", [0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x03, 0xFF])
def test_a_frame_with_a_flag_that_is_not_known_is_dropped(flags: int) -> None:
    wire = encoded(flags, b"payload" + bytes(range(TAG_BYTES)))
    with pytest.raises(FrameError, match="unknown flags"):
        decode_frame(wire)
    framer = Framer()
    assert framer.feed(wire + b"\x00") == []
    assert framer.bad_frames == 1


def test_the_tag_is_no_part_of_the_payload() -> None:
    tag = bytes(range(TAG_BYTES))
    frame = decode_frame(encoded(0x01, b"payload" + tag))
    assert (frame.payload, frame.tag) == (b"payload", tag)
    frame = decode_frame(encoded(0x00, b"payload" + tag))
    assert (frame.payload, frame.tag) == (b"payload" + tag, b"")


@pytest.mark.parametrize("size", range(TAG_BYTES))
def test_a_frame_too_short_for_the_tag_it_announces_is_dropped(size: int) -> None:
    with pytest.raises(FrameError, match="too short for its tag"):
        decode_frame(encoded(0x01, bytes(size)))


@pytest.mark.parametrize("wrong", [1, 1 << 31, 0xFFFFFFFF])
def test_a_frame_whose_sum_is_wrong_is_dropped(wrong: int) -> None:
    with pytest.raises(FrameError, match="CRC"):
        decode_frame(encoded(0x00, b"payload", wrong))
