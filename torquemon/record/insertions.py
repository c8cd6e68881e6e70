"""Reads one insertion for people: the record where it is closed, the journal where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from ulid import ULID

from torquemon import paths
from torquemon.clock import SystemClock
from torquemon.journal import InsertionRow, Journal
from torquemon.model import Reading
from torquemon.record.begun import refuse_gone
from torquemon.record.first_record import carry_over
from torquemon.record.folding import close_due
from torquemon.record.history import Summary, Whole, search, whole
from torquemon.record.models import Alert, Verdict
from torquemon.record.opening import open_store
from torquemon.record.process import monitor_runs
from torquemon.record.store import Store
from torquemon.text import clean

LAST: Final = "last"
"""Stands for the newest insertion."""
LISTED: Final = 100


class NoInsertionError(Exception):
    """There is no such insertion, and what there is."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """One insertion. `content` is the record's; None while it is not closed."""

    row: InsertionRow
    content: dict[str, Any] | None
    whole: Whole | None = None

    @property
    def origin(self) -> str:
        """Real, simulated or replayed."""
        source = self.content if self.content and "origin" in self.content else self.row.meta
        return str(source.get("origin", "real"))

    @property
    def mark(self) -> str:
        """What must stand beside everything that is shown of it: not real, or withdrawn."""
        if self.whole is not None:
            return self.whole.summary.mark
        said = self.content.get("mark") if self.content else None
        return str(said) if said else "" if self.origin == "real" else self.origin.upper()


class Archive:
    """The record of this chair, and the journal for what is still being recorded."""

    def __init__(self, journal: Journal | None, store: Store) -> None:
        self.store = store
        self._journal = journal

    def all(self, text: str = "", limit: int = LISTED) -> list[Insertion]:
        """Return insertions, newest first; `text` as in `history.search`."""
        found = [_listed(summary) for summary in search(self.store, text, limit=limit)]
        open_ones = [] if text else [Insertion(row, None) for row in self._open_rows()]
        return sorted([*open_ones, *found], key=lambda i: i.row.id, reverse=True)[:limit]

    def get(self, wanted: str) -> Insertion:
        """Return one insertion by its id, or the newest for `last`. Raises NoInsertionError."""
        if wanted == LAST:
            newest = self.all(limit=1)
            if not newest:
                raise NoInsertionError("nothing was recorded yet: `torquemon demo` makes a record")
            insertion_id = newest[0].row.id
        else:
            insertion_id = parse_id(wanted)
        if insertion_id in self.store.insertion_ids():
            return _closed(whole(self.store, insertion_id))
        for row in self._open_rows():
            if row.id == insertion_id:
                return Insertion(row, None)
        raise NoInsertionError(f"no insertion {clean(wanted, 40)}: `torquemon list` shows them")

    def readings(self, insertion: Insertion) -> Iterator[Reading]:
        """Return the curve, wherever it is kept. Raises RecordError, JournalError."""
        if insertion.whole is None and self._journal is not None:
            return self._journal.readings(insertion.row.id)
        return self.store.readings(insertion.row.id)

    def _open_rows(self) -> list[InsertionRow]:
        if self._journal is None:
            return []
        closed = self.store.insertion_ids()
        return [row for row in self._journal.insertions() if row.id not in closed]


def _listed(summary: Summary) -> Insertion:
    meta = {"patient": summary.patient_ref, "site": summary.site, "screw": summary.screw}
    verdict = {
        "kind": summary.verdict,
        "max_insertion_torque_ncm": summary.max_insertion_torque_ncm,
    }
    content: dict[str, Any] = {
        "origin": summary.origin.value,
        "interrupted": not summary.complete,
        "mark": summary.mark,
        **({"verdict": verdict} if summary.verdict else {}),
    }
    row = InsertionRow(summary.id, summary.opened_utc.isoformat(), 0, meta)
    return Insertion(row, content)


def _closed(found: Whole) -> Insertion:
    """Return an insertion of the record, with amendments over what was recorded."""
    row, summary = found.insertion, found.summary
    meta = {
        **row.description,
        "patient": summary.patient_ref,
        "operator": summary.operator,
        "site": summary.site,
        "screw": summary.screw,
        "fdi": summary.fdi,
    }
    given = next((v for v in found.verdicts if v.judge == "monitor"), None)
    content: dict[str, Any] = {
        "meta": meta,
        "opened_utc": row.opened_utc.isoformat(),
        "origin": row.origin,
        "interrupted": not row.complete,
        "samples": row.samples,
        "missing_samples": row.missing_samples,
        "duration_s": row.duration_s,
        "closed_utc": row.closed_utc.isoformat() if row.closed_utc else None,
        "alerts": [_alert_fields(alert) for alert in found.alerts if alert.raised_by != "monitor"],
        "events": [{"what": e.what, **e.fields, "host_ns": e.at_ns} for e in found.events],
        **({"error": row.problem} if row.problem else {}),
    }
    verdict = found.verdict
    if verdict is not None:
        fields = verdict_fields(verdict)
        content["verdict"] = fields
        content["removal_torque_ncm"] = verdict.removal_torque_ncm
        content["agrees"] = given is not None and verdict_fields(given) == fields
    opened = InsertionRow(row.id, row.opened_utc.isoformat(), row.opened_ns, meta)
    return Insertion(opened, content, found)


def _alert_fields(alert: Alert) -> dict[str, Any]:
    names = ("code", "priority", "seq", "time_s", "torque_ncm", "angle_deg", "why")
    return {name: getattr(alert, name) for name in names}


def verdict_fields(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as `torquemon.model.Verdict.fields` gives it."""
    return {
        "kind": verdict.kind,
        "max_insertion_torque_ncm": verdict.max_insertion_torque_ncm,
        "final_torque_ncm": verdict.final_torque_ncm,
        "window": verdict.window,
        "rule_version": verdict.rule_version,
        "why": verdict.why,
    }


def parse_id(text: str) -> str:
    """Return an insertion id in its one form. Raises NoInsertionError."""
    try:
        return str(ULID.from_str(text.upper()))
    except ValueError:
        raise NoInsertionError(
            f"{clean(text, 40)!r} is no insertion id (26 letters and digits): "
            "`torquemon list` shows them"
        ) from None


@contextmanager
def open_archive() -> Iterator[Archive]:
    """Open the archive of this chair, closing first what is due.

    Raises JournalError, RecordError, HomeError, NoInsertionError.
    """
    has_journal = paths.journal_path().exists()
    refuse_gone(paths.record_path())
    if not has_journal and not paths.record_path().exists():
        raise NoInsertionError("nothing was recorded yet: `torquemon demo` makes a record")
    journal = Journal(paths.journal_path(), read_only=True) if has_journal else None
    try:
        store = open_store()
        try:
            if journal is not None:
                close_due(journal, store, SystemClock(), monitor_runs=monitor_runs())
            carry_over(store)
            yield Archive(journal, store)
        finally:
            store.close()
    finally:
        if journal is not None:
            journal.close()
