"""The parts of the stop path one by one, where a neighbour would hide a mistake of theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.chairs import Bench, Chair, Line
from tests.link_desk import held
from torquemon.drivers import messages as m
from torquemon.drivers.codec import Result
from torquemon.drivers.device_messages import Ack
from torquemon.drivers.host_messages import ArmRequest
from torquemon.drivers.lease import Lease
from torquemon.drivers.link import Connected, LinkPhase
from torquemon.local.messages import OrderName
from torquemon.model import (
    ArmPhase,
    ArmState,
    ArmStop,
    Disarm,
    Priority,
    Stop,
    Tare,
)
from torquemon.text import clean

MS = 1_000_000


def asked() -> tuple[Lease, ArmRequest]:
    lease = Lease(41)
    return lease, lease.ask(7, 1200, 500, 0)


def phase(lease: Lease) -> ArmPhase:
    """The phase, asked anew: it changes under the hands of the type checker."""
    return lease.phase


@pytest.mark.requirement("REQ-ARM-1")
@pytest.mark.parametrize(
    "change",
    [
        {"threshold_counts": 1210},
        {"threshold_counts": 0},
        {"arm_state": ArmState.DISARMED},
        {"arm_state": ArmState.STANDALONE},
        {"lease_ms": 1000},
        {"lease_nonce": 41},
    ],
)
def test_the_answer_alone_must_read_back_all_that_was_asked(change: dict[str, Any]) -> None:
    lease, request = asked()
    state = replace(held(request), **change)
    lease.answered(Ack(request.request_id, ArmRequest.TYPE, Result.DONE, state), 0)
    assert phase(lease) is ArmPhase.NOT_ARMED
    assert lease.held_counts is None
    assert lease.renewal(8, 10_000 * MS) is None


@pytest.mark.requirement("REQ-ARM-1")
def test_before_its_answer_an_arming_holds_nothing() -> None:
    lease, request = asked()
    assert phase(lease) is ArmPhase.ARMING
    assert lease.held_counts is None
    lease.saw(held(request), 0)
    assert phase(lease) is ArmPhase.ARMING, "a status is no answer"
    lease.answered(Ack(request.request_id, ArmRequest.TYPE, Result.DONE, held(request)), 0)
    assert phase(lease) is ArmPhase.ARMED
    assert lease.held_counts == 1200


@pytest.mark.requirement("REQ-ARM-3")
def test_a_read_back_as_old_as_the_lease_is_the_last_that_counts() -> None:
    lease, request = asked()
    lease.answered(Ack(request.request_id, ArmRequest.TYPE, Result.DONE, held(request)), 0)
    lease.refresh(500 * MS)
    assert phase(lease) is ArmPhase.ARMED
    lease.refresh(500 * MS + 1)
    assert phase(lease) is ArmPhase.NOT_ARMED


class Bell(Line):
    """A wire that counts how often it was woken."""

    woken = 0

    def wake(self) -> None:
        self.woken += 1


@pytest.mark.requirement("REQ-STOP-1")
@pytest.mark.parametrize("command", [Stop("test"), Tare()])
def test_an_order_wakes_the_reader_at_once(command: Stop | Tare) -> None:
    bench = Bench()
    bell = Bell(bench.twin, bench.clock)
    bench.host._transport = bell
    assert bench.host.request(command)
    assert bell.woken == 1, "else it waits for the end of a read"


@pytest.mark.requirement("REQ-STOP-1")
def test_an_order_without_a_wire_is_kept_and_wakes_nobody() -> None:
    bench = Bench()
    assert bench.host.request(Stop("test"))


@pytest.mark.requirement("REQ-ARM-4")
@pytest.mark.parametrize("command", [ArmStop(12.0, 500), Tare(), Disarm()])
def test_nothing_but_a_stop_goes_to_a_device_that_is_greeted_anew(
    command: ArmStop | Tare | Disarm,
) -> None:
    bench = Bench()
    bench.plug_in()
    bench.run(0.3)
    assert bench.link.phase is LinkPhase.READY
    assert bench.link.order(command, bench.now_ns)
    bench.line.bend_in = lambda _: b""
    bench.run_until(lambda: bench.link.phase is LinkPhase.GREETING, 3.0, "silence")
    assert bench.link.order(command, bench.now_ns) == b""
    assert bench.link.order(Stop("test"), bench.now_ns)


@pytest.mark.requirement("REQ-ARM-5")
def test_an_operator_who_arms_what_cannot_be_stopped_is_told_so() -> None:
    chair = Chair("warn-only", plan={"site": "mandible-buccal"})
    chair.plug_in()
    chair.run(0.3)
    chair.order(OrderName.START)
    chair.run(0.3)
    assert "cannot be stopped from here" in chair.order(OrderName.ARM).text
    chair.run(0.3)
    assert chair.sent(m.ArmRequest) == []
    assert chair.view().arm.phase is ArmPhase.WARN_ONLY


@pytest.mark.requirement("REQ-STOP-12")
def test_a_stop_under_way_survives_its_wire() -> None:
    chair = Chair()
    chair.plug_in()
    chair.run(0.3)
    chair.device.pedal = True
    chair.run(1.0)
    chair.line.bend_out = lambda _: b""
    chair.order(OrderName.STOP)
    chair.run(0.05)
    assert chair.device.latch is None, "no stop has arrived"
    chair.pull_out()
    chair.beat()
    assert "stop_failed" in chair.codes()
    assert chair.line.sent == []
    chair.plug_in()
    chair.run(0.5)
    orders = [each for each in chair.line.sent if not isinstance(each, m.HelloRequest)]
    assert isinstance(orders[0], m.StopRequest)
    assert not chair.device.motor.turning


@pytest.mark.requirement("REQ-LINK-7")
def test_another_handpiece_during_a_recording_is_an_alarm_and_not_armed() -> None:
    chair = Chair()
    chair.start_armed()
    info = chair.side.device
    assert info is not None
    stranger = replace(info, serial=clean("SOMEBODY-ELSE"))
    chair.pull_out()
    asked_before = len(chair.sent(m.ArmRequest))
    chair.side.fold(Connected(stranger, rebooted=True), chair.now_ns)
    alarm = next(a for a in chair.alerts if "another handpiece" in a.why)
    assert alarm.priority is Priority.ALARM
    assert "SOMEBODY-ELSE" in alarm.why
    assert len(chair.sent(m.ArmRequest)) == asked_before
    assert chair.view().arm.phase is ArmPhase.NOT_ARMED
