"""A correction comes from a signed file of this chair, for this handpiece, from nothing else."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from hw_sim.device import HandpieceParams, introduction
from tests.calibration_cases import AN_ID, content
from tests.parts import needed
from torquemon.calibration.fields import StoreError
from torquemon.calibration.store import get, listed, sign, write
from torquemon.drivers.codec import Generation
from torquemon.drivers.correction import Correction, CorrectionError
from torquemon.drivers.correction_store import (
    FOLDER,
    chair_public_key,
    load_corrections,
    verified,
)
from torquemon.drivers.device import DeviceInfo
from torquemon.drivers.host_messages import HelloRequest
from torquemon.drivers.readings import Block
from torquemon.model import Origin
from torquemon.text import clean
from torquemon.units import counts_to_ncm

needed("GTC", "calibrate")
OTHER_ID = "01M83CGKKBF03ZCC6S09E778ZE"


def signed(home: Path, **fields: Any) -> Path:  # noqa: ANN401 - those of a check
    made = content(**fields)
    write(home, made)
    sign(home, made["id"])
    return home / FOLDER / f"{made['id']}.json"


def applied(home: Path, serial: str = "SIM-0001") -> Correction | None:
    return load_corrections(home).of(serial, Origin.SIMULATED)


def device(home: Path | None = None, generation: Generation = Generation.SIMULATED) -> DeviceInfo:
    hello = introduction(HandpieceParams(), HelloRequest(1, 1, 1, 1))
    info = DeviceInfo.from_hello(replace(hello, generation=generation))
    return info if home is None else info.corrected_by(load_corrections(home))


@pytest.mark.requirement("REQ-CAL-1")
def test_a_signed_check_is_applied_and_an_unsigned_one_is_not(tmp_path: Path) -> None:
    write(tmp_path, content())
    assert applied(tmp_path) is None
    assert "not signed" in load_corrections(tmp_path).troubles[0]
    sign(tmp_path, AN_ID)
    found = applied(tmp_path)
    assert found is not None
    assert found.gain == pytest.approx(0.8, abs=0.01)
    assert found.measured == date(2026, 1, 2)
    assert load_corrections(tmp_path).troubles == ()


@pytest.mark.requirement("REQ-CAL-1")
def test_one_changed_byte_anywhere_is_refused_and_told(tmp_path: Path) -> None:
    path = signed(tmp_path)
    raw = path.read_bytes()
    key = chair_public_key(tmp_path)
    assert key is not None
    assert verified(raw, key)["id"] == AN_ID
    for at in range(len(raw)):
        for flip in (0x01, 0x20):
            with pytest.raises(CorrectionError):
                verified(raw[:at] + bytes((raw[at] ^ flip,)) + raw[at + 1 :], key)
    for at in range(0, len(raw), 211):
        path.write_bytes(raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :])
        found = load_corrections(tmp_path)
        assert not found.by_device
        assert len(found.troubles) == 1
    path.write_bytes(raw)
    assert applied(tmp_path) is not None


@pytest.mark.requirement("REQ-CAL-1")
@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw[:-1],
        lambda raw: raw + b"\n",
        lambda raw: raw + raw,
        lambda raw: raw.split(b"\n")[0],
        lambda _: b"",
        lambda raw: b"\xff" * len(raw),
        lambda raw: b"[" * 100_000 + raw,
        lambda raw: raw.replace(b"\n", b"\r\n", 1),
        lambda raw: raw[:-4] + raw[-3:],  # half a byte of the signature
        lambda raw: raw[:-5] + raw[-3:],
    ],
)
def test_a_file_that_was_cut_or_grew_is_refused(
    tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    path = signed(tmp_path)
    path.write_bytes(change(path.read_bytes()))
    found = load_corrections(tmp_path)
    assert not found.by_device
    assert AN_ID in found.troubles[0]
    assert listed(tmp_path)[0].signed is False


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system knows no named pipe")
def test_a_pipe_in_the_folder_holds_nobody_up(tmp_path: Path) -> None:
    signed(tmp_path)
    os.mkfifo(tmp_path / FOLDER / f"{OTHER_ID}.json")
    found = load_corrections(tmp_path)
    assert applied(tmp_path) is not None
    assert "no file" in found.troubles[0]


@pytest.mark.requirement("REQ-CAL-1")
def test_another_chairs_signature_is_not_this_chairs(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    path = signed(there)
    signed(here, id_=OTHER_ID, serial="SIM-0009")
    (here / FOLDER / path.name).write_bytes(path.read_bytes())
    assert applied(here) is None
    assert "another key" in load_corrections(here).troubles[0]
    assert applied(here, "SIM-0009") is not None


@pytest.mark.requirement("REQ-CAL-1")
def test_a_check_of_one_handpiece_is_never_anothers(tmp_path: Path) -> None:
    signed(tmp_path, serial="SIM-0002")
    assert device(tmp_path).correction is None
    assert applied(tmp_path, "SIM-0002") is not None
    assert applied(tmp_path, "") is None


@pytest.mark.requirement("REQ-CAL-1")
def test_what_was_found_on_a_simulated_handpiece_never_corrects_a_real_one(tmp_path: Path) -> None:
    signed(tmp_path, origin="simulated")
    assert device(tmp_path, Generation.REAL).correction is None
    assert device(tmp_path).correction is not None


@pytest.mark.requirement("REQ-CAL-1")
def test_a_file_under_another_name_is_refused(tmp_path: Path) -> None:
    path = signed(tmp_path)
    path.rename(path.with_name(f"{OTHER_ID}.json"))
    assert not load_corrections(tmp_path).by_device


def test_the_newest_signed_check_holds(tmp_path: Path) -> None:
    signed(tmp_path, gain=0.9)
    signed(tmp_path, id_=OTHER_ID, gain=0.8, measured_utc="2026-05-01T00:00:00+00:00")
    found = applied(tmp_path)
    assert found is not None
    assert found.id == OTHER_ID


@pytest.mark.requirement("REQ-CAL-2")
@pytest.mark.parametrize("gain", [0.45, 2.2])
def test_a_handpiece_too_far_off_is_not_signed(tmp_path: Path, gain: float) -> None:
    write(tmp_path, content(gain=gain))
    with pytest.raises(StoreError, match="have it serviced"):
        sign(tmp_path, AN_ID)


@pytest.mark.requirement("REQ-CAL-2")
def test_a_correction_out_of_its_bounds_cannot_be_made() -> None:
    good = Correction("x", clean("S"), Origin.REAL, 1.0, 0.0, 0.3, date(2026, 1, 1), 12)
    for bad in (
        {"gain": 0.49},
        {"gain": float("nan")},
        {"gain": 2.01},
        {"offset_ncm": 5.1},
        {"offset_ncm": float("nan")},
        {"uncertainty_ncm": 0.0},
        {"uncertainty_ncm": float("inf")},
        {"valid_months": 0},
        {"valid_months": 25},
    ):
        with pytest.raises(CorrectionError):
            replace(good, **bad)


@pytest.mark.requirement("REQ-CAL-2", "REQ-CAL-3")
def test_counts_become_corrected_torque_and_a_threshold_goes_back_the_same_way(
    tmp_path: Path,
) -> None:
    signed(tmp_path)
    plain, info = device(), device(tmp_path)
    gain = info.gain
    block = Block(0, 0, has_angle=False, has_speed=False, rows=[(0, 800, 0), (1000, -100, 0)])
    for reading, raw in zip(info.readings(block, 0, 0), plain.readings(block, 0, 0), strict=True):
        assert reading.torque_ncm == raw.torque_ncm / gain
    assert info.threshold_counts(10.0) * 0.01 <= 10.0 * gain + 1e-9
    assert info.threshold_counts(10.0) * 0.01 > 10.0 * gain - 0.1
    assert info.threshold_max_ncm == plain.threshold_max_ncm  # its own scale
    assert info.accuracy_ncm >= plain.accuracy_ncm
    fields = info.fields()["correction"]
    assert isinstance(fields, dict)
    assert fields["id"] == AN_ID
    assert fields["gain"] == gain
    assert "correction" not in plain.fields()


def test_without_a_correction_not_one_bit_of_a_reading_changes() -> None:
    info = device()
    hello = info.hello
    for counts in range(-500, 6000, 7):
        exact = counts_to_ncm(counts, hello.resolution_millionths, hello.torque_unit)
        assert info.ncm(counts) == exact


def test_a_check_is_kept_for_this_user_only(tmp_path: Path) -> None:
    path = signed(tmp_path)
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_signing_twice_or_what_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no handpiece was checked"):
        get(tmp_path, "last")
    signed(tmp_path)
    with pytest.raises(StoreError, match="signed already"):
        sign(tmp_path, "last")
    with pytest.raises(StoreError, match="there is no check"):
        get(tmp_path, "nothing")


def test_a_run_without_a_result_is_not_signed(tmp_path: Path) -> None:
    write(tmp_path, content() | {"result": None, "problem": "too little"})
    with pytest.raises(StoreError, match="broken off"):
        sign(tmp_path, AN_ID)


def test_an_edited_unsigned_file_is_not_signed(tmp_path: Path) -> None:
    write(tmp_path, content())
    path = tmp_path / FOLDER / f"{AN_ID}.json"
    path.write_bytes(path.read_bytes().replace(b'"origin":', b'"origin": '))
    with pytest.raises(StoreError, match="altered by hand"):
        sign(tmp_path, AN_ID)
