"""Stores an instance by STOW-RS, and asks by a search that can find nothing.

dicomweb-client speaks the protocol over a session that bounds what the server can do
(`web_session`); what the server answers is judged here. Only an answer that names our instance as
stored is a yes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from torquemon.clock import Clock
from torquemon.record.delivery.exporter import AwayError, RejectedError, retry_after_s
from torquemon.record.dicom import uids
from torquemon.record.dicom.answers import judge
from torquemon.record.dicom.settings import Web
from torquemon.text import clean

if TYPE_CHECKING:
    from dicomweb_client.web import DICOMwebClient
    from pydicom.dataset import Dataset

    from torquemon.record.dicom.web_session import Answer

_REFERENCED: Final = "00081199"
_FAILED: Final = "00081198"
_INSTANCE: Final = "00081155"
_WARNING_REASON: Final = "00081196"
_FAILURE_REASON: Final = "00081197"
_CREDENTIALS: Final = (401, 403)
_NOT_THERE: Final = (404, 405, 406, 410, 501)
_BUSY: Final = (408, 425, 429)
_ABOUT_US: Final = frozenset({*_CREDENTIALS, *_NOT_THERE, *_BUSY})
"""What concerns the archive or our way to it, not this one report."""
_TOO_LARGE: Final = 413
_FORMS: Final[Mapping[str, str]] = {
    "text/html": "a web page",
    "text/plain": "plain text",
    "application/json": "JSON",
    "application/dicom+json": "DICOM JSON",
    "application/dicom+xml": "DICOM XML",
    "": "nothing",
}
"""What is said of an answer's form; anything else in that header stays unsaid."""


def look(web: Web, clock: Clock) -> str:
    """Ask whether the service answers; say so. Raises AwayError, RejectedError."""
    nothing = uids.study("", "")
    answer = _ask(
        web,
        lambda client: client.search_for_studies(
            limit=1, search_filters={"StudyInstanceUID": nothing}
        ),
    )
    if answer.status == 204 or (answer.status == 200 and _parsed(answer) is not None):  # noqa: PLR2004
        return f"{web.label} answers a DICOMweb search"
    raise _trouble(web, answer, clock)


def store(web: Web, instance: Dataset, clock: Clock) -> str:
    """Store an instance; return the code of the archive's remark, mostly nothing.

    Raises AwayError, RejectedError.
    """
    answer = _ask(web, lambda client: client.store_instances([instance]))
    told = _parsed(answer)
    uid = str(instance.SOPInstanceUID)
    for item in _items(told, _FAILED):
        if _first(item, _INSTANCE) in (uid, None):
            # a reason that cannot be read is a failure all the same
            return judge(_number(item, _FAILURE_REASON) or 0xC000, web.label)
    if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's own
        raise _trouble(web, answer, clock)
    for item in _items(told, _REFERENCED):
        if _first(item, _INSTANCE) == uid:
            return judge(_number(item, _WARNING_REASON) or 0, web.label)
    raise AwayError(
        f"{web.label} did not say that it stored the report ({_form(answer)}); it is sent again"
    )


def _ask(web: Web, question: Callable[[DICOMwebClient], object]) -> Answer:
    """Ask and return the answer. Raises AwayError."""
    from dicomweb_client.web import DICOMwebClient
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    from torquemon.record.dicom.web_session import TooLongError, WebSession

    with WebSession(web) as session:
        _identify(web, session)
        client = DICOMwebClient(
            web.url,
            session=session,
            timeout=web.timeout_s,
            chunk_size=2**31,  # with a length: some servers take no chunks
        )
        client.set_http_retry_params(retry=False)  # when to try again is the outbox's business
        try:
            question(client)
        except TooLongError:
            raise AwayError(f"{web.label} answers without end: is url right?") from None
        except (RequestException, HTTPError, OSError) as error:
            if not session.late:
                raise AwayError(
                    f"{web.label} does not answer ({_why(error)}); everything waits"
                ) from None
        # asked again: half an answer that was cut off may look like a whole one
        if session.late:
            raise AwayError(f"{web.label} took longer than {web.visit_s:g} s; everything waits")
        if session.answer is None:
            raise AwayError(f"{web.label} was not asked: a mistake of TorqueMon")
        return session.answer


def _identify(web: Web, session: Any) -> None:  # noqa: ANN401 - its type would be imported
    secret = web.secret.read() if web.secret is not None else ""
    if not secret:
        return
    if web.context is None and not web.stays_here:
        raise AwayError(
            f"{web.label}: a password is not sent over a network unencrypted; use https: in url"
        )
    if not secret.isprintable() or not secret.isascii():
        raise AwayError(f"{web.label}: the secret holds characters that no header can carry")
    if web.user:
        session.auth = (web.user, secret)
    else:
        session.headers["Authorization"] = f"Bearer {secret}"


def _why(error: BaseException) -> str:
    """Return the innermost reason of a failed request as words; no address is in it."""
    from requests.exceptions import ConnectTimeout, ReadTimeout, SSLError

    if isinstance(error, SSLError):
        return f"its certificate or TLS is not accepted: {clean(_innermost(error), 100)}"
    if isinstance(error, ConnectTimeout | ReadTimeout):
        return "time ran out"
    return clean(_innermost(error), 100)


def _innermost(error: BaseException) -> str:
    seen: list[BaseException] = []
    while error not in seen and len(seen) < 10:  # noqa: PLR2004 - chains are short
        seen.append(error)
        inner = getattr(error, "reason", None) or error.__context__
        inner = inner or next((a for a in error.args if isinstance(a, BaseException)), None)
        if not isinstance(inner, BaseException):
            break
        error = inner
    verify = getattr(error, "verify_message", "")
    strerror = getattr(error, "strerror", "")
    return str(verify or strerror or "the connection broke off")


def _trouble(web: Web, answer: Answer, clock: Clock) -> AwayError | RejectedError:
    """Return what an answer means that is no yes."""
    status, label = answer.status, web.label
    if status == _TOO_LARGE:
        return RejectedError(f"{label} finds this report too large ({status})")
    if status not in _ABOUT_US and 400 <= status < 500:  # noqa: PLR2004 - HTTP's own
        return RejectedError(f"{label} refuses this report ({status})")
    wait_s = retry_after_s(answer.retry_after, clock.utc_now())
    return AwayError(f"{label} {_why_away(answer)}; everything waits", wait_s)


def _why_away(answer: Answer) -> str:
    status = answer.status
    if 300 <= status < 400:  # noqa: PLR2004 - HTTP's own
        return "sends us on to another address, and nothing is sent there: put the right url in"
    if status in _CREDENTIALS:
        return f"refuses our user, password or token ({status})"
    if status in _NOT_THERE:
        return f"has no DICOMweb there ({status}): look at url"
    if status in _BUSY or status >= 500:  # noqa: PLR2004 - HTTP's own
        return f"cannot take anything now ({status})"
    return f"answers no DICOMweb ({_form(answer)}): look at url"


def _form(answer: Answer) -> str:
    kind = answer.content_type.split(";")[0].strip().lower()
    return f"status {answer.status}, {_FORMS.get(kind, 'another form')}"


# --- the DICOM JSON of an untrusted server (PS3.18 annex F): any shape is possible ---------------


def _parsed(answer: Answer) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return the answer's JSON; None where it is none."""
    if "json" not in answer.content_type.lower():
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _items(told: object, tag: str) -> Iterator[Mapping[str, Any]]:
    """Give the items of a sequence, in one data set or a list of them."""
    for data_set in told if isinstance(told, list) else [told]:
        if isinstance(data_set, Mapping):
            yield from (item for item in _values(data_set, tag) if isinstance(item, Mapping))


def _values(data_set: Mapping[str, Any], tag: str) -> list[Any]:
    element = data_set.get(tag)
    found = element.get("Value") if isinstance(element, Mapping) else None
    return found if isinstance(found, list) else []


def _first(item: Mapping[str, Any], tag: str) -> object:
    return next(iter(_values(item, tag)), None)


def _number(item: Mapping[str, Any], tag: str) -> int | None:
    found = _first(item, tag)
    if isinstance(found, bool) or not isinstance(found, int):
        return None
    return found if 0 <= found <= 0xFFFF else None  # noqa: PLR2004 - US
