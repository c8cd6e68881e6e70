"""Sets and changes the key of a record while nobody has it open; a kill leaves one that opens."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from torquemon.chair_lock import ChairLock, LockError
from torquemon.record.begun import refuse_gone
from torquemon.record.database import cipher_module, connect, in_use_path, is_plain, private
from torquemon.record.errors import RecordError, of_system, sentence
from torquemon.record.keys import (
    KeyName,
    Pointer,
    new_key,
    pointer_path,
    read_pointer,
    write_pointer,
)
from torquemon.record.opens_with import key_of, opens

WAIT_S: Final = 15.0
_COPIED: Final = ("user_version", "application_id")


@contextlib.contextmanager
def alone(record: Path) -> Iterator[None]:
    """Wait until nobody has the record open, and keep it so. Raises RecordError."""
    private(in_use_path(record))
    lock = ChairLock(in_use_path(record))
    try:
        if not lock.acquire(WAIT_S):
            raise RecordError(f"{record} is in use: close what reads it, then try again")
    except LockError as error:
        raise RecordError(str(error)) from None
    try:
        yield
    finally:
        lock.release()


def set_key(record: Path, folder: Path | None) -> str:
    """Encrypt the record; return the check value of its key. Raises RecordError."""
    cipher_module("the record is as it was, encryption needs SQLCipher")
    with alone(record):
        pointer = _settled(record)
        if pointer.current is not None:
            raise RecordError("this record has a key: `torquemon key rotate` changes it")
        if is_plain(record) is False:
            raise RecordError(
                f"{record} is encrypted or damaged, and {pointer_path(record)} is gone: put it back"
            )
        name, key = new_key(folder)
        coming = Pointer(None, name, pointer.earlier)
        write_pointer(record, coming)
        if is_plain(record):
            encrypt(record, key)
        write_pointer(record, coming.settled(taken=True))
    return name.check


def _settled(record: Path) -> Pointer:
    """Bring a change that was interrupted to its end, or take it back, by what the file says."""
    pointer = read_pointer(record)
    coming = pointer.coming
    if coming is None:
        return pointer
    key = key_of(record)
    if is_plain(record) is not None:  # a record that does not exist yet proves neither
        pointer = pointer.settled(taken=key == coming.load())
        write_pointer(record, pointer)
    return pointer


def encrypt(record: Path, key: bytes) -> None:
    """Write an encrypted copy, compare it, then put it in place. Raises RecordError."""
    draft = record.with_name(record.name + ".encrypting")
    try:
        draft.unlink(missing_ok=True)
        private(draft)
        db = cipher_module().connect(str(record), isolation_level=None)
        try:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.execute("ATTACH DATABASE ? AS sealed KEY ?", (str(draft), f"x'{key.hex()}'"))
            db.execute("SELECT sqlcipher_export('sealed')").fetchall()
            for name in _COPIED:
                value = db.execute(f"PRAGMA main.{name}").fetchone()[0]
                db.execute(f"PRAGMA sealed.{name} = {int(value)}")
            db.execute("DETACH DATABASE sealed")
        finally:
            db.close()
        if _counts(record, None) != _counts(draft, key):
            raise RecordError(f"the encrypted copy of {record} differs: nothing was changed")
        draft.replace(record)
    except cipher_module().Error as error:
        raise RecordError(sentence(record, str(error))) from None
    except OSError as error:
        raise RecordError(of_system(record, error)) from None
    finally:
        draft.unlink(missing_ok=True)


def _counts(path: Path, key: bytes | None) -> dict[str, int]:
    db = connect(path, key)
    try:
        said = db.execute("PRAGMA integrity_check").fetchone()[0]
        if said != "ok":
            raise RecordError(sentence(path, "malformed"))
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        return {
            name: db.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - our tables
            for name in names
        }
    finally:
        db.close()


def change_key(record: Path) -> tuple[str, KeyName]:
    """Encrypt the record with a new key; return its check value, and the key of before.

    That one stays where it is: the backups of before open with it. Raises RecordError.
    """
    with alone(record):
        refuse_gone(record)
        pointer = _settled(record)
        before = pointer.current
        if before is None:
            raise RecordError("this record has no key: `torquemon key init` sets one")
        old = before.load()
        folder = Path(before.folder) if before.where == "file" else None
        name, key = new_key(folder)
        coming = Pointer(before, name, pointer.earlier)
        write_pointer(record, coming)
        if is_plain(record) is False:
            rekey(record, old, key)
        write_pointer(record, coming.settled(taken=True))
    return name.check, before


def rekey(record: Path, old: bytes, new: bytes) -> None:
    """Encrypt a file that nobody has open with another key. Raises RecordError."""
    db = connect(record, old)
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode = DELETE")  # pages of two keys never share a log
        db.execute(f"PRAGMA rekey = \"x'{new.hex()}'\"")
    except cipher_module().Error as error:
        raise RecordError(sentence(record, str(error))) from None
    finally:
        db.close()
    if not opens(record, new):
        raise RecordError(f"{record} did not take the new key: it opens with the old one")


def describe_key(record: Path) -> str:
    """Return the sentence of `key check`. Raises RecordError where the key is lost or wrong."""
    refuse_gone(record)
    pointer = read_pointer(record)
    key = key_of(record)
    plain = is_plain(record)
    if key is None:
        return f"{record} is not encrypted: `torquemon key init` sets a key"
    name = pointer.current or pointer.coming
    where = name.place.name if name else "?"
    if plain is None:
        return f"a key is set and is in {where}; the record is empty yet and will be encrypted"
    return f"{record} is encrypted (SQLCipher, AES-256) and opens with the key in {where}"
