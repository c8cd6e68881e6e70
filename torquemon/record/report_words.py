"""The texts of the report in each language, and how numbers and times are written in it.

One catalogue, `report/words.toml`; a text that is missing is an error of the program, found by a
test, and never an empty place on the page.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from torquemon.model import Window
from torquemon.record.report_phrases import translated
from torquemon.text import clean

LANGUAGES: Final = ("en", "de")


class UnknownLanguageError(ValueError):
    """There is no such language, and which there are."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `words["key"]` is a text; figures are written with its decimal sign."""

    language: str
    version: str
    _texts: Mapping[str, Any]

    def __getitem__(self, key: str) -> str:
        return str(self._texts[key])

    def site(self, site_id: str, name: str) -> str:
        """Return the name of a site; a clinic's own keeps the name it was given."""
        return str(self._texts["sites"].get(site_id, name))

    def code(self, code: str) -> str:
        """Return what an alert or event is called; an unknown one keeps its code."""
        return str(self._texts["codes"].get(code, code.replace("_", " ")))

    def finding(self, name: str, value: str) -> str:
        """Return a circumstance with its value; what is not known here stays as it was said."""
        called = str(self._texts["finding_names"].get(name, name.replace("_", " ")))
        return f"{called}: {self._texts['finding_values'].get(value, value.replace('_', ' '))}"

    def meaning(self, meaning: str) -> str:
        """Return what a signature stands for."""
        return str(self._texts["meanings"].get(meaning, meaning))

    def halt(self, reason: str) -> str:
        """Return why a handpiece halted."""
        return str(self._texts["halts"].get(reason, reason.replace("_", " ")))

    def sentence(self, text: str) -> str:
        """Return a sentence of the rule in this language, where all of it is known."""
        if self.language == "en":
            return text
        return translated(text, self.language, self["decimal"])

    def number(self, value: float, decimals: int) -> str:
        """Return a number with a fixed count of decimals."""
        text = f"{value:.{decimals}f}"
        if not text.strip("-0."):
            text = text.lstrip("-")
        return text.replace(".", self["decimal"]).replace("-", "−")

    def plain(self, value: float) -> str:
        """Return a number as short as it is."""
        text = f"{value:.6g}"
        return text.replace(".", self["decimal"]).replace("-", "−")

    def ncm(self, value: float | None, decimals: int = 2) -> str:
        """Return a torque with its unit, or the words for an unknown one."""
        if value is None:
            return self["not_known"]
        return f"{self.number(value, decimals)}\N{NO-BREAK SPACE}N·cm"

    def window(self, window: Window) -> str:
        """Return a window with its unit."""
        return f"{self.plain(window.low_ncm)}–{self.plain(window.high_ncm)}\N{NO-BREAK SPACE}N·cm"

    def time(self, utc: str) -> str:
        """Return a moment of the record; one that cannot be read is shown as it stands there."""
        try:
            moment = datetime.fromisoformat(utc)
        except ValueError:
            return clean(utc, 40)
        aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return aware.strftime(self["date"])


@cache
def words(language: str) -> Words:
    """Return a language. Raises UnknownLanguageError."""
    raw = tomllib.loads(
        files("torquemon.record").joinpath("report/words.toml").read_text(encoding="utf-8")
    )
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise UnknownLanguageError(f"no report in language {clean(language, 20)!r}: {known}")
    return Words(language, raw["version"], raw[language])
