"""What waits for a destination, read from the outbox and written back to it. SQL lives here only.

The outbox holds entries; a destination takes insertions. So the entries of one insertion wait
together, in the place of the oldest, and are settled together once the newest was delivered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, func, select, union
from sqlalchemy.orm import Session, aliased

from torquemon.model import Origin
from torquemon.record import models
from torquemon.record.delivery.case import WITHDRAWN_FIELD, Receipt
from torquemon.record.erasing import insertions_of_patient
from torquemon.record.models import (
    Amendment,
    Delivery,
    Entry,
    Erasure,
    Insertion,
    Outbox,
    Person,
    Signature,
)
from torquemon.record.remarks import current_values
from torquemon.record.store import Store

NAMED: Final = "named"
"""Kept in a receipt where the destination was given the patient's name."""
PENDING: Final = "pending"
"""Kept before a first sending: what a destination foresees that it will answer."""
_FLOOR: Final = "floor"
"""Kept in a receipt: an entry about the person alone that the next delivery must be newer than."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One insertion that a destination must be told of."""

    insertion_id: str
    chair_id: str
    newest: int
    """The newest entry that waits."""
    patient: str
    """Today's patient reference; empty where it was erased."""
    here: bool
    """Whether its content is still in the record."""
    signed: bool
    withdrawn: bool
    real: bool
    state: Delivery | None

    @property
    def floor(self) -> int:
        """Return the least revision that the next delivery has."""
        said = (self.state.refs or {}).get(_FLOOR, "0") if self.state is not None else "0"
        return int(said) if str(said).isdecimal() else 0

    @property
    def receipt(self) -> Receipt | None:
        """What the destination got last."""
        if self.state is None or self.state.revision is None:
            return None
        return Receipt(self.state.revision, _texts(self.state.refs))

    @property
    def presumed(self) -> Receipt | None:
        """What the destination got last, or may have got: its answer was lost."""
        pending = (self.state.refs or {}).get(PENDING) if self.state is not None else None
        if self.receipt is not None or not isinstance(pending, dict):
            return self.receipt
        return Receipt(int(pending["revision"]), _texts(pending["references"]))


def _texts(refs: Mapping[str, Any] | None) -> dict[str, str]:
    return {key: value for key, value in (refs or {}).items() if isinstance(value, str)}


def make_known(store: Store, destination: str, kind: str) -> bool:
    """Queue from now on what is recorded; False where that was so already."""
    with store.read() as session:
        if session.get(models.Destination, destination) is not None:
            return False
    with store.write() as session:
        if session.get(models.Destination, destination) is not None:
            return False
        now = store.clock.utc_now()
        session.add(models.Destination(name=destination, kind=kind, added_utc=now))
    return True


class Queue:
    """The outbox of one destination."""

    def __init__(self, store: Store, destination: str, kind: str, *, names: bool = False) -> None:
        """Make the destination known; what was recorded before it was set up is not sent."""
        self._store = store
        self._names = names
        self.destination = destination
        self.new = make_known(store, destination, kind)
        """Whether nothing was ever queued for it before."""

    # --- what waits ------------------------------------------------------------------------------

    def waiting(self, *, signed_only: bool = False, not_real: bool = False) -> Iterator[Waiting]:
        """Give the insertions that wait, oldest first; entries of nobody's are settled before.

        `signed_only` leaves out, in one question, those that nobody signed and of which nothing
        else is to be done or told: of those a chair may have a hundred thousand. `not_real` says
        that insertions that are not real are sent as well, so that they wait like the others.
        """
        with self._store.write() as session:
            for entry in session.scalars(self._due().where(Entry.insertion_id.is_(None))).all():
                self._spread(session, entry)
        query = (
            _of_outbox(self.destination, Entry.insertion_id, Entry.chair_id, func.max(Entry.number))
            .where(Entry.insertion_id.is_not(None))
            .group_by(Entry.insertion_id, Entry.chair_id)
            .order_by(Entry.chair_id, func.min(Entry.number))
        )
        if signed_only:
            query = query.where(Entry.insertion_id.not_in(self._resting(not_real=not_real)))
        with self._store.read() as session:
            newest = [tuple(row) for row in session.execute(query)]
        for insertion_id, chair_id, number in newest:
            # looked at when its turn comes: of a thousand that wait, one may be all that is tried
            with self._store.read() as session:
                found = _waiting(session, self.destination, insertion_id, chair_id, number)
            yield found

    def count(self, *, signed_only: bool) -> int:
        """Return about how many insertions wait, in one question however many they are."""
        with self._store.read() as session:
            return count_waiting(session, self.destination, signed_only=signed_only)

    def _resting(self, *, not_real: bool) -> Select[Any]:
        """Select the insertions that stay here until somebody signs them."""
        tried = select(Delivery.insertion_id).where(Delivery.destination == self.destination)
        withdrawn = select(Amendment.insertion_id).where(Amendment.field == WITHDRAWN_FIELD)
        query = select(Insertion.id).where(
            Insertion.id.not_in(select(Signature.insertion_id)),
            Insertion.id.not_in(tried),
            Insertion.id.not_in(withdrawn),
        )
        return query if not_real else query.where(Insertion.origin == Origin.REAL.value)

    def _due(self) -> Select[Any]:
        return _of_outbox(self.destination, Entry).order_by(Entry.chair_id, Entry.number)

    def _spread(self, session: Session, entry: Entry) -> None:
        """Settle an entry that names no insertion; what was sent and it changes goes again."""
        row = session.get(Outbox, (self.destination, entry.chair_id, entry.number))
        if row is not None:
            row.delivered_utc = self._store.clock.utc_now()
        for state in self._told_of(session, entry):
            state.parked_utc = state.next_try_utc = None  # what it was refused with is no more
            state.tries = 0
            state.refs = {**(state.refs or {}), _FLOOR: str(entry.number)}
            self._queue_again(session, state.chair_id, state.insertion_id)

    def _told_of(self, session: Session, entry: Entry) -> list[Delivery]:
        """Return what was tried here and is changed by an entry on a person or an erasure."""
        tried = list(
            session.scalars(
                select(Delivery).where(
                    Delivery.destination == self.destination, Delivery.chair_id == entry.chair_id
                )
            )
        )
        delivered = [state for state in tried if state.revision is not None]
        if entry.kind == "erasure":
            erased = _erased_by(session, entry)
            gone = {each.insertion_id for each in erased}
            person_too = any(each.kind == "person" for each in erased)
            return [
                state
                for state in tried
                if state.insertion_id in gone or (person_too and (state.refs or {}).get(NAMED))
            ]
        patient = session.scalar(
            select(Person.patient_ref).where(
                Person.chair_id == entry.chair_id, Person.entry_number == entry.number
            )
        )
        if patient is None or not self._names:
            return []
        theirs = set(insertions_of_patient(session, patient))
        return [state for state in delivered if state.insertion_id in theirs]

    # --- what people ask for ---------------------------------------------------------------------

    def resend(self, chair_id: str, insertion_id: str) -> bool:
        """Queue an insertion again, whether it was delivered or not; False where it has none."""
        with self._store.write() as session:
            return self._queue_again(session, chair_id, insertion_id)

    def _queue_again(self, session: Session, chair_id: str, insertion_id: str) -> bool:
        last = session.scalar(
            select(func.max(Entry.number)).where(
                Entry.chair_id == chair_id, Entry.insertion_id == insertion_id
            )
        )
        if last is None:
            return False
        row = session.get(Outbox, (self.destination, chair_id, last))
        if row is None:
            row = Outbox(
                destination=self.destination,
                chair_id=chair_id,
                entry_number=last,
                queued_utc=self._store.clock.utc_now(),
                tries=0,
            )
            session.add(row)
        row.delivered_utc, row.problem = None, None
        return True


def count_waiting(session: Session, destination: str, *, signed_only: bool) -> int:
    """Return about how many insertions wait for a destination, in one question.

    What was erased here waits as well until the destination was told, though nothing of it, its
    signature neither, is left in the record.
    """
    query = _of_outbox(destination, Entry.insertion_id).where(Entry.insertion_id.is_not(None))
    if signed_only:
        signed = select(Signature.insertion_id)
        unsigned = select(Insertion.id).where(Insertion.id.not_in(signed))
        query = query.where(Entry.insertion_id.not_in(unsigned))
    ids = union(query, _erased_elsewhere(destination)).subquery()
    return session.scalar(select(func.count()).select_from(ids)) or 0


def _erased_elsewhere(destination: str) -> Select[Any]:
    """Select what a destination was sent and an erasure took that it was not told of yet."""
    gone = aliased(Entry)
    return (
        _of_outbox(destination, gone.insertion_id)
        .join(
            Erasure,
            (Erasure.chair_id == Entry.chair_id) & (Erasure.entry_number == Entry.number),
        )
        .join(gone, (gone.chair_id == Erasure.chair_id) & (gone.number == Erasure.erased_number))
        .join(Delivery, Delivery.insertion_id == gone.insertion_id)
        .where(Delivery.destination == destination)
    )


def _of_outbox(destination: str, *what: Any) -> Select[Any]:  # noqa: ANN401 - columns
    """Select of the entries that wait for a destination."""
    return (
        select(*what)
        .select_from(Entry)
        .join(Outbox, (Outbox.chair_id == Entry.chair_id) & (Outbox.entry_number == Entry.number))
        .where(Outbox.destination == destination, Outbox.delivered_utc.is_(None))
    )


def _erased_by(session: Session, entry: Entry) -> list[Entry]:
    """Return the entries whose content an erasure took."""
    numbers = select(Erasure.erased_number).where(
        Erasure.chair_id == entry.chair_id, Erasure.entry_number == entry.number
    )
    return list(
        session.scalars(
            select(Entry).where(Entry.chair_id == entry.chair_id, Entry.number.in_(numbers))
        )
    )


def _waiting(
    session: Session, destination: str, insertion_id: str, chair_id: str, newest: int
) -> Waiting:
    row = session.scalar(select(Insertion).where(Insertion.id == insertion_id))
    patient = current_values(session, [row])[insertion_id]["patient_ref"] if row else None
    signed = select(Signature.id).where(Signature.insertion_id == insertion_id).limit(1)
    withdrawn = select(Amendment.id).where(
        Amendment.insertion_id == insertion_id, Amendment.field == WITHDRAWN_FIELD
    )
    return Waiting(
        insertion_id=insertion_id,
        chair_id=chair_id,
        newest=newest,
        patient=patient or "",
        here=row is not None,
        signed=session.scalar(signed) is not None,
        withdrawn=session.scalar(withdrawn.limit(1)) is not None,
        real=row is not None and row.origin == Origin.REAL.value,
        state=session.get(Delivery, (destination, insertion_id)),
    )
