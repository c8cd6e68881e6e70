"""The subcommands of this room. Heavy imports wait until one of them is run."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Final, Protocol

from torquemon.stdout import let_go_of_stdout
from torquemon.text import clean

if TYPE_CHECKING:
    from torquemon.cohort.manifest import Row
    from torquemon.cohort.score import Truth
    from torquemon.profiles import Catalogue

EXIT_OK: Final = 0
EXIT_SOME_FAILED: Final = 1
EXIT_NOTHING_DONE: Final = 2


class Sink(Protocol):
    """What takes the lines of results."""

    def write(self, text: str, /) -> int:
        """Take a text."""


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
    place = "standard output" if args.output is None else repr(clean(str(args.output)))
    try:
        if args.output is None:
            code = _write_results(args.manifest, rows, catalogue, sys.stdout)
            sys.stdout.flush()
            return code
        if _is_input(args.output, args.manifest, rows):
            return _fail(f"analyse: {place} is the manifest or one of its curves; name another")
        return _write_file(args.output, args.manifest, rows, catalogue)
    except BrokenPipeError:
        raise  # `| head` has seen enough; the caller knows
    except (OSError, UnicodeError) as error:
        return _cannot_write("analyse", place, error)


def _is_input(output: Path, manifest: Path, rows: list[Row]) -> bool:
    """Tell whether the results would take the place of what they are made from."""
    from torquemon.cohort.manifest import RowError, curve_path

    if not output.exists():
        return False
    inputs = [manifest]
    for row in rows:
        with suppress(RowError):  # told with the results
            inputs.append(curve_path(manifest, row))
    return any(path.exists() and output.samefile(path) for path in inputs)


def _write_file(output: Path, manifest: Path, rows: list[Row], catalogue: Catalogue) -> int:
    """Write beside `output` and put it there at the end: whole or not at all. Raises OSError."""
    if output.exists() and not output.is_file():  # a pipe or a device takes the lines as they come
        with output.open("w", encoding="utf-8", newline="\n") as stream:
            return _write_results(manifest, rows, catalogue, stream)
    target = output.resolve()
    with NamedTemporaryFile(
        "w", encoding="utf-8", newline="\n", dir=target.parent, prefix=".torquemon-", delete=False
    ) as stream:
        part = Path(stream.name)
        try:
            code = _write_results(manifest, rows, catalogue, stream)
            stream.flush()
            os.fsync(stream.fileno())
        except BaseException:
            stream.close()
            part.unlink(missing_ok=True)
            raise
    part.chmod(target.stat().st_mode if target.exists() else 0o644)
    part.replace(target)
    return code


def _cannot_write(command: str, place: str, error: OSError | UnicodeError) -> int:
    """Say why the results could not be written."""
    reason = "it takes no UTF-8 text"
    if isinstance(error, OSError):
        reason = clean(error.strerror or "the file system refuses")
    let_go_of_stdout()
    return _fail(f"{command}: cannot write {place}: {reason}")


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
        sys.stdout.flush()
    except (ManifestError, ProfileError, TruthError, RowError, CurveError) as error:
        return _fail(f"evaluate: {error}")
    except BrokenPipeError:
        raise
    except (OSError, UnicodeError) as error:
        return _cannot_write("evaluate", "the results", error)
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


def _write_results(manifest: Path, rows: list[Row], catalogue: Catalogue, stream: Sink) -> int:
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
    sys.stderr.write(f"torquemon {sentence}\n")
    return EXIT_NOTHING_DONE
