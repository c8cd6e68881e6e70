"""What people add to an insertion: notes, findings, outcome, links, signatures, corrections.

Each is a new entry with its operator; a correction names the row that it replaces, and every
destination hears of it like of any other entry. A name and a birth date stand in a table of their
own, apart from the curves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session
from ulid import ULID

from torquemon.record.errors import NoSuchInsertionError, RefusedError
from torquemon.record.models import (
    Amendment,
    Entry,
    Finding,
    Insertion,
    Link,
    Note,
    Outcome,
    Person,
    Said,
    Signature,
)
from torquemon.record.remark_text import line, lines_of_text
from torquemon.record.store import Store
from torquemon.text import clean

MAX_NOTE_CHARS: Final = 10_000
OUTCOMES: Final = ("stable", "mobile", "removed")
RELATIONS: Final = ("removal_of", "replacement_of", "tightening_of")
AMENDABLE: Final = ("patient_ref", "operator", "site", "fdi", "screw")
_OLDEST_BIRTH: Final = date(1900, 1, 1)


def _age(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 4 <= int(text) <= 120  # noqa: PLR2004 - years of a patient


def _lot(text: str) -> bool:
    return bool(text)


FINDINGS: Final[Mapping[str, tuple[str, ...] | Callable[[str], bool]]] = {
    "age_years": _age,
    "mandibular_plane": ("low", "normal", "high"),
    "bmi": ("low", "normal", "high"),
    "smoking": ("no", "yes"),
    "oral_hygiene": ("good", "fair", "poor"),
    "mucosa": ("attached", "loose"),
    "screw_use": ("first", "replacement"),
    "predrilling": ("none", "punch", "pilot"),
    "screw_lot": _lot,
    "failure": ("primary", "secondary"),
    "stop_outcome": ("continued", "redirected", "removed", "abandoned", "false_alarm"),
}
"""What clinical.md says moves torque or failure, with the values that are understood."""
TAKES: Final[Mapping[str, str]] = {
    "age_years": "whole years from 4 to 120",
    "screw_lot": "the text of the lot",
}
"""What a finding takes whose values are no list."""


class Remarks:
    """Adds to a store. All methods raise RefusedError, NoSuchInsertionError or RecordError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def store(self) -> Store:
        """The record that is added to."""
        return self._store

    def note(self, insertion_id: str, text: str, operator: str, replaces: str | None = None) -> str:
        """Add a note; return its id."""
        said = lines_of_text(text, "a note", MAX_NOTE_CHARS)
        return self._add(
            Note, "note", insertion_id, operator, replaces, text=said, insertion_id=insertion_id
        )

    def finding(
        self, insertion_id: str, name: str, value: str, operator: str, replaces: str | None = None
    ) -> str:
        """Add a circumstance, one of FINDINGS; return its id."""
        known = FINDINGS.get(name)
        said = line(value, "a finding")
        if known is None:
            raise RefusedError(
                f"there is no finding {clean(name, 40)!r}; known: {', '.join(FINDINGS)}"
            )
        if not (known(said) if callable(known) else said in known):
            allowed = TAKES[name] if callable(known) else ", ".join(known)
            raise RefusedError(f"{name} cannot be {said!r}: it takes {allowed}")
        return self._add(
            Finding,
            "finding",
            insertion_id,
            operator,
            replaces,
            insertion_id=insertion_id,
            name=name,
            value=said,
        )

    def outcome(
        self,
        insertion_id: str,
        state: str,
        on_date: date,
        operator: str,
        text: str = "",
        replaces: str | None = None,
    ) -> str:
        """Add how the screw was found, one of OUTCOMES, on which day; return its id."""
        if state not in OUTCOMES:
            raise RefusedError(
                f"there is no outcome {clean(state, 40)!r}; known: {', '.join(OUTCOMES)}"
            )
        # a day later is today somewhere on earth
        if on_date > self._store.clock.utc_now().date() + timedelta(days=1):
            raise RefusedError(f"an outcome cannot be found on {on_date}: that day is yet to come")
        self._check_after(insertion_id, on_date)
        said = lines_of_text(text, "an outcome's text", MAX_NOTE_CHARS) if text else ""
        return self._add(
            Outcome,
            "outcome",
            insertion_id,
            operator,
            replaces,
            insertion_id=insertion_id,
            state=state,
            on_date=on_date,
            text=said,
        )

    def _check_after(self, insertion_id: str, on_date: date) -> None:
        """Refuse the day of an outcome before the insertion's."""
        with self._store.read() as session:
            day = self._insertion(session, insertion_id).opened_utc.date()
        # a day earlier is the same day somewhere on earth
        if on_date < day - timedelta(days=1):
            raise RefusedError(
                f"an outcome cannot be found on {on_date}: this insertion was recorded on {day}"
            )

    def link(self, insertion_id: str, relation: str, other_id: str, operator: str) -> str:
        """Say that an insertion is the removal, replacement or tightening of an earlier one."""
        if relation not in RELATIONS:
            raise RefusedError(
                f"there is no relation {clean(relation, 40)!r}; known: {', '.join(RELATIONS)}"
            )
        if insertion_id == other_id:
            raise RefusedError("an insertion cannot be linked to itself")
        return self._add(
            Link,
            "link",
            insertion_id,
            operator,
            None,
            also=other_id,
            insertion_id=insertion_id,
            relation=relation,
            other_id=other_id,
        )

    def sign(self, insertion_id: str, operator: str, meaning: str = "reviewed") -> str:
        """Stand for what was recorded; the chain's head at this moment is written down with it."""
        said = line(meaning, "what a signature means", 40)
        head = self._store.head()
        return self._add(
            Signature,
            "signature",
            insertion_id,
            operator,
            None,
            insertion_id=insertion_id,
            meaning=said,
            signed_number=head.number,
            signed_hash=head.hash,
        )

    def amend(self, insertion_id: str, field: str, new: str, why: str, operator: str) -> str:
        """Correct a field, one of AMENDABLE. The old value stays, and every destination is told."""
        if field not in AMENDABLE:
            raise RefusedError(
                f"{clean(field, 40)!r} cannot be amended; these can: {', '.join(AMENDABLE)}"
            )
        value, reason = line(new, field), line(why, "the reason", 200)
        with self._store.write() as session:
            row = self._insertion(session, insertion_id)
            before = current_values(session, [row])[insertion_id]
            if before.get(field) == value:
                raise RefusedError(f"{field} says that already")
            amendment = Amendment(
                **self._by(operator, None),
                insertion_id=insertion_id,
                field=field,
                old=before.get(field),
                new=value,
                why=reason,
            )
            self._store.append(session, "amendment", [amendment], insertion_id)
            return amendment.id

    def person(
        self,
        patient_ref: str,
        name: str,
        birth_date: date | None,
        operator: str,
        replaces: str | None = None,
    ) -> str:
        """Say who a patient reference is; return the row's id."""
        today = self._store.clock.utc_now().date()
        if birth_date is not None and not _OLDEST_BIRTH <= birth_date <= today:
            raise RefusedError("this cannot be a birth date: give it as YYYY-MM-DD")
        person = Person(
            **self._by(operator, replaces),
            patient_ref=line(patient_ref, "a patient reference"),
            name=line(name, "a name", 120) if name else None,
            birth_date=birth_date,
        )
        with self._store.write() as session:
            self._check_replaced(session, Person, replaces, "")
            self._store.append(session, "person", [person])
        return person.id

    def _add(
        self,
        table: type[Said],
        kind: str,
        insertion: str,
        operator: str,
        replaces: str | None,
        also: str | None = None,
        **fields: Any,  # noqa: ANN401 - the columns of the table
    ) -> str:
        row = table(**self._by(operator, replaces), **fields)
        with self._store.write() as session:
            self._insertion(session, insertion)
            if also is not None:
                self._insertion(session, also)
            self._check_replaced(session, table, replaces, insertion)
            self._store.append(session, kind, [row], insertion)
        return row.id

    def _by(self, operator: str, replaces: str | None) -> dict[str, Any]:
        said_utc, said_ns = self._store.now()
        return {
            "id": str(ULID()),
            "operator": line(operator, "the operator's name"),
            "said_utc": said_utc,
            "said_ns": said_ns,
            "replaces": replaces,
        }

    @staticmethod
    def _insertion(session: Session, insertion_id: str) -> Insertion:
        row = session.scalar(select(Insertion).where(Insertion.id == insertion_id))
        if row is None:
            raise NoSuchInsertionError(
                f"no insertion {clean(insertion_id, 40)} is in the record: `torquemon list`"
            )
        return row

    @staticmethod
    def _check_replaced(
        session: Session, table: type[Said], replaces: str | None, insertion: str
    ) -> None:
        if replaces is None:
            return
        old = session.scalar(select(table).where(table.id == replaces))
        if old is None or getattr(old, "insertion_id", "") != insertion:
            raise RefusedError(f"there is nothing of this kind with id {clean(replaces, 40)} here")


def current_values(session: Session, rows: list[Insertion]) -> dict[str, dict[str, str | None]]:
    """Return the amendable fields of insertions as they are known today, by id."""
    values: dict[str, dict[str, str | None]] = {
        row.id: {field: getattr(row, field) for field in AMENDABLE} for row in rows
    }
    found = session.scalars(
        select(Amendment)
        .join(
            Entry,
            (Entry.chair_id == Amendment.chair_id) & (Entry.number == Amendment.entry_number),
        )
        .where(Amendment.insertion_id.in_(list(values)), Amendment.field.in_(AMENDABLE))
        .order_by(Amendment.chair_id, Amendment.entry_number)
    )
    for amendment in found:
        values[amendment.insertion_id][amendment.field] = amendment.new
    return values
