"""The subcommands of this room. Heavy imports wait until one of them is run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from torquemon.text import clean

if TYPE_CHECKING:
    from torquemon.cohort.manifest import Row

EXIT_OK: Final = 0
EXIT_SOME_FAILED: Final = 1
EXIT_NOTHING_DONE: Final = 2


def add_analyse(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `analyse`: judge the recorded curves that a manifest names."""
    parser = subparsers.add_parser(
        "analyse",
        help="judge recorded curves",
        description=(
            "Judge the recorded curves that a manifest names, with the rule that runs live. "
            "The manifest is a CSV file with the columns file (relative to the manifest), site, "
            "screw and, optional, pitch_mm, speed_rpm, window (5-15), accuracy_ncm (0 where not "
            "stated). One JSON object a line and curve."
        ),
        epilog="Exit code: 0 all judged, 1 some curve could not be read, 2 nothing could be done.",
    )
    parser.add_argument("manifest", type=Path, metavar="MANIFEST.csv")
    parser.add_argument(
        "--output", type=Path, metavar="RESULTS.jsonl", help="write here, not to standard output"
    )
    parser.set_defaults(run=run_analyse)


def run_analyse(args: argparse.Namespace) -> int:
    """Run `analyse`; return the exit code."""
    from torquemon.cohort.manifest import ManifestError, read_manifest

    try:
        rows = read_manifest(args.manifest)
    except ManifestError as error:
        return _fail(f"analyse: {error}")
    if args.output is None:
        return _write_results(args.manifest, rows, sys.stdout)
    try:
        with args.output.open("w", encoding="utf-8", newline="\n") as stream:
            return _write_results(args.manifest, rows, stream)
    except OSError as error:
        reason = clean(error.strerror or "the file system refuses")
        return _fail(f"analyse: cannot write {clean(str(args.output))!r}: {reason}")


def _write_results(manifest: Path, rows: list[Row], stream: TextIO) -> int:
    """Judge every row and write its line; return the exit code."""
    from torquemon.cohort.analyse import analyse, to_line
    from torquemon.cohort.progress import Progress

    progress = Progress(sys.stderr, len(rows), "curves")
    failed = 0
    for done, result in enumerate(analyse(manifest, rows), start=1):
        failed += "error" in result
        stream.write(to_line(result) + "\n")
        progress.update(done)
    progress.close()
    return EXIT_SOME_FAILED if failed else EXIT_OK


def _fail(sentence: str) -> int:
    """Say on standard error why nothing was done."""
    sys.stderr.write(sentence + "\n")
    return EXIT_NOTHING_DONE
