"""Copies of the whole record while it is in use, and the way back.

A backup is one file, consistent, with the same key as the record; it is verified before it counts.
What stood at the place of a restored record is kept beside it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ulid import ULID

from torquemon.record.chain import Head
from torquemon.record.database import connect, is_plain, private
from torquemon.record.errors import RecordError, as_record_errors, sentence
from torquemon.record.opens_with import opens
from torquemon.record.read_file import refuse_device
from torquemon.record.rekeying import alone, encrypt, rekey
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
    except RecordError as error:
        raise RecordError(str(error).replace(str(draft), str(target))) from None
    finally:
        _remove(draft)
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


def restore(
    record: Path,
    key: bytes | None,
    source: Path,
    *,
    others: Sequence[bytes] = (),
    unencrypted: bool = False,
) -> tuple[Head, Path | None]:
    """Put a backup in the place of the record; return its head and where the old one is kept.

    `others` are keys that the backup may have beside that of the record; with `unencrypted` it may
    have none. It gets the record's. Waits until nobody has the record open. Raises RecordError,
    with nothing changed.
    """
    its_key = _key_of_backup(source, key, others, unencrypted=unencrypted)
    draft = record.with_name(f"{record.name}.restoring")
    try:
        with as_record_errors(record):
            draft.unlink(missing_ok=True)
            private(draft)
        head = _taken(source, its_key, draft, key)
        with alone(record), as_record_errors(record):
            kept = _set_aside(record)
            draft.replace(record)
    except RecordError as error:
        shown = record if "disk is full" in str(error) else source
        raise RecordError(str(error).replace(str(draft), str(shown))) from None
    finally:
        _remove(draft)
    return head, kept


def _taken(source: Path, its_key: bytes | None, draft: Path, key: bytes | None) -> Head:
    """Copy a backup beside the record, give it the record's key, and verify it."""
    _copy(source, draft, its_key)
    if key is not None and its_key is None:
        encrypt(draft, key)
    elif key is not None and its_key is not None and its_key != key:
        rekey(draft, its_key, key)
    return _verified(draft, key)


def _key_of_backup(
    source: Path, key: bytes | None, others: Sequence[bytes], *, unencrypted: bool
) -> bytes | None:
    """Return the key that a backup has. Raises RecordError with what is to be done."""
    try:
        refuse_device(source)
    except OSError as error:
        raise RecordError(f"{source} cannot be read ({error.strerror})") from None
    plain = is_plain(source)
    if plain is None:
        raise RecordError(f"{source} is missing or empty: it is no backup")
    if plain and key is not None:
        if unencrypted:
            return None
        raise RecordError(
            f"{source} is not encrypted: it was made before this record had a key. `torquemon "
            "restore --unencrypted FILE` takes it and encrypts it with the key of today"
        )
    for each in (key, *others):
        if (each is None) == plain and opens(source, each):
            if each is not None and key is None:
                raise RecordError(
                    f"{source} opens with an earlier key, and the record has none now: "
                    "`torquemon key init` sets one, then restore again"
                )
            return each
    if plain or key is None:
        raise RecordError(
            f"{source} is no backup: it is no database; if it is an encrypted backup, the "
            "record that it is of has a key, and none is set here (`torquemon key check`)"
        )
    raise RecordError(
        f"{source} does not open with the key of this record, nor with an earlier one that is "
        "known here: give the key that it has (`torquemon restore --key-file KEY FILE`), or it is "
        "no backup of this record, or damaged"
    )


def _remove(draft: Path) -> None:
    for suffix in ("", "-wal", "-shm", ".lock"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _set_aside(record: Path) -> Path | None:
    """Move the record and its log out of the way under one new name.

    A log whose record is gone too: it would be read into the one that takes the place.
    """
    if not any(record.with_name(record.name + suffix).exists() for suffix in ("", "-wal", "-shm")):
        return None
    kept = record.with_name(f"{record.stem}-before-{ULID()}{record.suffix}")
    for suffix in ("-wal", "-shm", ""):
        part = record.with_name(record.name + suffix)
        if part.exists():
            part.replace(kept.with_name(kept.name + suffix))
    return kept
