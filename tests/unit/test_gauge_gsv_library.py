"""The maker's own library as an independent reader of the GSV frames that this project writes."""

from __future__ import annotations

import importlib
import os
import struct
from queue import Queue
from types import ModuleType

import pytest

from hw_sim.gauges.binary import EmulatedGsv
from tests.parts import needed
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.gsv import GET_UNIT, GET_VALUE, UNIT_TEXTS, Gsv, request
from torquemon.drivers.gauges.reading import GaugeReading

if not os.environ.get("CI"):
    needed("gsv86lib", "gauges")


def _maker(name: str) -> ModuleType:
    return importlib.import_module(f"gsv86lib.{name}")


def test_the_requests_are_the_makers() -> None:
    library = _maker("GSV6_SeriallLib").GSV6_seriall_lib()
    anfrage_code_to_shortcut = _maker("GSV6_AnfrageCodes").anfrage_code_to_shortcut
    assert bytes(library.buildGetValue()) == request(GET_VALUE)
    assert anfrage_code_to_shortcut["GetUnitNo"] == GET_UNIT
    assert bytes(library.encode_anfrage_frame(GET_UNIT, [3])) == request(GET_UNIT, 3)


def test_the_codes_of_the_units_are_the_makers() -> None:
    unit_code_to_shortcut = _maker("GSV6_UnitCodes").unit_code_to_shortcut
    assert {code: unit_code_to_shortcut[code] for code in UNIT_TEXTS} == UNIT_TEXTS


@pytest.mark.parametrize("torque_ncm", [0.0, -12.345, 25.0, 600.0])
def test_the_maker_reads_the_emulated_frames_as_the_driver_does(torque_ncm: float) -> None:
    library = _maker("GSV6_SeriallLib").GSV6_seriall_lib()
    emulator = EmulatedGsv()
    emulator.torque_ncm = torque_ncm
    stream = emulator.receive(Gsv(GaugeSettings()).poll())
    frames: Queue[ModuleType] = Queue()
    _maker("GSV6_Protocol").GSV_6Protocol(frames, None).dataReceived(b"\x17" + stream + stream)
    kinds = [frames.get_nowait() for _ in range(frames.qsize())]
    values = [frame for frame in kinds if frame.getFrameType() == 0]
    answers = [frame for frame in kinds if frame.getFrameType() == 1]
    assert len(answers) >= 2
    assert {bytes(frame.getPayload()) for frame in answers} == {b"\x11"}
    first = library.convertToFloat(values[0].getPayload())[0]
    assert values[0].isMesswertInputOverload() == (abs(torque_ncm) > 500)
    (reading,) = Gsv(GaugeSettings()).feed(stream, 1)
    assert isinstance(reading, GaugeReading)
    assert reading.torque_ncm == struct.unpack(">f", struct.pack(">f", first))[0]
