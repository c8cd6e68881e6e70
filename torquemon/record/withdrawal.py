"""Withdraws an insertion: it stays in the record, and every destination is told it was an error.

For what should never have stood in a patient's documents at all: a trial of the handpiece, an
insertion under a patient who was not there. A wrong field is corrected instead (`remarks.amend`).
"""

from __future__ import annotations

from sqlalchemy import select
from ulid import ULID

from torquemon.record.delivery.case import ENTERED_IN_ERROR, WITHDRAWN_FIELD
from torquemon.record.errors import NoSuchInsertionError, RefusedError
from torquemon.record.models import Amendment, Insertion
from torquemon.record.remark_text import line
from torquemon.record.store import Store
from torquemon.text import clean


def withdraw(store: Store, insertion_id: str, why: str, operator: str) -> str:
    """Withdraw an insertion for ever; return the id of the amendment that says so.

    Raises RefusedError where that was done already, NoSuchInsertionError, RecordError.
    """
    reason, who = line(why, "the reason", 200), line(operator, "the operator's name")
    said_utc, said_ns = store.now()
    with store.write() as session:
        if session.scalar(select(Insertion.id).where(Insertion.id == insertion_id)) is None:
            raise NoSuchInsertionError(
                f"no insertion {clean(insertion_id, 40)} is in the record: `torquemon list`"
            )
        before = session.scalar(
            select(Amendment.id).where(
                Amendment.insertion_id == insertion_id, Amendment.field == WITHDRAWN_FIELD
            )
        )
        if before is not None:
            raise RefusedError("this insertion is withdrawn already")
        amendment = Amendment(
            id=str(ULID()),
            operator=who,
            said_utc=said_utc,
            said_ns=said_ns,
            replaces=None,
            insertion_id=insertion_id,
            field=WITHDRAWN_FIELD,
            old="recorded",
            new=ENTERED_IN_ERROR,
            why=reason,
        )
        store.append(session, "amendment", [amendment], insertion_id)
    return amendment.id
