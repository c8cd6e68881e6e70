"""Nothing starts before patient and an unusual screw were confirmed; the check list says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chairs import CONTROL, Chair
from torquemon.local.messages import Answer, Order, OrderName, Role
from torquemon.local.view import CheckState
from torquemon.model import Origin, Validity

UNUSUAL = {"site": "maxilla-buccal", "screw": "infinitas-2.0x6-long", "threshold_ncm": "12"}
SHOWN = {
    "patient": "",
    "site": "maxilla-buccal",
    "fdi": "",
    "screw": "infinitas-2.0x6-long",
    "threshold_ncm": "12",
}


def ready(plan: dict[str, str] | None = None, *, real: bool = False) -> Chair:
    chair = Chair(plan=plan)
    chair.plug_in()
    chair.run_until(lambda: chair.side.device is not None, 1.0, "hello")
    chair.run(0.2)
    if real:
        assert chair.side.device is not None
        chair.side.device = replace(chair.side.device, origin=Origin.REAL)
    return chair


def tell(
    chair: Chair, name: OrderName, fields: dict[str, str], role: Role = Role.CONTROL
) -> Answer:
    client = CONTROL if role is Role.CONTROL else 9
    return chair.desk.answer(client, role, Order(name=name, fields=fields))


def is_recording(chair: Chair) -> bool:
    return chair.chronicle.recording is not None


@pytest.mark.requirement("REQ-PLAN-4")
def test_an_unusual_screw_starts_and_arms_nothing_until_it_is_confirmed() -> None:
    chair = ready(UNUSUAL)
    answer = chair.order(OrderName.START)
    assert "confirm first: Infinitas 2.0 x 6 mm, long neck is not usual at" in answer.text
    assert "start a recording first" in chair.order(OrderName.ARM).text
    chair.run(1.0)
    assert not is_recording(chair)
    assert chair.view().arm.held_ncm is None
    assert tell(chair, OrderName.CONFIRM, SHOWN).ok
    chair.order(OrderName.START)
    chair.run_until(lambda: chair.view().arm.phase.value == "armed", 2.0, "armed")
    assert chair.sink.rows[0].meta["confirmed"] is True


@pytest.mark.requirement("REQ-PLAN-4")
@pytest.mark.parametrize("field", sorted(SHOWN))
def test_a_confirmation_of_what_is_no_longer_set_counts_for_nothing(field: str) -> None:
    chair = ready(UNUSUAL)
    answer = tell(chair, OrderName.CONFIRM, SHOWN | {field: "another"})
    assert not answer.ok
    assert f"the {field.removesuffix('_ncm')} on the screen is not the one set" in answer.error
    missing = {key: value for key, value in SHOWN.items() if key != field}
    assert not tell(chair, OrderName.CONFIRM, missing).ok
    chair.order(OrderName.START)
    assert not is_recording(chair)


@pytest.mark.requirement("REQ-PLAN-4", "REQ-PLAN-5")
def test_a_confirmation_holds_for_one_plan_and_one_recording() -> None:
    chair = ready(UNUSUAL)
    tell(chair, OrderName.CONFIRM, SHOWN)
    tell(chair, OrderName.PREPARE, UNUSUAL)
    assert chair.view().to_confirm
    tell(chair, OrderName.CONFIRM, SHOWN)
    assert chair.view().to_confirm == ()
    chair.order(OrderName.START)
    chair.run(0.5)
    chair.order(OrderName.FINISH)
    chair.run(0.5)
    assert not is_recording(chair)
    chair.order(OrderName.START)
    chair.run(0.5)
    assert not is_recording(chair)


def test_a_viewer_confirms_nothing() -> None:
    chair = ready(UNUSUAL)
    assert not tell(chair, OrderName.CONFIRM, SHOWN, Role.VIEW).ok


@pytest.mark.requirement("REQ-PLAN-5")
@pytest.mark.parametrize("patient", ["P-1042", ""])
def test_with_a_real_handpiece_the_patient_is_confirmed_first(patient: str) -> None:
    chair = ready({"patient": patient}, real=True)
    said = chair.order(OrderName.START).text
    assert ("the patient is P-1042" if patient else "no patient reference is set") in said
    assert not is_recording(chair)
    shown = {"patient": patient, "site": "maxilla-buccal", "fdi": "", "screw": "generic"}
    shown["threshold_ncm"] = ""
    assert tell(chair, OrderName.CONFIRM, shown).ok
    chair.order(OrderName.START)
    assert is_recording(chair)


def test_a_simulated_handpiece_has_no_patient_to_confuse() -> None:
    chair = ready({"patient": "P-1"})
    assert chair.view().to_confirm == ()
    chair.order(OrderName.START)
    assert is_recording(chair)


def test_the_check_list_says_what_gates_and_what_only_warns() -> None:
    chair = Chair(plan=UNUSUAL | {"operator": "Dr A", "fdi": "15-16"})
    before = {check.id: check for check in chair.view().checks}
    assert before["link"].state is CheckState.WAIT
    assert before["identity"].state is CheckState.WAIT
    chair.plug_in()
    chair.run(0.5)
    view = chair.view()
    checks = {check.id: check for check in view.checks}
    gating = [check.id for check in view.checks if check.gates]
    assert gating == ["link", "identity", "sensor", "guardrail", "confirmed"]
    assert {name: checks[name].state for name in gating[:4]} == dict.fromkeys(
        gating[:4], CheckState.OK
    )
    assert "stops at 12 N·cm" in checks["guardrail"].text
    assert checks["confirmed"].state is CheckState.WAIT
    assert checks["calibration"].state is CheckState.OK
    assert checks["screw_limit"].state is CheckState.BAD
    assert "screw limit unknown" in checks["screw_limit"].text
    assert checks["screw_site"].state is CheckState.BAD
    assert checks["storage"].state is CheckState.OK
    assert (view.operator, view.fdi) == ("Dr A", "16-15")
    tell(chair, OrderName.CONFIRM, SHOWN | {"fdi": "16-15"})
    chair.order(OrderName.START)
    assert chair.view().checks == ()
    assert chair.sink.rows == [] or chair.sink.rows[0].meta["fdi"] == "16-15"


def test_the_check_list_tells_old_calibration_bad_values_and_what_cannot_be_stopped() -> None:
    chair = ready()
    chair.clock.advance(366 * 86_400.0)
    chair.run(0.2)
    checks = {check.id: check for check in chair.view().checks}
    assert checks["calibration"].state is CheckState.BAD
    assert "have it calibrated" in checks["calibration"].text
    chair.side.last = chair.side.last and chair.side.last._replace(
        validity=Validity.OVERFLOW, host_time_ns=chair.now_ns
    )
    checks = {check.id: check for check in chair.view().checks}
    assert checks["sensor"].state is CheckState.BAD
    warn_only = Chair("warn-only")
    warn_only.plug_in()
    warn_only.run(0.5)
    checks = {check.id: check for check in warn_only.view().checks}
    assert checks["identity"].state is CheckState.BAD
    assert "warn only" in checks["identity"].text


@pytest.mark.requirement("REQ-PLAN-4")
def test_a_threshold_above_the_window_is_confirmed_and_not_by_a_slip_of_the_comma() -> None:
    chair = ready({"threshold_ncm": "99.9"})
    said = chair.order(OrderName.START).text
    assert "99.9 N·cm, is above the window, 5-15 N·cm: nothing stops at its top" in said
    assert not is_recording(chair)
    checks = {check.id: check for check in chair.view().checks}
    assert checks["confirmed"].state is CheckState.WAIT
    shown = SHOWN | {"screw": "generic", "threshold_ncm": "99.9"}
    assert not tell(chair, OrderName.CONFIRM, shown | {"threshold_ncm": "9.9"}).ok
    assert tell(chair, OrderName.CONFIRM, shown).ok
    chair.order(OrderName.START)
    assert is_recording(chair)


def test_a_threshold_at_the_top_of_the_window_needs_no_word() -> None:
    chair = ready({"threshold_ncm": "15"})
    assert chair.view().to_confirm == ()
