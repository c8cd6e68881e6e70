"""The command line: one subcommand a job, each defined in the room that does it.

No heavy import here: `torquemon --version` must not wait for a dashboard to load.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from torquemon import DISCLAIMER, __version__
from torquemon.calibration.command import add_calibrate
from torquemon.cohort.command import add_analyse, add_evaluate
from torquemon.drivers.command import add_devices
from torquemon.drivers.pair_command import add_pair
from torquemon.monitor.command import add_monitor
from torquemon.record.command import add_record_commands
from torquemon.record.delivery.command import add_outbox
from torquemon.record.dicom.command import add_dicom
from torquemon.record.fhir.command import add_fhir
from torquemon.record.gdt.command import add_patient
from torquemon.record.report_command import add_report
from torquemon.record.sync_command import add_sync_commands
from torquemon.run_command import add_run
from torquemon.serve.command import add_serve
from torquemon.sound.command import add_sounds
from torquemon.stdout import let_go_of_stdout
from torquemon.text import clean

EXIT_INTERRUPTED = 130
EXIT_NOT_WRITTEN = 2


class _Version(argparse.Action):
    """Says version and disclaimer on one line; argparse's own would fold the sentence."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        del namespace, values, option_string
        sys.stdout.write(f"TorqueMon {__version__}. {DISCLAIMER}\n")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with all subcommands."""
    parser = argparse.ArgumentParser(
        prog="torquemon",
        description=f"Live insertion torque for orthodontic mini-implants. {DISCLAIMER}",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say the version and leave")
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    add_run(subparsers)
    add_serve(subparsers)
    add_sounds(subparsers)
    add_monitor(subparsers)
    add_devices(subparsers)
    add_pair(subparsers)
    add_calibrate(subparsers)
    add_record_commands(subparsers)
    add_report(subparsers)
    add_patient(subparsers)
    add_sync_commands(subparsers)
    add_outbox(subparsers)
    add_fhir(subparsers)
    add_dicom(subparsers)
    add_analyse(subparsers)
    add_evaluate(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # N·cm must not depend on the locale
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("torquemon: interrupted\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has left; nothing to add
        return EXIT_INTERRUPTED
    except OSError as error:
        let_go_of_stdout()
        where = f" {clean(str(error.filename))}" if error.filename else ""
        sys.stderr.write(f"torquemon: cannot read or write{where}: {error.strerror or error}\n")
        return EXIT_NOT_WRITTEN
    return code


def _run(arguments: Sequence[str] | None) -> int:
    """Run a command; what only explains itself is written before it leaves."""
    try:
        args = build_parser().parse_args(arguments)
    except SystemExit:
        sys.stdout.flush()
        raise
    code: int = args.run(args)
    return code
