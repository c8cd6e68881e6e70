"""A result whose answer was lost may be with the practice: what was wrong in it is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.destinations import OPERATOR, SendingChair
from torquemon.record.delivery.case import Case, Erased
from torquemon.record.delivery.exporter import AwayError
from torquemon.record.gdt.exporter import GdtExporter, from_settings
from torquemon.record.withdrawal import withdraw


class Losing:
    """Writes the result; the answer is lost until `lost` is unset."""

    label = "a GDT folder"

    def __init__(self, inner: GdtExporter) -> None:
        self.inner, self.lost = inner, True

    def check(self) -> str:
        return self.inner.check()

    def deliver(self, case: Case) -> Mapping[str, str]:
        told = self.inner.deliver(case)
        if self.lost:
            raise AwayError("the answer was lost")
        return told

    def withdraw(self, erased: Erased) -> None:
        self.inner.withdraw(erased)

    def close(self) -> None:
        self.inner.close()


def taken(folder: Path) -> list[str]:
    """Take the files in as the practice software does; return whose they are."""
    said = []
    for path in sorted(folder.iterdir()):
        lines = [line[7:] for line in path.read_text("cp1252").splitlines() if line[3:7] == "3000"]
        gone = "withdrawn" in path.read_text("cp1252").lower()
        said.append(f"{lines[0]}{' withdrawn' if gone else ''}")
        path.unlink()
    return said


@pytest.mark.parametrize("change", ["patient", "withdrawn", "nothing"])
def test_the_wrong_patient_does_not_keep_it(tmp_path: Path, change: str) -> None:
    exporter = from_settings("g", {"path": str(tmp_path), "time_zone": "UTC", "text": "en"})
    chair = SendingChair()
    losing = Losing(exporter)
    chair.exporter = losing  # type: ignore[assignment]
    chair.restart()
    found = chair.signed("P-1")
    chair.courier.sweep()
    assert taken(tmp_path) == ["P-1"]
    if change == "patient":
        chair.remarks.amend(found, "patient_ref", "P-2", "wrong patient", OPERATOR)
    elif change == "withdrawn":
        withdraw(chair.store, found, "a trial", OPERATOR)
    losing.lost = False
    chair.clock.advance(3600)
    assert chair.courier.sweep().sent == 1
    wanted = {"patient": ["P-1 withdrawn", "P-2"], "withdrawn": ["P-1 withdrawn"]}
    assert taken(tmp_path) == wanted.get(change, ["P-1"])
    chair.close()
