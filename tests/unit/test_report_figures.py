"""The values that the report computes, against curves whose answer is known."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.report_cases import case
from torquemon.model import Reading, Validity
from torquemon.record.report_arch import fdi_pair
from torquemon.record.report_events import told_events
from torquemon.record.report_figures import _gaps, _turns, _work_j, figures
from torquemon.units import DEGREES_PER_TURN


def steady(turns: float, torque_ncm: float = 5.0, per_turn: int = 400) -> list[Reading]:
    """A screw that turns evenly at one torque."""
    return [
        Reading(
            n,
            n * 1000,
            n * 10**6,
            torque_ncm,
            n * DEGREES_PER_TURN / per_turn,
            25.0,
            Validity.VALID,
        )
        for n in range(round(turns * per_turn) + 1)
    ]


def test_report_work_of_a_steady_torque_is_torque_times_angle() -> None:
    assert _work_j(steady(4.0), 0.0) == pytest.approx(5.0 * 4.0 * 2 * math.pi / 100)


def test_report_work_counts_a_turn_back_and_in_again_once() -> None:
    forward = steady(4.0)
    back = [reading._replace(torque_ncm=-2.0) for reading in reversed(forward[-200:])]
    again = forward[-200:]
    assert _work_j([*forward, *back, *again], 0.0) == pytest.approx(_work_j(forward, 0.0))


def test_report_torque_at_a_turn_heeds_no_single_spike_but_the_highest_does() -> None:
    readings = steady(3.5)
    readings[800] = readings[800]._replace(torque_ncm=50.0)
    turns = _turns(readings, 0.0, 0.7)
    assert [turn.number for turn in turns] == [1, 2, 3]
    assert [turn.torque_ncm for turn in turns] == [5.0, 5.0, 5.0]
    assert [turn.highest_ncm for turn in turns] == [5.0, 50.0, 50.0]
    assert [turn.depth_mm for turn in turns] == pytest.approx([0.7, 1.4, 2.1])


def test_report_gap_is_found_and_counted() -> None:
    readings = steady(1.0)
    del readings[100:401]
    readings += [r._replace(seq=r.seq + 1000, device_time_us=r.device_time_us + 2 * 10**6)
                 for r in steady(0.1)]  # fmt: skip
    gaps = list(_gaps(readings))
    assert [(gap.at_s, gap.missing) for gap in gaps] == [(0.099, 900)]
    assert gaps[0].lasted_s == pytest.approx(1.901)
    assert list(_gaps(steady(1.0))) == []


def test_report_without_an_angle_has_no_turns_depth_or_work() -> None:
    found = figures(case("no-angle"))
    assert (found.angle_known, found.turns, found.work_j, found.depth_mm) == (False, (), None, None)


def test_report_with_one_angle_missing_has_none_of_them_either() -> None:
    data = case()
    holed = list(data.readings)
    holed[len(holed) // 2] = holed[len(holed) // 2]._replace(angle_deg=None)
    assert not figures(replace(data, readings=tuple(holed))).angle_known


def test_report_of_a_screw_turned_out_counts_turns_from_the_first_reading() -> None:
    data = case("removal")
    found = figures(data)
    assert (found.angle_known, found.engaged) == (True, False)
    assert found.zero_deg == data.readings[0].angle_deg
    assert (found.turns, found.work_j, found.depth_mm) == ((), None, None)
    assert data.removal_ncm is not None


def test_report_depth_is_the_one_that_the_alerts_tell() -> None:
    data = case()
    found = figures(data)
    assert found.depth_mm is not None
    (seat,) = [alert for alert in data.alerts if "mm nominal depth" in alert.why]
    told = float(seat.why.split(" mm nominal depth")[0].split()[-1])
    assert seat.angle_deg is not None
    assert found.zero_deg is not None
    assert data.pitch_mm is not None
    drawn = (seat.angle_deg - found.zero_deg) / DEGREES_PER_TURN * data.pitch_mm
    assert drawn == pytest.approx(told, abs=0.06)  # the sentence has one decimal


def test_report_events_come_in_time_order_and_halts_before_notes() -> None:
    data = case("root-contact")
    told, more = told_events(data, figures(data).zero_deg)
    times = [event.time_s for event in told]
    assert all(a is not None and b is not None and a <= b for a, b in pairwise(times))
    assert more == 0
    assert {"root_contact", "halt", "excess_torque"} <= {event.code for event in told}
    crowd = replace(data, alerts=data.alerts * 5)
    told, more = told_events(crowd, None)
    assert len(told) == 7
    assert more == len(crowd.alerts) + 1 - 7
    assert "halt" in {event.code for event in told}


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("15-16", (15, 16)),
        ("16-15", (16, 15)),
        (" 11/21 ", (11, 21)),
        ("41-31", (41, 31)),
        ("15-17", None),
        ("15-25", None),
        ("18-19", None),
        ("11-31", None),
        ("51-52", None),
        ("", None),
        ("१५-१६", None),
    ],
)
def test_report_fdi_pair_is_two_neighbours_or_nothing(
    text: str, pair: tuple[int, int] | None
) -> None:
    assert fdi_pair(text) == pair
