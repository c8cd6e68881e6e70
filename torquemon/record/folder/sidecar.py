"""The JSON beside a report: what a program needs that does not read PDF. Canonical (RFC 8785).

Every value carries its unit; what was not recorded is null, never a guess. The schema is described
in docs/integration.md, its name changes when a field changes its meaning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from torquemon import DISCLAIMER
from torquemon.record.column_types import canonical, plain
from torquemon.record.delivery.case import Case, Erased, Status
from torquemon.text import clean

SCHEMA: Final = "torquemon-folder-1"
SUPERSEDED: Final = "superseded"
REASSIGNED: Final = "reassigned"
ERASED: Final = "erased"
STATES: Final = frozenset(str(each) for each in Status) | {SUPERSEDED, REASSIGNED, ERASED}
"""What a set can be."""
MAX_BYTES: Final = 4_000_000
"""A sidecar is smaller by far; more is not read."""
_UNIT: Final = "N.cm"
"""N·cm as UCUM writes it."""
_MEDIA_TYPES: Final = {".pdf": "application/pdf", ".html": "text/html", ".csv": "text/csv"}


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a set: what its name ends with, and its content."""

    suffix: str
    content: bytes
    media_type: str

    @property
    def sha256(self) -> str:
        """The digest of the content, hex."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """What a sidecar in the folder says about its set. `files` are digests by suffix."""

    insertion_id: str
    revision: int
    status: str
    patient: str
    files: Mapping[str, str]
    fields: Mapping[str, Any]


def read(raw: bytes) -> Known | None:
    """Return what a sidecar says; None where it is none of ours. Never raises."""
    if len(raw) > MAX_BYTES:
        return None
    try:
        return read_fields(json.loads(raw))
    except (ValueError, RecursionError):
        return None


def is_foreign(raw: bytes) -> bool:
    """Tell whether this is some other program's JSON, and no damaged one of ours."""
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(fields, dict) and bool(fields) and fields.get("schema") != SCHEMA


def read_fields(fields: object) -> Known | None:
    """Return what the fields of a sidecar say; None where they are none of ours."""
    if not isinstance(fields, dict) or fields.get("schema") != SCHEMA:
        return None
    files = fields.get("files")
    revision = fields.get("revision")
    if not isinstance(files, list) or isinstance(revision, bool) or not isinstance(revision, int):
        return None
    digests = {
        str(each["suffix"]): str(each["sha256"])
        for each in files
        if isinstance(each, dict) and "suffix" in each and "sha256" in each
    }
    return Known(
        insertion_id=str(fields.get("insertion_id")),
        revision=revision,
        status=str(fields.get("status")),
        patient=str(fields.get("patient") or ""),
        files=digests,
        fields=fields,
    )


def of_case(case: Case, parts: Sequence[Part], note: str = "") -> bytes:
    """Return the sidecar of a report. `note` says what the practice should know of its files."""
    data = case.data
    return _json(
        {
            **_head(case.insertion_id, case.chair_id, case.revision, str(case.status), parts),
            "mark": data.mark,
            "origin": data.origin.value if data.origin else None,
            "note": note,
            "patient": data.patient,
            "patient_name": case.patient_name or None,
            "birth_date": case.birth_date.isoformat() if case.birth_date else None,
            "purpose": data.purpose,
            "site": {"code": data.site, "name": data.site_name},
            "teeth": {"system": "FDI, ISO 3950", "code": data.teeth or None},
            "screw": {"code": data.screw, "name": data.screw_name, "lot": data.lot or None},
            "operator": data.operator,
            "opened": _utc(case.opened_utc),
            "closed": _utc(case.closed_utc),
            "recorded": _utc(case.recorded_utc),
            "changed": _utc(case.changed_utc),
            "duration": _value(data.duration_s, "s"),
            "interrupted": data.interrupted,
            "damaged": data.damaged or None,
            "values": {
                "maximum_insertion_torque": _value(data.max_ncm, _UNIT),
                "final_torque": _value(data.final_ncm, _UNIT),
                "removal_torque": _value(data.removal_ncm, _UNIT),
            },
            "verdict": {
                "kind": data.verdict.value,
                "why": data.why,
                "confirmed_from_stored_readings": data.agrees,
            },
            "window": _window(case),
            "limit": _value(data.limit_ncm, _UNIT),
            "armed": {**_value(data.armed_ncm, _UNIT), "seen_armed": data.armed_seen},
            "samples": {"stored": data.samples, "missing": data.missing},
            "alerts": [each.fields() for each in data.alerts],
            "device": _device(case),
            "findings": dict(case.findings),
            "links": [{"relation": how, "insertion_id": other} for how, other in case.links],
            "signatures": [
                {"operator": s.operator, "meaning": s.meaning, "said": _utc(s.said_utc)}
                for s in case.signatures
            ],
            "corrections": [
                {
                    "field": c.field,
                    # another patient's reference has no business in this patient's files
                    "old": None if c.field == "patient_ref" else c.old,
                    "new": c.new,
                    "why": c.why,
                    "operator": c.operator,
                    "said": _utc(c.said_utc),
                }
                for c in case.corrections
            ],
            "chain": {"entry_hash": case.revision_hash, "head": data.witness},
            "versions": {
                "software": case.software,
                "profiles": data.profiles,
                "rule": data.rule_version,
            },
            "disclaimer": DISCLAIMER,
        }
    )


def of_note(
    about: Case | Erased, revision: int, status: str, patient: str, parts: Sequence[Part]
) -> bytes:
    """Return the sidecar of a note that takes a report back: who, when, nothing measured."""
    moment = about.erased_utc if isinstance(about, Erased) else about.changed_utc
    return _json(
        {
            **_head(about.insertion_id, about.chair_id, revision, status, parts),
            "mark": "" if isinstance(about, Erased) else about.data.mark,
            "patient": patient,
            "changed": _utc(moment),
            "disclaimer": DISCLAIMER,
        }
    )


def superseded(known: Known, by_revision: int) -> bytes:
    """Return the sidecar of a set that is out of date, which says so itself."""
    return _json({**known.fields, "status": SUPERSEDED, "superseded_by": by_revision})


def as_superseded(known: Known) -> Known:
    """Return what is known of a set once it is out of date."""
    return replace(known, status=SUPERSEDED, fields={**known.fields, "status": SUPERSEDED})


def made_again(known: Known) -> bytes:
    """Return the sidecar of a set whose own was lost: whose it is and its files, no values."""
    return _json({**known.fields, "disclaimer": DISCLAIMER})


def media_type(suffix: str) -> str:
    """Return the media type of a file of ours by how its name ends."""
    return _MEDIA_TYPES.get(suffix, "application/octet-stream")


def _head(
    insertion_id: str, chair_id: str, revision: int, status: str, parts: Sequence[Part]
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "insertion_id": insertion_id,
        "chair_id": chair_id,
        "revision": revision,
        "status": status,
        "files": [
            {
                "suffix": each.suffix,
                "media_type": each.media_type,
                "bytes": len(each.content),
                "sha256": each.sha256,
            }
            for each in parts
        ],
    }


def _json(fields: Mapping[str, Any]) -> bytes:
    return canonical(plain(dict(fields))) + b"\n"


def _value(value: float | None, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit}


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _window(case: Case) -> dict[str, Any] | None:
    window = case.data.window
    if window is None:
        return None
    return {
        "low": window.low_ncm,
        "high": window.high_ncm,
        "unit": _UNIT,
        "id": clean(window.id),
        "source": clean(window.source, 300),
    }


def _device(case: Case) -> dict[str, Any]:
    device = case.data.device
    return {
        "maker": device.maker or None,
        "model": device.model or None,
        "serial": device.serial or None,
        "firmware": device.firmware or None,
        "calibrated": device.calibrated or None,
        "accuracy": _value(device.accuracy_ncm, _UNIT),
        "sample_rate": _value(device.sample_rate_hz, "Hz"),
        "correction": None
        if device.divided_by is None
        else {
            "readings_divided_by": device.divided_by,
            "check_id": device.check_id,
            "measured": device.check_day,
        },
    }
