"""Deletion on request: content and salts go, the chain and the erasure stay.

What was carried elsewhere is told of it through the outbox; backups and copies outside are not
reached from here. Nothing is erased while a journal that holds the same insertion is in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session
from ulid import ULID

from torquemon.record.errors import NoSuchInsertionError, RefusedError
from torquemon.record.models import (
    ERASABLE,
    Amendment,
    Entry,
    Erasure,
    Insertion,
    Person,
    Salt,
)
from torquemon.record.remark_text import line
from torquemon.record.store import Store
from torquemon.text import clean

_NEVER: Final = ("chair", "key", "erasure")
_STEP: Final = 200


def entries_of_insertion(session: Session, chair_id: str, insertion_id: str) -> list[int]:
    """Return the entries that concern an insertion and still have content."""
    return list(
        session.scalars(
            select(Entry.number)
            .join(Salt, (Salt.chair_id == Entry.chair_id) & (Salt.entry_number == Entry.number))
            .where(Entry.chair_id == chair_id, Entry.insertion_id == insertion_id)
            .where(Entry.kind.not_in(_NEVER))
            .order_by(Entry.number)
        )
    )


def insertions_of_patient(session: Session, patient_ref: str) -> list[str]:
    """Return the insertions that name a patient reference, now or before an amendment."""
    named = select(Amendment.insertion_id).where(
        Amendment.field == "patient_ref",
        or_(Amendment.new == patient_ref, Amendment.old == patient_ref),
    )
    return list(
        session.scalars(
            select(Insertion.id)
            .where(or_(Insertion.patient_ref == patient_ref, Insertion.id.in_(named)))
            .order_by(Insertion.id)
        )
    )


def insertions_before(session: Session, chair_id: str, moment: datetime) -> list[str]:
    """Return this chair's insertions that were opened before a moment: for retention."""
    return list(
        session.scalars(
            select(Insertion.id)
            .where(Insertion.chair_id == chair_id, Insertion.opened_utc < moment)
            .order_by(Insertion.id)
        )
    )


def erase_insertions(store: Store, ids: Sequence[str], why: str, operator: str) -> int:
    """Erase insertions with all that was said of them; return how many entries lost content.

    Raises RefusedError, NoSuchInsertionError, RecordError.
    """
    with store.read() as session:
        numbers: list[int] = []
        for insertion_id in ids:
            found = entries_of_insertion(session, store.chair_id, insertion_id)
            if not found:
                raise NoSuchInsertionError(
                    f"nothing of {clean(insertion_id, 40)} is left in this chair's record to erase"
                )
            numbers += found
    return _erase(store, numbers, why, operator)


def erase_person(store: Store, patient_ref: str, why: str, operator: str) -> int:
    """Erase name and birth date of a patient reference; return how many entries lost content."""
    with store.read() as session:
        numbers = list(
            session.scalars(
                select(Person.entry_number)
                .where(Person.chair_id == store.chair_id, Person.patient_ref == patient_ref)
                .order_by(Person.entry_number)
            )
        )
    return _erase(store, numbers, why, operator) if numbers else 0


def _erase(store: Store, numbers: Sequence[int], why: str, operator: str) -> int:
    """Write the erasure down, then delete: the triggers refuse the other order."""
    reason, who = line(why, "the reason", 200), line(operator, "the operator's name")
    said_utc, said_ns = store.now()
    with store.write() as session:
        for start in range(0, len(numbers), _STEP):
            part = numbers[start : start + _STEP]
            rows = [
                Erasure(
                    id=str(ULID()),
                    operator=who,
                    said_utc=said_utc,
                    said_ns=said_ns,
                    erased_number=number,
                    why=reason,
                )
                for number in part
            ]
            store.append(session, "erasure", rows)
            for table in ERASABLE:
                session.execute(
                    delete(table).where(
                        table.chair_id == store.chair_id, table.entry_number.in_(part)
                    )
                )
    store.settle()
    return len(numbers)


def check_reason(why: str, operator: str) -> None:
    """Raise RefusedError where reason or operator is missing, before anything is looked up."""
    if not why.strip() or not operator.strip():
        raise RefusedError("an erasure needs a reason and an operator: --why and --operator")
