"""The file of the record as a SQLAlchemy engine: plain SQLite, or SQLCipher where there is a key.

Write-ahead log with synchronous FULL: a commit that returned survives a power cut. `secure_delete`
overwrites what an erasure removed. A write transaction takes its lock at once (BEGIN IMMEDIATE), so
that two processes never extend the chain from the same head. Values never appear in an error.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from torquemon.chair_lock import ChairLock, LockError
from torquemon.paths import make_private
from torquemon.record.begun import GoneError, is_empty
from torquemon.record.errors import RecordError, as_record_errors, of_system
from torquemon.record.schema import NEWEST, found_revision, upgrade

WRITE: Final = "torquemon_write"
BUSY_S: Final = 10.0
_PLAIN_HEAD: Final = b"SQLite format 3\x00"
KEY_BYTES: Final = 32
_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",  # a REPLACE asks the triggers too
    "secure_delete = ON",
    "trusted_schema = OFF",
    "cell_size_check = ON",
)


def is_plain(path: Path) -> bool | None:
    """Whether the file is a readable SQLite database; None where it is missing or empty.

    Only where this process has it not open: the file is closed here, and with it goes every lock
    that the process has on it (POSIX). The record would be open without one: others then take its
    log away, and what is written afterwards is lost.
    """
    try:
        with path.open("rb") as file:
            head = file.read(len(_PLAIN_HEAD))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RecordError(of_system(path, error)) from None
    return None if not head else head == _PLAIN_HEAD


def cipher_module(
    what: str = "this record is encrypted, but SQLCipher is missing",
) -> ModuleType:
    """Return SQLCipher's driver. Raises RecordError, which begins with `what`, without it."""
    try:
        import sqlcipher3
    except ImportError:
        raise RecordError(f"{what}: pip install torquemon[encrypt]") from None
    module: ModuleType = sqlcipher3
    return module


def connect(path: Path, key: bytes | None, busy_s: float = BUSY_S) -> Any:  # noqa: ANN401 - two drivers
    """Open the file with its key. The connection begins no transaction by itself."""
    if key is None:
        return sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
    if len(key) != KEY_BYTES:
        raise RecordError(f"a key of the record has {KEY_BYTES} bytes, not {len(key)}")
    db = cipher_module().connect(
        str(path), timeout=busy_s, isolation_level=None, check_same_thread=False
    )
    db.execute("PRAGMA cipher_log_level = NONE")  # what goes wrong is said once, by us
    db.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return db


def private(path: Path) -> None:
    """Make the file, or close it, for this user only; never open to others, not even briefly."""
    make_private(path)
    if sys.platform != "win32" and path.stat().st_mode & 0o077:
        path.chmod(0o600)


class Database:
    """An open record. `read` and `write` give a session; all or nothing is kept of a `write`."""

    def __init__(self, path: Path, key: bytes | None = None, *, begun: bool = False) -> None:
        """Open, make or upgrade. Raises RecordError with a sentence.

        With `begun` the record was there before: nothing is made where it is empty or missing.
        """
        self.path = path
        self.found: str | None = None
        """The revision that stood in the file."""
        self._begun = begun
        self.encrypted = key is not None
        self._in_use = ChairLock(in_use_path(path), shared=True)
        self._engine = _engine(path, key)
        try:
            self._open()
        except RecordError as error:
            self.close()
            said = _other_key(path, key)
            if said:
                raise RecordError(said) from None
            raise error from None
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        with as_record_errors(self.path):
            private(in_use_path(self.path))
        try:
            if not self._in_use.acquire(wait_s=BUSY_S):
                raise RecordError(f"{self.path} is being replaced: try again in a moment")
        except LockError as error:
            raise RecordError(str(error)) from None
        if self._begun and is_empty(self.path):  # only now: a restore has ended
            raise GoneError(self.path)
        with as_record_errors(self.path):
            private(self.path)
            with self._engine.connect() as connection:
                self.found = found_revision(connection, self.path)
            if self.found is None and self._begun:
                raise GoneError(self.path)
            if self.found != NEWEST:
                self._upgrade()

    def _upgrade(self) -> None:
        with self._begin(write=True) as connection:
            found = found_revision(connection, self.path)  # again: another may have been first
            if found != NEWEST:
                upgrade(connection, found)

    @contextlib.contextmanager
    def _begin(self, *, write: bool) -> Iterator[Connection]:
        engine = self._engine.execution_options(**{WRITE: write})
        with engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session on one consistent state. Raises RecordError."""
        with self._session(write=False) as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session whose changes are stored together, or not at all. Raises RecordError."""
        with self._session(write=True) as session:
            yield session

    @contextlib.contextmanager
    def _session(self, *, write: bool) -> Iterator[Session]:
        with (
            as_record_errors(self.path),
            self._begin(write=write) as connection,
            Session(connection, expire_on_commit=False, autoflush=False) as session,
        ):
            yield session
            if write:
                session.flush()
            session.expunge_all()

    def settle(self) -> None:
        """Move the write-ahead log into the file and empty it. Raises RecordError."""
        with as_record_errors(self.path):
            db = self._engine.raw_connection()
            try:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                db.close()

    @property
    def engine(self) -> Engine:
        """For tests and for verification, which reads below the models."""
        return self._engine

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()
        self._in_use.release()


def _other_key(path: Path, key: bytes | None) -> str:
    """Return why a file that did not open did not, where it is its key; else nothing."""
    plain = is_plain(path)
    if key is None and plain is False:
        return f"{path} is damaged or encrypted, and no key is set here: `torquemon key check`"
    if key is not None and plain:
        return f"{path} is not encrypted although a key is set: `torquemon key init` encrypts it"
    return ""


def in_use_path(path: Path) -> Path:
    """Return the lock that everybody shares who has the record open."""
    return path.with_name(path.name + ".lock")


def _engine(path: Path, key: bytes | None) -> Engine:
    module = None if key is None else cipher_module()
    engine = create_engine(
        "sqlite://",
        creator=lambda: connect(path, key),
        poolclass=QueuePool,
        hide_parameters=True,
        **({} if module is None else {"module": module}),
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin_now)
    return engine


def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - two drivers
    """Set up a connection; SQLAlchemy's own setup may have opened a transaction."""
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_now(connection: Connection) -> None:
    write = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


_ULID: Final = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}\Z")


def is_id(text: str) -> bool:
    """Whether a text is a ULID as this program writes it: nothing else becomes part of a path."""
    return _ULID.match(text) is not None
