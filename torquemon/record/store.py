"""The record: one row an insertion that is closed, with verdict and values, never edited.

The curve stays in the journal, which is raw first; this holds what was concluded from it, by which
rule, and whether the recorder came to the same conclusion as the monitor.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE record (
  insertion_id TEXT PRIMARY KEY,
  closed_utc TEXT NOT NULL,
  complete INTEGER NOT NULL,
  content TEXT NOT NULL
) STRICT;
CREATE TRIGGER record_kept BEFORE DELETE ON record
  BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
CREATE TRIGGER record_fixed BEFORE UPDATE ON record
  BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
"""


class RecordError(Exception):
    """The record cannot be opened, read or written; the message says what to do."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One closed insertion. `complete` is False where the monitor died before it was finished."""

    insertion_id: str
    closed_utc: str
    complete: bool
    content: Mapping[str, object]


class RecordStore:
    """An open record."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises RecordError."""
        self._path = path
        try:
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, timeout=5, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._prepare()
        except (sqlite3.Error, OSError) as error:
            raise RecordError(
                f"the record {path} cannot be opened ({error}): may this user write there?"
            ) from error

    def _prepare(self) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found > SCHEMA_VERSION:
            raise RecordError(
                f"{self._path} was written by a newer version of TorqueMon: update this one"
            )
        if found == 0:
            tables = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            made = self._db.execute("PRAGMA user_version").fetchone()[0]
            if tables and not made:
                raise RecordError(f"{self._path} is a database of another program: move it away")
            try:
                self._db.executescript(
                    f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
                )
            except sqlite3.OperationalError:
                if self._db.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
                    raise  # a full disk; else another process was first

    def add(self, row: RecordRow) -> bool:
        """Store a row; False where the insertion is in the record already."""
        try:
            done = self._db.execute(
                "INSERT INTO record VALUES (?, ?, ?, ?) ON CONFLICT (insertion_id) DO NOTHING",
                (
                    row.insertion_id,
                    row.closed_utc,
                    row.complete,
                    json.dumps(row.content, ensure_ascii=False, allow_nan=False, sort_keys=True),
                ),
            )
        except sqlite3.Error as error:
            raise RecordError(f"the record {self._path} refuses ({error})") from error
        return done.rowcount == 1

    def get(self, insertion_id: str) -> RecordRow | None:
        """Return one row; None where the insertion is not closed yet."""
        rows = self._select("WHERE insertion_id = ?", insertion_id)
        return rows[0] if rows else None

    def ids(self) -> set[str]:
        """Return which insertions are in the record."""
        try:
            found = self._db.execute("SELECT insertion_id FROM record").fetchall()
        except sqlite3.Error as error:
            raise RecordError(f"the record {self._path} cannot be read ({error})") from error
        return {row[0] for row in found}

    def all(self) -> dict[str, RecordRow]:
        """Return all rows by insertion."""
        return {row.insertion_id: row for row in self._select("")}

    def _select(self, where: str, *values: str) -> list[RecordRow]:
        statement = f"SELECT insertion_id, closed_utc, complete, content FROM record {where}"  # noqa: S608 - fixed texts
        try:
            found = self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise RecordError(f"the record {self._path} cannot be read ({error})") from error
        return [RecordRow(i, utc, bool(done), json.loads(text)) for i, utc, done, text in found]

    def close(self) -> None:
        """Close the file."""
        self._db.close()
