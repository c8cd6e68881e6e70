"""Names of files, made of a record and a pattern. Pure: nothing here looks at a disk.

A name has to hold on every file system that a practice may share: no character that Windows
refuses, no reserved name, no trailing dot, a bounded number of bytes, the same in upper and lower
case. A patient reference that had to be altered for it gets a short digest, so that two patients
never share a name.
"""

from __future__ import annotations

import hashlib
import string
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from torquemon.record.delivery.case import Case
from torquemon.record.delivery.config import ConfigError

PIECES: Final = (
    "patient",
    "date",
    "time",
    "site",
    "teeth",
    "screw",
    "purpose",
    "category",
    "id",
    "chair",
)
"""What a pattern may name."""
PATTERN: Final = "{patient}_{date}_{site}"
MAX_PIECE_BYTES: Final = 60
MAX_STEM_BYTES: Final = 140
"""Name without what follows it (`_2`, `_SUPERSEDED-12345`, `.json`); 255 is what most disks take,
and Windows counts the whole path to 260."""
UNKNOWN: Final = "unknown"
LOCAL: Final = "local"
_DIGEST_CHARS: Final = 6
_ALSO: Final = frozenset("-_.+@")
_KEPT: Final = frozenset("LNM")
_RESERVED: Final = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CONIN", "CONOUT", "CLOCK"]
    + [f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"]
)


def piece(text: str, max_bytes: int = MAX_PIECE_BYTES, *, distinct: bool = False) -> str:
    """Return `text` as part of a name: letters, digits, `-_.+@`; never empty.

    `distinct` puts a digest behind what had to be altered, so that no other text gives the same.
    """
    normal = unicodedata.normalize("NFC", text)
    kept = "".join(
        char if unicodedata.category(char)[0] in _KEPT or char in _ALSO else "-" for char in normal
    )
    while ".." in kept:
        kept = kept.replace("..", ".")
    bare = cut(kept, max_bytes).strip("-_. ")
    if not distinct or bare == text:
        return bare or UNKNOWN
    return f"{cut(bare, max_bytes - _DIGEST_CHARS - 1) or UNKNOWN}~{digest(text)}"


def cut(text: str, max_bytes: int) -> str:
    """Return the longest beginning that has at most `max_bytes` in UTF-8 and ends whole."""
    return text.encode("utf-8", "replace")[: max(0, max_bytes)].decode("utf-8", "ignore")


def digest(text: str) -> str:
    """Return a short digest of a text, the same on every machine."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGEST_CHARS]


def fold(name: str) -> str:
    """Return what two names have in common that a file system may take for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def checked_pattern(pattern: str) -> str:
    """Return the pattern. Raises ConfigError, with what is wrong."""
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise ConfigError(f"pattern is not closed: {error}") from None
    named = [name for _, name, _, _ in parts if name is not None]
    for literal, name, spec, conversion in parts:
        if any(not char.isascii() or not (char.isalnum() or char in _ALSO) for char in literal):
            raise ConfigError("pattern may hold letters, digits, - _ . + @ and names in braces")
        if name is not None and (name not in PIECES or spec or conversion):
            known = ", ".join(f"{{{each}}}" for each in PIECES)
            raise ConfigError(f"pattern: a name in braces is one of {known}")
    if not {"patient", "id"} & set(named):
        raise ConfigError("pattern needs {patient} or {id}: else nobody knows whose file it is")
    return pattern


def zone(name: str) -> tzinfo | None:
    """Return a time zone by its IANA name; None for the machine's own. Raises ConfigError."""
    if name == LOCAL:
        return None
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            "time_zone must be `local`, `UTC` or a name like Europe/Berlin that this machine knows "
            "(on Windows: pip install tzdata)"
        ) from None


def pieces(case: Case, category: str, where: tzinfo | None) -> Mapping[str, str]:
    """Return what a pattern can name of a case; each is fit for a name."""
    data = case.data
    opened = shown(case.opened_utc, where)
    return {
        "patient": piece(data.patient, distinct=bool(data.patient)),
        "date": opened.strftime("%Y-%m-%d"),
        "time": opened.strftime("%H%M%S"),
        "site": piece(data.site),
        "teeth": piece(data.teeth),
        "screw": piece(data.screw),
        "purpose": piece(data.purpose),
        "category": piece(category),
        "id": piece(case.insertion_id),
        "chair": piece(case.chair_id),
    }


def shown(moment: datetime, where: tzinfo | None) -> datetime:
    """Return a moment in a time zone; None: the machine's own."""
    try:
        return moment.astimezone(where)
    except (OSError, OverflowError, ValueError):  # a year that the machine's zone cannot tell
        return moment


def stem(
    pattern: str, parts: Mapping[str, str], *, mark: str = "", category_number: int = 0
) -> str:
    """Return the name without what tells a second one apart and without its ending.

    `mark` (SIMULATED, REPLAYED, ORIGIN UNKNOWN) always stands in front of it; before it only the
    number by which Open Dental sorts a file into an image category.
    """
    bare = pattern.format_map(parts).strip("-_. ") or UNKNOWN
    if mark:
        bare = f"{piece(mark)}_{bare}"
    if len(bare.encode()) > MAX_STEM_BYTES:
        bare = f"{cut(bare, MAX_STEM_BYTES - _DIGEST_CHARS - 1).rstrip('-_. ')}~{digest(bare)}"
    if bare.split(".")[0].upper() in _RESERVED:
        bare = f"x-{bare}"
    return f"_{category_number}_{bare}" if category_number else bare
