"""The monitor's session in simulated time, against the firmware twin: every promise it makes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hw_sim.operator import insert
from tests.chairs import CONTROL, Chair
from torquemon.drivers import messages as m
from torquemon.drivers.frame import Framer, encode_frame
from torquemon.journal import EntryKind, unpack_readings
from torquemon.local.messages import OrderName, Role
from torquemon.local.view import Band, LinkPhase, SessionPhase
from torquemon.model import (
    AlertCode,
    ArmPhase,
    ArmState,
    ArmStop,
    Reading,
    Stop,
    StopReason,
    Validity,
)
from torquemon.monitor.session import Options

VIEWER = 2
SECOND = 3


def events(chair: Chair) -> list[dict[str, Any]]:
    """The events that the journal holds."""
    return [json.loads(entry.data) for entry in chair.sink.of(EntryKind.EVENT)]


def active(chair: Chair, code: AlertCode) -> bool:
    return chair.chronicle.alarms.is_active(code)


# --- from start to finish -----------------------------------------------------------------------


@pytest.mark.requirement("REQ-ARM-6", "REQ-ARM-9")
def test_a_start_zeroes_arms_and_shows_what_the_device_holds() -> None:
    chair = Chair()
    assert chair.view().link.phase is LinkPhase.CONNECTING
    assert chair.view().torque_ncm is None
    chair.plug_in()
    chair.run(0.3)
    assert chair.view().link.phase is LinkPhase.CONNECTED
    assert chair.view().phase is SessionPhase.PREPARE
    assert chair.sent(m.TareRequest) == []
    assert chair.sent(m.ArmRequest) == []
    assert chair.order(OrderName.START).ok
    chair.run(0.3)
    view = chair.view()
    assert view.phase is SessionPhase.RECORDING
    assert view.arm.phase is ArmPhase.ARMED
    assert view.arm.held_ncm == 12.0
    assert view.arm.reasons[0] == "12 N·cm chosen by the operator"
    assert chair.device.firmware.threshold_counts == 1200
    assert chair.device.arm_state is ArmState.ARMED
    assert len(chair.sent(m.TareRequest)) == 1
    assert len(chair.sent(m.ArmRequest)) == 1
    assert chair.alerts == []


def test_an_insertion_from_start_to_verdict_is_in_the_journal() -> None:
    chair = Chair("nominal", script=insert(), plan={"site": "maxilla-buccal", "patient": "P-1"})
    chair.start_armed()
    chair.run_until(lambda: chair.twin.done, 60.0, "the insertion")
    assert chair.order(OrderName.FINISH).ok
    chair.run(0.05)
    view = chair.view()
    assert view.phase is SessionPhase.CLOSED
    assert view.verdict is not None
    assert view.verdict.kind.value == "within"
    (row,) = chair.sink.rows
    assert row.meta["patient"] == "P-1"
    assert row.meta["origin"] == "simulated"
    (finish,) = chair.sink.of(EntryKind.FINISH)
    assert json.loads(finish.data)["verdict"]["kind"] == "within"
    stored = [r for e in chair.sink.of(EntryKind.READINGS) for r in unpack_readings(e.data)]
    assert len(stored) == json.loads(finish.data)["samples"]
    assert [r.seq for r in stored] == list(range(stored[0].seq, stored[0].seq + len(stored)))
    raw = b"".join(entry.data for entry in chair.sink.of(EntryKind.RAW))
    assert len(raw) > len(stored) * 13, "the bytes of the wire are kept too"
    kinds = [entry.kind for entry in chair.sink.entries]
    assert kinds.index(EntryKind.RAW) < kinds.index(EntryKind.READINGS)


def test_a_recording_that_is_over_gives_the_lease_back() -> None:
    chair = Chair()
    chair.start_armed()
    chair.device.pedal = True
    chair.run(2.0)
    chair.device.pedal = False
    chair.run(0.5)
    assert chair.order(OrderName.FINISH).ok
    chair.run(1.5)
    assert chair.device.state().arm_state is ArmState.DISARMED
    assert chair.device.latch is None


def test_what_nobody_judges_is_not_renewed() -> None:
    chair = Chair()
    chair.start_armed()
    chair.device.pedal = True
    chair.run(2.0)
    assert chair.order(OrderName.FINISH).ok
    chair.run(1.0)
    latch = chair.device.latch
    assert latch is not None
    assert latch.reason is StopReason.LEASE_EXPIRED


def test_without_a_measurement_nothing_is_renewed_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chair = Chair()
    chair.start_armed()
    monkeypatch.setattr("torquemon.drivers.device.VALIDITIES", (Validity.INVALID,) * 256)
    chair.run_until(lambda: chair.device.latch is not None, 2.0, "halt")
    assert active(chair, AlertCode.STALE_DATA)
    assert chair.view().torque_ncm is None


def test_after_a_reboot_the_sensor_is_zeroed_before_it_is_armed_again() -> None:
    chair = Chair()
    chair.start_armed()
    recording = chair.chronicle.recording
    assert recording is not None
    assert recording.zeroed
    chair.reboot()
    chair.run(2.0)
    assert not recording.zeroed
    before = len(chair.sent(m.TareRequest))
    assert "zeroing" in chair.order(OrderName.ARM).text
    chair.run(0.5)
    assert len(chair.sent(m.TareRequest)) > before
    assert chair.view().arm.phase is ArmPhase.ARMED


def test_a_stop_that_cannot_be_sent_is_said_and_not_piled_up() -> None:
    chair = Chair()
    chair.start_armed()
    chair.pull_out()
    chair.run(0.1)
    for _ in range(50):
        assert "could not be sent" in chair.order(OrderName.STOP).text
    assert "stop_failed" in chair.codes()
    chair.plug_in()
    chair.run(0.5)
    assert len(chair.sent(m.StopRequest)) <= 20, "one stop and its repetitions, not fifty"


def test_a_stop_whose_wire_goes_before_the_standstill_has_failed() -> None:
    chair = Chair()
    chair.start_armed()
    chair.device.pedal = True
    chair.run(1.0)
    chair.order(OrderName.STOP)
    chair.pull_out()
    chair.run(0.1)
    assert active(chair, AlertCode.STOP_FAILED)


def test_nothing_is_started_twice_or_without_a_handpiece() -> None:
    chair = Chair()
    assert "no handpiece yet" in chair.order(OrderName.START).text
    assert chair.chronicle.recording is None
    chair.start_armed()
    assert chair.order(OrderName.START).text == "a recording is already running"
    assert not chair.order(OrderName.PREPARE, site="midpalate").ok
    assert "not during it" in chair.order(OrderName.TARE).text
    assert len(chair.sink.rows) == 1


@pytest.mark.requirement("REQ-LEASE-5")
def test_the_device_stops_at_the_threshold_and_the_reason_is_stored() -> None:
    chair = Chair("threshold", script=insert())
    chair.start_armed()
    chair.run_until(lambda: chair.side.halt is not None, 60.0, "halt")
    chair.run(0.5)
    view = chair.view()
    assert view.stop is not None
    assert view.stop.reason is StopReason.THRESHOLD
    assert view.arm.phase is ArmPhase.HALTED
    assert view.arm.held_ncm == 12.0
    assert view.band is Band.STOPPED
    (halt,) = [event for event in events(chair) if event["what"] == "halt"]
    assert halt["reason"] == "THRESHOLD"
    assert 12.0 <= halt["torque_ncm"] < 13.0
    assert not chair.device.motor.turning


# --- zero ---------------------------------------------------------------------------------------


@pytest.mark.requirement("REQ-ARM-6", "REQ-ARM-8")
def test_without_a_zero_nothing_is_armed_and_the_curve_is_judged_all_the_same() -> None:
    chair = Chair()
    chair.plug_in()
    chair.run(0.3)
    chair.device.pedal = True
    chair.run(0.3)
    chair.order(OrderName.START)
    chair.run(1.0)
    recording = chair.chronicle.recording
    assert recording is not None
    assert not recording.zeroed
    assert recording.judging is not None
    assert recording.samples > 0
    assert chair.sent(m.ArmRequest) == []
    assert active(chair, AlertCode.NOT_ARMED)
    assert "could not be zeroed" in chair.view().arm.reasons[0]
    assert "cannot be while the motor turns" in chair.order(OrderName.ARM).text
    chair.device.pedal = False
    chair.run(0.5)


@pytest.mark.requirement("REQ-ARM-6")
def test_a_refused_zero_may_be_asked_for_again_with_the_arming() -> None:
    chair = Chair()
    chair.plug_in()
    chair.run(0.2)
    chair.device.pedal = True
    chair.run(0.2)
    chair.order(OrderName.START)
    chair.run(1.0)
    assert active(chair, AlertCode.NOT_ARMED)
    chair.device.pedal = False
    chair.run(0.5)
    assert chair.order(OrderName.ARM).text == "zeroing the sensor, then arming"
    chair.run(0.5)
    assert chair.view().arm.phase is ArmPhase.ARMED
    assert not active(chair, AlertCode.NOT_ARMED)
    alarm = chair.view().alarms[0]
    assert not alarm.acknowledged, "it is over, and stays until it is acknowledged"


def test_a_zero_that_is_never_answered_does_not_hold_up_the_judgement() -> None:
    chair = Chair()
    chair.plug_in()
    chair.run(0.2)
    chair.line.bend_out = lambda _: b""
    chair.order(OrderName.START)
    chair.run(1.1)
    assert chair.chronicle.recording is not None
    assert chair.chronicle.recording.judging is not None
    assert chair.sent(m.ArmRequest) == []


# --- a device that can only warn ----------------------------------------------------------------


@pytest.mark.requirement("REQ-ARM-5")
def test_a_device_that_cannot_stop_is_warn_only_and_still_judged() -> None:
    chair = Chair("warn-only", script=insert(), plan={"site": "mandible-buccal"})
    chair.plug_in()
    chair.run(0.3)
    chair.order(OrderName.START)
    chair.run_until(lambda: chair.twin.done, 60.0)
    view = chair.view()
    assert view.arm.phase is ArmPhase.WARN_ONLY
    assert view.arm.held_ncm is None
    assert chair.sent(m.ArmRequest) == []
    assert chair.sent(m.StopRequest) == []
    assert "not_armed" not in chair.codes()
    assert "release the pedal" in chair.order(OrderName.STOP).text
    assert chair.codes(), "torque went past the window and it was said"


# --- the operator -------------------------------------------------------------------------------


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
    assert not chair.session.operator_present


@pytest.mark.requirement("REQ-LEASE-4", "REQ-STOP-8")
def test_a_viewer_never_counts_and_may_only_stop() -> None:
    chair = Chair()
    chair.start_armed()
    chair.watched = False
    for _ in range(150):
        chair.fetch(VIEWER, Role.VIEW)
        chair.step()
    assert not chair.session.operator_present
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
    assert chair.session.operator_present == unattended
    device = chair.side.device
    assert device is not None
    object.__setattr__(device, "origin", type(device.origin).REAL)
    assert not chair.session.operator_present


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


# --- alarms -------------------------------------------------------------------------------------


@pytest.mark.requirement("REQ-ALM-1")
def test_acknowledging_never_clears_a_condition_that_holds() -> None:
    chair = Chair()
    chair.start_armed()
    chair.pull_out()
    chair.run_until(lambda: active(chair, AlertCode.STALE_DATA), 1.0, "stale")
    assert "acknowledged" in chair.order(OrderName.ACKNOWLEDGE).text
    chair.run(0.1)
    alarm = next(a for a in chair.view().alarms if a.code is AlertCode.STALE_DATA)
    assert alarm.acknowledged
    assert alarm.active
    assert chair.codes().count("stale_data") == 1, "raised once while it holds"
    chair.plug_in()
    chair.run(0.5)
    alarm = next(a for a in chair.view().alarms if a.code is AlertCode.STALE_DATA)
    assert not alarm.active


@pytest.mark.requirement("REQ-ALM-2")
def test_a_condition_that_flaps_unheard_for_long_is_not_told_at_every_beat() -> None:
    chair = Chair()
    chair.start_armed()
    chronicle = chair.chronicle
    for _ in range(60):
        chronicle.condition(AlertCode.STALE_DATA, "gone", holds=True)
        chronicle.condition(AlertCode.STALE_DATA, "", holds=False)
    before = len(chair.alerts)
    for _ in range(100):
        chronicle.condition(AlertCode.STALE_DATA, "gone", holds=True)
    assert len(chair.alerts) - before <= 1
    assert active(chair, AlertCode.STALE_DATA)
    assert len(chronicle.alarms.all) <= 42


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


# --- the journal --------------------------------------------------------------------------------


@pytest.mark.requirement("REQ-ARM-10", "REQ-REC-3")
def test_a_full_disk_is_told_and_nothing_is_lost_once_there_is_room() -> None:
    chair = Chair()
    chair.start_armed()
    chair.device.pedal = True
    chair.run(1.0)
    chair.sink.refusal = "the disk is full: journal.db cannot grow"
    chair.run(2.0)
    stored = len(chair.sink.entries)
    assert chair.view().storage == "the disk is full: journal.db cannot grow"
    assert chair.view().arm.phase is ArmPhase.ARMED, "a full disk takes no protection away"
    chair.run(1.0)
    assert len(chair.sink.entries) == stored
    chair.sink.refusal = ""
    chair.run(0.1)
    assert chair.view().storage == ""
    chair.order(OrderName.FINISH)
    chair.run(0.1)
    readings = [r for e in chair.sink.of(EntryKind.READINGS) for r in unpack_readings(e.data)]
    assert [r.seq for r in readings] == list(range(readings[0].seq, readings[-1].seq + 1))
    recording = chair.chronicle.closed
    assert recording is not None
    assert len(readings) == recording.samples


def test_what_could_not_wait_is_said_once() -> None:
    chair = Chair()
    chair.start_armed()
    chair.host.capture.dropped += 3
    chair.run(0.1)
    told = [a for a in chair.view().alarms if "could not be kept" in a.why]
    assert [a.why.split()[0] for a in told] == ["3"]


@pytest.mark.requirement("REQ-ARM-3")
def test_a_recording_that_begins_on_a_halted_handpiece_says_that_it_is_not_armed() -> None:
    chair = Chair()
    chair.start_armed()
    assert chair.order(OrderName.STOP).ok
    chair.run(1.0)
    assert chair.device.latch is not None
    chair.order(OrderName.FINISH)
    chair.run(0.5)
    chair.order(OrderName.ACKNOWLEDGE)
    chair.alerts.clear()
    assert chair.order(OrderName.START).ok
    chair.run(2.5)
    assert AlertCode.NOT_ARMED in {alert.code for alert in chair.alerts}


@pytest.mark.requirement("REQ-ALM-1")
def test_a_condition_of_a_recording_does_not_outlast_it() -> None:
    chair = Chair()
    chair.start_armed()
    chair.pull_out()
    chair.run(1.0)
    held = {alarm.code for alarm in chair.view().alarms if alarm.active}
    assert {AlertCode.NOT_ARMED, AlertCode.STALE_DATA} <= held
    chair.order(OrderName.FINISH)
    chair.run(0.5)
    view = chair.view()
    assert not any(
        alarm.active and alarm.code in (AlertCode.NOT_ARMED, AlertCode.STALE_DATA)
        for alarm in view.alarms
    )
    assert any(alarm.code is AlertCode.NOT_ARMED for alarm in view.alarms), "it stays to be seen"


def test_what_ends_with_a_start_is_not_written_before_the_insertion_it_would_belong_to() -> None:
    """The journal refuses an entry whose insertion it does not know yet."""
    chair = Chair()
    chair.plug_in()
    chair.run(0.5)
    chair.chronicle.condition(AlertCode.STOP_FAILED, "not seen to stand", holds=True)
    assert chair.order(OrderName.START).ok
    chair.run(0.5)
    assert not chair.chronicle.storage_problem
    assert not [event for event in events(chair) if event["what"] == "cleared"]


def test_a_condition_that_ends_during_a_recording_is_noted_once() -> None:
    chair = Chair()
    chair.start_armed()
    chair.pull_out()
    chair.run(1.0)
    chair.plug_in()
    chair.run(1.5)
    cleared = [event["code"] for event in events(chair) if event["what"] == "cleared"]
    assert cleared.count("stale_data") == 1
    assert not [event for event in events(chair) if event["what"] == "alarm over"]
