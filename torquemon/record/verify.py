"""Whether the record is what was written: every row, every link, every signature, and a witness.

Finds an entry that was edited, removed, put elsewhere or added. That the newest entries were cut
off shows only against a head that was kept elsewhere: in a printed report, at the practice's
server. What this proves and what it does not is in docs/record.md.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from torquemon.record.chain import (
    GENESIS,
    Head,
    content_digest,
    entry_hash,
    grouped,
    heads_in,
    is_signed,
)
from torquemon.record.errors import RecordError, as_record_errors
from torquemon.record.guarding import sqlite_problems
from torquemon.record.models import (
    CONTENT,
    Chair,
    Content,
    Entry,
    Erasure,
    OfEntry,
    Salt,
    SigningKey,
)
from torquemon.record.read_file import read_at_most
from torquemon.record.store import Store
from torquemon.text import clean

_STEP: Final = 200
MAX_PROBLEMS: Final = 100
"""More than this is one finding: the record is not what was written."""
MAX_REPORT_BYTES: Final = 64 * 1024 * 1024
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_UNREADABLE: Final = (
    SQLAlchemyError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    MemoryError,  # what SQLCipher says of a page that was changed
)


@dataclass(slots=True)
class Verified:
    """What was found in the chain of one chair. No problem means that all of it holds."""

    chair_id: str
    entries: int = 0
    erased: int = 0
    head: Head | None = None
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)

    def found(self, problem: str) -> None:
        """Keep a problem, unless there are too many to read."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)


def verify_store(store: Store, heads: Sequence[Head] = ()) -> list[Verified]:
    """Verify the file and every chain in it. Raises RecordError where it cannot be read at all."""
    problems = _file_problems(store)
    with store.read() as session:
        problems += sqlite_problems(session.connection())
        chairs = list(session.scalars(select(Entry.chair_id).distinct().order_by(Entry.chair_id)))
        found = [verify_chain(session, chair) for chair in chairs]
        stray = _stray_rows(session)
    own = next((v for v in found if v.chair_id == store.chair_id), None)
    if own is None:
        own = Verified(store.chair_id, problems=["the chain of this chair is gone"])
        found.append(own)
    for problem in (*problems, *stray):
        own.found(problem)
    _witness(found, heads)
    return found


def _file_problems(store: Store) -> list[str]:
    """Ask the database itself: pages, indexes, and the cipher's own check of each page."""
    with as_record_errors(store.path), store.read() as session:
        connection = session.connection()
        said = list(connection.exec_driver_sql("PRAGMA integrity_check(20)").scalars())
        if store.database.encrypted:
            said += connection.exec_driver_sql("PRAGMA cipher_integrity_check").scalars()
    return [f"the file is damaged: {clean(line, 200)}" for line in said if line != "ok"]


def verify_chain(session: Session, chair_id: str, withheld: Collection[str] = ()) -> Verified:
    """Verify one chain; works on any database that has the models.

    `withheld` are kinds of entries whose content a copy was never given (names, at a practice).
    """
    result = Verified(chair_id)
    erased = set(session.scalars(select(Erasure.erased_number).where(Erasure.chair_id == chair_id)))
    last = session.scalar(select(func.max(Entry.number)).where(Entry.chair_id == chair_id)) or 0
    state = _State(erased, withheld)
    number = 1
    while number <= last:
        for entry, salt, rows in _entries(session, result, number, min(last, number + _STEP - 1)):
            try:
                _check(result, state, entry, salt, rows)
            except _UNREADABLE:
                result.found(f"entry {entry.number} was edited: it says what no entry can say")
                state.number, state.expected = entry.number, entry.number + 1
        number += _STEP
    if state.expected <= last:
        result.found(f"entry {state.expected} and those after it cannot be read")
    result.head = Head(chair_id, state.number, state.hash) if state.number else None
    return result


@dataclass(slots=True)
class _State:
    erased: set[int]
    withheld: Collection[str]
    number: int = 0
    expected: int = 1
    hash: str = GENESIS
    key: str = ""


_Loaded = tuple[Entry, str | None, list[Content]]


def _entries(session: Session, result: Verified, first: int, last: int) -> Iterator[_Loaded]:
    """Load a stretch at once; where something in it cannot be read, one by one."""
    try:
        yield from _load(session, result.chair_id, first, last)
    except _UNREADABLE:
        session.expunge_all()
        for number in range(first, last + 1):
            try:
                yield from _load(session, result.chair_id, number, number)
            except _UNREADABLE:
                session.expunge_all()
                result.found(f"entry {number} was edited: it cannot be read any more")


def _load(session: Session, chair_id: str, first: int, last: int) -> list[_Loaded]:
    entries = session.scalars(
        select(Entry)
        .where(Entry.chair_id == chair_id, Entry.number.between(first, last))
        .order_by(Entry.number)
    ).all()
    salts = {
        salt.entry_number: salt.salt
        for salt in session.scalars(
            select(Salt).where(Salt.chair_id == chair_id, Salt.entry_number.between(first, last))
        )
    }
    rows = grouped(row for table in CONTENT for row in _rows(session, table, chair_id, first, last))
    found = [(entry, salts.get(entry.number), rows.get(entry.number, [])) for entry in entries]
    session.expunge_all()  # a record of years does not fit into memory
    return found


def _rows(
    session: Session, table: type[Content], chair_id: str, first: int, last: int
) -> Iterable[Content]:
    return session.scalars(
        select(table)
        .where(table.chair_id == chair_id, table.entry_number.between(first, last))
        .order_by(table.entry_number, table.part)
    ).all()


def _check(
    result: Verified, state: _State, entry: Entry, salt: str | None, rows: list[Content]
) -> None:
    number = entry.number
    if number != state.expected:
        missing = state.expected if number == state.expected + 1 else f"{state.expected} and others"
        result.found(f"entry {missing} before entry {number} was removed")
    if entry.previous != state.hash:
        result.found(f"entry {number} does not follow the one before it: removed or put elsewhere")
    if _hash(entry) != entry.hash:
        result.found(f"entry {number} was edited")
    for row in rows:
        if isinstance(row, SigningKey):
            if state.key:
                result.notes.append(f"from entry {number} on another key signs: {clean(row.why)}")
            state.key = row.public_key
    if not is_signed(state.key, entry.hash, entry.signature):
        result.found(f"entry {number} is not signed by the key of this chair")
    _check_content(result, state, entry, salt, rows)
    result.entries += 1
    result.hashes[number] = entry.hash
    state.number, state.expected, state.hash = number, number + 1, entry.hash


def _check_content(
    result: Verified, state: _State, entry: Entry, salt: str | None, rows: list[Content]
) -> None:
    number = entry.number
    if salt is None and not rows:
        if number in state.erased:
            result.erased += 1
        elif entry.kind not in state.withheld:
            result.found(f"the content of entry {number} was removed without an erasure")
        return
    if number in state.erased:
        result.found(f"the content of entry {number} is still there although it was erased")
    try:
        same = salt is not None and content_digest(salt, rows) == entry.digest
    except ValueError:
        same = False
    if not same:
        result.found(f"the content of entry {number} ({clean(entry.kind, 20)}) was edited")


def _hash(entry: Entry) -> str:
    try:
        return entry_hash(entry)
    except ValueError:
        return ""


def _stray_rows(session: Session) -> list[str]:
    """Rows that belong to no entry were not written by this program."""
    found: list[str] = []
    tables: tuple[type[OfEntry], ...] = (Salt, *CONTENT)
    for table in tables:
        count = session.scalar(
            select(func.count())
            .select_from(table)
            .where(
                ~select(Entry.number)
                .where(Entry.chair_id == table.chair_id, Entry.number == table.entry_number)
                .exists()
            )
        )
        if count:
            found.append(f"{count} rows of {table.__tablename__} belong to no entry: added or left")
    chairs = session.scalar(select(func.count()).select_from(Chair).where(Chair.part != 0))
    if chairs:
        found.append("a chain has more than one chair")
    return found


def _witness(found: Sequence[Verified], heads: Sequence[Head]) -> None:
    """Hold each head from outside against the chain it names."""
    for head in heads:
        chain = next((v for v in found if v.chair_id == head.chair_id), None)
        if chain is None:
            found[0].found(f"the report is of chair {head.chair_id}, which is not in this record")
            continue
        if head.number not in chain.hashes:
            chain.found(
                f"the record was cut: a report names entry {head.number}, the last one here is "
                f"{max(chain.hashes, default=0)}"
            )
        elif chain.hashes[head.number] != head.hash:
            chain.found(f"entry {head.number} is not the one that a report was printed from")


def heads_of_report(path: Path) -> list[Head]:
    """Return the heads that a report names: PDF, HTML, CSV or text. Raises RecordError."""
    try:
        data = read_at_most(path, MAX_REPORT_BYTES)
    except OSError as error:
        raise RecordError(f"{path} cannot be read ({error.strerror})") from None
    if len(data) > MAX_REPORT_BYTES:
        raise RecordError(f"{path} is larger than any report")
    parts = [data]
    if data.startswith(b"%PDF"):
        for stream in _STREAM.finditer(data):
            inflater = zlib.decompressobj()
            try:
                parts.append(inflater.decompress(stream.group(1), MAX_REPORT_BYTES))
            except zlib.error:
                continue
    found: dict[Head, None] = {}
    for part in parts:
        # PDF writes some strings with two bytes a character
        text = part.replace(b"\x00", b"").decode("latin-1")
        found.update(dict.fromkeys(heads_in(text)))
    if not found:
        raise RecordError(f"{path} names no chain head: it is no report of TorqueMon")
    return list(found)
