"""What is drawn for one labelled insertion: bone, screw, contact, operator, sensor.

Two populations. *Core*: 15-35 rpm, pitch 0.7-1.0 mm, torque step up to 0.1 N·cm, noise up to
0.25 N·cm, wobble to 8 % of the torque, contact at least 1 mm before the seat, up to four pauses or
stutters, gaps to 60 ms, speed changes, bumps of 15 %, drift. *Wide*: 10-40 rpm, 0.5-1.25 mm, step
to 0.5 N·cm, wobble to 15 %, contact anywhere past the cortex. Ranges without a source are [E].
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from hw_sim.screw import ScrewGeometry
from hw_sim.tissue import SITE_TISSUE, Layer, Tissue

CORE: Final = "core"
WIDE: Final = "wide"
NO_CONTACT: Final = "none"
GLANCING: Final = "glancing"
HARD: Final = "hard"

_SCREWS: Final = (
    ("infinitas-1.5x9-short", 1.5, 9.0, 2.0),
    ("infinitas-1.5x6-short", 1.5, 6.0, 2.0),
    ("infinitas-2.0x6-long", 2.0, 6.0, None),
    ("infinitas-2.0x9-long", 2.0, 9.0, None),
)
_SITES: Final = (
    "maxilla-buccal",
    "mandible-buccal",
    "maxilla-anterior",
    "mandible-anterior",
    "palatal-alveolar",
    "midpalate",
)


@dataclass(frozen=True, slots=True)
class Bump:
    """A local rise and fall of the torque: `share` of it, over `width_deg`, at `centre_deg`."""

    centre_deg: float
    width_deg: float
    share: float


@dataclass(frozen=True, slots=True)
class Stop:
    """An interruption at `at_deg`: a rest, after turning back by `back_deg` if that is not 0."""

    at_deg: float
    rest_s: float
    back_deg: float


@dataclass(frozen=True, slots=True)
class SensorPlan:
    """How the handpiece measures: rate, resolution, noise and its faults."""

    rate_hz: float
    jitter_share: float
    step_ncm: float
    angle_step_deg: float
    noise_ncm: float
    offset_ncm: float
    drift_ncm: float
    spikes: int
    gaps: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that one labelled insertion is made from. Angles from first bone contact."""

    population: str
    site: str
    screw_id: str
    geometry: ScrewGeometry
    tissue: Tissue
    density: float
    running_slope: float
    far_cortex: tuple[float, float, float] | None
    """Depth in mm, slope in N·cm per turn, thickness in mm."""
    contact: str
    contact_mm: float
    contact_slope: float
    contact_foot_deg: float
    seat_mm: float
    seat_slope: float
    past_seat_deg: float
    wobble_share: float
    wobble_phase: float
    grain_share: float
    bumps: tuple[Bump, ...]
    stops: tuple[Stop, ...]
    speed_rpm: float
    speed_changes: tuple[tuple[float, float], ...]
    speed_share: float
    recovery_deg: float
    overshoot_share: float
    reaction_s: float
    give_way: str
    """`cam-out`, `strip`, `fracture` or empty."""
    sensor: SensorPlan


def draw_plan(rng: random.Random, population: str) -> Plan:
    """Draw one insertion of a population."""
    wide = population == WIDE
    screw_id, diameter, body_mm, flare = rng.choice(_SCREWS)
    pitch = rng.uniform(0.5, 1.25) if wide else rng.uniform(0.7, 1.0)
    geometry = ScrewGeometry(diameter, body_mm, pitch, flare, tip_cone_mm=rng.uniform(1.0, 2.4))
    site = rng.choice(_SITES)
    seat_mm = body_mm + max(-0.8, min(0.8, rng.gauss(0.0, 0.3)))
    end_deg = seat_mm / pitch * 360.0
    contact = rng.choices((NO_CONTACT, GLANCING, HARD), (0.5, 0.22, 0.28))[0]
    latest = seat_mm if wide else min(seat_mm, body_mm) - 1.0
    return Plan(
        population=population,
        site=site,
        screw_id=screw_id,
        geometry=geometry,
        tissue=_draw_tissue(rng, site),
        density=rng.uniform(0.35, 1.25),
        running_slope=rng.uniform(0.1, 7.0) / (body_mm / pitch),
        far_cortex=_draw_far_cortex(rng, body_mm),
        contact=contact,
        contact_mm=rng.uniform(2.2, latest),
        contact_slope=rng.uniform(40, 260) if contact == HARD else rng.uniform(12, 30),
        contact_foot_deg=rng.uniform(0.0, 12.0),
        seat_mm=seat_mm,
        seat_slope=rng.uniform(18.0, 90.0),
        past_seat_deg=rng.uniform(10.0, 50.0),
        wobble_share=rng.uniform(0.0, 0.15 if wide else 0.08),
        wobble_phase=rng.uniform(0.0, 1.0),
        grain_share=rng.uniform(0.0, 0.03),
        bumps=_draw_bumps(rng, end_deg),
        stops=_draw_stops(rng, end_deg),
        speed_rpm=rng.uniform(10.0, 40.0) if wide else rng.uniform(15.0, 35.0),
        speed_changes=tuple(
            (rng.uniform(0.1, 0.95) * end_deg, rng.uniform(0.7, 1.3))
            for _ in range(rng.choice((0, 0, 1, 2)))
        ),
        speed_share=rng.uniform(0.0, 0.08),
        recovery_deg=rng.uniform(1.5, 8.0),
        overshoot_share=rng.uniform(0.0, 0.08),
        reaction_s=rng.uniform(1.0, 1.6),
        give_way=rng.choices(("", "cam-out", "strip", "fracture"), (0.94, 0.02, 0.02, 0.02))[0],
        sensor=_draw_sensor(rng, wide=wide),
    )


def _draw_tissue(rng: random.Random, site: str) -> Tissue:
    """Vary the site's bone within what is published of thickness and density."""
    known = SITE_TISSUE[site]
    thickness = known.cortex.thickness_mm * rng.uniform(0.6, 1.3)
    density = known.cortex.density * rng.uniform(0.7, 1.2)
    pilot = rng.choice((0.0, 0.0, known.pilot_mm, 2.0))
    cancellous = known.cancellous_density * rng.uniform(0.5, 2.0)
    return Tissue(Layer(min(thickness, 2.0), density), cancellous, pilot_mm=pilot)


def _draw_far_cortex(rng: random.Random, body_mm: float) -> tuple[float, float, float] | None:
    if rng.random() > 0.15:  # noqa: PLR2004 - one in seven [E]
        return None
    return rng.uniform(4.0, body_mm - 0.5), rng.uniform(3.0, 13.0), rng.uniform(0.5, 1.5)


def _draw_bumps(rng: random.Random, end_deg: float) -> tuple[Bump, ...]:
    return tuple(
        Bump(
            rng.uniform(0.1, 0.95) * end_deg,
            rng.uniform(40.0, 200.0),
            rng.choice((1.0, 1.0, -1.0)) * rng.uniform(0.05, 0.15),
        )
        for _ in range(rng.randrange(4))
    )


def _draw_stops(rng: random.Random, end_deg: float) -> tuple[Stop, ...]:
    """Draw up to four pauses, stutters or half turns back."""
    found = []
    for _ in range(rng.choice((0, 0, 1, 2, 3, 4))):
        kind = rng.random()
        rest = rng.uniform(0.05, 0.25) if kind < 0.4 else rng.uniform(0.5, 6.0)  # noqa: PLR2004
        back = rng.uniform(90.0, 220.0) if kind > 0.8 else 0.0  # noqa: PLR2004 - one in five
        found.append(Stop(rng.uniform(0.15, 0.95) * end_deg, rest, back))
    return tuple(sorted(found, key=lambda stop: stop.at_deg))


def _draw_sensor(rng: random.Random, *, wide: bool) -> SensorPlan:
    steps = (0.001, 0.01, 0.05, 0.1, 0.2, 0.5) if wide else (0.001, 0.01, 0.05, 0.1)
    return SensorPlan(
        rate_hz=100.0 * 10.0 ** rng.random(),
        jitter_share=rng.choice((0.0, rng.uniform(0.0, 0.3))),
        step_ncm=rng.choice(steps),
        angle_step_deg=rng.choice((0.01, 0.1, 0.25, 0.5, 1.0)),
        noise_ncm=rng.uniform(0.0, 0.25),
        offset_ncm=rng.uniform(-0.3, 0.3),
        drift_ncm=rng.uniform(-0.1, 0.1),
        spikes=rng.choice((0, 0, 1, 2, 3)),
        gaps=rng.choice((0, 0, 1, 2, 3)),
    )
