"""The monitor's session from start to finish, in simulated time, against the firmware twin."""

from __future__ import annotations

import json

import pytest

from hw_sim.operator import insert
from tests.chairs import Chair, active, events
from torquemon.drivers import messages as m
from torquemon.journal import EntryKind, unpack_readings
from torquemon.local.messages import OrderName
from torquemon.local.view import Band, LinkPhase, SessionPhase
from torquemon.model import (
    AlertCode,
    ArmPhase,
    ArmState,
    StopReason,
    Validity,
)

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


def test_the_next_patient_is_shown_as_soon_as_it_is_prepared() -> None:
    """The last insertion's patient must not stand on the screen while the next one is set."""
    chair = Chair("nominal", script=insert(), plan={"site": "maxilla-buccal", "patient": "P-1"})
    chair.start_armed()
    chair.run(1.0)
    assert chair.order(OrderName.FINISH).ok
    chair.run(0.05)
    assert (chair.view().patient, chair.view().phase) == ("P-1", SessionPhase.CLOSED)
    assert not chair.order(OrderName.PREPARE, site="no such site").ok
    assert chair.view().phase is SessionPhase.CLOSED
    assert chair.order(OrderName.PREPARE, patient="P-2").ok
    view = chair.view()
    assert (view.patient, view.phase, view.verdict) == ("P-2", SessionPhase.PREPARE, None)
    assert view.insertion_id is None
    assert view.worst_band is Band.IDLE
