"""Reads what a record holds of one insertion into the report's value: untrusted, bounded, cleaned.

What is missing, or not of the kind it should be, counts as not recorded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from torquemon.model import (
    PURPOSES,
    Alert,
    AlertCode,
    Origin,
    Priority,
    Reading,
    VerdictKind,
    Window,
)
from torquemon.profiles import builtin
from torquemon.record.report_data import Device, Event, ReportData, Signed
from torquemon.text import clean

MAX_ID_CHARS: Final = 64
MAX_WHY_CHARS: Final = 300
_MAX_EVENTS: Final = 1000
"""More events in one insertion are a device that lies; the record has them all."""
_MAX_FINDINGS: Final = 20
_MAX_SIGNATURES: Final = 100


def from_record(
    insertion_id: str,
    opened_utc: str,
    opened_ns: int,
    content: Mapping[str, Any],
    readings: Sequence[Reading],
    *,
    witness: str = "",
) -> ReportData:
    """Build the report's value from a record's content and the stored readings.

    `content` is that of `torquemon.record.insertions.Insertion`; what is missing, or not of the
    kind it should be, counts as not recorded.
    """
    meta, person = _mapping(content.get("meta")), _mapping(content.get("person"))
    damaged = _text(content, "error", MAX_WHY_CHARS)
    judged = _mapping(content.get("verdict"))
    setup = _mapping(meta.get("judge"))
    site, screw = _text(meta, "site"), _text(meta, "screw")
    events = tuple(
        event
        for fields in _list(content.get("events"))[:_MAX_EVENTS]
        if (event := _event(_mapping(fields))) is not None
    )
    return ReportData(
        insertion_id=clean(insertion_id, MAX_ID_CHARS),
        opened_utc=clean(opened_utc, MAX_ID_CHARS),
        closed_utc=_text(content, "closed_utc") or clean(opened_utc, MAX_ID_CHARS),
        opened_ns=opened_ns,
        origin=_origin(content.get("origin", meta.get("origin"))),
        purpose=_purpose(content.get("purpose")),
        patient=_text(meta, "patient"),
        site=site,
        site_name=_name(builtin().sites, site),
        teeth=_text(meta, "fdi"),
        screw=screw,
        screw_name=_name(builtin().screws, screw),
        lot=_text(content, "lot"),
        operator=_text(meta, "operator"),
        pitch_mm=_number(setup, "pitch_mm") or _number(meta, "pitch_mm"),
        body_mm=_number(setup, "body_mm"),
        window=_window(setup.get("window")),
        limit_ncm=_number(meta, "threshold_ncm"),
        armed_ncm=_number(meta, "armed_threshold_ncm"),
        armed_seen=_was_armed(content.get("events")),
        threshold_reasons=tuple(
            clean(str(reason)) for reason in _list(meta.get("threshold_reasons"))[:8]
        ),
        device=_device(meta),
        interrupted=bool(content.get("interrupted")),
        agrees=bool(content.get("agrees", True)),
        verdict=_kind(judged.get("kind")),
        max_ncm=_number(judged, "max_insertion_torque_ncm"),
        final_ncm=_number(judged, "final_torque_ncm"),
        removal_ncm=_number(content, "removal_torque_ncm"),
        why=_text(judged, "why", MAX_WHY_CHARS) or damaged,
        rule_version=_text(judged, "rule_version"),
        alerts=tuple(
            alert
            for fields in _list(content.get("alerts"))[:_MAX_EVENTS]
            if (alert := _alert(_mapping(fields))) is not None
        ),
        events=events,
        samples=int(_number(content, "samples") or 0),
        missing=int(_number(content, "missing_samples") or 0),
        duration_s=_number(content, "duration_s") or 0.0,
        readings=tuple(readings),
        damaged=damaged,
        software=_text(content, "software"),
        profiles=_text(content, "profile_version"),
        withdrawn=_text(content, "withdrawn", 200),
        amended=int(_number(content, "amended") or 0),
        witness=clean(witness, 200),
        findings=tuple(
            (_text(fields, "name", 40), _text(fields, "value", 64))
            for fields in map(_mapping, _list(content.get("findings"))[:_MAX_FINDINGS])
        ),
        signatures=tuple(
            _signed(fields)
            for fields in map(_mapping, _list(content.get("signatures"))[-_MAX_SIGNATURES:])
        ),
        person=_text(person, "name"),
        birth_date=_text(person, "birth_date", 10),
    )


def _signed(fields: Mapping[str, Any]) -> Signed:
    number = _number(fields, "number")
    return Signed(
        _text(fields, "who", MAX_ID_CHARS),
        _text(fields, "utc", 40),
        _text(fields, "meaning", 40),
        f"{int(number)}:{_text(fields, 'hash', 64)}" if number is not None else "",
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(fields: Mapping[str, Any], name: str, max_chars: int = 120) -> str:
    value = fields.get(name)
    return clean(value, max_chars) if isinstance(value, str) else ""


def _number(fields: Mapping[str, Any], name: str) -> float | None:
    """Return a finite number; None for everything else."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _name(profiles: Mapping[str, Any], profile_id: str) -> str:
    found = profiles.get(profile_id)
    return found.name if found is not None else profile_id


def _origin(value: object) -> Origin | None:
    try:
        return Origin(str(value))
    except ValueError:
        return None


def _purpose(value: object) -> str:
    return value if isinstance(value, str) and value in PURPOSES else PURPOSES[0]


def _kind(value: object) -> VerdictKind:
    try:
        return VerdictKind(str(value))
    except ValueError:
        return VerdictKind.UNDETERMINED


def _window(value: object) -> Window | None:
    fields = _mapping(value)
    low, high = _number(fields, "low_ncm"), _number(fields, "high_ncm")
    if low is None or high is None or not 0 <= low < high:
        return None
    return Window(low, high, _text(fields, "id"), _text(fields, "source", MAX_WHY_CHARS))


def _device(meta: Mapping[str, Any]) -> Device:
    check = _mapping(meta.get("correction"))
    return Device(
        maker=_text(meta, "maker"),
        model=_text(meta, "model"),
        serial=_text(meta, "serial"),
        firmware=_text(meta, "firmware"),
        calibrated=_text(meta, "calibrated"),
        accuracy_ncm=_number(meta, "accuracy_ncm"),
        sample_rate_hz=_number(meta, "sample_rate_hz"),
        divided_by=_number(check, "gain"),
        check_id=_text(check, "id", MAX_ID_CHARS),
        check_day=_text(check, "measured", 10),
    )


def _was_armed(events: object) -> bool:
    """Tell whether the handpiece itself ever said that its stop was armed."""
    return any(
        fields.get("what") == "state" and fields.get("arm") == "ARMED"
        for fields in map(_mapping, _list(events))
    )


def _alert(fields: Mapping[str, Any]) -> Alert | None:
    time_s, torque_ncm = _number(fields, "time_s"), _number(fields, "torque_ncm")
    seq = _number(fields, "seq")
    try:
        code = AlertCode(str(fields.get("code")))
        priority = Priority(str(fields.get("priority")))
    except ValueError:
        return None
    if time_s is None or torque_ncm is None or seq is None:
        return None
    angle_deg = _number(fields, "angle_deg")
    why = _text(fields, "why", MAX_WHY_CHARS)
    return Alert(code, priority, int(seq), time_s, torque_ncm, angle_deg, why)


def _event(fields: Mapping[str, Any]) -> Event | None:
    reader = _EVENTS.get(str(fields.get("what")))
    if reader is None:
        return None
    what, code = reader
    host_ns, seq = _number(fields, "host_ns"), _number(fields, "seq")
    return Event(
        what,
        _text(fields, code).lower() if code else "",
        None if host_ns is None else int(host_ns),
        None if seq is None else int(seq),
        _number(fields, "torque_ncm"),
        _text(fields, "why", MAX_WHY_CHARS),
    )


_EVENTS: Final = {
    "halt": ("halt", "reason"),
    "alarm": ("alarm", "code"),
    "wire down": ("wire_down", ""),
    "acknowledged": ("acknowledged", ""),
}
"""Which events a report tells, by their name in the record, and the field with their code."""
