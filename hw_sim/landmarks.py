"""What the screw meets on its way, as torque over angle: seating, a root, wobble, grain.

All of it depends on the angle alone, so `fresh_torque` adds it up once, degree by degree, and the
bone only looks it up: that keeps a tick cheap. An angle of zero is the first touch of the tip.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Final

from hw_sim.screw import ScrewGeometry
from hw_sim.tissue import SITE_TISSUE, Tissue, torque_by_depth
from torquemon.units import DEGREES_PER_TURN

BEYOND_SEAT_DEG: Final = 720
"""How far the table reaches past the seat; whoever turns on meets its last value."""
_LONGEST: Final = 1.5
"""A stalled screw would seat after many turns; nobody turns for more than this share of a body."""
_FOOT_DEG: Final = 12.0
"""Over this angle a contact's slope grows from nothing: surfaces meet at a curved face [E]."""
_GRAIN_LENGTH_DEG: Final = 25.0
"""Over this angle the grain of the bone forgets itself [E]."""
_SEAT_PLATEAU_NCM: Final = 90.0
"""Where the rise at the seat would flatten [E]; the thread strips long before."""
_TIP_IN_DEG: Final = 360.0
"""In the first turn the tip wanders: the wobble is larger and fades [E]."""
_TIP_IN_WOBBLE: Final = 3.0


@dataclass(frozen=True, slots=True)
class Contact:
    """A root in the way.

    `slope_ncm_per_turn`: glancing 12-30, hard 40-260 [E, clinical notes; real screws on a hard
    stop, scaled, show 76-500 / 8]. The rise flattens towards `plateau_ncm` as the tip blunts
    (Cousley, ch. 1). `advance_share` is what is left of the advance per turn: a screw that meets a
    root head on stalls (Cousley, ch. 1).
    """

    depth_mm: float
    slope_ncm_per_turn: float
    plateau_ncm: float
    advance_share: float

    @classmethod
    def hard(cls, depth_mm: float = 4.0, slope_ncm_per_turn: float = 110.0) -> Contact:
        """Head on. The narrowest gap lies about 4 mm below the surface (Cousley, ch. 3)."""
        return cls(depth_mm, slope_ncm_per_turn, plateau_ncm=38.0, advance_share=0.1)

    @classmethod
    def glancing(cls, depth_mm: float = 4.5, slope_ncm_per_turn: float = 20.0) -> Contact:
        """Along the flank: the screw is deflected and goes on."""
        return cls(depth_mm, slope_ncm_per_turn, plateau_ncm=9.0, advance_share=0.85)


@dataclass(frozen=True, slots=True)
class InsertionParams:
    """Everything that shapes the torque of one insertion. Figures marked [E] are estimates.

    `density_factor` carries the spread between patients (coefficient of variation of published
    peaks about 30-40 %). `seat_slope_ncm_per_turn`: 18-70 and more [E]. `seat_error_mm` moves the
    seat against the nominal body length (skidding, pilot). `wobble_share` is the once-per-turn
    ripple of a hand that is not on the axis; `grain_share` the unevenness of bone [E].
    `strip_ncm`, `cam_out_ncm` and `tip_fracture_ncm` are the torques at which the thread in the
    bone, the bit's hold and the tip give way; None is never. Tips broke at 9.4-24.4 N·cm
    (Assad-Loss 2017).
    """

    site: str = "maxilla-buccal"
    screw: ScrewGeometry = field(default_factory=ScrewGeometry)
    tissue: Tissue | None = None
    density_factor: float = 1.0
    contact: Contact | None = None
    seat_slope_ncm_per_turn: float = 42.0
    seat_error_mm: float = 0.0
    wobble_share: float = 0.03
    grain_share: float = 0.025
    strip_ncm: float | None = None
    cam_out_ncm: float | None = None
    tip_fracture_ncm: float | None = None

    @property
    def bone(self) -> Tissue:
        """The tissue given, else that of the site."""
        return self.tissue or SITE_TISSUE[self.site]

    @property
    def contact_deg(self) -> float | None:
        """Angle at which the tip meets the root; None without one."""
        if self.contact is None:
            return None
        return self.contact.depth_mm / self.screw.pitch_mm * DEGREES_PER_TURN

    @property
    def seat_deg(self) -> float:
        """Angle at which the neck meets bone, the stall on a root included."""
        return self.angle_deg(self.screw.body_mm + self.seat_error_mm)

    def depth_mm(self, angle_deg: float) -> float:
        """Depth of the tip at an angle, in mm; past the seat it stays."""
        pitch_mm = self.screw.pitch_mm
        depth = angle_deg / DEGREES_PER_TURN * pitch_mm
        if self.contact is not None and depth > self.contact.depth_mm:
            beyond = depth - self.contact.depth_mm
            depth = self.contact.depth_mm + beyond * self.contact.advance_share
        return min(depth, self.screw.body_mm + self.seat_error_mm)

    def angle_deg(self, depth_mm: float) -> float:
        """Angle at which the tip is at a depth."""
        if self.contact is not None and depth_mm > self.contact.depth_mm:
            beyond = (depth_mm - self.contact.depth_mm) / self.contact.advance_share
            depth_mm = self.contact.depth_mm + beyond
        return depth_mm / self.screw.pitch_mm * DEGREES_PER_TURN


def fresh_torque(params: InsertionParams, rng: random.Random) -> list[float]:
    """Torque in N·cm at each whole degree, turning forward in bone not yet cut."""
    nominal_deg = params.screw.turns_to_seat * DEGREES_PER_TURN
    reach = math.ceil(min(params.seat_deg, _LONGEST * nominal_deg)) + BEYOND_SEAT_DEG
    depths = [params.depth_mm(float(angle)) for angle in range(reach)]
    base = torque_by_depth(params.screw, params.bone, depths)
    torques = [torque * params.density_factor for torque in base]
    _add_rise(torques, params.seat_deg, params.seat_slope_ncm_per_turn, _SEAT_PLATEAU_NCM)
    contact_deg, contact = params.contact_deg, params.contact
    if contact is not None and contact_deg is not None:
        _add_rise(torques, contact_deg, contact.slope_ncm_per_turn, contact.plateau_ncm)
    ripple = _ripple(rng.random() * math.tau, reach, params.wobble_share)
    grain = _grain(rng, reach, params.grain_share)
    return [t * (1.0 + r + g) for t, r, g in zip(torques, ripple, grain, strict=True)]


def _ripple(phase: float, count: int, share: float) -> list[float]:
    """A sine of the turn, larger while the tip is still finding its way."""
    turn = [share * math.sin(math.radians(angle) + phase) for angle in range(360)]
    found = [turn[angle % 360] for angle in range(count)]
    for angle in range(min(count, round(_TIP_IN_DEG))):
        found[angle] *= 1.0 + _TIP_IN_WOBBLE * (1.0 - angle / _TIP_IN_DEG)
    return found


def _add_rise(
    torques: list[float], from_deg: float, slope_ncm_per_turn: float, plateau_ncm: float
) -> None:
    """Add the torque of a contact to each whole degree past its angle."""
    for angle in range(max(0, math.ceil(from_deg)), len(torques)):
        torques[angle] += _rise(angle - from_deg, slope_ncm_per_turn, plateau_ncm)


def _rise(beyond_deg: float, slope_ncm_per_turn: float, plateau_ncm: float) -> float:
    """Extra torque at an angle past a contact: a rounded foot, the slope, then the plateau."""
    if beyond_deg <= 0:
        return 0.0
    if beyond_deg < _FOOT_DEG:
        run_deg = beyond_deg * beyond_deg / (2 * _FOOT_DEG)
    else:
        run_deg = beyond_deg - _FOOT_DEG / 2
    linear = slope_ncm_per_turn * run_deg / DEGREES_PER_TURN
    return plateau_ncm * (1.0 - math.exp(-linear / plateau_ncm))


def _grain(rng: random.Random, count: int, share: float) -> list[float]:
    """A first-order random walk drawn back to zero, of standard deviation `share`."""
    keep = math.exp(-1.0 / _GRAIN_LENGTH_DEG)
    kick = share * math.sqrt(1.0 - keep * keep)
    value = 0.0
    found = []
    for _ in range(count):
        value = value * keep + kick * rng.gauss(0.0, 1.0)
        found.append(value)
    return found
