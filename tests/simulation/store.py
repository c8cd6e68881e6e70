"""What survives the monitor: committed rows, in memory or, for some seeds, in a real journal."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from torquemon.journal import Entry, EntryKind, InsertionRow, Journal, JournalError

REAL_EVERY: Final = 25
"""One seed in so many writes SQLite; the others would only wait for the disk."""


class Store:
    """A sink that can refuse. It outlives every monitor; `entries` are those that were committed.

    `sqlite` keeps the same rows in the product's own journal, closed and opened anew with each
    monitor, so that both can be compared at the end.
    """

    def __init__(self, seed: int) -> None:
        self.rows: list[InsertionRow] = []
        self.entries: list[Entry] = []
        self.refusal = ""
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.sqlite: Journal | None = None
        if seed % REAL_EVERY == 0:
            self._folder = tempfile.TemporaryDirectory(prefix="torquemon-simulation-")

    def reopen(self) -> None:
        """A monitor begins: it opens the journal that the last one left."""
        if self._folder is not None:
            if self.sqlite is not None:
                self.sqlite.close()
            self.sqlite = Journal(Path(self._folder.name) / "journal.db")

    def open_insertion(self, row: InsertionRow) -> None:
        """See `JournalSink`."""
        if self.refusal:
            raise JournalError(self.refusal)
        if self.sqlite is not None:
            self.sqlite.open_insertion(row)
        self.rows.append(row)

    def append(self, entries: Iterable[Entry]) -> None:
        """See `JournalSink`."""
        if self.refusal:
            raise JournalError(self.refusal)
        batch = list(entries)
        if self.sqlite is not None:
            self.sqlite.append(batch)
        self.entries += batch

    def of(self, insertion_id: str, kind: EntryKind) -> list[Entry]:
        """The committed entries of one insertion and kind."""
        return [e for e in self.entries if e.insertion_id == insertion_id and e.kind is kind]

    def close(self) -> None:
        """Leave nothing behind."""
        if self.sqlite is not None:
            self.sqlite.close()
        if self._folder is not None:
            self._folder.cleanup()
