"""pynetdicom's socket with bounds: what the other side announces is not believed.

pynetdicom follows an announced length of up to 4 GB and waits for it without end, and it leaves the
socket of a refused connection open. Imported only by `cstore`, when it carries something.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.pdu import A_ASSOCIATE_RJ
from pynetdicom.transport import AssociationSocket

MAX_PDU_BYTES: Final = 1_000_000
"""What an archive sends is an acceptance, a status or a release: some hundred bytes."""

END_S: Final = 10.0
"""Longest wait for a thread that was told to end; they look every millisecond."""


class Wire(AssociationSocket):
    """The socket of one association, which somebody else may cut."""

    opened = False
    too_long = False

    def connect(self, primitive: Any) -> None:  # noqa: ANN401 - pynetdicom's own
        """Connect; remember whether that succeeded."""
        super().connect(primitive)
        self.opened = self.socket is not None

    def recv(self, nr_bytes: int) -> bytearray:
        """Read so many bytes. Raises OSError where they are more than an answer can have."""
        if nr_bytes > MAX_PDU_BYTES:
            self.too_long = True
            raise OSError("more is announced than an answer can have")
        return super().recv(nr_bytes)

    def cut(self) -> None:
        """End the connection: whoever reads or writes on it comes back."""
        wire = self.socket
        if wire is not None:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    def _shutdown_socket(self) -> None:
        """Close for good, also where nothing was ever connected."""
        wire = self.socket
        if wire is not None:
            self.cut()
            wire.close()


class Caller(ApplicationEntity):
    """An application entity that calls over a `Wire`, once, and leaves nothing running."""

    wire: Wire | None = None
    association: Any = None
    rejected: tuple[int | None, int | None] | None = None
    """Source and diagnostic of the archive's A-ASSOCIATE-RJ.

    Kept here since `is_rejected` is not to be relied on: where the rejection is read, and the wire
    closed, before the asking thread wakes, pynetdicom takes the call for one never connected.
    """

    def _create_socket(self, assoc: Any, address: Any, tls_args: Any) -> Wire:  # noqa: ANN401
        self.association = assoc
        assoc.bind(evt.EVT_PDU_RECV, self._note_rejection)
        self.wire = Wire(assoc, address=address)
        self.wire.tls_args = tls_args
        # what the other side sends out of turn is raised inside pynetdicom's threads, where nobody
        # would catch it
        assoc.dul.run = self._quiet(assoc.dul.run, assoc.dul.kill_dul)
        assoc.run = self._quiet(assoc.run, self._end_threads)
        return self.wire

    def _note_rejection(self, event: Any) -> None:  # noqa: ANN401 - pynetdicom's own
        if isinstance(event.pdu, A_ASSOCIATE_RJ):
            self.rejected = (event.pdu.source, event.pdu.reason_diagnostic)

    def _quiet(self, run: Callable[[], None], end: Callable[[], None]) -> Callable[[], None]:
        def guarded() -> None:
            try:
                run()
            except Exception:  # noqa: BLE001 - whatever it is, this visit is over
                self.cut()
                end()

        return guarded

    def cut(self) -> None:
        """End the connection, if there is one."""
        if self.wire is not None:
            self.wire.cut()

    def leave(self) -> None:
        """Close the wire and end the threads, however they stand.

        Not by pynetdicom's own `abort`: it waits for an archive that reads.
        """
        if self.association is None or self.wire is None:
            return
        self.cut()
        self._end_threads()
        self._join(self.association)
        self.wire.close()

    def _end_threads(self) -> None:
        # in this order: `kill` would wait for ever for a machine that stands in no end state
        self.association.dul.kill_dul()
        self._join(self.association.dul)
        self.association.kill()

    @staticmethod
    def _join(thread: threading.Thread) -> None:
        if thread.ident is not None:
            thread.join(END_S)
