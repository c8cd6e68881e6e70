"""What is planned at the start is what is recorded: operator, teeth, lot, purpose."""

from __future__ import annotations

import pytest

from tests.chairs import CONTROL, Chair
from tests.record_samples import folded
from torquemon.cli import build_parser
from torquemon.launcher import scenario_plan
from torquemon.local.messages import Order, OrderName, Role
from torquemon.monitor.command import plan_arguments
from torquemon.monitor.plan import make_plan
from torquemon.profiles import ProfileError, builtin
from torquemon.record.insertions import open_archive
from torquemon.record.report_source import read_source

FIELDS = {
    "patient": "P-9",
    "operator": "Dr. M. Muster",
    "site": "maxilla-buccal",
    "fdi": "16-15",
    "screw": "infinitas-1.5x9-short",
    "lot": "L-20931",
    "purpose": "removal",
}


def test_plan_keeps_lot_and_purpose() -> None:
    plan = make_plan(builtin(), FIELDS)
    assert (plan.lot, plan.purpose) == ("L-20931", "removal")
    assert plan.fields()["lot"] == "L-20931"
    assert plan.fields()["purpose"] == "removal"
    assert make_plan(builtin(), {}).purpose == "insertion"


def test_plan_refuses_another_purpose() -> None:
    with pytest.raises(ProfileError, match="purpose 'extraction' is not one of insertion, remov"):
        make_plan(builtin(), {"purpose": "extraction"})


def prepare(chair: Chair, fields: dict[str, str]) -> None:
    order = Order(name=OrderName.PREPARE, fields=fields)
    assert chair.desk.answer(CONTROL, Role.CONTROL, order).ok


def test_plan_of_a_screen_that_knows_no_lot_keeps_it_for_the_same_screw_and_patient() -> None:
    chair = Chair(plan=FIELDS)
    known = {name: FIELDS[name] for name in ("patient", "site", "screw")}
    prepare(chair, {**known, "window": "5-15"})
    assert (chair.session.plan.lot, chair.session.plan.purpose) == ("L-20931", "removal")
    prepare(chair, {**known, "screw": "infinitas-1.5x6-short"})
    assert (chair.session.plan.lot, chair.session.plan.purpose) == ("", "removal")
    prepare(chair, {**known, "patient": "P-10"})
    assert (chair.session.plan.lot, chair.session.plan.purpose) == ("", "insertion")
    prepare(chair, {**known, "lot": "L-1", "purpose": "tightening"})
    assert (chair.session.plan.lot, chair.session.plan.purpose) == ("L-1", "tightening")


def test_what_was_planned_is_recorded_and_reported() -> None:
    folded(FIELDS)
    with open_archive() as archive:
        data = read_source(archive, "last").data
        found = archive.get("last")
    assert (data.operator, data.teeth, data.lot, data.purpose) == (
        "Dr. M. Muster",
        "16-15",
        "L-20931",
        "removal",
    )
    assert found.whole is not None
    assert found.whole.insertion.purpose == "removal"


@pytest.mark.parametrize("command", ["run", "monitor", "demo"])
def test_commands_hand_the_whole_plan_on(command: str) -> None:
    source = {"run": ["--sim", "removal"], "monitor": ["--port", "x"], "demo": []}[command]
    words = ["--operator", "Dr. M", "--teeth", "16-15", "--lot", "L-1", "--purpose", "removal"]
    args = build_parser().parse_args([command, *source, *words])
    handed = plan_arguments(args)
    assert handed == ["--operator=Dr. M", "--fdi=16-15", "--lot=L-1", "--purpose=removal"]
    again = build_parser().parse_args(["monitor", "--port=x", *handed])
    assert plan_arguments(again) == handed


def test_a_simulated_removal_is_recorded_as_one() -> None:
    assert scenario_plan("removal")["purpose"] == "removal"
    assert scenario_plan("nominal")["purpose"] == "insertion"
