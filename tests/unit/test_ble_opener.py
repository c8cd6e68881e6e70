"""The opener: an attempt goes on between calls, and whatever ends it is one sentence."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bleak.exc import BleakError

from torquemon.drivers.ble import BleOpener
from torquemon.drivers.ble_radio import BleTimes
from torquemon.drivers.ble_session import BleSession
from torquemon.drivers.errors import TransportError, TransportPendingError
from torquemon.drivers.wires import wire_for

QUICK = BleTimes(patience_s=0.05)


class Trying(BleOpener):
    """An opener whose attempt takes as long as the test wants, and ends in an error."""

    def __init__(self, error: BaseException, *, hold: bool = False) -> None:
        super().__init__("TM-0001", times=QUICK)
        self.error = error
        self.attempts = 0
        self.go = asyncio.Event()
        if not hold:
            self.go.set()

    async def open(self) -> BleSession:
        self.attempts += 1
        self._doing = "looking for TM-0001 by Bluetooth"
        await self.go.wait()
        raise self.error


def patiently(opener: BleOpener) -> None:
    """Ask until the attempt has ended, as the reader thread does."""
    while True:
        with contextlib.suppress(TransportPendingError):
            opener()


@pytest.fixture
def openers() -> Iterator[list[BleOpener]]:
    made: list[BleOpener] = []
    yield made
    for opener in made:
        opener.close()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (TimeoutError(), "TM-0001 does not answer: nearer, awake"),
        (asyncio.CancelledError(), "TM-0001 cannot be reached by Bluetooth"),
        (BleakError("something else"), "TM-0001 cannot be reached by Bluetooth: something else"),
        (ZeroDivisionError("a mistake"), "a mistake"),
        (TransportError("our own sentence"), "our own sentence"),
    ],
)
def test_whatever_ends_an_attempt_is_a_sentence(
    openers: list[BleOpener], error: BaseException, says: str
) -> None:
    opener = Trying(error)
    openers.append(opener)
    for attempt in (1, 2):
        with pytest.raises(TransportError, match=says):
            patiently(opener)
        assert opener.attempts == attempt, "each failure is followed by another attempt"


def test_an_attempt_goes_on_between_calls(openers: list[BleOpener]) -> None:
    opener = Trying(TimeoutError(), hold=True)
    openers.append(opener)
    for _ in range(4):
        with pytest.raises(TransportPendingError, match="looking for TM-0001 by Bluetooth"):
            opener()
    assert opener.attempts == 1


def test_closing_ends_an_attempt_under_way() -> None:
    opener = Trying(TimeoutError(), hold=True)
    with pytest.raises(TransportPendingError):
        opener()
    thread = opener._thread
    assert thread is not None
    opener.close()
    assert not thread._thread.is_alive()


@pytest.mark.parametrize(
    ("address", "target"), [("ble:", ""), ("ble: SN-1 ", "SN-1"), ("ble:\x1b[2J\u202e", "�[2J�")]
)
def test_an_address_of_the_air(tmp_path: Path, address: str, target: str) -> None:
    wire = wire_for(address, tmp_path)
    assert isinstance(wire.opener, BleOpener)
    assert wire.opener.target == target
    wire.close()
    wire.close()


def test_no_bluetooth_library_is_loaded_before_it_is_asked_for() -> None:
    code = (
        "import sys\n"
        "import torquemon.cli, torquemon.monitor.process, torquemon.drivers.wires\n"
        "import torquemon.drivers.handpiece\n"
        "assert 'bleak' not in sys.modules\n"
        "import torquemon.drivers.ble, torquemon.drivers.ble_command\n"
        "assert not {'bleak', 'bumble', 'dbus_fast'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
