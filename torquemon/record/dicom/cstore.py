"""Carries an instance by C-STORE over a DICOM association, and asks by C-ECHO.

pynetdicom does the protocol. Three things are added since the other side is untrusted: a deadline
for the whole visit, a bound on what is read at once (it would follow a length of up to 4 GB), and
a sentence for every way in which a visit ends early.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from torquemon.record.delivery.exporter import AwayError, RejectedError
from torquemon.record.dicom.answers import judge
from torquemon.record.dicom.filing import ENCAPSULATED_PDF, EXPLICIT_LITTLE

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom.association import Association

VERIFICATION: Final = "1.2.840.10008.1.1"
_SYNTAXES: Final = (EXPLICIT_LITTLE, "1.2.840.10008.1.2")
"""Explicit and implicit little endian."""
VISIT_S: Final = 300.0
"""Longest time for connecting, storing and leaving together."""
_REJECTED: Final = {
    "1/3": "does not know the calling AE title {calling}: its administrator adds it",
    "1/7": "has no AE title {called}: look at called_ae",
    "3/1": "is busy (temporary congestion)",
    "3/2": "has too many visitors (local limit exceeded)",
}
"""Source and diagnostic of A-ASSOCIATE-RJ, PS3.8 table 9-21."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An archive that is reached by DICOM's own protocol."""

    host: str
    port: int
    called_ae: str
    calling_ae: str
    timeout_s: float
    """For connecting, and for each answer."""
    context: ssl.SSLContext | None = None
    """None: not encrypted."""
    server_name: str = ""
    """The name in the archive's certificate, where it is not `host`."""
    visit_s: float = VISIT_S

    @property
    def label(self) -> str:
        """Where it is, for people."""
        return f"the archive {self.called_ae} at {self.host}:{self.port}"


class _Visit:
    """One association and how it goes."""

    def __init__(self, peer: Peer) -> None:
        from torquemon.record.dicom.wire import Caller

        self.late = False
        self.entity = Caller(ae_title=peer.calling_ae)
        self.entity.acse_timeout = self.entity.dimse_timeout = peer.timeout_s
        self.entity.network_timeout = self.entity.connection_timeout = peer.timeout_s

    def end(self) -> None:
        """Cut the wire since the visit lasts too long."""
        self.late = True
        self.entity.cut()


def look(peer: Peer) -> str:
    """Ask by C-ECHO whether the archive answers, and whether it would take a PDF; say so.

    Raises AwayError.
    """
    with _association(peer, VERIFICATION, ENCAPSULATED_PDF) as (association, visit):
        taken = {context.abstract_syntax for context in association.accepted_contexts}
        if ENCAPSULATED_PDF not in taken:
            raise _takes_no_pdf(peer)
        if VERIFICATION not in taken:
            return f"{peer.label} takes PDF documents; it does not know C-ECHO"
        answer = association.send_c_echo()
        if "Status" not in answer:
            raise _broken_off(peer, visit)
        if int(answer.Status) != 0:
            raise AwayError(f"{peer.label} answers C-ECHO with status 0x{int(answer.Status):04X}")
    return f"{peer.label} answers C-ECHO and takes PDF documents"


def store(peer: Peer, instance: Dataset) -> str:
    """Store an instance; return the code of the archive's remark, mostly nothing.

    Raises AwayError, RejectedError.
    """
    with _association(peer, ENCAPSULATED_PDF) as (association, visit):
        try:
            answer = association.send_c_store(instance)
        except (ValueError, RuntimeError):  # it left between the acceptance and now
            if association.is_established:
                raise RejectedError(
                    f"{peer.label} takes this report in none of the forms offered"
                ) from None
            raise _broken_off(peer, visit) from None
        if "Status" not in answer:
            raise _broken_off(peer, visit)
        return judge(int(answer.Status), peer.label)


@contextlib.contextmanager
def _association(peer: Peer, *wanted: str) -> Iterator[tuple[Association, _Visit]]:
    """Give an association with a context for one of the wanted classes. Raises AwayError."""
    from pynetdicom.presentation import build_context

    # a text that the archive mangles is no reason to write on this machine's terminal
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\b")
    _resolve(peer)
    visit = _Visit(peer)
    watch = threading.Timer(peer.visit_s, visit.end)
    watch.daemon = True
    watch.start()
    try:
        association = visit.entity.associate(
            peer.host,
            peer.port,
            # one context a syntax: an archive picks only one of several in the same context
            [build_context(each, syntax) for each in wanted for syntax in _SYNTAXES],
            ae_title=peer.called_ae,
            tls_args=(peer.context, peer.server_name or peer.host) if peer.context else None,
        )
        try:
            if not association.is_established:
                raise _not_established(peer, visit, association)
            yield association, visit
            association.release()
        finally:
            visit.entity.leave()
    finally:
        watch.cancel()
        watch.join()


def _resolve(peer: Peer) -> None:
    """Raise AwayError unless the archive's name is known: pynetdicom gives no sentence."""
    try:
        socket.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AwayError(
            f"{peer.label}: nobody knows this name now; look at host, everything waits"
        ) from None


def _not_established(peer: Peer, visit: _Visit, association: Association) -> AwayError:
    wire = visit.entity.wire
    if wire is None or not wire.opened:
        return AwayError(f"{peer.label} does not answer ({_why_closed(peer)}); everything waits")
    if visit.entity.rejected is not None:
        source, diagnostic = visit.entity.rejected
        words = _REJECTED.get(f"{source}/{diagnostic}", f"rejects us ({source}/{diagnostic})")
        told = words.format(calling=peer.calling_ae, called=peer.called_ae)
        return AwayError(f"{peer.label} {told}; everything waits")
    if association.rejected_contexts and not association.accepted_contexts:
        return _takes_no_pdf(peer)
    return _broken_off(peer, visit)


def _takes_no_pdf(peer: Peer) -> AwayError:
    return AwayError(
        f"{peer.label} takes no PDF documents (no presentation context accepted): its "
        "administrator allows Encapsulated PDF Storage; everything waits"
    )


def _broken_off(peer: Peer, visit: _Visit) -> AwayError:
    if visit.entity.wire is not None and visit.entity.wire.too_long:
        why = "it announced more than an answer can have: is this a DICOM archive?"
    elif visit.late:
        why = f"it took longer than {peer.visit_s:g} s"
    else:
        why = "it broke off, or did not answer in time"
    return AwayError(f"{peer.label} gave no whole answer ({why}); it is tried again")


def _why_closed(peer: Peer) -> str:
    """Return why no connection came about, by trying once more: pynetdicom keeps it to its log."""
    try:
        with socket.create_connection((peer.host, peer.port), peer.timeout_s) as wire:
            if peer.context is None:
                return "it closed the connection"
            with peer.context.wrap_socket(wire, server_hostname=peer.server_name or peer.host):
                return "it closed the connection"
    except ssl.SSLCertVerificationError as error:
        return f"its certificate is not accepted: {error.verify_message}"
    except ssl.SSLError as error:
        return f"TLS fails: {error.reason or 'no reason given'}"
    except TimeoutError:
        return "time ran out"
    except OSError as error:
        return error.strerror or "no such name"
