"""Insertions as FHIR for the tests, and twelve ways to break them."""

from __future__ import annotations

import copy
import functools
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.cases import signed_case
from torquemon.record.delivery.case import Case
from torquemon.record.fhir.bundle import bundle, plan
from torquemon.record.fhir.lookup import identified
from torquemon.record.fhir.names import Fields
from torquemon.record.fhir.scope import Scope

BASE: Final = "https://server.example/fhir"
SYSTEM: Final = "urn:oid:1.2.3"
PDF: Final = b"%PDF-1.7 stands for a page"


class Page:
    """Documents that cost nothing."""

    def pdf(self) -> bytes:
        """Return the page."""
        return PDF

    def html(self) -> bytes:
        """Return the page as HTML."""
        return b"<p>page</p>"

    def csv(self) -> bytes:
        """Return the curve."""
        return b"time_s,torque_ncm\n"


@functools.cache
def one_case(scenario: str = "nominal") -> Case:
    """Return a signed insertion; its page is the real one."""
    with tempfile.TemporaryDirectory() as folder:
        return signed_case(Path(folder) / "record", scenario)


def transaction(case: Case, **scope: Any) -> Fields:  # noqa: ANN401 - fields of Scope
    """Return a case as it would be sent, with a page that costs nothing."""
    whole = Scope(case, identified(case, SYSTEM), **scope)
    resources = plan(whole).with_page(PDF)
    return bundle(resources, BASE, by_id=whole.by_id)


def resources(made: Fields) -> list[Fields]:
    """Return the resources of a transaction."""
    return [entry["resource"] for entry in made["entry"]]


def of(made: Fields, kind: str, code: str = "") -> Fields:
    """Return the resource of a kind, by its code where there are several."""
    (found,) = (
        each
        for each in resources(made)
        if each["resourceType"] == kind and (not code or _code(each) == code)
    )
    return found


def _code(fields: Mapping[str, Any]) -> str:
    what: Any = fields.get("code") or fields.get("type")
    return str(what["coding"][0]["code"])


def as_read(fields: Fields) -> Fields:
    """Return a resource as a server reads it."""
    found: Fields = json.loads(json.dumps(fields))
    return found


@dataclass(frozen=True, slots=True)
class Breakage:
    """A fault, the resource that gets it, and which independent validators see it."""

    name: str
    kind: str
    code: str
    act: Callable[[Fields], object]
    seen_by: frozenset[str]

    def broken(self, made: Fields) -> tuple[Fields, Fields]:
        """Return (transaction, resource) with the fault."""
        found = copy.deepcopy(made)
        fields = of(found, self.kind, self.code)
        self.act(fields)
        return found, fields


def _of(*names: str) -> frozenset[str]:
    return frozenset(names)


BREAKAGES: Final = (
    Breakage(
        "wrong status code",
        "Observation",
        "maximum-insertion-torque",
        lambda f: f.update(status="done"),
        _of("lantana"),
    ),
    Breakage(
        "missing code",
        "Observation",
        "maximum-insertion-torque",
        lambda f: f.pop("code"),
        _of("lantana", "medplum"),
    ),
    Breakage(
        "unknown field",
        "Observation",
        "maximum-insertion-torque",
        lambda f: f.update(torque=9.8),
        _of("lantana", "medplum"),
    ),
    Breakage(
        "text for a number",
        "Observation",
        "maximum-insertion-torque",
        lambda f: f["valueQuantity"].update(value="9.8"),
        _of("lantana", "medplum"),
    ),
    Breakage(
        "two values",
        "Observation",
        "maximum-insertion-torque",
        lambda f: f.update(valueString="9.8"),
        _of(),
    ),
    Breakage(
        "value with absent reason",
        "Observation",
        "maximum-insertion-torque",
        lambda f: f.update(dataAbsentReason={"text": "unknown"}),
        _of("fhirpath", "medplum"),
    ),
    Breakage(
        "bad token",
        "Observation",
        "torque-curve",
        lambda f: f["valueSampledData"].update(data=f["valueSampledData"]["data"] + " high"),
        _of(),
    ),
    Breakage(
        "no period",
        "Observation",
        "torque-curve",
        lambda f: f["valueSampledData"].pop("period"),
        _of("lantana", "medplum"),
    ),
    Breakage(
        "bad date",
        "Observation",
        "maximum-insertion-torque",
        lambda f: f["effectivePeriod"].update(start="2026-13-01T00:00:00Z"),
        _of("fhirpath", "medplum"),
    ),
    Breakage(
        "end before start",
        "Observation",
        "maximum-insertion-torque",
        lambda f: f["effectivePeriod"].update(end="2025-12-31T00:00:00Z"),
        _of("fhirpath"),
    ),
    Breakage(
        "wrong reference type",
        "Observation",
        "maximum-insertion-torque",
        lambda f: f.update(subject={"reference": f["device"]["reference"]}),
        _of("lantana"),
    ),
    Breakage(
        "unit without system",
        "Observation",
        "maximum-insertion-torque",
        lambda f: f["valueQuantity"].pop("system"),
        _of("fhirpath"),
    ),
)
"""What a mapping gets wrong; two of them are seen by no validator but ours."""
