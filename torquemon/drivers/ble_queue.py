"""Commands on their way to the air: bounded, stops ahead, nothing sent that has grown old. Pure.

A write over the air takes one or two connection intervals and may be held up. What waited too long
is dropped, never sent late: an arming that the screen already calls failed, or a renewal given for
a moment that has passed, must not act. A stop never grows old; two that wait are one.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from torquemon.drivers.frame import DELIMITER
from torquemon.drivers.host_messages import StopRequest

MAX_WAITING: Final = 32
MAX_AGE_S: Final = 0.25
"""An answer would be late by then (200 ms), and a lease is renewed four times a second."""


def is_stop(frame: bytes) -> bool:
    """Whether an encoded frame is a stop: its type follows the first code byte, never zero."""
    return frame[1:2] == bytes((StopRequest.TYPE,)) and frame[0] > 1


class CommandQueue:
    """`dropped` counts what did not fit, `expired` what had grown old."""

    __slots__ = ("_frames", "_stop", "dropped", "expired")

    def __init__(self) -> None:
        self._frames: deque[tuple[float, bytes]] = deque()
        self._stop: bytes | None = None
        self.dropped = 0
        self.expired = 0

    def __len__(self) -> int:
        return len(self._frames) + (self._stop is not None)

    def put(self, data: bytes, now_s: float) -> None:
        """Take whole frames."""
        for piece in data.split(DELIMITER):
            if not piece:
                continue
            frame = piece + DELIMITER
            if is_stop(frame):
                self._stop = frame
                continue
            if len(self._frames) >= MAX_WAITING:
                self._frames.popleft()
                self.dropped += 1
            self._frames.append((now_s, frame))

    def take_stop(self) -> bytes | None:
        """Return the stop that waits, if any."""
        stop, self._stop = self._stop, None
        return stop

    def take(self, now_s: float) -> bytes | None:
        """Return the next frame that is still meant."""
        while self._frames:
            since_s, frame = self._frames.popleft()
            if now_s - since_s <= MAX_AGE_S:
                return frame
            self.expired += 1
        return None

    def clear(self) -> None:
        """Forget all: the link is gone."""
        self._frames.clear()
        self._stop = None
