"""`python -m hw_sim.gauges mark10`: an emulated gauge on a pseudo terminal, with a torque ramp.

A pseudo terminal is known as such by the program: what it reads there is marked simulated.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hw_sim.gauges.base import EmulatedGauge
from hw_sim.gauges.kinds import EMULATORS
from hw_sim.gauges.ramp import RAMP_S, ramp_ncm
from hw_sim.ports import PortError, PtyPort
from torquemon.clock import SystemClock

NOTICE: Final = "Simulated torque gauge. Not an instrument."
EXIT_USAGE: Final = 2
WAIT_S: Final = 0.002


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to end; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m hw_sim.gauges", description=NOTICE)
    parser.add_argument("kind", choices=sorted(EMULATORS))
    parser.add_argument("--link", type=Path, help="a name that points to the pseudo terminal")
    parser.add_argument("--peak-ncm", type=float, default=12.0, help="top of the ramp, in N·cm")
    parser.add_argument("--seconds", type=float, default=0.0, help="end after this time")
    options = parser.parse_args(argv)
    try:
        port = PtyPort(options.link)
    except PortError as error:
        sys.stderr.write(f"hw_sim.gauges: {error}\n")
        return EXIT_USAGE
    running = [True]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.clear())
    sys.stderr.write(f"{NOTICE}\n")
    sys.stdout.write(f"ready {port.url}\n")
    sys.stdout.flush()
    try:
        serve(EMULATORS[options.kind](), port, options.peak_ncm, options.seconds, running)
    finally:
        port.close()
    return 0


def serve(
    gauge: EmulatedGauge, port: PtyPort, peak_ncm: float, seconds: float, running: list[bool]
) -> None:
    """Answer until `running` is empty. The ramp begins when somebody asks, and repeats."""
    clock = SystemClock()
    begin_ns: int | None = None
    opened_ns = clock.monotonic_ns()
    while running:
        now_ns = clock.monotonic_ns()
        if seconds and now_ns - opened_ns > seconds * 1e9:
            return
        data = port.wait(WAIT_S)
        if not port.connected:
            begin_ns = None
            continue
        begin_ns = now_ns if begin_ns is None else begin_ns
        elapsed_s = (now_ns - begin_ns) / 1e9
        gauge.torque_ncm, gauge.angle_deg, gauge.speed_rpm = ramp_ncm(elapsed_s % RAMP_S, peak_ncm)
        out = gauge.receive(data) + gauge.unasked(elapsed_s)
        if out:
            port.write(out)


if __name__ == "__main__":
    raise SystemExit(main())
