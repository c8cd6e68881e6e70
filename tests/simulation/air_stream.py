"""1 kHz of torque through the simulated air, for as long as wanted, and what came of it.

    python -m tests.simulation.air_stream --minutes 10
    python -m tests.simulation.air_stream --minutes 10 --lose 0.01 --double 0.01 --late 0.01

Exit code 0 where every sample arrived once or is counted as missing, and no other.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from dataclasses import dataclass

from tests.air_bench import AirBench
from tests.virtual_loop import VirtualLoop, run_virtually
from torquemon.drivers.link import Connected, Samples


@dataclass(frozen=True, slots=True)
class Harm:
    """How likely a notification is lost, doubled, or late by a few others."""

    lose: float = 0.0
    double: float = 0.0
    late: float = 0.0
    seed: int = 1


class Bender:
    """What an operating system in trouble makes of notifications. Quiet until `harm` is set."""

    def __init__(self) -> None:
        self.harm = Harm()
        self.lost = self.doubled = self.late = 0
        self._chance = random.Random(1)  # noqa: S311 - no secret
        self._held: list[tuple[int, bytes]] = []

    def begin(self, harm: Harm) -> None:
        """Do harm from now on."""
        self.harm = harm
        self._chance = random.Random(harm.seed)  # noqa: S311 - no secret

    def __call__(self, value: bytes) -> list[bytes]:
        harm, chance = self.harm, self._chance
        self._held = [(left - 1, held) for left, held in self._held]
        due = [held for left, held in self._held if left <= 0]
        self._held = [(left, held) for left, held in self._held if left > 0]
        if chance.random() < harm.lose:
            self.lost += 1
            return due
        if chance.random() < harm.late:
            self.late += 1
            self._held.append((chance.randint(1, 4), value))
            return due
        if chance.random() < harm.double:
            self.doubled += 1
            return [value, value, *due]
        return [value, *due]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Samples by their numbers, and the driver's own counts."""

    expected: int
    """From the first number received to the last."""
    received: int
    repeated_or_disordered: int
    counted_lost: int
    counted_repeated: int
    bad_frames: int
    bad_messages: int
    believed_not: int
    worst_delay_ms: float
    drift_ppm: float
    seqs_hash: int
    real_s: float

    @property
    def holds(self) -> bool:
        """Every sample came once and in order, or is counted as missing."""
        missing = self.expected - self.received
        return self.repeated_or_disordered == 0 and missing == self.counted_lost


async def _stream(
    loop: VirtualLoop, seconds: float, rate_hz: int, mtu: int, interval_s: float, harm: Harm
) -> Outcome:
    began_s = time.perf_counter()
    bender = Bender()
    bench = AirBench(loop, rate_hz=rate_hz, mtu=mtu, interval_s=interval_s, bend=bender)
    await bench.begin()
    await bench.until(lambda: bench.of(Connected), 5, "hello")
    await bench.until(lambda: bench.link.trust.may_arm, 2, "proof")
    before = bench.link.sequence.lost
    bench.events.clear()
    bender.begin(harm)
    first = last = None
    received = disordered = 0
    digest = 0
    until_s = loop.time() + seconds
    while loop.time() < until_s:
        await bench.run(1.0)
        for samples in bench.of(Samples):
            for reading in samples.readings:
                first = reading.seq if first is None else first
                disordered += last is not None and reading.seq <= last
                last = reading.seq
                received += 1
                digest = hash((digest, reading.seq, reading.host_time_ns, reading.torque_ncm))
        bench.events.clear()
        bench.host.capture.drain()
    assert first is not None
    assert last is not None
    delay = bench.host.device_clock.delay
    assert delay is not None
    outcome = Outcome(
        expected=last - first + 1,
        received=received,
        repeated_or_disordered=disordered,
        counted_lost=bench.link.sequence.lost - before,
        counted_repeated=bench.link.sequence.repeated,
        bad_frames=bench.host.framer.bad_frames,
        bad_messages=bench.link.bad_messages,
        believed_not=bench.link.trust.refused,
        worst_delay_ms=delay.worst_ms,
        drift_ppm=delay.drift_ppm,
        seqs_hash=digest,
        real_s=time.perf_counter() - began_s,
    )
    await bench.end()
    return outcome


def stream(
    seconds: float,
    *,
    rate_hz: int = 1000,
    mtu: int = 247,
    interval_s: float = 0.03,
    harm: Harm = Harm(),
) -> Outcome:
    """Stream for so many simulated seconds."""
    loop = VirtualLoop()
    return run_virtually(_stream(loop, seconds, rate_hz, mtu, interval_s, harm), loop)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rate-hz", type=int, default=1000)
    parser.add_argument("--mtu", type=int, default=247)
    parser.add_argument("--interval-ms", type=float, default=30.0)
    for name in ("lose", "double", "late"):
        parser.add_argument(f"--{name}", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    outcome = stream(
        args.minutes * 60,
        rate_hz=args.rate_hz,
        mtu=args.mtu,
        interval_s=args.interval_ms / 1000,
        harm=Harm(args.lose, args.double, args.late, args.seed),
    )
    for name in outcome.__slots__:
        sys.stdout.write(f"{name:24}{getattr(outcome, name)}\n")
    sys.stdout.write("every gap is counted\n" if outcome.holds else "NOT every gap is counted\n")
    return 0 if outcome.holds else 1


if __name__ == "__main__":
    sys.exit(main())
