"""What the session tells and stores: alarms, conditions, the journal. Simulated time, a twin."""

from __future__ import annotations

import pytest

from tests.chairs import Chair, active, events
from torquemon.journal import EntryKind, unpack_readings
from torquemon.local.messages import OrderName
from torquemon.model import (
    AlertCode,
    ArmPhase,
)

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
