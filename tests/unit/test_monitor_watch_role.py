"""Who only watches orders nothing, whatever it is: the monitor refuses, not the screen."""

from __future__ import annotations

import pytest

from tests.chairs import Chair
from torquemon.drivers.messages import StopRequest
from torquemon.local.messages import OrderName, Role

WATCHER = 7


@pytest.mark.requirement("REQ-WEB-1", "REQ-LEASE-4")
@pytest.mark.parametrize("name", OrderName)
def test_every_order_of_a_watching_screen_is_refused(name: OrderName) -> None:
    chair = Chair()
    chair.start_armed()
    notice, alarms = chair.view().notice, chair.view().alarms
    answer = chair.order(name, WATCHER, Role.WATCH)
    assert not answer.ok
    assert answer.error == "this screen only watches: press STOP at the chair"
    assert not chair.sent(StopRequest)
    assert not chair.desk.wants_quit
    assert (chair.view().notice, chair.view().alarms) == (notice, alarms)


@pytest.mark.requirement("REQ-LEASE-4")
def test_a_watching_screen_never_counts_as_an_operator() -> None:
    chair = Chair(watched=False)
    chair.plug_in()
    chair.run(0.2)
    for _ in range(50):
        assert not chair.fetch(WATCHER, Role.WATCH).controlling
        chair.run(0.05)
    assert not chair.view().operator_present
