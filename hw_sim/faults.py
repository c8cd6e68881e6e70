"""Faults by name, and what those of the wire do to bytes. Everything from a seeded generator.

A fault of the wire waits until bytes pass, then bends them; a fault of the device lasts a while
(`hw_sim.erring`); a fault of the host's side is done by whoever simulates the host.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Final

_LONGEST_BYTES: Final = 8
"""So many bytes one loss or exchange touches at most."""
_MAX_FLIPS: Final = 4
_HALF: Final = 0.5
_TWO_AND_REST: Final = 2
"""Pieces between delimiters: more than two frames and the empty rest."""
STALL_MS: Final = (15, 400)
"""A hub or a driver holds bytes back for about this long at worst [E]."""


class Fault(StrEnum):
    """What can go wrong, each by its name."""

    BYTES_LOST = "bytes lost"
    BYTES_FLIPPED = "bytes flipped"
    BYTES_DOUBLED = "bytes doubled"
    BYTES_DELAYED = "bytes delayed"
    BYTES_REORDERED = "bytes reordered"
    FRAME_CUT = "frame cut"
    PORT_VANISHED = "port vanished"
    REBOOTED = "device rebooted"
    ANSWERS_LATE = "answers late"
    ANSWERS_NEVER = "answers never"
    ACKS_WITHOUT_DOING = "acknowledges without doing"
    READS_BACK_OTHER = "reads back another value"
    WRONG_UNIT = "wrong unit"
    CLOCK_JUMPED = "device clock jumped"
    SEQUENCE_WRAPPED = "sequence wrapped"
    SENSOR_STUCK = "sensor stuck"
    SENSOR_INVALID = "sensor gives no number"
    SENSOR_SILENT = "sensor silent"
    MONITOR_KILLED = "monitor killed"
    DASHBOARD_KILLED = "dashboard killed"
    DASHBOARD_HUNG = "dashboard hung"
    DISK_FULL = "disk full"
    SYSTEM_CLOCK_STEPPED = "system clock stepped"


def lose(data: bytes, rng: random.Random) -> bytes:
    """Take a few bytes out."""
    count = min(rng.randint(1, _LONGEST_BYTES), len(data))
    at = rng.randint(0, len(data) - count)
    return data[:at] + data[at + count :]


def flip(data: bytes, rng: random.Random) -> bytes:
    """Turn a few bits over."""
    bent = bytearray(data)
    for _ in range(rng.randint(1, _MAX_FLIPS)):
        bent[rng.randrange(len(bent))] ^= 1 << rng.randrange(8)
    return bytes(bent)


def double(data: bytes, rng: random.Random) -> bytes:
    """Send everything twice, or a part of it."""
    if rng.random() < _HALF:
        return data + data
    at = rng.randrange(len(data))
    part = data[at : at + rng.randint(1, _LONGEST_BYTES)]
    return data[:at] + part + data[at:]


def reorder(data: bytes, rng: random.Random) -> bytes:
    """Exchange two frames where there are two, else two runs of bytes."""
    frames = data.split(b"\0")
    if len(frames) > _TWO_AND_REST and rng.random() < _HALF:
        at = rng.randrange(len(frames) - 2)
        frames[at], frames[at + 1] = frames[at + 1], frames[at]
        return b"\0".join(frames)
    size = max(1, min(_LONGEST_BYTES, len(data) // 2))
    at = rng.randint(0, max(0, len(data) - 2 * size))
    first, second = data[at : at + size], data[at + size : at + 2 * size]
    return data[:at] + second + first + data[at + 2 * size :]


def cut(data: bytes, rng: random.Random) -> bytes:
    """End in the middle of a frame: its tail never comes, delimiter included."""
    return data[: rng.randint(0, len(data) - 1)]


BENDS: Final[dict[Fault, Callable[[bytes, random.Random], bytes]]] = {
    Fault.BYTES_LOST: lose,
    Fault.BYTES_FLIPPED: flip,
    Fault.BYTES_DOUBLED: double,
    Fault.BYTES_REORDERED: reorder,
    Fault.FRAME_CUT: cut,
}
"""Faults of the wire that change bytes. A delay changes none."""


class Channel:
    """One direction of a wire. `on_fault` is told of each fault when it befalls real bytes."""

    def __init__(self, rng: random.Random, on_fault: Callable[[Fault], None]) -> None:
        self._rng = rng
        self._on_fault = on_fault
        self._pending: list[Fault] = []
        self._held: deque[tuple[int, bytes]] = deque()
        self._stalled_until_ns = 0

    def befall(self, fault: Fault) -> None:
        """Let a fault come over the next bytes."""
        self._pending.append(fault)

    @property
    def waiting(self) -> int:
        """Faults that have not met bytes yet."""
        return len(self._pending)

    def calm(self) -> None:
        """Drop the faults that have not met bytes."""
        self._pending.clear()

    def put(self, data: bytes, now_ns: int) -> None:
        """Send bytes at this moment."""
        if self._pending:
            data = self._bend(data, now_ns)
        if data:
            self._held.append((max(now_ns, self._stalled_until_ns), data))

    def take(self, now_ns: int) -> bytes:
        """Return what has arrived by now."""
        held = self._held
        if not held:
            return b""
        arrived = []
        while held and held[0][0] <= now_ns:
            arrived.append(held.popleft()[1])
        return b"".join(arrived)

    def clear(self) -> None:
        """The wire is gone, with all that was on it."""
        self._held.clear()
        self._stalled_until_ns = 0

    def _bend(self, data: bytes, now_ns: int) -> bytes:
        pending, self._pending = self._pending, []
        for fault in pending:
            if not data:
                self._pending.append(fault)
            elif fault is Fault.BYTES_DELAYED:
                self._stalled_until_ns = now_ns + self._rng.randint(*STALL_MS) * 1_000_000
                self._on_fault(fault)
            else:
                data = BENDS[fault](data, self._rng)
                self._on_fault(fault)
        return data
