"""The subcommands that read the record: list, show, export; the recorder. Heavy imports wait."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from torquemon.record.maintain_command import add_maintain_commands
from torquemon.record.remark_command import add_remark
from torquemon.sound.command import add_sound_option
from torquemon.text import clean, counted

if TYPE_CHECKING:
    from torquemon.record.insertions import Archive, Insertion

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name
EXIT_OK = 0
EXIT_NOTHING_DONE = 2
MOST_LISTED = 500
"""That of `history.MAX_LISTED`, which is not loaded for a line of help."""


def add_record_commands(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add the commands that read the record, then those that add to it and keep it."""
    listing = subparsers.add_parser("list", help="list the recorded insertions")
    listing.add_argument("words", nargs="*", help="only those with these words")
    listing.add_argument(
        "--limit", type=limit, default=100, metavar="N", help="at most so many (default 100)"
    )
    listing.set_defaults(run=lambda args: _with_archive(lambda archive: _list(archive, args)))
    show = subparsers.add_parser("show", help="show one insertion as text")
    show.add_argument("id", help="insertion id, or `last`")
    show.add_argument(
        "--with-name", action="store_true", help="the patient's name and birth date too"
    )
    show.set_defaults(run=lambda args: _with_archive(lambda archive: _show(archive, args)))
    _add_export(subparsers)
    recorder = subparsers.add_parser(
        "recorder", help="close insertions beside a monitor, and sound its alarms (see `run`)"
    )
    add_sound_option(recorder)
    recorder.set_defaults(run=_recorder)
    add_remark(subparsers)
    add_maintain_commands(subparsers)


def limit(text: str) -> int:
    """Read how many insertions are listed at most. Raises argparse's error."""
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_LISTED):
        raise argparse.ArgumentTypeError(
            f"{clean(text, 20)!r} is no whole number from 1 to {MOST_LISTED}"
        )
    return int(text)


def _add_export(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    export = subparsers.add_parser(
        "export",
        help="export curves and tables",
        description="Export the curve of one insertion, the table of all, or what columns mean.",
    )
    export.add_argument("id", nargs="?", default="last", help="insertion id, or `last`")
    form = export.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="the curve as CSV (the default)")
    form.add_argument("--parquet", action="store_true", help="the curve as Parquet")
    form.add_argument("--table", action="store_true", help="all insertions as CSV")
    form.add_argument("--dictionary", action="store_true", help="what the columns mean, as CSV")
    export.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    export.set_defaults(run=lambda args: _with_archive(lambda archive: _export(archive, args)))


def _with_archive(act: Callable[[Archive], int]) -> int:
    from torquemon.journal import JournalError
    from torquemon.paths import HomeError
    from torquemon.record.errors import RecordError
    from torquemon.record.insertions import NoInsertionError, open_archive

    try:
        with open_archive() as archive:
            return act(archive)
    except (JournalError, RecordError, NoInsertionError, HomeError) as error:
        sys.stderr.write(f"torquemon: {error}{_way_to_read()}\n")
        return EXIT_NOTHING_DONE


def _way_to_read() -> str:
    """Return how a record is read in a folder that nobody may write to; else nothing."""
    from torquemon.paths import HOME_VARIABLE, HomeError, home

    try:
        folder = home()
    except HomeError:
        return ""
    if os.access(folder, os.W_OK):
        return ""
    return f"; to read it all the same, copy {folder} and name the copy with {HOME_VARIABLE}"


def _list(archive: Archive, args: argparse.Namespace) -> int:
    from torquemon.record.text_report import list_lines

    words = " ".join(args.words)
    found = archive.all(words, args.limit)
    _print(list_lines(found))
    if not found and words:
        _print([f"no insertion has all of these words: {clean(words)}"])
    if len(found) == args.limit:
        _print([f"(the newest {args.limit}: --limit shows more)"])
    return EXIT_OK


def _show(archive: Archive, args: argparse.Namespace) -> int:
    from torquemon.record.text_report import show_lines

    _print(show_lines(archive, archive.get(args.id), with_name=args.with_name))
    return EXIT_OK


def _export(archive: Archive, args: argparse.Namespace) -> int:
    from torquemon.record.whole_file import whole_text

    # what is meant is looked up before a file is touched
    insertion = None if args.table or args.dictionary else archive.get(args.id)
    try:
        if insertion is not None and args.parquet:
            said = _write_parquet(archive, insertion, args.output)
        elif args.output is None:
            _write_csv(archive, insertion, args, sys.stdout)
            return EXIT_OK
        else:
            with whole_text(args.output) as file:
                said = _write_csv(archive, insertion, args, file)
    except OSError as error:
        if args.output is None:
            raise  # standard output: the caller knows
        why = error.strerror or "the file system refuses"
        sys.stderr.write(f"torquemon: {args.output} cannot be written: {why}\n")
        return EXIT_NOTHING_DONE
    _print([f"{said} in {args.output}"])
    return EXIT_OK


def _write_parquet(archive: Archive, insertion: Insertion, output: Path | None) -> str:
    from torquemon.record.csv_export import noted
    from torquemon.record.errors import RecordError
    from torquemon.record.table_export import parquet
    from torquemon.record.whole_file import write_whole

    if output is None:
        raise RecordError("Parquet is no text: name a file with --output")
    facts = [("insertion", insertion.row.id), ("mark", insertion.mark), *noted(insertion)]
    count, data = parquet(archive.readings(insertion), facts)
    write_whole(output, data)
    return f"{counted(count, 'reading')} of {insertion.row.id}"


def _write_csv(
    archive: Archive, insertion: Insertion | None, args: argparse.Namespace, out: TextIO
) -> str:
    from torquemon.record.csv_export import write_csv
    from torquemon.record.table_export import write_dictionary, write_insertions

    if insertion is not None:
        count = write_csv(insertion, archive.readings(insertion), out)
        return f"{counted(count, 'reading')} of {insertion.row.id}"
    if args.dictionary:
        write_dictionary(out)
        return "the data dictionary"
    return counted(write_insertions(archive.store, out), "insertion")


def _print(lines: list[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _recorder(args: argparse.Namespace) -> int:
    from torquemon.clock import SystemClock
    from torquemon.record.process import run_recorder

    return run_recorder(SystemClock(), args.sound)
