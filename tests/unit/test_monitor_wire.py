"""The session when the wire fails, and its stops. Simulated time, firmware twin."""

from __future__ import annotations

import pytest

from tests.chairs import Chair, active, events
from torquemon.drivers import messages as m
from torquemon.drivers.frame import Framer, encode_frame
from torquemon.local.messages import OrderName
from torquemon.local.view import Band, LinkPhase
from torquemon.model import (
    AlertCode,
    ArmPhase,
    ArmState,
    ArmStop,
    Reading,
    Stop,
    StopReason,
)

# --- the wire -----------------------------------------------------------------------------------


@pytest.mark.requirement("REQ-SHOW-1")
def test_no_frame_for_250_ms_is_no_data_and_never_a_last_value() -> None:
    chair = Chair()
    chair.start_armed()
    chair.run(0.5)
    assert chair.view().torque_ncm is not None
    chair.line.bend_in = lambda _: b""
    chair.run(0.22)
    assert chair.view().torque_ncm is not None
    chair.run(0.05)
    view = chair.view()
    assert view.torque_ncm is None
    assert view.angle_deg is None
    assert view.speed_rpm is None
    assert view.band is Band.NO_DATA
    assert view.link.phase is LinkPhase.NO_DATA
    assert active(chair, AlertCode.STALE_DATA)


@pytest.mark.requirement("REQ-LEASE-2")
def test_without_readings_the_lease_is_not_renewed() -> None:
    chair = Chair()
    chair.start_armed()
    framer_types = {m.Status.TYPE, m.Ack.TYPE}
    chair.line.bend_in = lambda data: keep_types(data, framer_types)
    sent = len(chair.sent(m.RenewRequest))
    chair.run_until(lambda: chair.device.latch is not None, 2.0, "lapse")
    assert len(chair.sent(m.RenewRequest)) - sent <= 3
    assert chair.device.latch is not None
    assert chair.device.latch.reason is StopReason.LEASE_EXPIRED


def keep_types(data: bytes, types: set[int]) -> bytes:
    """Let only frames of these types through."""
    frames = frames_of(data)
    return b"".join(wire for kind, wire in frames if kind in types)


def frames_of(data: bytes) -> list[tuple[int, bytes]]:
    return [(frame.type, encode_frame(frame)) for frame in Framer().feed(data)]


@pytest.mark.requirement("REQ-ARM-4", "REQ-ARM-3")
def test_a_cable_pulled_and_put_back_is_never_armed_again_by_itself() -> None:
    chair = Chair()
    chair.start_armed()
    chair.device.pedal = True
    chair.run(1.0)
    chair.pull_out()
    chair.run(0.3)
    assert chair.view().arm.phase is ArmPhase.NOT_ARMED
    assert chair.view().link.phase is LinkPhase.LOST
    chair.run(0.4)
    assert chair.device.latch is not None
    assert not chair.device.motor.turning
    chair.plug_in()
    chair.run(3.0)
    assert chair.sent(m.ArmRequest) == []
    assert chair.sent(m.TareRequest) == []
    chair.device.pedal = False
    chair.run(0.2)
    assert chair.device.operator_acknowledges()
    chair.run(1.0)
    assert chair.view().arm.phase is ArmPhase.NOT_ARMED
    assert chair.device.arm_state is ArmState.STANDALONE
    assert chair.sent(m.ArmRequest) == []
    assert chair.order(OrderName.ARM).text == "arming at 12 N·cm"
    chair.run(0.2)
    assert chair.view().arm.phase is ArmPhase.ARMED


@pytest.mark.requirement("REQ-ARM-4")
def test_what_was_ordered_while_the_wire_was_down_is_not_done_later() -> None:
    chair = Chair()
    chair.start_armed()
    chair.pull_out()
    chair.beat()
    text = chair.order(OrderName.ARM).text
    assert text.startswith("not armed"), text
    chair.host.request(ArmStop(12.0, 500))
    chair.plug_in()
    chair.run(1.0)
    assert chair.sent(m.ArmRequest) == []
    assert chair.sent(m.TareRequest) == []


@pytest.mark.requirement("REQ-STOP-1")
def test_a_stop_pressed_while_the_wire_was_down_goes_out_first() -> None:
    chair = Chair()
    chair.start_armed()
    chair.pull_out()
    chair.beat()
    for _ in range(50):
        chair.order(OrderName.STOP)
    chair.plug_in()
    chair.step()
    stops = chair.sent(m.StopRequest)
    assert 1 <= len(stops) <= 2, "once, however often it was pressed"


@pytest.mark.requirement("REQ-LINK-5")
def test_a_reboot_during_a_recording_is_an_alarm() -> None:
    chair = Chair()
    chair.start_armed()
    chair.pull_out()
    chair.reboot()
    chair.plug_in()
    chair.run(0.3)
    assert "signal_quality" in chair.codes()
    assert chair.view().arm.phase is ArmPhase.NOT_ARMED


# --- stops --------------------------------------------------------------------------------------


@pytest.mark.requirement("REQ-STOP-1")
def test_a_stop_overtakes_what_waits_and_is_confirmed() -> None:
    chair = Chair()
    chair.start_armed()
    chair.device.pedal = True
    chair.run(1.0)
    for _ in range(20):
        chair.host.request(ArmStop(12.0, 500))
    assert chair.order(OrderName.STOP).text == "stop sent"
    before = len(chair.line.sent)
    chair.step()
    assert isinstance(chair.line.sent[before], m.StopRequest)
    chair.run(0.3)
    assert not chair.device.motor.turning
    assert chair.device.latch is not None
    assert chair.device.latch.reason is StopReason.HOST_ALERT
    assert any(event["what"] == "stop confirmed" for event in events(chair))
    assert AlertCode.STOP_FAILED.value not in chair.codes()


@pytest.mark.requirement("REQ-STOP-3")
def test_a_stop_that_does_not_arrive_is_an_alarm_until_the_screw_stands_still() -> None:
    chair = Chair()
    chair.start_armed()
    chair.device.pedal = True
    chair.run(1.0)
    chair.line.bend_out = lambda _: b""
    chair.order(OrderName.STOP)
    chair.run(0.3)
    assert active(chair, AlertCode.STOP_FAILED)
    assert "release the pedal" in chair.view().alarms[0].why
    assert len(chair.sent(m.StopRequest)) >= 5
    chair.line.bend_out = None
    chair.run(0.3)
    assert not active(chair, AlertCode.STOP_FAILED)
    assert not chair.device.motor.turning


@pytest.mark.requirement("REQ-STOP-7")
def test_a_judge_that_fails_stops_the_motor_and_is_an_alarm() -> None:
    chair = Chair()
    chair.start_armed()
    chair.device.pedal = True
    chair.run(1.0)

    def broken(_: Reading) -> Stop | None:
        raise ZeroDivisionError("a mistake\x1b[2J")

    chair.host.judge_with(broken)
    chair.run(0.3)
    assert chair.device.latch is not None
    assert not chair.device.motor.turning
    (alarm,) = [a for a in chair.view().alarms if a.code is AlertCode.SIGNAL_QUALITY]
    assert "the judgement failed" in alarm.why
    assert "\x1b" not in alarm.why
    chair.run(1.0)
    assert chair.codes().count("signal_quality") == 1
    assert chair.view().torque_ncm is not None, "the reader goes on"


@pytest.mark.requirement("REQ-LEASE-2")
def test_without_a_judge_that_works_no_lease_is_renewed() -> None:
    chair = Chair()
    chair.start_armed()

    def broken(_: Reading) -> Stop | None:
        raise ZeroDivisionError

    chair.line.bend_out = lambda data: keep_types(
        data, {kind.TYPE for kind in (m.RenewRequest, m.StatusRequest)}
    )
    chair.host.judge_with(broken)
    chair.run_until(lambda: chair.device.latch is not None, 2.0, "lapse")
    assert chair.device.latch is not None
    assert chair.device.latch.reason is StopReason.LEASE_EXPIRED
