"""Every text of the dashboard: one catalogue a language, one TOML file a screen.

Wording rule: the screen says *within, below, above the window* and *possible root contact*. It
promises no outcome. Numbers take the decimal sign of the language on the screen only; what is sent
or stored has a point.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from torquemon.local.sentences import translated

LANGUAGES: Final = ("en", "de")
"""The first is the one that the monitor and the record speak."""
DECIMAL: Final[Mapping[str, str]] = MappingProxyType({"en": ".", "de": ","})
"""The decimal sign of each language."""


class _Numbers(string.Formatter):
    """Puts values in; a float takes the decimal sign of the language."""

    def __init__(self, decimal: str) -> None:
        self._decimal = decimal

    def format_field(self, value: object, format_spec: str) -> str:
        """See `string.Formatter`."""
        text = format(value, format_spec)
        return text.replace(".", self._decimal) if isinstance(value, float) else text


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return all texts of a language. Raises KeyError for a language that there is none of."""
    if language not in LANGUAGES:
        raise KeyError(language)
    texts: dict[str, str] = {}
    for file in sorted(Path(__file__).with_name(language).glob("*.toml")):
        found = tomllib.loads(file.read_text(encoding="utf-8"))
        twice = sorted(texts.keys() & found.keys())
        if twice:
            raise ValueError(f"{language}/{file.name} says again what is said: {', '.join(twice)}")
        texts |= found
    return MappingProxyType(texts)


class _Spoken:
    """The language of this process's screen."""

    def __init__(self) -> None:
        self.language: str = LANGUAGES[0]
        self.numbers = _Numbers(DECIMAL[self.language])


_spoken: Final = _Spoken()


def speak(language: str) -> None:
    """Say everything in `language` from now on. Raises KeyError for an unknown one."""
    catalogue(language)
    _spoken.language, _spoken.numbers = language, _Numbers(DECIMAL[language])


def language() -> str:
    """Return the language that is spoken."""
    return _spoken.language


def say(key: str, **values: object) -> str:
    """Return the text of `key` with `values` put in. Raises KeyError for an unknown key."""
    text = catalogue(_spoken.language)[key]
    return _spoken.numbers.vformat(text, (), values) if values else text


def say_count(key: str, count: int, **values: object) -> str:
    """Return the text of `key` for so many; one of something has a text of its own, `<key>.one`."""
    return say(f"{key}.one" if count == 1 else key, count=count, **values)


def say_site(site_id: str, name: str) -> str:
    """Return a site in the language that is spoken; one of the clinic's own by its name."""
    return catalogue(_spoken.language).get(f"site.{site_id}", name)


def say_screw(screw_id: str, name: str) -> str:
    """Return a screw in the language that is spoken: most have a name, one is only described."""
    return catalogue(_spoken.language).get(f"screw.{screw_id}", name)


def number(value: float, spec: str) -> str:
    """Return one number as it is written in the language that is spoken."""
    return _spoken.numbers.format_field(float(value), spec)


def told(sentence: str) -> str:
    """Return a sentence of the monitor, which is English, in the language that is spoken."""
    if _spoken.language == LANGUAGES[0]:
        return sentence
    return translated(sentence, _spoken.language, DECIMAL[_spoken.language])


def to_point(text: str) -> str:
    """Return what was typed as a number with the point that is sent and stored."""
    decimal = DECIMAL[_spoken.language]
    return text if decimal == "." else text.replace(decimal, ".")
