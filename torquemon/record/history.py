"""What is in the record, for people: a list that can be searched, and one insertion whole.

Amendments are put over what was recorded; the old value stays in the amendment. Rows come detached:
they can be read after the session is closed, and changing them changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import ColumnElement, distinct, func, or_, select
from sqlalchemy.orm import Session

from torquemon.model import Origin
from torquemon.record.chain import Head
from torquemon.record.delivery.case import WITHDRAWN_FIELD
from torquemon.record.errors import NoSuchInsertionError
from torquemon.record.models import (
    Alert,
    Amendment,
    Content,
    DeviceCommand,
    Entry,
    Event,
    Finding,
    Insertion,
    Link,
    Note,
    Outcome,
    Person,
    Signature,
    Verdict,
)
from torquemon.record.remarks import current_values
from torquemon.record.site_words import names_of, sites_called, words_of
from torquemon.text import clean

MAX_LISTED: Final = 500
_MAX_WORDS: Final = 8
RECORDER: Final = "recorder"
_Row = TypeVar("_Row", bound=Content)


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the list. Fields that can be amended are as they are known today."""

    id: str
    chair_id: str
    opened_utc: datetime
    purpose: str
    patient_ref: str
    operator: str
    site: str | None
    fdi: str | None
    screw: str | None
    serial: str | None
    origin: Origin
    complete: bool
    amended: bool
    verdict: str | None
    max_insertion_torque_ncm: float | None
    withdrawn: bool = False

    @property
    def mark(self) -> str:
        """What must stand beside everything that is shown of it: not real, or withdrawn."""
        not_real = "" if self.origin is Origin.REAL else self.origin.value.upper()
        return " ".join(part for part in (not_real, "WITHDRAWN" * self.withdrawn) if part)


@dataclass(frozen=True, slots=True)
class Whole:
    """One insertion with all that belongs to it, in the order in which it came."""

    summary: Summary
    insertion: Insertion
    entry: Entry
    """The link of the chain that holds it."""
    verdicts: Sequence[Verdict]
    alerts: Sequence[Alert]
    commands: Sequence[DeviceCommand]
    events: Sequence[Event]
    findings: Sequence[Finding]
    notes: Sequence[Note]
    outcomes: Sequence[Outcome]
    links: Sequence[Link]
    linked_from: Sequence[Link]
    signatures: Sequence[Signature]
    amendments: Sequence[Amendment]
    head: Head
    person: Person | None = field(default=None, repr=False)
    """Who the patient is; only where it was asked for."""

    @property
    def verdict(self) -> Verdict | None:
        """The recorder's own verdict; None where the insertion cannot be judged."""
        return next((v for v in self.verdicts if v.judge == RECORDER), None)

    def standing(self, rows: Sequence[Any]) -> list[Any]:
        """Return the rows that no later one replaces."""
        replaced = {row.replaces for row in rows}
        return [row for row in rows if row.id not in replaced]


class Readable(Protocol):
    """A record that can be asked: a chair's store, or a practice's server."""

    def read(self) -> AbstractContextManager[Session]:
        """Give a session on one consistent state."""
        ...


def search(
    store: Readable,
    text: str = "",
    *,
    limit: int = 50,
    before: tuple[datetime, str] | None = None,
) -> list[Summary]:
    """Return insertions, newest first; `before` is (opened_utc, id) of the last one seen.

    Each word of `text` must be found in patient reference, site (id or name), teeth, screw, serial
    number or id; in the teeth only where it has no letters.
    """
    limit = max(1, min(limit, MAX_LISTED))
    words = [clean(word, 60) for word in words_of(text)[:_MAX_WORDS]]
    with store.read() as session:
        amended = _amended_to(session, words)
        query = select(Insertion.id)
        if before is not None:
            query = query.where(
                or_(
                    Insertion.opened_utc < before[0],
                    (Insertion.opened_utc == before[0]) & (Insertion.id < before[1]),
                )
            )
        for word in words:
            found = _contains(session, word)
            query = query.where(or_(found, Insertion.id.in_(amended)) if amended else found)
        query = query.order_by(Insertion.opened_utc.desc(), Insertion.id.desc())
        extra = session.scalar(select(func.count(distinct(Amendment.insertion_id)))) or 0
        ids = list(session.scalars(query.limit(limit + (extra if words else 0))))
        summaries = _summaries(session, ids)
    return [s for s in summaries if all(word.casefold() in _said(s) for word in words)][:limit]


def _contains(session: Session, word: str) -> ColumnElement[bool]:
    """Return the condition that one of the searched columns holds a word, in either case.

    SQLite's LIKE takes upper and lower case of ASCII for the same by itself, and asking five
    columns is three times as fast there as asking one text made of them.
    """
    row = Insertion
    columns = [row.patient_ref, row.site, row.screw, row.serial, row.id]
    columns += [row.fdi] if word.replace("-", "").isdigit() else []
    says = "contains" if session.get_bind().dialect.name == "sqlite" else "icontains"
    found = [getattr(column, says)(word, autoescape=True) for column in columns]
    return or_(*found, *(row.site.in_(called) for called in [sites_called(word)] if called))


def _said(found: Summary) -> str:
    said = (found.patient_ref, found.site, found.fdi, found.screw, found.serial, found.id)
    return " ".join(value or "" for value in (*said, names_of(found.site))).casefold()


def _amended_to(session: Session, words: Sequence[str]) -> list[str]:
    """Return insertions with an amendment that says one of the words."""
    if not words:
        return []
    new = Amendment.new
    says = [new.icontains(word, autoescape=True) | new.in_(sites_called(word)) for word in words]
    return list(session.scalars(select(Amendment.insertion_id).where(or_(*says)).distinct()))


def _summaries(session: Session, ids: list[str]) -> list[Summary]:
    rows = {r.id: r for r in session.scalars(select(Insertion).where(Insertion.id.in_(ids)))}
    judged = {
        v.insertion_id: v
        for v in session.scalars(
            select(Verdict).where(Verdict.insertion_id.in_(ids), Verdict.judge == RECORDER)
        )
    }
    values = current_values(session, list(rows.values()))
    taken_back = select(Amendment.insertion_id).where(
        Amendment.insertion_id.in_(ids), Amendment.field == WITHDRAWN_FIELD
    )
    withdrawn = set(session.scalars(taken_back))
    return [
        _summary(rows[i], judged.get(i), values[i], withdrawn=i in withdrawn)
        for i in ids
        if i in rows
    ]


def _summary(
    row: Insertion, verdict: Verdict | None, now: dict[str, str | None], *, withdrawn: bool
) -> Summary:
    amended = any(now[name] != getattr(row, name) for name in now)
    return Summary(
        id=row.id,
        chair_id=row.chair_id,
        opened_utc=row.opened_utc,
        purpose=row.purpose,
        patient_ref=now["patient_ref"] or "",
        operator=now["operator"] or "",
        site=now["site"],
        fdi=now["fdi"],
        screw=now["screw"],
        serial=row.serial,
        origin=Origin(row.origin),
        complete=row.complete,
        amended=amended,
        verdict=verdict.kind if verdict else None,
        max_insertion_torque_ncm=verdict.max_insertion_torque_ncm if verdict else None,
        withdrawn=withdrawn,
    )


def whole(store: Readable, insertion_id: str, *, with_person: bool = False) -> Whole:
    """Return one insertion. Raises NoSuchInsertionError, RecordError."""
    with store.read() as session:
        row = session.scalar(select(Insertion).where(Insertion.id == insertion_id))
        if row is None:
            raise NoSuchInsertionError(
                f"no insertion {clean(insertion_id, 40)} is in the record: `torquemon list`"
            )
        entry = session.get_one(Entry, (row.chair_id, row.entry_number))
        (summary,) = _summaries(session, [insertion_id])
        head = session.execute(
            select(Entry.number, Entry.hash)
            .where(Entry.chair_id == row.chair_id)
            .order_by(Entry.number.desc())
            .limit(1)
        ).one()

        def of(table: type[_Row]) -> list[_Row]:
            same = table.__table__.c.insertion_id == insertion_id
            return _in_order(session, table, same)

        return Whole(
            summary=summary,
            insertion=row,
            entry=entry,
            verdicts=of(Verdict),
            alerts=of(Alert),
            commands=of(DeviceCommand),
            events=of(Event),
            findings=of(Finding),
            notes=of(Note),
            outcomes=of(Outcome),
            links=of(Link),
            linked_from=_in_order(session, Link, Link.other_id == insertion_id),
            signatures=of(Signature),
            amendments=of(Amendment),
            head=Head(row.chair_id, head[0], head[1]),
            person=person_of(session, summary.patient_ref) if with_person else None,
        )


def head_of(store: Readable, insertion_id: str) -> Head:
    """Return the newest entry that concerns one insertion: what its report prints.

    It changes only when something is added to this insertion, so a report stays the same otherwise.
    """
    with store.read() as session:
        found = session.scalars(
            select(Entry)
            .where(Entry.insertion_id == insertion_id)
            .order_by(Entry.number.desc())
            .limit(1)
        ).first()
    if found is None:
        raise NoSuchInsertionError(f"no insertion {clean(insertion_id, 40)} is in the record")
    return Head(found.chair_id, found.number, found.hash)


def _in_order(session: Session, table: type[_Row], where: Any) -> list[_Row]:  # noqa: ANN401
    order = (table.chair_id, table.entry_number, table.part)
    return list(session.scalars(select(table).where(where).order_by(*order)))


def person_of(session: Session, patient_ref: str) -> Person | None:
    """Return who a patient reference is, as it was said last; None where nobody has said."""
    return session.scalar(
        select(Person)
        .where(Person.patient_ref == patient_ref)
        .order_by(Person.entry_number.desc())
        .limit(1)
    )


def withdrawn_why(found: Whole) -> str:
    """Return why an insertion was withdrawn; empty where it was not."""
    said = [row for row in found.amendments if row.field == WITHDRAWN_FIELD]
    return clean(said[-1].why, 200) if said else ""
