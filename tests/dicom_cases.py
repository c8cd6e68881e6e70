"""Archives for the tests of DICOM: one that behaves, and some that do not. All on this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from tests.folder_cases import make_case
from torquemon.record.delivery.case import Case, Receipt
from torquemon.record.delivery.exporter import Exporter
from torquemon.record.dicom.exporter import Archive, from_settings
from torquemon.record.dicom.filing import ENCAPSULATED_PDF, Habits
from torquemon.record.dicom.instance import report_of

HERE: Final = "127.0.0.1"
VERIFICATION: Final = "1.2.840.10008.1.1"
UTC_HABITS: Final = Habits()


def instance_of(case: Case | None = None, habits: Habits = UTC_HABITS) -> Dataset:
    """Return the instance of a case."""
    return report_of(case or make_case(), habits)[0]


def archive(port: int, **settings: Any) -> Archive:  # noqa: ANN401 - any setting
    """Return an archive that is reached by C-STORE."""
    table = {"host": HERE, "port": port, "called_ae": "ARCHIVE", "time_zone": "UTC", **settings}
    found = from_settings("archive", table)
    assert isinstance(found, Archive)
    return found


def web(port: int, **settings: Any) -> Archive:  # noqa: ANN401 - any setting
    """Return an archive that is reached by STOW-RS."""
    table = {"url": f"http://{HERE}:{port}/dicom-web", "time_zone": "UTC", **settings}
    found = from_settings("archive", table)
    assert isinstance(found, Archive)
    return found


def send(exporter: Exporter, case: Case, times: int = 1) -> Receipt:
    """Deliver as the outbox does: each time with the receipt of the time before."""
    receipt = case.previous
    for _ in range(times):
        references = exporter.deliver(replace(case, previous=receipt))
        receipt = Receipt(case.revision, references)
    assert receipt is not None
    return receipt


class Shelf:
    """An archive in this process: keeps what it is sent, answers with the status it is told."""

    def __init__(self) -> None:
        self.stored: list[Dataset] = []
        self.status = 0x0000
        self.comment = ""
        self.port = 0

    @property
    def kept(self) -> dict[str, Dataset]:
        """What an archive has that keeps one of each."""
        return {str(each.SOPInstanceUID): each for each in self.stored}

    def on_store(self, event: Any) -> Dataset:  # noqa: ANN401 - pynetdicom's own
        found = event.dataset
        found.file_meta = event.file_meta
        self.stored.append(found)
        answer = Dataset()
        answer.Status = self.status
        if self.comment:
            answer.ErrorComment = self.comment
        return answer


@contextlib.contextmanager
def shelf(
    *,
    classes: tuple[str, ...] = (VERIFICATION, ENCAPSULATED_PDF),
    syntax: str | None = None,
    context: Any = None,  # noqa: ANN401 - an SSLContext or none
    settle: Callable[[AE], None] = lambda _: None,
) -> Iterator[Shelf]:
    """A running archive. `settle` may change the entity before it is started."""
    found = Shelf()
    entity = AE(ae_title="ARCHIVE")
    entity.acse_timeout = entity.network_timeout = 3
    for each in classes:
        entity.add_supported_context(each, syntax) if syntax else entity.add_supported_context(each)
    settle(entity)
    server = entity.start_server(
        (HERE, 0),
        block=False,
        evt_handlers=[(evt.EVT_C_STORE, found.on_store)],
        ssl_context=context,
    )
    assert server is not None
    found.port = server.server_address[1]
    try:
        yield found
    finally:
        server.shutdown()


@contextlib.contextmanager
def wire(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that speaks as it is told; its port."""
    listening = socket.create_server((HERE, 0))
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                found, _ = listening.accept()
            except OSError:
                return
            with found, contextlib.suppress(OSError):
                talk(found)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        ended.set()
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


class Site:
    """A web server that answers as it is told, and remembers what it was asked."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.asked: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self.answer: Callable[[BaseHTTPRequestHandler, bytes], None] = lambda *_: None

    def says(
        self, status: int, body: bytes = b"", kind: str = "application/dicom+json", **more: str
    ) -> None:
        """Answer everything with this."""

        def answer(handler: BaseHTTPRequestHandler, _: bytes) -> None:
            handler.send_response(status)
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Length", str(len(body)))
            for name, value in more.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.answer = answer


@contextlib.contextmanager
def site(context: Any = None) -> Iterator[Site]:  # noqa: ANN401 - an SSLContext or none
    """A running web server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.asked.append((self.command, self.path, dict(self.headers), body))
            self.close_connection = True
            with contextlib.suppress(OSError):
                found.answer(self, body)

        do_GET = do_POST = _do  # noqa: N815 - named by the base class

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that leaves is no news."""

    server = Server((HERE, 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    found = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
