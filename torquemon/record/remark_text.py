"""Text that people write into the record: bounded, kept as it was meant, or refused."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from typing import Final

from torquemon.record.errors import RefusedError
from torquemon.text import clean

MAX_NAME_CHARS: Final = 64


def line(text: str, what: str, max_chars: int = MAX_NAME_CHARS) -> str:
    """Return one line of text, trimmed. Raises RefusedError where it is none or too long."""
    said = _checked(text, what, max_chars)
    if "\n" in said:
        raise RefusedError(f"{what} is one line")
    if clean(said, len(said)) != said:  # it would be shown and sent as another text
        raise RefusedError(
            f"{what} holds a tab, two spaces in a row or another character that is not shown as "
            "it is: write single spaces"
        )
    return said


def lines_of_text(text: str, what: str, max_chars: int) -> str:
    """Return text of several lines. Raises RefusedError where it is empty or too long."""
    return _checked(text.replace("\r\n", "\n"), what, max_chars)


def _checked(text: str, what: str, max_chars: int) -> str:
    if len(text) > max_chars:
        raise RefusedError(f"{what} has {len(text)} characters: at most {max_chars} are kept")
    said = unicodedata.normalize("NFC", text).strip()
    if not said:
        raise RefusedError(f"{what} is empty")
    for char in said:
        if char not in "\n\t" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn"):
            raise RefusedError(
                f"{what} contains a character that cannot be shown (U+{ord(char):04X}): remove it"
            )
    return said


def parse_date(text: str) -> date:
    """Read YYYY-MM-DD. Raises RefusedError."""
    try:
        return datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise RefusedError(f"{clean(text, 20)!r} is no date: write YYYY-MM-DD") from None
