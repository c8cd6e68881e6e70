"""The recorder's process: closes insertions beside the monitor, never in its way."""

from __future__ import annotations

import signal
import threading
from typing import Final

from torquemon import paths
from torquemon.clock import Clock
from torquemon.journal import ChairLock, Journal, JournalError
from torquemon.record.closing import close_insertion
from torquemon.record.store import RecordError, RecordStore

LOOK_EVERY_S: Final = 0.5


def close_due(
    journal: Journal, store: RecordStore, clock: Clock, *, monitor_runs: bool
) -> list[str]:
    """Close what is finished, and what was interrupted if no monitor runs; return the ids."""
    recorded = store.all()
    unfinished = set(journal.unfinished())
    closed: list[str] = []
    for row in reversed(journal.insertions()):
        if row.id in recorded or (row.id in unfinished and monitor_runs):
            continue
        if store.add(close_insertion(journal, row, clock)):
            closed.append(row.id)
    return closed


def close_all_due(clock: Clock) -> list[str]:
    """Look once at this chair. Raises JournalError, RecordError."""
    if not paths.journal_path().exists():
        return []
    journal = Journal(paths.journal_path(), read_only=True)
    store = RecordStore(paths.record_path())
    try:
        running = ChairLock(paths.lock_path()).held_by_other()
        return close_due(journal, store, clock, monitor_runs=running)
    finally:
        store.close()
        journal.close()


def run_recorder(clock: Clock, complain: threading.Event | None = None) -> int:
    """Look every half second until the process is told to end; then look once more."""
    ending = complain or threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    while not ending.wait(LOOK_EVERY_S):
        _look(clock)
    return 0 if _look(clock) else 1


def _look(clock: Clock) -> bool:
    try:
        close_all_due(clock)
    except (JournalError, RecordError):
        return False  # the journal may be being made just now; the next look tells
    return True
