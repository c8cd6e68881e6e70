"""Cases for the tests of destinations: simulated insertions, recorded, signed, built as delivered.

`signed_case(folder)` is a whole insertion with curve, alerts, verdict and documents. Variants come
from `dataclasses.replace`, or from the record itself: `signed_store` gives store and id.
"""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from tests.recorded import play, record
from torquemon.clock import ManualClock
from torquemon.record.delivery.building import build_case
from torquemon.record.delivery.case import Case
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store

OPERATOR = "Dr A"


@functools.cache
def _template(scenario: str, patient: str, *, signed: bool = True) -> tuple[Path, str]:
    folder = Path(tempfile.mkdtemp(prefix="torquemon-case-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = record(folder, [play(scenario, patient)])
    (insertion_id,) = (found for found in store.insertion_ids() if found)
    remarks = Remarks(store)
    remarks.amend(insertion_id, "fdi", "15-16", "not known at the start", OPERATOR)
    remarks.finding(insertion_id, "screw_lot", "LOT-7", OPERATOR)
    if signed:
        remarks.sign(insertion_id, OPERATOR)
    store.settle()
    store.close()
    return folder, insertion_id


def signed_store(
    folder: Path, scenario: str = "nominal", patient: str = "P-1", *, signed: bool = True
) -> tuple[Store, str]:
    """A record with one signed insertion in it, and its id. The caller closes it."""
    template, insertion_id = _template(scenario, patient, signed=signed)
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return Store(folder / "record.db", clock=ManualClock()), insertion_id


def signed_case(folder: Path, scenario: str = "nominal", patient: str = "P-1") -> Case:
    """The case of a signed insertion, as a destination gets it the first time."""
    store, insertion_id = signed_store(folder, scenario, patient)
    try:
        return build_case(store, insertion_id)
    finally:
        store.close()
