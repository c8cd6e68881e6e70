"""An asyncio loop in a thread of its own, for a driver whose library is asyncio.

Nothing of asyncio reaches the reader thread: it posts and waits, this thread does the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, Final, Protocol, TypeVar, TypeVarTuple

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")
_END_S: Final = 3.0


class LoopRunner(Protocol):
    """Where the asynchronous half of a driver runs."""

    def post(self, callback: Callable[[*_Ts], object], *args: *_Ts) -> None:
        """Call it in the loop, soon. Raises RuntimeError where the loop has ended."""
        ...

    def finish(self, work: Coroutine[Any, Any, object], within_s: float) -> None:
        """Run it to its end, waiting no longer than this."""
        ...


class LoopThread:
    """The loop and its thread; both begin with the first use and end with `close`."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def post(self, callback: Callable[[*_Ts], object], *args: *_Ts) -> None:
        """See `LoopRunner`."""
        self.loop.call_soon_threadsafe(callback, *args)

    def submit(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Begin it; the answer comes in the future."""
        try:
            return asyncio.run_coroutine_threadsafe(work, self.loop)
        except RuntimeError:
            work.close()
            raise

    def finish(self, work: Coroutine[Any, Any, object], within_s: float) -> None:
        """See `LoopRunner`. What it raises is not told: it was about to end anyway."""
        with contextlib.suppress(Exception, CancelledError):
            self.submit(work).result(within_s)

    def close(self) -> None:
        """Cancel what still runs, end the loop and its thread. May be called twice."""
        if self.loop.is_closed():
            return
        self.finish(_cancel_all(), _END_S)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_END_S)
        if not self._thread.is_alive():
            self.loop.close()


async def _cancel_all() -> None:
    """Cancel every other task of this loop and wait until they have ended."""
    this = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not this]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
