"""The figures of `docs/signal.md`: the judge and its rivals on the same curves.

`python -m bench.signal_figures [-n 2000] [--seed 1]`. Needs the extra `batch` (Numba); the rivals
need the group `bench` (river, ruptures) and are left out with a word where that is missing.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.signal_judge import as_case, truth_of_other
from bench.signal_other_model import other_curve
from bench.signal_rivals import Labelled, binned, compare
from hw_sim.dataset import labelled_curve
from hw_sim.dataset_curve import LabelledCurve
from hw_sim.dataset_plan import CORE, NO_CONTACT, WIDE
from torquemon.cohort.analyse import judge_curve
from torquemon.cohort.curves import parse_curve
from torquemon.cohort.score import Case, Truth, score, table
from torquemon.model import AlertCode
from torquemon.profiles import builtin
from torquemon.signal.setup import JudgeSetup

_RUNS = "TORQUEMON_SCREW_RUNS"


def simulated_cases(count: int, seed: int, population: str, *, with_angle: bool) -> Iterator[Case]:
    """Judge a simulated set, one curve at a time."""
    catalogue = builtin()
    for index in range(count):
        curve = labelled_curve(seed, population, index)
        plan = curve.plan
        window = catalogue.default_window(plan.site)
        setup = JudgeSetup.for_insertion(
            catalogue.screw(plan.screw_id),
            window,
            pitch_mm=plan.geometry.pitch_mm,
            nominal_speed_rpm=plan.speed_rpm,
        )
        top = None if window is None else curve.crossing_s(window.high_ncm)
        contact, contact_s = touched(curve)
        truth = Truth(
            f"{population}-{index}",
            population,
            contact,
            contact_s,
            curve.seat_s,
            curve.max_torque_ncm,
            top,
        )
        yield as_case(truth, setup, curve, with_angle=with_angle)


def touched(curve: LabelledCurve) -> tuple[str, float | None]:
    """Return kind and time of a contact that came before the seat."""
    contact_s = curve.contact_s
    if contact_s is None or (curve.seat_s is not None and curve.seat_s <= contact_s):
        return NO_CONTACT, None
    return curve.plan.contact, contact_s


def print_table(title: str, cases: Iterator[Case], *, with_angle: bool = True) -> None:
    """Print the figures of one population."""
    total = score(cases, with_angle=with_angle)
    print(f"\n{title} ({total.curves} curves)")
    for figure, measured, goal in table(total):
        print(f"  {figure:<38}{measured:<26}{goal}")


def print_screw_runs() -> None:
    """Print what the judge says of the real recordings."""
    folder = os.environ.get(_RUNS)
    if folder is None:
        print(f"\nreal recordings: left out, {_RUNS} is not set")
        return
    print("\nreal recordings, generic screw (delay from the foot of the hard stop)")
    with (Path(folder) / "truth.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            print_screw_run(Path(folder) / row["file"], float(row["hard_contact_s"]))


def print_screw_run(path: Path, foot_s: float) -> None:
    """Judge one recording at the scale of its README: torque / 8, mean speed 25 rpm."""
    data = np.loadtxt(path, delimiter=",", skiprows=1)
    turns = float(np.ptp(data[:, 2])) / 360.0
    stretch = turns / (float(data[-1, 0]) / 60.0) / 25.0
    lines = ["time_s,torque_ncm,angle_deg"]
    lines += [f"{t * stretch:.6f},{q / 8.0:.4f},{a:.3f}" for t, q, a in data.tolist()]
    window = builtin().default_window("maxilla-buccal")
    judged = judge_curve(parse_curve("\n".join(lines)), JudgeSetup(window=window))
    codes = (AlertCode.HARD_RESISTANCE, AlertCode.ROOT_CONTACT)
    delays = [a.time_s - foot_s * stretch for a in judged.alerts if a.code in codes]
    before = sum(delay < 0 for delay in delays)
    first = min((delay for delay in delays if delay >= 0), default=float("nan"))
    print(f"  {path.name}: before the foot {before}, first after it {first * 1e3:.0f} ms")


def rival_curves(first: int, count: int, seed: int) -> Sequence[Labelled]:
    """Return core curves in bins."""
    found = []
    for index in range(first, first + count):
        curve = labelled_curve(seed, CORE, index)
        plan = curve.plan
        bins = binned(
            curve.time_s,
            curve.torque_ncm,
            curve.angle_deg,
            plan.geometry.pitch_mm,
            plan.geometry.body_mm,
        )
        found.append((*touched(curve), bins))
    return found


def print_rivals(count: int, seed: int) -> None:
    """Print the rivals' scores: thresholds from another seed, scores on this one."""
    missing = [name for name in ("river", "ruptures") if find_spec(name) is None]
    if missing:
        print(f"\nrivals: left out, not installed: {', '.join(missing)}")
        return
    print(f"\nrivals on core ({count} curves; thresholds chosen on {count} others)")
    for name, threshold, found in compare(
        rival_curves(0, count, seed + 1000), rival_curves(0, count, seed)
    ):
        print(
            f"  {name:<26}threshold {threshold:<8g}"
            f"hard {100 * found.hard_hits / max(1, found.hard):5.1f} %  "
            f"glancing {100 * found.glancing_hits / max(1, found.glancing):5.1f} %  "
            f"false {100 * found.false_share:5.2f} %"
        )


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", dest="count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    count, seed = options.count, options.seed
    print_table("core", simulated_cases(count, seed, CORE, with_angle=True))
    print_table("wide", simulated_cases(count // 2, seed, WIDE, with_angle=True))
    print_table(
        "core without angle: hard_resistance",
        simulated_cases(count // 2, seed, CORE, with_angle=False),
        with_angle=False,
    )
    others = (other_curve(seed * 100_000 + index) for index in range(count // 2))
    print_table("another model", (as_case(*truth_of_other(curve), curve) for curve in others))
    print_screw_runs()
    print_rivals(min(400, count // 2), seed)


if __name__ == "__main__":
    main()
