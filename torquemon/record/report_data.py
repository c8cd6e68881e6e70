"""What a report is made of: one frozen value, built from the content of a record once.

Every other file of the report sees only this, so the report does not know how a record is stored.
All text in it went through `clean`: it is bounded, on one line, and free of control characters.
`report_read` builds it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from torquemon.model import Alert, Origin, Reading, VerdictKind, Window

UNKNOWN_ORIGIN: Final = "ORIGIN UNKNOWN"


class ReportError(Exception):
    """No report can be made; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened beside the curve. `what` is a code of the record: halt, alarm."""

    what: str
    code: str
    host_ns: int | None
    seq: int | None
    torque_ncm: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Device:
    """The handpiece as it introduced itself. Empty text and None: not stated."""

    maker: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    calibrated: str = ""
    accuracy_ncm: float | None = None
    sample_rate_hz: float | None = None
    divided_by: float | None = None
    """The gain of a signed check that every reading was divided by; None: as the device read."""
    check_id: str = ""
    check_day: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who stands for the record, since when, and of which entry of the chain."""

    who: str
    utc: str
    meaning: str
    head: str
    """Number and hash of the newest entry that was there to be seen, as `NUMBER:HASH`."""


@dataclass(frozen=True, slots=True)
class ReportData:
    """One insertion as a report shows it. Torque in N·cm, times in seconds, lengths in mm.

    A value that was not recorded is None or empty text; a report says so and never guesses.
    """

    insertion_id: str
    opened_utc: str
    closed_utc: str
    opened_ns: int
    origin: Origin | None
    """None where the record does not say, which is never taken for real."""
    purpose: str
    """insertion, removal or tightening."""
    patient: str
    site: str
    site_name: str
    teeth: str
    """The two teeth beside the screw, as an FDI pair (ISO 3950); empty where not recorded."""
    screw: str
    screw_name: str
    lot: str
    operator: str
    pitch_mm: float | None
    body_mm: float | None
    window: Window | None
    limit_ncm: float | None
    """The torque that was not to be passed."""
    armed_ncm: float | None
    """What the handpiece was told to stop at, as planned; `armed_seen` says whether it held."""
    armed_seen: bool
    threshold_reasons: tuple[str, ...]
    device: Device
    interrupted: bool
    agrees: bool
    verdict: VerdictKind
    max_ncm: float | None
    final_ncm: float | None
    removal_ncm: float | None
    why: str
    rule_version: str
    alerts: tuple[Alert, ...]
    events: tuple[Event, ...]
    samples: int
    missing: int
    duration_s: float
    readings: tuple[Reading, ...] = field(repr=False)
    damaged: str = ""
    """What could not be read, as a sentence; empty where all of it could."""
    software: str = ""
    """Version that closed the record; empty where the record does not name it."""
    profiles: str = ""
    withdrawn: str = ""
    """Why it should never have been there; empty where it was not withdrawn."""
    amended: int = 0
    """How many corrections the record holds."""
    witness: str = ""
    """The head of the chain at this record, as `torquemon verify` reads it; empty: none."""

    findings: tuple[tuple[str, str], ...] = ()
    """Circumstances as they stand, name and value (`remarks.FINDINGS`), without the lot."""
    signatures: tuple[Signed, ...] = ()
    person: str = field(default="", repr=False)
    """The patient's name; empty unless it was asked for, and is in the record."""
    birth_date: str = field(default="", repr=False)

    @property
    def mark(self) -> str:
        """What must stand across everything that is shown of data that is not real."""
        if self.origin is None:
            return UNKNOWN_ORIGIN
        return "" if self.origin is Origin.REAL else self.origin.value.upper()
