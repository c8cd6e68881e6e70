"""A second curve model that shares nothing with `hw_sim`: other forms, drawn over the angle.

The figures of the judge must hold on curves of any honest model. Here the cortex is a straight or
logistic ramp, the taper of the last millimetre a power of the depth (up to 15 N·cm per turn), the
seat an exponential, the wobble has a second harmonic and wanders, a contact is a broken line, a
pause relaxes with the logarithm of time, noise is partly uniform and partly slow. All ranges [E].
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_STEP_S = 0.002
_STALL_NCM = 40.0


@dataclass(frozen=True, slots=True)
class OtherCurve:
    """A measured curve with its truth; times in s from the first sample."""

    time_s: Floats
    torque_ncm: Floats
    angle_deg: Floats
    true_time_s: Floats
    true_torque_ncm: Floats
    contact: str
    contact_s: float | None
    seat_s: float | None
    body_mm: float
    pitch_mm: float
    speed_rpm: float


def other_curve(seed: int) -> OtherCurve:
    """Return curve `seed`; the same number gives the same curve."""
    rng = random.Random(f"other {seed}")  # noqa: S311 - seeded on purpose
    noise = np.random.default_rng(seed + 1_000_000)
    body_mm = rng.choice((6.0, 8.0, 9.0))
    pitch_mm = rng.uniform(0.7, 1.0)
    seat_mm = body_mm + max(-0.7, min(0.7, rng.gauss(0.0, 0.25)))
    contact = rng.choices(("none", "glancing", "hard"), (0.5, 0.22, 0.28))[0]
    contact_mm = rng.uniform(2.1, min(seat_mm, body_mm) - 1.0)
    speed_rpm = rng.uniform(15.0, 35.0)
    angle, free_deg = _path(rng, speed_rpm, seat_mm / pitch_mm * 360.0)
    deepest = np.maximum.accumulate(angle) - free_deg
    touch_deg = contact_mm / pitch_mm * 360.0
    steep = 0.0
    if contact != "none":
        steep = rng.uniform(40, 260) if contact == "hard" else rng.uniform(12, 30)
    torque = _over_angle(rng, deepest, pitch_mm, body_mm, seat_mm)
    torque += _broken_line(rng, deepest - touch_deg, steep)
    torque *= _history(rng, angle, deepest + free_deg)
    end = len(angle)
    contact_s = _first_s(deepest >= touch_deg) if contact != "none" else None
    if contact == "hard" and contact_s is not None:
        end = min(end, int((contact_s + 1.3) / _STEP_S))
    end = min(end, int(np.argmax(torque > _STALL_NCM)) or end)
    torque, angle = _stand(torque[:end], angle[:end])
    times = np.arange(len(torque), dtype=np.float64) * _STEP_S
    seat_s = _first_s(deepest >= seat_mm / pitch_mm * 360.0)
    last_s = float(times[-1])
    at, value, turned = _measure(rng, noise, times, torque, angle)
    return OtherCurve(
        time_s=at,
        torque_ncm=value,
        angle_deg=turned,
        true_time_s=times,
        true_torque_ncm=torque,
        contact=contact,
        contact_s=contact_s if contact_s is not None and contact_s < last_s else None,
        seat_s=seat_s if seat_s is not None and seat_s < last_s else None,
        body_mm=body_mm,
        pitch_mm=pitch_mm,
        speed_rpm=speed_rpm,
    )


def _stand(torque: Floats, angle: Floats) -> tuple[Floats, Floats]:
    """End with the screw standing for half a second and the torque relaxing."""
    after = np.arange(1, 251) * _STEP_S
    relaxing = torque[-1] * (1.0 - 0.06 * np.log1p(after / 0.03))
    still = np.full(len(after), angle[-1])
    return np.concatenate((torque, relaxing)), np.concatenate((angle, still))


def _first_s(mask: npt.NDArray[np.bool_]) -> float | None:
    places = np.flatnonzero(mask)
    return float(places[0]) * _STEP_S if len(places) else None


def _path(rng: random.Random, speed_rpm: float, seat_deg: float) -> tuple[Floats, float]:
    """Angle over time: turning with pauses, stutters and ways back; and the free way before."""
    free_deg = rng.uniform(20.0, 200.0)
    rate = speed_rpm * 6.0
    where, pieces = 0.0, [np.zeros(rng.randrange(50, 300))]
    stops = sorted(rng.uniform(0.2, 0.95) * seat_deg for _ in range(rng.choice((0, 0, 1, 2, 4))))
    for stop in [*stops, seat_deg + rng.uniform(8.0, 40.0)]:
        rate = speed_rpm * 6.0 * rng.uniform(0.85, 1.15)
        count = max(1, int((stop + free_deg - where) / rate / _STEP_S))
        pieces.append(np.full(count, rate))
        where += count * rate * _STEP_S
        pieces.append(np.zeros(int(rng.choice((0.08, 0.2, 1.0, 4.0)) / _STEP_S)))
        if stop in stops and rng.random() < 0.25:  # noqa: PLR2004 - one stop in four
            back = int(rng.uniform(60.0, 200.0) / rate / _STEP_S)
            pieces += [np.full(back, -rate), np.zeros(100), np.full(back, rate)]
    speed = np.convolve(np.concatenate(pieces), np.hanning(26)[1:-1] / np.hanning(26).sum())
    return np.cumsum(speed) * _STEP_S, free_deg


def _over_angle(
    rng: random.Random, deg: Floats, pitch_mm: float, body_mm: float, seat_mm: float
) -> Floats:
    """Torque of sound bone over the deepest angle."""
    mm = np.maximum(deg, 0.0) / 360.0 * pitch_mm
    top = rng.uniform(2.0, 7.0)
    thick = max(rng.uniform(0.8, 1.9), top * pitch_mm / 15.0)
    if rng.random() < 0.5:  # noqa: PLR2004 - either form
        torque = top * np.minimum(mm / thick, 1.0)
    else:
        torque = top / (1.0 + np.exp(-(mm - thick / 2.0) / (thick / 8.0)))
        torque -= torque[0]
    torque += rng.uniform(0.0, 0.9) * np.maximum(mm - thick, 0.0) / pitch_mm
    length = rng.uniform(0.8, 2.0)
    power = rng.uniform(1.0, 2.0)
    into = np.clip((mm - (body_mm - length)) / length, 0.0, 1.0)
    torque += rng.uniform(0.0, 15.0) * length / pitch_mm / power * into**power * rng.random()
    if rng.random() < 0.12:  # noqa: PLR2004 - a far cortex in one of eight
        far = rng.uniform(4.0, body_mm)
        ramp = np.clip((mm - far) / rng.uniform(0.6, 1.4), 0.0, 1.0)
        torque += rng.uniform(1.0, 5.0) * ramp * ramp
    share, second = rng.uniform(0.0, 0.08), rng.uniform(0.0, 0.02)
    turn = np.radians(deg) * rng.uniform(0.99, 1.01) + rng.uniform(0.0, math.tau)
    torque *= 1.0 + share * np.sin(turn) + second * np.sin(2.0 * turn + 1.0)
    for _ in range(rng.randrange(3)):
        width = rng.uniform(30.0, 120.0)
        away = (deg - rng.uniform(0.2, 0.9) * deg[-1]) / width
        torque *= 1.0 + rng.choice((1, -1)) * rng.uniform(0.0, 0.15) * np.exp(-away * away * 2.0)
    beyond = np.maximum(mm - seat_mm, 0.0) / pitch_mm
    return torque + rng.uniform(18.0, 70.0) * 0.15 * np.expm1(np.minimum(beyond / 0.15, 4.0))


def _broken_line(rng: random.Random, beyond_deg: Floats, steep: float) -> Floats:
    """The root: a broken line that bends once more after some torque."""
    turns = np.maximum(beyond_deg, 0.0) / 360.0
    bend = rng.uniform(0.3, 0.8)
    rise = steep * turns
    later = steep * bend + 0.6 * steep * (turns - bend)
    return np.where(turns < bend, rise, later)


def _history(rng: random.Random, angle: Floats, deepest: Floats) -> Floats:
    """Factor from pauses, restarts and turning in a thread that is already cut."""
    back_deg = rng.uniform(2.0, 7.0)
    cut = rng.uniform(0.5, 0.9)
    factor = np.ones(len(angle))
    rest, since_deg, loss = 0.0, 1e9, 0.0
    for index in range(1, len(angle)):
        turned = angle[index] - angle[index - 1]
        if abs(turned) < 1e-3:  # noqa: PLR2004 - at rest
            rest += _STEP_S
            loss = min(0.35, max(loss, 0.08 * math.log1p(rest / 0.05)))
            since_deg = 0.0
        else:
            rest = 0.0
            since_deg += abs(turned)
            if since_deg > back_deg:
                loss = 0.0
        value = 1.0 - loss * math.exp(-3.0 * min(since_deg, 1e3) / back_deg)
        if turned < -1e-3:  # noqa: PLR2004 - turning back
            value *= -0.4
        elif angle[index] < deepest[index] - 1.0:
            value *= cut
        factor[index] = value
    return factor


def _measure(
    rng: random.Random, noise: np.random.Generator, times: Floats, torque: Floats, angle: Floats
) -> tuple[Floats, Floats, Floats]:
    """Sample, add noise, quantise."""
    rate = rng.choice((100.0, 125.0, 200.0, 250.0, 400.0, 500.0, 800.0, 1000.0))
    count = int(times[-1] * rate)
    at = np.round(np.arange(count) / rate, 6)
    scale = rng.uniform(0.0, 0.2)
    slow = np.convolve(noise.normal(0.0, 1.0, count + 19), np.full(20, 1.0 / 20.0), mode="valid")
    value = np.interp(at, times, torque) + rng.uniform(-0.2, 0.2)
    value += scale * noise.uniform(-1.0, 1.0, count) * 1.5 + 0.3 * scale * slow
    for _ in range(rng.randrange(3)):
        value[rng.randrange(count)] += rng.choice((-1, 1)) * rng.uniform(5.0, 50.0)
    step = rng.choice((0.01, 0.02, 0.1))
    fine = rng.choice((0.1, 0.36, 0.5))
    turned = np.interp(at, times, angle)
    return (
        at,
        np.round(np.round(value / step) * step, 4),
        np.round(np.round(turned / fine) * fine, 3),
    )
