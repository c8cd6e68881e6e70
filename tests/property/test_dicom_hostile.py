"""Whatever an archive sends, and when: a visit ends in time and with a sentence."""

from __future__ import annotations

import socket
import struct
import threading
from time import monotonic

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dicom_cases import HERE, instance_of, wire
from torquemon.record.delivery.exporter import DestinationError
from torquemon.record.dicom import cstore
from torquemon.record.dicom.cstore import Peer

LONGEST_S = 20.0
"""Far above the deadline of a visit: the machine may be busy."""


def item(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(body)) + body


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBL", kind, 0, len(body)) + body


def acceptance(results: tuple[int, int], syntax: bytes) -> bytes:
    contexts = b"".join(
        item(0x21, bytes([n, 0, result, 0]) + item(0x40, syntax))
        for n, result in zip((1, 3), results, strict=True)
    )
    user = item(0x50, item(0x51, struct.pack(">L", 16384)) + item(0x52, b"1.2.3"))
    head = struct.pack(">HH", 1, 0) + b"ARCHIVE".ljust(16) + b"TORQUEMON".ljust(16) + bytes(32)
    return pdu(2, head + item(0x10, b"1.2.840.10008.3.1.1.1") + contexts + user)


def element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHL", 0, number, len(value)) + value


def answer(field: int, message: int, status: int, flags: int) -> bytes:
    """A command in a P-DATA: mostly a C-STORE-RSP."""
    words = ((0x0100, field), (0x0120, message), (0x0800, 0x0101), (0x0900, status))
    command = b"".join(element(n, struct.pack("<H", v)) for n, v in words)
    command = element(0, struct.pack("<L", len(command))) + command
    return pdu(4, struct.pack(">LBB", len(command) + 2, 1, flags) + command)


words = st.integers(0, 0xFFFF)
steps = st.one_of(
    st.builds(
        acceptance,
        st.tuples(st.integers(0, 4), st.integers(0, 4)),
        st.sampled_from([b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2", b"1.2", b"\xff" * 9, b""]),
    ),
    st.builds(
        answer,
        st.sampled_from([0x8001, 0x8030, 0x0001, 0x0020]) | words,
        st.sampled_from([1, 2]) | words,
        st.sampled_from([0, 0xB000, 0xA700, 0xC000]) | words,
        st.sampled_from([3, 2, 1, 0]),
    ),
    st.builds(pdu, st.integers(0, 9), st.binary(max_size=60)),
    st.builds(
        struct.pack, st.just(">BBL"), st.integers(0, 9), st.just(0), st.integers(0, 2**32 - 1)
    ),
    st.binary(max_size=60),
    st.just(b""),
)


@settings(max_examples=60)
@given(accept=st.booleans(), said=st.lists(steps, max_size=5), stay=st.booleans())
def test_a_visit_ends_whatever_is_said(*, accept: bool, said: list[bytes], stay: bool) -> None:
    ended = threading.Event()

    def talk(conn: socket.socket) -> None:
        conn.settimeout(1.0)
        conn.recv(65536)
        if accept:
            conn.sendall(acceptance((0, 0), b"1.2.840.10008.1.2.1"))
        for each in said:
            conn.sendall(each)
            ended.wait(0.01)
        if stay:
            ended.wait(5)

    before = set(threading.enumerate())
    with wire(talk) as port:
        began = monotonic()
        try:
            cstore.store(
                Peer(HERE, port, "ARCHIVE", "TORQUEMON", timeout_s=0.3, visit_s=1.0), instance_of()
            )
        except DestinationError as error:
            sentence = str(error)
        else:
            sentence = "stored"
        took = monotonic() - began
        ended.set()
    assert took < LONGEST_S
    assert sentence.isprintable()
    assert not [each.name for each in threading.enumerate() if each not in before]
    if sentence == "stored":
        assert any(len(each) > 60 for each in said)  # nothing shorter can say so
