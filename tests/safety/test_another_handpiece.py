"""A handpiece that comes in place of the first one during a recording, with a check of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from hw_sim.device import NAMES
from tests.chairs import Chair
from torquemon.drivers.correction import Correction, Corrections
from torquemon.drivers.host_messages import ArmRequest
from torquemon.local.messages import OrderName
from torquemon.model import ArmPhase, Origin
from torquemon.text import clean

OTHER = clean("SIM-0002")


@pytest.mark.requirement("REQ-LINK-7", "REQ-CAL-3")
@pytest.mark.parametrize("gain", [1.5, 1.0, 0.8])
def test_it_is_never_armed_higher_than_without_its_check(gain: float) -> None:
    chair = Chair(plan={"site": "maxilla-buccal", "threshold_ncm": "12"})
    found = Correction("x", OTHER, Origin.SIMULATED, gain, 0.0, 0.3, date(2026, 1, 1), 12)
    chair.host.link.corrections = Corrections({(OTHER, Origin.SIMULATED): found})
    chair.start_armed()
    uncorrected = chair.sent(ArmRequest)[-1].threshold_counts
    chair.pull_out()
    chair.run(0.2)
    device = replace(chair._params.device, names=NAMES._replace(serial=OTHER.encode()))
    chair._params = replace(chair._params, device=device)
    chair.reboot()
    chair.plug_in()
    chair.run(0.5)
    assert chair.side.device is not None
    assert (chair.side.device.serial, chair.side.device.gain) == (OTHER, gain)
    chair.order(OrderName.ARM)
    chair.run(0.5)
    view = chair.view().arm
    assert view.phase is ArmPhase.ARMED
    assert view.held_ncm == view.wanted_ncm
    asked = chair.sent(ArmRequest)[-1].threshold_counts
    assert asked == pytest.approx(uncorrected * min(gain, 1.0), abs=1)
    assert asked <= uncorrected
