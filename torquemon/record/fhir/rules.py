"""Rules of R4, and some of our own, for what is sent. Pure: a resource in, its faults out.

Codes, required fields and allowed targets are those of the R4 definitions; a test compares them.
Our own are stricter: every quantity has a unit of UCUM, every observation a value or a reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Final

from torquemon.record.fhir.names import UCUM, Fields

_OBSERVED = "registered preliminary final amended corrected cancelled entered-in-error unknown"
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "Device": ("status",),
    "DeviceMetric": ("type", "category"),
    "Procedure": ("status", "code", "subject"),
    "Observation": ("status", "code"),
    "DiagnosticReport": ("status", "code"),
    "DocumentReference": ("status", "content"),
    "Provenance": ("target", "recorded", "agent"),
}
CODED: Final[Mapping[str, tuple[str, ...]]] = {
    "Device.status": ("active", "inactive", "entered-in-error", "unknown"),
    "Device.deviceName.type": (
        *("udi-label-name", "user-friendly-name", "patient-reported-name"),
        *("manufacturer-name", "model-name", "other"),
    ),
    "DeviceMetric.operationalStatus": ("on", "off", "standby", "entered-in-error"),
    "DeviceMetric.category": ("measurement", "setting", "calculation", "unspecified"),
    "DeviceMetric.calibration.type": ("unspecified", "offset", "gain", "two-point"),
    "DeviceMetric.calibration.state": (
        *("not-calibrated", "calibration-required", "calibrated", "unspecified"),
    ),
    "Procedure.status": (
        *("preparation", "in-progress", "not-done", "on-hold", "stopped", "completed"),
        *("entered-in-error", "unknown"),
    ),
    "Observation.status": tuple(_OBSERVED.split()),
    "DiagnosticReport.status": (*_OBSERVED.split(), "partial", "appended"),
    "DocumentReference.status": ("current", "superseded", "entered-in-error"),
    "DocumentReference.docStatus": ("preliminary", "final", "amended", "entered-in-error"),
    "DocumentReference.relatesTo.code": ("replaces", "transforms", "signs", "appends"),
    "Provenance.entity.role": ("derivation", "revision", "quotation", "source", "removal"),
    "text.status": ("generated", "extensions", "additional", "empty"),
    "comparator": ("<", "<=", ">=", ">"),
}
"""Fields that take one of a few words. A name without a kind holds wherever it stands."""
TARGETS: Final[Mapping[str, tuple[str, ...]]] = {
    "Device.patient": ("Patient",),
    "DeviceMetric.source": ("Device",),
    "Procedure.subject": ("Patient", "Group"),
    "Procedure.performer.actor": (
        *("Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson"),
        "Device",
    ),
    "Procedure.report": ("DiagnosticReport", "DocumentReference", "Composition"),
    "Procedure.focalDevice.manipulated": ("Device",),
    "Procedure.usedReference": ("Device", "Medication", "Substance"),
    "Observation.subject": ("Patient", "Group", "Device", "Location"),
    "Observation.partOf": (
        *("MedicationAdministration", "MedicationDispense", "MedicationStatement"),
        *("Procedure", "Immunization", "ImagingStudy"),
    ),
    "Observation.performer": (
        *("Practitioner", "PractitionerRole", "Organization", "CareTeam", "Patient"),
        "RelatedPerson",
    ),
    "Observation.device": ("Device", "DeviceMetric"),
    "Observation.derivedFrom": (
        *("DocumentReference", "ImagingStudy", "Media", "QuestionnaireResponse"),
        *("Observation", "MolecularSequence"),
    ),
    "DiagnosticReport.subject": ("Patient", "Group", "Device", "Location"),
    "DiagnosticReport.performer": (
        *("Practitioner", "PractitionerRole", "Organization", "CareTeam"),
    ),
    "DiagnosticReport.resultsInterpreter": (
        *("Practitioner", "PractitionerRole", "Organization", "CareTeam"),
    ),
    "DiagnosticReport.result": ("Observation",),
    "DocumentReference.subject": ("Patient", "Practitioner", "Group", "Device"),
    "DocumentReference.author": (
        *("Practitioner", "PractitionerRole", "Organization", "Device", "Patient"),
        "RelatedPerson",
    ),
    "DocumentReference.relatesTo.target": ("DocumentReference",),
}
"""What a reference may lead to, where R4 restricts it."""
_TOKEN: Final = re.compile(r"-?\d{1,13}|E|U|L")
_REFERENCE: Final = re.compile(r"(?:https?://\S{1,500}/)?([A-Z][A-Za-z]+)/[A-Za-z0-9.-]{1,64}")
_HELD: Final = ("final", "amended", "corrected")
"""States in which an observation says something."""
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
_VALUE: Final = re.compile(r"value[A-Z]\w*")


def resource_problems(fields: Fields) -> Iterator[str]:
    """Yield a sentence for each fault of a resource."""
    kind = str(fields.get("resourceType"))
    if kind not in REQUIRED:
        yield f"{kind} is nothing that is sent"
        return
    for name in REQUIRED[kind]:
        if not fields.get(name):
            yield f"{kind}.{name}: is missing"
    if "id" in fields and not (isinstance(fields["id"], str) and _ID.fullmatch(fields["id"])):
        yield f"{kind}.id: is no id"
    if kind == "Observation":
        yield from _observation(fields)
    yield from _walk(fields, kind)


def _observation(fields: Fields) -> Iterator[str]:
    values = [name for name in fields if _VALUE.fullmatch(name)]
    if len(values) > 1:
        yield f"Observation: has {len(values)} values ({', '.join(sorted(values))}); one is allowed"
    if values and "dataAbsentReason" in fields:
        yield "Observation.dataAbsentReason: a value that is there is not absent (obs-6)"
    if not values and "dataAbsentReason" not in fields and fields.get("status") in _HELD:
        yield "Observation: has neither a value nor a reason why it is absent"


def _walk(value: object, path: str) -> Iterator[str]:
    """Yield the faults of everything below a path; lists do not show in a path."""
    if isinstance(value, list):
        if not value:
            yield f"{path}: is an empty list"
        for inner in value:
            yield from _walk(inner, path)
    elif isinstance(value, dict):
        if not value:
            yield f"{path}: is empty"
        yield from _element(value, path)
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{name}")
    elif isinstance(value, str):
        yield from _text(value, path)
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"{path}: is no finite number"
    elif value is None:
        yield f"{path}: is null"


def _text(value: str, path: str) -> Iterator[str]:
    name = path.rpartition(".")[2]
    known = CODED.get(path) or CODED.get(".".join(path.split(".")[-2:])) or CODED.get(name)
    if known is not None and value not in known:
        yield f"{path}: {value!r} is none of {', '.join(known)}"
    if not value.strip():
        yield f"{path}: is empty text"
    if any(ord(char) < ord(" ") for char in value):
        yield f"{path}: holds a control character"


def _element(fields: Fields, path: str) -> Iterator[str]:
    """Yield the faults of an element by its shape: period, quantity, curve, reference, coding."""
    name = path.rpartition(".")[2]
    if path in TARGETS:
        yield from _reference(fields, path)
    if isinstance(fields.get("coding"), list):
        yield from _coding(fields, path)
    if name in _CHECKS:
        yield from _CHECKS[name](fields, path)


def _period(fields: Fields, path: str) -> Iterator[str]:
    start, end = _moment(fields.get("start")), _moment(fields.get("end"))
    if start is None or (end is None and "end" in fields):
        yield f"{path}: start or end is no moment with a zone"
    elif end is not None and end < start:
        yield f"{path}: ends before it starts (per-1)"


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _quantity(fields: Fields, path: str) -> Iterator[str]:
    if not _number(fields.get("value")):
        yield f"{path}.value: is no number"
    if fields.get("system") != UCUM or not fields.get("code") or not fields.get("unit"):
        yield f"{path}: needs unit, code and the system {UCUM} (qty-3)"


def _sampled(fields: Fields, path: str) -> Iterator[str]:
    for name in ("period", "factor"):
        if not _number(fields.get(name)) or fields[name] <= 0:
            yield f"{path}.{name}: must be a number above zero"
    if fields.get("dimensions") != 1 or isinstance(fields.get("dimensions"), bool):
        yield f"{path}.dimensions: must be 1"
    if not isinstance(fields.get("origin"), dict):
        yield f"{path}.origin: is missing"
    data = fields.get("data")
    bad = [t for t in data.split(" ") if not _TOKEN.fullmatch(t)] if isinstance(data, str) else [""]
    if bad:
        yield f"{path}.data: {bad[0][:20]!r} is no whole number, E, U or L"


def _reference(fields: Fields, path: str) -> Iterator[str]:
    literal, told = fields.get("reference"), fields.get("type")
    allowed = TARGETS[path]
    if not any(name in fields for name in ("reference", "identifier", "display")):
        yield f"{path}: leads nowhere"
    kinds = [told] if told is not None else []
    if literal is not None:
        match = _REFERENCE.fullmatch(str(literal))
        if match is not None:
            kinds.append(match[1])
        elif not str(literal).startswith("urn:uuid:"):
            yield f"{path}: {str(literal)[:80]!r} is no reference"
    for kind in kinds:
        if kind not in allowed:
            yield f"{path}: leads to {kind}, which is none of {', '.join(allowed)}"


def _coding(fields: Fields, path: str) -> Iterator[str]:
    for coding in fields["coding"]:
        if not isinstance(coding, dict) or not coding.get("code"):
            yield f"{path}.coding: has no code"
        elif not coding.get("system"):
            yield f"{path}.coding: {coding['code']!r} has no system"


def _concept(fields: Fields, path: str) -> Iterator[str]:
    if not fields.get("coding") and not fields.get("text"):
        yield f"{path}: has neither a code nor a text"


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_CHECKS: Final[Mapping[str, Callable[[Fields, str], Iterator[str]]]] = {
    **dict.fromkeys(("period", "effectivePeriod", "performedPeriod", "occurredPeriod"), _period),
    **dict.fromkeys(("valueQuantity", "origin", "low", "high"), _quantity),
    **dict.fromkeys(("code", "interpretation", "bodySite", "type", "method"), _concept),
    "valueSampledData": _sampled,
}
"""Which elements are looked at how, by the name of the field."""
