"""A new insertion does not wipe what nobody has acknowledged."""

from __future__ import annotations

from tests.chairs import Chair
from torquemon.local.messages import OrderName
from torquemon.model import AlertCode


def test_an_alarm_that_nobody_acknowledged_survives_the_next_start() -> None:
    chair = Chair()
    chair.start_armed()
    chair.chronicle.raise_alarm(AlertCode.SIGNAL_QUALITY, "nobody has seen this yet")
    chair.order(OrderName.FINISH)
    chair.run(0.1)
    chair.order(OrderName.START)
    chair.run(0.1)
    kept = [a for a in chair.view().alarms if a.why == "nobody has seen this yet"]
    assert [(a.acknowledged, a.active) for a in kept] == [(False, False)]


def test_what_was_acknowledged_does_not_follow_into_the_next_insertion() -> None:
    chair = Chair()
    chair.start_armed()
    chair.chronicle.raise_alarm(AlertCode.SIGNAL_QUALITY, "seen")
    chair.order(OrderName.ACKNOWLEDGE)
    chair.order(OrderName.FINISH)
    chair.run(0.1)
    chair.order(OrderName.ACKNOWLEDGE)
    chair.order(OrderName.START)
    chair.run(0.1)
    assert chair.view().alarms == ()
