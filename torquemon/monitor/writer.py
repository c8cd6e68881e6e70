"""Writes the journal from a thread of its own: a slow or full disk holds up nothing else.

The session hands entries over and goes on. A commit every 100 ms, at once after `hurry`. While the
disk refuses, entries are kept (bounded) and `problem` says so; what had to be dropped is counted
and said, never silent.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from typing import Final, Protocol

from torquemon.journal import Entry, InsertionRow, JournalError
from torquemon.text import clean

COMMIT_INTERVAL_S: Final = 0.1
_RETRY_S: Final = 1.0
MAX_KEPT_BYTES: Final = 64 * 1024 * 1024
"""About twenty minutes at 1 kHz: long enough to make room on a disk."""


class JournalSink(Protocol):
    """What the writer needs of a journal. Both methods raise JournalError."""

    def open_insertion(self, row: InsertionRow) -> None:
        """Begin an insertion."""
        ...

    def append(self, entries: Iterable[Entry]) -> None:
        """Store entries in one commit."""
        ...


class JournalWriter:
    """The thread that commits. `problem` is empty while everything is stored."""

    def __init__(self, sink: JournalSink) -> None:
        self._sink = sink
        self._items: deque[Entry | InsertionRow] = deque()
        # each is written by one thread only: a shared sum would drift and end as "full"
        self._taken_bytes = 0
        self._stored_bytes = 0
        self._hurry = threading.Event()
        self._closing = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        self.problem = ""
        self.dropped_entries = 0
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    @property
    def kept_bytes(self) -> int:
        """Bytes that wait to be stored."""
        return self._taken_bytes - self._stored_bytes

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, item: Entry | InsertionRow) -> None:
        """Hand over one item. Never blocks."""
        size = _size(item)
        if self.kept_bytes + size > MAX_KEPT_BYTES:
            self.dropped_entries += 1
            return
        self._taken_bytes += size
        self._items.append(item)
        self._idle.clear()  # after the item is in: a commit in between has not stored it

    def hurry(self) -> None:
        """Commit now."""
        self._hurry.set()

    def flush(self, timeout_s: float) -> bool:
        """Commit now and wait until all is stored; False where it was not within the time."""
        self._hurry.set()
        return self._idle.wait(timeout_s)

    def close(self) -> bool:
        """Store what is left and end; False where something could not be stored."""
        stored = self.flush(5.0)
        self._closing.set()
        self._hurry.set()
        self._thread.join(2.0)
        return stored

    def _run(self) -> None:
        pause_s = COMMIT_INTERVAL_S
        while not self._closing.is_set():
            self._hurry.wait(pause_s)
            self._hurry.clear()
            pause_s = COMMIT_INTERVAL_S if self._commit() else _RETRY_S

    def _commit(self) -> bool:
        """Store what is there; True where that worked."""
        while self._items:
            batch = list(self._items)
            opened = [item for item in batch if isinstance(item, InsertionRow)]
            until = batch.index(opened[0]) if opened else len(batch)
            try:
                if until == 0:
                    self._sink.open_insertion(opened[0])
                    done = 1
                else:
                    self._sink.append([e for e in batch[:until] if isinstance(e, Entry)])
                    done = until
            except JournalError as error:
                self.problem = self._sentence(str(error))
                return False
            except Exception as error:  # noqa: BLE001 - this thread must outlive any mistake
                why = f"storing failed ({type(error).__name__}: {clean(str(error))})"
                self.problem = self._sentence(why)
                return False
            for _ in range(done):
                self._stored_bytes += _size(self._items.popleft())
        self.problem = self._sentence("")
        self._idle.set()
        if self._items:
            self._idle.clear()  # handed over between the last look and the flag
        return True

    def _sentence(self, why: str) -> str:
        if self.dropped_entries:
            return f"{self.dropped_entries} entries could not be stored. {why}".strip()
        return why


def _size(item: Entry | InsertionRow) -> int:
    return len(item.data) if isinstance(item, Entry) else 0
