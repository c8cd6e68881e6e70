"""The subcommands of the record: list, show, export, recorder. Heavy imports wait."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torquemon.record.insertions import Archive

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name
EXIT_OK = 0
EXIT_NOTHING_DONE = 2


def add_record_commands(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add `list`, `show`, `export` and `recorder`."""
    listing = subparsers.add_parser("list", help="list the recorded insertions")
    listing.set_defaults(run=lambda _: _with_archive(_list))
    show = subparsers.add_parser("show", help="show one insertion as text")
    show.add_argument("id", help="insertion id, or `last`")
    show.set_defaults(run=lambda args: _with_archive(lambda archive: _show(archive, args.id)))
    export = subparsers.add_parser("export", help="export the curve of one insertion")
    export.add_argument("id", help="insertion id, or `last`")
    export.add_argument("--csv", action="store_true", help="as CSV, which is the only form today")
    export.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    export.set_defaults(
        run=lambda args: _with_archive(lambda archive: _export(archive, args.id, args.output))
    )
    recorder = subparsers.add_parser(
        "recorder", help="close insertions beside a monitor (started by `run`)"
    )
    recorder.set_defaults(run=_recorder)


def _with_archive(act: Callable[[Archive], int]) -> int:
    from torquemon.journal import JournalError
    from torquemon.paths import HomeError
    from torquemon.record.errors import RecordError
    from torquemon.record.insertions import NoInsertionError, open_archive

    try:
        with open_archive() as archive:
            return act(archive)
    except (JournalError, RecordError, NoInsertionError, HomeError) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_NOTHING_DONE


def _list(archive: Archive) -> int:
    from torquemon.record.text_report import list_lines

    _print(list_lines(archive.all()))
    return EXIT_OK


def _show(archive: Archive, wanted: str) -> int:
    from torquemon.record.text_report import show_lines

    _print(show_lines(archive, archive.get(wanted)))
    return EXIT_OK


def _export(archive: Archive, wanted: str, output: Path | None) -> int:
    from torquemon.record.csv_export import write_csv

    insertion = archive.get(wanted)
    readings = archive.readings(insertion)
    if output is None:
        write_csv(insertion, readings, sys.stdout)
        return EXIT_OK
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            count = write_csv(insertion, readings, file)
    except OSError as error:
        sys.stderr.write(f"torquemon: {output} cannot be written: {error.strerror}\n")
        return EXIT_NOTHING_DONE
    _print([f"{count} readings of {insertion.row.id} in {output}"])
    return EXIT_OK


def _print(lines: list[str]) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def _recorder(_: argparse.Namespace) -> int:
    from torquemon.clock import SystemClock
    from torquemon.record.process import run_recorder

    return run_recorder(SystemClock())
