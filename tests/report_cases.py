"""Insertions for the tests of the report: whole scenarios of the simulator in simulated time."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any, Final

from hw_sim.scenarios import scenario
from tests.chairs import Chair
from torquemon.journal import EntryKind, unpack_readings
from torquemon.local.messages import OrderName
from torquemon.model import Reading
from torquemon.record.report_data import ReportData
from torquemon.record.report_read import from_record
from torquemon.signal.pipeline import Pipeline
from torquemon.signal.setup import JudgeSetup

HEAD: Final = "torquemon-head 01M82Y60CGR68792947QMYKHA7:12:" + "0a1b2c3d" * 8
SECONDS: Final = {
    "nominal": 36.0,
    "root-contact": 18.0,
    "threshold": 34.0,
    "no-angle": 34.0,
    "removal": 12.0,
}
IDENTITY: Final = {"operator": "Dr. M. Muster", "fdi": "15-16"}


@cache
def recorded(name: str) -> tuple[dict[str, Any], tuple[Reading, ...], str, str, int]:
    """Return (content, readings, id, opened_utc, opened_ns) of one insertion, judged anew."""
    course = scenario(name)
    plan = {"site": course.site, "screw": course.screw, "patient": "P-1024"}
    if course.threshold_ncm is not None:
        plan["threshold_ncm"] = str(course.threshold_ncm)
    chair = Chair(name, script=course.script, plan=plan)
    chair.plug_in()
    chair.run(0.3)
    assert chair.order(OrderName.START).ok
    chair.run(SECONDS[name])
    chair.order(OrderName.FINISH)
    chair.run(0.3)
    (row,) = chair.sink.rows
    pipeline = Pipeline(JudgeSetup.from_fields(row.meta["judge"]))  # type: ignore[arg-type] # as stored
    entries = chair.sink.of(EntryKind.READINGS)
    readings = tuple(reading for entry in entries for reading in unpack_readings(entry.data))
    alerts = [alert for reading in readings for alert in pipeline.step(reading)]
    conclusion = pipeline.finish()
    content = {
        "meta": {**row.meta, **IDENTITY},
        "origin": "simulated",
        "closed_utc": "2026-01-01T00:01:00+00:00",
        "interrupted": False,
        "agrees": True,
        "verdict": conclusion.verdict.fields(),
        "removal_torque_ncm": conclusion.removal_torque_ncm,
        "alerts": [alert.fields() for alert in (*alerts, *conclusion.alerts)],
        "events": [
            {**json.loads(entry.data), "host_ns": entry.host_ns}
            for entry in chair.sink.of(EntryKind.EVENT)
        ],
        "samples": len(readings),
        "missing_samples": 0,
        "duration_s": (readings[-1].device_time_us - readings[0].device_time_us) / 1e6,
        "software": "torquemon 0.1.0",
        "profile_version": "windows 2026.1, sites 2026.1, screws 2026.1",
        "lot": "L-20931",
        "purpose": "removal" if name == "removal" else "insertion",
    }
    return content, readings, row.id, row.opened_utc, row.opened_ns


@cache
def case(name: str = "nominal") -> ReportData:
    """Return the insertion of a scenario as a report takes it."""
    content, readings, insertion_id, opened_utc, opened_ns = recorded(name)
    return from_record(insertion_id, opened_utc, opened_ns, content, readings, witness=HEAD)


def with_meta(data: ReportData, **fields: Any) -> ReportData:  # noqa: ANN401 - any field
    """Return the same with other values."""
    return replace(data, **fields)
