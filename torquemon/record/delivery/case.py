"""What a destination is given: one insertion as it is known today, with its documents.

A destination sees only this, never the store. All text in it was cleaned. The same record gives the
same case, byte for byte: nothing in it depends on when or how often it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol

from torquemon.record.report_data import ReportData


class Status(StrEnum):
    """How an insertion stands. Every destination says it in its own way."""

    FINAL = "final"
    """As it was signed."""
    AMENDED = "amended"
    """Something was corrected or added after it had been sent to this destination."""
    WITHDRAWN = "withdrawn"
    """It should never have been there (wrong patient for good, a trial): entered in error."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A field that was wrong: what it said, what it says now. Texts are cleaned."""

    field: str
    """One of `remarks.AMENDABLE`: patient_ref, operator, site, fdi, screw."""
    old: str
    new: str
    why: str
    operator: str
    said_utc: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody stood for what was recorded, with this entry as the newest of the chain."""

    operator: str
    meaning: str
    said_utc: datetime
    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was delivered to a destination last. `references` are the destination's own words."""

    revision: int
    references: Mapping[str, str] = field(default_factory=dict)


class Documents(Protocol):
    """The insertion as files. Each is made when it is first asked for, and only once."""

    def pdf(self) -> bytes:
        """Return the report. Raises NoTypstError where its part is missing, ReportError."""
        ...

    def html(self) -> bytes:
        """Return the report as one HTML file, which needs no other part."""
        ...

    def csv(self) -> bytes:
        """Return the curve, UTF-8, as `torquemon export` writes it."""
        ...


@dataclass(frozen=True, slots=True)
class Case:
    """One insertion for one destination.

    `data` holds patient, site, screw, device, verdict, values and the curve with the corrections
    already applied; `data.mark` must stand on everything that is made of it.
    """

    insertion_id: str
    """A ULID."""
    chair_id: str
    """A ULID."""
    revision: int
    """The newest entry of the chair's chain that concerns the insertion. It only grows."""
    revision_hash: str
    """The hash of that entry, hex: what a copy outside bears witness to."""
    status: Status
    data: ReportData
    opened_utc: datetime
    closed_utc: datetime
    recorded_utc: datetime
    """When the record took it in."""
    changed_utc: datetime
    """When the newest entry that concerns it was written."""
    software: str
    documents: Documents = field(repr=False)
    corrections: tuple[Correction, ...] = ()
    signatures: tuple[Signed, ...] = ()
    findings: Mapping[str, str] = field(default_factory=dict)
    """Circumstances by name (`remarks.FINDINGS`), as they stand."""
    links: tuple[tuple[str, str], ...] = ()
    """(relation, other insertion's id), relation one of `remarks.RELATIONS`."""
    patient_name: str = field(default="", repr=False)
    """Family^Given or as the practice writes it; empty unless the destination may have names."""
    birth_date: date | None = field(default=None, repr=False)
    known_name: str = field(default="", repr=False)
    """What the record calls the patient, whether it may go there or not: never sent, only kept out
    of what a destination says (`privacy`)."""
    known_birth_date: date | None = field(default=None, repr=False)
    """As `known_name`."""
    previous: Receipt | None = None
    """What this destination got last; None the first time."""
    unsure: bool = False
    """It was tried before and no answer came: it may be there, under an earlier patient too."""

    @property
    def earlier_patients(self) -> tuple[str, ...]:
        """Patient references under which it stood before, oldest first, without today's."""
        told = [c.old for c in self.corrections if c.field == "patient_ref" and c.old]
        return tuple(dict.fromkeys(ref for ref in told if ref != self.data.patient))

    @property
    def withdrawn_why(self) -> str:
        """Why it was withdrawn; empty where it was not."""
        return next((c.why for c in reversed(self.corrections) if c.field == WITHDRAWN_FIELD), "")


@dataclass(frozen=True, slots=True)
class Erased:
    """An insertion whose content was erased here: the destination is told to withdraw its copy."""

    insertion_id: str
    chair_id: str
    revision: int
    erased_utc: datetime
    previous: Receipt


WITHDRAWN_FIELD: Final = "status"
"""The amended field of an insertion that was withdrawn; its new value is `entered-in-error`."""
ENTERED_IN_ERROR: Final = "entered-in-error"
