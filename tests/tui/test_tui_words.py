"""The catalogue: complete in every language, with the numbers of the language."""

from __future__ import annotations

import string
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon import DISCLAIMER
from torquemon.tui import words
from torquemon.tui.words import LANGUAGES, catalogue, number, say, speak, to_point

OTHERS = [language for language in LANGUAGES if language != "en"]
BANNED = {
    "en": ("safe", "success", "detected", "compliant"),
    "de": ("sicher", "erfolg", "erkannt", "konform", "gelungen"),
}


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    speak("en")


def fields(text: str) -> list[tuple[str | None, str | None]]:
    return sorted((name, spec) for _, name, spec, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("language", OTHERS)
def test_tui_every_language_says_everything_with_the_same_fields(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    assert set(other) == set(english)
    assert {key: fields(text) for key, text in other.items()} == {
        key: fields(text) for key, text in english.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_tui_no_text_is_empty_or_has_blanks_about_it(language: str) -> None:
    assert all(text and text == text.strip() for text in catalogue(language).values())


def test_tui_the_disclaimer_of_the_catalogue_is_the_one_of_the_product() -> None:
    assert catalogue("en")["disclaimer"] == DISCLAIMER


@pytest.mark.requirement("REQ-SHOW-5")
@pytest.mark.parametrize("language", LANGUAGES)
def test_tui_words_promise_nothing(language: str) -> None:
    texts = " ".join(catalogue(language).values()).lower()
    assert [word for word in BANNED[language] if word in texts] == []


def test_tui_unknown_language_is_refused() -> None:
    with pytest.raises(KeyError):
        speak("xx")
    assert words.language() == "en"


@given(st.floats(-999, 999))
def test_tui_numbers_are_shown_in_the_language_and_sent_with_a_point(value: float) -> None:
    for language, sign in words.DECIMAL.items():
        speak(language)
        shown = number(value, ".1f")
        assert shown.count(sign) == 1
        assert to_point(shown) == f"{value:.1f}"
        assert say("arm.armed", held=value) == say("arm.armed", held=0.0).replace(
            f"0{sign}0", shown
        )


def test_tui_whole_numbers_keep_their_form() -> None:
    speak("de")
    assert say("link.battery", percent=82) == "Akku 82 %"
    assert say("window", low=5.5, high=15.0) == "Fenster 5,5-15 N·cm"
