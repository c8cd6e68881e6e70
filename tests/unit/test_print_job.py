"""Printing a report: the command as arguments, beside the recorder, each end a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from torquemon import paths
from torquemon.record.errors import RefusedError
from torquemon.record.print_job import PrintJob

REPORT = (sys.executable, "-c", "import sys, pathlib; pathlib.Path(sys.argv[-1]).write_text('pdf')")
NOTE = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(repr(sys.argv[2:]))"


def ended(job: PrintJob, insertion_id: str = "01J") -> str:
    assert job.begin(insertion_id) == "the report is being printed"
    job.wait(60)
    return job.said


def test_the_command_gets_its_own_words_and_the_path_and_no_shell(
    chair_folder: Path, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    words = [sys.executable, "-c", NOTE, str(told), "-d", "room 2; touch x", "$(id)"]
    assert ended(PrintJob(REPORT, lambda: words)) == "the report was printed"
    path = paths.home() / "reports" / "01J.pdf"
    assert chair_folder in path.parents
    assert told.read_text() == repr(["-d", "room 2; touch x", "$(id)", str(path)])
    assert path.read_text() == "pdf"


@pytest.mark.usefixtures("chair_folder")
def test_without_a_command_it_is_refused_with_what_to_do() -> None:
    with pytest.raises(RefusedError, match="name one in the settings"):
        PrintJob(REPORT, list).begin("01J")


@pytest.mark.usefixtures("chair_folder")
@pytest.mark.parametrize(
    ("report", "command", "said"),
    [
        ((sys.executable, "-c", "import sys; sys.exit('no typst')"), ["lp"], "not made: no typst"),
        (REPORT, ["/nowhere/lp"], "not printed: /nowhere/lp cannot be run"),
        (
            REPORT,
            [sys.executable, "-c", "import sys; sys.exit('lp: no printer\x1b[2J')"],
            "not printed: lp: no printer",
        ),
        (REPORT, [sys.executable, "-c", "import sys; sys.exit(3)"], "ended with code 3"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    report: tuple[str, ...], command: list[str], said: str
) -> None:
    told = ended(PrintJob(report, lambda: command))
    assert said in told
    assert told.isprintable()
