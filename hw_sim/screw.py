"""The screw as the bone meets it: radius along its axis, pitch, and the moments it asks for.

Sizes come from the profiles (Cousley, 2nd ed., ch. 1 and 3); what no maker states is an estimate
of ours, marked [E].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from torquemon.profiles import Screw, builtin

TIP_CONE_MM: Final = 1.8
"""Length of the self-drilling cone at the tip [E]."""
FLARE_MM: Final = 2.0
"""1.5 mm bodies flare to 2.0 mm over "the last part" of the body (Cousley, ch. 3); 2 mm [E]."""
DEFAULT_DIAMETER_MM: Final = 1.6
"""For a screw whose maker states none [E]: between the two Infinitas diameters."""
DEFAULT_BODY_MM: Final = 8.0
"""For a screw whose maker states none [E]."""


@dataclass(frozen=True, slots=True)
class ScrewGeometry:
    """What the physics needs of a screw. Lengths in mm, from the tip upward."""

    diameter_mm: float = 1.5
    body_mm: float = 9.0
    pitch_mm: float = 0.7
    flare_to_mm: float | None = 2.0
    tip_cone_mm: float = TIP_CONE_MM
    flare_mm: float = FLARE_MM

    def radius_mm(self, from_tip_mm: float) -> float:
        """Outer radius of the thread at a distance from the tip; zero before the tip."""
        radius = self.diameter_mm / 2
        if from_tip_mm < self.tip_cone_mm:
            return radius * max(from_tip_mm, 0.0) / self.tip_cone_mm
        if self.flare_to_mm is None:
            return radius
        into_flare = from_tip_mm - (self.body_mm - self.flare_mm)
        share = min(max(into_flare / self.flare_mm, 0.0), 1.0)
        return radius + share * (self.flare_to_mm / 2 - radius)

    @property
    def turns_to_seat(self) -> float:
        """Full turns from the first touch of the tip to the neck meeting bone."""
        return self.body_mm / self.pitch_mm


def geometry_of(screw: Screw) -> ScrewGeometry:
    """Return the geometry of a profile; what it leaves open takes the estimates above."""
    return ScrewGeometry(
        diameter_mm=screw.diameter_mm or DEFAULT_DIAMETER_MM,
        body_mm=screw.body_mm or DEFAULT_BODY_MM,
        pitch_mm=screw.pitch_mm,
        flare_to_mm=screw.flare_to_mm,
    )


def geometry_by_id(screw_id: str) -> ScrewGeometry:
    """Return the geometry of a catalogue id. Raises ProfileError for an unknown one."""
    return geometry_of(builtin().screw(screw_id))
