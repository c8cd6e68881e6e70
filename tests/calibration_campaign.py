"""`make calibration`: many simulated checks of handpieces whose error is known, in simulated time.

Each run is a whole one: hand, sensor and gauge of the simulator, the gauge's answers as bytes
through its driver, the steps found by the program, the fit. Counted is how often what was found
lies within its own stated uncertainty of the truth; of all three figures at once that should be
about 95 in 100, neither less (too bold) nor all (inflated). Seeds are fresh at each start unless
one is given.

    python -m tests.calibration_campaign --runs 100
"""

from __future__ import annotations

import argparse
import math
import random
import secrets
import sys
from dataclasses import dataclass, replace
from typing import Final

from hw_sim.calibration_rig_bench import FULL_NCM, BenchParams, Hand, Reference
from hw_sim.gauges.mark10 import EmulatedMark10
from hw_sim.sensor import Sensor
from torquemon.calibration.fit import Result, evaluate
from torquemon.calibration.follow import Follower, Plateau, Taken
from torquemon.calibration.line import FitError, Instruments
from torquemon.calibration.plan import make_steps
from torquemon.calibration.uncertain import read_reference
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.mark10 import Mark10
from torquemon.drivers.gauges.reading import GaugeReading
from torquemon.model import Validity

HANDPIECE_HZ: Final = 100
GAUGE_EVERY: Final = 10
"""Ten values a second, as the slower instruments give."""
HOLD_S: Final = 2.0
BENCH: Final = BenchParams(hold_s=3.2, move_s=0.8)
RUN_S: Final = 400.0
NAMES: Final = ("offset", "gain", "hysteresis")


@dataclass(frozen=True, slots=True)
class Truth:
    """What the fit is to find: torque in N·cm of the handpiece's scale."""

    offset_ncm: float
    gain: float
    hysteresis_ncm: float


class Stand:
    """Hand, sensor and gauge at work, stepped by `tick`."""

    def __init__(self, params: BenchParams, seed: int) -> None:
        self.hand = Hand(params, seed)
        self.sensor = Sensor(params.sensor(), seed)
        self.resolution_ncm = params.sensor().resolution_ncm
        self.gauge = EmulatedMark10()
        self.gauge.digits = 2
        self.driver = Mark10(GaugeSettings())
        self.reference = Reference(params, seed)
        self.ticks = 0
        self._chance = random.Random(f"noise {seed}")  # noqa: S311 - the same again

    def tick(self) -> tuple[int, float, GaugeReading | None]:
        """Let 10 ms pass; return time, handpiece and, now and then, what the gauge says."""
        self.ticks += 1
        time_s = self.ticks / HANDPIECE_HZ
        now_ns = round(time_s * 1e9)
        torque_ncm = self.hand.torque_ncm(time_s)
        # The sensor walks round 4,096 values of noise, which is about one series here: drawn anew,
        # or the same noise would meet the same step each time and repeats would tell too little.
        self.sensor._count = self._chance.randrange(1 << 16)
        counts = self.sensor.sample(torque_ncm, time_s)
        assert counts is not None
        said = None
        if self.ticks % GAUGE_EVERY == 0:
            self.reference.feel(self.gauge, torque_ncm)
            (event,) = self.driver.feed(self.gauge.receive(self.driver.poll()), now_ns)
            assert isinstance(event, GaugeReading)
            said = event
        return now_ns, counts * self.resolution_ncm, said


@dataclass(frozen=True, slots=True)
class Run:
    """One run with what it should have found."""

    plateaus: list[Plateau]
    gauge_step_ncm: float
    truth: Truth
    stand: Stand


def measure(params: BenchParams, seed: int) -> Run:
    """Measure one simulated handpiece, as `torquemon calibrate` does."""
    stand = Stand(params, seed)
    follower = Follower(make_steps(), HOLD_S, 0)
    zeros: list[float] = []
    while not follower.done:
        now_ns, handpiece_ncm, said = stand.tick()
        follower.handpiece(now_ns, handpiece_ncm, Validity.VALID)
        if said is not None:
            follower.reference(said.host_time_ns, said.torque_ncm, said.validity)
        for event in follower.look(now_ns):
            if isinstance(event, Taken):
                zeros += [stand.sensor.zero_ncm] * event.plateau.step.evaluated
        if now_ns > RUN_S * 1e9:
            raise RuntimeError(f"seed {seed}: waits for {follower.step} for ever")
    truth = Truth(sum(zeros) / len(zeros), params.gain, params.gain * params.hysteresis_ncm)
    return Run(follower.plateaus, follower.gauge_step_ncm or 0.0, truth, stand)


def result_of(run: Run, params: BenchParams) -> Result:
    """Evaluate a run with the gauge's certificate. Raises FitError."""
    reference = read_reference(f"{params.gauge_percent:g}%")
    step_ncm = run.stand.resolution_ncm
    by_hand = params.tremor_ncm > 0.0
    instruments = Instruments(step_ncm, run.gauge_step_ncm, reference, by_hand)
    return evaluate(run.plateaus, instruments)


def later_reading(run: Run, params: BenchParams, seed: int) -> tuple[float, float]:
    """Return a true torque, and what a new insertion would read: zeroed first, from below."""
    rng = random.Random(f"later {seed}")  # noqa: S311 - a seed must give the same run again
    sensor = Sensor(replace(params.sensor(), offset_ncm=0.0), seed + 1)
    for torque_ncm in (FULL_NCM, 0.0) if rng.random() < 0.5 else (0.0,):
        sensor.sample(torque_ncm, 600.0)
    zero = _mean_counts(sensor, 0.0)
    true_ncm = rng.uniform(5.0, FULL_NCM)
    return true_ncm, (_mean_counts(sensor, true_ncm) - zero) * run.stand.resolution_ncm


def _mean_counts(sensor: Sensor, torque_ncm: float) -> float:
    """Return the mean over a while, as the eye and the filters take it."""
    return sum(sensor.sample(torque_ncm, 600.0) or 0 for _ in range(200)) / 200


@dataclass(slots=True)
class Count:
    """How often, and how far, in expanded uncertainties."""

    within: int = 0
    total: int = 0
    ratios: float = 0.0
    squares: float = 0.0

    def add(self, error: float, expanded: float) -> bool:
        """Take one error; return whether it lies within."""
        ratio = abs(error) / expanded
        self.total += 1
        self.within += ratio <= 1.0
        self.ratios += ratio
        self.squares += ratio * ratio
        return ratio <= 1.0

    def __str__(self) -> str:
        if not self.total:
            return "none"
        mean, rms = self.ratios / self.total, math.sqrt(self.squares / self.total)
        return (
            f"{self.within} of {self.total} within; error / uncertainty: mean {mean:.2f}, "
            f"root mean square {rms:.2f}"
        )


@dataclass(slots=True)
class Tally:
    """All runs of one kind of handpiece."""

    counts: dict[str, Count]
    together: int = 0
    refused: int = 0
    expanded: dict[str, float] | None = None

    def show(self) -> str:
        """Return the lines."""
        lines = [f"  {name:22}{count}" for name, count in self.counts.items()]
        runs = self.counts[NAMES[0]].total
        lines.append(f"  {'all three at once':22}{self.together} of {runs}")
        lines.append(f"  {'refused for a stray':22}{self.refused}")
        if self.expanded and runs:
            stated = ", ".join(f"{n} ±{v / runs:.4g}" for n, v in self.expanded.items())
            lines.append(f"  mean stated: {stated}")
        return "\n".join(lines)


def campaign(params: BenchParams, seeds: range) -> Tally:
    """Run all seeds."""
    tally = Tally({name: Count() for name in (*NAMES, "corrected later")})
    sums = dict.fromkeys(NAMES, 0.0)
    for seed in seeds:
        run = measure(params, seed)
        try:
            result = result_of(run, params)
        except FitError:
            tally.refused += 1
            continue
        truth = run.truth
        pairs = (
            (result.offset_ncm, truth.offset_ncm),
            (result.gain, truth.gain),
            (result.hysteresis_ncm, truth.hysteresis_ncm),
        )
        held = []
        for name, (said, true) in zip(NAMES, pairs, strict=True):
            held.append(tally.counts[name].add(said.value - true, said.u_expanded))
            sums[name] += said.u_expanded
        tally.together += all(held)
        true_ncm, read_ncm = later_reading(run, params, seed)
        error_ncm = result.corrected(read_ncm) - true_ncm
        tally.counts["corrected later"].add(error_ncm, result.corrected_ncm.u_expanded)
    tally.expanded = sums
    return tally


OTHERS: Final = {
    "no error": replace(BENCH, gain=1.0, offset_ncm=0.0, hysteresis_percent=0.0),
    "gain 1.5, offset -0.8, hysteresis 5 %": replace(
        BENCH, gain=1.5, offset_ncm=-0.8, hysteresis_percent=5.0
    ),
    "noisy: 0.2 N·cm a sample, gauge 0.1": replace(BENCH, noise_ncm=0.2, gauge_noise_ncm=0.1),
    "a zero that drifts by 0.5 N·cm": replace(BENCH, drift_ncm=0.5),
    "gauge certified to 2 %": replace(BENCH, gauge_percent=2.0),
    "held by a hand that trembles by 0.03 N·cm": replace(BENCH, tremor_ncm=0.03),
}
"""Other handpieces, gauges and hands."""


def main() -> int:
    """Run and print; return 1 where the headline misses."""
    parser = argparse.ArgumentParser(prog="python -m tests.calibration_campaign")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=None)
    parser.add_argument(
        "--others", type=int, default=0, metavar="N", help="runs of each other kind"
    )
    options = parser.parse_args()
    first = secrets.randbits(30) if options.first_seed is None else options.first_seed
    out = sys.stdout
    out.write(f"seeds {first} to {first + options.runs - 1}; SIMULATED handpieces and gauges\n")
    out.write("gain 0.8, offset 0.3 N·cm, hysteresis 2 % of 25 N·cm, gauge certified to 0.5 %\n")
    tally = campaign(BENCH, range(first, first + options.runs))
    out.write(tally.show() + "\n")
    for name, params in OTHERS.items() if options.others else ():
        out.write(f"{name}\n{campaign(params, range(first, first + options.others)).show()}\n")
    # A count may fall short by chance: fewer than this happens once in a thousand.
    least = options.runs * 0.95 - 3.1 * math.sqrt(options.runs * 0.95 * 0.05)
    return int(tally.together + tally.refused < least)


if __name__ == "__main__":
    raise SystemExit(main())
