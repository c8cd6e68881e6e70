"""Text from outside: whatever comes in, what goes out is one harmless line of bounded length."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.text import MAX_TEXT_CHARS, clean, clean_bytes

pytestmark = pytest.mark.requirement("REQ-SEC-1")

ANY_TEXT = st.one_of(
    st.text(),
    st.text(alphabet=st.characters(categories=("Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Mn"))),
    st.text(alphabet="a\x1b[0m\u202e\u200b\u0301 \t\n", max_size=400),
)


def is_harmless(text: str, max_chars: int) -> bool:
    """One line of bounded length, without a character that a terminal or a widget obeys."""
    return len(text) <= max_chars and not any(
        unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for char in text
    )


@given(ANY_TEXT, st.integers(1, 200))
def test_cleaned_text_is_harmless_and_bounded(text: str, max_chars: int) -> None:
    assert is_harmless(clean(text, max_chars), max_chars)


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@given(st.binary(max_size=3000))
def test_any_bytes_are_cleaned(raw: bytes) -> None:
    assert is_harmless(clean_bytes(raw), MAX_TEXT_CHARS)


@given(ANY_TEXT)
def test_marks_never_pile_up(text: str) -> None:
    run = 0
    for char in clean(text):
        run = run + 1 if unicodedata.category(char).startswith("M") else 0
        assert run <= 2


@pytest.mark.parametrize("text", ["Dreher N·cm", "Σ 2.0 µm", "手持ち", "-", ""])
def test_plain_text_is_left_alone(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("a\x1b[2Jb", "a\ufffd[2Jb"),
        ("SN\u202e1000", "SN\ufffd1000"),
        ("two\nlines\tand  more", "two lines and more"),
        (" \r\n ", ""),
        ("zero\u200bwidth", "zero\ufffdwidth"),
        ("x" * 500, "x" * (MAX_TEXT_CHARS - 1) + "…"),
    ],
)
def test_what_was_refused_can_be_seen(text: str, seen: str) -> None:
    assert clean(text) == seen


def test_a_huge_text_is_cut_before_it_is_worked_on() -> None:
    assert len(clean("\u0301" * 10_000_000)) <= MAX_TEXT_CHARS
    assert len(clean_bytes(b"\xff" * 10_000_000)) <= MAX_TEXT_CHARS
