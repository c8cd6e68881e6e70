"""One insertion as a curve with its truth, without the wire: for labelled data and for figures.

    curve = simulate_insertion(InsertionParams(contact=Contact.hard()), seed=7)
    curve.time_s, curve.torque_ncm, curve.angle_deg, curve.speed_rpm, curve.truth

Bone, motor and sensor are those of the handpiece; the firmware is left out, so nothing stops the
motor but the course that is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from hw_sim.bone import Bone
from hw_sim.landmarks import InsertionParams
from hw_sim.motor import Motor, MotorParams
from hw_sim.sensor import Sensor, SensorParams
from torquemon.units import DEGREES_PER_TURN, SECONDS_PER_MINUTE

_CONTROL_HZ: Final = 1000
_LEAD_S: Final = 0.2
"""Rest before and after the turning."""


@dataclass(frozen=True, slots=True)
class Course:
    """What the operator does. Angles are those of the screw, in degrees from the first touch.

    `pauses` are (angle, seconds), `backs` (angle, turns back). The turning ends at `end_deg`, by
    default `past_seat_deg` after the seat; never later than `at_most_s`. With `removal` the screw
    starts at its seat and is turned out.
    """

    pauses: tuple[tuple[float, float], ...] = ()
    backs: tuple[tuple[float, float], ...] = ()
    end_deg: float | None = None
    past_seat_deg: float = 22.0
    at_most_s: float = 120.0
    removal: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    """Turning in one direction up to an angle, then a rest."""

    direction: int
    until_deg: float
    rest_s: float


@dataclass(slots=True)
class Truth:
    """What really happened; times in seconds from the first sample, None where it did not.

    `contact_slope_ncm_per_turn` is the slope of the root alone, past its rounded foot.
    `max_torque_ncm` is the true torque on the bit, before the sensor.
    """

    contact_time_s: float | None = None
    contact_angle_deg: float | None = None
    contact_slope_ncm_per_turn: float | None = None
    seat_time_s: float | None = None
    seat_angle_deg: float | None = None
    strip_time_s: float | None = None
    fracture_time_s: float | None = None
    slip_times_s: list[float] = field(default_factory=list)
    max_torque_ncm: float = 0.0
    max_torque_time_s: float = 0.0
    legs: list[tuple[float, float, str]] = field(default_factory=list)
    """(start, end, "forward" | "back" | "rest") without gaps."""


@dataclass(frozen=True, slots=True)
class SimulatedCurve:
    """Equally long lists at a fixed rate. `torque_ncm` is measured, `true_torque_ncm` is not.

    `angle_deg` is what the handpiece counts, `screw_deg` where the screw really stands.
    """

    time_s: list[float]
    torque_ncm: list[float]
    angle_deg: list[float]
    speed_rpm: list[float]
    true_torque_ncm: list[float]
    screw_deg: list[float]
    truth: Truth

    def first_crossing_s(self, threshold_ncm: float) -> float | None:
        """Time at which the true torque first reaches a threshold; None where it never does."""
        for time_s, torque_ncm in zip(self.time_s, self.true_torque_ncm, strict=True):
            if torque_ncm >= threshold_ncm:
                return time_s
        return None


def simulate_insertion(
    params: InsertionParams,
    seed: int,
    *,
    rate_hz: int = 1000,
    course: Course | None = None,
    motor: MotorParams | None = None,
    sensor: SensorParams | None = None,
) -> SimulatedCurve:
    """Simulate one insertion (or removal). The same arguments give the same curve.

    `rate_hz` is 10 to 2000. Raises ValueError outside that.
    """
    if not 10 <= rate_hz <= 2000:  # noqa: PLR2004 - stated in the docstring
        raise ValueError(f"a rate lies in 10 to 2000 Hz, not {rate_hz}")
    course = course or Course()
    start_deg = params.seat_deg if course.removal else 0.0
    rig = _Rig(
        Bone(params, seed, start_deg=start_deg),
        Motor(motor or MotorParams()),
        Sensor(sensor or SensorParams(), seed),
        rate_hz,
        (sensor or SensorParams()).resolution_ncm,
    )
    rig.rest(_LEAD_S)
    for leg in _legs(params, course):
        rig.turn(leg, course.at_most_s)
        rig.rest(leg.rest_s)
    rig.rest(_LEAD_S)
    return rig.curve()


def _legs(params: InsertionParams, course: Course) -> Iterator[Leg]:
    if course.removal:
        yield Leg(-1, -90.0, 0.0)
        return
    end_deg = course.end_deg
    if end_deg is None:
        end_deg = params.seat_deg + course.past_seat_deg
    stops = [(angle, seconds, 0.0) for angle, seconds in course.pauses]
    stops += [(angle, 0.4, turns) for angle, turns in course.backs]
    for angle_deg, rest_s, back_turns in sorted(stops):
        if angle_deg >= end_deg:
            break
        yield Leg(1, angle_deg, rest_s)
        if back_turns:
            yield Leg(-1, angle_deg - back_turns * DEGREES_PER_TURN, rest_s)
    yield Leg(1, end_deg, 0.0)


class _Rig:
    """Bone, motor and sensor on a bench, with the sheet on which everything is written down."""

    def __init__(
        self, bone: Bone, motor: Motor, sensor: Sensor, rate_hz: int, resolution_ncm: float
    ) -> None:
        self._bone = bone
        self._motor = motor
        self._sensor = sensor
        self._every = max(1, math.ceil(_CONTROL_HZ / rate_hz))
        self._rate_hz = rate_hz
        self._dt_s = 1.0 / (rate_hz * self._every)
        self._resolution_ncm = resolution_ncm
        self._ticks = 0
        self._angle_deg = 0.0
        self._sheet = SimulatedCurve([], [], [], [], [], [], Truth())

    def turn(self, leg: Leg, at_most_s: float) -> None:
        """Turn until the angle of the leg is reached, then let the motor come to rest."""
        start_s = self._now_s
        bone, forward = self._bone, leg.direction > 0
        while self._now_s < at_most_s:
            reached = (
                bone.angle_deg >= leg.until_deg if forward else bone.angle_deg <= leg.until_deg
            )
            if reached:
                break
            self._tick(leg.direction)
        while self._motor.turning:
            self._tick(0)
        self._sheet.truth.legs.append((start_s, self._now_s, "forward" if forward else "back"))

    def rest(self, seconds: float) -> None:
        """Let time pass with the motor still."""
        if seconds <= 0:
            return
        start_s = self._now_s
        for _ in range(round(seconds / self._dt_s)):
            self._tick(0)
        self._sheet.truth.legs.append((start_s, self._now_s, "rest"))

    def curve(self) -> SimulatedCurve:
        """Return what was written down."""
        truth, params = self._sheet.truth, self._bone.params
        if truth.contact_time_s is not None and params.contact is not None:
            truth.contact_angle_deg = params.contact_deg
            truth.contact_slope_ncm_per_turn = params.contact.slope_ncm_per_turn
        if truth.seat_time_s is not None:
            truth.seat_angle_deg = params.seat_deg
        return self._sheet

    @property
    def _now_s(self) -> float:
        return self._ticks * self._dt_s

    def _tick(self, direction: int) -> None:
        bone = self._bone
        slips = bone.slips
        speed = self._motor.tick(direction, bone.torque_ncm, self._dt_s)
        step_deg = speed * self._dt_s
        torque = bone.turn(step_deg, self._dt_s)
        self._angle_deg += step_deg
        now_s = self._now_s
        if self._ticks % self._every == 0:
            self._write(now_s, torque, speed)
        self._ticks += 1
        if step_deg > 0:
            self._note(now_s, torque, slipped=bone.slips > slips)

    def _write(self, now_s: float, torque_ncm: float, speed_deg_s: float) -> None:
        sheet = self._sheet
        counts = self._sensor.sample(torque_ncm, now_s)
        if counts is None:
            raise RuntimeError("the sensor of a curve without a wire never falls silent")
        sheet.time_s.append(len(sheet.time_s) / self._rate_hz)
        sheet.torque_ncm.append(round(counts * self._resolution_ncm, 6))
        sheet.angle_deg.append(round(self._angle_deg, 3))
        sheet.speed_rpm.append(speed_deg_s / DEGREES_PER_TURN * SECONDS_PER_MINUTE)
        sheet.true_torque_ncm.append(torque_ncm)
        sheet.screw_deg.append(self._bone.angle_deg)

    def _note(self, now_s: float, torque_ncm: float, *, slipped: bool) -> None:
        truth, bone = self._sheet.truth, self._bone
        if torque_ncm > truth.max_torque_ncm:
            truth.max_torque_ncm = torque_ncm
            truth.max_torque_time_s = now_s
        if truth.contact_time_s is None and bone.in_contact:
            truth.contact_time_s = now_s
        if truth.seat_time_s is None and bone.seated:
            truth.seat_time_s = now_s
        if truth.strip_time_s is None and bone.stripped:
            truth.strip_time_s = now_s
        if truth.fracture_time_s is None and bone.broken:
            truth.fracture_time_s = now_s
        if slipped:
            truth.slip_times_s.append(now_s)
