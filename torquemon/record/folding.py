"""Folds insertions from the journal into the record, and reads them back before that counts."""

from __future__ import annotations

from itertools import zip_longest

from sqlalchemy import select

from torquemon.clock import Clock
from torquemon.journal import EntryKind, InsertionRow, Journal, JournalError, unpack_raw
from torquemon.record.closing import close_insertion
from torquemon.record.errors import RecordError
from torquemon.record.models import Entry, Fold
from torquemon.record.store import Store


def close_due(journal: Journal, store: Store, clock: Clock, *, monitor_runs: bool) -> list[str]:
    """Close what is finished, and what was interrupted; return the ids.

    Where a monitor runs, the insertion that was opened last may still be recorded, no other.
    One insertion that cannot be closed holds up no other; the first such error is raised at the
    end. Raises JournalError, RecordError.
    """
    rows = journal.insertions()
    recorded = store.recorded([row.id for row in rows])  # twice a second, of a record of years
    unfinished = set(journal.unfinished())
    at_work = journal.last_opened() if monitor_runs else None
    closed: list[str] = []
    problem: JournalError | None = None
    for row in reversed(rows):
        if row.id in recorded or (row.id in unfinished and row.id == at_work):
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
        done = select(Entry).where(Entry.insertion_id == row.id, Entry.kind == "insertion")
        if session.scalars(done).first() is not None:
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
