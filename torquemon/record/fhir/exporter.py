"""A FHIR server as a destination: looks what it has, sends what is missing, in one transaction.

The report at the server carries a digest of what was sent; where it is the same nothing is sent, so
that a server which counts a new version at every PUT stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from torquemon.clock import Clock
from torquemon.record.delivery.building import AMENDED_MARK
from torquemon.record.delivery.case import ENTERED_IN_ERROR, Case, Erased, Status
from torquemon.record.delivery.exporter import AwayError, DestinationError, RejectedError
from torquemon.record.delivery.privacy import redacted, without
from torquemon.record.delivery.queue import NAMED
from torquemon.record.fhir.answers import transaction_problem
from torquemon.record.fhir.bundle import Plan, as_json, bundle, plan
from torquemon.record.fhir.checks import MAX_BUNDLE_BYTES, problems, require_parts, resource_faults
from torquemon.record.fhir.client import Client
from torquemon.record.fhir.lookup import Lookup, Sent, identified, values
from torquemon.record.fhir.names import CONTENT, DOCUMENT, REPORT, ROLES, Fields, resource_id
from torquemon.record.fhir.resources.withdrawn import Withdrawal, emptied, stub, withdrawn
from torquemon.record.fhir.scope import Scope
from torquemon.record.fhir.settings import FhirSettings, parse
from torquemon.text import clean

_VERSIONS: Final = ("4.0", "4.3")
_SHOWN_PROBLEMS: Final = 3
_KEPT_DOCUMENTS: Final = 40
"""Revisions that a receipt names; the report at the server names all of them."""
_KEPT_META: Final = ("security", "tag", "profile")


def from_settings(name: str, settings: Mapping[str, Any]) -> FhirExporter:
    """Return the destination. Raises ConfigError, NoFhirError."""
    chosen = parse(settings)
    require_parts()
    return FhirExporter(name, chosen)


class FhirExporter:
    """See `torquemon.record.delivery.exporter.Exporter`."""

    def __init__(self, name: str, settings: FhirSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        self._client = Client(name, settings, clock)
        self._lookup = Lookup(self._client, settings)
        self._by_id = settings.ids == "client"
        self.label = f"FHIR server at {settings.host}"

    def check(self) -> str:
        """See `Exporter`."""
        with self._client.quoting(str):  # of no patient: these are the server's own troubles
            status, found = self._client.read("metadata")
        if not found:
            raise self._client.refuse(status)
        version = clean(str(found.get("fhirVersion", "")), 20)
        if found.get("resourceType") != "CapabilityStatement" or not version.startswith(_VERSIONS):
            raise AwayError(
                f"{self._client.who} speaks FHIR {version or 'of no version'}; R4 (4.0) is needed"
            )
        self._may_enter()
        software = found.get("software")
        name = clean(str(software.get("name", "")), 60) if isinstance(software, dict) else ""
        return f"{self.label} answers: FHIR {version}{', ' + name if name else ''}"

    def _may_enter(self) -> None:
        """Ask for something that is not public: most servers tell anybody what they can do."""
        try:
            status, _ = self._client.read(f"{ROLES[REPORT]}?_count=1&_elements=id")
        except RejectedError:
            return  # a server that does not search may take a case all the same
        if status in (401, 403):
            raise self._client.refuse(status)

    def close(self) -> None:
        """See `Exporter`."""
        self._client.close()

    def deliver(self, case: Case) -> Mapping[str, str]:
        """See `Exporter`. The references are roles, revisions with a document, mark and digest."""
        try:
            with self._client.quoting(lambda said: redacted(said, case)):
                return self._deliver(case)
        except DestinationError as error:  # what is wrong with a resource may quote it as well
            raise without(error, case) from None

    def _deliver(self, case: Case) -> Mapping[str, str]:
        there = self._lookup.report(case.insertion_id)
        sent = self._lookup.sent(case.insertion_id, case.previous, there)
        if case.status is Status.WITHDRAWN:
            return self._withdraw_case(case, sent, there)
        made = plan(self.scope(case, self._lookup.patient(case)), sent.documents)
        if values(there, CONTENT) != [made.digest]:
            resources = made.with_page(case.documents.pdf())
            self._send({**self._superseded(made), **resources, **_gone(made, sent)})
        ever = tuple(role for role in ROLES if role in made.roles or role in sent.roles)
        told = _references(Sent(ever, made.documents, case.data.mark), made.digest)
        return told | ({AMENDED_MARK: "yes"} if case.status is Status.AMENDED else {})

    def withdraw(self, erased: Erased) -> None:
        """See `Exporter`."""
        there = self._lookup.report(erased.insertion_id)
        sent = self._lookup.sent(erased.insertion_id, erased.previous, there)
        order = Withdrawal(
            erased.insertion_id,
            sent.mark,
            sent.roles,
            sent.documents,
            "the record of this insertion was erased",
            erased.erased_utc,
            by_id=self._by_id,
        )
        self._take_back(order, there)

    def scope(self, case: Case, subject: Fields | None = None) -> Scope:
        """Return what the builders need; the patient by number, unless a reference is given."""
        subject = subject or identified(case, self.settings.patient_system)
        return Scope(
            case, subject, self._by_id, self.settings.tooth_system, self.settings.curve_points
        )

    def _withdraw_case(self, case: Case, sent: Sent, there: Fields) -> Mapping[str, str]:
        if not sent.roles:
            return {}  # it never came here: nothing to take back
        order = Withdrawal(
            case.insertion_id,
            case.data.mark,
            sent.roles,
            sent.documents,
            f"withdrawn: {clean(case.withdrawn_why, 200)}",
            case.changed_utc,
            identified(case, self.settings.patient_system),
            self._by_id,
        )
        self._take_back(order, there)
        return _references(Sent(sent.roles, sent.documents, case.data.mark), "withdrawn")

    def _take_back(self, order: Withdrawal, there: Fields) -> None:
        resources = withdrawn(order)
        done = there.get("status") == ENTERED_IN_ERROR and there.get("subject") == order.subject
        if resources and not done:
            self._send(resources)

    def _send(self, resources: Mapping[str, Fields]) -> None:
        transaction = bundle(resources, self.settings.url, by_id=self._by_id)
        found = problems(transaction)
        if found:
            raise RejectedError(
                "what was made of this insertion is no FHIR as it should be and was not sent: "
                + "; ".join(found[:_SHOWN_PROBLEMS])
            )
        body = as_json(transaction)
        if len(body) > MAX_BUNDLE_BYTES:
            raise RejectedError(
                f"this insertion has {len(body)} bytes as FHIR, more than {MAX_BUNDLE_BYTES}"
            )
        problem = transaction_problem(self._client.send(body), len(resources))
        if problem:
            raise AwayError(f"{self._client.who} {problem}")

    def _superseded(self, made: Plan) -> dict[str, Fields]:
        """Return the document before, marked as replaced; else it stays as the server has it.

        A document that the server gives back in a form that may not be sent is left alone: the new
        one says that it replaces it.
        """
        earlier = made.documents[:-1]
        if not earlier:
            return {}
        if _name_was_erased(made.scope.case):
            return _emptied(made, earlier)
        found_id = resource_id(made.scope.case.insertion_id, DOCUMENT, earlier[-1])
        found = self._lookup.find(ROLES[DOCUMENT], found_id)
        if not found:
            return {}
        meta = found.get("meta")
        told = meta.items() if isinstance(meta, dict) else ()
        kept = {name: value for name, value in told if name in _KEPT_META}
        fields = {**found, "status": "superseded", "subject": made.scope.subject}
        for name in ("meta", *(() if self._by_id else ("id",))):
            fields.pop(name, None)
        fields |= {"meta": kept} if kept else {}
        return {} if resource_faults(fields) else {found_id: fields}


def _references(sent: Sent, content: str) -> dict[str, str]:
    return {
        "roles": " ".join(sent.roles),
        "documents": " ".join(str(revision) for revision in sent.documents[-_KEPT_DOCUMENTS:]),
        "mark": sent.mark,
        "content": content,
    }


def _name_was_erased(case: Case) -> bool:
    """Tell whether the server was given a name that the record no longer has."""
    told = case.previous is not None and case.previous.references.get(NAMED)
    return bool(told) and not case.patient_name


def _emptied(made: Plan, revisions: Sequence[int]) -> dict[str, Fields]:
    """Return earlier documents without their pages: they may show a name that was erased."""
    case = made.scope.case
    order = _order(made, "its page was erased")
    return {
        resource_id(case.insertion_id, DOCUMENT, revision): emptied(order, revision)
        for revision in revisions
    }


def _gone(made: Plan, sent: Sent) -> dict[str, Fields]:
    """Return what was sent of this insertion before and is no part of it any more."""
    case = made.scope.case
    missing = [role for role in sent.roles if role not in made.resources]
    order = _order(made, "no longer part of this insertion")
    return {resource_id(case.insertion_id, role): stub(order, role) for role in missing}


def _order(made: Plan, why: str) -> Withdrawal:
    case, scope = made.scope.case, made.scope
    return Withdrawal(
        case.insertion_id,
        case.data.mark,
        (),
        (),
        why,
        case.changed_utc,
        scope.subject,
        scope.by_id,
    )
