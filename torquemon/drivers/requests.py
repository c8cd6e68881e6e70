"""Commands that wait for their answer: ids, repetition, time-outs, measured round trip. Sans-I/O.

A command whose answer is late is sent again under the same id (the device answers from memory) and
given up after `confirm_timeout_ns`: 200 ms, or three measured round trips if that is longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from torquemon.drivers.device_messages import Ack
from torquemon.drivers.messages import HostCommand

CONFIRM_NS: Final = 200_000_000
CONFIRM_ROUND_TRIPS: Final = 3
_REPEAT_NS: Final = 60_000_000
_SMOOTHING: Final = 8
"""The round trip is averaged over about this many answers, as TCP does (RFC 6298)."""
MAX_PENDING: Final = 32
"""More unanswered commands than this mean a dead device; the oldest is given up."""


@dataclass(slots=True)
class Pending:
    """A command under way."""

    message: HostCommand
    sent_ns: int
    last_sent_ns: int
    repeats: bool


class Requests:
    """The table of commands under way."""

    def __init__(self, first_id: int) -> None:
        self._last_id = first_id % 0xFFFF
        self._pending: dict[int, Pending] = {}
        self.round_trip_ns: float | None = None

    @property
    def confirm_timeout_ns(self) -> int:
        """How long an answer may take."""
        return max(CONFIRM_NS, round(CONFIRM_ROUND_TRIPS * (self.round_trip_ns or 0)))

    def new_id(self) -> int:
        """Return the next request id: 1 to 65,535, never 0."""
        self._last_id = self._last_id % 0xFFFF + 1
        return self._last_id

    def sent(self, message: HostCommand, now_ns: int, *, repeats: bool) -> list[Pending]:
        """Note that `message` goes out now; return what had to be given up to make room."""
        dropped = []
        while len(self._pending) >= MAX_PENDING:
            dropped.append(self._pending.pop(next(iter(self._pending))))
        self._pending[message.request_id] = Pending(message, now_ns, now_ns, repeats)
        return dropped

    def answered(self, ack: Ack, now_ns: int) -> Pending | None:
        """Return the command that this answers; None where none is waiting for it."""
        pending = self._pending.get(ack.request_id)
        if pending is None or ack.command != pending.message.TYPE:
            return None
        del self._pending[ack.request_id]
        if pending.last_sent_ns == pending.sent_ns:  # else it is unclear which one was answered
            self._measure(now_ns - pending.sent_ns)
        return pending

    def _measure(self, round_trip_ns: int) -> None:
        last = self.round_trip_ns
        self.round_trip_ns = (
            round_trip_ns if last is None else last + (round_trip_ns - last) / _SMOOTHING
        )

    def overdue(self, now_ns: int) -> tuple[list[HostCommand], list[HostCommand]]:
        """Return what is to be sent again now, and what is given up."""
        repeat: list[HostCommand] = []
        expired: list[HostCommand] = []
        interval_ns = max(_REPEAT_NS, round(2 * (self.round_trip_ns or 0)))
        for request_id, pending in list(self._pending.items()):
            if now_ns - pending.sent_ns > self.confirm_timeout_ns:
                del self._pending[request_id]
                expired.append(pending.message)
            elif pending.repeats and now_ns - pending.last_sent_ns > interval_ns:
                pending.last_sent_ns = now_ns
                repeat.append(pending.message)
        return repeat, expired

    def clear(self) -> None:
        """Forget all: the link is gone, no answer will come."""
        self._pending.clear()
