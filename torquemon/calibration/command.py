"""`torquemon calibrate`: check a handpiece against a gauge, sign, show, and follow it over time."""

from __future__ import annotations

import argparse
from pathlib import Path

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name


def add_calibrate(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add `calibrate`."""
    parser = subparsers.add_parser(
        "calibrate",
        help="check a handpiece against a torque gauge",
        description=(
            "Check a handpiece against a reference gauge on the same shaft: the program says which "
            "torque to hold and follows both by itself. It starts no motor. Ctrl-C keeps what was "
            "measured. A check is applied once it is signed (--sign)."
        ),
        epilog="Exit code: 0 done, 1 broken off or no result, 2 not begun or not found.",
    )
    parser.add_argument("port", nargs="?", help="port of the handpiece, as for `monitor`")
    _add_measuring(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="all checks of this chair")
    what.add_argument("--show", metavar="ID", help="one check in plain words; `last`")
    what.add_argument("--sign", metavar="ID", help="sign it, so that the monitor applies it")
    what.add_argument("--drift", type=Path, metavar="FILE.svg", help="gain over all past checks")
    what.add_argument("--remove", metavar="ID", help="remove one check for good, and nothing else")
    parser.add_argument("--yes", action="store_true", help="with --remove: one that is applied too")
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="the certificate, with --show too")
    parser.add_argument("--serial", metavar="NUMBER", help="with --drift: of which handpiece")
    parser.set_defaults(run=run_calibrate)


def _add_measuring(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gauge",
        nargs=2,
        metavar=("KIND[:KEY=VALUE,...]", "PORT"),
        help="the reference, for example mark10 COM5 or imada:unit=N.cm COM5, as for `run`",
    )
    parser.add_argument(
        "--gauge-uncertainty",
        metavar="U",
        help="as its certificate states it: 0.5%% of the reading, or 0.1Ncm",
    )
    parser.add_argument("--gauge-k", type=float, metavar="K", help="its coverage factor (2)")
    parser.add_argument("--gauge-certificate", default="", metavar="TEXT", help="its number")
    parser.add_argument("--gauge-baud", type=int, metavar="N", help="baud rate of the gauge")
    parser.add_argument("--gauge-form", type=Path, metavar="FILE.toml", help="for the kind ascii")
    parser.add_argument("--invert-gauge", action="store_true", help="the gauge counts backwards")
    parser.add_argument("--stand", action="store_true", help="held by a stand, not by hand")
    parser.add_argument("--levels", metavar="N·cm,…", help="the steps (5,10,15,20,25)")
    parser.add_argument("--series", type=int, default=3, help="how often up and down (3)")
    parser.add_argument("--hold-s", type=float, default=3.0, metavar="S", help="length of a hold")
    parser.add_argument("--operator", default="", help="who measures")
    parser.add_argument(
        "--valid-months", type=int, default=12, metavar="N", help="then it is told as old (12)"
    )


def run_calibrate(args: argparse.Namespace) -> int:
    """Run `calibrate`; return the exit code."""
    from torquemon.calibration.fields import StoreError
    from torquemon.calibration.output import refuse
    from torquemon.paths import HomeError, home

    try:
        folder = home()
        code = _kept(args, folder)
        if code is not None:
            return code
        from torquemon.calibration.measure_command import measure

        return measure(args, folder)
    except (StoreError, HomeError) as error:
        return refuse(error)


def _kept(args: argparse.Namespace, home: Path) -> int | None:
    """Do what concerns kept checks; None where one is to be made. Raises StoreError."""
    from torquemon.calibration import kept_command as kept

    if args.list:
        return kept.list_all(home)
    if args.sign is not None:
        return kept.sign_one(home, args.sign)
    if args.remove is not None:
        return kept.remove_one(home, args.remove, even_applied=args.yes)
    if args.drift is not None:
        return kept.drift(home, args.drift, args.serial)
    return None if args.show is None else kept.show(home, args.show, args.pdf)
