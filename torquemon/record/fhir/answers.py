"""What a server answers, read with distrust: size, kind and words.

An answer that is not what FHIR says is an AwayError, since it speaks of the server and not of the
insertion; a refusal with reasons is a RejectedError that holds the reasons, cleaned and short. Of
all else that a server says nothing is quoted, and of the reasons only what `quote` lets through.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from torquemon.record.delivery.exporter import (
    AwayError,
    DestinationError,
    RejectedError,
    retry_after_s,
)
from torquemon.record.delivery.privacy import withheld
from torquemon.text import clean

FHIR_JSON: Final = "application/fhir+json"
JSON_KINDS: Final = (FHIR_JSON, "application/json")
MAX_ISSUES: Final = 5
MAX_ISSUE_CHARS: Final = 200
_READ_CHARS: Final = 2000
"""So much of a reason is looked through; far more than is shown."""
Quote = Callable[[str], str]
"""Returns what may be shown of a server's words."""
_OK: Final = range(200, 300)
_KNOWN_KINDS: Final = ("text/html", "text/plain", "text/xml", "application/xml", *JSON_KINDS)
_STATUS: Final = re.compile(r"[0-9]{3}(?![0-9])")
_SENTENCES: Final[Mapping[int, str]] = {
    401: "does not accept our credentials: check the secret and its rights",
    403: "does not allow these credentials to do that: give them the rights to write",
    404: "knows no such place: check url, which must be the FHIR base",
    405: "takes nothing at this place: check url, which must be the FHIR base",
    410: "says that this place is gone: check url, which must be the FHIR base",
    429: "asks for patience",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer of a server."""

    status: int
    kind: str = ""
    """The media type, lower case, without its parameters."""
    body: bytes = field(default=b"", repr=False)
    retry_after: str = ""


def as_object(answer: Answer, who: str, *kinds: str) -> dict[str, Any]:
    """Return the JSON object of an answer with status 2xx. Raises AwayError."""
    if answer.status not in _OK:
        raise AwayError(f"{who} answers {answer.status}")
    if answer.kind not in (kinds or JSON_KINDS):
        told = answer.kind if answer.kind in _KNOWN_KINDS else "something unknown"
        raise AwayError(f"{who} answers with {told} where JSON was asked for: check its address")
    found = _json(answer.body)
    if not isinstance(found, dict):
        raise AwayError(f"{who} answers with JSON that is damaged or no object")
    return found


def refusal(answer: Answer, who: str, now: datetime, quote: Quote = withheld) -> DestinationError:
    """Return the error that an answer other than 2xx stands for."""
    status = answer.status
    if 300 <= status < 400:  # noqa: PLR2004 - redirections
        return AwayError(
            f"{who} redirects to another address, which is not followed: set url to where it is now"
        )
    if status in _SENTENCES:
        wait_s = retry_after_s(answer.retry_after, now) if status == 429 else None  # noqa: PLR2004
        return AwayError(f"{who} {_SENTENCES[status]} ({status})", wait_s)
    if 400 <= status < 500 and status != 408:  # noqa: PLR2004 - the client's faults
        return RejectedError(f"{who} refuses this insertion ({status}): {reasons(answer, quote)}")
    return AwayError(f"{who} answers {status}", retry_after_s(answer.retry_after, now))


def reasons(answer: Answer, quote: Quote) -> str:
    """Return what an OperationOutcome says, as far as it may be shown, cleaned and short."""
    found = _json(answer.body) if answer.kind in JSON_KINDS else None
    issues = found.get("issue") if isinstance(found, dict) else None
    texts = [_issue(issue, quote) for issue in issues[:50]] if isinstance(issues, list) else []
    told = [text for text in dict.fromkeys(texts) if text][:MAX_ISSUES]
    return "; ".join(told) or "it gives no reason"


def _issue(issue: object, quote: Quote) -> str:
    if not isinstance(issue, dict) or issue.get("severity") not in ("error", "fatal"):
        return ""
    details = issue.get("details")
    words = issue.get("diagnostics") or (details.get("text") if isinstance(details, dict) else "")
    places = issue.get("expression")
    place = places[0] if isinstance(places, list) and places else ""
    text = " ".join(str(part) for part in (place, words or issue.get("code")) if part)
    # cut only afterwards: half a name is one all the same
    return clean(quote(text[:_READ_CHARS]), MAX_ISSUE_CHARS)


def transaction_problem(fields: Mapping[str, Any], count: int) -> str:
    """Return what is wrong with the answer to a transaction of `count` entries; empty: nothing."""
    if fields.get("resourceType") != "Bundle" or fields.get("type") != "transaction-response":
        return "answers a transaction with something else"
    entries = fields.get("entry")
    if not isinstance(entries, list) or len(entries) != count:
        told = len(entries) if isinstance(entries, list) else 0
        return f"answers {told} of {count} entries"
    for entry in entries:
        response = entry.get("response") if isinstance(entry, dict) else None
        status = str(response.get("status", "")) if isinstance(response, dict) else ""
        number = _STATUS.match(status)
        if number is None or number[0][0] != "2":
            said = number[0] if number else "no status"
            return f"says {said} of an entry in a transaction that it took"
    return ""


def _json(body: bytes) -> object:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found
