"""Export the picture of the report: `make report-picture`.

The monitor's session winds a simulated screw in simulated time, the recorder folds its journal into
a record, `torquemon report` makes the page, and poppler's `pdftoppm` shows it as any reader would.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from hw_sim.scenarios import scenario
from tests.chairs import Chair
from torquemon import paths
from torquemon.cli import main as torquemon
from torquemon.journal import Journal
from torquemon.local.messages import OrderName

OUT: Final = Path(__file__).resolve().parent / "pictures" / "report"
COURSE: Final = scenario("threshold")
PLAN: Final = {
    "patient": "DEMO-12",
    "operator": "Dr. M. Muster",
    "site": COURSE.site,
    "fdi": "45-46",
    "screw": COURSE.screw,
    "threshold_ncm": str(COURSE.threshold_ncm),
}
SECONDS: Final = 36.0
RESOLUTION_DPI: Final = 100


def wind() -> None:
    """Leave the journal of one insertion that its stop ends."""
    chair = Chair(COURSE.name, script=COURSE.script, plan=PLAN)
    chair.plug_in()
    chair.run(0.3)
    chair.order(OrderName.START)
    chair.run(SECONDS)
    chair.order(OrderName.FINISH)
    chair.run(0.3)
    journal = Journal(paths.journal_path())
    for row in chair.sink.rows:
        journal.open_insertion(row)
    journal.append(chair.sink.entries)
    journal.close()


def main() -> None:
    """Make a record and write the picture of its report."""
    with tempfile.TemporaryDirectory() as home:
        os.environ[paths.HOME_VARIABLE] = home
        wind()
        page = Path(home) / "report.pdf"
        torquemon(["report", "last", "--pdf", str(page)])
        words = ["-r", str(RESOLUTION_DPI), "-png", "-singlefile", str(page), str(OUT)]
        subprocess.run(["pdftoppm", *words], check=True)  # noqa: S607 - poppler of the machine


if __name__ == "__main__":
    main()
