"""`torquemon report ID`: the one page as PDF, as HTML, or as text on the terminal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from torquemon.record.whole_file import write_whole

if TYPE_CHECKING:
    from torquemon.record.insertions import Archive

_Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives it no public name
EXIT_OK: Final = 0
EXIT_NOTHING_DONE: Final = 2
_LANGUAGES: Final = ("en", "de")


def add_report(subparsers: _Subparsers[argparse.ArgumentParser]) -> None:
    """Add `report`."""
    parser = subparsers.add_parser("report", help="one insertion on one page: PDF, HTML or text")
    parser.add_argument("id", help="insertion id, or `last`")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--pdf", type=Path, metavar="FILE", help="default: ID.pdf in this folder")
    form.add_argument("--html", type=Path, metavar="FILE", help="needs no other part installed")
    form.add_argument("--text", action="store_true", help="on the terminal, as `show` does")
    parser.add_argument("--language", choices=_LANGUAGES, default="en", help="default: en")
    parser.add_argument(
        "--with-name",
        action="store_true",
        help="print the patient's name and birth date too, where the record knows them",
    )
    parser.set_defaults(run=_report)


def _report(args: argparse.Namespace) -> int:
    from torquemon.journal import JournalError
    from torquemon.paths import HomeError
    from torquemon.record.errors import RecordError
    from torquemon.record.insertions import NoInsertionError, open_archive
    from torquemon.record.report_data import ReportError

    try:
        with open_archive() as archive:
            return _text(archive, args) if args.text else _page(archive, args)
    except (JournalError, RecordError, NoInsertionError, HomeError, ReportError) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_NOTHING_DONE


def _text(archive: Archive, args: argparse.Namespace) -> int:
    from torquemon.record.text_report import show_lines

    lines = show_lines(archive, archive.get(args.id), with_name=args.with_name)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return EXIT_OK


def _page(archive: Archive, args: argparse.Namespace) -> int:
    from torquemon.record.report_html import html
    from torquemon.record.report_page import make_page
    from torquemon.record.report_source import read_source
    from torquemon.record.report_typst import NoTypstError, pdf
    from torquemon.record.report_words import words

    source = read_source(archive, args.id, with_name=args.with_name)
    page = make_page(source.data, words(args.language))
    if args.html is not None:
        return _write(args.html, html(page, source.curve_csv).encode())
    chosen: Path | None = args.pdf
    try:
        made = pdf(page, source.curve_csv, source.data.closed_utc)
    except NoTypstError as error:
        if chosen is not None:
            raise
        sys.stderr.write(f"torquemon: {error}; made as HTML instead\n")
        return _write(Path(f"{page.insertion_id}.html"), html(page, source.curve_csv).encode())
    return _write(chosen or Path(f"{page.insertion_id}.pdf"), made)


def _write(path: Path, data: bytes) -> int:
    """Write the file and say where it is; return the exit code."""
    try:
        write_whole(path, data)
    except OSError as error:
        sys.stderr.write(f"torquemon: {path} cannot be written: {error.strerror}\n")
        return EXIT_NOTHING_DONE
    sys.stdout.write(f"report in {path}\n")
    return EXIT_OK
