"""Builds the case of an insertion from the record: the one door between destinations and store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import or_, select

from torquemon.record.delivery.case import (
    WITHDRAWN_FIELD,
    Case,
    Correction,
    Receipt,
    Signed,
    Status,
)
from torquemon.record.errors import NoSuchInsertionError
from torquemon.record.history import Whole, whole
from torquemon.record.insertions import Archive
from torquemon.record.models import Entry
from torquemon.record.report_html import html
from torquemon.record.report_page import make_page
from torquemon.record.report_source import Source, read_source
from torquemon.record.report_typst import pdf
from torquemon.record.report_words import words
from torquemon.record.store import Store
from torquemon.text import clean


@dataclass(slots=True)
class Made:
    """The documents of one insertion; what was made is kept as long as this is."""

    source: Source = field(repr=False)
    language: str
    _pdf: bytes = b""
    _html: bytes = b""

    def pdf(self) -> bytes:
        """Return the report. Raises NoTypstError, ReportError."""
        if not self._pdf:
            page = make_page(self.source.data, words(self.language))
            self._pdf = pdf(page, self.source.curve_csv, self.source.data.closed_utc)
        return self._pdf

    def html(self) -> bytes:
        """Return the report as HTML."""
        if not self._html:
            page = make_page(self.source.data, words(self.language))
            self._html = html(page, self.source.curve_csv).encode()
        return self._html

    def csv(self) -> bytes:
        """Return the curve."""
        return self.source.curve_csv.encode()


def build_case(
    store: Store,
    insertion_id: str,
    *,
    names: bool = False,
    language: str = "en",
    previous: Receipt | None = None,
    floor: int = 0,
    unsure: bool = False,
) -> Case:
    """Return an insertion as a destination gets it; its revision is at least `floor`.

    Raises NoSuchInsertionError, RecordError, ReportError.
    """
    source = read_source(Archive(None, store), insertion_id)
    found = whole(store, insertion_id, with_person=True)
    name = clean(found.person.name or "") if found.person else ""
    born = found.person.birth_date if found.person else None
    least = max(floor, previous.revision if previous else 0)
    newest = _newest_entry(store, found.insertion.chair_id, insertion_id, least)
    corrections = _corrections(found)
    return Case(
        insertion_id=insertion_id,
        chair_id=found.insertion.chair_id,
        revision=newest.number,
        revision_hash=newest.hash,
        status=_status(corrections, previous, newest.number),
        data=source.data,
        opened_utc=_aware(found.insertion.opened_utc),
        closed_utc=_aware(found.insertion.closed_utc or found.insertion.opened_utc),
        recorded_utc=_aware(found.entry.written_utc),
        changed_utc=_aware(newest.written_utc),
        software=clean(found.entry.software),
        documents=Made(source, language),
        corrections=corrections,
        signatures=tuple(
            Signed(
                clean(s.operator),
                clean(s.meaning, 40),
                _aware(s.said_utc),
                s.signed_number,
                clean(s.signed_hash, 128),
            )
            for s in found.standing(found.signatures)
        ),
        findings={clean(f.name, 40): clean(f.value) for f in found.standing(found.findings)},
        links=tuple((link.relation, link.other_id) for link in found.standing(found.links)),
        patient_name=name if names else "",
        birth_date=born if names else None,
        known_name=name,
        known_birth_date=born,
        previous=previous,
        unsure=unsure,
    )


def _newest_entry(store: Store, chair_id: str, insertion_id: str, least: int) -> Entry:
    """Return the newest entry that concerns an insertion, its person's or its erasure's too."""
    with store.read() as session:
        newest = session.scalars(
            select(Entry)
            .where(
                Entry.chair_id == chair_id,
                or_(Entry.insertion_id == insertion_id, Entry.number == least),
            )
            .order_by(Entry.number.desc())
            .limit(1)
        ).first()
    if newest is None:
        raise NoSuchInsertionError(f"no insertion {clean(insertion_id, 40)} is in the record")
    return newest


def _corrections(found: Whole) -> tuple[Correction, ...]:
    return tuple(
        Correction(
            clean(row.field, 40),
            clean(row.old or ""),
            clean(row.new or ""),
            clean(row.why, 200),
            clean(row.operator),
            _aware(row.said_utc),
        )
        for row in found.amendments
    )


def _status(corrections: tuple[Correction, ...], previous: Receipt | None, revision: int) -> Status:
    """Return how it stands. Once it was sent, what came later is an amendment for ever."""
    if any(each.field == WITHDRAWN_FIELD for each in corrections):
        return Status.WITHDRAWN
    if previous is None:
        return Status.FINAL  # what was corrected before anybody got it is no amendment to them
    later = previous.revision < revision or previous.references.get(AMENDED_MARK)
    return Status.AMENDED if later else Status.FINAL


AMENDED_MARK: Final = "amended"
"""Kept in a receipt, so that the tenth sending of an amended case is the same as the first."""


def _aware(moment: Any) -> datetime:  # noqa: ANN401 - a column's value
    found: datetime = moment
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
