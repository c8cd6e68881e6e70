"""`torquemon patient`: who comes next, from a GDT file, from the command line, or forgotten.

Exit code 0: done; 1: nobody waits; 2: nothing was done.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from torquemon.record.command_tools import EXIT_OK, say, with_sentences

if TYPE_CHECKING:
    from torquemon.record.gdt.patient import GdtPatient

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name
EXIT_NOBODY: Final = 1


def add_patient(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add `patient`."""
    parser = subparsers.add_parser(
        "patient",
        help="who comes next: from a GDT file or by number",
        description="Let a patient wait for the next insertion. The screen shows number, name and "
        "birth date before anything is recorded.",
    )
    parser.add_argument(
        "what",
        nargs="?",
        choices=("show", "forget", "check"),
        help="show who waits (the default), forget who waits, or check patients.toml",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--gdt", type=Path, metavar="FILE", help="take the patient of a GDT file")
    source.add_argument("--number", help="the patient's number in the practice software")
    parser.add_argument("--name", default="", help="Family^Given, with --number")
    parser.add_argument("--birth-date", metavar="YYYY-MM-DD", help="with --number")
    parser.add_argument("--encoding", default="auto", help="of the GDT file, for example cp437")
    parser.add_argument("--receiver", default="", help="refuse a GDT file for another GDT-ID")
    parser.set_defaults(run=lambda args: with_sentences(lambda: _run(args)))


def _run(args: argparse.Namespace) -> int:
    from torquemon.clock import SystemClock
    from torquemon.record.errors import RefusedError
    from torquemon.record.gdt.inbox import check
    from torquemon.record.gdt.patients import config_path, load
    from torquemon.record.gdt.waiting import forget, of_patient, put

    clock = SystemClock()
    if args.what is not None and (
        args.gdt is not None or args.number is not None or args.name or args.birth_date
    ):
        raise RefusedError(
            f"`{args.what}` goes alone, nothing was done: --gdt and --number let a patient wait"
        )
    if args.number is None and (args.name or args.birth_date):
        raise RefusedError("--name and --birth-date need --number: whose are they?")
    if args.gdt is not None or args.number is not None:
        patient = _from_file(args) if args.gdt is not None else _from_words(args)
        put(of_patient(patient, "command line"), clock)
        _keep(patient)
        return _show()
    if args.what == "forget":
        said = "nobody waits any more" if forget() else "nobody waited"
        say(said)
        return EXIT_OK
    if args.what == "check":
        settings = load()
        say(check(settings, clock) if settings else f"there is no {config_path()}: none comes in")
        return EXIT_OK
    return _show()


def _keep(patient: GdtPatient) -> None:
    """Write down who it is, where patients.toml allows names in the record."""
    from torquemon.record.gdt.patients import keep, load
    from torquemon.record.opening import open_store

    settings = load()
    if settings is None or not settings.store_names:
        return
    store = open_store()
    try:
        keep(store, patient)
    finally:
        store.close()


def _show() -> int:
    from torquemon.clock import SystemClock
    from torquemon.record.gdt.waiting import waiting_patient

    found = waiting_patient(SystemClock())
    if found is None:
        say("nobody waits")
        return EXIT_NOBODY
    who = ", ".join(part for part in (found.name, found.birth_date) if part)
    say(f"{found.reference} waits{': ' + who if who else ''} (from {found.source})")
    return EXIT_OK


def _from_file(args: argparse.Namespace) -> GdtPatient:
    from torquemon.clock import SystemClock
    from torquemon.record.gdt.codec import ENCODINGS, MAX_BYTES, GdtError, decode
    from torquemon.record.gdt.patient import patient_of
    from torquemon.record.read_file import read_at_most
    from torquemon.text import clean

    if args.encoding not in ENCODINGS:
        raise GdtError(f"--encoding is one of {', '.join(ENCODINGS)}")
    name = clean(str(args.gdt), 200)
    try:
        raw = read_at_most(args.gdt, MAX_BYTES)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise GdtError(f"{name} cannot be read ({clean(why)})") from None
    try:
        today = SystemClock().utc_now().date()
        return patient_of(decode(raw, args.encoding), args.receiver, today)
    except GdtError as error:
        raise GdtError(f"{name}: {error}") from None


def _from_words(args: argparse.Namespace) -> GdtPatient:
    from datetime import date

    from torquemon.clock import SystemClock
    from torquemon.record.gdt.codec import GdtError
    from torquemon.record.gdt.patient import GdtPatient
    from torquemon.record.remark_text import MAX_NAME_CHARS
    from torquemon.text import clean

    number = args.number.strip()
    if not number or clean(number, MAX_NAME_CHARS) != number:
        raise GdtError(f"--number is a line of text of at most {MAX_NAME_CHARS} characters")
    try:
        born = date.fromisoformat(args.birth_date) if args.birth_date else None
    except ValueError:
        raise GdtError("--birth-date is a day written YYYY-MM-DD") from None
    if born is not None and born > SystemClock().utc_now().date():
        raise GdtError("--birth-date lies in the future: look at the year")
    last, _, first = args.name.partition("^")
    return GdtPatient(number, clean(last, MAX_NAME_CHARS), clean(first, MAX_NAME_CHARS), born)
