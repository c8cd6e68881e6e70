"""The subcommand `devices`. Heavy imports wait until it is run."""

from __future__ import annotations

import argparse
import secrets
import sys


def add_devices(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `devices`: list the ports of this machine, and ask what is on them if wanted."""
    parser = subparsers.add_parser(
        "devices",
        help="list the serial ports, or the handpieces in the air",
        description="List the serial ports of this machine, or with --ble the wireless handpieces.",
    )
    parser.add_argument(
        "--probe",
        action="store_true",
        help="ask each port who is there: a handpiece, or a torque gauge (see --list)",
    )
    parser.add_argument(
        "--list", action="store_true", help="with --probe: say what would be sent, and send nothing"
    )
    parser.add_argument(
        "--gauges", action="store_true", help="say which kinds of torque gauges can be read"
    )
    parser.add_argument(
        "--ble",
        action="store_true",
        help="listen for wireless handpieces and ask each what it can do",
    )
    parser.add_argument("--port", action="append", default=[], help="look at this port or URL only")
    parser.set_defaults(run=run_devices)


def run_devices(args: argparse.Namespace) -> int:
    """Run `devices`; exit code 1 where nothing was found."""
    if args.ble:
        from torquemon.drivers.ble_command import run_air

        return run_air()
    if args.gauges:
        from torquemon.drivers.gauges.table import markdown

        sys.stdout.write(markdown())
        return 0
    if args.list:
        return _list_questions()
    from torquemon.drivers.serial_port import list_serial_ports

    ports = [(port.device, str(port.description)) for port in list_serial_ports()]
    if args.port:
        ports = [(url, "not asked: --probe asks who is there") for url in args.port]
    if not ports:
        sys.stdout.write("no serial port: plug the handpiece in, then ask again\n")
        return 1
    found = 0
    for url, description in ports:
        answer, known = _ask(url) if args.probe else (description, True)
        found += known
        sys.stdout.write(f"{url}  {answer}\n".rstrip() + "\n")
    return 0 if found else 1


def _list_questions() -> int:
    """Say what a probe sends, in order."""
    from torquemon.drivers.gauges.probe import LONGEST_S, STEPS
    from torquemon.drivers.probe import PROBE_S
    from torquemon.drivers.serial_port import BAUD_RATE

    sys.stdout.write("sent to each port, in this order, until something answers:\n")
    sys.stdout.write(
        f"{BAUD_RATE} baud: a hello frame of 17 bytes between zero bytes, at most three times, "
        "each with another number (handpiece)\n"
    )
    sys.stdout.write("".join(f"{step.words()}\n" for step in STEPS))
    sys.stdout.write(
        f"at most {PROBE_S + LONGEST_S:.1f} s a port; nothing of it sets, zeroes or starts "
        "anything on the devices that are known; a port in use is left alone\n"
    )
    return 0


def _ask(url: str) -> tuple[str, bool]:
    """Ask who is on a port: first as a handpiece, then as a gauge."""
    from torquemon.clock import SystemClock
    from torquemon.drivers.device import DeviceInfo
    from torquemon.drivers.gauges.probe import FoundGauge, probe_gauge
    from torquemon.drivers.probe import NOBODY, probe
    from torquemon.drivers.serial_port import SerialOpener, SerialPort

    clock = SystemClock()
    answer = probe(SerialOpener(url), clock, secrets.randbits(64))
    if isinstance(answer, DeviceInfo):
        return answer.sentence(), True
    if NOBODY not in answer:  # no such port, in use, or a handpiece that refuses: no more questions
        return answer, False
    gauge = probe_gauge(lambda baud_rate: SerialPort(url, baud_rate), clock)
    return (gauge.sentence(), True) if isinstance(gauge, FoundGauge) else (gauge, False)
