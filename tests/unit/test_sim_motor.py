"""The drive: reaches its speed, stalls, brakes, never turns by itself."""

from __future__ import annotations

import pytest

from hw_sim.motor import Motor, MotorParams
from hw_sim.sensor import Sensor, SensorParams
from torquemon.units import rpm_to_deg_per_s

DT_S = 0.001


def run(motor: Motor, direction: int, load_ncm: float, seconds: float) -> float:
    angle = 0.0
    for _ in range(round(seconds / DT_S)):
        angle += motor.tick(direction, load_ncm, DT_S) * DT_S
    return angle


@pytest.mark.parametrize("speed_rpm", [15.0, 25.0, 35.0])
@pytest.mark.parametrize("load_ncm", [0.0, 10.0, 25.0])
def test_it_holds_its_speed_under_load(speed_rpm: float, load_ncm: float) -> None:
    motor = Motor(MotorParams(speed_rpm=speed_rpm))
    run(motor, 1, load_ncm, 2.0)
    assert motor.speed_deg_s == pytest.approx(rpm_to_deg_per_s(speed_rpm), rel=0.02)


def test_it_stalls_above_its_torque_and_does_not_swing_back() -> None:
    params = MotorParams()
    motor = Motor(params)
    run(motor, 1, 5.0, 1.0)
    run(motor, 1, params.stall_ncm + 5.0, 0.5)
    assert motor.speed_deg_s == 0.0


@pytest.mark.requirement("REQ-LEASE-5")
@pytest.mark.parametrize("load_ncm", [0.0, 20.0, -8.0])
def test_a_halt_brakes_within_50_ms(load_ncm: float) -> None:
    motor = Motor(MotorParams(speed_rpm=35.0))
    run(motor, 1, max(load_ncm, 0.0), 1.0)
    motor.halt()
    angle = run(motor, 1, load_ncm, 0.05)
    assert motor.speed_deg_s == 0.0
    assert 0 < angle < 5.0
    assert run(motor, 1, load_ncm, 1.0) == 0.0


@pytest.mark.parametrize("load_ncm", [-30.0, 0.0, 30.0])
def test_without_a_pedal_no_load_turns_it(load_ncm: float) -> None:
    assert run(Motor(MotorParams()), 0, load_ncm, 1.0) == 0.0


def test_reverse_turns_the_other_way_after_a_run_forward() -> None:
    motor = Motor(MotorParams())
    run(motor, 1, 3.0, 1.0)
    run(motor, -1, 3.0, 1.0)
    assert motor.speed_deg_s == pytest.approx(-150.0, rel=0.02)


def test_the_sensor_quantises_saturates_and_falls_silent() -> None:
    sensor = Sensor(SensorParams(noise_ncm=0.0, offset_ncm=0.1, drift_ncm=0.0), seed=1)
    assert sensor.sample(1.234, 0.0) == 133
    assert sensor.sample(99.0, 0.0) == 6000
    assert sensor.sample(-99.0, 0.0) == -500
    sensor.silent = True
    assert sensor.sample(1.0, 0.0) is None


def test_the_sensor_drifts_to_its_bound() -> None:
    params = SensorParams(noise_ncm=0.0, offset_ncm=0.0, drift_ncm=0.5, drift_s=10.0)
    sensor = Sensor(params, seed=1)
    for _ in range(64):
        last = sensor.sample(0.0, 100.0)
    assert last == 50
