"""Text as DICOM takes it: bounded per value representation, no delimiter of the encoding in it.

Limits are those of PS3.5 table 6.2-1, in characters. A backslash parts values, `^` and `=` part
names: in a description they become their full-width twins, which read the same. What identifies a
patient is never altered: two patients must not become one.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from torquemon.record.delivery.exporter import RejectedError
from torquemon.text import clean

SH_CHARS: Final = 16
LO_CHARS: Final = 64
PN_CHARS: Final = 64
ST_CHARS: Final = 1024
IS_MAX: Final = 2**31 - 1
_NAME_PARTS: Final = 5
"""Family, given, middle, prefix, suffix."""
_TWINS: Final = str.maketrans({"\\": "＼"})
_NAME_TWINS: Final = str.maketrans({"\\": "＼", "=": "＝"})


def short(text: str) -> str:
    """Return text for SH, at most 16 characters."""
    return _fit(text, SH_CHARS)


def long(text: str) -> str:
    """Return text for LO, at most 64 characters."""
    return _fit(text, LO_CHARS)


def paragraph(text: str) -> str:
    """Return text for ST, at most 1024 characters; here on one line."""
    return clean(text, ST_CHARS)


def _fit(text: str, max_chars: int) -> str:
    return clean(text.translate(_TWINS), max_chars)


def name(text: str) -> str:
    """Return a person's name for PN: family^given…, at most 64 characters, one spelling."""
    parts = [part.strip() for part in clean(text.translate(_NAME_TWINS)).split("^")]
    head, tail = parts[: _NAME_PARTS - 1], parts[_NAME_PARTS - 1 :]
    joined = "^".join([*head, " ".join(tail)] if tail else head).rstrip("^")
    return joined if len(joined) <= PN_CHARS else joined[: PN_CHARS - 1].rstrip() + "…"


def identity(text: str, what: str) -> str:
    """Return an identifier for LO unaltered.

    Raises RejectedError where it is empty or DICOM cannot hold it; the message does not repeat it.
    """
    if not text.strip():
        raise RejectedError(
            f"this insertion has no {what}: add it (`torquemon remark amend ID patient_ref …`), "
            "then it is sent"
        )
    if "\\" in text or len(text) > LO_CHARS or clean(text, LO_CHARS) != text:
        raise RejectedError(
            f"DICOM cannot hold this {what}: it takes at most {LO_CHARS} characters, none of them "
            "a backslash or invisible; correct it, then it is sent"
        )
    return text


def ae_title(text: str) -> str:
    """Return an application entity's title. Raises ValueError: 1-16 ASCII, no backslash."""
    title = text.strip(" ")
    if not 0 < len(title) <= SH_CHARS or "\\" in title:
        raise ValueError(text)
    if not (title.isascii() and title.isprintable()):
        raise ValueError(text)
    return title


def day(moment: date | datetime) -> str:
    """Return DA."""
    return f"{moment.year:04d}{moment.month:02d}{moment.day:02d}"


def time_of_day(moment: datetime) -> str:
    """Return TM, with microseconds."""
    return moment.strftime("%H%M%S.%f")


def date_time(moment: datetime) -> str:
    """Return DT of an aware moment, with its offset."""
    return f"{day(moment)}{time_of_day(moment)}{offset(moment)}"


def offset(moment: datetime) -> str:
    """Return the offset from UTC as `+0100`; minutes are whole. Naive moments are a mistake."""
    shift = moment.utcoffset()
    if shift is None:
        raise ValueError("a moment without a zone")
    minutes = round(shift.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
