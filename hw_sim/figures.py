"""Writes the figures of docs/simulator.md: `python -m hw_sim.figures docs/simulator.md`.

Everything between the two marks of the page is made here from fixed seeds, so that a change of the
physics shows as a change of the page.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from hw_sim.bone import Bone
from hw_sim.insertion import Course, SimulatedCurve, simulate_insertion
from hw_sim.landmarks import Contact, InsertionParams
from hw_sim.minihost import MiniHost
from hw_sim.operator import insert_until, turned_past_contact
from hw_sim.patients import draw_patient
from hw_sim.scenarios import scenario
from hw_sim.screw import geometry_by_id
from hw_sim.twin import Twin
from torquemon.model import StopReason

BEGIN: Final = "<!-- figures: made by python -m hw_sim.figures docs/simulator.md -->"
END: Final = "<!-- end of figures -->"
PATIENTS: Final = 40
_PAST_SEAT_DEG: Final = 22.0
_WIDTH: Final = 72
_HEIGHT: Final = 12
_RATE_HZ: Final = 250
_MEAN: Final = InsertionParams()

# site, screw, published range of the peak in N·cm, source
PLACES: Final = (
    ("maxilla-buccal", "infinitas-1.5x9-short", "5-12", "Uchida 2023"),
    ("mandible-buccal", "infinitas-1.5x9-short", "6-14", "Uchida 2023"),
    ("maxilla-anterior", "infinitas-1.5x6-short", "5-15", "Cousley, ch. 2"),
    ("mandible-anterior", "infinitas-1.5x6-short", "5-15", "Cousley, ch. 2"),
    ("palatal-alveolar", "infinitas-1.5x9-long", "5-15", "Cousley, ch. 2"),
    ("midpalate", "infinitas-2.0x6-long", "20-25", "Uchida 2023"),
)


def figures() -> str:
    """Return everything between the marks."""
    parts = [_peaks(), _overshoot(), *_curves()]
    return "\n\n".join(parts)


def _peaks() -> str:
    rows = [
        f"### Peaks by site ({PATIENTS} simulated patients each)",
        "",
        "| site | screw | median | 5th-95th percentile | spread | published | end slope per mm |",
        "|---|---|---|---|---|---|---|",
    ]
    for site, screw, published, source in PLACES:
        mean = replace(_MEAN, site=site, screw=geometry_by_id(screw))
        peaks, slopes = [], []
        for seed in range(PATIENTS):
            params = draw_patient(mean, seed)
            bone = Bone(params, seed)
            peaks.append(bone.fresh_ncm(params.seat_deg + _PAST_SEAT_DEG))
            millimetre_deg = 360.0 / params.screw.pitch_mm
            before = bone.fresh_ncm(params.seat_deg - millimetre_deg)
            slopes.append(bone.fresh_ncm(params.seat_deg) - before)
        share = statistics.stdev(peaks) / statistics.mean(peaks)
        tail = statistics.quantiles(peaks, n=20)
        rows.append(
            f"| {site} | {screw} | {statistics.median(peaks):.1f} | {tail[0]:.1f}-{tail[-1]:.1f} | "
            f"{share:.0%} | {published} ({source}) | {statistics.median(slopes):.1f} |"
        )
    rows += [
        "",
        "Torques in N·cm. Published: end slope 1.4-2.9 N·cm per mm, spread of peaks 30-40 %.",
    ]
    return "\n".join(rows)


def _overshoot() -> str:
    rows = [
        "### Past the threshold (device stop armed at 12 N·cm, 25 rpm, true torque)",
        "",
        "| what is met | slope N·cm per turn | past the threshold, N·cm |",
        "|---|---|---|",
    ]
    for slope in (40.0, 60.0, 110.0, 180.0, 260.0):
        contact = Contact.hard(slope_ncm_per_turn=slope)
        past = [_past_threshold(contact, seed) for seed in range(3)]
        rows.append(f"| root | {slope:.0f} | {min(past):.2f}-{max(past):.2f} |")
    return "\n".join(rows)


def _past_threshold(contact: Contact, seed: int) -> float:
    """True torque above 12 N·cm in a closed loop with an armed device."""
    chosen = scenario("root-contact")
    insertion = replace(chosen.params.insertion, contact=contact)
    handpiece = chosen.handpiece(seed, params=replace(chosen.params, insertion=insertion))
    host = MiniHost(Twin(handpiece, insert_until(turned_past_contact(300.0))))
    host.greet()
    host.run(0.3)
    host.tare()
    host.run(0.1)
    host.arm(1200)
    host.run_until_done()
    latch = handpiece.latch
    if latch is None or latch.reason is not StopReason.THRESHOLD:
        raise RuntimeError("the device did not stop at its threshold")
    return handpiece.peak_ncm - 12.0


def _curves() -> Iterator[str]:
    contact = replace(_MEAN, contact=Contact.hard())
    contact_deg = contact.contact_deg or 0.0
    yield _plot("Nominal: maxilla, 1.5 x 9 mm, torque over angle", simulate(_MEAN))
    yield _plot("Root, head on, at 4 mm", simulate(contact, Course(end_deg=contact_deg + 60.0)))
    glancing = replace(_MEAN, contact=Contact.glancing())
    yield _plot("Root, glancing, at 4.5 mm", simulate(glancing))
    pauses = Course(pauses=((2300.0, 12.0), (3900.0, 12.0)))
    yield _plot("Two pauses of 12 s, torque over time", simulate(_MEAN, pauses), over_time=True)
    backs = Course(backs=((1500.0, 0.5), (2700.0, 0.5), (3900.0, 0.5)))
    yield _plot("Half a turn back, three times, over time", simulate(_MEAN, backs), over_time=True)
    strips = replace(_MEAN, strip_ncm=9.0)
    end = Course(end_deg=strips.seat_deg + 600.0)
    yield _plot("Stripping past the seat", simulate(strips, end))


def simulate(params: InsertionParams, course: Course | None = None) -> SimulatedCurve:
    """Simulate a curve for a figure."""
    return simulate_insertion(params, seed=7, rate_hz=_RATE_HZ, course=course)


def _plot(title: str, curve: SimulatedCurve, *, over_time: bool = False) -> str:
    """Draw measured torque as text: the highest and lowest value of each column."""
    along = curve.time_s if over_time else curve.angle_deg
    start, end = min(along), max(along)
    columns: list[list[float]] = [[] for _ in range(_WIDTH)]
    for place, torque in zip(along, curve.torque_ncm, strict=True):
        share = (place - start) / (end - start)
        columns[min(int(share * _WIDTH), _WIDTH - 1)].append(torque)
    low, high = min(0.0, *curve.torque_ncm), max(curve.torque_ncm)
    step = (high - low) / _HEIGHT
    lines = []
    for row in range(_HEIGHT, 0, -1):
        bottom, top = low + (row - 1) * step, low + row * step
        cells = ("█" if c and min(c) < top and max(c) >= bottom else " " for c in columns)
        lines.append(f"{top:6.1f} │{''.join(cells)}".rstrip())
    unit = "s" if over_time else "deg"
    axis = f"{start:.0f} {unit}".ljust(_WIDTH - 10) + f"{end:.0f} {unit}".rjust(10)
    return "\n".join([f"### {title}", "", "```", *lines, f"  N·cm  {axis}", "```"])


def main(argv: Sequence[str]) -> int:
    """Replace the figures of the page named on the command line."""
    page = Path(argv[0])
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    page.write_text(f"{head}{BEGIN}\n\n{figures()}\n\n{END}{tail}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
