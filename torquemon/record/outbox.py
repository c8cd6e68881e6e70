"""Carries the chain of a chair to the practice: in order, as often as it takes, each entry once.

The practice is asked what it has, under a lock for this chair, and gets what follows. So nothing is
stored twice, whoever sends: an answer that was lost, a server killed in a commit, two processes at
once, a practice that was restored from a backup all end the same way. What the practice has and
what the chair has must be one chain; where they part, nothing is carried and it is said.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from torquemon.record.chain import GENESIS
from torquemon.record.models import (
    CONTENT,
    ERASABLE,
    Base,
    Entry,
    Erasure,
    OfEntry,
    Outbox,
    Salt,
)
from torquemon.record.practice import Practice, PracticeError
from torquemon.record.store import Store
from torquemon.text import clean

DESTINATION: Final = "practice"
KIND: Final = "postgresql"
BATCH: Final = 100
BATCH_BYTES: Final = 16 * 1024 * 1024
"""A curve of an hour travels alone; a thousand short ones do not wait for each other."""
_LOCK_CLASS: Final = 0x746D
_TABLES: Final[tuple[type[OfEntry], ...]] = (Salt, *CONTENT)
WITHHELD: Final = frozenset({"person"})
"""Entries whose content leaves the chair only where it was asked for: who a patient is."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a delivery ended: what the practice got now, and how many entries still wait."""

    sent: int
    waiting: int


@dataclass(frozen=True, slots=True)
class _Parcel:
    """Entries with all their rows, in the order of the chain."""

    entries: list[Entry]
    rows: list[OfEntry]
    erased: list[int]


def deliver(
    store: Store,
    practice: Practice,
    *,
    with_names: bool = False,
    told: Callable[[int], None] = lambda _: None,
) -> Delivered:
    """Carry all that waits. Raises PracticeError, RecordError; what was carried stays carried.

    `told` is called with the count of entries after each parcel.
    """
    store.add_destination(DESTINATION, KIND)
    practice.check()
    sent = 0
    with store.read() as session:
        here = chairs(session)
    for chair in here:
        if with_names:
            sent += _send_names(store, practice, chair)
        while True:
            count, reached = _deliver_parcel(store, practice, chair, with_names=with_names)
            _note(store, chair, reached)
            sent += count
            if not count:
                break
            told(sent)
    return Delivered(sent, waiting(store))


def waiting(store: Store) -> int:
    """Return how many entries the practice was not told of yet."""
    with store.read() as session:
        return (
            session.scalar(
                select(func.count())
                .select_from(Outbox)
                .where(Outbox.destination == DESTINATION, Outbox.delivered_utc.is_(None))
            )
            or 0
        )


def note_problem(store: Store, problem: str) -> None:
    """Write down at the oldest waiting entry why it could not be carried."""
    due = store.due(DESTINATION, limit=1)
    if due:
        store.note_delivery(DESTINATION, due, problem=problem)


def chairs(session: Session) -> list[str]:
    """Return the chairs whose chains stand in a database."""
    return list(session.scalars(select(Entry.chair_id).distinct().order_by(Entry.chair_id)))


def _deliver_parcel(
    store: Store, practice: Practice, chair: str, *, with_names: bool
) -> tuple[int, int]:
    """Send what follows; return how many entries went, and up to which number the practice is."""
    with practice.write() as remote:
        _lock(remote, chair)
        there = remote.execute(
            select(Entry.number, Entry.hash)
            .where(Entry.chair_id == chair)
            .order_by(Entry.number.desc())
            .limit(1)
        ).first()
        number, hash_ = (there[0], there[1]) if there is not None else (0, GENESIS)
        with store.read() as session:
            _check_one_chain(session, chair, number, hash_)
            parcel = _pack(session, chair, number, with_names=with_names)
        _unpack(remote, chair, parcel)
    return len(parcel.entries), number + len(parcel.entries)


def _lock(remote: Session, chair: str) -> None:
    """Be the only one who carries this chair; two with the same number only wait for each other."""
    number = zlib.crc32(chair.encode()) - 2**31
    remote.execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, number)))


def _send_names(store: Store, practice: Practice, chair: str) -> int:
    """Send what was withheld before: content of entries that the practice has without it."""
    with practice.write() as remote:
        _lock(remote, chair)
        has_content = select(Salt.entry_number).where(
            Salt.chair_id == chair, Salt.entry_number == Entry.number
        )
        bare = remote.scalars(
            select(Entry.number)
            .where(Entry.chair_id == chair, Entry.kind.in_(WITHHELD), ~has_content.exists())
            .order_by(Entry.number)
        ).all()
        with store.read() as session:
            entries = [e for n in bare if (e := session.get(Entry, (chair, n))) is not None]
            rows = [row for e in entries for row in _rows(session, e, with_names=True)]
        _unpack(remote, chair, _Parcel([], rows, []))
    return sum(isinstance(row, Salt) for row in rows)


def _check_one_chain(session: Session, chair: str, number: int, hash_: str) -> None:
    """Raise PracticeError where the practice's last entry of this chair is not in this record."""
    if number == 0:
        return
    here = session.get(Entry, (chair, number))
    if here is None:
        raise PracticeError(
            f"the practice has {number} entries of chair {clean(chair, 26)}, more than this "
            "record: was an old backup restored here? Nothing was carried"
        )
    if here.hash != hash_:
        raise PracticeError(
            f"entry {number} of chair {clean(chair, 26)} is another one at the practice: the chain "
            "has parted, perhaps after an old backup was restored. Nothing was carried"
        )


def _pack(session: Session, chair: str, after: int, *, with_names: bool) -> _Parcel:
    """Read the next entries with their rows, at least one and not much more than BATCH_BYTES."""
    entries = list(
        session.scalars(
            select(Entry)
            .where(Entry.chair_id == chair, Entry.number > after)
            .order_by(Entry.number)
            .limit(BATCH)
        )
    )
    parcel = _Parcel([], [], [])
    size = 0
    for entry in entries:
        rows = list(_rows(session, entry, with_names=with_names))
        size += sum(len(getattr(row, "data", b"") or b"") for row in rows)
        if parcel.entries and size > BATCH_BYTES:
            break
        parcel.entries.append(entry)
        parcel.rows.extend(rows)
        parcel.erased.extend(row.erased_number for row in rows if isinstance(row, Erasure))
    return parcel


def _rows(session: Session, entry: Entry, *, with_names: bool) -> Iterable[OfEntry]:
    """Return all that belongs to an entry. Of who a patient is only that something was said."""
    if entry.kind in WITHHELD and not with_names:
        return
    for table in _TABLES:
        yield from session.scalars(
            select(table).where(
                table.chair_id == entry.chair_id, table.entry_number == entry.number
            )
        )


def _unpack(remote: Session, chair: str, parcel: _Parcel) -> None:
    """Insert what is new; then take out what an erasure names, as the chair has done.

    An erasure may have come before a parcel that was packed earlier: it counts all the same.
    """
    _lock(remote, chair)
    by_table: dict[type[Base], list[dict[str, Any]]] = {}
    rows_of_all: list[Base] = [*parcel.entries, *parcel.rows]
    for row in rows_of_all:
        by_table.setdefault(type(row), []).append(_fields(row))
    for table, rows in by_table.items():
        remote.execute(insert(table).on_conflict_do_nothing(), rows)
    touched = {row.entry_number for row in parcel.rows}
    known = remote.scalars(
        select(Erasure.erased_number).where(
            Erasure.chair_id == chair, Erasure.erased_number.in_(touched)
        )
    )
    erased = {*parcel.erased, *known}
    for erasable in ERASABLE if erased else ():
        remote.execute(
            delete(erasable).where(erasable.chair_id == chair, erasable.entry_number.in_(erased))
        )


def _fields(row: Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def _note(store: Store, chair: str, reached: int) -> None:
    """Write down what the practice has, in one statement however much it is."""
    now = store.clock.utc_now()
    with store.write() as session:
        session.execute(
            update(Outbox)
            .where(
                Outbox.destination == DESTINATION,
                Outbox.chair_id == chair,
                Outbox.entry_number <= reached,
                Outbox.delivered_utc.is_(None),
            )
            .values(delivered_utc=now, last_try_utc=now, tries=Outbox.tries + 1, problem=None)
        )
