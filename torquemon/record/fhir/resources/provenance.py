"""Where it comes from: the program, who signed, and the entry of the chain that holds it."""

from __future__ import annotations

from collections.abc import Iterable

from torquemon.record.delivery.case import Status
from torquemon.record.fhir.codes import hl7
from torquemon.record.fhir.names import CHAIN, PROVENANCE, Fields
from torquemon.record.fhir.scope import Scope, instant
from torquemon.text import clean

_AGENT = "provenance-participant-type"
_ACTIVITY = "v3-DataOperation"


def provenance(scope: Scope, roles: Iterable[str]) -> Fields:
    """Return the provenance of all other resources; it changes only with the insertion."""
    case = scope.case
    entry = f"torquemon-head {case.chair_id}:{case.revision}:{clean(case.revision_hash, 128)}"
    software = clean(case.software) or "torquemon"
    signers = [
        {
            "type": hl7(_AGENT, "attester"),
            "who": {"display": f"{clean(signed.operator)} ({clean(signed.meaning, 40)})"},
        }
        for signed in case.signatures
        if clean(signed.operator)
    ]
    operators = [{"type": hl7(_AGENT, "performer"), "who": actor} for actor in scope.operator()]
    amended = case.status is Status.AMENDED
    return {
        **scope.begin(PROVENANCE, "Provenance of an insertion", [entry, software]),
        "target": [scope.reference(role) for role in roles],
        "occurredPeriod": scope.period(),
        "recorded": instant(case.changed_utc),
        "activity": hl7(_ACTIVITY, "UPDATE" if amended else "CREATE"),
        "agent": [
            {"type": hl7(_AGENT, "assembler"), "who": {"display": software}},
            *operators,
            *signers,
        ],
        "entity": [
            {
                "role": "source",
                "what": {"identifier": {"system": CHAIN, "value": entry}, "display": entry},
            }
        ],
    }
