"""Cases for the tests of the destinations that write files: a simulated insertion, varied."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.report_cases import HEAD
from tests.report_cases import case as report_data
from torquemon.model import Origin
from torquemon.record.delivery.case import Case, Correction, Receipt, Status
from torquemon.record.delivery.exporter import Exporter
from torquemon.record.folder.exporter import FolderExporter, from_settings
from torquemon.record.report_typst import NoTypstError

OPENED = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
SAID = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)


@dataclass(slots=True)
class Papers:
    """Documents that cost nothing to make. `part` is whether PDF can be made."""

    tag: str = ""
    part: bool = True
    asked: list[str] = field(default_factory=list)

    def pdf(self) -> bytes:
        self.asked.append("pdf")
        if not self.part:
            raise NoTypstError("PDF needs the part")
        return b"%PDF-1.7 " + self.tag.encode()

    def html(self) -> bytes:
        self.asked.append("html")
        return f"<!doctype html>{self.tag}".encode()

    def csv(self) -> bytes:
        return b"time_s,torque_ncm\n0.0,1.0\n"


def make_case(
    insertion: int = 1,
    *,
    patient: str = "P-1024",
    revision: int = 5,
    status: Status = Status.FINAL,
    origin: Origin | None = Origin.REAL,
    part: bool = True,
    previous: Receipt | None = None,
    **fields: Any,  # noqa: ANN401 - any field of the case or of its data
) -> Case:
    """Return a case; fields of `Case`, then of `ReportData`, can be given by name."""
    of_case = {each.name for each in dataclass_fields(Case)}
    case_fields = {name: value for name, value in fields.items() if name in of_case}
    data_fields = {name: value for name, value in fields.items() if name not in of_case}
    insertion_id = f"01KB00000000000000000{insertion:05d}"
    data = replace(
        report_data(), insertion_id=insertion_id, patient=patient, origin=origin, **data_fields
    )
    return Case(
        **{
            "insertion_id": insertion_id,
            "chair_id": "01KB9999999999999999900000",
            "revision": revision,
            "revision_hash": f"{revision:064x}",
            "status": status,
            "data": data,
            "opened_utc": OPENED,
            "closed_utc": OPENED,
            "recorded_utc": OPENED,
            "changed_utc": SAID,
            "software": "torquemon 0.1.0",
            "documents": Papers(f"{insertion}-{revision}-{patient}", part),
            "previous": previous,
            **case_fields,
        }
    )


def corrected(field_name: str, old: str, new: str) -> Correction:
    """Return a correction."""
    return Correction(field_name, old, new, "typing error", "Dr. M. Muster", SAID)


def opened(path: Path, **settings: Any) -> FolderExporter:  # noqa: ANN401 - any setting
    """Return the destination for a folder, which is made."""
    path.mkdir(exist_ok=True)
    return from_settings("folder", {"path": str(path), "time_zone": "UTC", **settings})


def send(exporter: Exporter, case: Case, times: int = 1) -> Receipt:
    """Deliver as the outbox does: each time with the receipt of the time before."""
    receipt = case.previous
    for _ in range(times):
        references = exporter.deliver(replace(case, previous=receipt))
        receipt = Receipt(case.revision, references)
    assert receipt is not None
    return receipt


def lying(path: Path) -> dict[str, bytes]:
    """Return the files of a folder by name."""
    return {each.name: each.read_bytes() for each in sorted(path.iterdir()) if each.is_file()}


__all__ = ["HEAD", "OPENED", "SAID", "Papers", "corrected", "lying", "make_case", "opened", "send"]
