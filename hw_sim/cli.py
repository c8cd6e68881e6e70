"""The command line: `python -m hw_sim --scenario root-contact --seed 7`."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from hw_sim.curve_file import read_curve
from hw_sim.device import NAMES, HandpieceParams
from hw_sim.events import EventLog
from hw_sim.key_file import read_or_make_key
from hw_sim.operator import patient
from hw_sim.ports import Port, PortError, PtyPort, TcpPort
from hw_sim.scenarios import SCENARIOS, Scenario, UnknownScenarioError, scenario
from hw_sim.sensor import SensorParams
from hw_sim.served import ServedReplay, ServedTwin
from hw_sim.server import Server
from torquemon.clock import SystemClock

NOTICE: Final = "Simulated device. Not a medical device."
EXIT_USAGE: Final = 2
MIN_SPEED_RPM: Final = 1.0
MAX_SPEED_RPM: Final = 60.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(argv)
    if options.list:
        for known in SCENARIOS.values():
            sys.stdout.write(f"{known.name:18}{known.summary}\n")
        return 0
    if options.describe:
        return _describe(options.scenario)
    clock = SystemClock()
    try:
        log = EventLog(options.events, clock)
    except OSError as error:
        return _refuse(f"cannot write events to {options.events}: {error.strerror}")
    try:
        device = _device(options, log)
        if options.ble is not None:
            return _serve_air(options, device, log)
        port = _port(options)
    except (PortError, UnknownScenarioError, ValueError) as error:
        log.close()
        return _refuse(str(error))
    server = Server(device, port, clock)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: server.stop())
    sys.stderr.write(f"{NOTICE}\n")
    sys.stderr.flush()
    sys.stdout.write(f"ready {port.url}\n")
    sys.stdout.flush()
    try:
        server.run(options.duration)
    finally:
        port.close()
        device.finish(server)
        log.close()
    return 0


def _serve_air(
    options: argparse.Namespace, device: ServedTwin | ServedReplay, log: EventLog
) -> int:
    """Offer the device on a Bluetooth adapter. Raises PortError."""
    from hw_sim.ble_server import BleServer

    bonds = options.key_file and options.key_file.with_suffix(".bonds")
    server = BleServer(device, NAMES, options.ble, options.passkey, bonds)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: server.stop())
    sys.stderr.write(f"{NOTICE}\n")
    try:
        server.run(options.duration)
    finally:
        device.finish(server)
    log.close()
    return 0


def _describe(name: str) -> int:
    """Say as JSON what insertion the scenario is, for a host that wants to plan it."""
    try:
        known = scenario(name)
    except UnknownScenarioError as error:
        return _refuse(str(error))
    fields = {
        "site": known.site,
        "screw": known.screw,
        "threshold_ncm": known.threshold_ncm,
        "pause_s": known.pause_s,
        "purpose": known.purpose,
    }
    sys.stdout.write(json.dumps(fields) + "\n")
    return 0


def _refuse(why: str) -> int:
    sys.stderr.write(f"hw_sim: {why}\n")
    return EXIT_USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m hw_sim", description=f"A simulated handpiece on a real port. {NOTICE}"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="list the scenarios and leave")
    parser.add_argument(
        "--describe", action="store_true", help="say as JSON what the scenario is, and leave"
    )
    what.add_argument("--scenario", default="nominal", metavar="NAME")
    what.add_argument("--replay", type=Path, metavar="FILE", help="a curve to replay, CSV")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same insertion")
    wire = parser.add_mutually_exclusive_group()
    wire.add_argument("--tcp", type=int, metavar="PORT", help="127.0.0.1:PORT, 0 for any")
    wire.add_argument("--pty-link", type=Path, metavar="PATH", help="a name for the pty")
    wire.add_argument(
        "--ble",
        metavar="ADAPTER",
        help="by Bluetooth, on an adapter as bumble names it: usb:0, hci-socket:0",
    )
    parser.add_argument(
        "--passkey", type=int, metavar="N", help="with --ble: six digits; any if left out"
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="demand the proof of this key, as over the air; made if there is no such file",
    )
    parser.add_argument("--speed-rpm", type=float, help="speed of the motor, 1 to 60")
    parser.add_argument("--rate-hz", type=int, help="samples per second, 50 to 2000")
    for name, unit, error in (
        ("gain", "F", "factor between true and read torque, 0.5 to 2"),
        ("offset", "NCM", "reading without torque, -1 to 1 N·cm"),
        ("hysteresis", "NCM", "distance of rising and falling branch, 0 to 5 N·cm"),
    ):
        parser.add_argument(f"--sensor-{name}", type=float, metavar=unit, help=f"error: {error}")
    parser.add_argument(
        "--patience",
        type=float,
        default=0.0,
        metavar="S",
        help="wait so long for a host that arms before the operator begins",
    )
    parser.add_argument("--duration", type=float, metavar="S", help="leave after so many seconds")
    parser.add_argument("--events", metavar="FILE", help="append the truth as JSON lines; - stderr")
    return parser


def _port(options: argparse.Namespace) -> Port:
    return PtyPort(options.pty_link) if options.tcp is None else TcpPort(options.tcp)


def _device(options: argparse.Namespace, log: EventLog) -> ServedTwin | ServedReplay:
    if options.replay is not None:
        if options.key_file is not None:
            raise ValueError("a replay stops nothing and needs no key: leave --key-file out")
        return ServedReplay(read_curve(options.replay), secrets.randbits(32), log)
    chosen = scenario(options.scenario)
    if options.patience:
        chosen = replace(chosen, script=patient(chosen.script, options.patience))
    return ServedTwin(chosen, options.seed, _params(chosen, options), log)


def _params(chosen: Scenario, options: argparse.Namespace) -> HandpieceParams:
    """The scenario's handpiece with what the command line changes."""
    params = chosen.params
    # Every start is a boot of its own, whatever the seed says.
    device = replace(params.device, boot_id=secrets.randbits(32))
    if options.key_file is not None:
        serial = device.names.serial.decode()
        device = replace(device, key=read_or_make_key(options.key_file, serial))
    if options.rate_hz is not None:
        device = replace(device, sample_rate_hz=options.rate_hz)
    motor = params.motor
    if options.speed_rpm is not None:
        if not MIN_SPEED_RPM <= options.speed_rpm <= MAX_SPEED_RPM:
            raise ValueError(
                f"--speed-rpm lies in {MIN_SPEED_RPM:g} to {MAX_SPEED_RPM:g}, "
                f"not {options.speed_rpm:g}"
            )
        motor = replace(motor, speed_rpm=options.speed_rpm)
    return replace(params, device=device, motor=motor, sensor=_sensor(params.sensor, options))


def _sensor(params: SensorParams, options: argparse.Namespace) -> SensorParams:
    """The sensor with the errors that the command line gives it. Raises ValueError."""
    for name, field, low, high in (
        ("gain", "gain", 0.5, 2.0),
        ("offset", "offset_ncm", -1.0, 1.0),
        ("hysteresis", "hysteresis_ncm", 0.0, 5.0),
    ):
        value = getattr(options, f"sensor_{name}")
        if value is None:
            continue
        if not low <= value <= high:  # NaN is no number between them
            raise ValueError(f"--sensor-{name} lies in {low:g} to {high:g}, not {value:g}")
        params = replace(params, **{field: value})
    return params
