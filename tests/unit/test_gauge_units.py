"""Units and their codes where lines are damaged, change or are another instrument's."""

from __future__ import annotations

import pytest

from hw_sim.gauges.binary import EmulatedLutron
from hw_sim.gauges.text import EmulatedImada
from tests.gauge_bench import talk_over
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.reading import GaugeProblem, GaugeReading
from torquemon.drivers.gauges.stated import TIMES
from torquemon.drivers.gauges.steady import SteadyUnit
from torquemon.model import Validity

STATED = GaugeSettings(unit="N.cm")
SETTINGS = b"R01,00050\rR09,00001\rR0A,00002\r"
VALUES = b"RI,+00012.34,-01.23,+00025\r"


def _lines(kind: str) -> tuple[bytes, bytes]:
    """Return a good line, and one whose code of the unit is damaged."""
    if kind == "imada":
        emulator = EmulatedImada()
        emulator.torque_ncm = 5.25
        good = emulator.receive(b"D\r")
        return good, good.replace(b"NTO", b"MTO")
    meter = EmulatedLutron()
    meter.torque_ncm = 5.25
    return meter.frame(), meter.frame().replace(b"\x024183", b"\x024182")


@pytest.mark.parametrize("kind", ["imada", "lutron"])
def test_one_damaged_line_does_not_bind_the_stated_unit_to_its_code(kind: str) -> None:
    good, damaged = _lines(kind)
    gauge = make_gauge(kind, STATED)
    assert gauge.feed(damaged, 1) == []
    events = gauge.feed(good * TIMES + damaged + good, 2)
    assert [type(event) for event in events] == [GaugeReading, GaugeReading]
    switched = gauge.feed(damaged * TIMES, 3)
    assert [type(event) for event in switched] == [GaugeProblem]


@pytest.mark.parametrize("lost", [b"R01,00050\r", b"R09,00001\r", b"R0A,00002\r"])
def test_a_unipulse_value_waits_until_every_setting_was_told_around_it(lost: bytes) -> None:
    part = SETTINGS.replace(lost, b"")
    gauge = make_gauge("unipulse", STATED)
    assert gauge.feed((part + VALUES + part) * TIMES, 1) == []
    again = make_gauge("unipulse", STATED)
    assert again.feed(part + VALUES + SETTINGS, 1) == []
    assert len(again.feed((SETTINGS + VALUES + SETTINGS) * TIMES, 1)) == 1


@pytest.mark.parametrize("line", [b"5.25Ncm\r", b"5.25 N.cm\r", b"5.25NXO\r", b"5.25NTX\r"])
def test_an_imada_line_has_the_letters_of_its_format(line: bytes) -> None:
    gauge = make_gauge("imada", GaugeSettings(unit="N.m"))
    assert gauge.feed(line * TIMES, 1) == []


@pytest.mark.parametrize("line", ["5.25 N·cm\r\n".encode(), b"5.25 N\xb7cm\r\n"])
@pytest.mark.parametrize("kind", ["mark10", "shimpo", "mecmesin"])
def test_a_middle_dot_is_a_joint_in_either_encoding(kind: str, line: bytes) -> None:
    (event,) = make_gauge(kind, GaugeSettings()).feed(line, 1)
    assert isinstance(event, GaugeReading)
    assert (event.torque_ncm, event.unit_text) == (5.25, "N·cm")


def _end(*lines: bytes) -> str:
    """Return why it was given up when these lines come again and again."""
    _, talk, wire, clock = talk_over("mark10", None)
    begin_ns, count = clock.monotonic_ns(), 0
    while clock.monotonic_ns() - begin_ns < 20e9:
        wire.incoming += lines[count % len(lines)]
        count += 1
        clock.advance(0.02)
        for event in talk.step(0.02):
            assert isinstance(event, GaugeProblem)
            if event.ends:
                return event.why
    raise AssertionError("it goes on")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ((b"5.00 Ncm\r\n", b"0.05 Nm\r\n"), "the unit changes (N"),
        ((b"5.25 Ncm/rev\r\n",), "unit 'Ncm/rev' is no known torque unit"),
        ((b"5.25 lbFft\r\n",), "unit 'lbFft' is no known torque unit"),
    ],
)
def test_where_the_unit_is_the_reason_the_sentence_names_it(
    lines: tuple[bytes, ...], words: str
) -> None:
    why = _end(*lines)
    assert words in why
    assert "baud" not in why


def _told(unit: str) -> GaugeReading:
    return GaugeReading(1, 5.0, None, None, Validity.VALID, unit)


def test_one_damaged_line_before_a_silence_is_no_change_of_the_unit() -> None:
    steady = SteadyUnit()
    for unit in ("Ncm", "Ncm", "Ncm", "Nm"):
        steady.told(_told(unit))
    assert not steady.changing
    for unit in ("Nmm", "Nm", "Nmm"):
        steady.told(_told(unit))
    assert "the unit changes (Nm, Nmm)" in steady.changing
