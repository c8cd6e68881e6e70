"""What the judge costs, as ratios within one run: live per sample, batch per array.

`python -m bench.signal_cost`. Live is set against an empty Python call, the nearest chain that
`river` can express and SciPy called per sample; batch against a compiled sum over the same float64
array and SciPy per curve. The least of several rounds counts: others may use the machine.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from hw_sim.dataset import labelled_curve
from hw_sim.dataset_plan import CORE
from torquemon.model import Reading, Validity, Window
from torquemon.signal import batch
from torquemon.signal.pipeline import Pipeline
from torquemon.signal.setup import JudgeSetup

Floats = npt.NDArray[np.float64]
RATE_HZ = 1000.0
ROUNDS = 7
SETUP = JudgeSetup(window=Window(5.0, 15.0, "w", "bench"), pitch_mm=0.8, body_mm=9.0, flare_mm=2.0)
NS = 1e9


def least(work: Callable[[], int]) -> float:
    """Seconds per item of the quickest round."""
    found = []
    for _ in range(ROUNDS):
        gc.collect()
        start = time.perf_counter()
        count = work()
        found.append((time.perf_counter() - start) / count)
    return min(found)


def resampled() -> tuple[Floats, Floats, Floats]:
    """A simulated insertion at 1 kHz: time in µs, torque, angle."""
    curve = labelled_curve(3, CORE, 2)
    at = np.arange(0.0, float(curve.time_s[-1]), 1.0 / RATE_HZ)
    noise = np.random.default_rng(1).normal(0.0, 0.05, len(at))
    torque = np.interp(at, curve.true_time_s, curve.true_torque_ncm) + noise
    angle = np.interp(at, curve.time_s, curve.angle_deg)
    return np.round(at * 1e6), np.round(torque, 4), np.round(angle, 3)


def readings(t_us: Floats, torque: Floats, angle: Floats) -> list[Reading]:
    """The same as readings."""
    rows = zip(t_us.tolist(), torque.tolist(), angle.tolist(), strict=True)
    return [
        Reading(index, int(t), 0, q, a, None, Validity.VALID)
        for index, (t, q, a) in enumerate(rows)
    ]


def nothing() -> None:
    """Do nothing."""


def empty_calls() -> int:
    """Call a function that does nothing, in a loop."""
    count = 200_000
    for _ in range(count):
        nothing()
    return count


def live(curve: list[Reading]) -> int:
    """Step the live pipeline, all detectors on."""
    step = Pipeline(SETUP).step
    for reading in curve:
        step(reading)
    return len(curve)


def river_chain(torque: list[float]) -> int:
    """Despike, mean, noise, maximum, five lags, trend, Page-Hinkley: the nearest of `river`.

    The trend with its wobble learns every 16th sample, about as often as the judge's. Phases,
    depth and every rule about restarts, seat and damage are missing.
    """
    drift: Any = import_module("river.drift")
    stats: Any = import_module("river.stats")
    clean = stats.RollingQuantile(q=0.5, window_size=5)
    mean, noise, peak = stats.EWMean(fading_factor=0.2), stats.EWVar(), stats.Max()
    lags = [stats.Shift(lag) for lag in (80, 160, 320, 480, 640)]
    change = drift.PageHinkley(mode="up")
    linear: Any = import_module("river.linear_model")
    trend = linear.LinearRegression()
    for index, value in enumerate(torque):
        clean.update(value)
        now = clean.get()
        mean.update(now)
        noise.update(value - now)
        peak.update(now)
        least_before = now
        for lag in lags:
            lag.update(now)
            before = lag.get()
            least_before = before if before is not None and before < least_before else least_before
        change.update(mean.get() - least_before)
        if index % 16 == 0:
            turns = index * 0.00042
            angle = {"turns": turns, "sine": math.sin(turns), "cosine": math.cos(turns)}
            trend.predict_one(angle)
            trend.learn_one(angle, now)
    return len(torque)


def scipy_per_sample(torque: list[float]) -> int:
    """Median of the last five and a second-order filter, called once a sample."""
    signal: Any = import_module("scipy.signal")
    sections = signal.butter(2, 0.1, output="sos")
    state = signal.sosfilt_zi(sections) * torque[0]
    count = min(len(torque), 3000)
    for index in range(5, count):
        middle = signal.medfilt(torque[index - 5 : index], 5)[2:3]
        _, state = signal.sosfilt(sections, middle, zi=state)
    return count - 5


def scipy_per_curve(torque: Floats) -> int:
    """The same over a whole curve, with the slope over several spans."""
    signal: Any = import_module("scipy.signal")
    sections = signal.butter(2, 0.1, output="sos")
    smooth = signal.sosfilt(sections, signal.medfilt(torque, 5))
    for span in (81, 161, 321, 481, 641):
        signal.savgol_filter(smooth, span, 1, deriv=1)
    return len(torque)


def print_live(t_us: Floats, torque: Floats, angle: Floats) -> None:
    """Print the live figures."""
    curve = readings(t_us, torque, angle)
    empty = least(empty_calls)
    cost = least(lambda: live(curve))
    print(f"live step, 1 kHz, all detectors    {cost * NS:8.0f} ns a sample")
    print(f"empty Python call in a loop        {empty * NS:8.1f} ns")
    print(f"ratio                              {cost / empty:8.1f} empty calls (goal: at most 70)")
    if find_spec("river") is not None:
        chain = least(lambda: river_chain(torque.tolist()))
        print(f"nearest river chain                {chain * NS:8.0f} ns a sample")
        print(f"ratio                              {cost / chain:8.2f} (goal: under 0.67)")
    if find_spec("scipy") is not None:
        scipy = least(lambda: scipy_per_sample(torque.tolist()))
        print(f"SciPy called per sample            {scipy * NS:8.0f} ns a sample")
        print(f"ratio                              {cost / scipy:8.3f} (goal: under 0.1)")


def print_batch(t_us: Floats, torque: Floats, angle: Floats) -> None:
    """Print the batch figures."""
    if not batch.have_numba():
        print("batch: left out, Numba is not installed")
        return
    import numba

    unknown, zero = np.full(len(t_us), np.nan), np.zeros(len(t_us))

    def plain_total(values: Floats) -> float:
        found = 0.0
        for value in values:
            found += value
        return found

    total: Any = numba.njit(plain_total)
    many = np.tile(torque, 50)
    total(many)
    batch.judge_events(SETUP, t_us, torque, angle, unknown, zero)

    def summed() -> int:
        total(many)
        return len(many)

    def judged() -> int:
        for _ in range(20):
            batch.judge_events(SETUP, t_us, torque, angle, unknown, zero)
        return 20 * len(t_us)

    compiled_sum, kernel = least(summed), least(judged)
    print(f"batch kernel                       {1e-6 / kernel:8.1f} million samples a second")
    print(f"share of a compiled sum            {100 * compiled_sum / kernel:8.2f} % (goal: 1 %)")
    print(
        f"two threads against one            {_two_threads(judged, kernel):8.2f} (goal: 1.7, idle)"
    )
    if find_spec("scipy") is not None:
        scipy = least(lambda: scipy_per_curve(torque))
        print(f"times SciPy per curve              {scipy / kernel:8.1f} (goal: 10)")


def _two_threads(work: Callable[[], int], alone_s: float) -> float:
    """Return how many times faster two threads are than one."""
    with ThreadPoolExecutor(2) as pool:

        def both() -> int:
            return sum(future.result() for future in [pool.submit(work), pool.submit(work)])

        return alone_s / least(both)


def main() -> None:
    """Print everything."""
    gc.disable()
    arrays = resampled()
    print_live(*arrays)
    print_batch(*arrays)


if __name__ == "__main__":
    main()
