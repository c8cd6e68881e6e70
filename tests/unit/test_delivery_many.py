"""A long outbox costs no more questions than a short one: the recorder sounds alarms meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.destinations import SendingChair
from torquemon.record.delivery.status import Line, lines

MANY = 60


@pytest.fixture
def chair() -> Iterator[SendingChair]:
    made = SendingChair()
    yield made
    made.close()


def questions(act: Callable[[], object]) -> int:
    """Return how many statements something sends to the record."""
    seen = []

    def count(*told: object) -> None:
        seen.append(told[2])

    event.listen(Engine, "before_cursor_execute", count)
    try:
        act()
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return len(seen)


def line_of(chair: SendingChair) -> Line:
    (line,) = lines(chair.store)
    return line


def test_how_it_stands_costs_the_same_however_much_waits(
    chair: SendingChair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORQUEMON_HOME", str(chair.folder))
    chair.signed("P-1")
    few = questions(lambda: lines(chair.store))
    for number in range(MANY):
        chair.record(f"P-{number}")
    assert questions(lambda: lines(chair.store)) == few
    assert (line_of(chair).waiting, line_of(chair).unsigned) == (1, MANY)


def test_what_nobody_signed_is_not_looked_at_one_by_one(chair: SendingChair) -> None:
    few = questions(chair.courier.sweep)
    for number in range(MANY):
        chair.record(f"P-{number}")
    assert questions(chair.courier.sweep) == few
    assert chair.exporter.calls == 0


def test_more_wait_than_a_question_has_places_for(
    chair: SendingChair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes 32,766 values in one question; an outbox may be longer."""
    monkeypatch.setenv("TORQUEMON_HOME", str(chair.folder))
    for number in range(3):
        chair.signed(f"P-{number}")
    limits: list[int] = []

    def longest(*told: object) -> None:
        limits.append(len(told[3]) if isinstance(told[3], list | tuple) else 0)

    event.listen(Engine, "before_cursor_execute", longest)
    try:
        few = max(line_of(chair).waiting, 0), max(limits)
        for number in range(MANY):
            chair.signed(f"Q-{number}")
        limits.clear()
        assert line_of(chair).waiting == MANY + few[0]
    finally:
        event.remove(Engine, "before_cursor_execute", longest)
    assert max(limits) == few[1]


def test_what_stays_behind_when_others_are_signed_goes_once_it_is(chair: SendingChair) -> None:
    first, second = chair.record("P-1"), chair.signed("P-1")
    assert chair.courier.sweep().sent == 1
    assert set(chair.exporter.held) == {second}
    chair.remarks.sign(first, "Dr A")
    assert chair.courier.sweep().sent == 1
    assert set(chair.exporter.held) == {first, second}
