"""Write a labelled set: curves, the manifest that `torquemon analyse` reads, and the truth.

`python -m hw_sim dataset OUT -n 2000 --seed 1`. The same number, seed and population give the same
files. OUT gets `manifest.csv`, `truth.csv` and one CSV file a curve.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from hw_sim.dataset_curve import LabelledCurve, simulate
from hw_sim.dataset_plan import CORE, NO_CONTACT, WIDE, draw_plan
from torquemon.profiles import builtin

MANIFEST_COLUMNS: Final = ("file", "site", "screw", "pitch_mm", "speed_rpm", "accuracy_ncm")
TRUTH_COLUMNS: Final = (
    "file",
    "population",
    "contact",
    "contact_s",
    "contact_slope_ncm_per_turn",
    "seat_s",
    "max_torque_ncm",
    "crossing_s",
)
MAX_CURVES: Final = 100_000
EXIT_USAGE: Final = 2


def labelled_curve(seed: int, population: str, index: int) -> LabelledCurve:
    """Return curve `index` of a set; each depends on its own number only."""
    rng = random.Random(f"{seed} {population} {index}")
    return simulate(draw_plan(rng, population), rng)


def labelled_curves(count: int, seed: int, population: str) -> Iterator[LabelledCurve]:
    """Yield the curves of a set."""
    for index in range(count):
        yield labelled_curve(seed, population, index)


def write_dataset(out: Path, count: int, seed: int, population: str) -> None:
    """Write a set into the folder `out`. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    with (
        (out / "manifest.csv").open("w", encoding="utf-8", newline="") as manifest_file,
        (out / "truth.csv").open("w", encoding="utf-8", newline="") as truth_file,
    ):
        manifest, truth = csv.writer(manifest_file), csv.writer(truth_file)
        manifest.writerow(MANIFEST_COLUMNS)
        truth.writerow(TRUTH_COLUMNS)
        for index, curve in enumerate(labelled_curves(count, seed, population)):
            name = f"{population}-{index:05d}.csv"
            _write_curve(out / name, curve)
            manifest.writerow(_manifest_row(name, curve))
            truth.writerow(_truth_row(name, curve))


def _write_curve(path: Path, curve: LabelledCurve) -> None:
    rows = zip(
        curve.time_s.tolist(), curve.torque_ncm.tolist(), curve.angle_deg.tolist(), strict=True
    )
    lines = ["time_s,torque_ncm,angle_deg"]
    lines += [
        f"{time_s:.6f},{torque_ncm:.4f},{angle_deg:.3f}" for time_s, torque_ncm, angle_deg in rows
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _manifest_row(name: str, curve: LabelledCurve) -> list[str]:
    plan = curve.plan
    pitch = f"{plan.geometry.pitch_mm:.4f}"
    return [name, plan.site, plan.screw_id, pitch, f"{plan.speed_rpm:.1f}", "0"]


def _truth_row(name: str, curve: LabelledCurve) -> list[str]:
    plan = curve.plan
    window = builtin().default_window(plan.site)
    crossing_s = None if window is None else curve.crossing_s(window.high_ncm)
    touched = curve.contact_s is not None and (
        curve.seat_s is None or curve.contact_s < curve.seat_s
    )
    return [
        name,
        plan.population,
        plan.contact if touched else NO_CONTACT,
        _optional(curve.contact_s if touched else None),
        f"{plan.contact_slope:.2f}" if touched else "",
        _optional(curve.seat_s),
        f"{curve.max_torque_ncm:.4f}",
        _optional(crossing_s),
    ]


def _optional(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def main(argv: Sequence[str] | None = None) -> int:
    """Run `dataset`; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m hw_sim dataset", description="Write a set of labelled, simulated curves."
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder, made if need be")
    parser.add_argument("-n", dest="count", type=int, default=2000, help="curves (2000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same set")
    parser.add_argument("--population", choices=(CORE, WIDE), default=CORE)
    options = parser.parse_args(argv)
    if not 1 <= options.count <= MAX_CURVES:
        sys.stderr.write(f"hw_sim: -n lies in 1 to {MAX_CURVES}, not {options.count}\n")
        return EXIT_USAGE
    try:
        write_dataset(options.out, options.count, options.seed, options.population)
    except OSError as error:
        sys.stderr.write(f"hw_sim: cannot write to {options.out}: {error.strerror}\n")
        return EXIT_USAGE
    return 0
