"""What a server has of an insertion, and who its patient is there. All of it is untrusted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from torquemon.record.delivery.case import Case, Receipt
from torquemon.record.delivery.exporter import RejectedError
from torquemon.record.fhir.client import Client
from torquemon.record.fhir.names import (
    DOCUMENT,
    DOCUMENTS,
    PROVENANCE,
    REPORT,
    ROLES,
    Fields,
    query_of,
    resource_id,
)
from torquemon.record.fhir.scope import mark_of
from torquemon.record.fhir.settings import FhirSettings
from torquemon.text import clean

_UNAUTHORISED: Final = (401, 403)
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")
MAX_DOCUMENTS: Final = 500


@dataclass(frozen=True, slots=True)
class Sent:
    """What a server got before, by receipt and by its own word."""

    roles: tuple[str, ...]
    documents: tuple[int, ...]
    """Revisions that have a document there, oldest first."""
    mark: str


class Lookup:
    """Asks one server. Methods raise AwayError; RejectedError where one insertion is at fault."""

    def __init__(self, client: Client, settings: FhirSettings) -> None:
        self._client = client
        self._settings = settings

    def find(self, kind: str, found_id: str) -> Fields:
        """Return one of our resources as it is there; empty where it is not there or not shown."""
        if self._settings.ids == "client":
            _, found = self._client.read(f"{kind}/{found_id}")
            return found if found.get("resourceType") == kind else {}
        _, answer = self._client.read(f"{query_of(kind, found_id)}&_count=2")
        matches = _matches(answer, kind)
        if len(matches) > 1:
            raise RejectedError(
                f"{self._client.who} has more than one {kind} of this insertion: remove all but one"
            )
        return matches[0] if matches else {}

    def report(self, insertion_id: str) -> Fields:
        """Return the report of an insertion."""
        return self.find(ROLES[REPORT], resource_id(insertion_id, REPORT))

    def sent(self, insertion_id: str, previous: Receipt | None, there: Fields) -> Sent:
        """Return what was sent; where no receipt is left, each resource is asked for."""
        references = previous.references if previous is not None else {}
        roles: Sequence[str] = [r for r in references.get("roles", "").split() if r in ROLES]
        if there and not roles:
            roles = self._roles_there(insertion_id)
        revisions = [*references.get("documents", "").split(), *values(there, DOCUMENTS)]
        numbers = sorted({int(t) for t in revisions if re.fullmatch(r"[0-9]{1,12}", t)})
        mark = references.get("mark") or mark_of(there)
        return Sent(tuple(roles), tuple(numbers[-MAX_DOCUMENTS:]), mark)

    def _roles_there(self, insertion_id: str) -> list[str]:
        asked = [role for role in ROLES if role not in (DOCUMENT, PROVENANCE)]
        return [r for r in asked if self.find(ROLES[r], resource_id(insertion_id, r))]

    def patient(self, case: Case) -> Fields:
        """Return the reference to the patient. Raises RejectedError where it is not known who."""
        if not case.data.patient:
            raise RejectedError(
                "this insertion names no patient: add the number with `torquemon remark amend`"
            )
        named = identified(case, self._settings.patient_system)
        if self._settings.patient == "identifier":
            return named
        token = quote(f"{self._settings.patient_system}|{clean(case.data.patient)}", safe="")
        status, answer = self._client.read(f"Patient?identifier={token}&_count=2")
        if status in _UNAUTHORISED:
            raise self._client.refuse(status)
        matches = _matches(answer, "Patient")
        found_id = matches[0].get("id") if len(matches) == 1 else None
        if not isinstance(found_id, str) or not _ID.fullmatch(found_id):
            told = "more than one patient" if len(matches) > 1 else "no patient"
            raise RejectedError(f"{self._client.who} has {told} with this insertion's number")
        return {"reference": f"Patient/{found_id}", **named}


def identified(case: Case, system: str) -> Fields:
    """Return the patient by number; with the name only where the case has it."""
    identifier: Fields = {"value": clean(case.data.patient) or "not recorded"}
    if system:
        identifier = {"system": system, **identifier}
    name = clean(case.patient_name)
    return {"type": "Patient", "identifier": identifier, **({"display": name} if name else {})}


def values(found: Fields, system: str) -> list[str]:
    """Return the values of a resource's identifiers of one system."""
    identifiers = found.get("identifier")
    if not isinstance(identifiers, list):
        return []
    return [
        str(each.get("value"))
        for each in identifiers
        if isinstance(each, dict) and each.get("system") == system
    ]


def _matches(found: Fields, kind: str) -> list[Fields]:
    entries = found.get("entry")
    resources = [
        entry.get("resource")
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
    return [r for r in resources if isinstance(r, dict) and r.get("resourceType") == kind]
