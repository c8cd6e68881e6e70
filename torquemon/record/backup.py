"""Copies of the whole record while it is in use, and the way back.

A backup is one file, consistent, with the same key as the record; it is verified before it counts.
What stood at the place of a restored record is kept beside it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ulid import ULID

from torquemon.record.chain import Head
from torquemon.record.database import connect, is_plain, private
from torquemon.record.errors import RecordError, as_record_errors, sentence
from torquemon.record.keys import opens
from torquemon.record.rekeying import alone
from torquemon.record.store import Store
from torquemon.record.verify import verify_store

_PAGES: int = 2000


def back_up(record: Path, key: bytes | None, target: Path) -> Head:
    """Copy a record that may be in use; return the head of the copy. Raises RecordError."""
    if target.exists():
        raise RecordError(f"{target} exists: a backup overwrites nothing, choose another name")
    if not opens(record, key):
        raise RecordError(sentence(record, "unable to open"))
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with as_record_errors(target):
            private(draft)
        _copy(record, draft, key)
        head = _verified(draft, key)
        with as_record_errors(target):
            draft.replace(target)
    finally:
        for suffix in ("", "-wal", "-shm", ".lock"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)
    return head


def _copy(record: Path, target: Path, key: bytes | None) -> None:
    """Copy page by page; writers go on meanwhile."""
    source = target_db = None
    try:
        source, target_db = connect(record, key), connect(target, key)
        source.backup(target_db, pages=_PAGES)
        target_db.execute("PRAGMA journal_mode = DELETE")  # one file, not three
    except Exception as error:  # two drivers, each with its own errors
        if isinstance(error, RecordError):
            raise
        raise RecordError(sentence(target, str(error))) from None
    finally:
        for db in (source, target_db):
            _close(db)


def _close(db: Any) -> None:  # noqa: ANN401 - two drivers
    if db is not None:
        db.close()


def _verified(path: Path, key: bytes | None) -> Head:
    """Return the head of a copy that verifies. Raises RecordError where it does not."""
    if not opens(path, key):
        raise RecordError(
            f"{path} does not open with the key of this record: it is no backup of it, was made "
            "under another key, or is damaged"
        )
    store = Store(path, key=key, own=False)
    try:
        found = verify_store(store)
        problems = [problem for chain in found for problem in chain.problems]
        if problems:
            raise RecordError(f"{path} does not verify: {problems[0]}")
        return store.head()
    finally:
        store.close()


def restore(record: Path, key: bytes | None, source: Path) -> tuple[Head, Path | None]:
    """Put a backup in the place of the record; return its head and where the old one is kept.

    Waits until nobody has the record open. Raises RecordError, with nothing changed.
    """
    if is_plain(source) is None:
        raise RecordError(f"{source} is missing or empty: it is no backup")
    draft = record.with_name(f"{record.name}.restoring")
    try:
        with as_record_errors(record):
            draft.unlink(missing_ok=True)
            private(draft)
        if key is None and not is_plain(source):
            raise RecordError(
                f"{source} is no backup: it is no database; if it is an encrypted backup, the "
                "record that it is of has a key, and none is set here (`torquemon key check`)"
            )
        if not opens(source, key):
            raise RecordError(
                f"{source} does not open with the key of this record: it is no backup of it, was "
                "made under another key, or is damaged"
            )
        _copy(source, draft, key)
        head = _verified(draft, key)
        with alone(record), as_record_errors(record):
            kept = _set_aside(record)
            draft.replace(record)
    finally:
        for suffix in ("", "-wal", "-shm", ".lock"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)
    return head, kept


def _set_aside(record: Path) -> Path | None:
    """Move the record and its log out of the way under one new name."""
    if not record.exists():
        return None
    kept = record.with_name(f"{record.stem}-before-{ULID()}{record.suffix}")
    for suffix in ("-wal", "-shm", ""):
        part = record.with_name(record.name + suffix)
        if part.exists():
            part.replace(kept.with_name(kept.name + suffix))
    return kept
