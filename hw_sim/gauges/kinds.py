"""The emulators by the name of the driver that reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hw_sim.gauges.base import EmulatedGauge
from hw_sim.gauges.binary import EmulatedGsv, EmulatedLutron
from hw_sim.gauges.mark10 import EmulatedMark10
from hw_sim.gauges.text import (
    EmulatedImada,
    EmulatedMecmesin,
    EmulatedShimpo,
    EmulatedUnipulse,
)

EMULATORS: Final[dict[str, Callable[[], EmulatedGauge]]] = {
    "mark10": EmulatedMark10,
    "imada": EmulatedImada,
    "mecmesin": EmulatedMecmesin,
    "unipulse": EmulatedUnipulse,
    "shimpo": EmulatedShimpo,
    "lutron": EmulatedLutron,
    "gsv": EmulatedGsv,
}
