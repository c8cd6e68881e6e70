"""An overload without a number: at least the last torque that was told, never one held back."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_sim.gauges.binary import EmulatedGsv
from hw_sim.gauges.text import EmulatedMecmesin
from tests.gauge_bench import FORM, talk_over
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.reading import (
    LOW_BATTERY,
    NO_NUMBER,
    OVERLOAD,
    GaugeOverload,
    GaugeProblem,
    GaugeReading,
    Told,
)
from torquemon.model import Validity

WORDS = (
    "'(?:(?P<value>[+-]?[0-9.]++) (?P<unit>[A-Za-z.]++))? ?(?P<overload>-?OL)?(?P<low_battery>LB)?'"
)


def _form(tmp_path: Path) -> GaugeSettings:
    path = tmp_path / "gauge.toml"
    text = FORM.replace('"(?P<value>[+-]?[0-9.]++) (?P<unit>[A-Za-z.]++)"', WORDS)
    path.write_text(text.replace('["-1', '["OL", "LB", "-1'), encoding="utf-8")
    return GaugeSettings(form=path)


def _told(kind: str, *chunks: bytes, settings: GaugeSettings | None = None) -> list[Told]:
    _, talk, wire, _ = talk_over(kind, None, settings)
    found: list[Told] = []
    for chunk in chunks:
        wire.incoming += chunk
        found += talk.step(0.02)
    return found


def _torques(told: list[Told]) -> list[float]:
    return [each.torque_ncm for each in told if isinstance(each, GaugeReading)]


@pytest.mark.parametrize("kind", ["mark10", "shimpo", "mecmesin"])
def test_a_damaged_unit_before_an_overload_is_not_its_torque(kind: str) -> None:
    lines = [b"%.2f Ncm\r\n" % min(5, count / 40) for count in range(250)]
    told = _told(kind, *lines, b"5.00 Nm\r\n", *[b"OL\r\n"] * 20)
    assert max(_torques(told)) == 5.0
    last = told[-1]
    assert isinstance(last, GaugeReading)
    assert (last.torque_ncm, last.unit_text, last.validity) == (5.0, "Ncm", Validity.OVERFLOW)
    assert last.flags == {OVERLOAD, NO_NUMBER}


@given(
    lines=st.lists(st.sampled_from([b"5.00 Ncm\r\n", b"5.00 Nm\r\n", b"OL\r\n", b"LOBAT\r\n"])),
)
def test_an_overload_carries_a_torque_that_was_told_before_or_none(lines: list[bytes]) -> None:
    told = _told("mark10", *lines)
    numbers: set[float] = set()
    for each in told:
        if isinstance(each, GaugeReading) and NO_NUMBER not in each.flags:
            numbers.add(each.torque_ncm)
        elif isinstance(each, GaugeReading):
            assert each.validity is Validity.OVERFLOW
            assert each.torque_ncm in numbers


@pytest.mark.parametrize("kind", ["mark10", "ascii"])
def test_an_overload_before_any_number_is_a_sentence_and_no_torque(
    kind: str, tmp_path: Path
) -> None:
    settings = _form(tmp_path) if kind == "ascii" else GaugeSettings()
    told = _told(kind, *[b"OL\r\n"] * 3, b"500 N.m\r\n", b"OL\r\n", settings=settings)
    assert _torques(told) == []
    assert isinstance(told[0], GaugeProblem)
    assert told[0].why == "the instrument is overloaded: take the load off it"


def test_an_overload_and_an_empty_battery_of_a_file_come_without_a_number(tmp_path: Path) -> None:
    settings = _form(tmp_path)
    lines = [b"5.0 N.cm\r\n"] * 3
    told = _told("ascii", *lines, b"OL\r\n", b"-OL\r\n", b"LB\r\n", *lines, settings=settings)
    assert _torques(told) == [5.0, 5.0, -5.0, 5.0, 5.0, 5.0]
    readings = [each for each in told if isinstance(each, GaugeReading)]
    over = Validity.OVERFLOW
    assert [each.validity for each in readings[:3]] == [Validity.VALID, over, over]
    assert [LOW_BATTERY in each.flags for each in readings] == [False] * 3 + [True] * 3


@pytest.mark.parametrize(
    ("value", "sign"), [(float("inf"), "+"), (float("-inf"), "-"), (float("nan"), "")]
)
def test_a_gsv_overload_without_a_number_is_one(value: float, sign: str) -> None:
    gauge = make_gauge("gsv", GaugeSettings())
    unit = bytes.fromhex("aa51001185")
    frame = bytes.fromhex("aa10b1") + struct.pack(">f", value) + b"\x85"
    (event,) = gauge.feed(unit + frame + unit, 1)
    assert event == GaugeOverload(1, sign, flags=frozenset({OVERLOAD}))
    emulator = EmulatedGsv()
    emulator.torque_ncm = 9.0
    good = emulator.receive(gauge.poll() or b"")
    last = _told("gsv", good, good, good, unit + frame + unit)[-1]
    assert isinstance(last, GaugeReading)
    assert (last.torque_ncm, last.validity) == (-9.0 if sign == "-" else 9.0, Validity.OVERFLOW)


def test_a_mecmesin_that_sends_numbers_alone_says_overload_and_no_unit() -> None:
    gauge, emulator = make_gauge("mecmesin", GaugeSettings()), EmulatedMecmesin()
    emulator.with_units = False
    gauge.feed(emulator.receive(gauge.poll() or b""), 1)
    (event,) = gauge.feed(b"O.L.\r\n", 2)
    assert isinstance(event, GaugeOverload)


def test_the_side_of_an_overload_is_not_read_from_the_noise_about_zero() -> None:
    told = _told("mark10", *[b"-0.02 Ncm\r\n"] * 5, b"OL\r\n")
    assert _torques(told)[-1] == 0.02
    told = _told("mark10", *[b"-5.02 Ncm\r\n"] * 5, b"OL\r\n")
    assert _torques(told)[-1] == -5.02
