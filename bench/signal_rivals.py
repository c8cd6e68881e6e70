"""Contact detectors to compare with, on the same curves: scored by the same rule.

A fixed slope threshold, `river`'s Page-Hinkley on the same slope, and `ruptures` offline (it sees
the whole curve, so it is a bound, not a rival that could run live). All get the same despiked
torque per bin of 10 ms and the same knowledge of depth (cortex and seat are left out), and each
threshold is the best of a small grid on a separate set: the highest sensitivity for glancing and
hard contacts together with false alarms under 1 %, or, where no threshold reaches that, the fewest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
BIN_S = 0.01
CORTEX_MM = 2.0
SEAT_MM = 0.9
SLOPE_DEG = 30.0
ENGAGED_NCM = 0.5
MOVING_DEG = 0.02
EARLY_S = 0.02


@dataclass(frozen=True, slots=True)
class Binned:
    """A curve in bins: time in s, torque in N·cm, depth in mm, slope in N·cm per turn."""

    time_s: Floats
    torque_ncm: Floats
    slope: Floats
    judged: npt.NDArray[np.bool_]


Detector = Callable[[Binned, float], float | None]
"""Returns the time of the first alert at a threshold, or None."""


def binned(
    time_s: Floats, torque_ncm: Floats, angle_deg: Floats, pitch_mm: float, body_mm: float
) -> Binned:
    """Despike (median of five) and average in bins; the slope is over the last 30 degrees."""
    padded = np.pad(torque_ncm, (4, 0), mode="edge")
    clean = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    edges = np.floor(time_s / BIN_S).astype(np.int64)
    starts = np.flatnonzero(np.diff(edges, prepend=-1))
    counts = np.diff(np.append(starts, len(edges)))
    torque = np.add.reduceat(clean, starts) / counts
    angle = np.add.reduceat(angle_deg, starts) / counts
    times = time_s[np.append(starts[1:] - 1, len(time_s) - 1)]
    torque = torque - np.median(torque[: max(3, int(0.1 / BIN_S))])
    engaged = np.flatnonzero(torque > ENGAGED_NCM)
    front = np.maximum.accumulate(angle)
    depth = (front - angle[engaged[0]] if len(engaged) else front * 0.0) / 360.0 * pitch_mm
    before = np.searchsorted(front, front - SLOPE_DEG)
    span = np.maximum(front - front[before], 5.0)
    slope = (torque - torque[before]) / span * 360.0
    moving = (angle >= front - 0.5) & (np.gradient(front) > MOVING_DEG)
    judged = moving & (depth > CORTEX_MM) & (depth < body_mm - SEAT_MM)
    return Binned(times, torque, slope, judged)


def fixed_slope(curve: Binned, threshold: float) -> float | None:
    """Alert when the slope over 30 degrees passes a threshold."""
    over = np.flatnonzero(curve.judged & (curve.slope > threshold))
    return float(curve.time_s[over[0]]) if len(over) else None


def page_hinkley(curve: Binned, threshold: float) -> float | None:
    """Alert when Page-Hinkley finds that the mean slope has grown."""
    from river.drift import PageHinkley

    detector: Any = PageHinkley(
        min_instances=20, delta=1.0, threshold=threshold, alpha=0.999, mode="up"
    )
    for index in np.flatnonzero(curve.judged).tolist():
        detector.update(float(curve.slope[index]))
        if detector.drift_detected:
            return float(curve.time_s[index])
    return None


def offline_breaks(curve: Binned, threshold: float) -> float | None:
    """Find the bends of the whole curve (piecewise linear), then the first steep enough."""
    ruptures: Any = import_module("ruptures")  # it has no types

    places = np.flatnonzero(curve.judged)[::4]
    if len(places) < 30:  # noqa: PLR2004 - too short for a bend
        return None
    torque = curve.torque_ncm[places]
    signal = np.column_stack((torque, np.linspace(0.0, 1.0, len(places)), np.ones(len(places))))
    search = ruptures.BottomUp(model="linear", min_size=4, jump=4).fit(signal)
    found = [0, *search.predict(pen=2.0)]
    for start, end in pairwise(found):
        if end - start >= 4 and float(np.median(curve.slope[places[start:end]])) > threshold:  # noqa: PLR2004 - a bend has four points
            return float(curve.time_s[places[start]])
    return None


RIVALS: dict[str, tuple[Detector, Sequence[float]]] = {
    "fixed slope": (fixed_slope, (15.0, 20.0, 30.0, 40.0, 55.0, 75.0)),
    "river Page-Hinkley": (page_hinkley, (50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)),
    "ruptures (offline bound)": (offline_breaks, (12.0, 18.0, 25.0, 35.0, 50.0)),
}


@dataclass(slots=True)
class RivalScore:
    """Counts of one detector at one threshold."""

    hard: int = 0
    hard_hits: int = 0
    glancing: int = 0
    glancing_hits: int = 0
    false: int = 0
    curves: int = 0

    def add(self, contact: str, contact_s: float | None, alert_s: float | None) -> None:
        """Count one curve."""
        self.curves += 1
        if alert_s is not None and (contact_s is None or alert_s < contact_s - EARLY_S):
            self.false += 1
        if contact_s is None:
            return
        hit = alert_s is not None and -EARLY_S <= alert_s - contact_s <= 1.0
        if contact == "hard":
            self.hard += 1
            self.hard_hits += hit
        else:
            self.glancing += 1
            self.glancing_hits += hit

    @property
    def hits(self) -> float:
        """Mean of both sensitivities."""
        return 0.5 * (
            self.hard_hits / max(1, self.hard) + self.glancing_hits / max(1, self.glancing)
        )

    @property
    def false_share(self) -> float:
        """Share of curves with a false alarm."""
        return self.false / max(1, self.curves)


Labelled = tuple[str, float | None, Binned]


def run(detector: Detector, threshold: float, curves: Sequence[Labelled]) -> RivalScore:
    """Score a detector."""
    total = RivalScore()
    for contact, contact_s, curve in curves:
        total.add(contact, contact_s, detector(curve, threshold))
    return total


def compare(
    tuning: Sequence[Labelled], held_out: Sequence[Labelled]
) -> Iterator[tuple[str, float, RivalScore]]:
    """Yield (name, threshold, score): the threshold from `tuning`, the score on `held_out`."""
    for name, (detector, grid) in RIVALS.items():
        scores = [(run(detector, threshold, tuning), threshold) for threshold in grid]
        good = [pair for pair in scores if pair[0].false_share < 0.01]  # noqa: PLR2004 - the goal
        if good:
            _, best = max(good, key=lambda pair: pair[0].hits)
        else:
            _, best = min(scores, key=lambda pair: pair[0].false_share)
        yield name, best, run(detector, best, held_out)
