"""What every destination can do, and the three ways in which it can fail.

A destination is asked to deliver the same case any number of times, in any process: the tenth time
must leave it exactly as the first. So names and ids come from the case, never from a clock or a
counter. What it answers is untrusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

from torquemon.record.delivery.case import Case, Erased
from torquemon.record.errors import RecordError

MAX_RETRY_AFTER_S: Final = 3600.0


class DestinationError(RecordError):
    """Nothing was delivered; the message is a sentence for the practice and holds no patient."""


class AwayError(DestinationError):
    """The destination cannot take anything now: everything waits, and it is tried again later.

    `retry_after_s` is what the destination asked for, None where it said nothing.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RejectedError(DestinationError):
    """The destination refuses this one case; others may go on."""


def retry_after_s(text: str, now: datetime) -> float | None:
    """Return for how long a server asks not to be asked (RFC 9110): seconds or a date.

    None: it said nothing that makes sense. At most MAX_RETRY_AFTER_S.
    """
    text = text.strip()[:100]
    if text.isdecimal() and text.isascii():
        seconds = float(text)
    else:
        try:
            when = parsedate_to_datetime(text)
            seconds = (when - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER_S)


class Foreseeing(Protocol):
    """A destination that cannot be asked later what it holds: it says beforehand.

    What it foresees is stored before anything is sent. Where the answer is lost, the next try gets
    it as the receipt, so that a patient whom it no longer concerns is still told.
    """

    def foreseen(self, case: Case) -> Mapping[str, str]:
        """Return the references that `deliver` will return for this case. Sends nothing."""
        ...


class Exporter(Protocol):
    """A destination, open. Used by one thread."""

    label: str
    """Where it is, for people: `the folder /x`, `FHIR server at host`; no secret in it."""

    def check(self) -> str:
        """Look whether it answers and would take a case; return a sentence. Stores nothing there.

        Raises AwayError, RejectedError.
        """
        ...

    def deliver(self, case: Case) -> Mapping[str, str]:
        """Bring the destination to this case; return what it must know next time (its references).

        Idempotent. A case whose status is amended or withdrawn is said in the destination's own
        way. Raises AwayError, RejectedError, ReportError (a document cannot be made).
        """
        ...

    def withdraw(self, erased: Erased) -> None:
        """Take back what was delivered of an insertion that was erased here. Idempotent.

        Raises AwayError, RejectedError.
        """
        ...

    def close(self) -> None:
        """Give up connections."""
        ...
