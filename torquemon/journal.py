"""The journal: append-only, plain sqlite3. The monitor writes it, the recorder reads it.

Raw first: what came over the wire is stored before what was concluded from it. An entry, once
committed, is never edited or removed (triggers refuse it). WAL with synchronous FULL: a commit that
returned survives a power cut. Times are UTC for people and a monotonic clock for order.
"""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from torquemon.model import Reading, Validity
from torquemon.paths import make_private

SCHEMA_VERSION: Final = 1
_READING: Final = struct.Struct("<qqqdddB")
_CHUNK: Final = struct.Struct("<qBI")
DAMAGED: Final = "damaged"
"""Key of a description that cannot be read."""
_NO_NUMBER: Final = float("nan")
MAX_INSERTIONS_LISTED: Final = 10_000

_SCHEMA: Final = """
CREATE TABLE insertion (
  id TEXT PRIMARY KEY,
  opened_utc TEXT NOT NULL,
  opened_ns INTEGER NOT NULL,
  meta TEXT NOT NULL
) STRICT;
CREATE TABLE entry (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  insertion_id TEXT NOT NULL REFERENCES insertion (id),
  kind TEXT NOT NULL,
  host_ns INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE INDEX entry_of_insertion ON entry (insertion_id, kind, number);
"""
_REFUSE: Final = "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
GUARDS: Final = (
    f"CREATE TRIGGER insertion_kept BEFORE DELETE ON insertion {_REFUSE}",
    f"CREATE TRIGGER insertion_fixed BEFORE UPDATE ON insertion {_REFUSE}",
    f"CREATE TRIGGER entry_kept BEFORE DELETE ON entry {_REFUSE}",
    f"CREATE TRIGGER entry_fixed BEFORE UPDATE ON entry {_REFUSE}",
)
"""What refuses every change. The recorder puts them aside to remove what the record holds."""
GUARDED: Final = ("insertion_kept", "insertion_fixed", "entry_kept", "entry_fixed")


class JournalError(Exception):
    """The journal cannot be opened, read or written; the message says what to do."""


class DamagedEntryError(JournalError):
    """One entry or description is damaged; the others can still be read."""


class EntryKind(StrEnum):
    """What an entry holds."""

    RAW = "raw"
    """Chunks of the wire, both directions."""
    READINGS = "readings"
    """Decoded readings that were judged."""
    ALERT = "alert"
    EVENT = "event"
    """Commands, read-backs, halts, link changes: what happened beside the curve."""
    FINISH = "finish"
    """The monitor's conclusion. An insertion without one was interrupted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, not yet or already stored."""

    insertion_id: str
    kind: EntryKind
    host_ns: int
    data: bytes


@dataclass(frozen=True, slots=True)
class InsertionRow:
    """One insertion as it was opened. `meta` is what `open_insertion` was given."""

    id: str
    opened_utc: str
    opened_ns: int
    meta: Mapping[str, object]


def pack_readings(readings: Iterable[Reading]) -> bytes:
    """Return readings as stored: seq, device µs, host ns, N·cm, degrees, rpm, validity."""
    return b"".join(
        _READING.pack(
            r.seq,
            r.device_time_us,
            r.host_time_ns,
            r.torque_ncm,
            _NO_NUMBER if r.angle_deg is None else r.angle_deg,
            _NO_NUMBER if r.speed_rpm is None else r.speed_rpm,
            r.validity,
        )
        for r in readings
    )


def unpack_readings(data: bytes) -> Iterator[Reading]:
    """Read back what `pack_readings` stored. Raises JournalError where it is damaged."""
    if len(data) % _READING.size:
        raise DamagedEntryError(
            "a block of readings is damaged: its length is not that of readings"
        )
    for seq, device_us, host_ns, torque, angle, speed, validity in _READING.iter_unpack(data):
        if validity > Validity.INVALID:
            raise DamagedEntryError("a block of readings is damaged: unknown validity")
        yield Reading(
            seq,
            device_us,
            host_ns,
            torque,
            None if angle != angle else angle,  # noqa: PLR0124 - NaN stands for "not measured"
            None if speed != speed else speed,  # noqa: PLR0124 - as above
            Validity(validity),
        )


class Chunk(NamedTuple):
    """Bytes of the wire as one read returned them (direction 0) or one write sent them (1)."""

    host_ns: int
    direction: int
    data: bytes


def unpack_raw(data: bytes) -> Iterator[Chunk]:
    """Read the chunks of a RAW entry. Raises DamagedEntryError where it is damaged."""
    at = 0
    while at < len(data):
        end = at + _CHUNK.size
        if end > len(data):
            raise DamagedEntryError("raw bytes of the wire are damaged: a head is cut")
        host_ns, direction, size = _CHUNK.unpack_from(data, at)
        at = end + size
        if at > len(data):
            raise DamagedEntryError("raw bytes of the wire are damaged: a chunk is cut")
        yield Chunk(host_ns, direction, data[end:at])


def pack_json(value: Mapping[str, object]) -> bytes:
    """Return a mapping as stored: strict JSON, UTF-8."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True).encode()


class Journal:
    """An open journal. Used by one thread at a time."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open or create. Raises JournalError with a sentence."""
        self.path = path
        self._identity: tuple[int, int] | None = None
        try:
            self._db = _connect(path, read_only=read_only)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(_sentence(path, error)) from error
        try:
            self._prepare(read_only=read_only)
        except sqlite3.Error as error:
            self._db.close()
            raise JournalError(_sentence(path, error)) from error
        except JournalError:
            self._db.close()
            raise

    def _prepare(self, *, read_only: bool) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        tables = {row[0] for row in self._db.execute("SELECT name FROM sqlite_master")}
        if tables and not {"insertion", "entry"} <= tables:
            raise JournalError(f"{self.path} is a database of another program: move it away")
        if found > SCHEMA_VERSION:
            raise JournalError(
                f"{self.path} was written by a newer version of TorqueMon: update this one"
            )
        if read_only:
            if not tables:
                raise JournalError(f"{self.path} is empty: nothing was recorded yet")
            return
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        if not tables:
            self._db.executescript(
                f"BEGIN IMMEDIATE; {_SCHEMA} {'; '.join(GUARDS)}; "
                f"PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        self._identity = _identity(self.path)

    def open_insertion(self, row: InsertionRow) -> None:
        """Begin an insertion; committed at once. Raises JournalError."""
        self._write(
            "INSERT INTO insertion VALUES (?, ?, ?, ?)",
            [(row.id, row.opened_utc, row.opened_ns, pack_json(row.meta).decode())],
        )

    def append(self, entries: Iterable[Entry]) -> None:
        """Store entries in order, in one commit. All or none. Raises JournalError."""
        self._write(
            "INSERT INTO entry (insertion_id, kind, host_ns, data) VALUES (?, ?, ?, ?)",
            [(e.insertion_id, e.kind.value, e.host_ns, e.data) for e in entries],
        )

    def _write(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        # a file that was removed takes writes for ever, and nobody would find them again
        if self._identity is not None and _identity(self.path) != self._identity:
            raise JournalError(
                f"{self.path} was moved or removed while it was in use: put it back, monitoring "
                "goes on"
            )
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(statement, rows)
        except sqlite3.Error as error:
            raise JournalError(_sentence(self.path, error)) from error

    def insertions(self) -> list[InsertionRow]:
        """Return the insertions, newest first."""
        return self._rows(
            "SELECT id, opened_utc, opened_ns, meta FROM insertion ORDER BY id DESC LIMIT ?",
            MAX_INSERTIONS_LISTED,
        )

    def insertion(self, insertion_id: str) -> InsertionRow | None:
        """Return one insertion; None where there is none of this id."""
        rows = self._rows(
            "SELECT id, opened_utc, opened_ns, meta FROM insertion WHERE id = ?", insertion_id
        )
        return rows[0] if rows else None

    def _rows(self, statement: str, *values: str | int) -> list[InsertionRow]:
        try:
            found = self._db.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise JournalError(_sentence(self.path, error)) from error
        return [InsertionRow(i, utc, ns, _meta(meta)) for i, utc, ns, meta in found]

    def entries(self, insertion_id: str, *kinds: EntryKind) -> Iterator[Entry]:
        """Return the entries of an insertion in the order of their storage."""
        wanted = kinds or tuple(EntryKind)
        marks = ",".join("?" * len(wanted))
        statement = (
            "SELECT kind, host_ns, data FROM entry "  # noqa: S608 - only question marks are added
            f"WHERE insertion_id = ? AND kind IN ({marks}) ORDER BY number"
        )
        try:
            for kind, host_ns, data in self._db.execute(
                statement, (insertion_id, *(kind.value for kind in wanted))
            ):
                yield Entry(insertion_id, EntryKind(kind), host_ns, data)
        except (sqlite3.Error, ValueError) as error:
            raise JournalError(_sentence(self.path, error)) from error

    def readings(self, insertion_id: str) -> Iterator[Reading]:
        """Return all readings of an insertion."""
        for entry in self.entries(insertion_id, EntryKind.READINGS):
            yield from unpack_readings(entry.data)

    def unfinished(self) -> list[str]:
        """Return the ids of insertions without a conclusion, oldest first."""
        statement = (
            "SELECT id FROM insertion WHERE NOT EXISTS "
            "(SELECT 1 FROM entry WHERE insertion_id = insertion.id AND kind = 'finish') "
            "ORDER BY id"
        )
        try:
            return [row[0] for row in self._db.execute(statement)]
        except sqlite3.Error as error:
            raise JournalError(_sentence(self.path, error)) from error

    def last_opened(self) -> str | None:
        """Return the insertion that was opened last: the only one that can still be recorded.

        By the order of storing, since a clock may have been set back.
        """
        try:
            found = self._db.execute("SELECT id FROM insertion ORDER BY rowid DESC LIMIT 1")
            row = found.fetchone()
        except sqlite3.Error as error:
            raise JournalError(_sentence(self.path, error)) from error
        return None if row is None else str(row[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _meta(text: str | bytes) -> Mapping[str, object]:
    """Read a description; a damaged one says so and nothing else: it may hold a patient's name."""
    try:
        meta = json.loads(text)
    except ValueError:
        meta = None
    return meta if isinstance(meta, dict) else {DAMAGED: "the description is damaged"}


def _lenient(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    if read_only:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        db = sqlite3.connect(uri, uri=True, timeout=2, isolation_level=None)
    else:
        make_private(path)
        db = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
    db.text_factory = _lenient
    return db


def _identity(path: Path) -> tuple[int, int] | None:
    """Return which file stands at a path; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


_SENTENCES: Final = (
    ("append-only", "the journal is append-only: nothing in it can be changed"),
    ("full", "the disk is full: {path} cannot grow; make room, monitoring goes on"),
    (
        "disk I/O error",
        "{path} cannot be written: is its disk full or gone? monitoring goes on",
    ),
    ("readonly", "{path} is read-only: give this user the right to write there"),
    ("read-only", "{path} is read-only: give this user the right to write there"),
    ("not a database", "{path} is damaged or no journal: keep a copy, then move it away"),
    ("malformed", "{path} is damaged or no journal: keep a copy, then move it away"),
    (
        "unable to open",
        "{path} cannot be opened: does its folder exist, and may this user write there?",
    ),
)


def _sentence(path: Path, error: Exception) -> str:
    text = str(error)
    if isinstance(error, OSError):
        text = "unable to open"
    elif isinstance(error, ValueError):
        text = "malformed"
    for sign, words in _SENTENCES:
        if sign in text:
            return words.format(path=path)
    return f"{path}: {text}"
