"""The finding in one resource, and the page itself: DiagnosticReport and DocumentReference.

A document is never overwritten: each revision of the insertion that was sent has a document of its
own, which replaces the one before, and the older one is marked superseded.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

from torquemon.record.delivery.case import Status
from torquemon.record.fhir.codes import concept
from torquemon.record.fhir.names import CONTENT, DOCUMENT, DOCUMENTS, REPORT, Fields
from torquemon.record.fhir.resources.procedure import corrections
from torquemon.record.fhir.scope import Scope, filled, instant
from torquemon.text import clean

PDF: Final = "application/pdf"
_RESULTS: Final = ("maximum", "final", "removal", "energy", "curve")
_MAX_CONCLUSION_CHARS: Final = 4000
_MAX_ALERTS: Final = 20


def report(scope: Scope, roles: frozenset[str]) -> Fields:
    """Return the report, yet without what `known_by` adds."""
    data = scope.case.data
    title = f"Insertion torque report: {data.purpose}"
    code = "undetermined" if data.verdict == "undetermined" else f"{data.verdict}-window"
    what = concept("insertion-torque-report")
    what["text"] = scope.say(what["text"])
    alerts = [f"{a.priority.value}: {clean(a.why, 300)}" for a in data.alerts[:_MAX_ALERTS]]
    told = [clean(data.why, 300), *alerts, *corrections(scope)]
    conclusion = ". ".join(text for text in (f"Verdict: {data.verdict}", *told) if text)
    return {
        **scope.begin(REPORT, title, [conclusion]),
        "status": scope.observed(),
        "code": what,
        "subject": scope.subject,
        "effectivePeriod": scope.period(),
        "issued": instant(scope.case.changed_utc),
        "conclusion": clean(scope.say("") + conclusion, _MAX_CONCLUSION_CHARS),
        "conclusionCode": [concept(code)],
        **filled(
            {
                "performer": scope.operator(),
                "resultsInterpreter": _signers(scope),
                "result": [scope.reference(role) for role in _RESULTS if role in roles],
            }
        ),
    }


def known_by(fields: Fields, digest: str, documents: Sequence[int]) -> Fields:
    """Return the report with what tells a later sending what the server has."""
    sent = [{"system": DOCUMENTS, "value": str(revision)} for revision in documents]
    content = {"system": CONTENT, "value": digest}
    return {**fields, "identifier": [*fields["identifier"], content, *sent]}


def document(scope: Scope, pdf: bytes, earlier: Sequence[int]) -> Fields:
    """Return the page as a document; `earlier` are the revisions that had one before."""
    case = scope.case
    title = f"Insertion torque report {case.insertion_id}"
    kind = concept("insertion-torque-report")
    kind["text"] = scope.say(kind["text"])
    replaced = earlier[-1:]
    return {
        **scope.begin(DOCUMENT, title, corrections(scope)),
        "status": "current",
        "docStatus": "amended" if case.status is Status.AMENDED else "final",
        "type": kind,
        "subject": scope.subject,
        "date": instant(case.changed_utc),
        **filled(
            {
                "author": scope.operator(),
                "relatesTo": [
                    {"code": "replaces", "target": scope.earlier(revision)} for revision in replaced
                ],
            }
        ),
        "description": scope.say(title),
        "content": [{"attachment": _attachment(scope, title, pdf)}],
        "context": {
            "period": scope.period(),
            "related": [scope.reference("procedure"), scope.reference(REPORT)],
        },
    }


def without_page(fields: Fields) -> Fields:
    """Return a document without its bytes: what is compared with what was sent before."""
    content = [{"attachment": {"title": c["attachment"]["title"]}} for c in fields["content"]]
    return {**fields, "content": content}


def _attachment(scope: Scope, title: str, pdf: bytes) -> Fields:
    # R4 wants SHA-1 here; the chain's own hash stands in the Provenance
    sha1 = hashlib.sha1(pdf, usedforsecurity=False).digest()
    return {
        "contentType": PDF,
        "data": base64.b64encode(pdf).decode("ascii"),
        "size": len(pdf),
        "hash": base64.b64encode(sha1).decode("ascii"),
        "title": scope.say(title),
        "creation": instant(scope.case.changed_utc),
    }


def _signers(scope: Scope) -> list[Fields]:
    names = [clean(signed.operator) for signed in scope.case.signatures]
    return [{"display": name} for name in dict.fromkeys(names) if name]
