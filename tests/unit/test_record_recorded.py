"""What is in the record is asked of the few that matter, however many years it holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.destinations import OPERATOR, SendingChair
from torquemon.record.erasing import erase_insertions


@pytest.fixture
def chair() -> Iterator[SendingChair]:
    made = SendingChair()
    yield made
    made.close()


def test_of_some_insertions_those_that_are_there_or_were_erased(chair: SendingChair) -> None:
    here, erased, other = chair.record("P-1"), chair.record("P-2"), chair.record("P-3")
    erase_insertions(chair.store, [erased], "asked for", OPERATOR)
    assert chair.store.recorded([here, erased, "01KBNEVER"]) == {here, erased}
    assert chair.store.recorded([]) == set()
    assert other not in chair.store.recorded([here])


def test_more_than_a_question_has_places_for(chair: SendingChair) -> None:
    here = chair.record("P-1")
    many = [f"01KB{number:022d}" for number in range(33_000)]
    assert chair.store.recorded([*many, here]) == {here}
