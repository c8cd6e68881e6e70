"""The recorder's process: folds insertions into the record beside the monitor, never in its way."""

from __future__ import annotations

import signal
import sys
import threading
from itertools import zip_longest
from typing import Final

from torquemon import paths
from torquemon.chair_lock import ChairLock, LockError
from torquemon.clock import Clock
from torquemon.journal import EntryKind, InsertionRow, Journal, JournalError, unpack_raw
from torquemon.paths import HomeError
from torquemon.record.closing import close_insertion
from torquemon.record.door import open_door
from torquemon.record.errors import RecordError
from torquemon.record.models import Fold, Insertion
from torquemon.record.opening import open_store
from torquemon.record.store import Store

LOOK_EVERY_S: Final = 0.5


def close_due(journal: Journal, store: Store, clock: Clock, *, monitor_runs: bool) -> list[str]:
    """Close what is finished, and what was interrupted if no monitor runs; return the ids.

    One insertion that cannot be closed holds up no other; the first such error is raised at the
    end. Raises JournalError, RecordError.
    """
    recorded = store.insertion_ids()
    unfinished = set(journal.unfinished())
    closed: list[str] = []
    problem: JournalError | None = None
    for row in reversed(journal.insertions()):
        if row.id in recorded or (row.id in unfinished and monitor_runs):
            continue
        try:
            if _fold(journal, store, row, clock):
                closed.append(row.id)
        except JournalError as error:
            problem = problem or error
    if problem is not None:
        raise problem
    return closed


def _fold(journal: Journal, store: Store, row: InsertionRow, clock: Clock) -> bool:
    """Store one insertion, then read it back; False where another process was first."""
    rows = close_insertion(journal, row, clock)
    with store.write() as session:
        if session.query(Insertion.id).filter(Insertion.id == row.id).first() is not None:
            return False
        store.append(session, "insertion", rows, row.id)
    if is_folded(journal, store, row.id):
        with store.write() as session:
            session.merge(Fold(insertion_id=row.id, verified_utc=clock.utc_now()))
    return True


def is_folded(journal: Journal, store: Store, insertion_id: str) -> bool:
    """Whether the record gives back, bit for bit, what the journal holds of an insertion."""
    nothing = object()
    try:
        readings = zip_longest(
            journal.readings(insertion_id), store.readings(insertion_id), fillvalue=nothing
        )
        if any(left != right for left, right in readings):
            return False
        raw = (
            tuple(chunk)
            for entry in journal.entries(insertion_id, EntryKind.RAW)
            for chunk in unpack_raw(entry.data)
        )
        wire = (tuple(chunk) for chunk in store.wire(insertion_id))
        return all(left == right for left, right in zip_longest(raw, wire, fillvalue=nothing))
    except (JournalError, RecordError):
        return False


def monitor_runs() -> bool:
    """Whether a monitor runs at this chair. Raises RecordError where that cannot be known."""
    try:
        return ChairLock(paths.lock_path()).held_by_other()
    except LockError as error:
        raise RecordError(str(error)) from None


def close_all_due(clock: Clock) -> list[str]:
    """Look once at this chair. Raises JournalError, RecordError."""
    if not paths.journal_path().exists():
        return []
    journal = Journal(paths.journal_path(), read_only=True)
    try:
        store = open_store(clock)
        try:
            return close_due(journal, store, clock, monitor_runs=monitor_runs())
        finally:
            store.close()
    finally:
        journal.close()


def run_recorder(clock: Clock) -> int:
    """Look every half second until the process is told to end; then look once more."""
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    told = ""
    with open_door(clock) as wait:
        while not wait(ending, LOOK_EVERY_S):
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
