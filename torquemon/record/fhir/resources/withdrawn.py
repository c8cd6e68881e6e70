"""Resources that were an error: what is left of them is an id, the status, and why.

The same for an insertion that was withdrawn and for one whose content was erased here, where
nothing is known but what was delivered. History at the server is the server's own business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from torquemon.record.fhir.codes import concept, hl7
from torquemon.record.fhir.names import (
    DOCUMENT,
    INSERTION,
    PROVENANCE,
    ROLES,
    Fields,
    resource_id,
)
from torquemon.record.fhir.scope import begin, filled, instant, narrative, notes, say

_TITLE = "Entered in error"
_CODES = {
    "procedure": "mini-implant-insertion",
    "maximum": "maximum-insertion-torque",
    "final": "final-torque",
    "removal": "removal-torque",
    "energy": "insertion-energy",
    "curve": "torque-curve",
    "report": "insertion-torque-report",
    "metric": "torque-measurement",
}


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What was delivered and is taken back."""

    insertion_id: str
    mark: str
    roles: Sequence[str]
    documents: Sequence[int]
    """Revisions that had a document."""
    why: str
    when_utc: datetime
    subject: Fields | None = None
    """Where it was filed; None where that was erased."""
    by_id: bool = True

    def reference(self, role: str, revision: int | None = None) -> Fields:
        """Return a reference to one of the resources."""
        found = resource_id(self.insertion_id, role, revision)
        kind = ROLES[role]
        return {"reference": f"{kind}/{found}" if self.by_id else f"urn:uuid:{found}", "type": kind}


def withdrawn(order: Withdrawal) -> dict[str, Fields]:
    """Return the resources by id, Provenance last."""
    found: dict[str, Fields] = {}
    targets: list[Fields] = []
    for role in order.roles:
        if role in (DOCUMENT, PROVENANCE) or role not in ROLES:
            continue
        found[resource_id(order.insertion_id, role)] = stub(order, role)
        targets.append(order.reference(role))
    for revision in order.documents:
        found[resource_id(order.insertion_id, DOCUMENT, revision)] = stub(order, DOCUMENT, revision)
        targets.append(order.reference(DOCUMENT, revision))
    if targets:
        found[resource_id(order.insertion_id, PROVENANCE)] = _provenance(order, targets)
    return found


def emptied(order: Withdrawal, revision: int) -> Fields:
    """Return a document that was replaced, without its page."""
    title = say(f"Superseded: {order.why}", order.mark)
    return {
        **stub(order, DOCUMENT, revision),
        "text": narrative(title, []),
        "status": "superseded",
        "description": title,
        "content": [{"attachment": {"title": title}}],
    }


def stub(order: Withdrawal, role: str, revision: int | None = None) -> Fields:
    """Return what is left of one resource."""
    fields = begin(
        order.insertion_id,
        role,
        order.mark,
        _TITLE,
        [order.why],
        resource_id(order.insertion_id, role, revision),
        by_id=order.by_id,
    )
    return fields | _said(order, role) | _subject(order, role)


def _said(order: Withdrawal, role: str) -> Fields:
    """Return status and what else the kind must have."""
    kind = ROLES[role]
    note = filled({"note": notes([order.why])})
    if kind == "DeviceMetric":
        return {
            "type": concept(_CODES[role]),
            "category": "measurement",
            "operationalStatus": "entered-in-error",
        }
    if kind == "DocumentReference":
        title = say(f"{_TITLE}: {order.why}", order.mark)
        content = [{"attachment": {"title": title}}]
        return {"status": "entered-in-error", "description": title, "content": content}
    status = {"status": "entered-in-error"}
    if kind == "Device":
        return status | note
    if kind == "DiagnosticReport":
        conclusion = say(f"{_TITLE}: {order.why}", order.mark)
        return {**status, "code": concept(_CODES[role]), "conclusion": conclusion}
    return {**status, "code": concept(_CODES[role]), **note}


def _subject(order: Withdrawal, role: str) -> Fields:
    if role == "procedure":  # R4 insists on a subject here, and here alone
        return {"subject": order.subject or {"display": "erased"}}
    if order.subject is None or ROLES[role] in ("Device", "DeviceMetric"):
        return {}
    return {"subject": order.subject}


def _provenance(order: Withdrawal, targets: list[Fields]) -> Fields:
    found_id = resource_id(order.insertion_id, PROVENANCE)
    fields = begin(
        order.insertion_id,
        PROVENANCE,
        order.mark,
        _TITLE,
        [order.why],
        found_id,
        by_id=order.by_id,
    )
    return {
        **fields,
        "target": targets,
        "recorded": instant(order.when_utc),
        "activity": hl7("v3-DataOperation", "NULLIFY"),
        "agent": [
            {
                "type": hl7("provenance-participant-type", "assembler"),
                "who": {"display": "torquemon"},
            }
        ],
        "entity": [
            {
                "role": "removal",
                "what": {"identifier": {"system": INSERTION, "value": order.insertion_id}},
            }
        ],
    }
