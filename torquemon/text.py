"""Text from outside, made harmless once, where it comes in.

Device names, file names, patient references and server answers are hostile until cleaned: a
terminal obeys escape sequences, a widget may read markup, a right-to-left override turns a serial
number round. Everything that is shown, logged or put in a path passes through here first.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NewType

DeviceText = NewType("DeviceText", str)
"""Text that went through `clean`: bounded, one line, no control, format or bidi character."""

MAX_TEXT_CHARS: Final = 120
"""Longest cleaned text. A name that is longer tells nobody more."""

_SPACES: Final = re.compile(r"\s+")
# Cc control, Cf format (bidi overrides, zero width), Cs surrogates, Co private use, Cn unassigned,
# Zl and Zp line and paragraph separators.
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# More than two combining marks in a row paint over the neighbouring lines.
_MARK_RUN: Final = 2


def clean(text: str, max_chars: int = MAX_TEXT_CHARS) -> DeviceText:
    """Return `text` on one line, without refused characters, at most `max_chars` long.

    Refused characters become U+FFFD, so that a person sees that something was there.
    """
    out: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", _SPACES.sub(" ", text[: max_chars * 4])):
        category = unicodedata.category(char)
        marks = marks + 1 if category.startswith("M") else 0
        if marks > _MARK_RUN:
            continue
        out.append("�" if category in _REFUSED_CATEGORIES else char)
    cleaned = "".join(out).strip()
    if len(cleaned) > max_chars:
        cleaned = cleaned[: max_chars - 1] + "…"
    return DeviceText(cleaned)


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its word: "1 insertion", "2 insertions"; `many` where no s does it."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def clean_bytes(raw: bytes, max_chars: int = MAX_TEXT_CHARS) -> DeviceText:
    """Decode UTF-8 leniently and clean the result."""
    return clean(raw[: max_chars * 16].decode("utf-8", errors="replace"), max_chars)
