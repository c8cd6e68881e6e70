"""An asyncio loop whose time is simulated: waiting costs nothing, and every run is the same run.

Where the loop would sleep until its next timer, its clock is moved there instead. A loop that waits
for nothing at all would wait for ever: that raises.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_START_S: Final = 1.0
_START_UTC: Final = datetime(2026, 1, 1, tzinfo=UTC)


class NothingToWaitForError(Exception):
    """No timer and no task can ever run again: a deadlock."""


class _Skipping(selectors.SelectSelector):
    """A selector that does not sleep: it moves the loop's clock on."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = _START_S

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise NothingToWaitForError("the loop waits for nothing")
        self.now_s += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop; it is a `torquemon.clock.Clock` as well."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        """Simulated seconds."""
        return self._skipping.now_s

    def monotonic_ns(self) -> int:
        """See `torquemon.clock.Clock`."""
        return round(self._skipping.now_s * 1e9)

    def utc_now(self) -> datetime:
        """See `torquemon.clock.Clock`."""
        return _START_UTC + timedelta(seconds=self._skipping.now_s)


def run_virtually(main: Coroutine[Any, Any, _T], loop: VirtualLoop | None = None) -> _T:
    """Run to the end in simulated time; what was left over is an error of the test."""
    own = loop or VirtualLoop()
    try:
        return own.run_until_complete(main)
    finally:
        left = [task for task in asyncio.all_tasks(own) if not task.done()]
        for task in left:
            task.cancel()
        if left:
            own.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        own.run_until_complete(own.shutdown_asyncgens())
        own.close()
