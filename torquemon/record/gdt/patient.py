"""Who a GDT file is about. What is not certain is refused: a guess is another patient."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from torquemon.record.gdt import fields as f
from torquemon.record.gdt.codec import GdtError, Record
from torquemon.record.remark_text import MAX_NAME_CHARS
from torquemon.text import clean

TAKEN: Final = (f.MASTER_DATA, f.NEW_REQUEST)
_OLDEST_YEAR: Final = 1900
_DATE_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class GdtPatient:
    """A patient as the practice software says. Texts are cleaned; empty where not said."""

    number: str
    last_name: str = field(default="", repr=False)
    first_name: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)
    request: str = ""
    sender: str = ""

    @property
    def name(self) -> str:
        """Family^Given; empty where neither is said."""
        return "^".join(part for part in (self.last_name, self.first_name) if part)


def patient_of(record: Record, receiver: str = "", today: date = date.max) -> GdtPatient:
    """Return who a record is about. Raises GdtError.

    `receiver` is our own GDT-ID; a file for another device is refused. So is a birth date after
    `today`.
    """
    if record.kind not in TAKEN:
        what = f.KINDS.get(record.kind, "unknown here")
        raise GdtError(f"record {clean(record.kind, 8)!r} ({what}) brings no patient to record")
    to = _one(record, f.RECEIVER)
    if receiver and to and to.casefold() != receiver.casefold():
        raise GdtError(f"it is for the device {clean(to, 12)!r}, this is {clean(receiver, 12)!r}")
    number = _one(record, f.NUMBER)
    if not number:
        raise GdtError("field 3000 (patient number) is missing")
    if clean(number, MAX_NAME_CHARS) != number:
        raise GdtError("field 3000 (patient number) cannot be used: too long, or odd characters")
    return GdtPatient(
        number=number,
        last_name=clean(_one(record, f.LAST_NAME), MAX_NAME_CHARS),
        first_name=clean(_one(record, f.FIRST_NAME), MAX_NAME_CHARS),
        birth_date=_birth_date(_one(record, f.BIRTH), today),
        request=clean(_one(record, f.REQUEST), MAX_NAME_CHARS),
        sender=clean(_one(record, f.SENDER), 12),
    )


def _one(record: Record, field_id: str) -> str:
    """Return the content of a field. Raises GdtError where two of them say different things."""
    said = dict.fromkeys(each for each in record.all(field_id) if each)
    if len(said) > 1:
        raise GdtError(f"field {field_id} stands there twice and says different things")
    return next(iter(said), "")


def _birth_date(text: str, today: date) -> date | None:
    if not text or text == "0" * _DATE_DIGITS:
        return None
    if len(text) == _DATE_DIGITS and text.isdecimal() and text.isascii():
        try:
            found = date(int(text[4:]), int(text[2:4]), int(text[:2]))
        except ValueError:
            found = date.min
        if found > today:
            raise GdtError("field 3103 (birth date) lies in the future: look at the year")
        if found.year >= _OLDEST_YEAR:
            return found
    raise GdtError("field 3103 (birth date) is no day written DDMMYYYY")
