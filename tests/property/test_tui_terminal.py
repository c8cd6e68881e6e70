"""What a terminal sends, in pieces of any size: nothing raises, a paste stays a paste."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from textual.driver import Driver
from textual.drivers import linux_driver

from torquemon.tui.terminal import (
    PASTE_BEGINS,
    PASTE_ENDS,
    PASTE_PAUSE_S,
    PASTE_S,
    STOP_KEY,
    TypedDecoder,
    harmless,
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """The same bytes in pieces."""
    marks = sorted({min(each, len(data)) for each in cuts} | {0, len(data)})
    return [data[a:b] for a, b in itertools.pairwise(marks)]


CUTS = st.lists(st.integers(0, 200), max_size=20)
TYPED = st.text(st.characters(codec="utf-8"), max_size=30).filter(lambda t: PASTE_BEGINS not in t)


@given(st.binary(max_size=200), CUTS)
def test_no_bytes_raise_and_pieces_make_no_difference(data: bytes, cuts: list[int]) -> None:
    whole, cut = TypedDecoder(), TypedDecoder()
    said = "".join(cut.decode(each) for each in pieces(data, cuts)) + cut.decode(b"", final=True)
    assert said == whole.decode(data) + whole.decode(b"", final=True)


@given(TYPED, CUTS)
def test_what_is_typed_comes_through_at_once_and_unchanged(text: str, cuts: list[int]) -> None:
    decoder = TypedDecoder()
    assert "".join(decoder.decode(each) for each in pieces(text.encode(), cuts)) == text


@given(TYPED, st.text(st.characters(codec="utf-8"), max_size=60), TYPED, CUTS)
def test_a_paste_holds_no_control_and_ends_where_the_terminal_ends_it(
    before: str, pasted: str, after: str, cuts: list[int]
) -> None:
    pasted = pasted.replace(PASTE_ENDS, "").replace(STOP_KEY, "").replace(PASTE_ENDS, "")
    assume(PASTE_ENDS not in pasted and STOP_KEY not in pasted)
    sent = before + PASTE_BEGINS + pasted + PASTE_ENDS + after
    decoder = TypedDecoder()
    said = "".join(decoder.decode(each) for each in pieces(sent.encode(), cuts))
    assert said.startswith(before + PASTE_BEGINS)
    kept, ends, rest = said[len(before + PASTE_BEGINS) :].partition(PASTE_ENDS)
    assert ends
    assert rest == after
    assert "\x1b" not in kept
    assert kept == "".join(
        c for c in pasted if c in "\t\n\r" or not (c < " " or "\x7f" <= c <= "\x9f")
    )


def test_a_byte_that_is_no_utf8_is_one_replacement_sign() -> None:
    assert TypedDecoder().decode(b"M\xfcller") == "M�ller"


def test_a_paste_that_does_not_end_is_ended_so_that_stop_is_read() -> None:
    now_s = 10.0
    decoder = TypedDecoder(now_s=lambda: now_s)
    assert decoder.decode(PASTE_BEGINS.encode() + b"half\x1b[20") == PASTE_BEGINS + "half"
    now_s += PASTE_PAUSE_S + 0.01
    assert decoder.decode(b"s") == PASTE_ENDS + "s"


def test_a_stop_key_that_is_held_ends_a_paste_without_end() -> None:
    now_s = 10.0
    decoder = TypedDecoder(now_s=lambda: now_s)
    said = decoder.decode(PASTE_BEGINS.encode() + b"half")
    while "s" not in said.partition(PASTE_ENDS)[2]:
        now_s += 0.03  # a key that is held
        said += decoder.decode(b"s")
        assert now_s < 10.0 + PASTE_S + 0.1


@given(CUTS)
def test_f12_in_a_paste_is_a_stop_at_once(cuts: list[int]) -> None:
    sent = (PASTE_BEGINS + "text" + STOP_KEY + "s").encode()
    decoder = TypedDecoder()
    said = "".join(decoder.decode(each) for each in pieces(sent, cuts))
    assert said == PASTE_BEGINS + "text" + PASTE_ENDS + STOP_KEY + "s"


def test_the_drivers_read_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linux_driver, "getincrementaldecoder", None)
    driver: Any = linux_driver.LinuxDriver
    assert issubclass(harmless(driver), Driver)
    assert vars(linux_driver)["getincrementaldecoder"]("utf-8") is TypedDecoder
