"""What the screw goes through: cortex and cancellous bone by site, and the torque they ask for.

The model integrates two terms along the engaged screw: friction of the squeezed bone, which goes
with the square of the radius (force times lever), and cutting, which goes with the bone removed
where the radius grows (tip cone and flare). Both scale with the density of the layer.

    T(depth) = sum over layers of density * integral of (FRICTION r(s)^2 + CUTTING r(s) dr/ds) ds

Diameter therefore raises torque most and length little, a flare raises it at the end, density and
cortical thickness carry it, and cancellous bone hardly matters: what Cousley (2nd ed., ch. 2 and
3) reports. Absolute levels are set so that the peaks per site fall into the published windows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hw_sim.screw import ScrewGeometry

FRICTION_NCM_PER_MM3: Final = 4.6
"""Torque per mm of engaged thread and mm² of radius squared, at density 1 [E]: puts the peak of a
1.5 mm Infinitas in 1.2 mm of cortex at 7-11 N·cm (Uchida 2023, upper interradicular: 5-12)."""
CUTTING_NCM_PER_MM2: Final = 7.0
"""Torque per mm² of half the growth of the squared radius, at density 1 [E]."""
PILOT_FRICTION_SHARE: Final = 0.45
"""What is left of the friction where a pilot or punch of the core's width has gone before [E];
predrilling lowers torque (Cousley, ch. 3)."""
_STEP_MM: Final = 0.02


@dataclass(frozen=True, slots=True)
class Layer:
    """Bone of one kind. `density` is relative to the buccal cortex of the maxilla."""

    thickness_mm: float
    density: float


@dataclass(frozen=True, slots=True)
class Tissue:
    """The bone at one site, with the pilot hole or punch made in it.

    `pilot_mm` is its depth: 0 for self-drilling, 2.0 for the cortical punch (Cousley, ch. 3).
    """

    cortex: Layer
    cancellous_density: float
    pilot_mm: float = 0.0

    def edges(self) -> tuple[tuple[float, float], ...]:
        """Return (depth in mm, weight from there on downward), from the surface."""
        cortex_mm = self.cortex.thickness_mm
        found = []
        for depth_mm in sorted({0.0, cortex_mm, self.pilot_mm}):
            density = self.cortex.density if depth_mm < cortex_mm else self.cancellous_density
            share = PILOT_FRICTION_SHARE if depth_mm < self.pilot_mm else 1.0
            found.append((depth_mm, density * share))
        return tuple(found)


# Thickness: 1-2 mm, often below 1 mm anterior buccal, at least 2 mm in the posterior mandible;
# mandible denser than maxilla (Cousley, ch. 2). The single figures are estimates inside that [E].
SITE_TISSUE: Final[Mapping[str, Tissue]] = MappingProxyType(
    {
        "maxilla-buccal": Tissue(Layer(1.2, 1.0), 0.08),
        "mandible-buccal": Tissue(Layer(2.0, 1.15), 0.10, pilot_mm=1.0),
        "maxilla-anterior": Tissue(Layer(0.95, 1.0), 0.09),
        "mandible-anterior": Tissue(Layer(1.1, 1.2), 0.10),
        "palatal-alveolar": Tissue(Layer(1.3, 1.05), 0.09),
        "midpalate": Tissue(Layer(2.4, 1.25), 0.30),
        "edentulous": Tissue(Layer(1.5, 0.95), 0.10),
        "infrazygomatic": Tissue(Layer(1.7, 1.1), 0.09),
    }
)


def torque_by_depth(screw: ScrewGeometry, tissue: Tissue, depths_mm: list[float]) -> list[float]:
    """Torque in N·cm at each depth of the tip below the surface, turning steadily in fresh bone."""
    cumulated = _cumulated_moment(screw)
    last = len(cumulated) - 1

    def engaged(from_tip_mm: float) -> float:
        if from_tip_mm <= 0:
            return 0.0
        place = from_tip_mm / _STEP_MM
        index = int(place)
        if index >= last:
            return cumulated[last]
        return cumulated[index] + (place - index) * (cumulated[index + 1] - cumulated[index])

    # Bone of a weight w between two edges is bone of w all the way down, less what lies below.
    steps = []
    above = 0.0
    for edge_mm, weight in tissue.edges():
        steps.append((edge_mm, weight - above))
        above = weight
    return [sum([step * engaged(d - edge_mm) for edge_mm, step in steps]) for d in depths_mm]


def _cumulated_moment(screw: ScrewGeometry) -> list[float]:
    """Torque at density 1 of the screw's part from the tip to each step along it, in N·cm."""
    total = 0.0
    found = [0.0]
    before_mm = 0.0
    for step in range(1, math.ceil(screw.body_mm / _STEP_MM) + 1):
        radius_mm = screw.radius_mm(step * _STEP_MM)
        middle_mm = (radius_mm + before_mm) / 2
        total += FRICTION_NCM_PER_MM3 * middle_mm * middle_mm * _STEP_MM
        total += CUTTING_NCM_PER_MM2 * middle_mm * (radius_mm - before_mm)
        found.append(total)
        before_mm = radius_mm
    return found
