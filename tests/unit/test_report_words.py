"""The texts of the report: complete, alike in every language, and without a promise."""

from __future__ import annotations

import string
from typing import Any

import pytest

from torquemon import DISCLAIMER
from torquemon.model import AlertCode, StopReason, VerdictKind, Window
from torquemon.profiles import builtin
from torquemon.record.remarks import FINDINGS
from torquemon.record.report_words import LANGUAGES, UnknownLanguageError, words

BANNED = {
    "en": ("safe", "success", "detected", "compliant"),
    "de": ("sicher", "erfolg", "erkannt", "konform", "gelungen"),
}


def leaves(texts: Any) -> dict[str, str]:  # noqa: ANN401 - a nested table of texts
    found: dict[str, str] = {}
    for key, value in texts.items():
        inner = leaves(value) if isinstance(value, dict) else {"": value}
        found |= {f"{key}.{name}" if name else key: text for name, text in inner.items()}
    return found


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_report_languages_say_the_same() -> None:
    english, german = leaves(words("en")._texts), leaves(words("de")._texts)
    assert set(english) == set(german)
    for key, text in english.items():
        assert placeholders(text) == placeholders(german[key]), key
    assert words("en")["disclaimer"] == DISCLAIMER


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_words_promise_nothing_and_name_everything(language: str) -> None:
    said = words(language)
    every = " ".join(leaves(said._texts).values()).lower()
    assert [word for word in BANNED[language] if word in every] == []
    for verdict in VerdictKind:
        assert said[f"verdict_{verdict.value}"]
    texts = said._texts
    assert set(AlertCode) | {"halt", "wire_down"} == set(texts["codes"])
    assert {reason.name.lower() for reason in StopReason} == set(texts["halts"])
    assert set(builtin().sites) == set(texts["sites"])
    assert set(FINDINGS) - {"screw_lot"} == set(texts["finding_names"])
    values = {value for known in FINDINGS.values() if isinstance(known, tuple) for value in known}
    assert values == set(texts["finding_values"])


def test_report_numbers_follow_the_language() -> None:
    assert words("en").ncm(9.719) == "9.72\N{NO-BREAK SPACE}N·cm"
    assert words("de").ncm(-9.719) == "−9,72\N{NO-BREAK SPACE}N·cm"
    assert words("en").number(-0.001, 2) == "0.00"
    assert words("de").window(Window(5.5, 15, "w", "s")) == "5,5–15\N{NO-BREAK SPACE}N·cm"
    assert words("de").time("2026-11-23T01:51:32.88+01:00") == "23.11.2026, 00:51:32 UTC"
    assert words("en").time("yesterday\x1b") == "yesterday�"


def test_report_in_another_language_is_refused() -> None:
    with pytest.raises(UnknownLanguageError, match="en, de"):
        words("fr")
