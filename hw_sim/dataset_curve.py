"""Turn a plan into a measured curve and its truth. Millisecond by millisecond, then sampled."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from hw_sim.dataset_plan import HARD, NO_CONTACT, Plan
from hw_sim.tissue import torque_by_depth

Floats = npt.NDArray[np.float64]

_DT_S: Final = 0.001
_LEAD_DEG: Final = 30.0
"""The bit turns freely before the tip touches."""
_BEYOND_DEG: Final = 400
_STALL_NCM: Final = 45.0
_REMOVAL_SHARE: Final = -0.5
_CUT_SHARE: Final = 0.7
_TURN_ROUND_DEG: Final = 5.0
_MAX_GAP_S: Final = 0.06
_STILL_DEG: Final = 1e-4
_RELAX_SHARE: Final = 0.32
"""Torque lost in a long pause [E]; makers advise 10-20 s, after a week 36-41 % are gone."""
_QUICK_SHARE: Final = 0.15
"""Share of it that goes at once, with dynamic friction and wind-up [E]."""


@dataclass(frozen=True, slots=True)
class LabelledCurve:
    """A measured curve with what really happened. Times in s from the first sample."""

    plan: Plan
    time_s: Floats
    torque_ncm: Floats
    angle_deg: Floats
    true_time_s: Floats
    true_torque_ncm: Floats
    contact_s: float | None
    seat_s: float | None
    gave_way_s: float | None

    @property
    def max_torque_ncm(self) -> float:
        """True maximum of the torque on the bit within the recording."""
        return float(self.true_torque_ncm.max())

    def crossing_s(self, limit_ncm: float) -> float | None:
        """When the true torque first passes a limit; None if it never does."""
        over = np.flatnonzero(self.true_torque_ncm > limit_ncm)
        return float(self.true_time_s[over[0]]) if len(over) else None


def simulate(plan: Plan, rng: random.Random) -> LabelledCurve:
    """Simulate the plan. The same plan and generator state give the same curve."""
    noise = np.random.default_rng(rng.getrandbits(64))
    fresh = _fresh_torque(plan, noise)
    speed = _speed_profile(plan)
    rotation, torque, deepest, gave_way = _history(plan, fresh, speed)
    contact_s = None
    if plan.contact != NO_CONTACT:
        contact_s = _first_s(deepest >= plan.contact_mm / plan.geometry.pitch_mm * 360.0)
    seat_s = _first_s(deepest >= plan.seat_mm / plan.geometry.pitch_mm * 360.0)
    end = _end_index(plan, torque, contact_s, seat_s)
    torque, rotation = _let_go(torque[:end], rotation[:end])
    times = np.arange(len(torque), dtype=np.float64) * _DT_S
    last_s = times[-1]
    sampled = _sample(plan, noise, times, torque, rotation)
    return LabelledCurve(
        plan,
        *sampled,
        true_time_s=times,
        true_torque_ncm=torque,
        contact_s=contact_s if contact_s is not None and contact_s <= last_s else None,
        seat_s=seat_s if seat_s is not None and seat_s <= last_s else None,
        gave_way_s=gave_way if gave_way is not None and gave_way <= last_s else None,
    )


def _first_s(mask: npt.NDArray[np.bool_]) -> float | None:
    places = np.flatnonzero(mask)
    return float(places[0]) * _DT_S if len(places) else None


def _end_index(plan: Plan, torque: Floats, contact_s: float | None, seat_s: float | None) -> int:
    """Where the recording ends: after a hard contact once the operator reacts, or at a stall."""
    end = len(torque)
    if plan.contact == HARD and contact_s is not None and (seat_s is None or contact_s < seat_s):
        end = min(end, int((contact_s + plan.reaction_s) / _DT_S))
    stalled = np.flatnonzero(torque > _STALL_NCM)
    return min(end, int(stalled[0]) + 1) if len(stalled) else end


def _let_go(torque: Floats, rotation: Floats) -> tuple[Floats, Floats]:
    """End the recording with the foot off the pedal: the screw stands, the torque relaxes."""
    after = np.arange(1, 401) * _DT_S
    relaxing = torque[-1] * (0.7 + 0.3 * np.exp(-after / 0.15))
    return np.concatenate((torque, relaxing)), np.concatenate(
        (rotation, np.full(len(after), rotation[-1]))
    )


def _fresh_torque(plan: Plan, noise: np.random.Generator) -> Floats:
    """Torque in fresh bone at each whole degree from the first touch."""
    pitch = plan.geometry.pitch_mm
    seat_deg = plan.seat_mm / pitch * 360.0
    angles = np.arange(int(seat_deg) + _BEYOND_DEG, dtype=np.float64)
    depths = np.minimum(angles / 360.0 * pitch, plan.seat_mm)
    grid = np.linspace(0.0, plan.seat_mm, 240)
    base = np.array(torque_by_depth(plan.geometry, plan.tissue, grid.tolist())) * plan.density
    torque = np.interp(depths, grid, base)
    torque += plan.running_slope * np.minimum(angles, seat_deg) / 360.0
    if plan.far_cortex is not None:
        at_mm, slope, thick_mm = plan.far_cortex
        into = np.clip((depths - at_mm) / thick_mm, 0.0, 1.0)
        torque += slope * thick_mm / pitch * into * into * (3.0 - 2.0 * into) / 1.5
    if plan.contact != NO_CONTACT:
        torque += _rise(angles - plan.contact_mm / pitch * 360.0, plan)
    for bump in plan.bumps:
        x = np.clip((angles - bump.centre_deg) / bump.width_deg, -0.5, 0.5)
        torque *= 1.0 + bump.share * np.cos(math.pi * x) ** 2
    wobble = plan.wobble_share * np.sin(np.radians(angles) + math.tau * plan.wobble_phase)
    grain = _grain(noise, len(angles), plan.grain_share)
    torque *= 1.0 + wobble + grain
    torque += plan.seat_slope * np.maximum(angles - seat_deg, 0.0) / 360.0
    return torque


def _rise(beyond: Floats, plan: Plan) -> Floats:
    """Extra torque of the root: a rounded foot, then its slope; it flattens far above."""
    foot = max(plan.contact_foot_deg, 1e-6)
    beyond = np.maximum(beyond, 0.0)
    run = np.where(beyond < foot, beyond * beyond / (2.0 * foot), beyond - foot / 2.0)
    linear = plan.contact_slope * run / 360.0
    plateau = 60.0 if plan.contact == HARD else 25.0
    return plateau * -np.expm1(-linear / plateau)


def _grain(noise: np.random.Generator, count: int, share: float) -> Floats:
    """Smooth unevenness of bone with a length of about 25 degrees."""
    kernel = np.hanning(51)
    kernel /= math.sqrt(float((kernel * kernel).sum()))
    return np.convolve(noise.normal(0.0, share, count + 50), kernel, mode="valid")[:count]


def _speed_profile(plan: Plan) -> Floats:
    """Speed in degrees per second for each millisecond, ramps included."""
    seat_deg = plan.seat_mm / plan.geometry.pitch_mm * 360.0
    base = plan.speed_rpm * 6.0
    parts: list[Floats] = [np.zeros(300)]
    where = -_LEAD_DEG
    marks: list[tuple[float, float, float, float]] = [
        (stop.at_deg, stop.rest_s, stop.back_deg, 0.0) for stop in plan.stops
    ]
    marks += [(at_deg, 0.0, 0.0, factor) for at_deg, factor in plan.speed_changes]
    now = base
    for at_deg, rest_s, back_deg, factor in [
        *sorted(marks),
        (seat_deg + plan.past_seat_deg, 0.5, 0, 0),
    ]:
        parts.append(np.full(int(max(0.0, at_deg - where) / now / _DT_S), now))
        where = max(where, at_deg)
        if factor:
            now = base * factor
            continue
        parts.append(np.zeros(int(rest_s / _DT_S)))
        if back_deg:
            count = int(back_deg / now / _DT_S)
            parts += [np.full(count, -now), np.zeros(200), np.full(count, now)]
    flat = np.concatenate(parts)
    ramp = np.full(40, 1.0 / 40.0)
    return np.convolve(flat, ramp)[: len(flat)]


def _history(
    plan: Plan, fresh: Floats, speed: Floats
) -> tuple[Floats, Floats, Floats, float | None]:
    """Let rotation, relaxation, restart, cut thread and what gives way act on fresh torque."""
    hole = _Hole(plan, fresh)
    rows = [hole.turn(rate) for rate in speed.tolist()]
    bit, torque, deepest = (
        np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)
    )
    gave_way = None if hole.gave_way is None else hole.gave_way * _DT_S
    return bit, torque, deepest, gave_way


class _Hole:
    """One hole with its history, millisecond by millisecond."""

    def __init__(self, plan: Plan, fresh: Floats) -> None:
        seat_deg = plan.seat_mm / plan.geometry.pitch_mm * 360.0
        self._plan = plan
        self._table: list[float] = fresh.tolist()
        self._gives = max(3.0, 0.85 * float(fresh[: int(seat_deg)].max()))
        self._nominal = plan.speed_rpm * 6.0
        self._bit = self._angle = self._deepest = -_LEAD_DEG
        self._relaxed = self._over = self._slip_left = 0.0
        self._drive = self._left = 1.0
        self._rested = False
        self._ticks = 0
        self.gave_way: int | None = None

    def turn(self, rate: float) -> tuple[float, float, float]:
        """Turn for a millisecond at `rate` deg/s; return bit angle, torque, deepest angle."""
        plan = self._plan
        self._ticks += 1
        turned = rate * _DT_S
        size = abs(turned)
        self._bit += turned
        if self._slip_left > 0.0 and turned > 0.0:
            self._slip_left -= turned
            turned = 0.0
            self._drive = 0.25
        self._angle += turned
        self._drive += (self._target(rate) - self._drive) * min(1.0, size / _TURN_ROUND_DEG)
        self._deepest = max(self._deepest, self._angle)
        self._relax(size)
        swift = rate / self._nominal - 1.0 if rate >= 0.0 else 0.0
        sticks = 0.0 if self._rested else self._over
        sound = self._fresh() * self._drive * (1.0 - self._relaxed + sticks)
        sound *= 1.0 + plan.speed_share * swift
        if plan.give_way and rate > 0.0:
            self._give_way(sound, size)
        return self._bit, sound * self._left, self._deepest

    def _target(self, rate: float) -> float:
        if rate < 0.0:
            return _REMOVAL_SHARE
        return _CUT_SHARE if self._angle < self._deepest - 0.5 else 1.0

    def _fresh(self) -> float:
        """Torque of fresh bone at the present angle."""
        if self._angle <= 0.0:
            return 0.0
        place = min(int(self._angle), len(self._table) - 2)
        low = self._table[place]
        return low + (self._table[place + 1] - low) * min(1.0, self._angle - place)

    def _relax(self, size: float) -> None:
        """Lose torque at rest, regain it within some degrees, stick a little at the restart."""
        if size < _STILL_DEG:
            quick = self._relaxed < _QUICK_SHARE
            self._relaxed += (_RELAX_SHARE - self._relaxed) * _DT_S / (0.1 if quick else 4.0)
            self._rested = True
            return
        if self._rested:
            self._rested = False
            self._over = self._plan.overshoot_share
        self._relaxed *= 1.0 - min(1.0, size / self._plan.recovery_deg)
        self._over *= 1.0 - min(1.0, size / 15.0)

    def _give_way(self, sound: float, size: float) -> None:
        """Let bit, thread or tip give way above what they bear."""
        kind = self._plan.give_way
        if sound > self._gives:
            if self.gave_way is None:
                self.gave_way = self._ticks
            if kind == "cam-out" and self._slip_left <= 0.0:
                self._slip_left = 40.0
        if self.gave_way is None:
            return
        if kind == "fracture":
            self._left *= 1.0 - min(1.0, size / 15.0)
        elif kind == "strip":
            self._left += (0.2 - self._left) * min(1.0, size / 200.0)


def _sample(
    plan: Plan, noise: np.random.Generator, times: Floats, torque: Floats, rotation: Floats
) -> tuple[Floats, Floats, Floats]:
    """Measure: rate, jitter, gaps, noise, drift, quantisation, electrical spikes."""
    sensor = plan.sensor
    count = int(times[-1] * sensor.rate_hz)
    at = np.arange(count) / sensor.rate_hz
    at += noise.uniform(-0.5, 0.5, count) * sensor.jitter_share / sensor.rate_hz
    at = np.round(np.maximum(at - at[0], 0.0), 6)
    keep = np.ones(count, dtype=np.bool_)
    for _ in range(sensor.gaps):
        start = noise.uniform(0.0, float(at[-1]))
        keep &= (at < start) | (at > start + noise.uniform(0.01, _MAX_GAP_S))
    at = at[keep]
    at = at[np.concatenate(([True], np.diff(at) > 0))]
    count = len(at)
    value = np.interp(at, times, torque) + sensor.offset_ncm
    value += sensor.drift_ncm * at / max(float(at[-1]), 1.0)
    value += noise.normal(0.0, 1.0, count) * sensor.noise_ncm
    for _ in range(sensor.spikes):
        place = int(noise.integers(0, count - 2))
        value[place : place + int(noise.integers(1, 3))] += noise.choice((-1.0, 1.0)) * (
            noise.uniform(3.0, 40.0)
        )
    value = np.round(np.round(value / sensor.step_ncm) * sensor.step_ncm, 4)
    angle = np.interp(at, times, rotation) - rotation[0]
    angle = np.round(np.round(angle / sensor.angle_step_deg) * sensor.angle_step_deg, 3)
    return at, value, angle
