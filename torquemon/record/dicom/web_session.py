"""A `requests` session for a server that is not trusted: it is given to dicomweb-client.

By itself that client follows redirects, reads an answer of any length into memory, tries again on
its own and takes an answer in an unknown form for success. This session follows nothing, stops at
a length and a deadline, uses no proxy and no password of the machine, and keeps the answer for
`stow` to judge: the client only sees that there was one.
"""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from torquemon.record.dicom.settings import Web

MAX_ANSWER_BYTES: Final = 1_000_000
_CHUNK: Final = 16_384


class TooLongError(Exception):
    """The answer is longer than any that makes sense."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said, unjudged."""

    status: int
    content_type: str
    retry_after: str
    body: bytes


class WebSession(requests.Session):
    """Asks one server; `answer` is its last answer."""

    def __init__(self, web: Web) -> None:
        super().__init__()
        self.trust_env = False
        self.answer: Answer | None = None
        self.late = False
        self._web = web
        self._wire: socket.socket | None = None
        self.headers.update(
            {"Accept": "application/dicom+json", "Accept-Encoding": "identity"},
        )
        adapter = _Adapter(web, self._remember)
        self.adapters.clear()
        self.mount("https://" if web.context is not None else "http://", adapter)

    def request(  # type: ignore[override] # the client passes three of the many arguments
        self,
        method: str,
        url: str,
        **arguments: Any,  # noqa: ANN401 - requests' own
    ) -> requests.Response:
        """Ask once. Raises requests' and urllib3's exceptions, TooLongError."""
        # the client's own Host header forgets the port
        headers = {k: v for k, v in (arguments.pop("headers", None) or {}).items() if k != "Host"}
        arguments.update(headers=headers, allow_redirects=False, stream=True)
        with self._deadline(), super().request(method, url, **arguments) as response:
            self.answer = Answer(
                status=response.status_code,
                content_type=response.headers.get("Content-Type", ""),
                retry_after=response.headers.get("Retry-After", ""),
                body=_read(response),
            )
        handed_on = requests.Response()
        handed_on.status_code = 200
        handed_on.raw = io.BytesIO()
        handed_on.url = url
        return handed_on

    def _remember(self, wire: Any) -> None:  # noqa: ANN401 - plain or with TLS
        self._wire = wire

    @contextlib.contextmanager
    def _deadline(self) -> Iterator[None]:
        """Cut the wire when all of it takes too long: single reads may each be in time."""
        watch = threading.Timer(self._web.visit_s, self._cut)
        watch.daemon = True
        watch.start()
        try:
            yield
        finally:
            watch.cancel()
            watch.join()
            self._wire = None

    def _cut(self) -> None:
        self.late = True
        wire = self._wire
        if wire is not None:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)


def _read(response: requests.Response) -> bytes:
    read = bytearray()
    for chunk in response.iter_content(_CHUNK):
        read += chunk
        if len(read) > MAX_ANSWER_BYTES:
            raise TooLongError
    return bytes(read)


class _Adapter(HTTPAdapter):
    """Connects with our own idea of TLS, and says which socket it uses."""

    def __init__(self, web: Web, remember: Callable[[Any], None]) -> None:
        self._web = web
        self._remember = remember
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - its own
        super().init_poolmanager(*arguments, **named)
        remember = self._remember

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                remember(self.sock)

        class Encrypted(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                remember(self.sock)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class EncryptedPool(HTTPSConnectionPool):
            ConnectionCls = Encrypted

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": EncryptedPool}

    def build_connection_pool_key_attributes(
        self,
        request: Any,  # noqa: ANN401 - as in the base class
        verify: Any,  # noqa: ANN401 - as in the base class
        cert: Any = None,  # noqa: ANN401 - as in the base class
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {} if self._web.context is None else {"ssl_context": self._web.context}
