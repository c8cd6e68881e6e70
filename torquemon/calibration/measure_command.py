"""`torquemon calibrate PORT --gauge KIND PORT`: the guided check itself."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torquemon import paths
from torquemon.calibration.certificate import certificate
from torquemon.calibration.ending import ended_once
from torquemon.calibration.output import (
    EXIT_FAILED,
    EXIT_NOTHING_DONE,
    EXIT_OK,
    refuse,
    say,
    warn,
    write_file,
)
from torquemon.calibration.plan import USUAL_LEVELS_NCM, PlanError, make_steps
from torquemon.calibration.plateau import MAX_HOLD_S, MIN_HOLD_S
from torquemon.calibration.run import GuidedRun, RunError, Wanted
from torquemon.calibration.store import get, write
from torquemon.calibration.uncertain import (
    USUAL_K,
    ReferenceUncertainty,
    UncertaintyError,
    gum,
    read_reference,
)
from torquemon.calibration.words import UNKNOWN_REFERENCE, text_lines
from torquemon.chair_lock import ChairLock, LockError
from torquemon.clock import SystemClock
from torquemon.drivers.correction import MAX_VALID_MONTHS
from torquemon.drivers.errors import DriverError
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.spec import GaugeError, read_settings
from torquemon.drivers.key_store import KeyStore
from torquemon.drivers.wires import GAUGE, wire_for


def measure(args: argparse.Namespace, home: Path) -> int:
    """Check a handpiece; return the exit code. Raises StoreError, HomeError."""
    try:
        wanted = wanted_of(args)
        lock = ChairLock(paths.lock_path())
        if not lock.acquire():
            return refuse("a monitor runs at this chair: end it first")
    except (PlanError, UncertaintyError, GaugeError, LockError) as error:
        return refuse(error)
    try:
        return _guided(wanted, args, home)
    finally:
        lock.release()


def wanted_of(args: argparse.Namespace) -> Wanted:
    """Return what is to be measured. Raises PlanError, UncertaintyError, GaugeError."""
    _refuse_ports(args)
    if not MIN_HOLD_S <= args.hold_s <= MAX_HOLD_S:
        raise PlanError(f"a hold takes {MIN_HOLD_S:g} to {MAX_HOLD_S:g} s")
    if not 1 <= args.valid_months <= MAX_VALID_MONTHS:
        raise PlanError(f"a check holds for 1 to {MAX_VALID_MONTHS} months")
    gauge, port = args.gauge
    kind, _, settings = gauge.partition(":")
    return Wanted(
        gauge_kind=kind,
        gauge_port=port,
        steps=make_steps(_levels(args.levels), args.series),
        hold_s=args.hold_s,
        reference=_reference(args),
        settings=_settings(settings, args),
        invert_gauge=args.invert_gauge,
        stand=args.stand,
        certificate=args.gauge_certificate,
        operator=args.operator,
        valid_months=args.valid_months,
    )


def _refuse_ports(args: argparse.Namespace) -> None:
    if not args.port or not args.gauge:
        raise PlanError(
            "both are needed: the port of the handpiece and --gauge KIND PORT; or --list, --show, "
            "--sign, --drift, --remove"
        )
    if args.port.startswith(GAUGE):  # most state no serial number: it would correct all of them
        raise PlanError("the port is a gauge: a handpiece is checked against a gauge, not a gauge")
    places = {os.path.normcase(os.path.realpath(port)) for port in (args.port, args.gauge[1])}
    if len(places) == 1:
        raise PlanError(
            f"{args.port} is named for both: the handpiece and the gauge have a port each"
        )


def _levels(text: str | None) -> Sequence[float]:
    if text is None:
        return USUAL_LEVELS_NCM
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise PlanError("--levels are numbers with commas between, for example 5,10,20") from None


def _reference(args: argparse.Namespace) -> ReferenceUncertainty | None:
    stated, k = args.gauge_uncertainty, args.gauge_k
    if stated is not None:
        return read_reference(stated, USUAL_K if k is None else k)
    if k is not None:
        raise UncertaintyError(
            "--gauge-k says what --gauge-uncertainty is expanded by: give both, or neither"
        )
    return None


def _settings(text: str, args: argparse.Namespace) -> GaugeSettings:
    """Return how the gauge is used: by what stands after its kind, and two options."""
    found = read_settings(text)
    if args.gauge_baud is not None:
        if found.baud_rate is not None:
            raise PlanError("the baud rate is said twice: baud= and --gauge-baud")
        baud_rate = read_settings(f"baud={args.gauge_baud}").baud_rate
        found = replace(found, baud_rate=baud_rate)
    if args.gauge_form is not None:
        if found.form is not None:
            raise PlanError("the form is said twice: form= and --gauge-form")
        found = replace(found, form=args.gauge_form)
    return found


def _guided(wanted: Wanted, args: argparse.Namespace, home: Path) -> int:
    if wanted.reference is None:
        say(f"{UNKNOWN_REFERENCE} (--gauge-uncertainty)")
    try:
        gum()
    except UncertaintyError as error:
        say(str(error))
    with ended_once() as hear_no_more:
        content, whole = _measured(wanted, args.port, home, hear_no_more)
    if content is None:
        return EXIT_NOTHING_DONE
    stored = get(home, content["id"])
    say("")
    for line in text_lines(stored):
        say(line)
    if content["result"] is None:
        return EXIT_FAILED
    say(f"\nsign it if it is right: torquemon calibrate --sign {stored.id}")
    if args.pdf is not None:
        return write_file(args.pdf, certificate(stored), "certificate")
    return EXIT_OK if whole else EXIT_FAILED


def _measured(
    wanted: Wanted, port: str, home: Path, hear_no_more: Callable[[], None]
) -> tuple[dict[str, Any] | None, bool]:
    """Measure; return what was kept, and whether all steps were taken.

    Whatever ends it, what was measured is written before anything is said or closed.
    """
    try:
        wire = wire_for(port, home)
    except DriverError as error:
        warn(error)
        return None, False
    run = GuidedRun(wanted, wire.opener, KeyStore(paths.keys_path()).load(), SystemClock(), say)
    whole, trouble = False, ""
    content: dict[str, Any] | None = None
    try:
        whole = run.run()
    except (RunError, DriverError) as error:
        trouble = str(error)
    except KeyboardInterrupt:
        trouble = "broken off"
    finally:
        hear_no_more()
        try:
            content = run.content()
            if content is not None:
                write(home, content)
        finally:
            wire.close()
    if trouble:
        warn(trouble)
    return content, whole
