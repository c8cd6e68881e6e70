"""The recorder's process: closes insertions beside the monitor, never in its way."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Final

from torquemon import paths
from torquemon.clock import Clock
from torquemon.journal import ChairLock, Journal, JournalError
from torquemon.paths import HomeError
from torquemon.record.closing import close_insertion
from torquemon.record.store import RecordError, RecordStore

LOOK_EVERY_S: Final = 0.5


def close_due(
    journal: Journal, store: RecordStore, clock: Clock, *, monitor_runs: bool
) -> list[str]:
    """Close what is finished, and what was interrupted if no monitor runs; return the ids."""
    recorded = store.ids()
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


def run_recorder(clock: Clock) -> int:
    """Look every half second until the process is told to end; then look once more."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    told = ""
    while not ending.wait(LOOK_EVERY_S):
        told = _look(clock, told)
    return 1 if _look(clock, told) else 0


def _look(clock: Clock, told: str) -> str:
    """Look once; return what is wrong, said once, or nothing."""
    try:
        close_all_due(clock)
    except (JournalError, RecordError, HomeError) as error:
        if str(error) != told:
            sys.stderr.write(f"torquemon recorder: {error}\n")
        return str(error)
    return ""
