"""What was measured: maximum, final and removal torque, the work, and the curve.

A value that the data cannot give is said to be absent, with the reason as a note; a value that
nobody expected is not there at all. Work is given only where the angle is known throughout.
"""

from __future__ import annotations

from torquemon.model import Validity
from torquemon.record.fhir.codes import ABSENT, PROCEDURE_CATEGORY, concept, energy, torque
from torquemon.record.fhir.names import Fields
from torquemon.record.fhir.resources.curve import sampled
from torquemon.record.fhir.scope import Scope, filled, instant, notes
from torquemon.record.report_figures import figures
from torquemon.text import clean


def maximum(scope: Scope, roles: frozenset[str]) -> Fields | None:
    """Return the maximum insertion torque; a removal has none unless it was judged."""
    data = scope.case.data
    if data.purpose == "removal" and data.max_ncm is None:
        return None
    value = _value(data.max_ncm, clipped=_clipped(scope, data.max_ncm))
    fields = _observation(scope, "maximum", "maximum-insertion-torque", roles, data.why, value)
    code = "undetermined" if data.verdict == "undetermined" else f"{data.verdict}-window"
    fields["interpretation"] = [concept(code)]
    if data.window is not None:
        fields["referenceRange"] = [
            {
                "low": torque(data.window.low_ncm),
                "high": torque(data.window.high_ncm),
                "text": f"chosen window {data.window.id or data.window}: {data.window.source}",
            }
        ]
    return fields


def final(scope: Scope, roles: frozenset[str]) -> Fields | None:
    """Return the torque at final seating."""
    data = scope.case.data
    if data.purpose == "removal" and data.final_ncm is None:
        return None
    why = _missing(data.final_ncm, data.why)
    return _observation(scope, "final", "final-torque", roles, why, _value(data.final_ncm))


def removal(scope: Scope, roles: frozenset[str]) -> Fields | None:
    """Return the removal torque, where the screw was turned out."""
    data = scope.case.data
    if data.purpose != "removal" and data.removal_ncm is None:
        return None
    why = _missing(data.removal_ncm, data.why)
    return _observation(scope, "removal", "removal-torque", roles, why, _value(data.removal_ncm))


def work(scope: Scope, roles: frozenset[str]) -> Fields | None:
    """Return the work of insertion; None where the angle is not known throughout."""
    work_j = figures(scope.case.data).work_j
    if work_j is None:
        return None
    why = "work while the screw advanced, from torque over angle; turning back adds nothing"
    value = {"valueQuantity": energy(work_j)}
    return _observation(scope, "energy", "insertion-energy", roles, why, value)


def curve(scope: Scope, roles: frozenset[str]) -> Fields | None:
    """Return the curve; None where the record has no reading of it."""
    made = sampled(scope.case.data.readings, scope.max_points)
    if made is None:
        return None
    value = {"valueSampledData": made.data}
    return _observation(scope, "curve", "torque-curve", roles - {"curve"}, made.said, value)


def _observation(
    scope: Scope, role: str, code: str, roles: frozenset[str], said: str, value: Fields
) -> Fields:
    case = scope.case
    what = concept(code)
    title = what["text"]
    what["text"] = scope.say(title)
    version = clean(case.data.rule_version)
    rule = f"rule {version}" if version and role != "curve" else ""
    return {
        **scope.begin(role, title, [_told(value), said, rule]),
        "status": scope.observed(),
        "category": [PROCEDURE_CATEGORY],
        "code": what,
        "subject": scope.subject,
        "effectivePeriod": scope.period(),
        "issued": instant(case.recorded_utc),
        "partOf": [scope.reference("procedure")],
        **value,
        **filled(
            {
                "performer": scope.operator(),
                "note": notes([said]),
                "method": {"text": rule} if rule else {},
                "device": scope.reference("metric") if "metric" in roles else {},
                "derivedFrom": [scope.reference("curve")] if "curve" in roles else [],
            }
        ),
    }


def _value(value_ncm: float | None, *, clipped: bool = False) -> Fields:
    if value_ncm is None:
        return {"dataAbsentReason": ABSENT}
    quantity = torque(value_ncm)
    return {"valueQuantity": {**quantity, "comparator": ">="} if clipped else quantity}


def _told(value: Fields) -> str:
    """Return a value for people."""
    if "dataAbsentReason" in value:
        return "Not known"
    quantity = value.get("valueQuantity")
    if quantity is None:
        return ""
    return f"{quantity.get('comparator', '')}{quantity['value']:.2f} {quantity['unit']}"


def _clipped(scope: Scope, value_ncm: float | None) -> bool:
    """Tell whether the sensor was at the end of its range: then it was at least as much."""
    return value_ncm is not None and any(
        reading.validity is Validity.OVERFLOW for reading in scope.case.data.readings
    )


def _missing(value_ncm: float | None, why: str) -> str:
    return why if value_ncm is None else ""
