"""HTTP to a FHIR server: verified TLS, one host, bounded in time and size. Needs httpx.

No redirection is followed, no proxy or password is taken from the surroundings, and an answer is
read in pieces up to a limit. A time-out counts from the first byte sent to the last one read: a
server that answers one byte a second is cut off as well.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

from torquemon.clock import Clock, SystemClock
from torquemon.record.delivery.exporter import AwayError
from torquemon.record.delivery.privacy import withheld
from torquemon.record.fhir.answers import FHIR_JSON, Answer, Quote, as_object, refusal
from torquemon.record.fhir.auth import Credentials
from torquemon.record.fhir.checks import NO_LIBRARY, NoFhirError
from torquemon.record.fhir.names import Fields
from torquemon.record.fhir.settings import FhirSettings

if TYPE_CHECKING:
    import httpx

MAX_ANSWER_BYTES: Final = 8_000_000
"""An answer to a transaction is a few kB; a document that is read back some MB."""
_UNAUTHORISED: Final = (401, 403)


class Client:
    """One server. Every method raises AwayError where it cannot be asked or answers nonsense."""

    def __init__(self, name: str, settings: FhirSettings, clock: Clock | None = None) -> None:
        try:
            import httpx
        except ImportError:
            raise NoFhirError(NO_LIBRARY) from None
        self._httpx = httpx
        self._settings = settings
        self._clock = clock or SystemClock()
        self._credentials = Credentials(name, settings, self._clock, self._post_form)
        self._http: httpx.Client | None = None
        self.who = f"the FHIR server at {settings.host}"
        self._quote: Quote = withheld
        """What may be told of the server's own words; nothing until it is known whose they are."""

    def read(self, path: str) -> tuple[int, Fields]:
        """Return (status, resource) of something at the server; an empty one unless 2xx."""
        answer = self._ask("GET", f"{self._settings.url}/{path}")
        if answer.status in (404, 410):
            return answer.status, {}
        if answer.status in _UNAUTHORISED:
            return answer.status, {}
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - all that is well
            raise refusal(answer, self.who, self._clock.utc_now(), self._quote)
        return answer.status, as_object(answer, self.who)

    def send(self, body: bytes) -> Fields:
        """Send a transaction and return the answer. Raises RejectedError as well."""
        answer = self._ask("POST", self._settings.url, body)
        if answer.status == 409:  # noqa: PLR2004 - somebody wrote at the same moment: once more
            answer = self._ask("POST", self._settings.url, body)
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - all that is well
            raise refusal(answer, self.who, self._clock.utc_now(), self._quote)
        return as_object(answer, self.who)

    def refuse(self, status: int) -> AwayError:
        """Return the error for a status of `read` that ends the matter."""
        error = refusal(Answer(status), self.who, self._clock.utc_now())
        return error if isinstance(error, AwayError) else AwayError(str(error))

    @contextlib.contextmanager
    def quoting(self, quote: Quote) -> Iterator[None]:
        """Tell what `quote` lets through of the server's words while the block runs."""
        self._quote = quote
        try:
            yield
        finally:
            self._quote = withheld

    def close(self) -> None:
        """Give up connections."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _ask(self, method: str, url: str, body: bytes | None = None) -> Answer:
        """Ask with credentials; where they are refused, once more with fresh ones."""
        answer = self._once(method, url, body)
        if answer.status in _UNAUTHORISED and self._credentials.forget():
            answer = self._once(method, url, body)
        return answer

    def _once(self, method: str, url: str, body: bytes | None) -> Answer:
        headers = {
            "Accept": FHIR_JSON,
            "Accept-Encoding": "identity",
            "Prefer": "return=minimal",
            **self._credentials.header(),
        }
        if body is not None:
            headers["Content-Type"] = FHIR_JSON
        return self._exchange(self.who, method, url, headers=headers, content=body)

    def _post_form(self, url: str, form: dict[str, str], user: str, secret: str) -> Answer:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        who = (quote_plus(user), quote_plus(secret))  # form-encoded first: RFC 6749, 2.3.1
        return self._exchange(
            "the token endpoint", "POST", url, headers=headers, data=form, auth=who
        )

    def _exchange(self, who: str, method: str, url: str, **content: Any) -> Answer:  # noqa: ANN401
        """Send one request and read the whole answer. What is raised holds no header and no url."""
        with _deadline(self._settings.total_s) as deadline:
            try:
                with self._open().stream(
                    method, url, extensions={"trace": deadline.trace}, **content
                ) as response:
                    return self._read(who, response)
            except self._httpx.TimeoutException:
                error = AwayError(f"{who} does not answer in time")
            except self._httpx.ConnectError as trouble:
                error = AwayError(f"{who} cannot be reached{_why(trouble)}")
            except (self._httpx.HTTPError, self._httpx.InvalidURL, OSError, ValueError):
                late = deadline.over.is_set()
                error = AwayError(
                    f"{who} {'does not answer in time' if late else 'breaks off its answer'}"
                )
        raise error from None

    def _read(self, who: str, response: httpx.Response) -> Answer:
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            raise AwayError(f"{who} answers in a packed form that was not asked for")
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise AwayError(
                    f"{who} answers more than {MAX_ANSWER_BYTES // 1_000_000} MB: cut off"
                )
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Answer(
            response.status_code, kind, bytes(body), response.headers.get("retry-after", "")
        )

    def _open(self) -> httpx.Client:
        if self._http is None:
            httpx = self._httpx
            wait_s = min(self._settings.connect_s, self._settings.total_s)
            self._http = httpx.Client(
                verify=self._tls(),
                timeout=httpx.Timeout(self._settings.total_s, connect=wait_s),
                limits=httpx.Limits(max_keepalive_connections=0),
                follow_redirects=False,
                trust_env=False,
            )
        return self._http

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(
                cafile=None if self._settings.ca is None else str(self._settings.ca)
            )
        except (ssl.SSLError, OSError):
            raise AwayError(
                "the certificates in ca cannot be read: give a PEM file (docs/integration.md)"
            ) from None


def _why(trouble: Exception) -> str:
    """Return why there is no connection, in our own words."""
    seen: BaseException | None = trouble
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f": its certificate is not trusted ({seen.verify_message}); set ca or renew it"
        if isinstance(seen, ssl.SSLError):
            return ": it does not speak TLS as it must"
        if isinstance(seen, socket.gaierror):
            return ": its name is not known here"
        if isinstance(seen, ConnectionRefusedError):
            return ": nobody listens there"
        seen = seen.__cause__ or seen.__context__
    return ""


class _Deadline:
    """Ends a connection when the time is over, whatever it waits for."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self._sockets: list[socket.socket] = []

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Learn of each new connection, before a byte is sent over it."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            found = info["return_value"].get_extra_info("socket")
            if isinstance(found, socket.socket):
                self._sockets.append(found)

    def expire(self) -> None:
        """Shut every connection; the reader then sees its end."""
        self.over.set()
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _deadline(total_s: float) -> Iterator[_Deadline]:
    deadline = _Deadline()
    timer = threading.Timer(total_s, deadline.expire)
    timer.daemon = True
    timer.start()
    try:
        yield deadline
    finally:
        timer.cancel()
