"""One contract for every wire: the same promises on a pty, on TCP, in the air and with BlueZ."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from tests.processes import wait_for
from tests.wire_bench import WIRES, Wire, hosting
from torquemon.clock import SystemClock
from torquemon.drivers import messages as m
from torquemon.drivers.errors import TransportGoneError
from torquemon.drivers.handpiece import WireDown, WireUp
from torquemon.drivers.link import Connected, Halted, LinkPhase, StopConfirmed
from torquemon.drivers.probe import probe
from torquemon.drivers.transport import Transport
from torquemon.model import ArmPhase, Stop, StopReason

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")


@pytest.fixture(params=list(WIRES))
def wire(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wire]:
    with contextlib.ExitStack() as stack:
        yield WIRES[request.param](stack, tmp_path)


def test_readings_come_in_order_and_without_loss(wire: Wire) -> None:
    with hosting(wire.open) as host:
        host.wait(Connected, 5)
        wait_for(lambda: len(host.readings()) >= 1200, 6, "1200 readings")
        seqs = [reading.seq for reading in host.readings()]
        times = [reading.device_time_us for reading in host.readings()]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert times == sorted(set(times))
        assert host.link.sequence.lost == 0
        assert host.link.bad_messages == 0
        assert host.handpiece.framer.bad_frames == 0
        assert host.handpiece.dropped_events == 0


def test_armed_while_renewed_and_halted_when_the_lease_lapses(wire: Wire) -> None:
    with hosting(wire.open) as host:
        host.wait(Connected, 5)
        wait_for(host.readings, 2, "readings")
        host.arm()
        assert host.link.lease.held_counts is not None
        host.for_a_while(1.2, lambda: host.link.lease.phase is ArmPhase.ARMED)
        assert 8 <= len(host.sent(m.RenewRequest)) <= 13
        host.renewing = False
        host.wait_phase(ArmPhase.HALTED, 1.5)
        host.wait(Halted, 1)
        (halted,) = host.of(Halted)
        assert halted.report.reason is StopReason.LEASE_EXPIRED


def test_a_stop_is_carried_out_and_seen_to_be(wire: Wire) -> None:
    with hosting(wire.open) as host:
        host.wait(Connected, 5)
        wait_for(host.readings, 2, "readings")
        host.arm()
        host.handpiece.request(Stop())
        host.wait(Halted, 0.5)
        host.wait(StopConfirmed, 0.5)
        (halted,) = host.of(Halted)
        assert halted.report.reason is StopReason.HOST_ALERT
        assert host.link.lease.phase is ArmPhase.HALTED


def test_a_device_that_vanishes_is_noticed_found_again_and_not_armed(wire: Wire) -> None:
    with hosting(wire.open) as host:
        host.wait(Connected, 5)
        wait_for(host.readings, 2, "readings")
        host.arm()
        wire.vanish()
        host.wait(WireDown, wire.notices_s)
        assert host.of(WireDown)[0].was_up
        assert host.link.lease.phase is ArmPhase.NOT_ARMED
        assert host.link.phase is LinkPhase.SILENT
        wait_for(lambda: len(host.of(WireDown)) >= 3, 5, "two more attempts")
        assert not any(event.was_up for event in host.of(WireDown)[1:])
        wire.come_back()
        host.wait(Connected, 8, count=2)
        assert len(host.of(WireUp)) >= 2
        before = len(host.readings())
        wait_for(lambda: len(host.readings()) > before + 100, 3, "readings again")
        host.for_a_while(0.5, lambda: host.link.lease.phase is ArmPhase.NOT_ARMED)
        assert len(host.sent(m.ArmRequest)) == 1
        assert host.of(Connected)[1].rebooted
        assert host.readings()[before].seq < 2000, "the numbers begin anew"


def test_looking_for_a_lost_wire_slows_down(wire: Wire) -> None:
    wire.vanish()
    times: list[float] = []

    def opener() -> Transport:
        times.append(time.monotonic())
        return wire.open()

    with hosting(opener) as host:
        wait_for(lambda: len(times) >= 4, 6, "four attempts")
        gaps = [after - before for before, after in pairwise(times)]
        assert gaps[0] >= 0.19
        assert gaps[1] >= 0.49
        assert gaps[2] >= 0.99
        sentences = {event.why for event in host.of(WireDown)}
        assert len(sentences) == 1
        assert all("Traceback" not in why for why in sentences)


def test_a_write_into_a_wire_that_is_gone_says_so(wire: Wire) -> None:
    transport = wire.open()
    said: list[str] = []
    try:
        wire.vanish()

        def gone() -> bool:
            try:
                transport.write(b"\x00" * 64)
            except TransportGoneError as error:
                said.append(str(error))
            return bool(said)

        wait_for(gone, 2 * wire.notices_s, "the write fails")
        assert "is gone" in said[0]
    finally:
        transport.close()
        transport.close()


def test_a_second_host_gets_nothing_and_disturbs_nothing(wire: Wire) -> None:
    with hosting(wire.open) as host:
        host.wait(Connected, 5)
        wait_for(host.readings, 2, "readings")
        answer = probe(wire.open, SystemClock(), 5)
        assert isinstance(answer, str)
        assert "in use" in answer or "no answer" in answer or "to another computer" in answer
        before = len(host.readings())
        wait_for(lambda: len(host.readings()) > before + 200, 2, "readings go on")
        assert host.link.sequence.lost == 0
        assert len(host.of(WireUp)) == 1


def test_a_wake_ends_a_long_read_at_once(wire: Wire) -> None:
    transport = wire.open()
    try:
        began_s = time.monotonic()
        timer = threading.Timer(0.1, transport.wake)
        timer.start()
        assert transport.read(5.0) == b"", "silent before the first hello"
        assert time.monotonic() - began_s < 1.0
        timer.join()
    finally:
        transport.close()
