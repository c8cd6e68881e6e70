"""The subcommands `run` and `demo`: a whole chair with one command. Heavy imports wait."""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from torquemon.monitor.command import (
    add_gauge_option,
    add_plan_options,
    address_of,
    plan_arguments,
)
from torquemon.sound.command import add_sound_option

if TYPE_CHECKING:
    from torquemon.record.insertions import Insertion

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_NOTHING_DONE = 2
DEMO_SCENARIO = "nominal"
DEMO_SEED = 7
AGAIN_AFTER_S = 30
"""The children have 8 s each to end."""
_STILL_S = 2.0
_NOT_KEPT_UP = frozenset({"stale_data", "not_armed", "signal_quality"})
"""Alerts that the demo has none of, unless the computer does not keep up."""
_DEFAULTS = ("operator", "site", "screw", "profiles")
_HANG_UP = getattr(signal, "SIGHUP", None)
_STDERR = 2


def add_run(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `run` and `demo`."""
    run = subparsers.add_parser(
        "run",
        help="run a chair: monitor, recorder and dashboard",
        description="Run a chair: monitor, recorder and dashboard for one handpiece.",
    )
    source = run.add_mutually_exclusive_group(required=True)
    source.add_argument("--port", help="serial port, pyserial URL, or ble:NAME")
    source.add_argument("--sim", metavar="SCENARIO", help="a simulated handpiece")
    add_gauge_option(run)
    run.add_argument("--seed", type=int, default=DEMO_SEED, help="seed of the simulation")
    add_plan_options(run)
    add_sound_option(run)
    run.set_defaults(run=run_chair, demo=False)
    demo = subparsers.add_parser(
        "demo",
        help="a simulated insertion, start to record",
        description=(
            "A simulated insertion from start to record: with a terminal in the dashboard, without "
            "one headless. Nothing needs to be connected."
        ),
    )
    demo.add_argument("--headless", action="store_true", help="without the dashboard")
    add_plan_options(demo)
    add_sound_option(demo)
    demo.set_defaults(run=run_demo)
    view = subparsers.add_parser(
        "view",
        help="another dashboard of the running chair, view only",
        description=(
            "Another dashboard of the chair that runs already, in its own terminal. It views: it "
            "may stop the motor and order nothing else, and the chair does not miss it."
        ),
    )
    view.add_argument("--watch", action="store_true", help="without STOP too: for a public screen")
    view.set_defaults(run=run_view)


def run_demo(args: argparse.Namespace) -> int:
    """Run `demo`; return the exit code."""
    chosen = argparse.Namespace(
        **{**vars(args), "port": None, "gauge": "", "sim": DEMO_SCENARIO, "seed": DEMO_SEED}
    )
    chosen.patient = chosen.patient or "DEMO"
    headless = args.headless or not (sys.stdin.isatty() and sys.stdout.isatty())
    return _headless(chosen) if headless else run_chair(chosen)


def run_chair(args: argparse.Namespace) -> int:
    """Run `run`; return the exit code."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        if args.sim and not _is_known(args.sim):
            return EXIT_NOTHING_DONE
        sys.stderr.write(
            "torquemon run: the dashboard needs a terminal; without one use `torquemon monitor`\n"
        )
        return EXIT_NOTHING_DONE
    if getattr(args, "gauge", "") and not args.port:
        sys.stderr.write("torquemon run: --gauge says what is on a port: give --port as well\n")
        return EXIT_NOTHING_DONE
    signal.signal(signal.SIGTERM, _leave)
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, _leave)
    from torquemon.launcher import LaunchError
    from torquemon.paths import HomeError

    try:
        with contextlib.ExitStack() as stack:
            code = _show_chair(args, stack)
    except (LaunchError, HomeError) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_NOTHING_DONE
    return _say_record() or code


def _is_known(scenario: str) -> bool:
    """Whether there is such a scenario; the simulator itself says which there are."""
    from torquemon.launcher import LaunchError, scenario_plan

    try:
        scenario_plan(scenario)
    except LaunchError:
        return False
    return True


def run_view(args: argparse.Namespace) -> int:
    """Run `view`; return the exit code."""
    from torquemon.serve.orphan import behind_a_page, end_with_the_page

    if behind_a_page():
        end_with_the_page()
    elif not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stderr.write(
            "torquemon view: the dashboard needs a terminal; for a browser use `torquemon serve`\n"
        )
        return EXIT_NOTHING_DONE
    from torquemon import launcher
    from torquemon.local.states import Role

    role = Role.WATCH if args.watch else Role.VIEW
    return launcher.run_dashboard(role, start_recording=False)


def _leave(number: int, _: object) -> None:
    """Unwind when the system asks to end or the terminal is closed, so that the children end.

    Unwinding has its time: a program that hangs beside a closed terminal is of no use to anybody.
    It is told again, which ends a wait, and at last ended from outside of Python.
    """
    if sys.platform != "win32":
        signal.signal(signal.SIGALRM, _leave)
        signal.alarm(AGAIN_AFTER_S)
    if number in (signal.SIGTERM, _HANG_UP):
        faulthandler.dump_traceback_later(3 * AGAIN_AFTER_S, exit=True, file=_STDERR)
    raise SystemExit(128 + number)


def _show_chair(args: argparse.Namespace, stack: contextlib.ExitStack) -> int:
    from torquemon import launcher
    from torquemon.local.states import Role

    still_s = _plan_as_simulated(args) if args.sim else None
    from_settings = _as_the_practice_has_it(args)
    simulated = args.sim and launcher.simulator(args.sim, args.seed)
    port = stack.enter_context(simulated) if simulated else address_of(args)
    log = stack.enter_context(launcher.log_file("run"))
    stack.callback(Path(log.name).unlink, missing_ok=True)
    words = ["torquemon", "monitor", f"--port={port}", *plan_arguments(args)]
    if still_s is not None:
        words.append(f"--finish-still-s={still_s:g}")
    monitor = stack.enter_context(launcher.child(words, log=log))
    stack.enter_context(launcher.child(_recorder(args), log=log))
    try:
        launcher.wait_for_door(monitor)
    except launcher.LaunchError as error:
        why = launcher.last_words(log) or str(error)
        if from_settings:
            why = f"{why} (from the settings: {from_settings})"
        raise launcher.LaunchError(why) from error
    code = launcher.run_dashboard(Role.CONTROL, start_recording=bool(args.sim))
    launcher.order_quit()
    return code


def _recorder(args: argparse.Namespace) -> list[str]:
    return ["torquemon", "recorder", f"--sound={args.sound}"]


def _as_the_practice_has_it(args: argparse.Namespace) -> str:
    """Fill in the practice's own defaults where nothing was chosen; return the names of these."""
    from torquemon.settings import load

    settings = load().settings
    filled = []
    for name in _DEFAULTS:
        chosen = getattr(settings, name)
        if chosen and not getattr(args, name, ""):
            setattr(args, name, chosen)
            filled.append(name)
    return ", ".join(filled)


def _plan_as_simulated(args: argparse.Namespace) -> float:
    """Fill in what the scenario is about where nothing was chosen.

    Returns how long the motor must stand still, in seconds, before the insertion counts as over.
    """
    from torquemon.launcher import scenario_plan

    plan = scenario_plan(args.sim)
    args.site = args.site or plan["site"]
    args.screw = args.screw or plan["screw"]
    args.purpose = args.purpose or plan["purpose"]
    if not args.threshold_ncm and plan["threshold_ncm"] is not None:
        args.threshold_ncm = f"{plan['threshold_ncm']:g}"
    return _STILL_S + float(plan["pause_s"])


def _headless(args: argparse.Namespace) -> int:
    """The same insertion without a screen: alerts and seconds as lines, then the record."""
    from torquemon import launcher
    from torquemon.paths import HomeError

    sys.stderr.write("A simulated insertion, about half a minute.\n")
    try:
        with contextlib.ExitStack() as stack:
            still_s = _plan_as_simulated(args)
            port = stack.enter_context(launcher.simulator(args.sim, args.seed))
            words = ["torquemon", "monitor", f"--port={port}", "--record", "--once"]
            words += ["--unattended", f"--finish-still-s={still_s:g}", "--connect-timeout-s=10"]
            # a simulated stop is nobody's, however high
            words += [*plan_arguments(args), "--confirm-threshold"]
            monitor = stack.enter_context(launcher.child(words))
            stack.enter_context(launcher.child(_recorder(args)))
            code = monitor.wait()
    except (launcher.LaunchError, HomeError) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_NOTHING_DONE
    sys.stdout.write("\n")
    if code != EXIT_OK:
        return EXIT_FAILED
    return _say_record(expected=_too_busy)


def _too_busy(insertion: Insertion) -> str:
    """Return what a computer that could not keep up did to the demo; empty where it did."""
    found = insertion.whole
    if found is None:
        return "the insertion was not closed"
    halts = [str(e.fields.get("reason")).lower() for e in found.events if e.what == "halt"]
    if "lease_expired" in halts:
        return "the handpiece halted because its supervision came too late"
    lost = [alert.why for alert in found.alerts if alert.code in _NOT_KEPT_UP]
    return str(lost[0]) if lost else ""


def _say_record(expected: Callable[[Insertion], str] | None = None) -> int:
    """Print the newest insertion and its id; `expected` says what is not as it should be."""
    from torquemon.journal import JournalError
    from torquemon.record.insertions import LAST, NoInsertionError, open_archive
    from torquemon.record.store import RecordError
    from torquemon.record.text_report import show_lines

    try:
        with open_archive() as archive:
            insertion = archive.get(LAST)
            sys.stdout.write("".join(f"{line}\n" for line in show_lines(archive, insertion)))
            sys.stdout.write(f"\nrecord {insertion.row.id}\n")
            why = expected(insertion) if expected else ""
            if why:
                sys.stderr.write(
                    f"torquemon demo: this is not the insertion that was to be shown: {why}. This "
                    "computer was too busy; try again when it does less\n"
                )
                return EXIT_FAILED
    except NoInsertionError:
        sys.stdout.write("nothing was recorded\n")
    except (JournalError, RecordError) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_FAILED
    return EXIT_OK
