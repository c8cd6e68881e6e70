"""The patient who comes next, as the practice software said: one small file in the chair's folder.

The watched folder, the command line and the recorder's screens are different processes; this file
is what they share. It says a name for as long as somebody waits, whatever the record may keep, so
that the wrong patient is noticed before anything is recorded.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from torquemon import paths
from torquemon.clock import Clock
from torquemon.record.errors import RecordError
from torquemon.record.gdt.patient import GdtPatient
from torquemon.text import clean

MAX_BYTES: Final = 10_000
KEEP_MIN: Final = 60.0
MAX_KEEP_MIN: Final = 24 * 60.0
_AHEAD: Final = timedelta(minutes=5)
"""A file from further ahead was written under another clock: nobody waits."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who waits. Texts are cleaned; `birth_date` is YYYY-MM-DD or empty."""

    reference: str
    name: str = field(default="", repr=False)
    """As it is shown: `Müller, Änne`."""
    birth_date: str = field(default="", repr=False)
    source: str = ""
    """How the patient came: `GDT` or `command line`."""
    since_utc: str = ""
    until_utc: str = ""
    taken: str = ""
    """Which file it was, so that one that could not be removed is not taken twice."""


def waiting_path() -> Path:
    """Where it stands who waits."""
    return paths.home() / "waiting_patient.json"


def shown_name(name: str) -> str:
    """Return a name for people: Family^Given becomes `Family, Given`."""
    return clean(", ".join(part.strip() for part in name.split("^") if part.strip()))


def of_patient(patient: GdtPatient, source: str, taken: str = "") -> Waiting:
    """Return a patient as one who waits."""
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    return Waiting(patient.number, shown_name(patient.name), born, source, taken=taken)


def put(waiting: Waiting, clock: Clock, keep_min: float = KEEP_MIN) -> Waiting:
    """Let a patient wait, in place of whoever did. Raises RecordError."""
    now = clock.utc_now()
    until = now + timedelta(minutes=min(keep_min, MAX_KEEP_MIN))
    kept = replace(waiting, since_utc=now.isoformat(), until_utc=until.isoformat())
    _write(kept)
    return kept


def _write(kept: Waiting) -> None:
    path = waiting_path()
    beside = path.with_name(f"{path.name}.new")
    try:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(kept), file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise RecordError(f"{path} cannot be written ({error.strerror})") from error


def waiting_patient(clock: Clock) -> Waiting | None:
    """Return who waits; None where nobody does, or too long. Never raises RecordError."""
    found = last_taken()
    if found is None or not found.reference:
        return None
    now = clock.utc_now()
    try:
        since, until = (_moment(each) for each in (found.since_utc, found.until_utc))
    except ValueError:
        return None
    return found if since - _AHEAD <= now <= until else None


def last_taken() -> Waiting | None:
    """Return who came last, whether he still waits or not."""
    try:
        with waiting_path().open("rb") as file:
            fields = json.loads(file.read(MAX_BYTES))
        return Waiting(**{name: clean(str(fields[name])) for name in Waiting.__slots__})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def tidy(clock: Clock) -> None:
    """Take the name of who waited too long out of the file. Raises RecordError."""
    found = last_taken()
    if found is None or not (found.name or found.birth_date) or waiting_patient(clock) is not None:
        return
    _write(replace(found, reference="", name="", birth_date=""))


def forget() -> bool:
    """Let nobody wait; tell whether somebody did. Raises RecordError."""
    found = last_taken()
    try:
        waiting_path().unlink(missing_ok=True)
    except OSError as error:
        raise RecordError(f"{waiting_path()} cannot be removed ({error.strerror})") from error
    return found is not None


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
