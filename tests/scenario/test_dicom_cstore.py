"""C-STORE over real sockets: archives that take, refuse, misbehave or hang; and TLS."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from pynetdicom import AE

from tests.authority import Authority
from tests.dicom_cases import HERE, VERIFICATION, archive, instance_of, send, shelf, wire
from tests.folder_cases import Papers, corrected, make_case
from tests.processes import wait_for
from torquemon.record.delivery.case import ENTERED_IN_ERROR, Correction, Erased, Status
from torquemon.record.delivery.exporter import AwayError, RejectedError
from torquemon.record.dicom import cstore
from torquemon.record.dicom.cstore import Peer
from torquemon.record.dicom.filing import ENCAPSULATED_PDF
from torquemon.record.dicom.instance import document_of
from torquemon.record.dicom.wire import Wire

IMPLICIT = "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"


@pytest.fixture(autouse=True)
def nothing_stays_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [each for each in threading.enumerate() if each not in before]
    for each in left:  # the archive's own threads take their time
        each.join(10)
    assert not [each.name for each in left if each.is_alive()]


def patient_of(port: int, **peer: Any) -> Peer:  # noqa: ANN401 - any field
    return Peer(HERE, port, "ARCHIVE", "TORQUEMON", **{"timeout_s": 2.0, **peer})


# --- an archive that behaves ---------------------------------------------------------------------


@pytest.mark.parametrize("syntax", [None, IMPLICIT])
def test_ten_sendings_leave_one_instance_and_the_pdf_is_identical(syntax: str | None) -> None:
    with shelf(syntax=syntax) as there:
        send(archive(there.port), make_case(), times=10)
    assert len(there.stored) == 10
    (kept,) = there.kept.values()
    assert len({(each.StudyInstanceUID, each.SeriesInstanceUID) for each in there.stored}) == 1
    assert document_of(kept) == make_case().documents.pdf()
    expected = instance_of()
    assert {e.keyword: e.value for e in kept if e.VR != "SQ"} == {
        e.keyword: e.value for e in expected if e.VR != "SQ"
    }


def test_check_says_that_it_answers_and_that_nothing_is_encrypted() -> None:
    with shelf() as there:
        said = archive(there.port).check()
    assert said.endswith("answers C-ECHO and takes PDF documents; NOT ENCRYPTED")
    assert there.stored == []


def test_check_of_an_archive_without_echo_or_without_pdf() -> None:
    with shelf(classes=(ENCAPSULATED_PDF,)) as there:
        assert "does not know C-ECHO" in archive(there.port).check()
    with (
        shelf(classes=(VERIFICATION,)) as there,
        pytest.raises(AwayError, match="takes no PDF documents"),
    ):
        archive(there.port).check()


def test_an_amended_report_is_a_second_instance_with_a_note_in_its_title() -> None:
    with shelf() as there:
        exporter = archive(there.port)
        receipt = send(exporter, make_case())
        amended = make_case(
            revision=7,
            status=Status.AMENDED,
            corrections=(corrected("fdi", "14-15", "15-16"),),
            previous=receipt,
        )
        send(exporter, amended, times=10)
    first, second = there.kept.values()
    assert second.SourceInstanceSequence[0].ReferencedSOPInstanceUID == first.SOPInstanceUID
    assert second.DocumentTitle.startswith("AMENDED: ")
    assert second.SeriesInstanceUID == first.SeriesInstanceUID


def test_a_withdrawn_report_gets_one_note_beside_it_and_is_not_repeated() -> None:
    with shelf() as there:
        exporter = archive(there.port)
        receipt = send(exporter, make_case())
        why = Correction("status", "recorded", ENTERED_IN_ERROR, "it is Joe Doe's", "Dr M", SAID)
        taken_back = make_case(
            revision=7, status=Status.WITHDRAWN, corrections=(why,), previous=receipt
        )
        receipt = send(exporter, replace(taken_back, patient_name="Doe^Jane"), times=10)
    report, note = there.kept.values()
    assert note.DocumentTitle == "WITHDRAWN: torque report, entered in error"
    assert note.SourceInstanceSequence[0].ReferencedSOPInstanceUID == report.SOPInstanceUID
    assert document_of(note) != document_of(report)
    assert note.PatientName == "Doe^Jane"
    assert receipt.references["replaces"] == report.SOPInstanceUID


def test_what_never_was_there_is_not_withdrawn_there() -> None:
    with shelf() as there:
        exporter = archive(there.port)
        assert exporter.deliver(make_case(status=Status.WITHDRAWN)) == {}
    assert there.stored == []


def test_a_reassigned_report_leaves_the_first_patient_with_a_note_only() -> None:
    with shelf() as there:
        exporter = archive(there.port)
        receipt = send(exporter, make_case(patient="WRONG"))
        moved = make_case(
            patient="RIGHT",
            revision=6,
            status=Status.AMENDED,
            corrections=(corrected("patient_ref", "WRONG", "RIGHT"),),
            previous=receipt,
        )
        receipt = send(exporter, moved, times=10)
        back = replace(moved, data=make_case(patient="WRONG").data, revision=8, previous=receipt)
        send(exporter, back, times=3)
    kept = [(e.PatientID, e.DocumentTitle.split(":")[0]) for e in there.kept.values()]
    assert kept == [
        ("WRONG", "Insertion torque report, mini-implant, Maxilla, buccal 15-16"),
        ("WRONG", "WITHDRAWN"),
        ("RIGHT", "AMENDED"),
        ("RIGHT", "WITHDRAWN"),
        ("WRONG", "AMENDED"),
    ]
    told_to_right = [e for e in there.kept.values() if e.PatientID == "RIGHT"]
    assert all("WRONG" not in str(e.to_json()) for e in told_to_right)


def test_an_erased_report_gets_one_note_however_often_it_is_asked_for() -> None:
    with shelf() as there:
        exporter = archive(there.port)
        receipt = send(exporter, make_case())
        for minute in range(3):  # each try has another moment of asking
            asked = SAID.replace(minute=minute)
            exporter.withdraw(Erased(make_case().insertion_id, CHAIR, 9, asked, receipt))
    report, note = there.kept.values()
    assert note.DocumentTitle == "WITHDRAWN: torque report, erased at the practice"
    assert len({bytes(each.EncapsulatedDocument) for each in there.stored[1:]}) == 1
    assert note.SeriesInstanceUID == report.SeriesInstanceUID


CHAIR = make_case().chair_id
SAID = make_case().changed_utc


# --- an archive that refuses ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error"),
    [(0xA700, AwayError), (0xA900, RejectedError), (0xC123, RejectedError), (0x0124, AwayError)],
)
def test_a_failure_is_a_sentence_with_its_code(
    status: int, error: type[AwayError | RejectedError]
) -> None:
    with shelf() as there:
        there.status, there.comment = status, "\x1b[31mno room"
        with pytest.raises(error, match=f"0x{status:04X}") as raised:
            archive(there.port).deliver(make_case())
    assert str(raised.value).isprintable()
    assert "P-1024" not in str(raised.value)


def test_a_warning_is_stored_and_kept_in_the_receipt() -> None:
    with shelf() as there:
        there.status = 0xB000
        receipt = send(archive(there.port), make_case())
    assert "0xB000" in receipt.references["said"]


def _refuse_strangers(entity: AE) -> None:
    entity.require_calling_aet = ["SOMEBODY"]


def _insist_on_a_name(entity: AE) -> None:
    entity.ae_title = "OTHER"
    entity.require_called_aet = True


@pytest.mark.parametrize(
    ("settle", "says"),
    [
        (_refuse_strangers, "does not know the calling AE title TORQUEMON"),
        (_insist_on_a_name, "has no AE title ARCHIVE: look at called_ae"),
    ],
)
def test_a_rejected_association_says_what_to_mend(settle: Any, says: str) -> None:  # noqa: ANN401
    with shelf(settle=settle) as there, pytest.raises(AwayError, match=says):
        archive(there.port).deliver(make_case())


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ((2, 3, 1), "is busy"),
        ((2, 3, 2), "too many visitors"),
        ((1, 2, 2), "rejects us .2/2."),
        ((9, 9, 9), "gave no whole answer"),  # no such rejection exists
    ],
)
def test_any_rejection_is_a_sentence(reason: tuple[int, int, int], says: str) -> None:
    def rejects(conn: socket.socket) -> None:
        conn.recv(65536)
        conn.sendall(struct.pack(">BBLBBBB", 3, 0, 4, 0, *reason))
        conn.settimeout(5)
        conn.recv(65536)

    with wire(rejects) as port, pytest.raises(AwayError, match=says):
        cstore.store(patient_of(port), instance_of())


def test_a_rejection_that_outruns_the_one_who_asked_is_still_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A busy machine: the wire is closed again before the asking thread looks at it."""

    class Overtaken(Wire):
        def __init__(self, *said: Any, **named: Any) -> None:  # noqa: ANN401 - pynetdicom's own
            super().__init__(*said, **named)
            self._ready = _WokenLate(lambda: self.opened and not self._is_connected)

    monkeypatch.setattr("torquemon.record.dicom.wire.Wire", Overtaken)

    def rejects(conn: socket.socket) -> None:
        conn.recv(65536)
        conn.sendall(struct.pack(">BBLBBBB", 3, 0, 4, 0, 2, 3, 1))
        conn.settimeout(5)
        conn.recv(65536)

    with wire(rejects) as port, pytest.raises(AwayError, match="is busy"):
        cstore.store(patient_of(port), instance_of())


class _WokenLate(threading.Event):
    """An event whose waiter wakes only when something else has happened too."""

    def __init__(self, happened: Callable[[], bool]) -> None:
        super().__init__()
        self._happened = happened

    def wait(self, timeout: float | None = None) -> bool:
        found = super().wait(timeout)
        wait_for(self._happened, 5, "the wire is closed again")
        return found


def test_an_archive_that_takes_only_other_syntaxes_takes_no_pdf() -> None:
    with (
        shelf(syntax=DEFLATED) as there,
        pytest.raises(AwayError, match="no presentation context"),
    ):
        archive(there.port).deliver(make_case())


# --- one that misbehaves -------------------------------------------------------------------------


def test_nobody_there_and_a_name_that_nobody_knows() -> None:
    with socket.create_server((HERE, 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(AwayError, match="does not answer"):
        archive(port).deliver(make_case())
    with pytest.raises(AwayError, match="nobody knows this name"):
        archive(port, host="no.such.name.invalid", tls=False).deliver(make_case())


def accepted(conn: socket.socket) -> None:
    """Take the request for an association and say yes to its first context."""
    conn.recv(65536)
    conn.sendall(associate_ac())


def associate_ac() -> bytes:
    def item(kind: int, body: bytes) -> bytes:
        return struct.pack(">BBH", kind, 0, len(body)) + body

    contexts = b"".join(
        item(0x21, bytes([n, 0, 0, 0]) + item(0x40, b"1.2.840.10008.1.2.1")) for n in (1, 3)
    )
    user = item(0x50, item(0x51, struct.pack(">L", 16384)) + item(0x52, b"1.2.3"))
    body = struct.pack(">HH", 1, 0) + b"ARCHIVE".ljust(16) + b"TORQUEMON".ljust(16) + bytes(32)
    body += item(0x10, b"1.2.840.10008.3.1.1.1") + contexts + user
    return struct.pack(">BBL", 2, 0, len(body)) + body


def html(conn: socket.socket) -> None:
    conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n<html></html>" * 100)


def hangs_up(conn: socket.socket) -> None:
    conn.recv(65536)


def hangs_up_after_yes(conn: socket.socket) -> None:
    accepted(conn)


def aborts(conn: socket.socket) -> None:
    accepted(conn)
    conn.sendall(struct.pack(">BBLBBBB", 7, 0, 4, 0, 0, 2, 0))


def half_an_acceptance(conn: socket.socket) -> None:
    conn.recv(65536)
    conn.sendall(associate_ac()[:40])


def announces_4_gb(conn: socket.socket) -> None:
    accepted(conn)
    conn.sendall(struct.pack(">BBL", 4, 0, 0xFFFFFFFF) + bytes(100_000))
    conn.settimeout(5)
    while conn.recv(65536):
        pass


def announces_2_gb_at_once(conn: socket.socket) -> None:
    conn.recv(65536)
    conn.sendall(struct.pack(">BBL", 2, 0, 0x7FFFFFFF) + bytes(100_000))
    conn.settimeout(5)
    while conn.recv(65536):
        pass


def garbage(conn: socket.socket) -> None:
    accepted(conn)
    conn.sendall(struct.pack(">BBL", 4, 0, 60) + b"\xff" * 60)
    conn.settimeout(5)
    while conn.recv(65536):
        pass


@pytest.mark.parametrize(
    "talk",
    [
        html,
        hangs_up,
        hangs_up_after_yes,
        aborts,
        half_an_acceptance,
        announces_4_gb,
        announces_2_gb_at_once,
        garbage,
    ],
)
def test_whatever_the_other_side_is_the_report_waits(talk: Any) -> None:  # noqa: ANN401
    with wire(talk) as port, pytest.raises(AwayError) as raised:
        cstore.store(patient_of(port), instance_of())
    assert "it is tried again" in str(raised.value)


def test_a_length_that_makes_no_sense_is_named() -> None:
    with wire(announces_4_gb) as port, pytest.raises(AwayError, match="announced more"):
        cstore.store(patient_of(port), instance_of())


def test_an_archive_that_says_nothing_is_left_in_time() -> None:
    silent = threading.Event()
    began = monotonic()

    def says_nothing(_: socket.socket) -> None:
        silent.wait(20)

    with wire(says_nothing) as port:
        with pytest.raises(AwayError, match="did not answer in time"):
            cstore.store(patient_of(port, timeout_s=1.0), instance_of())
        silent.set()
    assert monotonic() - began < 10


def test_an_archive_that_does_not_read_is_left_at_the_deadline() -> None:
    full = threading.Event()

    def never_reads(conn: socket.socket) -> None:
        accepted(conn)
        full.wait(30)

    big = replace(make_case(), documents=Papers("x" * 40_000_000))
    began = monotonic()
    with wire(never_reads) as port:
        with pytest.raises(AwayError, match="it took longer than 2 s"):
            cstore.store(patient_of(port, timeout_s=20.0, visit_s=2.0), instance_of(big))
        full.set()
    assert monotonic() - began < 15


def test_an_archive_that_drips_is_left_at_the_deadline() -> None:
    ended = threading.Event()

    def drips(conn: socket.socket) -> None:
        accepted(conn)
        conn.sendall(struct.pack(">BBL", 4, 0, 500_000))
        while not ended.wait(0.05):
            conn.sendall(b"\0")

    began = monotonic()
    with wire(drips) as port:
        with pytest.raises(AwayError, match="it took longer than 2 s"):
            cstore.store(patient_of(port, timeout_s=60.0, visit_s=2.0), instance_of())
        ended.set()
    assert monotonic() - began < 15


# --- TLS -----------------------------------------------------------------------------------------


def serving(certificate: Path, key: Path, authority: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    if authority is not None:
        context.load_verify_locations(authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_tls_checks_the_archive_and_shows_our_certificate(tmp_path: Path) -> None:
    ours, other = Authority(tmp_path, "Practice"), Authority(tmp_path, "Stranger")
    named = {"server_name": "archive.example", "tls": True, "timeout_s": 5}
    mine = dict(zip(("certificate", "key"), map(str, ours.server("chair1")), strict=True))
    with shelf(context=serving(*ours.server("archive.example"), ours.file)) as there:
        good = archive(there.port, **named, **mine, ca=str(ours.file))
        assert good.check().endswith("takes PDF documents")
        send(good, make_case())
        assert len(there.stored) == 1
        for settings, says in (
            ({**named, **mine, "ca": str(other.file)}, "certificate is not accepted"),
            ({**named, **mine}, "certificate is not accepted"),
            ({**mine, "tls": True, "ca": str(ours.file)}, "certificate is not accepted"),
            ({**named, "ca": str(ours.file)}, "does not answer|gave no whole answer"),
            ({"tls": False, "timeout_s": 5}, "gave no whole answer"),
        ):
            with pytest.raises(AwayError, match=says):
                archive(there.port, **settings).deliver(make_case())
        assert len(there.stored) == 1


def test_an_archive_without_tls_gets_nothing_where_tls_is_set() -> None:
    with shelf() as there:
        with pytest.raises(AwayError, match="does not answer"):
            archive(there.port, tls=True, timeout_s=5).deliver(make_case())
        assert there.stored == []
