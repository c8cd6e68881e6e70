"""Takes out of the journal what the record holds and has given back bit for bit.

Only here, only what was verified, and only while no monitor runs: the lock of the chair is held.
The journal itself refuses every change, so its guards are put aside inside the one transaction that
removes. What a handpiece was seen to run on past its threshold stays, without the patient: the next
threshold rests on it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from torquemon import paths
from torquemon.chair_lock import ChairLock
from torquemon.journal import GUARDED, GUARDS, Journal, JournalError
from torquemon.record.errors import RecordError, sentence
from torquemon.record.folding import is_folded
from torquemon.record.models import Fold
from torquemon.record.store import Store

KEEP: Final = timedelta(days=1)
"""How long a folded insertion stays in the journal of a record without a key; with one, not at all:
the journal is not encrypted."""
_OVERSHOOT: Final = "overshoot"
_KEPT_META: Final = ("serial", "origin")


def prune(store: Store) -> int:
    """Remove what is folded and old enough; return how many. 0 while a monitor runs."""
    path = paths.journal_path()
    if not path.exists():
        return 0
    lock = _chair()
    if not lock.acquire(wait_s=0):
        return 0
    try:
        _verify_late(store)
        before = store.clock.utc_now() - (timedelta(0) if store.database.encrypted else KEEP)
        with store.read() as session:
            old = set(session.scalars(select(Fold.insertion_id).where(Fold.verified_utc <= before)))
        return _remove(store, old)
    finally:
        lock.release()


def _verify_late(store: Store) -> None:
    """Verify what was folded by a recorder that was killed before it had read it back."""
    with store.read() as session:
        verified = set(session.scalars(select(Fold.insertion_id)))
    late = {name for name in store.insertion_ids() if name is not None} - verified
    journal = _journal()
    try:
        found = [name for name in _holding(journal, late) if is_folded(journal, store, name)]
    except JournalError as error:
        raise RecordError(str(error)) from None
    finally:
        journal.close()
    for name in found:
        with store.write() as session:
            session.merge(Fold(insertion_id=name, verified_utc=store.clock.utc_now()))


def forget(store: Store, ids: Sequence[str]) -> None:
    """Remove insertions from the journal that are about to be erased from the record.

    Raises RecordError where a monitor runs, or where the journal holds more than the record.
    """
    path = paths.journal_path()
    if not path.exists():
        return
    lock = _chair()
    if not lock.acquire(wait_s=0):
        raise RecordError("a monitor runs at this chair: end it, then erase")
    try:
        _remove(store, set(ids))
        left = _held(set(ids))
    finally:
        lock.release()
    if left:
        raise RecordError(
            f"the journal {path} holds more of {left[0]} than the record could take: keep a copy, "
            "move it away, then erase"
        )


def _chair() -> ChairLock:
    return ChairLock(paths.lock_path())


def _remove(store: Store, ids: set[str]) -> int:
    """Remove what the record gives back; the caller holds the lock of the chair."""
    path = paths.journal_path()
    journal = _journal()
    try:
        verified = [name for name in _holding(journal, ids) if is_folded(journal, store, name)]
    except JournalError as error:
        raise RecordError(str(error)) from None
    finally:
        journal.close()
    if not verified:
        return 0
    try:
        with_guards_aside(path, verified)
    except sqlite3.Error as error:
        raise RecordError(sentence(path, str(error))) from None
    return len(verified)


def _journal() -> Journal:
    try:
        return Journal(paths.journal_path(), read_only=True)
    except JournalError as error:
        raise RecordError(str(error)) from None


def _holding(journal: Journal, ids: set[str]) -> list[str]:
    """Return those of which the journal holds more than what stays for the next threshold."""
    return [
        row.id for row in journal.insertions() if row.id in ids and set(row.meta) != set(_KEPT_META)
    ]


def _held(ids: set[str]) -> list[str]:
    journal = _journal()
    try:
        return _holding(journal, ids)
    except JournalError as error:
        raise RecordError(str(error)) from None
    finally:
        journal.close()


def with_guards_aside(path: Path, ids: Iterable[str]) -> None:
    """Remove insertions in one transaction: a kill leaves the journal as it was, guards and all."""
    db = sqlite3.connect(path, timeout=5, isolation_level=None)
    try:
        db.execute("PRAGMA secure_delete = ON")
        db.execute("BEGIN IMMEDIATE")
        for name in GUARDED:
            db.execute(f"DROP TRIGGER {name}")
        for insertion_id in ids:
            _take_out(db, insertion_id)
        for guard in GUARDS:
            db.execute(guard)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close()


def _take_out(db: sqlite3.Connection, insertion_id: str) -> None:
    events = db.execute(
        "SELECT number, data FROM entry WHERE insertion_id = ? AND kind = 'event'", (insertion_id,)
    ).fetchall()
    kept = [number for number, data in events if _is_overshoot(data)]
    marks = ",".join("?" * len(kept))
    db.execute(
        f"DELETE FROM entry WHERE insertion_id = ? AND number NOT IN ({marks})",  # noqa: S608 - marks
        (insertion_id, *kept),
    )
    if not kept:
        db.execute("DELETE FROM insertion WHERE id = ?", (insertion_id,))
        return
    (meta,) = db.execute("SELECT meta FROM insertion WHERE id = ?", (insertion_id,)).fetchone()
    fields = json.loads(meta)
    left = json.dumps({name: fields.get(name) for name in _KEPT_META}, sort_keys=True)
    db.execute("UPDATE insertion SET meta = ? WHERE id = ?", (left, insertion_id))


def _is_overshoot(data: bytes) -> bool:
    try:
        fields = json.loads(data)
    except ValueError:
        return False
    return isinstance(fields, dict) and fields.get("what") == _OVERSHOOT
