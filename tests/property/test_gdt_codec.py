"""GDT lines: what is written is read back, and nothing that is read ends in a traceback."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from torquemon.record.gdt.codec import (
    ENCODINGS,
    MAX_BYTES,
    CutOffError,
    Field,
    GdtError,
    Record,
    decode,
    encode,
    fits,
)
from torquemon.record.gdt.patient import patient_of

CODED = tuple(each for each in ENCODINGS if each != "auto")
FIELD_IDS = st.from_regex(r"[0-9]{4}", fullmatch=True).filter(lambda x: x not in ("8000", "8100"))
TEXTS = st.text(st.characters(exclude_categories=["C"]), max_size=60).map(str.strip)


@st.composite
def records(draw: st.DrawFn) -> Record:
    encoding = draw(st.sampled_from(CODED))
    text = TEXTS.filter(lambda each: fits(each, encoding))
    fields = draw(st.lists(st.builds(Field, FIELD_IDS, text), max_size=12))
    kind = draw(st.sampled_from(["6301", "6302", "6310", "6311"]))
    return Record(kind, tuple(fields), encoding)


def refusal(raw: bytes, encoding: str = "auto") -> str:
    """Return why a file is refused; empty where it is not. Anything but GdtError is a failure."""
    try:
        patient_of(decode(raw, encoding))
    except GdtError as error:
        return str(error)
    return ""


@given(records())
def test_a_record_comes_back_as_it_was_written(record: Record) -> None:
    raw = encode(record)
    assert decode(raw, record.encoding) == record
    assert int(raw.split(b"\r\n")[1][7:]) == len(raw)


@given(records(), st.data())
def test_a_record_that_is_cut_off_is_refused(record: Record, data: st.DataObject) -> None:
    raw = encode(record)
    length_line = raw.index(b"\r\n") + 2 + 14
    kept = data.draw(
        st.integers(length_line, len(raw) - 1) if len(raw) > length_line else st.just(0)
    )
    with pytest.raises(CutOffError):
        decode(raw[:kept], record.encoding)


@given(st.binary(max_size=400))
@example(b"01380006302\r\n")
@example(b"\xef\xbb\xbf01380006302\r\n")
@example(b"01380006302\r\n0109206\xff\r\n")
def test_any_bytes_are_read_or_refused_in_one_sentence(raw: bytes) -> None:
    for encoding in ENCODINGS:
        assert refusal(raw, encoding).isprintable()


@given(records(), st.data())
def test_a_changed_byte_never_ends_in_a_traceback(record: Record, data: st.DataObject) -> None:
    raw = bytearray(encode(record))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert len(refusal(bytes(raw))) < 300


@given(st.text(max_size=80), st.sampled_from(CODED))
def test_what_an_encoding_lacks_is_said_as_near_as_it_can(text: str, encoding: str) -> None:
    plain = re.sub(r"\s|[^\w]", "", text)
    try:
        raw = encode(Record("6310", (Field("6220", plain),), encoding))
    except GdtError:
        return
    assert decode(raw, encoding).kind == "6310"


def test_a_file_of_ten_megabytes_is_refused_at_once() -> None:
    with pytest.raises(GdtError, match=f"longer than {MAX_BYTES}"):
        decode(b"01380006302\r\n" * 800_000)


def test_an_empty_file_may_still_be_written() -> None:
    with pytest.raises(CutOffError):
        decode(b"")
