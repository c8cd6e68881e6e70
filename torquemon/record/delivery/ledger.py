"""What became of each delivery, written down at once: who asks later finds it here.

One class, one destination. Nothing here is evidence; it may be edited, and it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from torquemon.record.delivery.queue import NAMED, PENDING, Waiting
from torquemon.record.models import Attempt, Delivery, Destination, Entry, Outbox
from torquemon.record.store import Store
from torquemon.text import clean

MAX_PROBLEM_CHARS: Final = 300
PRACTICE: Final = "practice"
"""The destination of `torquemon sync`, which keeps its own books."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a destination as a whole stands."""

    tries: int = 0
    next_try_utc: datetime | None = None
    problem: str = ""


class Ledger:
    """How things stand at one destination."""

    def __init__(self, store: Store, destination: str) -> None:
        self._store = store
        self.destination = destination

    def standing(self) -> Standing:
        """Return how the destination stands."""
        with self._store.read() as session:
            row = session.get(Attempt, self.destination)
            if row is None:
                return Standing()
            return Standing(row.tries, row.next_try_utc, row.problem or "")

    # --- what became of it -----------------------------------------------------------------------

    def begin(self, waiting: Waiting) -> None:
        """Count a try before it is made, so that one that kills the process counts."""
        with self._store.write() as session:
            self._row(session, waiting).tries += 1

    def foresee(self, waiting: Waiting, revision: int, references: Mapping[str, str]) -> None:
        """Keep what a destination is about to hold, in case its answer is lost."""
        pending = {"revision": revision, "references": dict(references)}
        with self._store.write() as session:
            row = self._row(session, waiting)
            row.refs = {**(row.refs or {}), PENDING: pending}

    def tries(self, waiting: Waiting) -> int:
        """Return how often an insertion was tried since it was last delivered."""
        with self._store.read() as session:
            row = session.get(Delivery, (self.destination, waiting.insertion_id))
            return row.tries if row is not None else 0

    def delivered(
        self, waiting: Waiting, revision: int, references: Mapping[str, str], *, named: bool
    ) -> None:
        """Write down that the destination has said yes."""
        kept = {str(clean(k, 60)): str(clean(v, 400)) for k, v in references.items()}
        now = self._store.clock.utc_now()
        with self._store.write() as session:
            row = self._row(session, waiting)
            row.revision, row.delivered_utc = revision, now
            row.refs = {**kept, **({NAMED: "yes"} if named else {})}
            row.tries, row.next_try_utc, row.problem, row.parked_utc = 0, None, None, None
            self._settle(session, waiting, now)

    def not_to_send(self, waiting: Waiting, why: str) -> None:
        """Settle what does not go to this destination, with the reason beside it."""
        now = self._store.clock.utc_now()
        with self._store.write() as session:
            self._settle(session, waiting, now, clean(why, MAX_PROBLEM_CHARS))

    def forgotten(self, waiting: Waiting) -> None:
        """Settle an erased insertion; what the destination called it is forgotten as well."""
        now = self._store.clock.utc_now()
        with self._store.write() as session:
            session.execute(
                delete(Delivery).where(
                    Delivery.destination == self.destination,
                    Delivery.insertion_id == waiting.insertion_id,
                )
            )
            self._settle(session, waiting, now)

    def refused(
        self, waiting: Waiting, problem: str, next_try_utc: datetime, *, park: bool
    ) -> None:
        """Write down why one insertion was refused, and when it is tried again."""
        with self._store.write() as session:
            row = self._row(session, waiting)
            row.problem = clean(problem, MAX_PROBLEM_CHARS)
            row.next_try_utc = next_try_utc
            row.parked_utc = self._store.clock.utc_now() if park else None

    def away(self, waiting: Waiting | None, problem: str, tries: int, until: datetime) -> None:
        """Write down that the whole destination waits; the insertion at hand is not to blame."""
        with self._store.write() as session:
            if waiting is not None:
                row = self._row(session, waiting)
                row.tries = max(0, row.tries - 1)
            attempt = self._attempt(session)
            attempt.tries, attempt.next_try_utc = tries, until
            attempt.problem = clean(problem, MAX_PROBLEM_CHARS)

    def answers(self) -> None:
        """Write down that the destination answers again."""
        with self._store.write() as session:
            attempt = self._attempt(session)
            attempt.tries, attempt.next_try_utc, attempt.problem = 0, None, None

    def retry(self, insertion_id: str | None = None) -> None:
        """Forget the waiting times: of all, or of one insertion."""
        which = [Delivery.destination == self.destination]
        if insertion_id is not None:
            which.append(Delivery.insertion_id == insertion_id)
        with self._store.write() as session:
            session.execute(
                update(Delivery).where(*which).values(tries=0, next_try_utc=None, parked_utc=None)
            )
            attempt = self._attempt(session)
            attempt.tries, attempt.next_try_utc = 0, None

    def _row(self, session: Session, waiting: Waiting) -> Delivery:
        key = (self.destination, waiting.insertion_id)
        row = session.get(Delivery, key)
        if row is None:
            row = Delivery(
                destination=key[0], insertion_id=key[1], chair_id=waiting.chair_id, tries=0
            )
            session.add(row)
        return row

    def _attempt(self, session: Session) -> Attempt:
        row = session.get(Attempt, self.destination)
        if row is None:
            row = Attempt(destination=self.destination, tries=0)
            session.add(row)
        return row

    def _settle(
        self, session: Session, waiting: Waiting, now: datetime, problem: str | None = None
    ) -> None:
        """Settle all entries of an insertion up to the newest that was looked at."""
        of_it = select(Entry.number).where(
            Entry.chair_id == waiting.chair_id, Entry.insertion_id == waiting.insertion_id
        )
        session.execute(
            update(Outbox)
            .where(
                Outbox.destination == self.destination,
                Outbox.chair_id == waiting.chair_id,
                Outbox.entry_number <= waiting.newest,
                Outbox.delivered_utc.is_(None),
                Outbox.entry_number.in_(of_it),
            )
            .values(delivered_utc=now, last_try_utc=now, tries=Outbox.tries + 1, problem=problem)
        )


def forget(store: Store, destination: str) -> bool:
    """Give up a destination with all that waits for it; False where none of this name is known."""
    with store.write() as session:
        if session.get(Destination, destination) is None or destination == PRACTICE:
            return False
        for table in (Outbox, Delivery, Attempt):
            session.execute(delete(table).where(table.destination == destination))
        session.execute(delete(Destination).where(Destination.name == destination))
    return True
