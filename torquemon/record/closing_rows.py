"""The rows of an insertion from its JSON, of which only what is understood is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from torquemon.clock import Clock
from torquemon.journal import DAMAGED, InsertionRow
from torquemon.model import PURPOSES, Origin
from torquemon.record import models
from torquemon.record.store import SOFTWARE
from torquemon.text import clean

_UNKNOWN: Final = "undetermined"


def opened(row: InsertionRow) -> datetime:
    """Return when an insertion was opened; the epoch where the journal's text is damaged."""
    found = _when(row.opened_utc)
    return found if found is not None else datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _when(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _origin(row: InsertionRow, finish: Mapping[str, Any] | None) -> tuple[Origin, str]:
    """Return where the data come from; where that is damaged they never pass for real."""
    said = (finish or {}).get("origin", row.meta.get("origin"))
    try:
        return Origin(str(said)), ""
    except ValueError:
        return Origin.SIMULATED, "it is not known any more whether these data are real"


def recorded_insertion(
    row: InsertionRow,
    finish: Mapping[str, Any] | None,
    clock: Clock,
    *,
    problem: str,
) -> models.Insertion:
    """Return an insertion's own row as far as its description tells; it has no curve yet.

    `finish` is the monitor's conclusion, None where it ended before. Where the description is
    damaged the data never pass for real.
    """
    origin, origin_problem = _origin(row, finish)
    meta = dict(row.meta)
    patient = meta.pop("patient", "")  # in its own column, and nowhere else
    purpose = meta.get("purpose")
    damage = str(meta[DAMAGED]) if DAMAGED in meta else ""
    return models.Insertion(
        id=row.id,
        purpose=purpose if purpose in PURPOSES else PURPOSES[0],
        patient_ref=clean(str(patient or "")),
        operator=clean(str(meta.get("operator") or "")),
        origin=origin.value,
        complete=finish is not None,
        opened_utc=opened(row),
        opened_ns=row.opened_ns,
        closed_utc=_when(finish.get("closed_utc")) if finish else None,
        folded_utc=clock.utc_now(),
        **{name: _text(meta.get(key)) for name, key in _TEXTS.items()},
        **{name: _number(meta.get(key)) for name, key in _NUMBERS.items()},
        software=_text(meta.get("software")) or SOFTWARE,
        samples=0,
        missing_samples=0,
        duration_s=0.0,
        problem=damage or problem or origin_problem or None,
        description=meta,
    )


_TEXTS: Final = {
    "site": "site",
    "fdi": "fdi",
    "screw": "screw",
    "window": "window",
    "window_id": "window_id",
    "window_source": "window_source",
    "profile_version": "profile_version",
    "maker": "maker",
    "model": "model",
    "serial": "serial",
    "firmware": "firmware",
    "calibrated": "calibrated",
}
_NUMBERS: Final = {
    "limit_ncm": "threshold_ncm",
    "armed_threshold_ncm": "armed_threshold_ncm",
    "accuracy_ncm": "accuracy_ncm",
}


def _text(value: object) -> str | None:
    return None if value is None else clean(str(value), 200) or None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    return number if abs(number) < 1e6 else None  # noqa: PLR2004 - refuses NaN and infinity


def stored_alert(
    insertion_id: str,
    raised_by: str,
    fields: Mapping[str, Any],
    host_ns: int | None = None,
    utc: datetime | None = None,
) -> models.Alert:
    """Return an alert's row from its JSON."""
    seq = fields.get("seq")
    return models.Alert(
        insertion_id=insertion_id,
        raised_by=raised_by,
        code=clean(str(fields.get("code")), 20),
        priority=clean(str(fields.get("priority")), 10),
        seq=seq if isinstance(seq, int) else None,
        time_s=_number(fields.get("time_s")),
        torque_ncm=_number(fields.get("torque_ncm")),
        angle_deg=_number(fields.get("angle_deg")),
        why=clean(str(fields.get("why")), 400),
        raised_utc=utc,
        raised_ns=host_ns,
    )


def stored_verdict(
    insertion_id: str, judge: str, fields: Mapping[str, Any], removal_ncm: float | None
) -> models.Verdict:
    """Return a verdict's row from its JSON."""
    return models.Verdict(
        insertion_id=insertion_id,
        judge=judge,
        kind=clean(str(fields.get("kind", _UNKNOWN)), 12),
        max_insertion_torque_ncm=_number(fields.get("max_insertion_torque_ncm")),
        final_torque_ncm=_number(fields.get("final_torque_ncm")),
        removal_torque_ncm=removal_ncm,
        window=_text(fields.get("window")),
        rule_version=clean(str(fields.get("rule_version")), 120),
        why=clean(str(fields.get("why")), 400),
    )
