"""The pause of the sound, the log of alarms, and the word of the one who makes the sound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_sim.scenarios import scenario
from tests.chairs import CONTROL, Chair
from torquemon.clock import ManualClock
from torquemon.local.messages import OrderName, Role
from torquemon.local.view import AlarmStep, DepthMark, SoundPhase
from torquemon.model import AlertCode, Priority
from torquemon.monitor.alarm_log import MAX_LINES, AlarmLog
from torquemon.monitor.alarms import Alarms, Raised
from torquemon.monitor.sound_pause import PAUSE_NS, UNHEARD_NS, Sound

ADVISORY = Raised(AlertCode.BELOW_WINDOW, Priority.ADVISORY, "low", 1.0, 2.0)


@given(st.lists(st.tuples(st.sampled_from(["pause", "break", "wait"]), st.integers(0, 30_000))))
def test_a_pause_lasts_twenty_seconds_at_most_however_often_it_is_asked_for(
    acts: list[tuple[str, int]],
) -> None:
    clock = ManualClock()
    sound = Sound(clock)
    began_ns: int | None = None
    for act, wait_ms in acts:
        if act == "pause":
            sound.pause()
            if began_ns is None:
                began_ns = clock.monotonic_ns()
        elif act == "break":
            sound.break_pause()
            began_ns = None
        clock.advance(wait_ms / 1e3)
        if began_ns is not None and clock.monotonic_ns() - began_ns >= PAUSE_NS:
            began_ns = None
        assert (sound.paused_s > 0) == (
            began_ns is not None and began_ns + PAUSE_NS - clock.monotonic_ns() >= 50_000_000
        ) or 0 < sound.paused_s <= 0.1
        assert sound.paused_s <= PAUSE_NS / 1e9


@pytest.mark.requirement("REQ-ALM-6")
def test_a_new_alarm_of_any_priority_ends_the_pause() -> None:
    chair = Chair("nominal")
    chair.start_armed()
    assert chair.order(OrderName.PAUSE_SOUND).text.startswith("sound paused for 20 s")
    chair.run(3.0)
    assert 16.8 <= chair.view().sound_paused_s <= 17.2
    chair.chronicle.alarms.raise_event(ADVISORY)
    assert chair.view().sound_paused_s == 0


@pytest.mark.requirement("REQ-ALM-6")
def test_a_stop_that_is_not_confirmed_cannot_be_paused() -> None:
    chair = Chair("nominal")
    chair.start_armed()
    chair.chronicle.insist(AlertCode.STOP_FAILED, "no standstill")
    chair.order(OrderName.PAUSE_SOUND)
    chair.chronicle.insist(AlertCode.STOP_FAILED, "no standstill")
    assert chair.view().sound_paused_s == 0


def test_only_the_controlling_dashboard_pauses_and_only_the_recorder_tells_of_sound() -> None:
    chair = Chair("nominal")
    chair.plug_in()
    chair.run(0.2)
    assert not chair.order(OrderName.PAUSE_SOUND, client=7, role=Role.VIEW).ok
    assert chair.view().sound_paused_s == 0
    for client, role in ((CONTROL, Role.CONTROL), (7, Role.VIEW), (8, Role.WATCH)):
        assert not chair.order(OrderName.SOUND_STATE, client, role, state="ok").ok
    assert chair.view().sound is SoundPhase.UNKNOWN
    assert chair.order(OrderName.SOUND_STATE, 9, Role.RECORDER, state="ok").ok
    assert chair.view().sound is SoundPhase.OK
    refused = chair.order(OrderName.SOUND_STATE, 9, Role.RECORDER, state="loud")
    assert not refused.ok
    assert "ok, none or failed" in refused.error
    chair.order(OrderName.SOUND_STATE, 9, Role.RECORDER, state="failed", why="no \x1b[2Jdevice")
    assert chair.view().sound is SoundPhase.FAILED
    assert chair.view().sound_why.isprintable()


@pytest.mark.requirement("REQ-LEASE-4")
def test_the_recorder_is_no_operator_and_orders_nothing_else_but_stop() -> None:
    chair = Chair("nominal", watched=False)
    chair.plug_in()
    chair.run(0.2)
    chair.fetch(9, Role.RECORDER)
    assert not chair.session.arming.operator_present
    for name in set(OrderName) - {OrderName.STOP, OrderName.SOUND_STATE}:
        assert not chair.order(name, 9, Role.RECORDER).ok


def test_a_recorder_that_is_not_heard_makes_no_sound() -> None:
    clock = ManualClock()
    sound = Sound(clock)
    sound.reported(SoundPhase.OK, "")
    clock.advance(UNHEARD_NS / 1e9)
    assert sound.state == (SoundPhase.OK, "")
    clock.advance(0.1)
    phase, why = sound.state
    assert phase is SoundPhase.NONE
    assert "not been heard" in why


@pytest.mark.requirement("REQ-ALM-7")
def test_the_log_tells_raised_acknowledged_and_cleared_in_order() -> None:
    log = AlarmLog(ManualClock())
    alarms = Alarms(log.add)
    stale = Raised(AlertCode.STALE_DATA, Priority.ALARM, "no data", 2.0, None)
    alarms.condition(stale, holds=True)
    alarms.acknowledge()
    alarms.acknowledge()
    alarms.condition(stale, holds=False)
    assert [(line.step, line.code) for line in log.lines] == [
        (AlarmStep.RAISED, AlertCode.STALE_DATA),
        (AlarmStep.ACKNOWLEDGED, AlertCode.STALE_DATA),
        (AlarmStep.CLEARED, AlertCode.STALE_DATA),
    ]
    for _ in range(MAX_LINES):
        alarms.raise_event(ADVISORY)
    assert len(log.lines) == MAX_LINES
    numbers = [line.number for line in log.lines]
    assert numbers == list(range(numbers[0], numbers[0] + MAX_LINES))


def test_depth_marks_follow_the_screw() -> None:
    known = Chair("nominal", plan={"site": "maxilla-buccal", "screw": "infinitas-1.5x9-short"})
    marks = {mark.mark: mark.depth_mm for mark in known.view().depth_marks}
    assert marks[DepthMark.CORTEX] < marks[DepthMark.FOUR] < marks[DepthMark.SEAT]
    generic = {mark.mark for mark in Chair("nominal", plan={"screw": "generic"}).view().depth_marks}
    assert generic == {DepthMark.CORTEX, DepthMark.FOUR}


def test_the_depth_counts_from_where_the_screw_engaged() -> None:
    chair = Chair("nominal", script=scenario("nominal").script)
    chair.start_armed()
    assert chair.view().engaged_deg is None
    chair.run_until(lambda: (chair.view().depth_mm or 0) > 3, 30, "deep")
    shown = chair.view()
    assert shown.engaged_deg is not None
    assert shown.pitch_mm is not None
    assert shown.angle_deg is not None
    assert shown.depth_mm is not None
    angles = chair.chronicle.recording.angle_deg if chair.chronicle.recording else []
    first = angles[0]
    assert first is not None
    depth_mm = (shown.angle_deg - first - shown.engaged_deg) / 360 * shown.pitch_mm
    assert depth_mm == pytest.approx(shown.depth_mm, abs=0.15)
