"""Names of files from hostile records: inside the folder, one per patient, fit for every disk."""

from __future__ import annotations

import tempfile
import unicodedata
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.folder_cases import OPENED, lying, make_case, opened, send
from torquemon.model import Origin
from torquemon.record.delivery.config import ConfigError
from torquemon.record.folder.naming import (
    MAX_STEM_BYTES,
    PATTERN,
    PIECES,
    checked_pattern,
    fold,
    piece,
    pieces,
    stem,
    zone,
)
from torquemon.text import clean

HOSTILE = st.one_of(
    st.text(max_size=200),
    st.sampled_from(
        [
            "../../etc/passwd",
            "..\\..\\x",
            "C:\\x",
            "CON",
            "nul.txt",
            "COM1",
            "a" * 300,
            "é" * 200,
            ".",
            "..",
            "~",
            "_12_x",
            "x.",
            "x ",
            "\u202egpj.exe",
            "a\x00b",
            "病人",
            "{patient}",
            "%s",
            "$(id)",
            "-rf",
        ]
    ),
)


def name_of(patient: str, pattern: str = PATTERN, mark: str = "", category: int = 0) -> str:
    case = make_case(patient=patient)
    parts = pieces(case, patient, zone("UTC"))
    return stem(pattern, parts, mark=mark, category_number=category)


@given(HOSTILE, st.lists(st.sampled_from(PIECES), max_size=6), st.sampled_from(["", "SIMULATED"]))
@example("CON", [], "")
@example("../..", ["category"], "SIMULATED")
def test_a_name_is_fit_for_every_disk(patient: str, more: list[str], mark: str) -> None:
    pattern = "_".join(f"{{{each}}}" for each in ("patient", *more))
    name = name_of(clean(patient), pattern, mark)
    assert name == Path(name).name == PureWindowsPath(name).name
    assert not PureWindowsPath(name).is_reserved()
    assert name.startswith(mark)
    assert len(f"{name}_SUPERSEDED-9999999999_2.json".encode()) <= MAX_STEM_BYTES + 40
    assert name[0] not in " ._-"
    assert name[-1] not in " ."
    assert not set(name) & set('<>:"/\\|?*')
    assert all(unicodedata.category(char)[0] in "LNMPS" for char in name)


@given(st.text(max_size=64).map(clean), st.text(max_size=64).map(clean))
@example("12/34", "12-34")
@example("a.", "a")
@example("", "unknown")
def test_two_patients_never_share_a_name(one: str, other: str) -> None:
    if one != other and one and other:
        assert name_of(one) != name_of(other)


@given(HOSTILE)
def test_a_piece_is_never_empty_and_bounded(text: str) -> None:
    made = piece(text, distinct=True)
    assert 0 < len(made.encode()) <= 67
    assert fold(made) == fold(unicodedata.normalize("NFD", made))


@given(HOSTILE, HOSTILE)
def test_nothing_is_written_outside_of_the_folder(patient: str, site: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        inside = Path(name) / "in"
        case = make_case(patient=clean(patient), site=clean(site), origin=Origin.SIMULATED)
        send(opened(inside), case, times=2)
        assert [each.name for each in Path(name).iterdir()] == ["in"]
        assert len(lying(inside)) == 3
        assert all(each.is_file() for each in inside.iterdir())


@given(st.text(max_size=60))
@example("{patient!r}")
@example("{patient:>900000000}")
@example("{0}")
@example("{patient.__class__}")
@example("{patient")
@example("../{patient}")
@example("{date}")
def test_a_pattern_is_taken_or_refused_in_one_sentence(pattern: str) -> None:
    try:
        checked_pattern(pattern)
    except ConfigError:
        return
    assert name_of("P-1", pattern)


def test_open_dental_finds_its_category_in_front() -> None:
    # Open Dental looks for ^_\d*_ and takes the number for the image category (Documents.cs)
    assert name_of("P-1", category=137, mark="SIMULATED").startswith("_137_SIMULATED_P-1_")
    assert not name_of("_12_P").startswith("_")


def test_the_day_is_that_of_the_time_zone() -> None:
    late = make_case(opened_utc=OPENED.replace(hour=23, minute=30))
    assert pieces(late, "", zone("Europe/Berlin"))["date"] == "2026-01-02"
    assert pieces(late, "", zone("America/New_York"))["date"] == "2026-01-01"
    with pytest.raises(ConfigError, match="time_zone"):
        zone("Mars/Olympus")
