"""Which alerts stop the motor, what follows a reboot or a release, and what may not be changed."""

from __future__ import annotations

import pytest

from tests.chairs import CONTROL, Chair
from torquemon.drivers import messages as m
from torquemon.local.messages import Fetch, Order, OrderName, Role
from torquemon.local.view import Band
from torquemon.model import (
    Alert,
    AlertCode,
    ArmPhase,
    Priority,
    Reading,
    Stop,
    Validity,
    Window,
)
from torquemon.monitor.arming import ARM_GRACE_NS
from torquemon.monitor.judging import Judging
from torquemon.monitor.session import Options
from torquemon.profiles import ProfileError, builtin
from torquemon.signal.pipeline import Pipeline
from torquemon.signal.setup import JudgeSetup

READING = Reading(1, 1000, 0, 3.0, None, None, Validity.VALID)


class Says(Pipeline):
    """A pipeline that finds what it is told."""

    __slots__ = ("codes",)

    def __init__(self, *codes: AlertCode) -> None:
        super().__init__(JudgeSetup(window=Window(5.0, 15.0, "w", "test")))
        self.codes = codes

    def step(self, reading: Reading) -> tuple[Alert, ...]:
        return tuple(
            Alert(code, Priority.ALARM, reading.seq, 0.0, 3.0, None, f"{code.value} is so")
            for code in self.codes
        )


def stop_codes(*, stop_on_contact: bool) -> frozenset[AlertCode]:
    """What stops in a session with this option."""
    chair = Chair(options=Options(stop_on_contact=stop_on_contact))
    chair.start_armed()
    recording = chair.chronicle.recording
    assert recording is not None
    assert recording.judging is not None
    return recording.judging._stop_codes


@pytest.mark.requirement("REQ-STOP-4")
@pytest.mark.parametrize("stop_on_contact", [False, True])
@pytest.mark.parametrize("code", list(AlertCode))
def test_only_excess_and_where_wanted_contact_stop(
    code: AlertCode,
    stop_on_contact: bool,  # noqa: FBT001 - a table
) -> None:
    judging = Judging(Says(code), stop_codes(stop_on_contact=stop_on_contact))
    wanted = code is AlertCode.EXCESS_TORQUE or (stop_on_contact and code is AlertCode.ROOT_CONTACT)
    assert (judging(READING) == Stop(f"{code.value} is so")) == wanted


@pytest.mark.requirement("REQ-STOP-4")
def test_a_stop_is_found_among_other_alerts_of_the_same_sample() -> None:
    judging = Judging(
        Says(AlertCode.NEAR_LIMIT, AlertCode.EXCESS_TORQUE), stop_codes(stop_on_contact=False)
    )
    assert judging(READING) is not None
    assert [alert.code for alert in judging.drain()[1]] == [
        AlertCode.NEAR_LIMIT,
        AlertCode.EXCESS_TORQUE,
    ]


@pytest.mark.requirement("REQ-STOP-4")
def test_a_closed_judge_stops_nothing_more() -> None:
    judging = Judging(Says(AlertCode.EXCESS_TORQUE), frozenset({AlertCode.EXCESS_TORQUE}))
    assert judging.close()
    assert judging(READING) is None
    assert judging.drain() == ([], [])


@pytest.mark.requirement("REQ-ARM-4")
def test_a_released_halt_is_not_armed_again_by_itself() -> None:
    chair = Chair()
    chair.start_armed()
    asked = len(chair.sent(m.ArmRequest))
    chair.order(OrderName.STOP)
    chair.run(0.3)
    assert chair.view().arm.phase is ArmPhase.HALTED
    assert chair.device.operator_acknowledges()
    chair.run(2.0)
    assert chair.view().arm.phase is ArmPhase.NOT_ARMED
    assert len(chair.sent(m.ArmRequest)) == asked
    assert "not_armed" in chair.codes()
    chair.order(OrderName.ARM)
    chair.run(0.2)
    assert chair.view().arm.phase is ArmPhase.ARMED


@pytest.mark.requirement("REQ-ARM-8")
def test_not_armed_while_recording_is_an_alarm_in_half_a_second() -> None:
    chair = Chair()
    chair.plug_in()
    chair.run(0.3)
    chair.line.bend_out = lambda data: b"" if b"\x11" in data[:3] else data  # no ArmRequest arrives
    chair.order(OrderName.START)
    asked_s = chair.now_s
    chair.run_until(lambda: "not_armed" in chair.codes(), 2.0, "alarm")
    assert chair.now_s - asked_s <= ARM_GRACE_NS / 1e9 + 0.1
    assert chair.chronicle.alarms.is_active(AlertCode.NOT_ARMED)
    assert chair.view().arm.held_ncm is None


@pytest.mark.requirement("REQ-PLAN-2")
def test_neither_plan_nor_zero_changes_while_recording() -> None:
    chair = Chair()
    chair.start_armed()
    before, tares = chair.session.plan, len(chair.sent(m.TareRequest))
    assert not chair.order(OrderName.PREPARE, site="midpalate").ok
    assert "not during it" in chair.order(OrderName.TARE).text
    chair.run(0.2)
    assert chair.session.plan is before
    assert len(chair.sent(m.TareRequest)) == tares


@pytest.mark.requirement("REQ-PLAN-1")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("site", "nowhere"),
        ("screw", "none"),
        ("window", "15-5"),
        ("window", "5-nan"),
        ("window", "-5"),
        ("threshold_ncm", "nan"),
        ("threshold_ncm", "inf"),
        ("threshold_ncm", "0"),
        ("threshold_ncm", "-12"),
        ("threshold_ncm", "twelve"),
        ("colour", "red"),
    ],
)
def test_what_is_not_understood_leaves_the_plan_as_it_was(field: str, value: str) -> None:
    chair = Chair()
    before = chair.session.plan
    answer = chair.desk.answer(
        CONTROL, Role.CONTROL, Order(name=OrderName.PREPARE, fields={field: value})
    )
    assert not answer.ok
    assert answer.error
    assert chair.session.plan is before


@pytest.mark.requirement("REQ-PLAN-3")
def test_every_window_is_cited_and_the_site_decides_the_default() -> None:
    catalogue = builtin()
    assert all(window.source.strip() for window in catalogue.windows.values())
    defaults = {site: catalogue.default_window(site) for site in catalogue.sites}
    for site, window in defaults.items():
        if window is None:
            continue
        wanted = (10.0, 25.0) if site == "midpalate" else (5.0, 15.0)
        assert (window.low_ncm, window.high_ncm) == wanted, site
    assert defaults["midpalate"] is not None
    with pytest.raises(ProfileError):
        catalogue.resolve_window("midpalate", "25-10")


@pytest.mark.requirement("REQ-ALM-4")
def test_the_worst_state_stays_until_the_next_insertion() -> None:
    chair = Chair()
    chair.start_armed()
    recording = chair.chronicle.recording
    assert recording is not None
    recording.worst_band = Band.ABOVE
    chair.run(0.3)
    assert chair.view().band is not Band.ABOVE
    assert chair.view().worst_band is Band.ABOVE
    chair.order(OrderName.FINISH)
    chair.run(0.3)
    assert chair.view().worst_band is Band.ABOVE
    chair.order(OrderName.START)
    chair.run(0.1)
    assert chair.view().worst_band is not Band.ABOVE


@pytest.mark.requirement("REQ-ALM-4")
def test_a_graver_state_replaces_the_worst_one_and_a_calmer_one_does_not() -> None:
    chair = Chair()
    chair.start_armed()
    recording = chair.chronicle.recording
    assert recording is not None
    recording.worst_band = Band.BELOW
    chair.order(OrderName.STOP)
    chair.run(0.3)
    assert chair.view().worst_band is Band.STOPPED
    assert recording.worst_band is Band.STOPPED


@pytest.mark.requirement("REQ-NUM-5")
@pytest.mark.parametrize("validity", list(Validity))
def test_only_a_measurement_is_shown_as_torque(validity: Validity) -> None:
    from torquemon.drivers.link import Samples

    chair = Chair()
    now_ns = chair.now_ns
    reading = Reading(1, 1000, now_ns, 7.0, None, None, validity)
    chair.side.fold(Samples([reading]), now_ns)
    shown = chair.view().torque_ncm
    measured = {Validity.VALID, Validity.QUESTIONABLE, Validity.OVERFLOW}
    assert shown == (7.0 if validity in measured else None)


@pytest.mark.requirement("REQ-LINK-2")
def test_the_curve_of_another_insertion_is_never_continued() -> None:
    chair = Chair()
    chair.start_armed()
    chair.run(0.5)
    own = chair.view().insertion_id

    def first(insertion_id: str | None) -> int:
        fetch = Fetch(insertion_id=insertion_id, curve_from=10)
        curve = chair.desk.answer(CONTROL, Role.CONTROL, fetch).curve
        assert curve is not None
        return curve.first

    assert (first(own), first("another"), first(None)) == (10, 0, 0)
