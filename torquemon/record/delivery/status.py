"""How the destinations stand, for the dashboard and `torquemon outbox`. Reads, sends nothing.

The recorder answers with this, beside the sound of an alarm: it only counts, a question each,
however long the outbox is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from torquemon.record.delivery.config import Destination
from torquemon.record.delivery.config import load as load_config
from torquemon.record.delivery.queue import count_waiting
from torquemon.record.models import Attempt, Delivery, Outbox
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
    since: datetime | None = None
    """What is signed from then on goes there; what was signed before only if asked for."""


def lines(store: Store) -> list[Line]:
    """Return all destinations that are known or set up. Raises RecordError."""
    loaded = load_config()
    set_up = {each.name: each for each in loaded.destinations}
    with store.read() as session:
        known = list(session.scalars(select(Known).order_by(Known.name)))
        found = [
            _line(session, each, set_up.get(each.name), gone=not loaded.may_set_up(each.name))
            for each in known
        ]
    names = {each.name for each in known}
    new = [
        Line(each.name, each.kind, 0, 0, 0, 0, "", None)
        for each in loaded.destinations
        if each.name not in names
    ]
    bad = [Line("destinations.toml", "", 0, 0, 1, 0, said, None) for said in loaded.problems]
    return [*found, *new, *bad]


def _line(session: Session, known: Known, set_up: Destination | None, *, gone: bool) -> Line:
    if known.kind == PRACTICE:
        return _practice(session, known)
    signed = count_waiting(session, known.name, signed_only=True)
    waiting = count_waiting(session, known.name, signed_only=False)
    now_due = waiting if set_up is not None and set_up.when == "closed" else signed
    aside, sent, problem_of_one = session.execute(
        select(
            func.count(Delivery.parked_utc),
            func.count(Delivery.delivered_utc),
            func.min(func.nullif(Delivery.problem, "")),
        ).where(Delivery.destination == known.name)
    ).one()
    attempt = session.get(Attempt, known.name)
    problem = (attempt.problem or "") if attempt is not None else ""
    problem = problem or problem_of_one or ""
    if gone:
        problem = _GONE.format(name=known.name)
    return Line(
        name=clean(known.name, 60),
        kind=clean(known.kind, 20),
        waiting=max(0, now_due - aside),
        unsigned=waiting - now_due,
        set_aside=aside,
        sent=sent,
        problem=clean(problem, 200),
        next_try_utc=attempt.next_try_utc if attempt is not None else None,
        since=known.added_utc,
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
