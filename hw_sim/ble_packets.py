"""How frames become notifications, and writes become frames again. Pure.

A notification carries as many whole frames as fit; only a frame longer than a notification is
split. So one that the host's Bluetooth stack drops costs the frames in it and no others.
"""

from __future__ import annotations

from torquemon.drivers.frame import DELIMITER, MAX_ENCODED_BYTES


def notifications(frames: list[bytes], payload_bytes: int) -> list[bytes]:
    """Return the values to notify, each at most `payload_bytes` (at least 1) long."""
    values: list[bytes] = []
    room = b""
    for frame in frames:
        if room and len(room) + len(frame) > payload_bytes:
            values.append(room)
            room = b""
        room += frame
        while len(room) > payload_bytes:
            values.append(room[:payload_bytes])
            room = room[payload_bytes:]
    if room:
        values.append(room)
    return values


class WriteStream:
    """One characteristic's writes, joined to whole frames. Bounded like any receiver."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, value: bytes) -> bytes:
        """Take a write; return the whole frames that it completes, delimiters included."""
        joined = self._rest + value
        end = joined.rfind(DELIMITER) + 1
        self._rest = joined[end:]
        if len(self._rest) > MAX_ENCODED_BYTES + 1:
            self._rest = self._rest[: MAX_ENCODED_BYTES + 1]  # too long already: dropped when ended
        return joined[:end]

    def reset(self) -> None:
        """The link is new."""
        self._rest = b""
