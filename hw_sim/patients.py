"""Patients differ: draws an insertion around the mean one of its site, from a seed.

Published peaks spread by about 30-40 % (coefficient of variation) at one site; most of that is
density and cortical thickness (Cousley, 2nd ed., ch. 2). How the spread divides is an estimate [E].
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Final

from hw_sim.landmarks import InsertionParams
from hw_sim.tissue import Layer

DENSITY_SPREAD: Final = 0.30
"""Standard deviation of the logarithm of density [E]."""
CORTEX_SPREAD: Final = 0.18
"""The same of cortical thickness [E]."""
SEAT_SLOPE_NCM_PER_TURN: Final = (18.0, 70.0)
"""Drawn evenly in the logarithm [E, clinical notes: "18-70 and more"]."""
SEAT_ERROR_MM: Final = 0.3
"""Nominal depth errs by up to about 1 mm (clinical notes); this is one standard deviation [E]."""
WOBBLE: Final = (0.01, 0.08)
GRAIN: Final = (0.01, 0.04)


def draw_patient(mean: InsertionParams, seed: int) -> InsertionParams:
    """Return `mean` with density, cortex, seating, wobble and grain drawn from a seed.

    A contact, a weakness of thread, bit or tip and the screw stay as they are.
    """
    rng = random.Random(f"patient {seed}")
    tissue = mean.bone
    thickness_mm = tissue.cortex.thickness_mm * math.exp(rng.gauss(0.0, CORTEX_SPREAD))
    low, high = SEAT_SLOPE_NCM_PER_TURN
    return replace(
        mean,
        tissue=replace(tissue, cortex=Layer(thickness_mm, tissue.cortex.density)),
        density_factor=mean.density_factor * math.exp(rng.gauss(0.0, DENSITY_SPREAD)),
        seat_slope_ncm_per_turn=low * (high / low) ** rng.random(),
        seat_error_mm=min(max(rng.gauss(0.0, SEAT_ERROR_MM), -1.0), 1.0),
        wobble_share=rng.uniform(*WOBBLE),
        grain_share=rng.uniform(*GRAIN),
    )
