"""Codes: our own CodeSystem, and the few of HL7's that are used.

Nothing of LOINC or SNOMED CT: no code there was verified to say what is measured here. HL7's codes
below are looked up in the definitions of R4 by a test.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from torquemon.record.fhir.names import CODES, UCUM, Fields

HL7: Final = "http://terminology.hl7.org/CodeSystem/"
TOOTH: Final = f"{HL7}ex-tooth"
"""HL7's list of permanent teeth in FDI notation; usual for `tooth_system`."""
TEST_DATA: Final[Fields] = {
    "system": f"{HL7}v3-ActReason",
    "code": "HTEST",
    "display": "test health data",
}
PROCEDURE_CATEGORY: Final[Fields] = {
    "coding": [{"system": f"{HL7}observation-category", "code": "procedure"}]
}
ABSENT: Final[Fields] = {
    "coding": [{"system": f"{HL7}data-absent-reason", "code": "unknown", "display": "Unknown"}]
}


@functools.cache
def codesystem() -> Mapping[str, Any]:
    """Return the CodeSystem resource that is shipped."""
    text = (files("torquemon.record.fhir") / "codesystem.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@functools.cache
def displays() -> Mapping[str, str]:
    """Return our codes with what they are called."""
    return {concept["code"]: concept["display"] for concept in codesystem()["concept"]}


def own(code: str) -> Fields:
    """Return a Coding of ours. Raises KeyError for a code that the CodeSystem does not have."""
    return {"system": CODES, "code": code, "display": displays()[code]}


def concept(code: str, text: str = "") -> Fields:
    """Return a CodeableConcept with one code of ours."""
    coding = own(code)
    return {"coding": [coding], "text": text or coding["display"]}


def hl7(system: str, code: str) -> Fields:
    """Return a CodeableConcept with one code of HL7's."""
    return {"coding": [{"system": f"{HL7}{system}", "code": code}]}


def torque(value_ncm: float) -> Fields:
    """Return a torque as a Quantity."""
    return {"value": plain(value_ncm), "unit": "N·cm", "system": UCUM, "code": "N.cm"}


def energy(value_j: float) -> Fields:
    """Return an energy as a Quantity."""
    return {"value": plain(value_j), "unit": "J", "system": UCUM, "code": "J"}


def plain(value: float) -> float:
    """Return a number to four places, as a person reads it: never -0.0."""
    return round(value, 4) + 0.0
