"""What really happened on the device, as JSON lines: the truth that tests compare with."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final, TextIO

from torquemon.clock import Clock

_SPARSE_NS: Final = 1_000_000_000
"""Renewals come several times a second; one a second is enough of them."""


class EventLog:
    """Writes one JSON object a line: event, device time, monotonic time, facts.

    `target` is a path to append to, `-` for stderr, None for nowhere. The facts that the summary
    needs are kept.
    """

    def __init__(self, target: str | None, clock: Clock) -> None:
        self._clock = clock
        self._own: TextIO | None = None
        if target not in (None, "-"):
            self._own = Path(target).open("a", encoding="utf-8")  # noqa: SIM115 - closed in close
        self._out: TextIO | None = sys.stderr if target == "-" else self._own
        self._renewed_ns = -_SPARSE_NS
        self.first: dict[str, dict[str, object]] = {}
        """The first occurrence of each event."""
        self.last: dict[str, dict[str, object]] = {}
        """The last occurrence of each event."""

    def write(self, name: str, device_time_us: int, facts: dict[str, object]) -> None:
        """Write one event."""
        now_ns = self._clock.monotonic_ns()
        if name == "renewed":
            if now_ns - self._renewed_ns < _SPARSE_NS:
                return
            self._renewed_ns = now_ns
        line: dict[str, object] = {"event": name, "device_time_us": device_time_us}
        line |= {"monotonic_ns": now_ns, **facts}
        self.first.setdefault(name, line)
        self.last[name] = line
        if self._out is not None:
            self._out.write(json.dumps(line) + "\n")
            self._out.flush()

    def close(self) -> None:
        """Close the file."""
        if self._own is not None:
            self._own.close()
