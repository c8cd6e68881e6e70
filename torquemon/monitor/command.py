"""The subcommand `monitor`. Heavy imports wait until it is run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from torquemon.model import PURPOSES
from torquemon.text import clean

if TYPE_CHECKING:
    from torquemon.monitor.plan import Plan

_LONGEST_S = 1e6
_PLAN_OPTIONS = (
    "patient",
    "operator",
    "site",
    "fdi",
    "screw",
    "window",
    "threshold_ncm",
    "lot",
    "purpose",
    "profiles",
)
EXIT_OK = 0
EXIT_FAILED = 1
EXIT_NOTHING_DONE = 2


def add_plan_options(parser: argparse.ArgumentParser) -> None:
    """Add what the next insertion is to be."""
    parser.add_argument("--patient", default="", help="patient reference of the practice")
    parser.add_argument("--operator", default="", help="who operates")
    parser.add_argument("--site", default="", help="insertion site, for example maxilla-buccal")
    parser.add_argument(
        "--teeth",
        "--fdi",
        dest="fdi",
        default="",
        metavar="PAIR",
        help="pair of teeth by FDI numbers, for example 16-15",
    )
    parser.add_argument("--screw", default="", help="screw, for example infinitas-1.5x9-short")
    parser.add_argument("--lot", default="", help="lot of the screw, as on its package")
    parser.add_argument(
        "--purpose", choices=PURPOSES, default="", help="what is recorded; default: insertion"
    )
    parser.add_argument("--window", default="", help="window in N·cm, for example 5-15, or its id")
    parser.add_argument(
        "--threshold-ncm", default="", help="stop threshold in N·cm; default: the window's top"
    )
    parser.add_argument(
        "--profiles", default="", metavar="OWN.toml", help="the clinic's own screws and windows"
    )
    parser.add_argument(
        "--stop-on-contact", action="store_true", help="stop on a possible root contact too"
    )


def plan_arguments(args: argparse.Namespace) -> list[str]:
    """Return the plan's options as command-line arguments for a child process."""
    words: list[str] = []
    for name in _PLAN_OPTIONS:
        value = getattr(args, name, "")
        if value:
            words += [f"--{name.replace('_', '-')}={value}"]
    if args.stop_on_contact:
        words.append("--stop-on-contact")
    return words


def add_gauge_option(parser: argparse.ArgumentParser) -> None:
    """Add `--gauge`: what is on the port is an instrument that can only be listened to."""
    parser.add_argument(
        "--gauge",
        default="",
        metavar="KIND[:KEY=VALUE,...]",
        help="a torque gauge is on the port: warn only, it cannot stop (see docs/instruments.md)",
    )


def address_of(args: argparse.Namespace) -> str:
    """Return the address of the wire: the port, or the gauge that is on it."""
    if not args.gauge:
        return str(args.port)
    from torquemon.drivers.gauges.spec import gauge_address

    return gauge_address(args.gauge, args.port)


class _NoSimulator(argparse.Action):
    """`monitor --sim` is what a newcomer tries: says where the simulator is."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        del namespace, values, option_string
        parser.error(
            "the monitor starts no simulator: `torquemon demo --headless` or `torquemon run --sim "
            "NAME` does; for a monitor alone start `python -m hw_sim` and name its port with --port"
        )


def add_monitor(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `monitor`: watch one handpiece without a screen."""
    parser = subparsers.add_parser(
        "monitor",
        help="watch a handpiece without a screen",
        description=(
            "Watch one handpiece without a screen: read, judge, stop, keep the journal. One line "
            "an alert and one a second go to standard output. Without a dashboard a real "
            "handpiece is never armed: nobody would see the alarm."
        ),
        epilog="Exit code: 0 ended in order, 1 no handpiece or not all stored, 2 not started.",
    )
    parser.add_argument("--port", required=True, help="serial port, pyserial URL, or ble:NAME")
    add_gauge_option(parser)
    parser.add_argument("--sim", action=_NoSimulator, nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="lines as JSON")
    parser.add_argument("--record", action="store_true", help="start recording at once")
    parser.add_argument(
        "--confirm-screw", action="store_true", help="record with a screw unusual for the site"
    )
    parser.add_argument(
        "--confirm-threshold",
        action="store_true",
        help="record with a stop threshold above the window",
    )
    parser.add_argument("--once", action="store_true", help="end when the insertion is closed")
    parser.add_argument(
        "--finish-still-s",
        type=_seconds,
        metavar="S",
        help="close the insertion when the motor has turned and then stood still for S seconds",
    )
    parser.add_argument("--duration-s", type=_seconds, metavar="S", help="end after S seconds")
    parser.add_argument(
        "--connect-timeout-s", type=_seconds, metavar="S", help="give up without a handpiece"
    )
    parser.add_argument(
        "--unattended",
        action="store_true",
        help="arm without a dashboard; obeyed for simulated and replayed devices only",
    )
    add_plan_options(parser)
    parser.set_defaults(run=run_monitor)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < _LONGEST_S:  # refuses NaN and infinity as well
        raise argparse.ArgumentTypeError(f"{clean(text, 20)!r} is no number of seconds above zero")
    return value


def _refuse_unusual(args: argparse.Namespace, plan: Plan) -> None:
    """Record with what must be confirmed only where that was said. Raises ProfileError."""
    from torquemon.profiles import ProfileError

    if args.record and plan.unusual_screw and not args.confirm_screw:
        raise ProfileError(f"{plan.unusual_screw}; --confirm-screw if that is meant")
    if args.record and plan.high_threshold and not args.confirm_threshold:
        raise ProfileError(f"{plan.high_threshold}; --confirm-threshold if that is meant")


def run_monitor(args: argparse.Namespace) -> int:
    """Run `monitor`; return the exit code."""
    from torquemon.chair_lock import LockError
    from torquemon.clock import SystemClock
    from torquemon.drivers.errors import DriverError
    from torquemon.drivers.wires import wire_for
    from torquemon.journal import JournalError
    from torquemon.monitor.headless import Lines
    from torquemon.monitor.plan import make_plan
    from torquemon.monitor.process import ChairBusyError, Monitor, Run
    from torquemon.monitor.session import Options
    from torquemon.paths import HomeError, home
    from torquemon.profiles import ProfileError, builtin
    from torquemon.profiles.own import with_own

    try:
        catalogue = with_own(builtin(), Path(args.profiles)) if args.profiles else builtin()
        plan = make_plan(
            catalogue,
            {name: getattr(args, name) for name in _PLAN_OPTIONS if name != "profiles"},
        )
        _refuse_unusual(args, plan)
        address = address_of(args)
        wire = wire_for(address, home())
        run = Run(
            opener=wire.opener,
            port=address,
            plan=plan,
            options=Options(
                stop_on_contact=args.stop_on_contact,
                finish_after_still_s=args.finish_still_s,
                unattended=args.unattended,
            ),
            start_recording=args.record,
            once=args.once,
            connect_timeout_s=args.connect_timeout_s,
            duration_s=args.duration_s,
        )
        lines = Lines(sys.stdout, as_json=args.json)
        monitor = Monitor(run, catalogue, SystemClock(), lines)
    except (
        ProfileError,
        JournalError,
        LockError,
        ChairBusyError,
        HomeError,
        DriverError,
    ) as error:
        sys.stderr.write(f"torquemon monitor: {error}\n")
        return EXIT_NOTHING_DONE
    try:
        return monitor.run()
    finally:
        wire.close()
