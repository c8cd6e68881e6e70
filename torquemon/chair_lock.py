"""Locks between the processes of a chair: the monitor's own, and one on a file being replaced.

An SQLite transaction does this on every system, with nothing to clean up after a kill.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from torquemon.paths import make_private


class LockError(Exception):
    """The lock's file cannot be had; the message says what to do."""


class ChairLock:
    """Held by the running monitor of a chair; free again the moment the process is gone.

    `shared` locks exclude only an exclusive one: whoever has the record open holds one, so that
    nobody replaces the file under it.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self._path = path
        self._begin = "BEGIN" if shared else "BEGIN EXCLUSIVE"
        self._db: sqlite3.Connection | None = None

    def acquire(self, wait_s: float = 1.0) -> bool:
        """Take the lock; False where another process holds it for longer than `wait_s`.

        The wait outlasts a recorder that only looks whether the lock is held. Raises LockError
        where the file cannot be locked at all.
        """
        db: sqlite3.Connection | None = None
        with contextlib.suppress(OSError):  # said below, where SQLite cannot open it either
            make_private(self._path)
        try:
            db = sqlite3.connect(
                self._path, timeout=wait_s, isolation_level=None, check_same_thread=False
            )
            db.execute(self._begin)
            db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # takes a shared lock
        except sqlite3.Error as error:
            if db is not None:
                db.close()
            if "locked" in str(error):
                return False
            raise LockError(
                f"{self._path} cannot be locked ({error}): does its folder exist, may this user "
                "write there? A damaged lock may be removed while nothing runs"
            ) from error
        self._db = db
        return True

    def release(self) -> None:
        """Give the lock back."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def held_by_other(self) -> bool:
        """Whether some other process holds it now."""
        if self._db is not None:
            return False
        free = self.acquire(wait_s=0)
        self.release()
        return not free
