"""`torquemon sync` carries the record to the practice, `torquemon history` reads it there."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import TYPE_CHECKING, Final

from torquemon.record.command import limit
from torquemon.text import counted

if TYPE_CHECKING:
    from torquemon.record.history import Summary
    from torquemon.record.practice import Practice

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name
EXIT_OK: Final = 0
EXIT_WAITS: Final = 1
"""The server does not answer: nothing is lost, everything waits."""
EXIT_FOUND: Final = 1
EXIT_NOTHING_DONE: Final = 2
_EVERY_S: Final = 30.0


def add_sync_commands(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add `sync` and `history`."""
    sync = subparsers.add_parser("sync", help="carry the record to the practice's PostgreSQL")
    sync.add_argument(
        "--to",
        metavar="ADDRESS",
        help="remember the practice: 'host=… dbname=… user=… sslrootcert=…', without a password",
    )
    sync.add_argument("--prepare", action="store_true", help="make or upgrade the tables there")
    sync.add_argument("--watch", action="store_true", help="go on until stopped")
    sync.add_argument(
        "--every-s", type=_seconds, default=_EVERY_S, metavar="S", help="with --watch; default: 30"
    )
    sync.add_argument(
        "--with-names", action="store_true", help="carry patients' names and birth dates as well"
    )
    sync.add_argument(
        "--verify", action="store_true", help="carry nothing: check every chain at the practice"
    )
    sync.set_defaults(run=_sync)
    history = subparsers.add_parser("history", help="search the records of all chairs")
    history.add_argument("text", nargs="*", help="patient, site, screw, serial number or id")
    history.add_argument("--limit", type=limit, default=50, metavar="N", help="default: 50")
    history.set_defaults(run=_history)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0.05 <= value <= 86_400:  # noqa: PLR2004 - a day; refuses NaN
        raise argparse.ArgumentTypeError("must lie between 0.05 and 86400 seconds")
    return value


def _sync(args: argparse.Namespace) -> int:
    from torquemon.paths import HomeError
    from torquemon.record.errors import RecordError
    from torquemon.record.practice import Practice, PracticeAwayError
    from torquemon.record.practice_address import remember_address

    try:
        practice = Practice(_address(args.to))
        if args.to:
            remember_address(args.to)
        if args.prepare:
            practice.prepare()
            sys.stdout.write(f"{practice.label} is prepared\n")
        if args.verify:
            return _verify(practice)
        if args.watch:
            return _watch(practice, args)
        return _once(practice, args)
    except PracticeAwayError as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_WAITS
    except (RecordError, HomeError) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_NOTHING_DONE


def _once(practice: Practice, args: argparse.Namespace) -> int:
    from torquemon import paths
    from torquemon.record.begun import refuse_gone

    refuse_gone(paths.record_path())
    if not paths.record_path().exists():
        sys.stdout.write("nothing was recorded here yet\n")
        return EXIT_OK
    sent, left = _deliver(practice, with_names=args.with_names)
    sys.stdout.write(_carried(sent, left, practice))
    return EXIT_OK


def _deliver(practice: Practice, *, with_names: bool) -> tuple[int, int]:
    """Carry what waits; on a failure the reason is kept beside what waits."""
    from torquemon.record import outbox
    from torquemon.record.opening import open_store
    from torquemon.record.practice import PracticeError

    store = open_store()
    try:
        done = outbox.deliver(store, practice, with_names=with_names)
    except PracticeError as error:
        outbox.note_problem(store, str(error))
        raise
    finally:
        store.close()
    return done.sent, done.waiting


def _carried(sent: int, left: int, practice: Practice) -> str:
    wait = "waits" if left == 1 else "wait"
    return f"{counted(sent, 'entry', 'entries')} carried to {practice.label}, {left} {wait}\n"


def _verify(practice: Practice) -> int:
    """Check the chains of all chairs at the practice; 1 where something was found."""
    from torquemon.record import outbox
    from torquemon.record.guarding import postgresql_problems
    from torquemon.record.verify import verify_chain

    practice.check()
    with practice.read() as session:
        found = postgresql_problems(session.connection())
        problems = len(found)
        sys.stdout.writelines(f"{problem}\n" for problem in found)
        for chair in outbox.chairs(session):
            chain = verify_chain(session, chair, withheld=outbox.WITHHELD)
            problems += len(chain.problems)
            words = counted(len(chain.problems), "problem") if chain.problems else "nothing found"
            entries = counted(chain.entries, "entry", "entries")
            sys.stdout.write(f"chair {chair}: {entries}, {chain.erased} erased: {words}\n")
            sys.stdout.writelines(f"  {problem}\n" for problem in chain.problems)
            if chain.head is not None:
                sys.stdout.write(f"  {chain.head}\n")
    return EXIT_FOUND if problems else EXIT_OK


def _watch(practice: Practice, args: argparse.Namespace) -> int:
    """Carry, wait, carry again; each trouble is told once, and once that it is over."""
    from torquemon.record.errors import RecordError

    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    told = ""
    while not ending.is_set():
        try:
            sent, left = _deliver(practice, with_names=args.with_names)
        except RecordError as error:
            if str(error) != told:
                told = str(error)
                sys.stderr.write(f"torquemon sync: {error}\n")
        else:
            if sent or told:
                told = ""
                sys.stdout.write(_carried(sent, left, practice))
                sys.stdout.flush()
        ending.wait(args.every_s)
    return EXIT_OK


def _address(given: str | None) -> str:
    """Return where the practice is: as given, from the environment, or as remembered."""
    from torquemon.record.practice import PracticeError
    from torquemon.record.practice_address import found_address

    address = given or found_address()
    if not address:
        raise PracticeError(
            "no practice is known here: torquemon sync --to 'host=… dbname=torquemon user=…' "
            "(docs/practice.md)"
        )
    return address


def _history(args: argparse.Namespace) -> int:
    from torquemon.paths import HomeError
    from torquemon.record.errors import RecordError

    text = " ".join(args.text)
    try:
        found, where = _search(text, args.limit)
    except (RecordError, HomeError) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_NOTHING_DONE
    for summary in found:
        sys.stdout.write(f"{_line(summary)}\n")
    sys.stdout.write(f"{counted(len(found), 'insertion')}, from {where}\n")
    return EXIT_OK


def _search(text: str, limit: int) -> tuple[list[Summary], str]:
    """Search the practice where it answers, else this chair, and say which it was."""
    from torquemon.record.history import search
    from torquemon.record.opening import open_store
    from torquemon.record.practice import Practice, PracticeError

    try:
        practice = Practice(_address(None))
        practice.check()
        return search(practice, text, limit=limit), practice.label
    except PracticeError as error:
        sys.stderr.write(f"torquemon: {error}; this chair alone:\n")
    store = open_store()
    try:
        return search(store, text, limit=limit), "this chair"
    finally:
        store.close()


def _line(found: Summary) -> str:
    opened = found.opened_utc.isoformat()[:16].replace("T", " ")
    peak = found.max_insertion_torque_ncm
    value = "" if peak is None else f" {peak:.1f} N·cm"
    state = ("" if found.complete else "interrupted, ") + (found.verdict or "not judged") + value
    mark = f"  [{found.mark}]" if found.mark else ""
    patient = found.patient_ref or "-"
    site = " ".join(part for part in (found.site, found.fdi) if part) or "-"
    return f"{found.id}  {opened} UTC  {found.chair_id[-6:]}  {patient}  {site}  {state}{mark}"
