"""The subcommands of this room. Heavy imports wait until one of them is run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from torquemon.text import clean

if TYPE_CHECKING:
    from torquemon.cohort.manifest import Row
    from torquemon.cohort.score import Truth
    from torquemon.profiles import Catalogue

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
    _add_profiles(parser)
    parser.set_defaults(run=run_analyse)


def _add_profiles(parser: argparse.ArgumentParser) -> None:
    """Add the option that names a clinic's own screws and windows."""
    parser.add_argument(
        "--profiles", type=Path, metavar="OWN.toml", help="a clinic's own screws and windows"
    )


def _catalogue(args: argparse.Namespace) -> Catalogue:
    """Return the catalogue with what the options add. Raises ProfileError."""
    from torquemon.profiles import builtin, with_own

    return builtin() if args.profiles is None else with_own(builtin(), args.profiles)


def run_analyse(args: argparse.Namespace) -> int:
    """Run `analyse`; return the exit code."""
    from torquemon.cohort.manifest import ManifestError, read_manifest
    from torquemon.profiles import ProfileError

    try:
        catalogue = _catalogue(args)
        rows = read_manifest(args.manifest)
    except (ManifestError, ProfileError) as error:
        return _fail(f"analyse: {error}")
    if args.output is None:
        return _write_results(args.manifest, rows, catalogue, sys.stdout)
    try:
        with args.output.open("w", encoding="utf-8", newline="\n") as stream:
            return _write_results(args.manifest, rows, catalogue, stream)
    except OSError as error:
        reason = clean(error.strerror or "the file system refuses")
        return _fail(f"analyse: cannot write {clean(str(args.output))!r}: {reason}")


def add_evaluate(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `evaluate`: score the judge on a labelled set."""
    parser = subparsers.add_parser(
        "evaluate",
        help="score the judge on labelled curves",
        description=(
            "Judge the curves of a labelled set (a manifest and its truth, as "
            "`python -m hw_sim dataset` writes them) and print sensitivity, false alarms, delays, "
            "verdicts and errors."
        ),
        epilog="Exit code: 0 scored, 2 the set could not be used.",
    )
    parser.add_argument("manifest", type=Path, metavar="MANIFEST.csv")
    parser.add_argument(
        "--truth", type=Path, metavar="TRUTH.csv", help="default: truth.csv beside the manifest"
    )
    parser.add_argument("--no-angle", action="store_true", help="judge as if no angle were known")
    parser.add_argument(
        "--plot", type=Path, metavar="DIR", help="a picture of each miss and each false alarm"
    )
    _add_profiles(parser)
    parser.set_defaults(run=run_evaluate)


def run_evaluate(args: argparse.Namespace) -> int:
    """Run `evaluate`; return the exit code."""
    from torquemon.cohort.curves import CurveError
    from torquemon.cohort.manifest import ManifestError, RowError, read_manifest
    from torquemon.cohort.truth import TruthError, read_truth
    from torquemon.profiles import ProfileError

    try:
        rows = read_manifest(args.manifest)
        truths = read_truth(args.truth or args.manifest.parent / "truth.csv")
        rows = [row for row in rows if row.file in truths]
        if not rows:
            return _fail("evaluate: no curve of the manifest has a truth")
        _print_score(args, rows, truths, _catalogue(args))
    except (ManifestError, ProfileError, TruthError, RowError, CurveError) as error:
        return _fail(f"evaluate: {error}")
    except OSError as error:
        return _fail(f"evaluate: {clean(error.strerror or 'the file system refuses')}")
    return EXIT_OK


def _print_score(
    args: argparse.Namespace, rows: list[Row], truths: dict[str, Truth], catalogue: Catalogue
) -> None:
    """Judge, score and print; write the pictures asked for."""
    from torquemon.cohort.evaluate import judged_cases, write_picture
    from torquemon.cohort.progress import Progress
    from torquemon.cohort.score import Score, add_case, table

    with_angle = not args.no_angle
    if args.plot is not None:
        args.plot.mkdir(parents=True, exist_ok=True)
    progress = Progress(sys.stderr, len(rows), "curves")
    total = Score()
    judged = judged_cases(args.manifest, rows, truths, catalogue, with_angle=with_angle)
    for done, (case, curve) in enumerate(judged, start=1):
        for what in add_case(total, case, with_angle=with_angle):
            if args.plot is not None:
                write_picture(args.plot, case, curve, what)
        progress.update(done)
    progress.close()
    for figure, measured, goal in table(total):
        sys.stdout.write(f"{figure:<38}{measured:<26}{goal}\n")


def _write_results(manifest: Path, rows: list[Row], catalogue: Catalogue, stream: TextIO) -> int:
    """Judge every row and write its line; return the exit code."""
    from torquemon.cohort.analyse import analyse, to_line
    from torquemon.cohort.progress import Progress

    progress = Progress(sys.stderr, len(rows), "curves")
    failed = 0
    for done, result in enumerate(analyse(manifest, rows, catalogue), start=1):
        failed += "error" in result
        stream.write(to_line(result) + "\n")
        progress.update(done)
    progress.close()
    return EXIT_SOME_FAILED if failed else EXIT_OK


def _fail(sentence: str) -> int:
    """Say on standard error why nothing was done."""
    sys.stderr.write(sentence + "\n")
    return EXIT_NOTHING_DONE
