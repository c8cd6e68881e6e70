"""How the destinations stand, for the dashboard and `torquemon outbox`. Reads, sends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from torquemon.record.delivery.config import Destination
from torquemon.record.delivery.config import load as load_config
from torquemon.record.models import Attempt, Delivery, Entry, Outbox, Signature
from torquemon.record.models import Destination as Known
from torquemon.record.store import Store
from torquemon.text import clean

PRACTICE: Final = "postgresql"
_GONE: Final = "it is no longer set up in destinations.toml: `torquemon outbox forget {name}`"


@dataclass(frozen=True, slots=True)
class Line:
    """One destination. `waiting` counts insertions, for the practice's server entries."""

    name: str
    kind: str
    waiting: int
    unsigned: int
    """Insertions that go nowhere before somebody signs them."""
    set_aside: int
    sent: int
    problem: str
    next_try_utc: datetime | None


def lines(store: Store) -> list[Line]:
    """Return all destinations that are known or set up. Raises RecordError."""
    loaded = load_config()
    set_up = {each.name: each for each in loaded.destinations}
    with store.read() as session:
        known = list(session.scalars(select(Known).order_by(Known.name)))
        found = [_line(session, each, set_up.get(each.name)) for each in known]
    names = {each.name for each in known}
    new = [
        Line(each.name, each.kind, 0, 0, 0, 0, "", None)
        for each in loaded.destinations
        if each.name not in names
    ]
    bad = [Line("destinations.toml", "", 0, 0, 1, 0, said, None) for said in loaded.problems]
    return [*found, *new, *bad]


def _line(session: Session, known: Known, set_up: Destination | None) -> Line:
    if known.kind == PRACTICE:
        return _practice(session, known)
    waiting = _insertions(session, known.name)
    signed = [i for i in waiting if i in _signed(session, waiting)]
    now_due = waiting if set_up is not None and set_up.when == "closed" else signed
    states = list(session.scalars(select(Delivery).where(Delivery.destination == known.name)))
    aside = [s for s in states if s.parked_utc is not None]
    attempt = session.get(Attempt, known.name)
    problem = (attempt.problem or "") if attempt is not None else ""
    if not problem:
        problem = next((s.problem for s in states if s.problem), None) or ""
    if set_up is None:
        problem = _GONE.format(name=known.name)
    return Line(
        name=clean(known.name, 60),
        kind=clean(known.kind, 20),
        waiting=max(0, len(now_due) - len(aside)),
        unsigned=len(waiting) - len(now_due),
        set_aside=len(aside),
        sent=sum(s.delivered_utc is not None for s in states),
        problem=clean(problem, 200),
        next_try_utc=attempt.next_try_utc if attempt is not None else None,
    )


def _insertions(session: Session, destination: str) -> list[str]:
    return list(
        session.scalars(
            select(Entry.insertion_id)
            .distinct()
            .join(
                Outbox, (Outbox.chair_id == Entry.chair_id) & (Outbox.entry_number == Entry.number)
            )
            .where(
                Outbox.destination == destination,
                Outbox.delivered_utc.is_(None),
                Entry.insertion_id.is_not(None),
            )
        )
    )


def _signed(session: Session, ids: Sequence[str]) -> set[str]:
    return set(
        session.scalars(
            select(Signature.insertion_id).distinct().where(Signature.insertion_id.in_(ids))
        )
    )


def _practice(session: Session, known: Known) -> Line:
    counts = session.execute(
        select(func.count(), func.count(Outbox.problem), func.max(Outbox.problem)).where(
            Outbox.destination == known.name, Outbox.delivered_utc.is_(None)
        )
    ).one()
    sent = session.scalar(
        select(func.count())
        .select_from(Outbox)
        .where(Outbox.destination == known.name, Outbox.delivered_utc.is_not(None))
    )
    return Line(
        name=clean(known.name, 60),
        kind=clean(known.kind, 20),
        waiting=counts[0],
        unsigned=0,
        set_aside=0,
        sent=sent or 0,
        problem=clean(counts[2] or "", 200),
        next_try_utc=None,
    )
