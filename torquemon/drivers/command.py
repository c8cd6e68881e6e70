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
        help="ask each port who is there with a hello frame (an unknown device may not like it)",
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


def _ask(url: str) -> tuple[str, bool]:
    from torquemon.clock import SystemClock
    from torquemon.drivers.device import DeviceInfo
    from torquemon.drivers.probe import probe
    from torquemon.drivers.serial_port import SerialOpener

    answer = probe(SerialOpener(url), SystemClock(), secrets.randbits(64))
    if not isinstance(answer, DeviceInfo):
        return answer, False
    return answer.sentence(), True
