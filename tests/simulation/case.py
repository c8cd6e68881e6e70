"""What one seed stands for: a device, a screw in a jaw, a monitor's habits. Drawn, never chosen."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from hw_sim.chance import seeded
from hw_sim.device import ALL_CAPABILITIES, DeviceConfig, HandpieceParams
from hw_sim.landmarks import Contact, InsertionParams
from hw_sim.motor import MotorParams
from hw_sim.patients import draw_patient
from hw_sim.screw import geometry_by_id
from hw_sim.sensor import SensorParams
from torquemon.drivers.codec import Capability

STEPS_NS: Final = (20_000_000, 10_000_000)
"""One round of reader thread and beat: a loaded machine, and the pace that the monitor aims at."""
FAST_HZ: Final = 250
"""Below this a frame carries two readings: 20 ms, more than a device should, less than it may."""
DURATION_S: Final = 37.0
QUIET_S: Final = 3.0
"""At the end nothing goes wrong any more, and everything must have come back."""
_SITES: Final = ("maxilla-buccal", "mandible-buccal", "maxilla-anterior")


class Phase(StrEnum):
    """Where an insertion stands, by the truth of device and session."""

    NO_SESSION = "before hello"
    PREPARE = "prepare"
    ARMING = "arming"
    ARMED = "armed, idle"
    ENGAGING = "engaging"
    ADVANCING = "advancing"
    CONTACT = "contact, limit"
    REVERSING = "turned back"
    PAUSED = "paused"
    HALTED = "halted"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Case:
    """All that a seed decides before time begins to pass."""

    seed: int
    params: HandpieceParams
    plan: dict[str, str]
    stop_on_contact: bool
    fetch_every_ns: int
    step_ns: int


def draw_case(seed: int) -> Case:
    """Return the case of a seed."""
    rng = seeded("case", seed)
    rate_hz = rng.choices((100, 125, 250, 500, 1000), (60, 20, 12, 4, 4))[0]
    device = DeviceConfig(
        sample_rate_hz=rate_hz,
        control_hz=500,
        reading_span_ms=20.0 if rate_hz < FAST_HZ else 10.0,
        first_seq=(1 << 31) + rng.randrange(1 << 30),
        capabilities=_capabilities(rng),
        boot_id=rng.randrange(1, 1 << 31),
    )
    mean = InsertionParams(
        site=rng.choice(_SITES),
        screw=geometry_by_id("infinitas-1.5x6-short"),
        contact=_contact(rng),
        strip_ncm=None if rng.random() < 0.9 else rng.uniform(8.0, 20.0),
        cam_out_ncm=None if rng.random() < 0.9 else rng.uniform(4.0, 12.0),
    )
    params = HandpieceParams(
        insertion=replace(draw_patient(mean, seed), seat_error_mm=0.0),
        motor=MotorParams(
            speed_rpm=rng.uniform(15.0, 35.0), halt_delay_s=rng.choice((0.004, 0.004, 0.03))
        ),
        sensor=SensorParams(gain=rng.choice((1.0, 1.0, 1.0, 0.65, 1.2))),
        device=device,
    )
    plan = {"site": mean.site, "threshold_ncm": f"{rng.uniform(6.0, 15.0):.1f}"}
    return Case(
        seed,
        params,
        plan,
        stop_on_contact=rng.random() < 0.2,
        fetch_every_ns=rng.choice((60, 100, 100, 200)) * 1_000_000,
        step_ns=rng.choices(STEPS_NS, (80, 20))[0],
    )


def _capabilities(rng: random.Random) -> Capability:
    draw = rng.random()
    if draw < 0.03:
        return ALL_CAPABILITIES & ~Capability.STOP_THRESHOLD
    if draw < 0.08:
        return ALL_CAPABILITIES & ~(Capability.ANGLE | Capability.SPEED)
    if draw < 0.12:
        return ALL_CAPABILITIES & ~Capability.SPEED
    return ALL_CAPABILITIES


def _contact(rng: random.Random) -> Contact | None:
    """A root early in the way, so that many passes meet it; sometimes none."""
    if rng.random() < 0.1:
        return None
    depth_mm = rng.uniform(0.55, 1.7)
    if rng.random() < 0.5:
        return Contact.hard(depth_mm, 40.0 * 6.5 ** rng.random())
    return Contact.glancing(depth_mm, rng.uniform(12.0, 30.0))
