"""What runs on a Linux chair: bleak's own BlueZ backend, unmodified, against a fake `org.bluez`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

if sys.platform != "linux":
    pytest.skip("BlueZ is Linux's", allow_module_level=True)

from dbus_fast import Variant

from tests.bluez_objects import ADAPTER, ADAPTER1, DEVICE, DEVICE1
from tests.bluez_room import TIMES, BluezRoom
from tests.processes import wait_for
from tests.radio import KEY, SERIAL
from tests.wire_bench import sent_among
from torquemon.clock import SystemClock
from torquemon.drivers import ble_names
from torquemon.drivers import messages as m
from torquemon.drivers.ble import BleOpener
from torquemon.drivers.ble_radio import Radio
from torquemon.drivers.ble_scan import listen
from torquemon.drivers.capture import Chunk
from torquemon.drivers.errors import TransportError
from torquemon.drivers.handpiece import NO_DATA_NS, Handpiece, WireDown
from torquemon.drivers.link import Connected, Halted, Samples
from torquemon.drivers.trust import Keys
from torquemon.model import ArmPhase, ArmStop, Reading, Stop

SEED = 1 << 200


class Room(Protocol):
    """Makes the chair of a test; see `BluezRoom`."""

    def __call__(self, *, paired: bool = True, mtu: int = 247) -> BluezRoom: ...


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    before = threading.active_count()
    with contextlib.ExitStack() as stack:

        def make(*, paired: bool = True, mtu: int = 247) -> BluezRoom:
            return BluezRoom(stack, tmp_path, paired=paired, mtu=mtu)

        yield make
    assert threading.active_count() == before, "no thread is left"


class Host:
    """The product's driver on an opener."""

    def __init__(self, opener: BleOpener) -> None:
        self.handpiece = Handpiece(opener, SystemClock(), SEED, Keys({SERIAL: KEY}))
        self.link = self.handpiece.link
        self.handpiece.judge_with(lambda _: None)
        self.events: list[object] = []
        self.chunks: list[Chunk] = []
        self.handpiece.start()

    def look(self) -> None:
        self.events += self.handpiece.drain()
        self.chunks += self.handpiece.capture.drain()
        self.handpiece.allow_renewals_until(time.monotonic_ns() + 300_000_000)

    def of(self, kind: type[Any]) -> list[Any]:
        self.look()
        return [event for event in self.events if isinstance(event, kind)]

    def wait(self, condition: Callable[[], object], within_s: float, what: str) -> None:
        def met() -> object:
            self.look()
            return condition()

        wait_for(met, within_s, what)

    def connected(self, count: int = 1) -> None:
        self.wait(lambda: len(self.of(Connected)) >= count, 5, "hello")

    def readings(self) -> list[Reading]:
        return [reading for event in self.of(Samples) for reading in event.readings]

    def arm(self) -> None:
        self.wait(lambda: self.link.trust.may_arm, 2, "proof")
        self.handpiece.request(ArmStop(12.0, 1000))
        self.wait(lambda: self.link.lease.phase is ArmPhase.ARMED, 2, "armed")

    def sent(self, kind: type[m.Message]) -> list[m.Message]:
        self.look()
        return sent_among(self.chunks, kind)


@contextlib.contextmanager
def hosting(opener: BleOpener) -> Iterator[Host]:
    host = Host(opener)
    try:
        yield host
    finally:
        host.handpiece.close()
        opener.close()


def fails(opener: BleOpener) -> str:
    """The sentence with which the opener says that it cannot."""
    with pytest.raises(TransportError) as caught:
        opener()
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return sentence


# --- looking and connecting -----------------------------------------------------------------------


def test_discovery_names_the_handpiece_its_signal_and_nothing_that_could_harm(room: Room) -> None:
    made = room(paired=False)
    made.bluez.name = "\x1b[2J[bold]\u202eTM" + "x" * 10_000
    (found,) = asyncio.run(listen(Radio(), 0.4))
    assert found.address == "F1:00:00:00:00:01"
    assert found.rssi_dbm in (-61, -58)
    assert len(found.name) <= 40
    assert "\x1b" not in found.label
    assert "\u202e" not in found.label
    assert made.bluez.tree.calls[:2] == ["SetDiscoveryFilter", "StartDiscovery"]
    assert "StopDiscovery" in made.bluez.tree.calls
    assert not made.bluez.connected


@pytest.mark.parametrize("by_socket", [False, True], ids=["StartNotify", "AcquireNotify"])
@pytest.mark.parametrize("mtu", [23, 247, 517])
def test_both_ways_to_be_notified_carry_1_khz_whatever_the_mtu(
    room: Room,
    by_socket: bool,  # noqa: FBT001 - drawn by pytest
    mtu: int,
) -> None:
    made = room(mtu=mtu)
    with hosting(made.opener(by_socket=by_socket)) as host:
        host.connected()
        host.arm()
        host.wait(lambda: len(host.readings()) > 500, 5, "500 readings")
        seqs = [reading.seq for reading in host.readings()]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        assert host.link.trust.refused == 0
        assert host.handpiece.framer.bad_frames == 0
        assert max(made.bluez.written) <= mtu - 3
        calls = made.bluez.tree.calls
        assert ("AcquireNotify" in calls) is by_socket
        assert ("StartNotify" in calls) is not by_socket
    assert not made.bluez.connected, "closing lets the handpiece go"


def test_a_connect_that_fails_flips_connected_and_is_tried_again(room: Room) -> None:
    made = room()
    made.bluez.fails = ["le-connection-abort-by-local"] * 2
    with hosting(made.opener()) as host:
        host.connected()
        assert made.bluez.tree.calls.count("Connect") == 3, "bleak waits for the flip and goes on"
        assert host.of(WireDown) == []
        host.wait(lambda: len(host.readings()) > 100, 2, "readings")
        assert host.of(WireDown) == [], "the flip is not taken for a loss later"


def test_a_connect_that_fails_for_good_is_one_sentence_and_the_next_may_succeed(
    room: Room,
) -> None:
    made = room()
    made.bluez.fails = ["br-connection-canceled"]
    opener = made.opener()
    assert "br-connection-canceled" in fails(opener)
    assert not made.bluez.connected
    with hosting(opener) as host:
        host.connected()


# --- paired or not --------------------------------------------------------------------------------


@pytest.mark.requirement("REQ-LINK-6")
def test_a_secure_write_without_pairing_is_not_permitted_and_the_device_only_watched(
    room: Room,
) -> None:
    made = room(paired=False)
    with hosting(made.opener()) as host:
        host.connected()
        host.wait(lambda: len(host.readings()) > 100, 3, "it is listened to")
        host.handpiece.request(ArmStop(12.0, 1000))
        host.wait(lambda: "paired" in host.link.lease.why_not, 1, "said why")
        assert "not paired with this computer" in host.link.trust.refusal
        assert host.sent(m.ArmRequest) == []
        assert host.sent(m.AuthRequest) == []
        host.handpiece.request(Stop())
        host.wait(lambda: host.of(Halted), 1, "a stop is obeyed all the same")
        assert made.bluez.refused_writes >= 1


@pytest.mark.requirement("REQ-LINK-6")
def test_a_device_that_is_called_paired_on_a_bare_link_is_only_watched(room: Room) -> None:
    """`Paired` says that there was a pairing once; the write says what the link is now."""
    made = room(paired=True)
    made.bluez.encrypted = False
    with hosting(made.opener()) as host:
        host.connected()
        assert made.bluez.tree.get(DEVICE, DEVICE1, "Paired")
        host.handpiece.request(ArmStop(12.0, 1000))
        host.wait(lambda: host.link.lease.why_not == host.link.trust.refusal, 1, "refused")
        assert host.link.lease.phase is ArmPhase.NOT_ARMED
        assert host.sent(m.ArmRequest) == []


@pytest.mark.requirement("REQ-LINK-6")
def test_pairing_in_the_settings_of_the_system_makes_it_armed(room: Room) -> None:
    made = room(paired=False)
    opener = made.opener()
    transport = opener()
    assert "not paired" in transport.bare_why
    transport.close()
    made.bluez.pair()
    with hosting(opener) as host:
        host.connected()
        host.arm()


def test_a_wrong_passkey_pairs_nothing(room: Room) -> None:
    from bleak import BleakClient
    from bleak.exc import BleakError

    made = room(paired=False)
    made.bluez.refuses = "org.bluez.Error.AuthenticationFailed"

    async def try_it() -> None:
        (found,) = await listen(Radio(), 0.3)
        client = BleakClient(found.device, pair=True)
        with pytest.raises(BleakError, match="AuthenticationFailed"):
            await client.connect()

    asyncio.run(try_it())
    assert not made.bluez.paired
    transport = made.opener()()
    assert "not paired" in transport.bare_why
    transport.close()


# --- what breaks ----------------------------------------------------------------------------------


def test_a_handpiece_that_vanishes_is_missed_in_the_data_before_bluez_says_so(room: Room) -> None:
    made = room()
    with hosting(made.opener()) as host:
        host.connected()
        host.arm()
        made.bluez.vanish()
        host.wait(lambda: no_data(host), 0.6, "no data")
        assert host.of(WireDown) == [], "BlueZ waits for its supervision time-out"
        host.wait(lambda: host.of(WireDown), 2, "gone")
        assert host.link.lease.phase is ArmPhase.NOT_ARMED
        made.come_back()
        host.connected(2)
        assert host.of(Connected)[1].rebooted
        host.wait(lambda: host.link.trust.may_arm, 2, "proved anew")
        assert host.link.lease.phase is ArmPhase.NOT_ARMED, "nothing arms by itself"


def no_data(host: Host) -> bool:
    readings = host.readings()
    return bool(readings) and time.monotonic_ns() - readings[-1].host_time_ns > NO_DATA_NS


def test_a_dead_bluetooth_service_is_noticed_from_the_data(room: Room) -> None:
    """bleak goes on calling it connected: no signal comes, and none can."""
    made = room()
    with hosting(made.opener()) as host:
        host.connected()
        host.arm()
        made.bluez.die()
        host.wait(lambda: no_data(host), 0.6, "no data")
        host.wait(lambda: host.of(WireDown), TIMES.silent_s + 3, "given up")
        assert host.link.lease.phase is ArmPhase.NOT_ARMED
        host.wait(lambda: len(host.of(WireDown)) >= 2, 6, "tried again")
        assert "Bluetooth service of this computer" in host.of(WireDown)[-1].why
        made.bluez.live_again()
        host.connected(2)
        host.wait(lambda: host.link.trust.may_arm, 2, "proved anew")
        assert len(host.sent(m.ArmRequest)) == 1, "nothing arms by itself"


def test_a_killed_bus_daemon_is_a_lost_wire_and_then_a_sentence(room: Room) -> None:
    made = room()
    opener = made.opener()
    with hosting(opener) as host:
        host.connected()
        made.bus.kill()
        host.wait(lambda: len(host.of(WireDown)) >= 2, 8, "lost, and looked for")
        assert host.of(WireDown)[0].was_up
        assert "Bluetooth service of this computer" in host.of(WireDown)[-1].why
        assert host.handpiece._thread.is_alive()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Powered": Variant("b", value=False)}, "Bluetooth is switched off"),
        ({"Roles": Variant("as", ["peripheral"])}, "knows no Low Energy"),
    ],
)
def test_an_adapter_that_cannot_gets_a_sentence(
    room: Room, change: dict[str, Variant], says: str
) -> None:
    made = room()

    async def become() -> None:
        made.bluez.tree.set(ADAPTER, ADAPTER1, **change)

    made.bluez.run(become())
    assert says in fails(made.opener())


def test_a_device_of_another_kind_is_not_taken_for_a_handpiece(room: Room) -> None:
    made = room()
    made.bluez.profile = {ble_names.FRAMES: "00002a37-0000-1000-8000-00805f9b34fb"}
    assert "does not speak this protocol" in fails(made.opener())
    wait_for(lambda: not made.bluez.connected, 1, "let go again")
