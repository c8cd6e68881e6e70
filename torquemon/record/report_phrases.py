"""Sentences of the rule in another language: put together from known pieces, or left as they are.

The record keeps what the rule said, in English. A page in another language shows a translation only
where every piece of the sentence is in `report/phrases.toml`; half a translation would be worse.
What the monitor said, in its alarms, stands with the sentences of the screens (`local.sentences`).
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from torquemon.local.sentences import translated_whole

_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_BETWEEN: Final = re.compile(r"; |, | ")
MAX_CHARS: Final = 400
"""Longer is no sentence of ours."""


class Phrase(NamedTuple):
    """One piece: how it is found, and how it is said."""

    found: re.Pattern[str]
    said: str


def translated(text: str, language: str, decimal: str) -> str:
    """Return a sentence in a language, or as it is where a piece of it is unknown."""
    if len(text) > MAX_CHARS:
        return text
    return _of_the_rule(text, language, decimal) or (
        translated_whole(text, language, decimal) or text
    )


def _of_the_rule(text: str, language: str, decimal: str) -> str:
    """Return a sentence of the rule in a language; empty where a piece of it is unknown."""
    parts: list[str] = []
    at = 0
    phrases = _phrases(language)
    while at < len(text):
        matches = [m for p in phrases if (m := _at(p, text, at, decimal)) is not None]
        if not matches:
            return ""
        end, said = max(matches, key=lambda match: match[0])
        parts.append(said)
        between = _BETWEEN.match(text, end)
        if end < len(text):
            if between is None:
                return ""
            parts.append(between[0])
            end = between.end()
        at = end
    return "".join(parts)


def _at(phrase: Phrase, text: str, at: int, decimal: str) -> tuple[int, str] | None:
    match = phrase.found.match(text, at)
    if match is None:
        return None
    numbers = {name: value.replace(".", decimal) for name, value in match.groupdict().items()}
    return match.end(), phrase.said.format(**numbers)


@cache
def _phrases(language: str) -> Sequence[Phrase]:
    raw = tomllib.loads(
        files("torquemon.record").joinpath("report/phrases.toml").read_text(encoding="utf-8")
    )
    return tuple(Phrase(_pattern(en), said) for en, said in raw.get(language, {}).items())


def _pattern(template: str) -> re.Pattern[str]:
    parts: list[str] = []
    for literal, name, _, _ in string.Formatter().parse(template):
        parts.append(re.escape(literal))
        if name:
            parts.append(f"(?P<{name}>{_NUMBER})")
    # a piece ends where a word ends: `7` is not found in `70`
    return re.compile("".join(parts) + r"(?![\w.]|\.\d)")
