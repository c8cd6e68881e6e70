"""What the device pulls: the clip that is being heard, sample by sample, and silence around it.

The device's own thread calls `frames`; the others are called by the listener. Each pull is dated,
since a device that is open and never pulls is a loudspeaker that says nothing.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from torquemon.clock import Clock
from torquemon.sound.tones import SAMPLE_BYTES

LEAST_SHARE: Final = 0.5
"""No setting makes an alarm softer than that (6 dB): it must be heard."""


@lru_cache(maxsize=32)
def softer(data: bytes, share: float) -> bytes:
    """Return 16-bit samples at a share of their volume."""
    values = array("h")
    values.frombytes(data)
    return array("h", (round(value * share) for value in values)).tobytes()


class Player:
    """Holds at most one clip; a new one takes the place of the old."""

    def __init__(self, clock: Clock, share: Callable[[], float] = lambda: 1.0) -> None:
        """`share` of the full volume, asked at each clip; never less than `LEAST_SHARE`."""
        self._clock = clock
        self._share = share
        self._lock: Final = threading.Lock()
        self._data = b""
        self._at = 0
        self._pulled_frames = 0
        self._pulled_ns: int | None = None

    def play(self, data: bytes) -> None:
        """Begin with these samples at the next pull."""
        share = min(1.0, max(LEAST_SHARE, self._share()))
        data = data if share == 1.0 else softer(data, share)
        with self._lock:
            self._data, self._at = data, 0

    def cut(self) -> None:
        """Be silent from the next pull on."""
        self.play(b"")

    @property
    def busy(self) -> bool:
        """Whether something is left to be heard."""
        with self._lock:
            return self._at < len(self._data)

    @property
    def pulled(self) -> tuple[int, int | None]:
        """How many frames the device has taken, and when it last did (monotonic, ns)."""
        with self._lock:
            return self._pulled_frames, self._pulled_ns

    def frames(self, count: int) -> bytes:
        """Return the next `count` frames; silence where there is nothing to be heard."""
        with self._lock:
            size = count * SAMPLE_BYTES
            piece = self._data[self._at : self._at + size]
            self._at += len(piece)
            self._pulled_frames += count
            self._pulled_ns = self._clock.monotonic_ns()
        return piece + bytes(size - len(piece))
