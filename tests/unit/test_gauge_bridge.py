"""A gauge as the monitor sees it: a device that cannot stop, marked, with its own bytes kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_sim.gauges.base import EmulatedGauge
from hw_sim.gauges.kinds import EMULATORS
from hw_sim.gauges.mark10 import EmulatedMark10
from tests.gauge_bench import KINDS, MemoryWire, settings_for, talk_over
from torquemon.clock import ManualClock
from torquemon.drivers.codec import Generation, Result
from torquemon.drivers.errors import TransportGoneError
from torquemon.drivers.frame import Framer
from torquemon.drivers.gauges.angle import angle_source
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.bridge import (
    RAW_FRAME,
    GaugeWire,
    Tap,
)
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.opener import GaugeOpener
from torquemon.drivers.gauges.reading import WIRE_TEXT_BYTES, GaugeProblem, GaugeReading
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.drivers.gauges.talk import Talk
from torquemon.drivers.link import Answered, Connected, DeviceSays, Link, LinkEvent, Samples
from torquemon.local.sentences import translated
from torquemon.model import ArmPhase, ArmStop, Disarm, Origin, Reading, Renew, Stop, Tare, Validity


@dataclass
class Bench:
    """A link that talks to a gauge over the bridge, in simulated time."""

    emulator: EmulatedGauge
    kind: str = "mark10"
    settings: GaugeSettings = field(default_factory=GaugeSettings)
    mark: Generation = Generation.SIMULATED

    def __post_init__(self) -> None:
        self.clock = ManualClock()
        self.memory = MemoryWire(self.clock, self.emulator)
        gauge = make_gauge(self.kind, self.settings)
        tap = Tap(self.memory)
        talk = Talk(gauge, tap, gauge.baudrates[0], self.clock)
        angle = angle_source(self.settings, self.clock, measured=gauge.gives_angle)
        self.wire = GaugeWire(gauge, tap, talk, angle, self.clock, self.mark)
        self.link, self.framer = Link(7), Framer()
        self.events: list[LinkEvent] = []
        self.raw = b""
        self.wire.write(self.link.greet(self.clock.monotonic_ns()))

    def run(self, seconds: float) -> None:
        until_ns = self.clock.monotonic_ns() + round(seconds * 1e9)
        while self.clock.monotonic_ns() < until_ns:
            data = self.wire.read(0.02)
            now_ns = self.clock.monotonic_ns()
            for frame in self.framer.feed(data):
                self.raw += frame.payload if frame.type == RAW_FRAME else b""
                self.events += self.link.receive(frame, now_ns)
            events, out = self.link.tick(now_ns, may_renew=True)
            self.events += events
            if out:
                self.wire.write(out)

    def of(self, kind: type[LinkEvent]) -> list[LinkEvent]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def readings(self) -> list[Reading]:
        return [r for event in self.events if isinstance(event, Samples) for r in event.readings]


def _bench(torque_ncm: float = 5.0, **settings: float) -> Bench:
    emulator = EmulatedMark10()
    emulator.torque_ncm = torque_ncm
    return Bench(emulator, settings=GaugeSettings(speed_rpm=settings.get("speed_rpm")))


@given(torque_ncm=st.integers(-500_000, 500_000).map(lambda counts: counts / 1000))
def test_a_torque_comes_out_as_it_went_in(torque_ncm: float) -> None:
    bench = _bench(torque_ncm)
    bench.run(0.3)
    assert {reading.torque_ncm for reading in bench.readings} == {torque_ncm}
    assert {reading.angle_deg for reading in bench.readings} == {None}
    numbers = [reading.seq for reading in bench.readings]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    times = [reading.device_time_us for reading in bench.readings]
    assert times == sorted(times)


@pytest.mark.requirement("REQ-GAU-2")
@pytest.mark.parametrize("kind", KINDS)
def test_a_gauge_is_never_armed_and_hears_nothing_of_an_order(kind: str) -> None:
    bench = Bench(EMULATORS[kind](), kind, settings_for(kind))
    bench.run(1.0)
    (connected,) = bench.of(Connected)
    assert isinstance(connected, Connected)
    assert not connected.info.can_stop
    own = set(bench.memory.written)
    for order in (Tare(), ArmStop(12.0, 500), Renew(), Stop("test"), Disarm()):
        wire = bench.link.order(order, bench.clock.monotonic_ns())
        if wire:
            bench.wire.write(wire)
        bench.run(0.3)
        assert bench.link.lease.phase is ArmPhase.NOT_ARMED
    answers = [event for event in bench.of(Answered) if isinstance(event, Answered)]
    assert {answer.result for answer in answers} <= {Result.UNSUPPORTED}
    assert set(bench.memory.written) <= own | {b"?\r", b"?C\r", b"U?U"}
    assert getattr(bench.emulator, "set_by_host", []) == []


def test_the_bytes_of_the_instrument_are_kept_beside_the_readings() -> None:
    bench = _bench(-3.125)
    bench.run(0.3)
    assert b"-3.125 Ncm\r\n" in bench.raw
    assert bench.link.bad_messages == 0


@pytest.mark.requirement("REQ-GAU-5")
def test_an_estimated_angle_is_said_in_the_hello_and_in_every_reading() -> None:
    bench = _bench(5.0, speed_rpm=30.0)
    bench.run(1.0)
    (connected,) = bench.of(Connected)
    assert isinstance(connected, Connected)
    assert connected.info.has_angle
    assert "est. angle 30 rpm" in connected.info.sentence()
    assert {reading.validity for reading in bench.readings} == {Validity.QUESTIONABLE}
    says = [event.text for event in bench.of(DeviceSays) if isinstance(event, DeviceSays)]
    assert says == ["est. angle 30 rpm: not measured by this gauge"]
    assert bench.readings[-1].angle_deg == pytest.approx(180.0, abs=12.0)


@pytest.mark.requirement("REQ-GAU-6")
def test_the_origin_is_in_the_hello() -> None:
    for mark, origin in ((Generation.SIMULATED, Origin.SIMULATED), (Generation.REAL, Origin.REAL)):
        bench = Bench(EmulatedMark10(), mark=mark)
        bench.run(0.1)
        (connected,) = bench.of(Connected)
        assert isinstance(connected, Connected)
        assert connected.info.origin is origin


@pytest.mark.requirement("REQ-GAU-3")
def test_a_gauge_that_falls_silent_ends_the_wire_with_its_sentence() -> None:
    bench = _bench()
    bench.run(0.3)
    bench.emulator.in_menu = True
    with pytest.raises(TransportGoneError, match="check the cable"):
        bench.run(20.0)
    assert not bench.of(Answered)


@pytest.mark.requirement("REQ-GAU-4")
def test_an_overload_reaches_the_judge_as_one() -> None:
    emulator = EMULATORS["gsv"]()
    bench = Bench(emulator, "gsv")
    emulator.torque_ncm = 900.0
    bench.run(0.5)
    assert {(r.torque_ncm, r.validity) for r in bench.readings} == {(500.0, Validity.OVERFLOW)}


def test_a_low_battery_is_told_once() -> None:
    bench = _bench()
    bench.run(0.2)
    bench.memory.incoming += b"LOW BATTERY\r\n"
    bench.run(1.0)
    says = [event.text for event in bench.of(DeviceSays) if isinstance(event, DeviceSays)]
    assert says == ["low battery: charge the instrument"]


def _of(kind: str, *chunks: bytes) -> list[GaugeProblem]:
    """Return the problems that a driver sees in these bytes."""
    gauge = make_gauge(kind, settings_for(kind))
    return [e for chunk in chunks for e in gauge.feed(chunk, 1) if isinstance(e, GaugeProblem)]


def _silent(heard: bytes) -> list[GaugeProblem]:
    _, talk, wire, clock = talk_over("mark10", None)
    found: list[GaugeProblem] = []
    for _ in range(200):
        wire.incoming += heard
        clock.advance(0.02)
        found += [e for e in talk.step(0.02) if isinstance(e, GaugeProblem)]
    return found


@pytest.mark.parametrize(
    ("problems", "said"),
    [
        (
            _of("mark10", b"5.25 lbFft\r\n"),
            "unit 'lbFft' is no known torque unit: set it to N·cm",
        ),
        (
            _of("mark10", b"5.25\r\n"),
            "numbers come without a unit: switch the unit on in its output",
        ),
        (_of("mark10", b"*22\r\n"), "the Mark-10 answers error *22: show its measuring screen"),
        (_of("imada", b"E\r"), "the Imada gauge answers with an error: show its measuring screen"),
        (
            _of("imada", b"5.25NPO\r"),
            "it holds a peak, not the present torque: switch to track mode",
        ),
        (
            _of("imada", b"5.25NTO\r" * 3 + b"5.25KTO\r" * 3),
            "the gauge's unit was switched: switch it back, or begin again",
        ),
        (
            _of("lutron", b"\x0241160200001234\r"),
            "it measures foot-candle, no torque: connect a torque meter",
        ),
        (
            _of("gsv", bytes.fromhex("aa1090123485")),
            "it sends whole numbers without a scale: set its values to float",
        ),
        (
            _silent(b"5.00 Ncm\r\n0.05 Nm\r\n"),
            "the unit changes (Ncm, Nm): set one on the instrument",
        ),
        (_silent(b""), "no answer: check the gauge's switch, cable and settings"),
        (_silent(b"noise\r\n"), "no reading in what comes: check baud rate, kind and settings"),
        (_silent(b"OL\r\n"), "the instrument is overloaded: take the load off it"),
    ],
)
def test_a_problem_reaches_the_screen_whole_with_its_remedy(
    problems: list[GaugeProblem], said: str
) -> None:
    bench = _bench()
    bench.run(0.2)
    bench.wire._say_problem(problems[0])
    bench.run(0.2)
    texts = [event.text for event in bench.of(DeviceSays) if isinstance(event, DeviceSays)]
    assert texts == [said]
    german = translated(said, "de", ",")
    assert german != said
    assert translated(f"handpiece: {said} (code 1)", "de", ",") == f"Handstück: {german} (Code 1)"


@given(what=st.text(max_size=80), remedy=st.text(max_size=80))
def test_a_sentence_that_is_too_long_is_cut_before_its_remedy_at_a_whole_character(
    what: str, remedy: str
) -> None:
    said = GaugeProblem(1, f"{what}: {remedy}").wire_text()
    assert len(said) <= WIRE_TEXT_BYTES
    text = said.decode()
    if len(remedy.encode()) <= 50 and ": " not in remedy and not remedy.startswith(" "):
        assert text.endswith(f": {remedy}")


@pytest.mark.parametrize("torque_ncm", [2000.5, -2100.0, 5000.0, -99_000.0])
def test_a_torque_beyond_the_range_is_an_overflow_and_no_valid_number(torque_ncm: float) -> None:
    emulator = EmulatedMark10()
    emulator.capacity_ncm, emulator.torque_ncm = 1e6, torque_ncm
    bench = Bench(emulator)
    bench.run(0.3)
    assert {reading.validity for reading in bench.readings} == {Validity.OVERFLOW}
    assert all(2000 < abs(reading.torque_ncm) <= abs(torque_ncm) for reading in bench.readings)


def test_an_angle_or_a_speed_that_does_not_fit_is_none_and_not_another_one() -> None:
    bench = _bench()
    bench.run(0.2)
    for value in (2_000_000.0, 3_000_000.0):
        reading = GaugeReading(1, 5.0, value, value, Validity.VALID, "Ncm")
        bench.wire._say_readings([reading])
    bench.run(0.1)
    angles = [reading.angle_deg for reading in bench.readings]
    assert 2_000_000.0 in angles
    assert {reading.speed_rpm for reading in bench.readings} == {None}
    assert max(angle for angle in angles if angle is not None) == 2_000_000.0


def test_an_instrument_that_is_too_slow_for_live_use_is_refused_with_what_it_is_good_for() -> None:
    with pytest.raises(GaugeError, match="use it for `torquemon calibrate`"):
        GaugeOpener("gauge:lutron:unit=N.cm@COM3", ManualClock())


@given(data=st.binary(max_size=300))
def test_no_bytes_from_the_host_raise(data: bytes) -> None:
    bench = _bench()
    bench.wire.write(data)
    bench.run(0.05)
