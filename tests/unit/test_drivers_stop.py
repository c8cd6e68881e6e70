"""The stop on the link: every phase, repetition, confirmation, failure. Crafted answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.link_desk import (
    HALT,
    STATE,
    Desk,
    reading,
)
from torquemon.drivers import messages as m
from torquemon.drivers.codec import Capability, Result
from torquemon.drivers.device_messages import DeviceState
from torquemon.drivers.link import (
    StopConfirmed,
    StopFailed,
)
from torquemon.model import (
    MotorState,
    Stop,
)


def connected(desk: Desk) -> None:
    desk.connect()


def armed(desk: Desk) -> None:
    desk.connect()
    desk.arm()


def halted(desk: Desk) -> None:
    desk.connect()
    desk.give(m.Status(HALT), 1)


def silent(desk: Desk) -> None:
    desk.connect()
    desk.tick(1500)


def before_hello(desk: Desk) -> None:
    desk.greet()


@pytest.mark.requirement("REQ-STOP-1", "REQ-STOP-2")
@pytest.mark.parametrize("prepare", [before_hello, connected, armed, halted, silent])
def test_a_stop_goes_out_in_every_phase_and_is_repeated(prepare: Callable[[Desk], None]) -> None:
    desk = Desk()
    prepare(desk)
    sent = desk.order(Stop(), 2000)
    for ms in range(2000, 2500, 5):
        sent += desk.tick(ms)
    stops = [message for message in sent if isinstance(message, m.StopRequest)]
    assert len(stops) == 13, "one every 40 ms"
    assert len({stop.request_id for stop in stops}) == len(stops)
    failed = desk.of(StopFailed)
    assert failed, "and after 150 ms it is said that it is not obeyed"


@pytest.mark.requirement("REQ-STOP-3")
def test_a_stop_that_is_acknowledged_but_not_obeyed_has_failed() -> None:
    desk = Desk()
    desk.connect()
    (stop,) = desk.order(Stop(), 0)
    assert isinstance(stop, m.StopRequest)
    turning = replace(HALT, motor=MotorState.FORWARD)
    for ms in range(0, 1000, 10):
        desk.give(m.Ack(stop.request_id, stop.TYPE, Result.DONE, replace(HALT)), ms)
        desk.give(m.Status(turning), ms)
        desk.give(reading(ms, speed=250, angle=ms * 1500, t_us=ms * 1000), ms)
        desk.tick(ms)
        assert (len(desk.of(StopFailed)) > 0) == (ms > 150)
    assert desk.of(StopConfirmed) == []
    assert len(desk.of(StopFailed)) == 2, "told again every half second"


@pytest.mark.requirement("REQ-STOP-2")
def test_the_screw_that_stands_still_confirms_a_stop() -> None:
    desk = Desk()
    desk.connect()
    desk.order(Stop(), 0)
    for ms in range(0, 60, 10):
        desk.give(reading(ms, speed=0, angle=90_000, t_us=ms * 1000), ms)
        desk.tick(ms)
    assert len(desk.of(StopConfirmed)) == 1
    assert [message for ms in range(60, 500, 10) for message in desk.tick(ms)] == []


@pytest.mark.requirement("REQ-STOP-3")
def test_a_slow_creep_is_no_standstill() -> None:
    desk = Desk()
    desk.connect()
    desk.order(Stop(), 0)
    for ms in range(0, 500, 10):
        desk.give(reading(ms, speed=0, angle=ms * 80, t_us=ms * 1000), ms)  # 80 degrees a second
        desk.tick(ms)
    assert desk.of(StopConfirmed) == []
    assert desk.of(StopFailed)


@pytest.mark.requirement("REQ-STOP-2")
@pytest.mark.parametrize(
    ("state", "confirmed"),
    [
        (HALT, True),
        (replace(HALT, motor=MotorState.UNKNOWN), True),
        (replace(STATE, motor=MotorState.UNKNOWN), False),
        (replace(HALT, motor=MotorState.REVERSE), False),
    ],
)
def test_without_motion_channels_the_state_confirms(state: DeviceState, confirmed: bool) -> None:  # noqa: FBT001 - a table
    desk = Desk(Capability.STOP_THRESHOLD)
    desk.connect()
    desk.order(Stop(), 0)
    desk.give(reading(1, t_us=1000), 1)
    desk.give(m.Status(state), 2)
    desk.tick(3)
    assert bool(desk.of(StopConfirmed)) == confirmed


@pytest.mark.requirement("REQ-STOP-2")
def test_a_stop_is_confirmed_after_a_reboot_of_the_device() -> None:
    desk = Desk()
    desk.connect()
    desk.order(Stop(), 0)
    desk.give(reading(1, speed=250, angle=0, t_us=50_000_000), 1)
    for ms in range(1, 1100, 10):
        desk.tick(ms)
    greeting = next(x for x in reversed(desk.sent) if isinstance(x, m.HelloRequest))
    desk.answer_hello(greeting, 1100, boot_id=2)
    for ms in range(1100, 1200, 10):
        desk.give(reading(ms, speed=0, angle=0, t_us=ms * 1000), ms)
        desk.tick(ms)
    assert len(desk.of(StopConfirmed)) == 1
