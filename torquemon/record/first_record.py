"""What the first version of the record held, carried into the chain.

It had one row an insertion with what was concluded; the curve stood in the journal only. What the
journal still holds is folded like any other insertion; of the rest the conclusion is carried over,
without a curve, and says so. The old rows stay where they are, untouched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from torquemon.journal import InsertionRow
from torquemon.record.closing_events import event_rows
from torquemon.record.closing_rows import recorded_insertion, stored_alert, stored_verdict
from torquemon.record.models import Content
from torquemon.record.store import Store

NO_CURVE: Final = "the curve was kept in a journal that is not here any more"


def carry_over(store: Store) -> list[str]:
    """Carry over what no journal holds any more; return the ids. Raises RecordError."""
    with store.read() as session:
        if not _has_first(session):
            return []
        waiting = _waiting(session, store.insertion_ids())
    for insertion_id, closed_utc, content in waiting:
        with store.write() as session:
            if insertion_id not in {row[0] for row in _waiting(session, set())}:
                continue
            rows = _rows(insertion_id, closed_utc, content, store)
            store.append(session, "insertion", rows, insertion_id)
    return [insertion_id for insertion_id, _, _ in waiting]


def _has_first(session: Session) -> bool:
    return inspect(session.connection()).has_table("record")


def _waiting(session: Session, known: set[str | None]) -> list[tuple[str, str, dict[str, Any]]]:
    found = session.execute(text("SELECT insertion_id, closed_utc, content FROM record")).all()
    rows: list[tuple[str, str, dict[str, Any]]] = []
    for insertion_id, closed_utc, content in found:
        if insertion_id not in known:
            try:
                fields = json.loads(content)
            except ValueError:
                fields = {}
            rows.append((insertion_id, closed_utc, fields if isinstance(fields, dict) else {}))
    return rows


def _rows(
    insertion_id: str, closed_utc: str, content: Mapping[str, Any], store: Store
) -> list[Content]:
    meta = content.get("meta")
    row = InsertionRow(
        insertion_id,
        str(content.get("opened_utc", closed_utc)),
        0,
        dict(meta) if isinstance(meta, dict) else {},
    )
    finish = None
    if content.get("interrupted") is False:
        finish = {"origin": content.get("origin"), "closed_utc": closed_utc}
    insertion = recorded_insertion(row, finish, store.clock, problem=NO_CURVE)
    for name in ("samples", "missing_samples", "duration_s"):
        value = content.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            setattr(insertion, name, value)
    found: list[Content] = [insertion]
    alerts = content.get("alerts")
    found += [
        stored_alert(insertion_id, "recorder", fields)
        for fields in (alerts if isinstance(alerts, list) else [])
        if isinstance(fields, dict)
    ]
    events = content.get("events")
    moments = [
        (fields["host_ns"], {key: value for key, value in fields.items() if key != "host_ns"})
        for fields in (events if isinstance(events, list) else [])
        if isinstance(fields, dict) and isinstance(fields.get("host_ns"), int)
    ]
    found += event_rows(insertion_id, moments, lambda _: insertion.opened_utc)
    verdict = content.get("verdict")
    if isinstance(verdict, dict):
        removal = content.get("removal_torque_ncm")
        number = float(removal) if isinstance(removal, int | float) else None
        found.append(stored_verdict(insertion_id, "recorder", verdict, number))
    return found
