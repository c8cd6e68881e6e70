"""Takes a patient's words out of what a server said: its answers are shown on screens and kept.

A server may quote what it was sent, or what it knows itself, in any spelling. So a word is hidden
wherever it stands, within other words too: better a reason that reads badly than a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from torquemon.record.delivery.case import Case
from torquemon.record.delivery.exporter import AwayError, DestinationError

HIDDEN: Final = "[…]"
_WITHIN_CHARS: Final = 3
"""Words from this length on are hidden within others; shorter ones only where they stand alone."""
_LEAST_CHARS: Final = 2
"""A single letter of a name tells nobody, and would take every article away."""
_TWO_WAYS: Final = {
    "ä": ("ae", "a"),
    "ö": ("oe", "o"),
    "ü": ("ue", "u"),
    "ae": ("ä",),
    "oe": ("ö", "ø"),
    "ue": ("ü",),
    "ss": ("ß",),
    "ø": ("oe", "o"),
}
"""How a letter is written where a keyboard does not have it."""
_PIECES: Final = re.compile(
    "|".join(sorted(_TWO_WAYS, key=len, reverse=True)) + "|.", re.DOTALL | re.IGNORECASE
)
_MONTHS: Final = (
    *("jan", "feb", "m[aä]r|mae?r", "apr", "ma[iy]", "jun", "jul", "aug", "sep", "o[ck]t"),
    *("nov", "de[cz]"),
)


def redacted(text: str, case: Case) -> str:
    """Return a text without anything that tells who the patient of a case is."""
    hidden = "|".join(f"(?:{each})" for each in _patterns(case))
    text = _normal(text)
    return re.sub(hidden, HIDDEN, text, flags=re.IGNORECASE) if hidden else text


def without(error: DestinationError, case: Case) -> DestinationError:
    """Return the same error without anything that tells who the patient of a case is."""
    said = redacted(str(error), case)
    return (
        AwayError(said, error.retry_after_s) if isinstance(error, AwayError) else type(error)(said)
    )


def withheld(text: str) -> str:
    """Return nothing of a text: where it is not known whose words are in it."""
    return HIDDEN if text else ""


def _patterns(case: Case) -> Iterator[str]:
    """Give patterns, the longest words first, so that no end of one is left over."""
    words = {*_number_words((case.data.patient, *case.earlier_patients))}
    words |= set(_name_words((case.patient_name, case.known_name)))
    for born in {case.birth_date, case.known_birth_date} - {None}:
        if born is not None:
            yield from _dates(born)
    for word in sorted(words, key=lambda each: (-len(each), each)):
        pattern = _loosely(word)
        within = len(word) >= _WITHIN_CHARS
        yield pattern if within else rf"(?<![^\W_]){pattern}(?![^\W_])"


def _number_words(numbers: Iterable[str]) -> Iterator[str]:
    """Give patient references, whole and their longer parts: 1024 of P-1024."""
    for number in filter(None, numbers):
        yield number
        for part in re.findall(r"[^\W_]+", number):
            bare = part.lstrip("0")
            yield from (p for p in (part, bare) if len(p) >= _WITHIN_CHARS and _has_digit(p))


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _name_words(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        words = re.findall(r"[^\W\d_]+", _normal(name))
        yield from (word for word in words if len(word) >= _LEAST_CHARS)


def _loosely(word: str) -> str:
    """Return a pattern for a word as other systems write it: without accents, ae for ä."""
    return "".join(_piece(each) for each in _PIECES.findall(_normal(word)))


def _piece(piece: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", piece) if not unicodedata.combining(c))
    cases = (piece, piece.lower(), piece.upper(), piece.casefold())
    ways = dict.fromkeys((*map(_normal, cases), *_TWO_WAYS.get(piece.lower(), ()), bare or piece))
    return f"(?:{'|'.join(map(re.escape, ways))})"


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _dates(born: date) -> Iterator[str]:
    """Give patterns for a day: in any order, with any separator, with the month as a word."""
    year, month, day = f"{born.year:04d}", f"{born.month:02d}", f"{born.day:02d}"
    named = rf"(?:{_MONTHS[born.month - 1]})[^\W\d_]*"
    for order in ((year, month, day), (year, day, month), (day, month, year), (month, day, year)):
        yield "".join(order)
        loose = (part if part == year else rf"0?{int(part)}" for part in order)
        yield r"(?<!\d)" + r"[\W_]{1,3}".join(loose) + r"(?!\d)"
    number = rf"(?<!\d)0?{born.day}(?!\d)(?:st|nd|rd|th)?"
    yield rf"{number}[\W_]{{0,3}}{named}[\W_]{{0,3}}{year}"
    yield rf"{named}[\W_]{{0,3}}{number}[\W_]{{0,3}}{year}"
    yield rf"{year}[\W_]{{0,3}}{named}[\W_]{{0,3}}{number}"
