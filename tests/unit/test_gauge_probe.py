"""The probe: finds each family at its own speed, sends only what is listed, sets nothing."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_sim.gauges.base import EmulatedGauge
from hw_sim.gauges.kinds import EMULATORS
from tests.gauge_bench import KINDS, MemoryWire, at_wrong_baud, settings_for
from torquemon.clock import ManualClock
from torquemon.drivers.errors import TransportError
from torquemon.drivers.gauges.kinds import KINDS as DRIVERS
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.probe import LONGEST_S, STEPS, FoundGauge, probe_gauge


class BaudWire(MemoryWire):
    """A wire on which a wrong speed is heard as what it is: other bytes."""

    def __init__(self, clock: ManualClock, emulator: EmulatedGauge, baud_rate: int) -> None:
        super().__init__(clock)
        self._device, self._baud = emulator, baud_rate

    def read(self, timeout_s: float) -> bytes:
        sent = self._device.unasked(self._clock.monotonic_ns() / 1e9)
        self.incoming += at_wrong_baud(sent, self._device.baud_rate, self._baud)
        return super().read(timeout_s)

    def write(self, data: bytes) -> None:
        self.written.append(data)
        answer = self._device.receive(at_wrong_baud(data, self._baud, self._device.baud_rate))
        self.incoming += at_wrong_baud(answer, self._device.baud_rate, self._baud)


@pytest.mark.parametrize("kind", KINDS)
def test_each_family_is_found_at_its_own_speed(kind: str) -> None:
    emulator, clock = EMULATORS[kind](), ManualClock()
    emulator.torque_ncm = -12.5
    begin_ns = clock.monotonic_ns()
    found = probe_gauge(partial(BaudWire, clock, emulator), clock)
    assert isinstance(found, FoundGauge)
    assert (found.kind, found.baud_rate) == (kind, emulator.baud_rate)
    assert f"--gauge {kind}:baud={emulator.baud_rate}" in found.sentence()
    assert (clock.monotonic_ns() - begin_ns) / 1e9 <= LONGEST_S + 1
    assert getattr(emulator, "set_by_host", []) == []
    assert getattr(emulator, "written", []) == []


@pytest.mark.requirement("REQ-GAU-2")
@pytest.mark.parametrize("kind", ["mecmesin", "shimpo", "unipulse"])
def test_no_family_hears_one_of_its_orders_before_it_is_found_at_any_of_its_speeds(
    kind: str,
) -> None:
    for rate in make_gauge(kind, settings_for(kind)).baudrates:
        emulator, clock = EMULATORS[kind](), ManualClock()
        emulator.baud_rate = rate
        found = probe_gauge(partial(BaudWire, clock, emulator), clock)
        if rate in {step.baud_rate for step in STEPS} and kind != "unipulse":
            assert isinstance(found, FoundGauge), rate
        assert getattr(emulator, "set_by_host", []) == [], rate
        assert getattr(emulator, "written", []) == [], rate


def test_silence_is_no_answer_and_the_probe_ends() -> None:
    clock = ManualClock()
    begin_ns = clock.monotonic_ns()
    why = probe_gauge(lambda _: MemoryWire(clock), clock)
    assert isinstance(why, str)
    assert why.startswith("no answer")
    assert (clock.monotonic_ns() - begin_ns) / 1e9 <= LONGEST_S + 1


@given(noise=st.binary(min_size=1, max_size=400))
def test_a_device_that_is_not_known_is_called_so(noise: bytes) -> None:
    clock = ManualClock()

    def wire(_: int) -> MemoryWire:
        made = MemoryWire(clock)
        made.incoming = noise
        return made

    found = probe_gauge(wire, clock)
    if isinstance(found, FoundGauge):
        assert found.kind in DRIVERS
    else:
        assert found.startswith("unknown device")


def test_a_port_that_is_in_use_is_left_alone() -> None:
    def held(_: int) -> MemoryWire:
        raise TransportError("COM3 is in use by another program: close that first")

    assert probe_gauge(held, ManualClock()) == "COM3 is in use by another program: close that first"
