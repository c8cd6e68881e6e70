"""Memory of a live pipeline over eight simulated hours: it must not grow.

`python -m bench.signal_memory [--hours 8]`. One pipeline that is never restarted is fed simulated
insertions at 100 Hz, one after the other on one clock, for eight hours of device time. What Python
has allocated is printed after each hour; the first hour is the baseline (what is learned once).
"""

from __future__ import annotations

import argparse
import gc
import tracemalloc
from collections.abc import Iterator
from itertools import islice

import numpy as np

from hw_sim.dataset import labelled_curve
from hw_sim.dataset_plan import CORE
from torquemon.model import Reading, Validity, Window
from torquemon.signal.pipeline import Pipeline
from torquemon.signal.setup import JudgeSetup

RATE_HZ = 100.0
CURVES = 6
ALLOWED_BYTES = 4_000
"""A few Python numbers of other sizes; a list of the readings would be 60 MB an hour."""
SETUP = JudgeSetup(window=Window(5.0, 15.0, "w", "bench"), pitch_mm=0.8, body_mm=9.0)


def samples() -> list[tuple[float, float]]:
    """Torque and angle of some simulated insertions, resampled, one after the other."""
    found: list[tuple[float, float]] = []
    for index in range(CURVES):
        curve = labelled_curve(11, CORE, index)
        at = np.arange(0.0, float(curve.time_s[-1]), 1.0 / RATE_HZ)
        torque = np.interp(at, curve.time_s, curve.torque_ncm)
        angle = np.interp(at, curve.time_s, curve.angle_deg)
        found.extend(zip(torque.tolist(), angle.tolist(), strict=True))
    return found


def stream(rows: list[tuple[float, float]]) -> Iterator[Reading]:
    """The same insertions for ever, on one clock and with one running number."""
    seq = 0
    while True:
        for torque, angle in rows:
            time_us = seq * round(1e6 / RATE_HZ)
            yield Reading(seq, time_us, 0, torque, angle, None, Validity.VALID)
            seq += 1


def main() -> int:
    """Print the memory after each hour; exit 1 where it grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=8)
    hours = parser.parse_args().hours
    step, feed = Pipeline(SETUP).step, stream(samples())
    tracemalloc.start()
    after: list[int] = []
    for hour in range(1, hours + 1):
        alerts = sum(len(step(reading)) for reading in islice(feed, round(3600 * RATE_HZ)))
        gc.collect()
        after.append(tracemalloc.get_traced_memory()[0])
        print(f"after {hour} h: {after[-1]:,} bytes allocated, {alerts} alerts told", flush=True)
    grown = max(after) - after[0]
    print(f"grown since the first hour: {grown:,} bytes (allowed {ALLOWED_BYTES:,})")
    return 1 if grown > ALLOWED_BYTES else 0


if __name__ == "__main__":
    raise SystemExit(main())
