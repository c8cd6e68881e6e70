"""The names of an insertion at a FHIR server: ids, identifier systems, roles.

An id is the uuid5 of insertion and role, so that the tenth sending finds what the first one made.
Systems are UUIDs of our own: no host, and nothing that has to be registered with anybody.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from ulid import ULID

Fields = dict[str, Any]
"""A FHIR resource or a part of one, as JSON has it."""

NAMESPACE: Final = uuid.UUID("6db884d7-49a7-4d57-afdf-930341c77962")
"""What all ids are derived in. Never to be changed: it is what makes a resource the same one."""

CODES: Final = "urn:uuid:ce26eb2a-7a5d-4fc1-8c8e-63b99128b30b"
"""The CodeSystem of `codesystem.json`."""
INSERTION: Final = "urn:uuid:10ed0a67-9e49-49f2-b2b9-fa4a78595501"
"""Identifier system: the insertion's ULID."""
CONTENT: Final = "urn:uuid:6efc962f-9877-41c1-a0c4-930f3a4161bb"
"""Identifier system on the DiagnosticReport: SHA-256 of all that was sent but the documents."""
DOCUMENTS: Final = "urn:uuid:33bba182-f44e-43fb-ba71-50cb8ef15e6c"
"""Identifier system on the DiagnosticReport: the revision of each document that was ever sent."""
SERIAL: Final = "urn:uuid:4e2a53d8-6fa3-49c3-ac6c-879cc92deb0d"
"""Identifier system: a handpiece's serial number as it states it."""
CHAIN: Final = "urn:uuid:8373b217-fd08-40eb-9f9d-ef8948ea4725"
"""Identifier system: an entry of a chair's chain, as `torquemon verify` reads it."""
CALIBRATED: Final = "urn:uuid:2252ff8e-7829-42c2-a3fb-dc3fc1d568dd"
"""Extension: the day of calibration that a handpiece states (an instant would invent a time)."""
URI: Final = "urn:ietf:rfc:3986"
UCUM: Final = "http://unitsofmeasure.org"

REPORT: Final = "report"
DOCUMENT: Final = "document"
PROVENANCE: Final = "provenance"
ROLES: Final[Mapping[str, str]] = {
    "screw": "Device",
    "handpiece": "Device",
    "metric": "DeviceMetric",
    "procedure": "Procedure",
    "maximum": "Observation",
    "final": "Observation",
    "removal": "Observation",
    "energy": "Observation",
    "curve": "Observation",
    REPORT: "DiagnosticReport",
    DOCUMENT: "DocumentReference",
    PROVENANCE: "Provenance",
}
"""What one insertion becomes, by its part in it."""


TAGGED: Final = ("Provenance", "DeviceMetric")
"""Kinds that are found by a tag in `meta`: R4 gives the first no identifier, and not every server
searches the second by its own."""


def resource_id(insertion_id: str, role: str, revision: int | None = None) -> str:
    """Return the id of a resource; a document has another one for each revision of the insertion.

    Raises ValueError where the insertion's id is none.
    """
    insertion = uuid.UUID(int=int(ULID.from_str(insertion_id)))
    name = role if revision is None else f"{role}/{revision}"
    return str(uuid.uuid5(NAMESPACE, f"{insertion}/{name}"))


def identifier_of(found_id: str) -> Fields:
    """Return the identifier that holds a resource's id where the server gives ids of its own."""
    return {"system": URI, "value": f"urn:uuid:{found_id}"}


def query_of(kind: str, found_id: str) -> str:
    """Return the search that finds one of our resources, wherever the server put it."""
    token = identifier_of(found_id)
    by = "_tag" if kind in TAGGED else "identifier"
    return f"{kind}?{by}={quote(token['system'] + '|' + token['value'], safe='')}"
