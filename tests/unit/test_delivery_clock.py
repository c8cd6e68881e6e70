"""The computer's clock may be wrong and be set right: no report waits for a day that was never."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.destinations import SendingChair
from torquemon.record.delivery.engine import LONGEST_WAIT_S, rests
from torquemon.record.delivery.exporter import MAX_RETRY_AFTER_S

DAYS_S = 30 * 24 * 3600.0


@pytest.fixture
def chair() -> Iterator[SendingChair]:
    made = SendingChair()
    yield made
    made.close()


def set_back(chair: SendingChair, seconds: float) -> None:
    """Set the clock of the computer back; time itself goes on."""
    chair.clock._utc -= timedelta(seconds=seconds)


@pytest.mark.parametrize("whole", [True, False], ids=["destination", "insertion"])
def test_a_clock_that_was_ahead_keeps_nothing_here(chair: SendingChair, whole: bool) -> None:  # noqa: FBT001
    found = chair.signed("P-1")
    set_back(chair, -DAYS_S)
    chair.exporter.away = whole
    if not whole:
        chair.exporter.refuses.add(found)
    assert chair.courier.sweep().waiting == 1
    chair.exporter.away = False
    chair.exporter.refuses.clear()
    assert chair.courier.sweep().sent == 0  # its waiting time runs
    set_back(chair, DAYS_S)
    swept = chair.courier.sweep()
    assert (swept.sent, swept.waiting) == (1, 0)


def test_a_clock_that_jumps_ahead_only_asks_sooner(chair: SendingChair) -> None:
    chair.signed("P-1")
    chair.exporter.away = True
    chair.courier.sweep()
    chair.exporter.away = False
    set_back(chair, -DAYS_S)
    assert chair.courier.sweep().sent == 1


def test_the_longest_waiting_time_is_kept(chair: SendingChair) -> None:
    now = chair.clock.utc_now()
    longest = timedelta(seconds=max(LONGEST_WAIT_S, MAX_RETRY_AFTER_S))
    assert rests(now + longest, now)
    assert not rests(now + longest + timedelta(seconds=1), now)
    assert not rests(now, now)
    assert not rests(None, now)
