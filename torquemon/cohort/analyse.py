"""Judge recorded curves: one JSON object a curve, a line each. The keys are a stable interface."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torquemon.cohort.curves import CurveError, read_curve
from torquemon.cohort.manifest import Row, RowError, curve_path, setup_of
from torquemon.model import Alert, Reading, Validity, Verdict
from torquemon.profiles import Catalogue
from torquemon.signal.pipeline import Pipeline
from torquemon.signal.setup import JudgeSetup
from torquemon.text import clean


@dataclass(frozen=True, slots=True)
class Judged:
    """What the judge says of one whole curve."""

    alerts: tuple[Alert, ...]
    verdict: Verdict
    duration_s: float


def judge_curve(readings: Iterable[Reading], setup: JudgeSetup) -> Judged:
    """Feed a curve through the live pipeline and conclude."""
    pipeline = Pipeline(setup)
    alerts: list[Alert] = []
    first_us: int | None = None
    last_us = 0
    for reading in readings:
        if reading.validity is Validity.CALIBRATING:
            continue
        if first_us is None:
            first_us = last_us = reading.device_time_us
        last_us = max(last_us, reading.device_time_us)
        alerts.extend(pipeline.step(reading))
    conclusion = pipeline.finish()
    alerts.extend(conclusion.alerts)
    duration_s = 0.0 if first_us is None else (last_us - first_us) / 1e6
    return Judged(tuple(alerts), conclusion.verdict, duration_s)


def analyse_row(manifest: Path, row: Row, catalogue: Catalogue) -> dict[str, Any]:
    """Return the result of one row; with `error` where the curve cannot be read or judged."""
    try:
        setup = setup_of(row, catalogue)
        judged = judge_curve(read_curve(curve_path(manifest, row), row.file), setup)
    except (RowError, CurveError) as error:
        return _names(row) | {"error": str(error)}
    verdict = judged.verdict
    return _names(row) | {
        "window": None if setup.window is None else str(setup.window),
        "verdict": verdict.kind.value,
        "max_insertion_torque_ncm": verdict.max_insertion_torque_ncm,
        "final_torque_ncm": verdict.final_torque_ncm,
        "duration_s": round(judged.duration_s, 6),
        "alerts": [alert_fields(alert) for alert in judged.alerts],
        "why": verdict.why,
        "rule_version": verdict.rule_version,
    }


def _names(row: Row) -> dict[str, Any]:
    """Return the fields that say which curve it is."""
    return {
        "file": clean(row.file, 500),
        "site": clean(row.fields["site"], 60),
        "screw": clean(row.fields["screw"], 60),
    }


def alert_fields(alert: Alert) -> dict[str, Any]:
    """Return an alert as the stable interface shows it."""
    return {
        "code": alert.code.value,
        "priority": alert.priority.value,
        "time_s": alert.time_s,
        "torque_ncm": alert.torque_ncm,
        "angle_deg": alert.angle_deg,
        "why": alert.why,
    }


def analyse(manifest: Path, rows: Iterable[Row], catalogue: Catalogue) -> Iterator[dict[str, Any]]:
    """Yield one result a row, in the manifest's order."""
    for row in rows:
        yield analyse_row(manifest, row, catalogue)


def to_line(result: dict[str, Any]) -> str:
    """Return a result as one line of strict JSON."""
    return json.dumps(result, ensure_ascii=False, allow_nan=False)
