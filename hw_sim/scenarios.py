"""Named scenarios: a site, a screw, a bone with its trouble, and what the operator does.

`SCENARIOS` is the list; `python -m hw_sim --list` prints it. A seed varies noise, grain, wobble
phase and, within the stated spread, nothing else: the name says what will happen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from hw_sim import operator
from hw_sim.device import ALL_CAPABILITIES, DeviceConfig, HandpieceParams
from hw_sim.handpiece import EventSink, Handpiece
from hw_sim.landmarks import Contact, InsertionParams
from hw_sim.operator import Script
from hw_sim.screw import geometry_by_id
from hw_sim.tissue import SITE_TISSUE, Layer, Tissue
from torquemon.drivers.codec import Capability
from torquemon.model import PURPOSES


@dataclass(frozen=True, slots=True)
class Scenario:
    """One named course of events. `site` and `screw` are ids of the catalogue.

    `threshold_ncm` is the stop that the scenario is about (None: the window's top), `pause_s` the
    longest pause of its operator.
    """

    name: str
    summary: str
    site: str
    screw: str
    params: HandpieceParams
    script: Script
    threshold_ncm: float | None = None
    pause_s: float = 0.0
    purpose: str = PURPOSES[0]

    def handpiece(
        self, seed: int, on_event: EventSink | None = None, params: HandpieceParams | None = None
    ) -> Handpiece:
        """Build the handpiece of this scenario, `params` in place of its own if given."""
        chosen = params or self.params
        return Handpiece(chosen, seed) if on_event is None else Handpiece(chosen, seed, on_event)


class UnknownScenarioError(ValueError):
    """A scenario that is not in the list."""


def scenario(name: str) -> Scenario:
    """Return a scenario by name. Raises UnknownScenarioError that lists the known ones."""
    found = SCENARIOS.get(name)
    if found is None:
        known = ", ".join(SCENARIOS)
        raise UnknownScenarioError(f"unknown scenario {name!r}; known are: {known}")
    return found


_BUCCAL: Final = ("maxilla-buccal", "infinitas-1.5x9-short")
_PAUSE_S: Final = 12.0
"""Makers advise to pause 10 to 20 s when torque climbs."""
_LOOSE: Final = Tissue(Layer(0.6, 0.55), 0.05)
"""Thin soft cortex: primary stability will be poor."""
_DENSE: Final = replace(SITE_TISSUE["mandible-buccal"], pilot_mm=0.0)
"""Posterior mandible without the advised pilot hole."""


def _make(
    name: str,
    summary: str,
    script: Script,
    place: tuple[str, str] = _BUCCAL,
    device: DeviceConfig | None = None,
    change: Callable[[InsertionParams], InsertionParams] = lambda params: params,
) -> Scenario:
    site, screw = place
    insertion = change(InsertionParams(site=site, screw=geometry_by_id(screw)))
    params = HandpieceParams(insertion=insertion, device=device or DeviceConfig())
    return Scenario(name, summary, site, screw, params, script)


def _threshold() -> Scenario:
    made = _make(
        "threshold",
        "dense mandible: torque goes past 12 N·cm before seating, an armed stop acts",
        operator.insert(),
        place=("mandible-buccal", "infinitas-1.5x9-short"),
        change=lambda p: replace(p, tissue=_DENSE),
    )
    return replace(made, threshold_ncm=12.0)


def _pause_restart() -> Scenario:
    made = _make(
        "pause-restart",
        "two pauses of 12 s: torque relaxes and comes back within a few degrees",
        operator.insert_with_pauses((2300.0, 3900.0), _PAUSE_S),
    )
    return replace(made, pause_s=_PAUSE_S)


def _removal() -> Scenario:
    made = _make("removal", "a seated screw is turned out, torque negative", operator.remove())
    params = replace(made.params, start_deg=made.params.insertion.seat_deg)
    return replace(made, params=params, purpose="removal")


_ALL: Final = (
    _make("nominal", "maxilla, peak inside 5-15 N·cm at seating", operator.insert()),
    _make(
        "root-contact",
        "a root head on at 4 mm: the screw stalls, torque rises 110 N·cm per turn",
        operator.insert_until(operator.turned_past_contact(75.0)),
        change=lambda p: replace(p, contact=Contact.hard()),
    ),
    _make(
        "glancing-contact",
        "the flank of a root at 4.5 mm: 20 N·cm per turn for half a turn, then on to the seat",
        operator.insert(),
        change=lambda p: replace(p, contact=Contact.glancing()),
    ),
    _threshold(),
    _make(
        "below-window",
        "thin soft cortex: the peak stays below 5 N·cm",
        operator.insert(),
        change=lambda p: replace(p, tissue=_LOOSE, seat_slope_ncm_per_turn=12.0),
    ),
    _make(
        "midpalate",
        "midpalate with a 2.0 mm screw: peak inside 10-25 N·cm",
        operator.insert(),
        place=("midpalate", "infinitas-2.0x6-long"),
    ),
    _pause_restart(),
    _make(
        "half-turn-back",
        "three times half a turn back and in again",
        operator.insert_with_half_turns_back((1500.0, 2700.0, 3900.0)),
    ),
    _make(
        "cam-out",
        "the bit slips in the head whenever torque passes 6 N·cm",
        operator.insert_until(operator.seated, at_most_s=40.0),
        change=lambda p: replace(p, cam_out_ncm=6.0),
    ),
    _make(
        "stripping",
        "turned on past the seat: the thread in the bone strips and torque decays",
        operator.insert_until(operator.never, at_most_s=38.0),
        change=lambda p: replace(p, strip_ncm=11.0),
    ),
    _make(
        "tip-fracture",
        "the tip breaks at 9.4 N·cm on a root: torque falls to nothing in a quarter turn",
        operator.insert_until(operator.never, at_most_s=18.0),
        change=lambda p: replace(p, contact=Contact.hard(), tip_fracture_ncm=9.4),
    ),
    _make(
        "no-angle",
        "nominal, on a handpiece that measures no angle and no speed",
        operator.insert(),
        device=DeviceConfig(capabilities=ALL_CAPABILITIES & ~(Capability.ANGLE | Capability.SPEED)),
    ),
    _make(
        "warn-only",
        "torque past 12 N·cm, on a handpiece that cannot be stopped by the host",
        operator.insert(),
        place=("mandible-buccal", "infinitas-1.5x9-short"),
        device=DeviceConfig(capabilities=ALL_CAPABILITIES & ~Capability.STOP_THRESHOLD),
        change=lambda p: replace(p, tissue=_DENSE),
    ),
    _removal(),
    _make(
        "wobble",
        "a hand off the axis: a ripple of 12 % once per turn",
        operator.insert(),
        change=lambda p: replace(p, wobble_share=0.12),
    ),
)
SCENARIOS: Final[dict[str, Scenario]] = {made.name: made for made in _ALL}
