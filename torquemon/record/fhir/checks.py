"""Our own look at a transaction before it leaves: what a model library does not know.

`fhir.resources` refuses unknown fields, two values of a choice and malformed dates; it takes any
word for a status, any token in a curve, an end before its start and a device for a patient. Those
rules stand in `rules`; both are asked, and nothing that either refuses is sent. What is sent is our
own JSON, since the library writes times and decimals anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, Final

from torquemon.record.delivery.config import ConfigError
from torquemon.record.fhir.names import Fields
from torquemon.record.fhir.rules import resource_problems
from torquemon.text import clean

MAX_BUNDLE_BYTES: Final = 40_000_000
MAX_PROBLEMS: Final = 20
NO_LIBRARY: Final = "FHIR needs another part: pip install 'torquemon[fhir]'"

_URN: Final = "urn:uuid:"
_ELSEWHERE: Final = ("Patient/", "DocumentReference/", "http://", "https://")
"""Where a reference may lead that is not sent: the patient, a document from before."""


class NoFhirError(ConfigError):
    """The part for FHIR is not installed."""


def require_parts() -> None:
    """Raise NoFhirError unless both libraries are installed; neither is loaded yet."""
    try:
        found = find_spec("httpx") and find_spec("fhir.resources")
    except (ImportError, ValueError):
        found = None
    if found is None:
        raise NoFhirError(NO_LIBRARY)


def problems(transaction: Fields) -> list[str]:
    """Return what is wrong with a transaction, a sentence each; at most MAX_PROBLEMS.

    Raises NoFhirError where fhir.resources is not installed.
    """
    found = [*_bundle_problems(transaction)]
    if not found:
        for entry in transaction["entry"]:
            found += resource_faults(entry["resource"])
    return [clean(text, 300) for text in found[:MAX_PROBLEMS]]


def resource_faults(fields: Fields) -> list[str]:
    """Return what is wrong with one resource, by our rules and by the model of R4B."""
    own = list(resource_problems(fields))
    return own + [text for text in _model_problems(fields) if text not in own]


def _model_problems(fields: Fields) -> Iterator[str]:
    """Build the resource's model: unknown fields, types, dates and choices are its business."""
    try:
        from fhir.resources.R4B import get_fhir_model_class
    except ImportError:
        raise NoFhirError(NO_LIBRARY) from None
    kind = str(fields.get("resourceType"))
    try:
        model: Any = get_fhir_model_class(kind)
    except (KeyError, ImportError, ValueError):
        yield f"{clean(kind, 40)} is no resource of R4"
        return
    try:
        model.model_validate(fields)
    except ValueError as error:
        details = error.errors() if hasattr(error, "errors") else []
        for each in details[:MAX_PROBLEMS]:
            where = ".".join(str(part) for part in (kind, *each.get("loc", ())))
            yield f"{where}: {str(each.get('msg', '')).removeprefix('Value error, ')}"
        if not details:
            yield f"{kind}: {error}"


def _bundle_problems(transaction: Fields) -> Iterator[str]:
    """Yield what is wrong around the resources: the same one twice, a reference to nothing."""
    if transaction.get("resourceType") != "Bundle" or transaction.get("type") != "transaction":
        yield "Bundle.type: must be transaction"
        return
    entries = transaction.get("entry")
    if not isinstance(entries, list) or not entries:
        yield "Bundle.entry: nothing to send"
        return
    places: set[str] = set()
    for number, entry in enumerate(entries):
        fields, request = entry.get("resource"), entry.get("request", {})
        if not isinstance(fields, dict) or not isinstance(fields.get("resourceType"), str):
            yield f"Bundle.entry[{number}].resource: is missing"
            continue
        kind, place = fields["resourceType"], str(request.get("url", ""))
        by_id = f"{kind}/{fields.get('id')}"
        if request.get("method") != "PUT" or not (
            place == by_id or ("id" not in fields and place.startswith(f"{kind}?"))
        ):
            yield f"Bundle.entry[{number}].request: must put {kind} under its id or identifier"
        if place in places:
            yield f"Bundle.entry[{number}]: {place} is there twice"
        places.add(place)
    yield from _dangling(entries)


def _dangling(entries: list[Fields]) -> Iterator[str]:
    """Yield references to resources of ours that are not in the transaction.

    Where the server gives ids of its own, only urn:uuid is ours; other references are its own.
    """
    there = {entry.get("fullUrl") for entry in entries}
    there |= {entry.get("request", {}).get("url") for entry in entries}
    by_id = not str(entries[0].get("fullUrl")).startswith(_URN)
    for entry in entries:
        for path, reference in _references(entry.get("resource"), ""):
            ours = by_id and not reference.startswith(_ELSEWHERE)
            if reference not in there and (ours or reference.startswith(_URN)):
                yield f"{path}: {reference} is not in the transaction"


def _references(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        kind = value.get("resourceType", "")
        reference = value.get("reference")
        if isinstance(reference, str):
            yield path, reference
        for name, inner in value.items():
            yield from _references(inner, f"{path}.{name}" if path else f"{kind}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner, path)
