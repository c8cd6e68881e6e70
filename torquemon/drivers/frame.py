"""Frames: COBS between zero bytes, closed by a CRC-32. Sans-I/O, bounded, never raises on input.

A frame on the wire is `COBS(type ‖ flags ‖ counter ‖ payload ‖ [tag] ‖ crc32) ‖ 00`. Contract of
`Framer.feed`: any bytes in, in any portions, whole frames out; what does not hold is dropped and
counted; at most one unfinished frame of `MAX_ENCODED_BYTES` is ever kept. PROTOCOL.md has the
table and worked bytes.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final, NamedTuple

from cobs import cobs

from torquemon.drivers.errors import FrameError

HEADER: Final = struct.Struct("<BBH")
CRC: Final = struct.Struct("<I")
TAG_BYTES: Final = 16
FLAG_TAG: Final = 0x01
"""An authentication tag of `TAG_BYTES` stands between payload and CRC."""

MAX_FRAME_BYTES: Final = 512
"""Longest frame before COBS. 512 bytes hold 37 full readings; more would only delay the first."""
MIN_FRAME_BYTES: Final = HEADER.size + CRC.size
MAX_ENCODED_BYTES: Final = MAX_FRAME_BYTES + MAX_FRAME_BYTES // 254 + 1
"""COBS adds one byte per 254 begun."""
MAX_PAYLOAD_BYTES: Final = MAX_FRAME_BYTES - MIN_FRAME_BYTES
DELIMITER: Final = b"\x00"
_MAX_TYPE: Final = 0xFF
_MAX_COUNTER: Final = 0xFFFF


class Frame(NamedTuple):
    """One whole, checked frame.

    `counter` counts the frames of one direction modulo 65,536; a step of more than one is a lost
    frame. `tag` is empty where the frame carries none.
    """

    type: int
    counter: int
    payload: bytes
    tag: bytes = b""


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes for the wire, delimiter included.

    Raises FrameError where a field is out of its range.
    """
    if not 0 <= frame.type <= _MAX_TYPE or not 0 <= frame.counter <= _MAX_COUNTER:
        raise FrameError(f"type {frame.type} or counter {frame.counter} does not fit the header")
    if len(frame.tag) not in (0, TAG_BYTES):
        raise FrameError(f"a tag has {TAG_BYTES} bytes, this one has {len(frame.tag)}")
    flags = FLAG_TAG if frame.tag else 0
    body = HEADER.pack(frame.type, flags, frame.counter) + frame.payload + frame.tag
    if len(body) + CRC.size > MAX_FRAME_BYTES:
        raise FrameError(
            f"a frame has at most {MAX_FRAME_BYTES} bytes, this one {len(body) + CRC.size}"
        )
    encoded: bytes = cobs.encode(body + CRC.pack(zlib.crc32(body)))
    return encoded + DELIMITER


def decode_frame(encoded: bytes) -> Frame:
    """Read one frame from the bytes between two delimiters. Raises FrameError."""
    if len(encoded) > MAX_ENCODED_BYTES:
        raise FrameError(f"{len(encoded)} bytes are more than a frame can have")
    try:
        raw: bytes = cobs.decode(encoded)
    except cobs.DecodeError as error:
        raise FrameError("the bytes are not COBS") from error
    if not MIN_FRAME_BYTES <= len(raw) <= MAX_FRAME_BYTES:
        raise FrameError(f"a frame of {len(raw)} bytes")
    body = raw[: -CRC.size]
    if zlib.crc32(body) != CRC.unpack_from(raw, len(body))[0]:
        raise FrameError("the CRC does not match")
    frame_type, flags, counter = HEADER.unpack_from(body)
    if flags & ~FLAG_TAG:
        raise FrameError(f"unknown flags 0x{flags:02x}")
    end = len(body)
    tag = b""
    if flags & FLAG_TAG:
        end -= TAG_BYTES
        if end < HEADER.size:
            raise FrameError("the frame is too short for its tag")
        tag = body[end:]
    return Frame(frame_type, counter, body[HEADER.size : end], tag)


class Framer:
    """Cuts a byte stream into frames.

    `bad_frames` counts what was dropped. Memory is bounded: an unfinished frame longer than a
    frame can be is dropped up to its delimiter.
    """

    __slots__ = ("_overlong", "_rest", "bad_frames")

    def __init__(self) -> None:
        self._rest = b""
        self._overlong = False
        self.bad_frames = 0

    @property
    def pending_bytes(self) -> int:
        """Bytes of the unfinished frame that are kept."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes as they come and return the frames that they complete."""
        pieces = (self._rest + data).split(DELIMITER)
        rest = pieces.pop()
        frames: list[Frame] = []
        for piece in pieces:
            if self._overlong:
                self._overlong = False  # this delimiter ends what was dropped already
                continue
            if not piece:
                continue  # repeated delimiters are a polite way to start
            try:
                frames.append(decode_frame(piece))
            except FrameError:
                self.bad_frames += 1
        if len(rest) > MAX_ENCODED_BYTES:
            if not self._overlong:
                self.bad_frames += 1
            self._overlong = True
        self._rest = b"" if self._overlong else rest
        return frames

    def reset(self) -> None:
        """Forget the unfinished frame: the wire was opened anew."""
        self._rest = b""
        self._overlong = False
