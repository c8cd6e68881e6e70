"""What went over the wire, kept as it came: the raw chunks of both directions, bounded."""

from __future__ import annotations

from collections import deque
from enum import IntEnum
from typing import Final, NamedTuple

MAX_CHUNKS: Final = 20_000
"""Several seconds of traffic at 2 kHz; the monitor drains it every 20 ms."""


class Direction(IntEnum):
    """Which way a chunk went."""

    RECEIVED = 0
    SENT = 1


class Chunk(NamedTuple):
    """Bytes as one read returned them, or as one write sent them."""

    host_time_ns: int
    direction: Direction
    data: bytes


class Capture:
    """A bounded queue from the reader thread to whoever stores the chunks.

    `append` and `drain` may run in different threads (a deque's ends are atomic). What does not
    fit is counted in `dropped`, never waited for: storage must not hold up a stop.
    """

    __slots__ = ("_chunks", "dropped")

    def __init__(self) -> None:
        self._chunks: deque[Chunk] = deque()
        self.dropped = 0

    def append(self, chunk: Chunk) -> None:
        """Keep a chunk."""
        if len(self._chunks) >= MAX_CHUNKS:
            self.dropped += 1
            return
        self._chunks.append(chunk)

    def drain(self) -> list[Chunk]:
        """Return what is there and forget it."""
        return [self._chunks.popleft() for _ in range(len(self._chunks))]
