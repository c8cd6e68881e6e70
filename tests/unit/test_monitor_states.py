"""What the state strip and the check list say where an insertion begins badly. Simulated time."""

from __future__ import annotations

import pytest

from tests.chairs import Chair
from torquemon.local.messages import OrderName
from torquemon.local.states import BAND_RANK
from torquemon.local.view import Band, CheckState
from torquemon.model import AlertCode, Validity


def halted_chair() -> Chair:
    """A chair whose handpiece was halted in the recording before."""
    chair = Chair()
    chair.start_armed()
    assert chair.order(OrderName.STOP).ok
    chair.run(1.0)
    chair.order(OrderName.FINISH)
    chair.run(0.5)
    chair.order(OrderName.ACKNOWLEDGE)
    return chair


def overload(chair: Chair) -> None:
    """Let the newest measurement be beyond the range of the instrument."""
    assert chair.side.last is not None
    chair.side.last = chair.side.last._replace(validity=Validity.OVERFLOW)
    chair.session.step()


@pytest.mark.requirement("REQ-ARM-8")
def test_a_halt_that_stands_gates_the_start_and_is_the_one_remedy_told() -> None:
    chair = halted_chair()
    checks = {check.id: check for check in chair.view().checks}
    assert checks["halted"].gates
    assert checks["halted"].state is CheckState.BAD
    assert "release it at the handpiece" in checks["halted"].text
    chair.order(OrderName.START)
    chair.run(2.5)
    told = [a.why for a in chair.view().alarms if a.code is AlertCode.NOT_ARMED]
    assert told
    assert all("let go of the screw" not in why for why in told)
    assert any("halt" in why for why in told)


def test_without_a_halt_the_list_says_nothing_of_one() -> None:
    chair = Chair()
    chair.plug_in()
    chair.run(0.5)
    assert "halted" not in {check.id for check in chair.view().checks}


@pytest.mark.requirement("REQ-SHOW-1")
def test_the_worst_so_far_is_never_less_than_what_is_shown() -> None:
    chair = halted_chair()
    chair.order(OrderName.START)
    for _ in range(20):
        chair.run(0.1)
        view = chair.view()
        if view.band is not Band.NO_DATA:
            assert BAND_RANK[view.worst_band] >= BAND_RANK[view.band]
    assert chair.view().worst_band is Band.STOPPED


def test_a_contact_of_the_last_insertion_is_not_the_state_of_this_one() -> None:
    chair = Chair()
    chair.start_armed()
    chair.chronicle.raise_alarm(AlertCode.ROOT_CONTACT, "a possible root contact")
    chair.run(0.1)
    assert chair.view().band is Band.CONTACT
    chair.order(OrderName.FINISH)
    chair.run(0.5)
    chair.order(OrderName.START)
    chair.run(1.0)
    view = chair.view()
    assert any(a.code is AlertCode.ROOT_CONTACT and not a.acknowledged for a in view.alarms)
    assert view.band is not Band.CONTACT
    assert view.worst_band is not Band.CONTACT
    chair.chronicle.raise_alarm(AlertCode.ROOT_CONTACT, "a possible root contact")
    assert chair.view().band is Band.CONTACT


@pytest.mark.requirement("REQ-SHOW-1")
@pytest.mark.parametrize("recording", [True, False])
def test_an_overload_is_told_in_every_phase_and_is_never_within(recording: bool) -> None:  # noqa: FBT001
    chair = Chair()
    if recording:
        chair.start_armed()
    else:
        chair.plug_in()
        chair.run(0.5)
    assert not chair.view().overload
    overload(chair)
    view = chair.view()
    assert view.overload
    assert view.band is (Band.ABOVE if recording else Band.IDLE)
    alarm = next(a for a in view.alarms if "beyond what the instrument can measure" in a.why)
    assert alarm.active
    chair.run(0.1)
    assert not chair.view().overload
    assert chair.view().worst_band is (Band.ABOVE if recording else Band.IDLE)
    chair.run(1.2)
    assert not any(a.active and "beyond what" in a.why for a in chair.view().alarms)


def test_a_torque_that_trembles_at_the_end_of_the_range_is_one_alarm() -> None:
    chair = Chair()
    chair.start_armed()
    for _ in range(20):
        overload(chair)
        chair.run(0.1)
    told = [a for a in chair.view().alarms if "beyond what the instrument can measure" in a.why]
    assert len(told) == 1


def test_an_overload_in_reverse_is_not_above_the_window() -> None:
    chair = Chair()
    chair.start_armed()
    assert chair.side.last is not None
    chair.side.last = chair.side.last._replace(torque_ncm=-35.0)
    overload(chair)
    view = chair.view()
    assert view.overload
    assert view.band is Band.BELOW
    assert any("35.0 N·cm or more" in a.why and "-35" not in a.why for a in view.alarms)


def test_a_halt_that_is_released_was_not_of_this_insertion() -> None:
    chair = halted_chair()
    chair.order(OrderName.START)
    chair.run(0.5)
    assert chair.view().worst_band is Band.STOPPED, "while it is shown"
    recording = chair.chronicle.recording
    assert recording is not None
    assert recording.worst_band is not Band.STOPPED
