"""Sentences of the monitor and the record, in the language of a screen or of a report.

They are said and stored in English: the record has one language. Who shows them in another one
matches them against the templates in `sentences_<language>.toml`; what fits none stays as it was
said. It stands in this room since both the screens and the record know it.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

_PLACE: Final = re.compile(r"\\\{(\w+)\\\}")
_OPEN_PLACE: Final = re.compile(r"\{\w+\}")
_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_WORDS: Final = r"[^;]{1,160}?"
"""Bounded, and at most three in a template: text from outside may be made to be slow to match."""
_DECIMAL: Final = re.compile(r"(?<=\d)\.(?=\d)")
_SEPARATORS: Final = ("; ", ", ")


class _Template(NamedTuple):
    pattern: re.Pattern[str]
    text: str


@cache
def templates(language: str) -> dict[str, str]:
    """Return the English templates and what they are in `language`."""
    file = Path(__file__).with_name(f"sentences_{language}.toml")
    if not file.exists():
        return {}
    return tomllib.loads(file.read_text(encoding="utf-8"))


@cache
def _compiled(language: str) -> tuple[_Template, ...]:
    """Return the templates, those that say most of their own words first: they are the special."""
    found = templates(language).items()
    ordered = sorted(found, key=lambda item: -len(_OPEN_PLACE.sub("", item[0])))
    return tuple(_Template(_pattern(said), text) for said, text in ordered)


def _pattern(said: str) -> re.Pattern[str]:
    """Return the pattern of a template: places named n, n1, ... take numbers, others words."""

    def place(found: re.Match[str]) -> str:
        name = found[1]
        return f"(?P<{name}>{_NUMBER if re.fullmatch('n[0-9]*', name) else _WORDS})"

    return re.compile(_PLACE.sub(place, re.escape(said)))


@lru_cache(maxsize=512)
def translated(said: str, language: str, decimal: str) -> str:
    """Return `said` in `language`, as far as it is known there."""
    found = _whole(said, language, decimal)
    if found is not None:
        return found
    for separator in _SEPARATORS:
        parts = said.split(separator)
        if len(parts) > 1:
            known = [_whole(part, language, decimal) for part in parts]
            if any(part is not None for part in known):
                return separator.join(k or p for k, p in zip(known, parts, strict=True))
    return said


def translated_whole(said: str, language: str, decimal: str) -> str | None:
    """Return `said` in `language`; None where a part of it is not known there."""
    found = _whole(said, language, decimal)
    if found is not None:
        return found
    for separator in _SEPARATORS:
        parts = said.split(separator)
        known = [_whole(part, language, decimal) for part in parts]
        if len(parts) > 1 and None not in known:
            return separator.join(part or "" for part in known)
    return None


def _whole(said: str, language: str, decimal: str) -> str | None:
    for pattern, text in _compiled(language):
        match = pattern.fullmatch(said)
        if match is None:
            continue
        values = {
            name: _DECIMAL.sub(decimal, value)
            if re.fullmatch(_NUMBER, value)
            else translated(value, language, decimal)
            for name, value in match.groupdict().items()
        }
        return text.format_map(values)
    return None
