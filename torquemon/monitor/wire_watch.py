"""What a wire may cost: a bound on what is stored, and an alarm for frames that are damaged.

A handpiece that lies, or another program at the far end of a socket, can send far more than any
handpiece measures. It is judged all the same, but it must not fill the disk on which everybody's
records stand. Arithmetic only; the session asks and raises the alarms.
"""

from __future__ import annotations

from collections import deque
from typing import Final

MAX_BYTES_PER_S: Final = 1_000_000
"""Stored at most, in the long run. 2 kHz, the fastest that is spoken, is about 150 kB of raw bytes
and readings a second; a serial wire at 921,600 baud carries 92 kB."""
BURST_BYTES: Final = 8_000_000
"""A wire that was held up may hand over all of it at once."""
MAX_BAD_FRAMES: Final = 20
"""Damaged frames within `BAD_WITHIN_NS`. [E] A tenth to a fifth of the frames of a handpiece."""
BAD_WITHIN_NS: Final = 1_000_000_000
AGAIN_NS: Final = 5_000_000_000
"""The same trouble is told again no sooner than this."""
_NS: Final = 1_000_000_000


class Budget:
    """Lets so many bytes pass a second; what does not pass is counted, never silent."""

    def __init__(self, bytes_per_s: int = MAX_BYTES_PER_S, burst_bytes: int = BURST_BYTES) -> None:
        self._bytes_per_s = bytes_per_s
        self._burst_bytes = burst_bytes
        self._left = float(burst_bytes)
        self._seen_ns: int | None = None
        self.refused_bytes = 0

    def admits(self, size: int, now_ns: int) -> bool:
        """Whether so many bytes may be stored now; if so they are spent."""
        if self._seen_ns is not None:
            gained = self._bytes_per_s * max(0, now_ns - self._seen_ns) / _NS
            self._left = min(float(self._burst_bytes), self._left + gained)
        self._seen_ns = now_ns
        if size > self._left:
            self.refused_bytes += size
            return False
        self._left -= size
        return True


class WireWatch:
    """Says what is wrong with a wire, each trouble once in a while."""

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int]] = deque()
        self._refused = 0
        self._told_ns: dict[str, int] = {}

    def look(self, now_ns: int, bad_frames: int, refused_bytes: int) -> list[str]:
        """Return what must be told now, as sentences. Both counts only ever grow."""
        return [*self._damaged(now_ns, bad_frames), *self._flooded(now_ns, refused_bytes)]

    def _damaged(self, now_ns: int, bad_frames: int) -> list[str]:
        if not self._counts or self._counts[-1][1] != bad_frames:
            self._counts.append((now_ns, bad_frames))
        while len(self._counts) > 1 and now_ns - self._counts[1][0] >= BAD_WITHIN_NS:
            self._counts.popleft()
        bad = bad_frames - self._counts[0][1]
        if bad < MAX_BAD_FRAMES or not self._is_time("damaged", now_ns):
            return []
        why = "is the cable damaged, or does something else speak on this port?"
        return [f"{bad} damaged frames within a second: {why}"]

    def _flooded(self, now_ns: int, refused_bytes: int) -> list[str]:
        new = refused_bytes - self._refused
        if not new or not self._is_time("flooded", now_ns):
            return []
        self._refused = refused_bytes
        why = "more comes from this port than any handpiece sends, and it would fill the disk"
        return [f"{new} bytes were not stored: {why}"]

    def _is_time(self, what: str, now_ns: int) -> bool:
        told_ns = self._told_ns.get(what)
        if told_ns is not None and now_ns - told_ns < AGAIN_NS:
            return False
        self._told_ns[what] = now_ns
        return True
