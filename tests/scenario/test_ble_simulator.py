"""`python -m hw_sim --ble`: the simulator as a process on an adapter, and the list of who is there.

The adapter is a virtual controller behind a socket: bumble opens it as it would open a real one.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from bumble.controller import Controller
from bumble.hci import Address
from bumble.transport.common import Transport as AdapterTransport
from bumble.transport.tcp_server import open_tcp_server_transport_with_socket

from hw_sim.ble_server import ADDRESS
from tests.air_room import PATIENT, AirRoom
from tests.processes import python, ready_port, wait_for
from tests.radio import KEY, SERIAL, Air
from torquemon.clock import SystemClock
from torquemon.drivers.ble import BleOpener
from torquemon.drivers.ble_command import AirList
from torquemon.drivers.ble_known import Known, KnownDevices
from torquemon.drivers.device_messages import Names
from torquemon.drivers.handpiece import Handpiece
from torquemon.drivers.key_text import read_key
from torquemon.drivers.link import Connected, Samples
from torquemon.drivers.loop_thread import LoopThread
from torquemon.drivers.trust import Keys
from torquemon.drivers.wires import KNOWN_FILE

HOSTILE = Names(
    b"\x1b[2J[bold]" + "\u202e".encode() + b"maker",
    b"<b>model</b>\x07",
    "SN\u202e\u200b-9".encode(),
    b"\n\r1",
)


@contextlib.contextmanager
def simulator_on_air(*more: str) -> Iterator[tuple[subprocess.Popen[str], Air, LoopThread]]:
    """A room whose second controller is driven by the simulator, through a socket."""
    with contextlib.ExitStack() as stack:
        door = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        thread = LoopThread("air")
        stack.callback(thread.close)
        port = door.getsockname()[1]

        async def make() -> tuple[Air, AdapterTransport]:
            air = Air(0.0075)
            await air.central.power_on()
            adapter = await open_tcp_server_transport_with_socket(door)
            Controller(
                "simulator",
                host_source=adapter.source,
                host_sink=adapter.sink,
                link=air.link,
                public_address="F0:5E:ED:00:00:02",
            )
            return air, adapter

        air, adapter = thread.submit(make()).result(10)
        stack.callback(lambda: thread.finish(adapter.close(), 5))
        words = ("hw_sim", "--ble", f"tcp-client:127.0.0.1:{port}", "--passkey", "314159")
        yield stack.enter_context(python(*words, *more)), air, thread


def test_the_simulator_is_found_greeted_and_streams() -> None:
    with simulator_on_air() as (process, air, thread):
        assert ready_port(process) == "ble:SIM-0001"
        opener = BleOpener("SIM-0001", radio=air.radio(), thread=thread, times=PATIENT)
        host = Handpiece(opener, SystemClock(), 5)
        host.start()
        try:
            seen: list[object] = []

            def streams() -> bool:
                seen.extend(host.drain())
                readings = [e for e in seen if isinstance(e, Samples)]
                return any(isinstance(e, Connected) for e in seen) and len(readings) > 30

            wait_for(streams, 15, "readings through two processes")
            assert host.link.sequence.lost == 0
            assert "is not paired" in host.link.trust.why_not
        finally:
            host.close()
            opener.close()
        process.terminate()
        assert process.wait(10) == 0


def test_it_pairs_with_its_passkey_and_keeps_the_pairing(tmp_path: Path) -> None:
    key_file = tmp_path / "key.txt"
    with simulator_on_air("--key-file", str(key_file)) as (process, air, thread):
        ready_port(process)

        async def pair() -> bool:
            air.link.interval_s = 0.0  # a passkey takes eighty turns
            connection = await air.central.connect(Address(ADDRESS), timeout=5)
            await connection.pair()
            await asyncio.sleep(0.3)
            return bool(connection.encryption)

        assert thread.submit(pair()).result(15)
        wait_for(key_file.with_suffix(".bonds").exists, 5, "the pairing is kept")
        assert "ltk" in key_file.with_suffix(".bonds").read_text("utf-8")
        assert read_key(key_file.read_text("utf-8")).serial == SERIAL


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--ble", "nonsense"), "the adapter nonsense cannot be opened"),
        (("--ble", "tcp-client:127.0.0.1:1"), "cannot be opened"),
        (("--ble", "usb:0", "--passkey", "1234567"), "six digits"),
    ],
)
def test_an_adapter_that_cannot_be_had_is_one_sentence(words: tuple[str, ...], says: str) -> None:
    with python("hw_sim", *words) as process:
        assert process.wait(20) == 2
        assert process.stderr is not None
        said = process.stderr.read()
    assert says in said
    assert "Traceback" not in said


def listed(room: AirRoom, folder: Path, keys: Keys) -> tuple[int, str]:
    out = io.StringIO()
    look = AirList(
        SystemClock(),
        home=folder,
        keys=keys,
        radio=room.air.radio(),
        times=PATIENT,
        thread=room.thread,
    )
    answered = look.write(out)
    look.close()
    return answered, out.getvalue()


def test_the_list_says_who_how_near_and_what_each_can_do(tmp_path: Path) -> None:
    KnownDevices(tmp_path / KNOWN_FILE).remember(Known("SN-77", "AA:01", "the old one"))
    with contextlib.ExitStack() as stack:
        room = AirRoom(stack)
        answered, text = listed(room, tmp_path, Keys({SERIAL: KEY}))
    assert answered == 1
    here, before = text.splitlines()
    assert here.startswith(f"ble:{SERIAL}  near (-50 dBm)  ")
    assert "TorqueMon Simulated handpiece, serial number SIM-0001" in here
    assert "500 Hz, can be stopped, SIMULATED; paired, proved: can be armed" in here
    assert " ms late" in here
    assert before == "ble:SN-77  not in reach  met before as the old one"


@pytest.mark.requirement("REQ-SEC-1")
def test_hostile_names_in_the_air_are_listed_harmless(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        room = AirRoom(stack, paired=False, names=HOSTILE)
        answered, text = listed(room, tmp_path, Keys({}))
    assert answered == 1
    assert "can only be watched" in text or "is not paired" in text
    assert not any(char in text for char in "\x1b\x07\u202e\u200b\r")
    assert len(text.splitlines()) == 1
    (known,) = KnownDevices(tmp_path / KNOWN_FILE).all()
    assert known.serial == "SN��-9"


def test_an_opener_that_is_closed_leaves_no_thread() -> None:
    opener = BleOpener("nobody")
    with pytest.raises(Exception, match=r"Bluetooth|looking"):
        opener()
    thread = opener._thread
    assert thread is not None
    opener.close()
    opener.close()
    assert not thread._thread.is_alive()
    assert thread.loop.is_closed()


def test_a_loop_that_has_ended_takes_nothing_more() -> None:
    thread = LoopThread("short")
    thread.close()
    thread.close()
    with pytest.raises(RuntimeError):
        thread.post(print)
    thread.finish(asyncio.sleep(0), 1)
