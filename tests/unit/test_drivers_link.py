"""The session with a device: hello, silence, reboot, numbers of samples. Crafted answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.link_desk import (
    HALT,
    Desk,
    held,
    reading,
)
from torquemon.drivers import messages as m
from torquemon.drivers.device import Sequence
from torquemon.drivers.link import (
    Connected,
    Halted,
    LinkPhase,
    Refused,
    Samples,
)
from torquemon.model import (
    ArmPhase,
    ArmStop,
    Stop,
    StopReason,
    Tare,
)


@pytest.mark.requirement("REQ-LINK-3")
def test_a_hello_of_another_session_is_ignored() -> None:
    desk = Desk()
    first, second = desk.greet(0), desk.greet(600)
    assert first.session != second.session
    assert desk.answer_hello(first, 601) == []
    assert desk.answer_hello(second, 602) != []
    assert desk.link.phase is LinkPhase.READY


@pytest.mark.requirement("REQ-LINK-3")
def test_another_version_is_refused_with_both_numbers() -> None:
    desk = Desk()
    (event,) = desk.connect(version=2)
    assert isinstance(event, Refused)
    assert "version 2" in event.why
    assert "version 1" in event.why


def test_the_hello_is_repeated_until_it_is_answered() -> None:
    desk = Desk()
    desk.greet(0)
    sent = [message for ms in range(0, 2001, 20) for message in desk.tick(ms)]
    assert len(sent) == 3
    assert all(isinstance(message, m.HelloRequest) for message in sent)


@pytest.mark.requirement("REQ-ARM-4")
def test_a_device_that_falls_silent_is_greeted_anew_and_not_armed() -> None:
    desk = Desk()
    desk.connect()
    desk.arm(0, 2000)
    assert desk.tick(1000) == []
    (hello,) = desk.tick(1001)
    assert isinstance(hello, m.HelloRequest)
    assert desk.phase() is ArmPhase.NOT_ARMED
    (event,) = desk.answer_hello(hello, 1010)
    assert event == Connected(desk.link.info, rebooted=False)  # type: ignore[arg-type]
    assert desk.phase() is ArmPhase.NOT_ARMED


@pytest.mark.requirement("REQ-ARM-4")
def test_a_lost_wire_disarms_and_reconnecting_does_not_arm() -> None:
    desk = Desk()
    desk.connect()
    request = desk.arm()
    desk.link.lost("unplugged")
    assert desk.phase() is ArmPhase.NOT_ARMED
    assert desk.link.lease.why_not == "unplugged"
    desk.connect(50)
    desk.give(m.Status(held(request)), 60)
    sent = [message for ms in range(60, 1000, 20) for message in desk.tick(ms, may_renew=True)]
    assert sent == []
    assert desk.phase() is ArmPhase.NOT_ARMED


def test_orders_wait_for_nobody_before_the_hello_is_answered() -> None:
    desk = Desk()
    desk.greet(0)
    assert desk.order(ArmStop(12.0, 500), 1) == []
    assert desk.order(Tare(), 1) == []
    (stop,) = desk.order(Stop(), 1)
    assert isinstance(stop, m.StopRequest), "but a stop goes out"


def test_after_a_reboot_the_first_halt_is_told_again() -> None:
    desk = Desk()
    desk.connect()
    desk.give(m.Status(HALT), 10)
    desk.give(m.Status(HALT), 20)
    assert len(desk.of(Halted)) == 1
    desk.link.lost("power")
    (event,) = desk.connect(100, boot_id=2)
    assert isinstance(event, Connected)
    assert event.rebooted
    desk.give(m.Status(HALT), 110)
    assert len(desk.of(Halted)) == 2, "the reports of a new start are numbered from 1 again"


def test_a_halt_is_told_once_by_notice_and_state() -> None:
    desk = Desk()
    desk.connect()
    notice = m.StopNotice(1, StopReason.THRESHOLD, 1207, 5, 5)
    desk.give(notice, 10)
    desk.give(m.Status(HALT), 11)
    desk.give(notice, 12)
    (halted,) = desk.of(Halted)
    assert halted.report.reason is StopReason.THRESHOLD
    assert halted.report.torque_ncm == pytest.approx(12.07)


# --- the numbers of the samples -----------------------------------------------------------------


@pytest.mark.requirement("REQ-LINK-2")
@given(
    start=st.sampled_from((0, 7, 0xFFFFFFF0, 0xFFFFFFFF)),
    steps=st.lists(
        st.tuples(st.integers(1, 37), st.sampled_from(("next", "gap", "double", "late"))),
        min_size=1,
        max_size=60,
    ),
    gap=st.integers(1, 1 << 20),
)
def test_samples_are_numbered_through_wrap_gaps_and_doubles(
    start: int, steps: list[tuple[int, str]], gap: int
) -> None:
    sequence = Sequence()
    position, lost, repeated = start, 0, 0
    history: list[tuple[int, int]] = []
    for count, kind in steps:
        if kind in ("double", "late") and history:
            first, size = history[-1] if kind == "double" else history[0]
            assert sequence.accept(first & 0xFFFFFFFF, size) is None
            repeated += size
            continue
        if kind == "gap" and history:
            position += gap
            lost += gap
        assert sequence.accept(position & 0xFFFFFFFF, count) == position
        history.append((position, count))
        position += count
    assert sequence.lost == lost
    assert sequence.repeated == repeated


@pytest.mark.requirement("REQ-LINK-2")
def test_a_doubled_frame_of_readings_is_judged_once() -> None:
    desk = Desk()
    desk.connect()
    desk.give(reading(0xFFFFFFFE, 5), 1)
    assert desk.give(reading(0xFFFFFFFE, 5), 2) == []
    desk.give(reading(4, 2), 3)
    seqs = [r.seq for event in desk.of(Samples) for r in event.readings]
    assert seqs == [*range(0xFFFFFFFE, 0xFFFFFFFE + 5), 0x100000004, 0x100000005]
    assert desk.link.sequence.lost == 1


@pytest.mark.requirement("REQ-LINK-5")
def test_a_reboot_begins_the_numbers_anew() -> None:
    desk = Desk()
    desk.connect()
    desk.give(reading(5000, 5), 1)
    desk.connect(2, boot_id=2)
    (event,) = desk.give(reading(0, 5), 3)
    assert isinstance(event, Samples)
    assert event.readings[0].seq == 0


@pytest.mark.parametrize("time_us", [(1 << 64) - 1, 1 << 63])
def test_a_clock_beyond_every_lifetime_is_no_reading(time_us: int) -> None:
    desk = Desk()
    desk.connect()
    assert desk.give(reading(1, 2, t_us=time_us), 1) == []
    assert desk.link.bad_messages == 1
