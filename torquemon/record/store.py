"""The record of a chair: what was stored, by whom, in which order; never edited.

`append` is the only way in: rows become an entry, the entry the new head of the chain, and every
destination gets it into its outbox, in one transaction. Reading is in `torquemon.record.history`,
what people add in `torquemon.record.remarks`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Select, func, select, text, tuple_
from sqlalchemy.orm import Session
from ulid import ULID

from torquemon import __version__
from torquemon.clock import Clock, SystemClock
from torquemon.model import Reading
from torquemon.record import blocks, chain, signing
from torquemon.record.begun import GoneError, has_begun, note_begun
from torquemon.record.database import Database
from torquemon.record.errors import RecordError as RecordError  # noqa: PLC0414 - its old place
from torquemon.record.errors import RefusedError
from torquemon.record.models import (
    Block,
    Chair,
    Content,
    Destination,
    Entry,
    Outbox,
    Salt,
    SigningKey,
)
from torquemon.record.schema import NEWEST
from torquemon.text import clean

_IDS_AT_ONCE: Final = 500
"""Values in one question; SQLite takes 32,766."""
SOFTWARE: Final = f"torquemon {__version__}"
RAW: Final = "raw"
READINGS: Final = "readings"
_Row = TypeVar("_Row", bound=Content)


class Store:
    """An open record. One thread at a time; any number of processes."""

    def __init__(
        self,
        path: Path,
        *,
        key: bytes | None = None,
        clock: Clock | None = None,
        own: bool = True,
    ) -> None:
        """Open or make the record and its chair's chain. Raises RecordError.

        With `own` False a copy is looked at: no key is made and no entry written.
        """
        self.path = path
        self.clock: Clock = clock or SystemClock()
        begun = own and has_begun(path.parent)
        self.database = Database(path, key, begun=begun)
        try:
            if own:
                self._signing_key = signing.load_or_make(path.parent)
                self.chair_id = self._begin_chain(begun=begun)
                note_begun(path.parent)
            else:
                self.chair_id = self._only_look()
        except BaseException:
            self.database.close()
            raise

    def _begin_chain(self, *, begun: bool) -> str:
        """Return the chair's id; write the first entry, or a new key's, where there is none."""
        public = signing.public_hex(self._signing_key)
        with self.read() as session:
            chair, known = _own_chair(session)
        if chair is not None and known == public:
            return chair
        if chair is None and begun and self.database.found == NEWEST:
            raise GoneError(self.path)  # tables without a chain are no beginning either
        with self.write() as session:
            chair, known = _own_chair(session)
            now = self.clock.utc_now()
            if chair is None:
                self.chair_id = str(ULID())
                first = Chair(name="", made_utc=now)
                why = "the first key of this chair"
                self.append(session, "chair", [first, SigningKey(public_key=public, why=why)])
            else:
                self.chair_id = chair
                if known != public:
                    why = "the key before it was not there"
                    self.append(session, "key", [SigningKey(public_key=public, why=why)])
        return self.chair_id

    def _only_look(self) -> str:
        with self.read() as session:
            chair, _ = _own_chair(session)
        if chair is None:
            raise RecordError(f"{self.path} has no chain: it is no record of a chair")
        return chair

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session on one consistent state. Raises RecordError."""
        with self.database.read() as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session for `append`; all of it is stored, or nothing. Raises RecordError."""
        with self.database.write() as session:
            yield session

    # --- in --------------------------------------------------------------------------------------

    def append(
        self,
        session: Session,
        kind: str,
        rows: Sequence[Content],
        insertion_id: str | None = None,
    ) -> Entry:
        """Make rows the next entry of the chain. Raises RefusedError where a value cannot be kept.

        The rows are stored in the order of the list; call it within `write`.
        """
        previous = session.scalars(
            select(Entry)
            .where(Entry.chair_id == self.chair_id)
            .order_by(Entry.number.desc())
            .limit(1)  # without it the whole chain would be loaded
        ).first()
        salt = chain.new_salt()
        try:
            entry = chain.next_entry(
                previous,
                self._signing_key,
                chair_id=self.chair_id,
                kind=kind,
                insertion_id=insertion_id,
                written=(self.clock.utc_now(), self.clock.monotonic_ns()),
                software=SOFTWARE,
                salt=salt,
                rows=rows,
            )
        except ValueError as error:
            raise RefusedError(f"this cannot be kept: {clean(str(error))}") from None
        session.add(Salt(chair_id=self.chair_id, entry_number=entry.number, salt=salt))
        for row in rows:
            session.add(row)
            if isinstance(row, Block):
                session.flush()  # raw first, and no curve of an hour in memory
        session.add(entry)
        for destination in session.scalars(select(Destination)):
            session.add(self._queued(destination.name, entry))
        session.flush()
        return entry

    def _queued(self, destination: str, entry: Entry) -> Outbox:
        return Outbox(
            destination=destination,
            chair_id=entry.chair_id,
            entry_number=entry.number,
            queued_utc=self.clock.utc_now(),
            tries=0,
        )

    # --- out -------------------------------------------------------------------------------------

    def head(self) -> chain.Head:
        """Return the newest entry: what a report prints."""
        with self.read() as session:
            found = session.execute(
                select(Entry.number, Entry.hash)
                .where(Entry.chair_id == self.chair_id)
                .order_by(Entry.number.desc())
                .limit(1)
            ).first()
        if found is None:
            raise RecordError(f"{self.path} has no chain: restore a backup")
        return chain.Head(self.chair_id, found[0], found[1])

    def insertion_ids(self) -> set[str | None]:
        """Return which insertions are in the record, or were until they were erased."""
        with self.read() as session:
            return set(session.scalars(select(Entry.insertion_id).where(Entry.kind == "insertion")))

    def recorded(self, ids: Sequence[str]) -> set[str]:
        """Return which of these insertions are in the record, or were until they were erased."""
        found: set[str] = set()
        with self.read() as session:
            for start in range(0, len(ids), _IDS_AT_ONCE):
                part = ids[start : start + _IDS_AT_ONCE]
                query = select(Entry.insertion_id).where(
                    Entry.insertion_id.in_(part), Entry.kind == "insertion"
                )
                found.update(each for each in session.scalars(query) if each)
        return found

    def readings(self, insertion_id: str) -> Iterator[Reading]:
        """Return the curve of an insertion, block after block. Raises RecordError."""
        for data in self._blocks(insertion_id, READINGS):
            try:
                yield from blocks.unpack_readings(data)
            except blocks.BlockError as error:
                raise RecordError(str(error)) from None

    def wire(self, insertion_id: str) -> Iterator[blocks.WireChunk]:
        """Return what went over the wire, both ways, as it came. Raises RecordError."""
        for data in self._blocks(insertion_id, RAW):
            try:
                yield from blocks.unpack_wire(data)
            except blocks.BlockError as error:
                raise RecordError(str(error)) from None

    def _blocks(self, insertion_id: str, kind: str) -> Iterator[bytes]:
        where = (Block.insertion_id == insertion_id, Block.kind == kind)
        order = (Block.chair_id, Block.entry_number, Block.part)
        with self.read() as session:
            keys = session.execute(select(*order).where(*where).order_by(*order)).all()
        for key in keys:
            with self.read() as session:
                data = session.scalar(select(Block.data).where(tuple_(*order) == tuple(key)))
            if data is not None:
                yield data

    # --- where entries are carried to -------------------------------------------------------------

    def add_destination(self, name: str, kind: str) -> int:
        """Carry every entry, old and new, to this place; return how many wait. Idempotent."""
        label = clean(name, 60)
        with self.write() as session:
            if session.get(Destination, label) is None:
                session.add(
                    Destination(name=label, kind=clean(kind, 20), added_utc=self.clock.utc_now())
                )
                session.flush()
                self.queue_missing(session, label)
            return session.scalar(_waiting(label)) or 0

    @staticmethod
    def destinations(session: Session) -> list[str]:
        """Return the names of the places that entries are carried to."""
        return list(session.scalars(select(Destination.name).order_by(Destination.name)))

    def queue_missing(self, session: Session, destination: str) -> None:
        """Queue every entry that a destination was never told of."""
        queued = select(Outbox.entry_number).where(
            Outbox.destination == destination,
            Outbox.chair_id == Entry.chair_id,
            Outbox.entry_number == Entry.number,
        )
        missing = select(Entry).where(~queued.exists())
        for entry in session.scalars(missing.order_by(Entry.chair_id, Entry.number)):
            session.add(self._queued(destination, entry))
        session.flush()

    def due(self, destination: str, limit: int = 100) -> list[tuple[str, int]]:
        """Return the oldest entries that a destination was not told of: (chair, number)."""
        with self.read() as session:
            found = session.execute(
                select(Outbox.chair_id, Outbox.entry_number)
                .where(Outbox.destination == destination, Outbox.delivered_utc.is_(None))
                .order_by(Outbox.chair_id, Outbox.entry_number)
                .limit(limit)
            ).all()
        return [(chair, number) for chair, number in found]

    def note_delivery(
        self, destination: str, entries: Sequence[tuple[str, int]], problem: str = ""
    ) -> None:
        """Write down that a destination has said yes to these entries, or what is in the way."""
        now = self.clock.utc_now()
        with self.write() as session:
            for chair, number in entries:
                row = session.get(Outbox, (destination, chair, number))
                if row is not None:
                    row.tries += 1
                    row.last_try_utc = now
                    row.problem = clean(problem, 200) or None
                    row.delivered_utc = row.delivered_utc or (None if problem else now)

    def content(self, session: Session, table: type[_Row], chair: str, number: int) -> list[_Row]:
        """Return an entry's rows of one table, for a destination."""
        return list(
            session.scalars(
                select(table)
                .where(table.chair_id == chair, table.entry_number == number)
                .order_by(table.part)
            )
        )

    def now(self) -> tuple[datetime, int]:
        """Return the present moment: UTC, and monotonic nanoseconds."""
        return self.clock.utc_now(), self.clock.monotonic_ns()

    def settle(self) -> None:
        """Move the write-ahead log into the file, so that nothing erased is left in it."""
        self.database.settle()

    def close(self) -> None:
        """Close the file."""
        self.database.close()


def _waiting(destination: str) -> Select[int]:
    return (
        select(func.count())
        .select_from(Outbox)
        .where(Outbox.destination == destination, Outbox.delivered_utc.is_(None))
    )


def _own_chair(session: Session) -> tuple[str | None, str | None]:
    """Return the chair that writes here, and its newest public key.

    Chains of other chairs may stand beside it after an import; the own one was made first.
    """
    chair = session.scalar(select(Chair.chair_id).order_by(text("rowid")).limit(1))
    if chair is None:
        return None, None
    key = session.scalar(
        select(SigningKey.public_key)
        .where(SigningKey.chair_id == chair)
        .order_by(SigningKey.entry_number.desc())
        .limit(1)
    )
    return chair, key
