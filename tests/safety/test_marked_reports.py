"""What leaves the program as text carries mark and disclaimer; an unfinished record says so."""

from __future__ import annotations

import io

import pytest

from hw_sim.operator import insert
from tests.chairs import Chair
from torquemon import DISCLAIMER, paths
from torquemon.journal import EntryKind, Journal
from torquemon.local.messages import OrderName
from torquemon.record.csv_export import write_csv
from torquemon.record.insertions import open_archive
from torquemon.record.text_report import list_lines, show_lines


def record(*, finish: bool) -> None:
    """Wind a screw for a few seconds and leave its journal, with a conclusion or without."""
    chair = Chair(script=insert(), plan={"site": "maxilla-buccal", "patient": "P-1"})
    chair.plug_in()
    chair.run(0.3)
    assert chair.order(OrderName.START).ok
    chair.run(8.0)
    if finish:
        chair.order(OrderName.FINISH)
        chair.run(0.2)
    assert bool(chair.sink.of(EntryKind.FINISH)) == finish
    journal = Journal(paths.journal_path())
    for row in chair.sink.rows:
        journal.open_insertion(row)
    journal.append(chair.sink.entries)
    journal.close()


@pytest.mark.requirement("REQ-SHOW-6", "REQ-ORG-1")
def test_every_report_carries_mark_and_disclaimer() -> None:
    record(finish=True)
    with open_archive() as archive:
        insertion = archive.get("last")
        shown = "\n".join(show_lines(archive, insertion))
        (listed,) = list_lines([insertion])
        table = io.StringIO()
        write_csv(insertion, archive.readings(insertion), table)
    for text in (shown, listed, table.getvalue()):
        assert "SIMULATED" in text
    assert DISCLAIMER in shown
    assert DISCLAIMER in table.getvalue()
    assert "INTERRUPTED" not in shown


@pytest.mark.requirement("REQ-REC-4")
def test_an_insertion_without_an_end_is_said_to_be_interrupted() -> None:
    record(finish=False)
    with open_archive() as archive:
        insertion = archive.get("last")
        assert "INTERRUPTED" in "\n".join(show_lines(archive, insertion))
        assert "interrupted" in list_lines([insertion])[0]
