"""Patients from GDT files: every character set, every version, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from torquemon.record.gdt.codec import Field, GdtError, Record, decode, encode
from torquemon.record.gdt.patient import patient_of

PERSON = (
    Field("3000", "4711"),
    Field("3101", "Müller-Lüdenscheidt"),
    Field("3102", "Änne"),
    Field("3103", "01041975"),
)


def written(*more: Field, encoding: str = "cp437", kind: str = "6302") -> bytes:
    return encode(Record(kind, (*more, *PERSON), encoding))


@pytest.mark.parametrize(
    ("encoding", "more"),
    [
        ("din66003", Field("9206", "1")),
        ("cp437", Field("9206", "2")),
        ("cp437", Field("9218", "02.10")),
        ("cp1252", Field("9206", "3")),
        ("iso8859-15", Field("0001", "3.5")),
    ],
)
def test_the_character_set_is_the_one_that_the_file_names(encoding: str, more: Field) -> None:
    patient = patient_of(decode(written(more, encoding=encoding)))
    assert patient.name == "Müller-Lüdenscheidt^Änne"
    assert patient.birth_date == date(1975, 4, 1)
    assert patient.number == "4711"


def test_utf_8_is_read_where_it_is_set_or_marked() -> None:
    raw = written(encoding="utf-8")
    assert patient_of(decode(raw, "utf-8")).first_name == "Änne"
    assert patient_of(decode(b"\xef\xbb\xbf" + raw)).first_name == "Änne"


def test_a_length_in_characters_and_a_bare_line_feed_are_taken() -> None:
    lines = ["01380006302", "01330004711", "0133102Änne"]
    raw = "".join(f"{line}\n" for line in lines).encode()
    assert patient_of(decode(raw, "utf-8")).first_name == "Änne"


def test_the_objects_of_version_3_5_are_read_through() -> None:
    fields = (
        Field("8133", "Kopfdaten_GDT"),
        Field("8002", "Obj_0033"),
        Field("0001", "3.5"),
        Field("8003", "Obj_0033"),
        Field("8145", "Patient"),
        Field("8002", "Obj_0045"),
        *PERSON,
        Field("8003", "Obj_0045"),
        Field("8001", "6302"),
    )
    raw = encode(Record("6302", fields, "iso8859-15"), length_digits=7)
    assert patient_of(decode(raw)).first_name == "Änne"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b"hello\r\n", "does not begin with"),
        (b"01380006302\r\n", "3000 .* is missing"),
        (b"01380006302\r\n01430004711\r\n", "says 14 bytes and has 13"),
        (b"01380006302\r\n01330004711", "no end"),
        (b"01380006302\r", "no end"),
        (b"01380006302\r01330004711\r", "lines end with CR alone"),
        (b"01380006302\r\n01330004711\r\n017310301012090\r\n", "lies in the future"),
        (b"01380006302\r\n014810000999\r\n01330004711\r\n", "cut off"),
        (b"01380006302\r\n014810000x99\r\n01330004711\r\n", "no length in bytes"),
        (b"01330004711\r\n01380006302\r\n", "no field 8000"),
        (b"01380006302\r\n01380006302\r\n", "more than one record"),
        (b"01380006310\r\n01330004711\r\n", "brings no patient"),
        (b"01380006302\r\n01330004711\r\n01330004712\r\n", "different things"),
        (b"01380006302\r\n01330004711\r\n017310399991975\r\n", "no day written"),
        (b"01380006302\r\n01330004711\r\n01092069\r\n", "9206 names"),
        (b"01380006302\r\n01092061\r\n01330004711\r\n0123101M\xfcl\r\n", "byte 0xfc"),
        (b"01380006302\r\n01330004\x1b11\r\n", "control character"),
        (b"01380006302\r\n0128315EKG\r\n01330004711\r\n", "for the device 'EKG'"),
        (b"01380006302\r\n0743000" + b"1" * 65 + b"\r\n", "cannot be used"),
    ],
)
def test_what_is_not_certain_is_refused_in_one_sentence(raw: bytes, said: str) -> None:
    with pytest.raises(GdtError, match=said) as refused:
        patient_of(decode(raw), receiver="TORQUE", today=date(2026, 11, 3))
    assert str(refused.value).isprintable()


def test_whoever_is_born_today_is_taken() -> None:
    raw = b"01380006302\r\n01330004711\r\n017310303112026\r\n"
    assert patient_of(decode(raw), today=date(2026, 11, 3)).birth_date == date(2026, 11, 3)


def test_an_unknown_birth_date_is_none() -> None:
    raw = b"01380006302\r\n01330004711\r\n017310300000000\r\n"
    assert patient_of(decode(raw)).birth_date is None
