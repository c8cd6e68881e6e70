"""BlueZ keeps the connection of a program that was killed; the chair that held it frees it."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

from tests.processes import require, wait_for
from torquemon.drivers.ble import BleOpener
from torquemon.drivers.ble_radio import Radio
from torquemon.drivers.ble_stale import Held
from torquemon.drivers.errors import TransportError, TransportGoneError

require(sys.platform == "linux", "BlueZ is Linux's")

from tests.bluez_objects import ADDRESS  # noqa: E402 - its library is there on Linux only
from tests.bluez_room import TIMES, BluezRoom  # noqa: E402 - as above


def test_the_chair_frees_the_connection_that_its_dead_monitor_left(tmp_path: Path) -> None:
    file = tmp_path / "air.connected"
    with contextlib.ExitStack() as stack:
        room = BluezRoom(stack, tmp_path)
        dead = BleOpener(ADDRESS, radio=Radio(), times=TIMES, held=file)
        stack.callback(dead.close)
        left = dead()
        stack.callback(left.close)
        assert Held(file).address() == ADDRESS

        with pytest.raises(TransportError, match="does not answer by Bluetooth"):
            room.opener()()  # another program, which has no business with the connection

        again = BleOpener(ADDRESS, radio=Radio(), times=TIMES, held=file)
        stack.callback(again.close)
        transport = again()

        def gone() -> bool:
            with contextlib.suppress(TransportGoneError):
                left.read(0.01)
                return False
            return True

        wait_for(gone, 3, "the old connection has ended")
        assert Held(file).address() == ADDRESS
        transport.close()
        assert Held(file).address() == "", "ended in order"


def test_a_file_of_no_use_is_no_reason_to_fail(tmp_path: Path) -> None:
    Held(None).note("x")
    assert Held(None).address() == ""
    nowhere = Held(tmp_path / "no" / "folder")
    nowhere.note("x")
    assert nowhere.address() == ""
    (tmp_path / "noise").write_bytes(b"\xff\x00" * 5000)
    assert len(Held(tmp_path / "noise").address()) <= 100
