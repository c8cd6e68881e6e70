"""A record made from simulated insertions, in simulated time and in a folder of the test."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from hw_sim.scenarios import scenario
from tests.chairs import Chair
from torquemon.clock import ManualClock
from torquemon.journal import Journal
from torquemon.local.messages import OrderName
from torquemon.record.process import close_due
from torquemon.record.store import Store


def play(name: str, patient: str = "P-1", seed: int = 7) -> Chair:
    """Run one scenario from start to finish and return the chair, its journal in memory."""
    chosen = scenario(name)
    plan = {"patient": patient, "operator": "Dr A", "site": chosen.site, "screw": chosen.screw}
    if chosen.threshold_ncm is not None:
        plan["threshold_ncm"] = f"{chosen.threshold_ncm:g}"
    chair = Chair(name, script=chosen.script, seed=seed, plan=plan)
    chair.plug_in()
    chair.run_until(lambda: chair.side.device is not None, 1.0, "hello")
    chair.run(0.2)
    chair.order(OrderName.START)
    recording = chair.chronicle.recording
    assert recording is not None
    still_s = 1.5 + chosen.pause_s
    chair.run_until(lambda: recording.stood_still_s(chair.now_ns) > still_s, 180.0, "standstill")
    chair.order(OrderName.FINISH)
    chair.run(0.3)
    assert chair.chronicle.recording is None
    return chair


def record(folder: Path, chairs: Iterable[Chair]) -> Store:
    """Fold what chairs have recorded into a record in `folder`; the caller closes it."""
    journal = Journal(folder / "journal.db")
    clock = ManualClock()
    store = Store(folder / "record.db", clock=clock)
    try:
        for chair in chairs:
            for row in chair.sink.rows:
                journal.open_insertion(row)
            journal.append(chair.sink.entries)
        close_due(journal, store, clock, monitor_runs=False)
    finally:
        journal.close()
    return store
