"""A gauge as the monitor sees it: a device that cannot stop, marked, with its own bytes kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_sim.gauges.base import EmulatedGauge
from hw_sim.gauges.kinds import EMULATORS
from hw_sim.gauges.mark10 import EmulatedMark10
from tests.gauge_bench import KINDS, MemoryWire, settings_for
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
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.drivers.gauges.talk import Talk
from torquemon.drivers.link import Answered, Connected, DeviceSays, Link, LinkEvent, Samples
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


def test_an_instrument_that_is_too_slow_for_live_use_is_refused_with_what_it_is_good_for() -> None:
    with pytest.raises(GaugeError, match="use it for `torquemon calibrate`"):
        GaugeOpener("gauge:lutron:unit=N.cm@COM3", ManualClock())


@given(data=st.binary(max_size=300))
def test_no_bytes_from_the_host_raise(data: bytes) -> None:
    bench = _bench()
    bench.wire.write(data)
    bench.run(0.05)
