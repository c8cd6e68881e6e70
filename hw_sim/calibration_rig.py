"""`python -m hw_sim.calibration_rig`: a handpiece and a gauge on one shaft, on two real ports.

    python -m hw_sim.calibration_rig --gain 0.8 --offset 0.3 --hysteresis 2 --seed 7
    ready /dev/pts/5
    gauge mark10 /dev/pts/6

A simulated person begins to turn when a host greets the handpiece, and goes the round of the steps
for ever, as long as somebody looks.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from hw_sim.calibration_rig_bench import BenchHandpiece, BenchParams, Hand, Reference
from hw_sim.cli import NOTICE
from hw_sim.device import DeviceConfig, HandpieceParams
from hw_sim.gauges.mark10 import EmulatedMark10
from hw_sim.ports import PortError, PtyPort
from hw_sim.server import Server
from torquemon.clock import SystemClock

EXIT_USAGE: Final = 2
_GAUGE_WAIT_S: Final = 0.005


class ServedBench:
    """The bench's handpiece as a server takes it."""

    def __init__(self, handpiece: BenchHandpiece) -> None:
        self._handpiece = handpiece

    @property
    def tick_hz(self) -> int:
        """See `hw_sim.server.Device`."""
        return self._handpiece.control_hz

    def tick(self) -> None:
        """See `hw_sim.server.Device`."""
        self._handpiece.tick()

    def receive(self, data: bytes, *, trusted: bool = True) -> None:
        """See `hw_sim.server.Device`."""
        self._handpiece.receive(data, trusted=trusted)

    def take_frames(self) -> list[bytes]:
        """See `hw_sim.server.Device`."""
        return self._handpiece.link.take_frames()

    def disconnect(self) -> None:
        """See `hw_sim.server.Device`."""
        self._handpiece.disconnect()


def serve_gauge(
    handpiece: BenchHandpiece, reference: Reference, port: PtyPort, over: threading.Event
) -> None:
    """Answer for the gauge until it is over; it feels what the handpiece feels."""
    gauge = EmulatedMark10()
    gauge.digits = 2
    while not over.is_set():
        data = port.wait(_GAUGE_WAIT_S)
        if data:
            reference.feel(gauge, handpiece.torque_ncm)
            port.write(gauge.receive(data))


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to end; return the exit code."""
    options = _parser().parse_args(argv)
    try:
        bench = _bench(options)
        ports = PtyPort(options.link), PtyPort(options.gauge_link)
    except (PortError, ValueError) as error:
        sys.stderr.write(f"hw_sim.calibration_rig: {error}\n")
        return EXIT_USAGE
    device = replace(DeviceConfig(), boot_id=secrets.randbits(32))
    if options.serial:
        names = device.names._replace(serial=options.serial.encode())
        device = replace(device, names=names)
    params = HandpieceParams(sensor=bench.sensor(), device=device)
    handpiece = BenchHandpiece(params, Hand(bench, options.seed), options.seed)
    server = Server(ServedBench(handpiece), ports[0], SystemClock())
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: server.stop())
    gauge = threading.Thread(
        target=serve_gauge, args=(handpiece, Reference(bench, options.seed), ports[1], over)
    )
    gauge.start()
    sys.stderr.write(f"{NOTICE}\n")
    sys.stdout.write(f"ready {ports[0].url}\ngauge mark10 {ports[1].url}\n")
    sys.stdout.flush()
    try:
        server.run(options.duration)
    finally:
        over.set()
        gauge.join()
        for port in ports:
            port.close()
    return 0


def _bench(options: argparse.Namespace) -> BenchParams:
    """Return the bench that was asked for. Raises ValueError."""
    for name, low, high in (
        ("gain", 0.2, 3.0),
        ("offset", -1.0, 1.0),
        ("hysteresis", 0.0, 20.0),
        ("hold_s", 0.2, 60.0),
        ("move_s", 0.1, 60.0),
        ("tremor", 0.0, 2.0),
    ):
        value = getattr(options, name)
        if not low <= value <= high:  # NaN is no number between them
            wanted = name.replace("_", "-")
            raise ValueError(f"--{wanted} lies in {low:g} to {high:g}, not {value:g}")
    return BenchParams(
        gain=options.gain,
        offset_ncm=options.offset,
        hysteresis_percent=options.hysteresis,
        tremor_ncm=options.tremor,
        hold_s=options.hold_s,
        move_s=options.move_s,
    )


def _parser() -> argparse.ArgumentParser:
    usual = BenchParams()
    parser = argparse.ArgumentParser(
        prog="python -m hw_sim.calibration_rig",
        description=f"A handpiece and a gauge on one shaft, on two ports. {NOTICE}",
    )
    parser.add_argument("--gain", type=float, default=usual.gain, help="reading / torque")
    parser.add_argument("--offset", type=float, default=usual.offset_ncm, help="in N·cm")
    parser.add_argument(
        "--hysteresis", type=float, default=usual.hysteresis_percent, help="%% of 25 N·cm"
    )
    parser.add_argument("--tremor", type=float, default=0.0, help="of the hand, in N·cm")
    parser.add_argument("--hold-s", type=float, default=usual.hold_s, help="length of a hold")
    parser.add_argument("--move-s", type=float, default=usual.move_s, help="between two holds")
    parser.add_argument("--serial", default="", help="serial number of the handpiece")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same errors")
    parser.add_argument("--link", type=Path, metavar="PATH", help="a name for the handpiece's pty")
    parser.add_argument("--gauge-link", type=Path, metavar="PATH", help="a name for the gauge's")
    parser.add_argument("--duration", type=float, metavar="S", help="leave after so many seconds")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
