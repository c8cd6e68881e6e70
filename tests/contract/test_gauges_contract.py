"""One contract for all gauges: each driver against its emulator, over a real pty or bit by bit."""

from __future__ import annotations

import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw_sim.gauges.base import NM_PER_UNIT
from hw_sim.gauges.kinds import EMULATORS
from tests.gauge_bench import (
    KINDS,
    UNIT_IS_STATED,
    at_wrong_baud,
    opened,
    served,
    settings_for,
    talk_over,
)
from torquemon.drivers.gauges.base import Gauge, GaugeSettings
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.numbers import read_unit
from torquemon.drivers.gauges.reading import GaugeOverload, GaugeProblem, GaugeReading
from torquemon.model import Validity

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")

COARSE_NCM = 0.6
"""Rounding of the coarsest display used here: two decimals of N·m, half a digit."""
NOT_TORQUE = {"kgfm", "lbfft"}
"""Units of large gauges, which are refused."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_values_come_with_sign_over_a_pty_at_the_real_rate_and_at_twice_that(
    kind: str, speed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate_hz = make_gauge(kind, settings_for(kind)).rate_hz

    def faster(kind: str, settings: GaugeSettings) -> Gauge:
        gauge = make_gauge(kind, settings)
        gauge.rate_hz = rate_hz * speed  # type: ignore[misc]
        return gauge

    monkeypatch.setattr("torquemon.drivers.gauges.port.make_gauge", faster)
    with served(kind, speed) as server:
        server.emulator.torque_ncm = -12.5
        with opened(kind, server) as listener:
            readings = listener.readings(6 if rate_hz < 5 else 30)
    # the first may have been asked before the torque was set; none may be another number
    assert {round(reading.torque_ncm, 1) for reading in readings} == {-12.5}
    times = [reading.host_time_ns for reading in readings]
    assert times == sorted(times)


@pytest.mark.requirement("REQ-GAU-1")
@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_switched_in_the_midst_of_the_stream_never_gives_a_wrong_value(kind: str) -> None:
    with served(kind) as server:
        server.emulator.torque_ncm = 80.0
        with opened(kind, server) as listener:
            listener.readings(2)
            for unit in server.emulator.units[1:] + server.emulator.units[:1]:
                server.emulator.unit = unit
                if kind in UNIT_IS_STATED or unit in NOT_TORQUE:
                    listener.problem()
                    if unit in NOT_TORQUE:
                        continue
                    break
                listener.readings(6)
            everything = listener.drain()
    readings = [event for event in everything if isinstance(event, GaugeReading)]
    assert all(abs(reading.torque_ncm - 80.0) < COARSE_NCM for reading in readings)


@pytest.mark.requirement("REQ-GAU-1")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_switched_at_whatever_byte_a_reading_is_the_torque_or_there_is_none(
    kind: str, data: st.DataObject
) -> None:
    emulator = EMULATORS[kind]()
    emulator.torque_ncm = 80.0
    gauge = make_gauge(kind, settings_for(kind))
    readings = []
    stream = b""
    for _ in range(8):
        emulator.unit = data.draw(st.sampled_from(emulator.units))
        request = gauge.poll() or b""
        cut = data.draw(st.integers(0, len(request)))
        stream += emulator.receive(request[:cut])
        emulator.unit = data.draw(st.sampled_from(emulator.units))
        stream += emulator.receive(request[cut:])
        if kind == "lutron":
            stream += emulator.frame()  # type: ignore[attr-defined]
        sizes = data.draw(st.lists(st.integers(1, 9), max_size=3))
        for size in sizes:
            chunk, stream = stream[:size], stream[size:]
            readings += gauge.feed(chunk, 1)
        readings += gauge.feed(stream, 1)
        stream = b""
    values = [event for event in readings if isinstance(event, GaugeReading)]
    if kind in UNIT_IS_STATED:
        # the stated unit is bound to the first code: all readings are of one and the same unit
        assert len({round(reading.torque_ncm, 6) for reading in values}) <= 1
    else:
        assert all(abs(reading.torque_ncm - 80.0) < COARSE_NCM for reading in values)


@pytest.mark.requirement("REQ-GAU-3")
@pytest.mark.parametrize("kind", KINDS)
def test_unplugging_is_one_sentence_and_the_end(kind: str) -> None:
    with served(kind) as server:
        server.emulator.torque_ncm = 1.0
        with opened(kind, server) as listener:
            listener.readings(1)
            server.unplug()
            problem = listener.problem()
    assert problem.ends
    assert "check the plug and the cable" in problem.why


@pytest.mark.requirement("REQ-GAU-3")
@pytest.mark.parametrize("kind", KINDS)
def test_silence_is_told_once_with_the_fix_and_then_given_up(kind: str) -> None:
    _, talk, wire, clock = talk_over(kind, None)
    events: list[GaugeReading | GaugeProblem] = []
    begin_ns = clock.monotonic_ns()
    while not (events and isinstance(events[-1], GaugeProblem) and events[-1].ends):
        events += talk.step(0.02)
        assert clock.monotonic_ns() - begin_ns < 20e9
    assert [isinstance(event, GaugeProblem) for event in events] == [True, True]
    assert all("switch it on, check the cable" in event.why for event in events)  # type: ignore[union-attr]
    assert len(wire.written) < 150, "a silent instrument is not bombarded"


@pytest.mark.requirement("REQ-GAU-3")
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_baud_rate_gives_no_reading_and_a_sentence_with_the_rates(kind: str) -> None:
    emulator = EMULATORS[kind]()
    _, talk, wire, clock = talk_over(kind, None)
    gauge = make_gauge(kind, settings_for(kind))
    events: list[GaugeReading | GaugeProblem] = []
    begin_ns, count = clock.monotonic_ns(), 0
    while not (events and isinstance(events[-1], GaugeProblem) and events[-1].ends):
        count += 1
        emulator.torque_ncm = count % 97 - 40.0
        answer = emulator.receive(gauge.poll() or b"") + emulator.unasked(count * 0.02)
        wire.incoming += at_wrong_baud(answer, emulator.baud_rate, emulator.baud_rate * 2)
        clock.advance(0.02)
        events += talk.step(0.02)
        assert clock.monotonic_ns() - begin_ns < 20e9
    assert not [event for event in events if isinstance(event, GaugeReading)]
    last = events[-1]
    assert isinstance(last, GaugeProblem)
    assert "baud" in last.why


@pytest.mark.parametrize("kind", KINDS)
@given(noise=st.lists(st.binary(max_size=200), max_size=20))
def test_noise_never_raises_and_what_is_unfinished_stays_bounded(
    kind: str, noise: list[bytes]
) -> None:
    gauge = make_gauge(kind, settings_for(kind))
    for chunk in noise:
        for event in gauge.feed(chunk, 7):
            assert isinstance(event, GaugeProblem | GaugeReading | GaugeOverload)
    held = vars(gauge).get("_rest", b"") + vars(vars(gauge).get("_lines", object)).get("_rest", b"")
    assert len(held) <= 256


@pytest.mark.parametrize("kind", KINDS)
@given(noise=st.binary(max_size=60), torque_ncm=st.integers(-90, 90))
def test_after_noise_the_next_whole_answers_are_read(
    kind: str, noise: bytes, torque_ncm: int
) -> None:
    emulator = EMULATORS[kind]()
    emulator.torque_ncm = float(torque_ncm)
    gauge = make_gauge(kind, settings_for(kind))
    gauge.feed(noise + b"\r\n", 1)
    found = []
    for _ in range(24):  # a torn frame may swallow some; it must not swallow for ever
        answer = emulator.receive(gauge.poll() or b"")
        answer += emulator.frame() if kind == "lutron" else b""  # type: ignore[attr-defined]
        found += [e for e in gauge.feed(answer, 2) if isinstance(e, GaugeReading)]
    assert found
    assert found[-1].torque_ncm == pytest.approx(torque_ncm, abs=0.01)


@pytest.mark.requirement("REQ-GAU-1")
@pytest.mark.parametrize("unit", sorted(NM_PER_UNIT))
def test_the_factor_of_each_unit_is_the_exact_one_written_down_a_second_time(unit: str) -> None:
    emulator = EMULATORS["mecmesin"]()
    spelled = getattr(emulator, "spelled", {}).get(unit, unit)
    gauge = make_gauge("shimpo", settings_for("shimpo"))
    (event,) = gauge.feed(f"-1.25 {spelled}\r".encode(), 5)
    if unit in NOT_TORQUE:
        assert isinstance(event, GaugeProblem)
        assert "no known torque unit" in event.why
        assert read_unit(spelled) is None
        return
    assert isinstance(event, GaugeReading)
    exact_ncm = Fraction("-1.25") * NM_PER_UNIT[unit] * 100
    assert event.torque_ncm == pytest.approx(float(exact_ncm), rel=1e-15)
    assert event.validity is Validity.VALID


@pytest.mark.requirement("REQ-GAU-2")
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_sets_an_instrument_is_ever_sent(kind: str) -> None:
    emulator = EMULATORS[kind]()
    _, talk, wire, _ = talk_over(kind, emulator)
    for _ in range(200):
        talk.step(0.02)
    assert getattr(emulator, "set_by_host", []) == []
    assert getattr(emulator, "written", []) == []
    asked = {
        "mark10": {b"?C\r", b"?\r"},
        "imada": {b"D\r"},
        "mecmesin": {b"?", b"U?U"},
        "shimpo": {b"?"},
        "unipulse": {b"R01\rR09\rR0A\rRI\rR01\rR09\rR0A\r"},
        "lutron": set(),
        "gsv": {bytes.fromhex("aa910f0185aa903b85aa910f0185")},
    }
    assert set(wire.written) <= asked[kind]
