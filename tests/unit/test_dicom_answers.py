"""What a status means: exactly one of stored, stored with a remark, away, refused."""

from __future__ import annotations

import pytest

from torquemon.record.delivery.exporter import AwayError, RejectedError
from torquemon.record.dicom.answers import judge, remark


@pytest.mark.parametrize("status", [0x0000, 0x0111])
def test_stored_or_there_already_is_all_that_was_wanted(status: int) -> None:
    assert judge(status, "the archive") == ""


@pytest.mark.parametrize("status", [0xB000, 0xB006, 0xB007])
def test_a_remark_is_said_and_the_report_counts_as_stored(status: int) -> None:
    assert f"0x{status:04X}" in judge(status, "the archive")


@pytest.mark.parametrize("status", [0xA700, 0xA7FF, 0x0122, 0x0124, 0x0213])
def test_what_concerns_the_archive_lets_everything_wait(status: int) -> None:
    with pytest.raises(AwayError, match=f"0x{status:04X}"):
        judge(status, "the archive")


@pytest.mark.parametrize("status", [0xA900, 0xA9FF, 0xC000, 0xCFFF, 0x0110, 0x0117, 0xFE00, 0xFF00])
def test_what_concerns_the_report_lets_others_go_on(status: int) -> None:
    with pytest.raises(RejectedError, match=f"0x{status:04X}"):
        judge(status, "the archive")


def test_every_status_there_is_has_exactly_one_meaning() -> None:
    meanings = {"": 0, "remark": 0, "away": 0, "refused": 0}
    for status in range(0x10000):
        try:
            meanings["remark" if judge(status, "it") else ""] += 1
        except AwayError:
            meanings["away"] += 1
        except RejectedError:
            meanings["refused"] += 1
    assert meanings == {"": 2, "remark": 3, "away": 259, "refused": 0x10000 - 264}


def test_a_remark_has_words_of_our_own_by_its_code() -> None:
    code = judge(0xB006, "the archive")
    assert remark(code, "it") == "it took the report with a remark (0xB006: it left out elements)"
    assert remark("it took the report, it says: Geheim^Anna", "it") == ""
