"""Who is meant, and what hostile devices may call themselves: shown harmless, never interpreted."""

from __future__ import annotations

import json
import stat
import sys
import unicodedata
from pathlib import Path

import pytest
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)
from hypothesis import given
from hypothesis import strategies as st

from torquemon.drivers.ble_command import nearness
from torquemon.drivers.ble_known import MAX_BYTES, MAX_KNOWN, Known, KnownDevices
from torquemon.drivers.ble_scan import MAX_SIGHTINGS, NAME_CHARS, Candidates, Sightings
from torquemon.drivers.ble_words import why_not
from torquemon.drivers.errors import TransportError, TransportGoneError
from torquemon.text import clean

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J",
    "[bold red on blink]ok[/] [@click=app.quit]x[/]",
    "\u202e0100-NS\u202c",
    "a" * 10_000,
    "\u200b\ufeff\u2066\u2069",
    "e" + "\u0301" * 500,
    "../../etc/passwd\n\r\x00",
    "<script>alert(1)</script>",
    "\ud800",
)


def advertised(name: str | None, rssi: int = -50) -> AdvertisementData:
    return AdvertisementData(name, {}, {}, [], None, rssi, ())


def heard(*devices: tuple[str, str | None, int]) -> Sightings:
    found = Sightings()
    for address, name, rssi in devices:
        found.heard(BLEDevice(address, None, None), advertised(name, rssi))
    return found


def meant(target: str, found: Sightings, known: str | None = None) -> str | None:
    sighting = Candidates(clean(target), known, found.all()).meant()
    return None if sighting is None else str(sighting.address)


TWO = (("AA:01", "TM-0001", -70), ("AA:02", "TM-0002", -40))


@pytest.mark.parametrize(
    ("target", "known", "address"),
    [
        ("TM-0001", None, "AA:01"),
        ("aa:02", None, "AA:02"),
        ("SN-17", "AA:01", "AA:01"),
        ("SN-17", None, None),
        ("SN-17", "AA:99", None),
    ],
)
def test_an_address_a_name_or_a_known_serial_number_is_found(
    target: str, known: str | None, address: str | None
) -> None:
    assert meant(target, heard(*TWO), known) == address


def test_the_only_one_in_reach_needs_no_name() -> None:
    assert meant("", heard(TWO[0])) == "AA:01"


def test_two_are_never_guessed_between() -> None:
    with pytest.raises(TransportError, match=r"2 handpieces are in reach: TM-0002 .* TM-0001"):
        meant("", heard(*TWO))
    twins = heard(("AA:01", "TM-0001", -70), ("AA:03", "TM-0001", -30))
    with pytest.raises(TransportError, match="2 handpieces are called TM-0001"):
        meant("TM-0001", twins)
    assert meant("AA:03", twins) == "AA:03"


def test_nobody_is_said_with_the_remedy() -> None:
    with pytest.raises(TransportError, match="TM-0001 does not answer by Bluetooth: is it on"):
        meant("TM-0001", heard())


@pytest.mark.requirement("REQ-SEC-1")
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_shown_harmless(name: str) -> None:
    found = heard(("AA:01", name, -50), ("AA:02", name, -60))
    for sighting in found.all():
        assert len(sighting.name) <= NAME_CHARS
        assert not any(unicodedata.category(char).startswith("C") for char in sighting.name)
        assert "\n" not in sighting.label
    with pytest.raises(TransportError) as caught:
        meant("", found)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_flood_of_devices_fills_no_memory() -> None:
    found = Sightings()
    for number in range(5 * MAX_SIGHTINGS):
        found.heard(BLEDevice(f"AA:{number}", None, None), advertised("flood", -99))
    assert len(found.all()) == MAX_SIGHTINGS
    found.heard(BLEDevice("AA:7", None, None), advertised("flood", -20))
    assert found.all()[0].address == "AA:7", "who is known is still followed"


def test_a_name_that_comes_later_stays() -> None:
    found = heard(("AA:01", None, -50), ("AA:01", "TM-0001", -55), ("AA:01", None, -60))
    (sighting,) = found.all()
    assert (sighting.name, sighting.rssi_dbm) == ("TM-0001", -60)


@pytest.mark.parametrize(
    ("rssi", "words"), [(-40, "near"), (-70, "in the room"), (-85, "far"), (-110, "hardly heard")]
)
def test_signal_strength_in_words(rssi: int, words: str) -> None:
    assert nearness(rssi) == f"{words} ({rssi} dBm)"


# --- the file -----------------------------------------------------------------------------------


def test_a_handpiece_is_known_again_by_its_serial_number(tmp_path: Path) -> None:
    path = tmp_path / "chair" / "handpieces.json"
    known = KnownDevices(path)
    assert known.all() == []
    known.remember(Known("SN-1", "AA:01", "one"))
    known.remember(Known("SN-2", "AA:02", "two"))
    known.remember(Known("SN-1", "AA:09", "one"))
    assert KnownDevices(path).address_of("SN-1") == "AA:09"
    assert [each.serial for each in known.all()] == ["SN-2", "SN-1"], "the latest met last"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_only_so_many_are_remembered(tmp_path: Path) -> None:
    known = KnownDevices(tmp_path / "handpieces.json")
    for number in range(MAX_KNOWN + 10):
        known.remember(Known(f"SN-{number}", "AA", "x"))
    assert len(known.all()) == MAX_KNOWN
    assert known.address_of("SN-0") is None


@given(st.binary(max_size=300))
def test_a_damaged_file_is_put_aside(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("known") / "handpieces.json"
    path.write_bytes(raw)
    known = KnownDevices(path)
    assert known.all() == []
    known.remember(Known("SN-1", "AA:01", "one"))
    assert known.address_of("SN-1") == "AA:01"


@pytest.mark.parametrize(
    "content",
    [
        {"devices": "x"},
        {"devices": [{"serial": 7, "address": "a", "name": "n"}]},
        {"devices": [{"serial": "s"}]},
        {"devices": {"a": 1}},
        [],
        "x" * (MAX_BYTES + 5),
    ],
)
def test_a_file_of_another_shape_is_no_reason_to_fail(tmp_path: Path, content: object) -> None:
    path = tmp_path / "handpieces.json"
    path.write_text(json.dumps(content), "utf-8")
    assert KnownDevices(path).all() == []


def test_hostile_text_in_the_file_is_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "handpieces.json"
    entry = {"serial": "\x1b[2J", "address": "\u202e", "name": "n" * 5000}
    path.write_text(json.dumps({"devices": [entry]}), "utf-8")
    (known,) = KnownDevices(path).all()
    assert "\x1b" not in known.serial
    assert "\u202e" not in known.address
    assert len(known.name) <= NAME_CHARS


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    known = KnownDevices(tmp_path / "file" / "handpieces.json")
    known.remember(Known("SN-1", "AA:01", "one"))
    assert known.all() == []


# --- what the system says -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            BleakBluetoothNotAvailableError("x", BleakBluetoothNotAvailableReason.POWERED_OFF),
            "switch it on",
        ),
        (
            BleakBluetoothNotAvailableError("x", BleakBluetoothNotAvailableReason.NO_BLUETOOTH),
            "no Bluetooth adapter",
        ),
        (
            BleakBluetoothNotAvailableError("x", BleakBluetoothNotAvailableReason.DENIED_BY_USER),
            "allow it",
        ),
        (FileNotFoundError(2, "No such file"), "the Bluetooth service"),
        (ConnectionRefusedError(), "the Bluetooth service"),
        (
            BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", ["org.bluez"]),
            "the Bluetooth service",
        ),
        (BleakDBusError("org.bluez.Error.NotReady", ["Resource Not Ready"]), "switched off"),
        (BleakError("Device with address X was not found."), "out of reach"),
        (BleakError("HCI_Error(hci/PIN_OR_KEY_MISSING_ERROR [0x6])"), "pair it again"),
        (TimeoutError(), "does not answer"),
        (BleakError("\x1b[2Jhostile\n" + "x" * 9000), "cannot be reached by Bluetooth"),
        (AssertionError(), "AssertionError"),
        (TransportGoneError("our own sentence"), "our own sentence"),
    ],
)
def test_every_trouble_is_one_harmless_sentence(error: Exception, says: str) -> None:
    sentence = str(why_not(error, "TM-0001"))
    assert says in sentence
    assert "\n" not in sentence
    assert "\x1b" not in sentence
    assert len(sentence) < 300
