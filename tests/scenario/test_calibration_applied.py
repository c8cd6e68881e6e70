"""A handpiece whose sensor errs halts where it was meant to, in simulated time."""

from __future__ import annotations

from datetime import date

import pytest

from hw_sim.scenarios import scenario
from hw_sim.sensor import Sensor, SensorParams
from tests.chairs import Chair
from torquemon.drivers.correction import Correction, Corrections
from torquemon.local.messages import OrderName
from torquemon.model import Origin, StopReason
from torquemon.text import clean

SERIAL = clean("SIM-0001")


def halted(gain: float, *, corrected: bool) -> tuple[Chair, float]:
    """Insert against a threshold of 12 N·cm; return the chair, and the true torque at the halt."""
    chosen = scenario("threshold")
    plan = {"site": chosen.site, "screw": chosen.screw, "threshold_ncm": "12"}
    chair = Chair("threshold", script=chosen.script, seed=7, plan=plan)
    chair.device.sensor = Sensor(SensorParams(gain=gain, offset_ncm=0.3), 7)
    found = Correction("x", SERIAL, Origin.SIMULATED, gain, 0.3, 0.3, date(2026, 1, 1), 12)
    if corrected:
        chair.host.link.corrections = Corrections({(SERIAL, Origin.SIMULATED): found})
    chair.start_armed()
    recording = chair.chronicle.recording
    assert recording is not None
    chair.run_until(lambda: bool(recording.halts), 120.0, "halt")
    true_ncm = chair.twin.handpiece.torque_ncm
    chair.run(0.5)
    chair.order(OrderName.FINISH)
    chair.run(0.3)
    return chair, true_ncm


@pytest.mark.requirement("REQ-CAL-2", "REQ-CAL-3")
@pytest.mark.parametrize(
    ("gain", "corrected", "stops_at_ncm"),
    [
        (0.9, False, 13.3),  # it reads too little: winds on
        (0.9, True, 12.0),
        (0.8, True, 12.0),
        (1.25, False, 9.6),  # it reads too much: stops early
        (1.25, True, 9.6),  # and a check never lets it go further
        (1.0, True, 12.0),
    ],
)
def test_a_corrected_handpiece_stops_where_it_was_meant_to_or_earlier(
    gain: float,
    corrected: bool,  # noqa: FBT001 - a column of the table
    stops_at_ncm: float,
) -> None:
    chair, true_ncm = halted(gain, corrected=corrected)
    recording = chair.chronicle.closed
    assert recording is not None
    (halt,) = recording.halts
    assert halt.reason is StopReason.THRESHOLD
    assert stops_at_ncm - 0.3 <= true_ncm <= stops_at_ncm + 0.8  # it runs on a little
    read = 1.0 if corrected else gain
    assert halt.torque_ncm == pytest.approx(true_ncm * read, abs=0.4)
    assert max(recording.torque_ncm) == pytest.approx(true_ncm * read, abs=0.6)
