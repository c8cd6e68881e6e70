"""Read what really happened in the curves of a labelled set."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Final

from torquemon.cohort.curves import CurveError, data_lines, header_of, read_text, split_line
from torquemon.cohort.score import GLANCING, HARD, NONE, Truth
from torquemon.text import clean

_REQUIRED: Final = ("file", "contact", "max_torque_ncm")
_CONTACTS: Final = (NONE, GLANCING, HARD)


class TruthError(ValueError):
    """A truth file that cannot be used; the message says what is wrong and where."""


def read_truth(path: Path) -> dict[str, Truth]:
    """Return the truth of each file. Raises TruthError.

    Columns: `file`, `contact` (none, glancing, hard), `max_torque_ncm`, and optional `population`,
    `contact_s`, `seat_s`, `crossing_s` (the true torque first above the window); empty: it did not
    happen.
    """
    try:
        lines = data_lines(read_text(path, "truth"))
    except CurveError as error:
        raise TruthError(str(error)) from error
    first = next(lines, None)
    if first is None:
        raise TruthError(f"truth {clean(path.name)!r} is empty")
    delimiter, names = header_of(first[1])
    for name in _REQUIRED:
        if name not in names:
            raise TruthError(f"truth {clean(path.name)!r}: no column {name!r}")
    found = {}
    for number, line in lines:
        try:
            values = split_line(line, delimiter)
        except csv.Error as error:
            raise TruthError(f"truth line {number}: {clean(str(error))}") from error
        truth = _truth(dict(zip(names, values, strict=False)), number)
        found[truth.file] = truth
    return found


def _truth(fields: dict[str, str], line: int) -> Truth:
    contact = fields.get("contact", "")
    if contact not in _CONTACTS:
        raise TruthError(f"truth line {line}: contact is {clean(contact, 24)!r}")
    maximum = _number(fields, "max_torque_ncm", line)
    if maximum is None:
        raise TruthError(f"truth line {line}: max_torque_ncm is missing")
    contact_s = _number(fields, "contact_s", line)
    if contact != NONE and contact_s is None:
        raise TruthError(f"truth line {line}: a contact without its time contact_s")
    return Truth(
        file=fields.get("file", ""),
        population=clean(fields.get("population", ""), 40),
        contact=contact,
        contact_s=contact_s if contact != NONE else None,
        seat_s=_number(fields, "seat_s", line),
        max_torque_ncm=maximum,
        crossing_s=_number(fields, "crossing_s", line),
    )


def _number(fields: dict[str, str], name: str, line: int) -> float | None:
    text = fields.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise TruthError(f"truth line {line}: {name} is {clean(text, 24)!r}, not a number")
    return value
