"""What was done: the insertion, removal or tightening of one mini-implant."""

from __future__ import annotations

import re
from typing import Final

from torquemon.record.delivery.case import Correction
from torquemon.record.fhir.codes import TOOTH, concept, displays
from torquemon.record.fhir.names import REPORT, Fields
from torquemon.record.fhir.scope import Scope, filled, notes
from torquemon.text import clean

_PAIR: Final = re.compile(r"([1-8][1-8])-([1-8][1-8])")
_PERMANENT: Final = re.compile(r"[1-4][1-8]")


def procedure(scope: Scope, roles: frozenset[str]) -> Fields:
    """Return the procedure. `roles` are the resources that there are to point to."""
    case = scope.case
    code = concept(f"mini-implant-{case.data.purpose}")
    code["text"] = scope.say(code["text"])
    sites = [*_site(scope), *_teeth(scope)]
    lines = [
        f"Site: {', '.join(site['text'] for site in sites) or 'not recorded'}",
        *(["The recording broke off before the end"] if case.data.interrupted else []),
        *corrections(scope),
    ]
    return {
        **scope.begin("procedure", code["text"].removeprefix(f"{scope.mark}: "), lines),
        "status": "unknown" if case.data.interrupted else "completed",
        "code": code,
        "subject": scope.subject,
        "performedPeriod": scope.period(),
        **filled(
            {
                "performer": [{"actor": actor} for actor in scope.operator()],
                "bodySite": sites,
                "report": [scope.reference(REPORT)],
                "note": notes([*corrections(scope), *_findings(scope)]),
                "focalDevice": [{"manipulated": scope.reference("screw")}]
                if "screw" in roles
                else [],
                "usedReference": [scope.reference("handpiece")] if "handpiece" in roles else [],
            }
        ),
    }


def _site(scope: Scope) -> list[Fields]:
    """Return the site; a site of the practice's own has no code and stands as text."""
    site, name = clean(scope.case.data.site), clean(scope.case.data.site_name)
    if f"site-{site}" in displays():
        return [concept(f"site-{site}", name)]
    return [{"text": name or site}] if name or site else []


def _teeth(scope: Scope) -> list[Fields]:
    """Return both neighbouring teeth (FDI, ISO 3950); midpalate has none."""
    teeth = clean(scope.case.data.teeth)
    pair = _PAIR.fullmatch(teeth)
    if pair is None:
        return [{"text": f"teeth {teeth}"}] if teeth else []
    return [_tooth(scope, tooth, teeth) for tooth in pair.groups()]


def _tooth(scope: Scope, tooth: str, pair: str) -> Fields:
    text = f"tooth {tooth} (FDI, ISO 3950), beside the screw between {pair.replace('-', ' and ')}"
    known = scope.tooth_system != TOOTH or _PERMANENT.fullmatch(tooth)
    coding = [{"system": scope.tooth_system, "code": tooth}] if known else []
    return filled({"coding": coding, "text": text})


def corrections(scope: Scope) -> list[str]:
    """Return a sentence for each correction.

    A patient's number that was wrong is not told: it is another patient's.
    """
    return [
        f"Corrected: {c.field.replace('_', ' ')}{_values(c)} ({c.why}; {c.operator})"
        for c in scope.case.corrections
    ]


def _values(correction: Correction) -> str:
    if correction.field == "patient_ref":
        return ""
    return f" {correction.old or 'not recorded'} → {correction.new}"


def _findings(scope: Scope) -> list[str]:
    return [f"{name.replace('_', ' ')}: {value}" for name, value in scope.case.findings.items()]
