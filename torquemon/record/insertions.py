"""Reads one insertion for people: the record where it is closed, the journal where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ulid import ULID

from torquemon import paths
from torquemon.clock import SystemClock
from torquemon.journal import ChairLock, InsertionRow, Journal
from torquemon.record.process import close_due
from torquemon.record.store import RecordStore
from torquemon.text import clean

LAST: Final = "last"
"""Stands for the newest insertion."""


class NoInsertionError(Exception):
    """There is no such insertion, and what there is."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """One insertion. `content` is the record's; None while it is not closed."""

    row: InsertionRow
    content: dict[str, Any] | None

    @property
    def origin(self) -> str:
        """Real, simulated or replayed."""
        source = self.content if self.content and "origin" in self.content else self.row.meta
        return str(source.get("origin", "real"))

    @property
    def mark(self) -> str:
        """What must stand beside everything that is shown of data that is not real."""
        return "" if self.origin == "real" else self.origin.upper()


class Archive:
    """The journal and the record of this chair, open for reading."""

    def __init__(self, journal: Journal, store: RecordStore) -> None:
        self.journal = journal
        self._store = store

    def all(self) -> list[Insertion]:
        """Return the insertions, newest first."""
        recorded = self._store.all()
        return [
            Insertion(row, dict(recorded[row.id].content) if row.id in recorded else None)
            for row in self.journal.insertions()
        ]

    def get(self, wanted: str) -> Insertion:
        """Return one insertion by its id, or the newest for `last`. Raises NoInsertionError."""
        if wanted == LAST:
            rows = self.journal.insertions()
            if not rows:
                raise NoInsertionError("nothing was recorded yet: `torquemon demo` makes a record")
            row: InsertionRow | None = rows[0]
        else:
            row = self.journal.insertion(_parse_id(wanted))
        if row is None:
            raise NoInsertionError(f"no insertion {clean(wanted, 40)}: `torquemon list` shows them")
        record = self._store.get(row.id)
        return Insertion(row, dict(record.content) if record else None)


def _parse_id(text: str) -> str:
    try:
        return str(ULID.from_str(text.upper()))
    except ValueError:
        raise NoInsertionError(
            f"{clean(text, 40)!r} is no insertion id (26 letters and digits): "
            "`torquemon list` shows them"
        ) from None


@contextmanager
def open_archive() -> Iterator[Archive]:
    """Open the archive of this chair, closing first what is due.

    Raises JournalError, RecordError, HomeError, NoInsertionError.
    """
    if not paths.journal_path().exists():
        raise NoInsertionError("nothing was recorded yet: `torquemon demo` makes a record")
    journal = Journal(paths.journal_path(), read_only=True)
    store = RecordStore(paths.record_path())
    try:
        running = ChairLock(paths.lock_path()).held_by_other()
        close_due(journal, store, SystemClock(), monitor_runs=running)
        yield Archive(journal, store)
    finally:
        store.close()
        journal.close()
