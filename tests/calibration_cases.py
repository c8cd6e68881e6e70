"""Made-up checks of handpieces for tests: steps that lie where a known handpiece would put them."""

from __future__ import annotations

import random
from typing import Any, Final

from torquemon.calibration.fields import plateau_fields, result_fields
from torquemon.calibration.fit import evaluate
from torquemon.calibration.follow import Plateau
from torquemon.calibration.line import Instruments
from torquemon.calibration.plan import make_steps
from torquemon.calibration.uncertain import read_reference

EXACT: Final = Instruments(0.0, 0.0, None, by_hand=False)
USUAL: Final = Instruments(0.01, 0.01, read_reference("0.5%"), by_hand=False)
AN_ID: Final = "01M83CGKKBF03ZCC6S09E778ZD"


def plateaus(
    gain: float = 0.8,
    offset_ncm: float = 0.3,
    hysteresis_ncm: float = 0.4,
    *,
    noise_ncm: float = 0.0,
    series: int = 3,
    seed: int = 1,
) -> list[Plateau]:
    """Return a whole run of a handpiece with these errors."""
    rng = random.Random(seed)  # noqa: S311 - a seed must give the same run again
    found = []
    for number, step in enumerate(make_steps(series=series)):
        true_ncm = step.target_ncm and step.target_ncm + rng.uniform(-0.5, 0.5)
        read_ncm = offset_ncm + gain * true_ncm - step.way.sign * hysteresis_ncm / 2
        shown_ncm = true_ncm + rng.gauss(0.0, noise_ncm)
        read_ncm += rng.gauss(0.0, noise_ncm)
        found.append(Plateau(step, 6.0 * number, shown_ncm, read_ncm, 30, 3000, noise_ncm))
    return found


def content(
    id_: str = AN_ID,
    *,
    gain: float = 0.8,
    serial: str = "SIM-0001",
    origin: str = "simulated",
    measured_utc: str = "2026-01-02T03:04:05+00:00",
) -> dict[str, Any]:
    """Return what a file says of a check."""
    run = plateaus(gain, noise_ncm=0.01)
    return {
        "id": id_,
        "measured_utc": measured_utc,
        "software": "0",
        "origin": origin,
        "operator": "",
        "handpiece": {
            "maker": "M",
            "model": "H",
            "serial": serial,
            "firmware": "1",
            "step_ncm": 0.01,
        },
        "gauge": {"kind": "mark10", "certificate": "", "step_ncm": 0.01},
        "reference_uncertainty": "0.5 % of the reading",
        "reference": {"text": "0.5 % of the reading", "k": 2.0, "share": 0.005, "ncm": None},
        "stand": True,
        "hold_s": 3.0,
        "valid_months": 12,
        "plateaus": [plateau_fields(plateau) for plateau in run],
        "result": result_fields(evaluate(run, USUAL)),
        "problem": "",
    }
