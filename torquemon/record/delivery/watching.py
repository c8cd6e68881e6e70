"""Sends by itself: a process beside the recorder, one thread a destination.

A process of its own, because making a PDF or waiting for a slow server must delay neither the
folding of a record nor the sound of an alarm; a thread each, because a destination that hangs must
not keep the report from the others. Each thread has its own store.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, TextIO

from sqlalchemy import func, select

from torquemon import paths
from torquemon.chair_lock import ChairLock
from torquemon.clock import Clock, SystemClock
from torquemon.paths import HomeError
from torquemon.record.begun import refuse_gone
from torquemon.record.delivery.config import Destination, config_path, load_checked, stamp
from torquemon.record.delivery.engine import Courier, Sweep, rests
from torquemon.record.errors import RecordError
from torquemon.record.models import Attempt, Entry, Outbox
from torquemon.record.opening import open_store
from torquemon.record.store import Store

LOOK_EVERY_S: Final = 1.0
_CONFIG_EVERY_S: Final = 2.0
_SWEEP_EVERY_NS: Final = 30_000_000_000
"""Where something waits, all of it is gone through so often, whatever the news are."""
_LAST_S: Final = 4.0
"""So long sending goes on after the program was told to end."""
_END_WAIT_S: Final = _LAST_S + 2.0
Say = Callable[[str], None]


def lock_path() -> Path:
    """What the sending process holds: one a chair."""
    return paths.home() / "sending.lock"


class Sender(threading.Thread):
    """Sends to one destination until it is told to end."""

    def __init__(self, destination: Destination, clock: Clock, say: Say) -> None:
        super().__init__(name=f"send-{destination.name}", daemon=True)
        self._destination = destination
        self._clock = clock
        self._say = say
        self._ending = threading.Event()
        self._told = ""
        self._until_ns = 0

    def end(self) -> None:
        """Ask the thread to send what it can in a few seconds, and to end."""
        self._until_ns = self._clock.monotonic_ns() + round(_LAST_S * 1e9)
        self._ending.set()

    def _in_time(self) -> bool:
        return not self._ending.is_set() or self._clock.monotonic_ns() < self._until_ns

    def run(self) -> None:
        """Send, look, send. What goes wrong is said once, and once that it is over."""
        while not self._ending.is_set():
            try:
                self._work()
            except (RecordError, HomeError) as error:
                self._tell(str(error))
            except Exception as error:  # noqa: BLE001 - a thread that ends would end it in silence
                self._tell(f"a mistake of TorqueMon ({type(error).__name__}); it is tried again")
            self._ending.wait(LOOK_EVERY_S * 5)

    def _work(self) -> None:
        refuse_gone(paths.record_path())
        if not paths.record_path().exists():
            return
        exporter = self._destination.open()
        store = open_store(self._clock)
        try:
            courier = Courier(store, self._destination, exporter)
            seen: _News | None = None
            swept, swept_ns = Sweep(), 0
            while True:
                last = self._ending.is_set()
                now = _news(store, self._destination.name)
                now_ns = self._clock.monotonic_ns()
                again = swept.next_try_utc
                due = again is not None and not rests(again, self._clock.utc_now())
                overdue = now.left and now_ns - swept_ns > _SWEEP_EVERY_NS
                if now != seen or due or overdue:
                    swept, swept_ns = courier.sweep(self._in_time), now_ns
                    after = _news(store, self._destination.name)
                    seen = after if _nothing_came(now, after, swept) else None
                    self._report(swept)
                if last:  # what was signed just before the program was left has been sent now
                    return
                self._ending.wait(LOOK_EVERY_S)
        finally:
            exporter.close()
            store.close()

    def _report(self, swept: Sweep) -> None:
        if swept.sent:
            self._say(f"{self._destination.name}: {swept.sent} sent, {swept.waiting} wait")
        self._tell(swept.problem)

    def _tell(self, problem: str) -> None:
        if problem != self._told:
            self._told = problem
            self._say(f"{self._destination.name}: {problem or 'all is well again'}")


class _News(NamedTuple):
    """What changes when there is something to do."""

    newest: int
    left: int
    attempt: tuple[object, ...] | None


def _nothing_came(before: _News, after: _News, swept: Sweep) -> bool:
    """Whether a sweep alone explains what has changed: else what came meanwhile waits for ever."""
    return after.newest == before.newest and after.left <= before.left - swept.sent


def _news(store: Store, destination: str) -> _News:
    """Return what changes when there is something to do: a new entry, or somebody asked again."""
    waits = (Outbox.destination == destination, Outbox.delivered_utc.is_(None))
    with store.read() as session:
        newest = session.scalar(select(func.count()).select_from(Entry))
        left = session.scalar(select(func.count()).select_from(Outbox).where(*waits))
        attempt = session.get(Attempt, destination)
    tried = None if attempt is None else (attempt.tries, attempt.next_try_utc)
    return _News(newest or 0, left or 0, tried)


def watch(say: Say, ending: threading.Event) -> bool:
    """Send until `ending` is set; False where another process does it already.

    A changed `destinations.toml` is read anew. Raises HomeError, LockError.
    """
    lock = ChairLock(lock_path())
    if not lock.acquire():
        return False
    senders: list[Sender] = []
    seen: tuple[int, int] | None = None
    try:
        while not ending.is_set():
            now = stamp(config_path())
            if now != seen:
                seen = now
                _end(senders)
                senders = _begin(say)
            ending.wait(_CONFIG_EVERY_S)
    finally:
        _end(senders)
        lock.release()
    return True


def _begin(say: Say) -> list[Sender]:
    loaded = load_checked()
    for problem in loaded.problems:  # a mistake in the settings is said once, here
        say(problem)
    senders = [Sender(each, SystemClock(), say) for each in loaded.destinations]
    for sender in senders:
        sender.start()
    return senders


def _end(senders: list[Sender]) -> None:
    for sender in senders:
        sender.end()
    clock = SystemClock()
    until_ns = clock.monotonic_ns() + round(_END_WAIT_S * 1e9)  # for all together: many may hang
    for sender in senders:
        sender.join(max(0.0, (until_ns - clock.monotonic_ns()) / 1e9))


def end_with_input(stream: TextIO, ending: threading.Event) -> None:
    """Set `ending` once the other end of a pipe is gone: a killed recorder takes this along."""

    def listen() -> None:
        with contextlib.suppress(OSError, ValueError):
            while stream.read(1):
                pass
        ending.set()

    threading.Thread(target=listen, name="parent", daemon=True).start()
