"""The twin as a whole: numbering, streaming at every rate, inputs, silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hw_sim.device import DeviceConfig, HandpieceParams
from hw_sim.handpiece import Handpiece
from hw_sim.minihost import MiniHost
from hw_sim.operator import Script, patient
from hw_sim.scenarios import scenario
from hw_sim.sensor import SensorParams
from hw_sim.twin import Twin
from torquemon.drivers.codec import Capability, Result
from torquemon.model import ArmState, StopReason

IDLE: Script = lambda _handpiece: iter(())  # noqa: E731 - a script of one line


def idle_host(device: DeviceConfig, sensor: SensorParams | None = None) -> MiniHost:
    params = HandpieceParams(device=device, sensor=sensor or SensorParams())
    host = MiniHost(Twin(Handpiece(params, seed=1), IDLE))
    host.greet()
    return host


@pytest.mark.parametrize("rate_hz", [50, 100, 300, 833, 1000, 1600, 2000])
def test_it_streams_at_its_rate_and_watches_at_1_khz_or_more(rate_hz: int) -> None:
    host = idle_host(DeviceConfig(sample_rate_hz=rate_hz))
    host.run(2.0)
    assert host.twin.handpiece.control_hz >= 1000
    assert len(host.samples) == pytest.approx(2 * rate_hz, abs=0.02 * rate_hz + 2)
    steps = [
        after[1] - before[1] for before, after in zip(host.samples, host.samples[1:], strict=False)
    ]
    assert max(steps) - min(steps) <= 1
    assert steps[0] == pytest.approx(1e6 / rate_hz, abs=1)


@pytest.mark.parametrize("rate_hz", [9, 49, 2001])
def test_a_rate_outside_the_protocol_is_refused(rate_hz: int) -> None:
    with pytest.raises(ValueError, match="50 to 2000"):
        DeviceConfig(sample_rate_hz=rate_hz)


def test_numbers_go_round_at_32_bits_and_a_halt_there_is_told() -> None:
    host = idle_host(DeviceConfig(first_seq=2**32 - 50))
    host.run(0.1)
    assert host.samples[0][0] >= 2**32 - 50
    host.stop()
    host.run(0.1)
    assert host.notices[0].seq < 100
    assert host.samples[-1][0] < 200
    assert host.state is not None
    assert host.state.latch_seq == host.notices[0].seq


def test_a_stop_before_the_first_sample_is_told_too() -> None:
    host = idle_host(DeviceConfig(sample_rate_hz=50))
    host.twin.advance(0.002)
    host.stop()
    host.run(0.05)
    assert (host.notices[0].reason, host.notices[0].seq) == (StopReason.HOST_ALERT, 0)


def test_a_silent_sensor_marks_readings_and_halts_an_armed_device() -> None:
    host = idle_host(DeviceConfig())
    host.run(0.1)
    host.arm(1000)
    host.twin.handpiece.sensor.silent = True
    host.run(0.05)
    assert host.notices[0].reason is StopReason.SENSOR_SILENT


def test_a_tare_takes_the_offset_away_and_one_too_large_is_refused() -> None:
    host = idle_host(DeviceConfig(), SensorParams(offset_ncm=0.8))
    host.run(0.3)
    assert sum(counts for _, _, counts in host.samples[-100:]) / 100 == pytest.approx(80, abs=5)
    host.tare()
    host.run(0.3)
    assert sum(counts for _, _, counts in host.samples[-100:]) / 100 == pytest.approx(0, abs=3)
    far = idle_host(DeviceConfig(), SensorParams(offset_ncm=1.3))
    far.run(0.3)
    far.tare()
    far.run(0.02)
    assert far.acks[-1].result is Result.OUT_OF_RANGE


def test_a_device_that_reads_low_runs_past_by_its_error() -> None:
    chosen = scenario("root-contact")
    params = replace(chosen.params, sensor=SensorParams(gain=0.65))
    handpiece = chosen.handpiece(seed=1, params=params)
    host = MiniHost(Twin(handpiece, chosen.script))
    host.greet()
    host.run(0.3)
    host.arm(1200)
    host.run_until_done()
    assert host.notices[0].reason is StopReason.THRESHOLD
    assert 17.5 < handpiece.peak_ncm < 20.0  # 12 / 0.65 = 18.5


@pytest.mark.requirement("REQ-DEV-2")
def test_the_pedal_does_nothing_while_halted_and_the_button_clears() -> None:
    host = idle_host(DeviceConfig())
    handpiece = host.twin.handpiece
    host.run(0.05)
    handpiece.pedal = True
    host.run(0.5)
    handpiece.press_stop_button()
    host.run(0.5)
    assert host.notices[0].reason is StopReason.OPERATOR
    assert not handpiece.motor.turning
    assert not handpiece.operator_acknowledges(), "the pedal is still pressed"
    handpiece.pedal = False
    assert handpiece.operator_acknowledges()
    assert handpiece.arm_state is ArmState.DISARMED
    host.run(0.2)
    assert not handpiece.motor.turning, "clearing a latch started the motor"
    handpiece.pedal = True
    host.run(0.2)
    assert handpiece.motor.turning


def test_a_patient_operator_begins_when_the_host_has_armed_or_the_patience_ends() -> None:
    def pressing(handpiece: Handpiece) -> Iterator[None]:
        handpiece.pedal = True
        yield

    def host(capabilities: Capability | None = None) -> MiniHost:
        device = DeviceConfig() if capabilities is None else DeviceConfig(capabilities=capabilities)
        twin = Twin(Handpiece(HandpieceParams(device=device), seed=1), patient(pressing, 5.0))
        made = MiniHost(twin)
        made.greet()
        return made

    begun: list[bool] = []

    def pressed(made: MiniHost) -> bool:
        return made.twin.done

    armed, never_armed, warn_only = host(), host(), host(Capability.ANGLE)
    for made in (armed, never_armed, warn_only):
        made.run(1.0)
        begun.append(pressed(made))
    assert begun == [False, False, True]
    armed.tare()
    armed.run(0.3)
    armed.arm(1000)
    for made in (armed, never_armed):
        made.run(0.2)
    assert pressed(armed)
    assert not pressed(never_armed)
    never_armed.run(4.0)
    assert pressed(never_armed)
