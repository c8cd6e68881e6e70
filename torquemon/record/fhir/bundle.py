"""One insertion as one transaction: all of it is taken, or none.

What is built here depends on the insertion alone. `digest` says whether a server has it already;
the page's bytes are not in it, so a newer typesetter alone makes nothing new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import rfc8785

from torquemon.record.fhir.names import (
    DOCUMENT,
    PROVENANCE,
    REPORT,
    ROLES,
    Fields,
    query_of,
)
from torquemon.record.fhir.resources import devices, observations
from torquemon.record.fhir.resources.procedure import procedure
from torquemon.record.fhir.resources.provenance import provenance
from torquemon.record.fhir.resources.report import document, known_by, report, without_page
from torquemon.record.fhir.scope import Scope

_OBSERVATIONS: Final = {
    "curve": observations.curve,
    "maximum": observations.maximum,
    "final": observations.final,
    "removal": observations.removal,
    "energy": observations.work,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The resources of an insertion by role, all but the page's bytes."""

    scope: Scope
    resources: Mapping[str, Fields]
    documents: tuple[int, ...]
    """Revisions that have a document at the server after this, oldest first."""
    digest: str

    @property
    def roles(self) -> tuple[str, ...]:
        """What there is of it."""
        return tuple(self.resources)

    def with_page(self, pdf: bytes) -> dict[str, Fields]:
        """Return the resources by id, with the page."""
        found = dict(self.resources)
        found[DOCUMENT] = document(self.scope, pdf, self.documents[:-1])
        return {self.scope.id(role): fields for role, fields in found.items()}


def plan(scope: Scope, earlier: Sequence[int] = ()) -> Plan:
    """Return what the server should have; `earlier` are revisions that it has documents of."""
    # the server's word is one source of these: a revision that is yet to come is none
    before = sorted({revision for revision in earlier if revision < scope.case.revision})
    made: dict[str, Fields | None] = {
        "screw": devices.screw(scope),
        "handpiece": devices.handpiece(scope),
        "metric": devices.metric(scope),
    }
    for role, build in _OBSERVATIONS.items():
        made[role] = build(scope, frozenset(name for name, fields in made.items() if fields))
    roles = frozenset(name for name, fields in made.items() if fields)
    made["procedure"] = procedure(scope, roles)
    made[REPORT] = report(scope, roles)
    made[DOCUMENT] = without_page(document(scope, b"", before))
    found = {role: made[role] for role in ROLES if role in made}
    resources = {role: fields for role, fields in found.items() if fields is not None}
    resources[PROVENANCE] = provenance(scope, resources)
    digest = hashlib.sha256(rfc8785.dumps(resources)).hexdigest()
    documents = (*before, scope.case.revision)
    resources[REPORT] = known_by(resources[REPORT], digest, documents)
    return Plan(scope, resources, documents, digest)


def bundle(resources: Mapping[str, Fields], base: str, *, by_id: bool) -> Fields:
    """Return a transaction that brings each resource to what it should be, by its id."""
    entries = [
        {
            "fullUrl": f"{base}/{fields['resourceType']}/{found_id}"
            if by_id
            else f"urn:uuid:{found_id}",
            "resource": fields,
            "request": {"method": "PUT", "url": where(fields, found_id, by_id=by_id)},
        }
        for found_id, fields in resources.items()
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def where(fields: Fields, found_id: str, *, by_id: bool) -> str:
    """Return where a resource is put: under its id, or where a search for it leads."""
    kind = str(fields["resourceType"])
    return f"{kind}/{found_id}" if by_id else query_of(kind, found_id)


def as_json(fields: Fields) -> bytes:
    """Return a resource as it is sent: the same bytes every time."""
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
