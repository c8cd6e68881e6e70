"""What every resource of one insertion has in common: ids, marks, narrative, the patient.

Texts are cleaned once more here, since they end in markup; what is not real says so in every
title and name, in its narrative, and as HTEST in `meta`.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from torquemon.record.delivery.case import Case, Status
from torquemon.record.fhir.codes import TEST_DATA, TOOTH, own
from torquemon.record.fhir.names import (
    DOCUMENT,
    INSERTION,
    ROLES,
    TAGGED,
    Fields,
    identifier_of,
    resource_id,
)
from torquemon.record.report_data import UNKNOWN_ORIGIN
from torquemon.text import clean

MAX_TEXT_CHARS: Final = 300
MAX_LINES: Final = 60
_ORIGINS: Final = {"SIMULATED": "simulated", "REPLAYED": "replayed"}
_XHTML: Final = "http://www.w3.org/1999/xhtml"


@dataclass(frozen=True, slots=True)
class Scope:
    """One insertion for one server."""

    case: Case
    subject: Fields
    """The reference to the patient."""
    by_id: bool = True
    """False where the server gives ids of its own: resources find each other by urn:uuid then."""
    tooth_system: str = TOOTH
    max_points: int = 60_000

    @property
    def mark(self) -> str:
        """What must stand on everything that is not real."""
        return self.case.data.mark

    def id(self, role: str) -> str:
        """Return the id of one of its resources."""
        revision = self.case.revision if role == DOCUMENT else None
        return resource_id(self.case.insertion_id, role, revision)

    def reference(self, role: str) -> Fields:
        """Return a reference to one of its resources in the same transaction."""
        kind, found = ROLES[role], self.id(role)
        return {"reference": f"{kind}/{found}" if self.by_id else f"urn:uuid:{found}", "type": kind}

    def earlier(self, revision: int) -> Fields:
        """Return a reference to the document of an earlier revision, which may be gone by now."""
        kind, found = ROLES[DOCUMENT], resource_id(self.case.insertion_id, DOCUMENT, revision)
        where = (
            {"reference": f"{kind}/{found}"} if self.by_id else {"identifier": identifier_of(found)}
        )
        return {**where, "type": kind}

    def say(self, text: str) -> str:
        """Return a text with the mark before it."""
        return say(text, self.mark)

    def begin(self, role: str, title: str, lines: Iterable[str] = ()) -> Fields:
        """Return what every resource opens with. Provenance has no identifier in R4."""
        return begin(
            self.case.insertion_id, role, self.mark, title, lines, self.id(role), by_id=self.by_id
        )

    def period(self) -> Fields:
        """Return when it was done; without an end where the clock was set back meanwhile."""
        start = instant(self.case.opened_utc)
        if self.case.closed_utc < self.case.opened_utc:
            return {"start": start}
        return {"start": start, "end": instant(self.case.closed_utc)}

    def operator(self) -> list[Fields]:
        """Return who did it, as far as the record says."""
        name = clean(self.case.data.operator)
        return [{"display": name}] if name else []

    def observed(self) -> str:
        """Return the status of an Observation or a DiagnosticReport."""
        return "amended" if self.case.status is Status.AMENDED else "final"


def begin(
    insertion_id: str,
    role: str,
    mark: str,
    title: str,
    lines: Iterable[str],
    found_id: str,
    *,
    by_id: bool,
) -> Fields:
    """Return resourceType, id, meta, narrative and identifiers of a resource."""
    kind = ROLES[role]
    fields: Fields = {"resourceType": kind}
    if by_id:
        fields["id"] = found_id
    meta = marks(mark)
    if kind in TAGGED:
        meta.setdefault("tag", []).append(
            {"system": identifier_of(found_id)["system"], "code": f"urn:uuid:{found_id}"}
        )
    if meta:
        fields["meta"] = meta
    fields["text"] = narrative(say(title, mark), lines)
    if kind != "Provenance":
        fields["identifier"] = [
            identifier_of(found_id),
            {"system": INSERTION, "value": insertion_id},
        ]
    return fields


def marks(mark: str) -> Fields:
    """Return the `meta` of data that is not real; an unknown origin is never taken for real."""
    if not mark:
        return {}
    origin = own(_ORIGINS.get(mark, "origin-unknown"))
    return {"security": [dict(TEST_DATA)], "tag": [dict(TEST_DATA), origin]}


def mark_of(found: Fields) -> str:
    """Return the mark that a resource bears at a server; what is test data is never unmarked."""
    meta = str(found.get("meta"))
    told = [mark for mark, code in _ORIGINS.items() if f"'{code}'" in meta]
    return told[0] if told else UNKNOWN_ORIGIN if "HTEST" in meta else ""


def say(text: str, mark: str) -> str:
    """Return a cleaned text with the mark before it."""
    cleaned = clean(text, MAX_TEXT_CHARS)
    return f"{mark}: {cleaned}" if mark else cleaned


def narrative(title: str, lines: Iterable[str]) -> Fields:
    """Return the text that a person reads where a system does not know the resource."""
    paragraphs = [title, *[clean(line, MAX_TEXT_CHARS) for line in lines][:MAX_LINES]]
    body = "".join(f"<p>{html.escape(text)}</p>" for text in paragraphs if text)
    return {"status": "generated", "div": f'<div xmlns="{_XHTML}">{body}</div>'}


def notes(lines: Iterable[str]) -> list[Fields]:
    """Return texts as notes."""
    cleaned = (clean(line, MAX_TEXT_CHARS) for line in lines)
    return [{"text": text} for text in list(cleaned)[:MAX_LINES] if text]


def instant(moment: datetime) -> str:
    """Return a moment as FHIR writes it, in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def filled(fields: Fields) -> Fields:
    """Return the fields that have a value: FHIR knows no empty ones."""
    return {name: value for name, value in fields.items() if value not in ("", None, [], {})}
