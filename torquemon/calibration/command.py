"""`torquemon calibrate`: check a handpiece against a gauge, sign, show, and follow it over time."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from torquemon.record.whole_file import write_whole
from torquemon.text import clean

if TYPE_CHECKING:
    from torquemon.calibration.run import Wanted

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name
EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
EXIT_NOTHING_DONE: Final = 2


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
    parser.add_argument("--pdf", type=Path, metavar="FILE", help="the certificate, with --show too")
    parser.add_argument("--serial", metavar="NUMBER", help="with --drift: of which handpiece")
    parser.set_defaults(run=run_calibrate)


def _add_measuring(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--gauge", nargs=2, metavar=("KIND", "PORT"), help="the reference, for example mark10 COM5"
    )
    parser.add_argument(
        "--gauge-uncertainty",
        metavar="U",
        help="as its certificate states it: 0.5%% of the reading, or 0.1Ncm",
    )
    parser.add_argument(
        "--gauge-k", type=float, default=2.0, metavar="K", help="its coverage factor (2)"
    )
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
    from torquemon.calibration.store import StoreError
    from torquemon.paths import HomeError, home

    try:
        folder = home()
        if args.list:
            return _list(folder)
        if args.sign:
            return _sign(folder, args.sign)
        if args.drift:
            return _drift(folder, args.drift, args.serial)
        if args.show:
            return _show(folder, args.show, args.pdf)
        return _measure(args, folder)
    except (StoreError, HomeError) as error:
        return _refuse(error)


def _refuse(error: object) -> int:
    sys.stderr.write(f"torquemon calibrate: {error}\n")
    return EXIT_NOTHING_DONE


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _list(home: Path) -> int:
    from torquemon.calibration.store import listed, result_of
    from torquemon.calibration.words import mark_of, pm

    found = listed(home)
    for stored in found:
        result = result_of(stored.content) if stored.content else None
        device = stored.content.get("handpiece", {})
        when = clean(str(stored.content.get("measured_utc", "")))[:10]
        gain = f"gain {pm(result.gain, 4)}" if result else "no result"
        mark = mark_of(stored.content) if stored.content else ""
        state = "signed" if stored.signed else f"not applied: {stored.why}"
        words = (stored.id, when, clean(str(device.get("serial", ""))), gain, mark, state)
        _say("  ".join(word for word in words if word))
    if not found:
        _say("no handpiece was checked here yet")
    return EXIT_OK


def _sign(home: Path, wanted: str) -> int:
    from torquemon.calibration.store import sign

    stored = sign(home, wanted)
    serial = clean(str(stored.content["handpiece"]["serial"]))
    _say(f"check {stored.id} is signed: handpiece {serial} is corrected from the next start on")
    return EXIT_OK


def _drift(home: Path, path: Path, serial: str | None) -> int:
    from torquemon.calibration.pictures import drift_svg, past_checks
    from torquemon.calibration.store import listed

    wanted, past = past_checks(listed(home), serial)
    for check in past:
        state = "signed" if check.signed else "not signed"
        mark = f"  {check.mark}" if check.mark else ""
        _say(
            f"{check.moment.date().isoformat()}  {check.id}  gain {check.gain:.4f} ± "
            f"{check.u_expanded:.4f}  {state}{mark}"
        )
    return _write(path, drift_svg(wanted, past).encode(), "drift")


def _show(home: Path, wanted: str, pdf: Path | None) -> int:
    from torquemon.calibration.certificate import certificate
    from torquemon.calibration.run import evaluated
    from torquemon.calibration.store import get, plateaus_of, write
    from torquemon.calibration.words import text_lines

    stored = get(home, wanted)
    if not stored.content:
        return _refuse(f"check {stored.id} cannot be shown: {stored.why}")
    if stored.content.get("result") is None and not stored.signed:
        content = dict(stored.content)
        content |= evaluated(content, plateaus_of(content))
        if content["result"] is not None:  # what was missing then is installed now
            write(home, content)
            stored = get(home, stored.id)
        else:
            stored = replace(stored, content=content)
    if pdf is not None:
        return _write(pdf, certificate(stored), "certificate")
    for line in text_lines(stored):
        _say(line)
    return EXIT_OK


def _wanted(args: argparse.Namespace) -> Wanted:
    """Return what is to be measured. Raises PlanError, UncertaintyError, ValueError."""
    from torquemon.calibration.plan import USUAL_LEVELS_NCM, PlanError, make_steps
    from torquemon.calibration.plateau import MAX_HOLD_S, MIN_HOLD_S
    from torquemon.calibration.run import Wanted
    from torquemon.calibration.uncertain import read_reference
    from torquemon.drivers.correction import MAX_VALID_MONTHS
    from torquemon.drivers.gauges.base import GaugeSettings
    from torquemon.drivers.wires import GAUGE

    if not args.port or not args.gauge:
        raise PlanError(
            "both are needed: the port of the handpiece and --gauge KIND PORT; or --list, --show, "
            "--sign, --drift"
        )
    if args.port.startswith(GAUGE):  # most state no serial number: it would correct all of them
        raise PlanError("the port is a gauge: a handpiece is checked against a gauge, not a gauge")
    if not MIN_HOLD_S <= args.hold_s <= MAX_HOLD_S:
        raise PlanError(f"a hold takes {MIN_HOLD_S:g} to {MAX_HOLD_S:g} s")
    if not 1 <= args.valid_months <= MAX_VALID_MONTHS:
        raise PlanError(f"a check holds for 1 to {MAX_VALID_MONTHS} months")
    try:
        levels = [float(part) for part in args.levels.split(",")] if args.levels else None
    except ValueError:
        raise PlanError("--levels are numbers with commas between, for example 5,10,20") from None
    kind, port = args.gauge
    stated = args.gauge_uncertainty
    return Wanted(
        gauge_kind=kind,
        gauge_port=port,
        steps=make_steps(levels or USUAL_LEVELS_NCM, args.series),
        hold_s=args.hold_s,
        reference=read_reference(stated, args.gauge_k) if stated else None,
        settings=GaugeSettings(baud_rate=args.gauge_baud, form=args.gauge_form),
        invert_gauge=args.invert_gauge,
        stand=args.stand,
        certificate=args.gauge_certificate,
        operator=args.operator,
        valid_months=args.valid_months,
    )


def _measure(args: argparse.Namespace, home: Path) -> int:
    from torquemon import paths
    from torquemon.calibration.plan import PlanError
    from torquemon.calibration.uncertain import UncertaintyError
    from torquemon.chair_lock import ChairLock, LockError

    try:
        wanted = _wanted(args)
        lock = ChairLock(paths.lock_path())
        if not lock.acquire():
            return _refuse("a monitor runs at this chair: end it first")
    except (PlanError, UncertaintyError, LockError) as error:
        return _refuse(error)
    try:
        return _guided(wanted, args, home)
    finally:
        lock.release()


def _guided(wanted: Wanted, args: argparse.Namespace, home: Path) -> int:
    from torquemon import paths
    from torquemon.calibration.certificate import certificate
    from torquemon.calibration.run import GuidedRun, RunError
    from torquemon.calibration.store import get, write
    from torquemon.calibration.uncertain import UncertaintyError, gum
    from torquemon.calibration.words import UNKNOWN_REFERENCE, text_lines
    from torquemon.clock import SystemClock
    from torquemon.drivers.errors import DriverError
    from torquemon.drivers.key_store import KeyStore
    from torquemon.drivers.wires import wire_for

    if wanted.reference is None:
        _say(f"{UNKNOWN_REFERENCE} (--gauge-uncertainty)")
    try:
        gum()
    except UncertaintyError as error:
        _say(str(error))
    wire = wire_for(args.port, home)
    run = GuidedRun(wanted, wire.opener, KeyStore(paths.keys_path()).load(), SystemClock(), _say)
    whole, trouble = False, ""
    try:
        whole = run.run()
    except (RunError, DriverError) as error:
        trouble = str(error)
    finally:
        wire.close()
    content = run.content()
    if trouble:
        sys.stderr.write(f"torquemon calibrate: {trouble}\n")
    if content is None:
        return EXIT_NOTHING_DONE
    write(home, content)
    stored = get(home, content["id"])
    _say("")
    for line in text_lines(stored):
        _say(line)
    if content["result"] is None:
        return EXIT_FAILED
    _say(f"\nsign it if it is right: torquemon calibrate --sign {stored.id}")
    if args.pdf is not None:
        return _write(args.pdf, certificate(stored), "certificate")
    return EXIT_OK if whole else EXIT_FAILED


def _write(path: Path, data: bytes, what: str) -> int:
    """Write a file and say where it is; return the exit code."""
    try:
        write_whole(path, data)
    except OSError as error:
        return _refuse(f"{path} cannot be written: {error.strerror}")
    _say(f"{what} in {path}")
    return EXIT_OK
