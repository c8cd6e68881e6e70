"""What each family says beyond the contract: errors, overload, battery, held peaks, wrong modes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_sim.gauges.binary import EmulatedGsv, EmulatedLutron
from hw_sim.gauges.mark10 import EmulatedMark10
from hw_sim.gauges.text import EmulatedImada, EmulatedMecmesin, EmulatedUnipulse
from tests.gauge_bench import settings_for, talk_over
from torquemon.drivers.gauges.base import MAX_UNFINISHED_BYTES, GaugeSettings, LineCutter
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.numbers import read_number, read_unit
from torquemon.drivers.gauges.reading import (
    LOW_BATTERY,
    NO_NUMBER,
    OVERLOAD,
    GaugeEvent,
    GaugeProblem,
    GaugeReading,
)
from torquemon.drivers.gauges.spec import GaugeError, read_address, read_settings
from torquemon.drivers.gauges.stated import TIMES, UNIT_STATED
from torquemon.model import Validity
from torquemon.units import TorqueUnit


def _one(events: list[GaugeEvent]) -> GaugeReading:
    (event,) = events
    assert isinstance(event, GaugeReading), event
    return event


def _why(events: list[GaugeEvent]) -> str:
    (event,) = events
    assert isinstance(event, GaugeProblem), event
    return event.why


def test_the_worked_examples_of_the_manuals() -> None:
    mark10 = make_gauge("mark10", GaugeSettings())
    assert _one(mark10.feed(b"-18.78 lbFin\r\n", 1)).torque_ncm == pytest.approx(
        -212.1855, abs=1e-4
    )
    assert _one(mark10.feed(b"4.285 Nm\r\n", 1)).torque_ncm == pytest.approx(428.5)
    shimpo = make_gauge("shimpo", GaugeSettings())
    assert _one(shimpo.feed(b"-2.3456 N.m\r", 1)).torque_ncm == pytest.approx(-234.56)
    worked = bytes.fromhex("2d3132332e3435206b67662e636d0d")
    assert _one(shimpo.feed(worked, 1)).torque_ncm == pytest.approx(-123.45 * 9.80665)


def test_a_tt_series_gauge_is_asked_its_only_question() -> None:
    gauge, emulator = make_gauge("mark10", GaugeSettings()), EmulatedMark10(only_displayed=True)
    emulator.torque_ncm = 3.5
    assert gauge.feed(emulator.receive(gauge.poll() or b""), 1) == []
    assert gauge.poll() == b"?\r"
    assert _one(gauge.feed(emulator.receive(b"?\r"), 2)).torque_ncm == 3.5
    assert gauge.identity.model == "TT series"


@pytest.mark.parametrize("number", range(11, 23))
def test_every_error_of_a_mark10_is_a_sentence(number: int) -> None:
    gauge = make_gauge("mark10", GaugeSettings())
    assert f"error *{number}" in _why(gauge.feed(f"*{number}\r\n".encode(), 1))


@pytest.mark.requirement("REQ-GAU-1")
def test_a_number_without_a_unit_is_no_torque() -> None:
    gauge, emulator = make_gauge("mark10", GaugeSettings()), EmulatedMark10()
    emulator.with_units = False
    assert "without a unit" in _why(gauge.feed(emulator.receive(b"?C\r"), 1))


@pytest.mark.requirement("REQ-GAU-4")
@pytest.mark.parametrize("word", ["OL", "OVER", "OVERLOAD", "O.L.", "-OVL", "over load"])
def test_an_overload_without_a_number_is_at_least_the_last_torque(word: str) -> None:
    _, talk, wire, _ = talk_over("mark10", None)
    wire.incoming += b"31.5 Ncm\r\n" * 3
    talk.step(0.02)
    wire.incoming += f"{word}\r\n".encode()
    event = _one(list(talk.step(0.02)))
    assert event.validity is Validity.OVERFLOW
    assert event.flags == {OVERLOAD, NO_NUMBER}
    assert abs(event.torque_ncm) == 31.5
    assert (event.torque_ncm < 0) == word.startswith("-")


def test_a_low_battery_is_a_flag_from_then_on() -> None:
    gauge = make_gauge("shimpo", GaugeSettings())
    assert gauge.feed(b"LOW BATT\r", 1) == []
    assert LOW_BATTERY in _one(gauge.feed(b"1.0 N.cm\r", 2)).flags


@pytest.mark.requirement("REQ-GAU-4")
def test_an_imada_overload_and_its_held_peak() -> None:
    gauge, emulator = make_gauge("imada", GaugeSettings(unit="N.cm")), EmulatedImada()
    emulator.torque_ncm = 600.0
    event = _one(gauge.feed(emulator.receive(b"D\r") * TIMES, 1))
    assert (event.validity, event.torque_ncm) == (Validity.OVERFLOW, 500.0)
    assert event.flags == {OVERLOAD, UNIT_STATED}
    emulator.mode = "P"
    assert "holds a peak" in _why(gauge.feed(emulator.receive(b"D\r"), 2))
    assert "answers with an error" in _why(gauge.feed(emulator.receive(b"X\r"), 3))


@pytest.mark.requirement("REQ-GAU-1")
@pytest.mark.parametrize("kind", ["imada", "lutron", "unipulse"])
def test_a_unit_code_that_is_not_public_is_refused_until_the_user_says_the_unit(kind: str) -> None:
    emulator = {"imada": EmulatedImada, "lutron": EmulatedLutron, "unipulse": EmulatedUnipulse}[
        kind
    ]()
    emulator.torque_ncm = 9.0
    found: dict[str, GaugeEvent] = {}
    for unit in ("", "N.cm"):
        gauge = make_gauge(kind, GaugeSettings(unit=unit))
        answer = emulator.receive(gauge.poll() or b"")
        answer += emulator.frame() if isinstance(emulator, EmulatedLutron) else b""
        found[unit] = gauge.feed(answer * TIMES, 1)[-1]
    assert isinstance(found[""], GaugeProblem)
    assert "read the unit off its display" in found[""].why
    stated = found["N.cm"]
    assert isinstance(stated, GaugeReading)
    assert stated.torque_ncm == 9.0
    assert stated.validity is Validity.QUESTIONABLE
    assert UNIT_STATED in stated.flags


def test_a_lutron_light_meter_is_no_torque_meter() -> None:
    gauge, emulator = make_gauge("lutron", GaugeSettings(unit="N.cm")), EmulatedLutron()
    emulator.code = "15"
    assert "measures lux" in _why(gauge.feed(emulator.frame(), 1))
    assert gauge.feed(b"\x0242830200001234\r", 2) == [], "the lower display is not the torque"


def test_a_mecmesin_that_sends_numbers_alone_is_asked_for_its_unit_around_each() -> None:
    gauge, emulator = make_gauge("mecmesin", GaugeSettings()), EmulatedMecmesin()
    emulator.with_units = False
    emulator.unit, emulator.torque_ncm = "mNm", 7.25
    assert gauge.feed(emulator.receive(gauge.poll() or b""), 1) == []
    assert gauge.poll() == b"U?U"
    assert _one(gauge.feed(emulator.receive(b"U?U"), 2)).torque_ncm == 7.25
    emulator.unit = "kgfm"
    whys = [e.why for e in gauge.feed(emulator.receive(b"U?U"), 3) if isinstance(e, GaugeProblem)]
    assert whys
    assert all("no known torque unit" in why for why in whys)


def test_a_unipulse_gives_angle_and_speed_where_there_is_an_encoder() -> None:
    gauge, emulator = make_gauge("unipulse", GaugeSettings(unit="N.cm")), EmulatedUnipulse()
    emulator.torque_ncm, emulator.angle_deg, emulator.speed_rpm = -4.5, 721.25, 25.0
    event = _one(gauge.feed(emulator.receive(gauge.poll() or b"") * TIMES, 1))
    assert (event.torque_ncm, event.angle_deg, event.speed_rpm) == (-4.5, 721.25, 25.0)
    emulator.encoder = False
    assert _one(gauge.feed(emulator.receive(gauge.poll() or b""), 2)).angle_deg is None


def test_a_gsv_says_what_is_wrong_with_its_settings() -> None:
    emulator = EmulatedGsv()
    gauge = make_gauge("gsv", GaugeSettings())
    emulator.int16 = True
    assert "set its values to float" in _why(gauge.feed(emulator.values(), 1))
    emulator.int16, emulator.code = False, 0
    events = gauge.feed(emulator.receive(gauge.poll() or b""), 2)
    assert {event.why for event in events if isinstance(event, GaugeProblem)} == {
        "unit 'mV/V' is no known torque unit: set it to N·cm"
    }
    assert not [event for event in events if isinstance(event, GaugeReading)]
    far = make_gauge("gsv", GaugeSettings(channel=8))
    emulator.channels = 2
    assert "no channel 8: give channel=1 to 2" in _why(far.feed(emulator.values(), 3))


@pytest.mark.requirement("REQ-GAU-4")
def test_a_gsv_overload_is_one() -> None:
    emulator, gauge = EmulatedGsv(), make_gauge("gsv", GaugeSettings())
    emulator.torque_ncm = 900.0
    event = _one(gauge.feed(emulator.receive(gauge.poll() or b""), 1))
    assert (event.validity, event.torque_ncm) == (Validity.OVERFLOW, 500.0)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_a_gsv_value_that_cannot_be_is_no_torque(value: float) -> None:
    gauge = make_gauge("gsv", GaugeSettings())
    unit = bytes.fromhex("aa51001185")
    frame = bytes.fromhex("aa10b0") + struct.pack(">f", value) + b"\x85"
    events = gauge.feed(unit + frame + unit, 1)
    assert not [event for event in events if isinstance(event, GaugeReading)]


SPELLED = {
    TorqueUnit.NCM: ["Ncm", "N.cm", "N·cm", "N cm", "NCM", "cNm"],
    TorqueUnit.NMM: ["Nmm", "N.mm", "N·mm", "NMM"],
    TorqueUnit.MNM: ["mNm", "mN.m", "mN·m"],
    TorqueUnit.NM: ["Nm", "N.m", "N·m", "NM"],
    TorqueUnit.KGFCM: ["kgfcm", "kgf.cm", "kgf·cm", "kgFcm", "kgcm"],
    TorqueUnit.GFCM: ["gf.cm", "gcm", "GCM"],
    TorqueUnit.LBFIN: ["lbf.in", "lbFin", "lbf·in", "LBIN", "in-lb"],
    TorqueUnit.OZFIN: ["ozf.in", "ozFin", "ozf·in", "OZIN"],
}


@pytest.mark.requirement("REQ-GAU-1")
def test_units_are_known_by_their_spellings_and_mega_is_not_milli() -> None:
    for unit, texts in SPELLED.items():
        assert {read_unit(text) for text in texts} == {unit}
    for text in ("MN.m", "MNm", "N", "kN.m", "kgf.m", "lbf.ft", "", "Pa", "N.dm", "m"):
        assert read_unit(text) is None


@pytest.mark.requirement("REQ-GAU-1")
@given(
    value=st.decimals(-99_999, 99_999, places=4),
    unit=st.sampled_from([text for texts in SPELLED.values() for text in texts if text.isascii()]),
    spaces=st.integers(0, 3),
    gap=st.sampled_from(["", " "]),
    cut=st.integers(0, 40),
)
def test_every_form_of_an_answer_is_read_whole_or_in_parts(
    value: object, unit: str, spaces: int, gap: str, cut: int
) -> None:
    text = str(value)
    if text.startswith("-"):
        text = f"-{gap}{text[1:]}"
    line = f"  {text}{' ' * spaces}{unit} \r\n".encode()
    gauge = make_gauge("shimpo", GaugeSettings())
    events = gauge.feed(line[:cut], 1) + gauge.feed(line[cut:], 1)
    (event,) = events
    known = read_unit(unit)
    assert known is not None
    if isinstance(event, GaugeProblem):
        assert "beyond any gauge" in event.why
        return
    assert isinstance(event, GaugeReading)
    assert event.unit_text.replace(" ", "") == unit.replace(" ", "")
    assert (event.torque_ncm < 0) == (float(str(value)) < 0)


@given(text=st.text(max_size=20))
def test_only_a_whole_number_is_a_number(text: str) -> None:
    value = read_number(text)
    if value is not None:
        assert float(text.replace(" ", "")) == value


@given(chunks=st.lists(st.binary(max_size=300), max_size=10))
def test_lines_are_bounded_and_come_out_the_same_in_any_portions(chunks: list[bytes]) -> None:
    whole, parts = LineCutter(), LineCutter()
    expected = whole.feed(b"".join(chunks))
    found = [line for chunk in chunks for line in parts.feed(chunk)]
    assert found == expected
    assert all(len(line) <= MAX_UNFINISHED_BYTES for line in found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("baud=fast", "give bits per second"),
        ("baud=0", "give bits per second"),
        ("rpm=nan", "give revolutions per minute"),
        ("rpm=900", "give revolutions per minute"),
        ("channel=9", "give 1 to 8"),
        ("unit=", "is empty"),
        ("speed=3", "'speed' is not known"),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(text: str, words: str) -> None:
    with pytest.raises(GaugeError) as caught:
        read_settings(text)
    assert words in str(caught.value)


def test_an_address_names_kind_settings_and_port() -> None:
    found = read_address("gauge:mark10:baud=9600,rpm=25,simulated@/dev/ttyUSB0")
    assert (found.kind, found.port) == ("mark10", "/dev/ttyUSB0")
    assert found.settings == GaugeSettings(baud_rate=9600, speed_rpm=25.0, simulated=True)
    for wrong in ("gauge:", "gauge:mark10", "gauge:@COM3", "gauge:mark10@"):
        with pytest.raises(GaugeError, match="write gauge:KIND@PORT"):
            read_address(wrong)
    with pytest.raises(GaugeError, match="there is no gauge kind 'x'; known: ascii, "):
        make_gauge("x", settings_for("x"))
    with pytest.raises(GaugeError, match="no torque unit that is known"):
        make_gauge("imada", GaugeSettings(unit="furlong"))
