"""Which key opens a record: the current one, the coming one, or for a backup one of before."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from torquemon.record.begun import is_empty
from torquemon.record.database import connect, is_plain
from torquemon.record.errors import RecordError
from torquemon.record.keys import KeyName, Pointer, read_pointer

_found: Final[dict[tuple[int, int, Pointer], KeyName | None]] = {}
"""Which key opened a file whose change of key was interrupted."""


def opens(record: Path, key: bytes | None) -> bool:
    """Whether a key opens the record; None stands for no key, with which an empty one opens."""
    if is_empty(record):
        return key is None
    try:
        db = connect(record, key)
    except RecordError:
        raise
    except Exception:  # noqa: BLE001 - as below
        return False
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except Exception:  # noqa: BLE001 - two drivers, one answer
        return False
    finally:
        db.close()
    return True


def key_of(record: Path) -> bytes | None:
    """Return the key of a record; None where it has none. Raises RecordError.

    Where a change of key was interrupted, the key is the one that opens the file.
    """
    pointer = read_pointer(record)
    if pointer.coming is None:
        return None if pointer.current is None else _checked(record, pointer.current)
    if is_empty(record):
        return pointer.coming.load()  # no record yet: it begins encrypted
    return _one_that_opens(record, pointer)


def _one_that_opens(record: Path, pointer: Pointer) -> bytes | None:
    """Return the old key or the coming one, tried once a process for each file and pointer.

    One of both is tried with the other driver of SQLite, which closes the file behind the back of
    the first (see `is_plain`): not again where the record may be open here.
    """
    about = record.stat()
    which = (about.st_dev, about.st_ino, pointer)
    if which in _found:
        known = _found[which]
        key = None if known is None else known.load()
        if opens(record, key):
            return key
    for name in (pointer.current, pointer.coming):
        key = None if name is None else name.load()
        if opens(record, key):
            _found[which] = name
            return key
    raise RecordError(
        f"{record} opens with neither its old nor its new key: it is damaged; restore a backup"
    )


def _checked(record: Path, name: KeyName) -> bytes:
    key = name.load()
    if not is_empty(record) and not opens(record, key) and is_plain(record) is False:
        raise RecordError(
            f"{record} does not open although its key is the right one: the file is damaged; "
            "restore a backup"
        )
    return key


def key_in_force(record: Path) -> bytes | None:
    """Return the key that a file has to have in the place of the record. Raises RecordError.

    The record itself may be damaged or gone: a backup is to take its place.
    """
    pointer = read_pointer(record)
    if pointer.coming is None:
        return None if pointer.current is None else pointer.current.load()
    with contextlib.suppress(RecordError):
        return key_of(record)
    return pointer.coming.load()


def earlier_keys(record: Path) -> list[bytes]:
    """Return the keys of before that can still be had, the newest first."""
    found: list[bytes] = []
    for name in reversed(read_pointer(record).earlier):
        with contextlib.suppress(RecordError):
            found.append(name.load())
    return found
