"""Who controls, who only sees, and what it does to the lease. Simulated time, firmware twin."""

from __future__ import annotations

import pytest

from tests.chairs import CONTROL, SECOND, VIEWER, Chair, events
from torquemon.drivers import messages as m
from torquemon.local.messages import OrderName, Role
from torquemon.model import (
    AlertCode,
    ArmPhase,
    StopReason,
)
from torquemon.monitor.session import Options


@pytest.mark.requirement("REQ-LEASE-3", "REQ-LEASE-5")
def test_a_dashboard_that_falls_silent_ends_the_renewals_and_the_device_halts() -> None:
    chair = Chair()
    chair.start_armed()
    chair.device.pedal = True
    chair.run(2.0)
    chair.watched = False
    silent_s = chair.now_s
    chair.run_until(lambda: chair.device.latch is not None, 3.0, "lapse")
    assert chair.device.latch is not None
    assert chair.device.latch.reason is StopReason.LEASE_EXPIRED
    assert 1.0 < chair.now_s - silent_s <= 1.6
    last = chair.sent(m.RenewRequest)
    chair.run(1.0)
    assert chair.sent(m.RenewRequest) == last
    assert not chair.device.motor.turning
    assert AlertCode.NOT_ARMED.value in chair.codes()
    view = chair.view()
    assert not view.operator_present
    assert view.stop is not None
    assert "supervision was lost" in view.stop.text
    assert any(event.get("code") == "not_armed" for event in events(chair))


@pytest.mark.requirement("REQ-LEASE-3")
def test_one_second_of_silence_sounds_the_alarm() -> None:
    chair = Chair()
    chair.start_armed()
    chair.watched = False
    silent_s = chair.now_s
    chair.run_until(lambda: AlertCode.NOT_ARMED.value in chair.codes(), 3.0, "alarm")
    assert chair.now_s - silent_s <= 1.1


@pytest.mark.requirement("REQ-LEASE-3")
def test_a_dashboard_that_fetches_without_drawing_does_not_count() -> None:
    chair = Chair()
    chair.start_armed()
    chair.watched = False
    drawn = chair._drawn
    for _ in range(150):
        chair._drawn = drawn
        chair.fetch()
        chair.step()
    assert not chair.session.arming.operator_present


@pytest.mark.requirement("REQ-LEASE-4", "REQ-STOP-8")
def test_a_viewer_never_counts_and_may_only_stop() -> None:
    chair = Chair()
    chair.start_armed()
    chair.watched = False
    for _ in range(150):
        chair.fetch(VIEWER, Role.VIEW)
        chair.step()
    assert not chair.session.arming.operator_present
    for name in OrderName:
        answer = chair.order(name, VIEWER, Role.VIEW)
        assert answer.ok == (name is OrderName.STOP), name
    chair.run(0.1)
    assert chair.device.latch is not None
    assert any(event.get("who") == "stop pressed on a viewer" for event in events(chair))


@pytest.mark.requirement("REQ-LEASE-4")
def test_a_viewer_that_came_first_does_not_sit_in_the_operators_place() -> None:
    chair = Chair()
    chair.plug_in()
    chair.watched = False
    for _ in range(20):
        chair.fetch(VIEWER, Role.VIEW)
        chair.step()
    assert chair.order(OrderName.START).ok, "the dashboard that controls is let in at once"
    for _ in range(20):
        chair.fetch(VIEWER, Role.VIEW)
        assert chair.fetch().controlling
        chair.step()


@pytest.mark.requirement("REQ-LEASE-4")
def test_a_second_dashboard_takes_over_only_from_one_that_is_silent() -> None:
    chair = Chair()
    chair.start_armed()
    assert not chair.fetch(SECOND).controlling
    assert not chair.order(OrderName.FINISH, SECOND).ok
    assert chair.order(OrderName.STOP, SECOND).ok, "but anyone may stop"
    chair.watched = False
    chair.run(1.1)
    assert chair.fetch(SECOND).controlling
    assert chair.order(OrderName.ACKNOWLEDGE, SECOND).ok
    assert not chair.order(OrderName.ACKNOWLEDGE, CONTROL).ok


def test_a_dashboard_that_left_makes_room_at_once() -> None:
    chair = Chair()
    chair.start_armed()
    chair.desk.gone(CONTROL)
    assert chair.fetch(SECOND).controlling


@pytest.mark.requirement("REQ-ARM-7")
@pytest.mark.parametrize("unattended", [False, True])
def test_headless_arming_is_for_simulators_only(unattended: bool) -> None:  # noqa: FBT001 - a table
    chair = Chair(watched=False, options=Options(unattended=unattended))
    chair.plug_in()
    chair.run(0.2)
    assert chair.session.arming.operator_present == unattended
    device = chair.side.device
    assert device is not None
    object.__setattr__(device, "origin", type(device.origin).REAL)
    assert not chair.session.arming.operator_present


@pytest.mark.requirement("REQ-ARM-7")
def test_without_an_operator_a_start_arms_nothing() -> None:
    chair = Chair(watched=False)
    chair.plug_in()
    chair.run(0.2)
    chair.session.start()
    chair.run(2.0)
    assert chair.sent(m.ArmRequest) == []
    assert "nobody is at the controlling dashboard" in chair.view().arm.reasons


def test_a_start_arms_when_the_first_picture_is_drawn_and_not_long_after() -> None:
    chair = Chair(watched=False)
    chair.plug_in()
    chair.run(0.2)
    chair.session.start()
    chair.run(0.3)
    assert chair.sent(m.ArmRequest) == []
    chair.watched = True
    chair.run(0.3)
    assert chair.view().arm.phase is ArmPhase.ARMED
    late = Chair(watched=False)
    late.plug_in()
    late.run(0.2)
    late.session.start()
    late.run(3.0)
    late.watched = True
    late.run(0.5)
    assert late.sent(m.ArmRequest) == [], "arming so late would be arming by itself"
