"""The kernel over arrays: the same step, compiled by Numba where that is installed.

Numba is asked for at the first use only (`pip install torquemon[batch]`). Without it the same
code runs as plain Python. Same input, same alerts at the same samples, to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, MutableSequence, Sequence
from functools import cache
from importlib.util import find_spec
from inspect import isfunction
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from torquemon.model import Alert, Reading, Validity, Verdict
from torquemon.signal import bins, damage, detect, doubt, kernel, phase, trend
from torquemon.signal.pipeline import name_alerts, within_cap
from torquemon.signal.setup import JudgeSetup
from torquemon.signal.start import start_state
from torquemon.signal.verdict import below_window_alert, judge

Floats = npt.NDArray[np.float64]
_Advance = Callable[..., tuple[int, int]]

_KERNEL_MODULES: Final = (phase, trend, damage, detect, doubt, bins, kernel)
"""Where the functions are that `step` calls."""


def have_numba() -> bool:
    """Tell whether the compiled form is available."""
    return find_spec("numba") is not None


def advance(
    s: MutableSequence[float],
    t_us: Sequence[float],
    torque_ncm: Sequence[float],
    angle_deg: Sequence[float],
    speed_rpm: Sequence[float],
    validity: Sequence[float],
    start: int,
) -> tuple[int, int]:
    """Judge samples from `start` up to the first that has an alert; return its index and bits.

    At the end of the arrays the index is their length and the bits are 0.
    """
    count = len(t_us)
    for index in range(start, count):
        bits = kernel.step(
            s,
            t_us[index],
            torque_ncm[index],
            angle_deg[index],
            speed_rpm[index],
            validity[index],
        )
        if bits != 0:
            return index, bits
    return count, 0


@cache
def compiled_advance() -> _Advance:
    """Return `advance`, compiled if Numba is installed (some seconds, once a process)."""
    if not have_numba():
        return advance
    import numba

    for module in _KERNEL_MODULES:
        for function in vars(module).values():
            if isfunction(function) and function.__module__ == module.__name__:
                numba.extending.register_jitable(function)
    compiled: Any = numba.njit(nogil=True, error_model="numpy")(advance)
    return compiled  # type: ignore[no-any-return]  # Numba has no types of its own


def new_state(setup: JudgeSetup) -> Floats:
    """Return the state before the first sample, as an array."""
    return np.array(start_state(setup), dtype=np.float64)


def judge_events(
    setup: JudgeSetup,
    t_us: Floats,
    torque_ncm: Floats,
    angle_deg: Floats,
    speed_rpm: Floats,
    validity: Floats,
) -> tuple[list[tuple[int, int]], Floats]:
    """Judge one curve given as arrays; return (index, alert bits) of each onset, and the state.

    Unknown angles and speeds are NaN; samples the device calls calibrating are left out before.
    """
    run = compiled_advance()
    state = new_state(setup)
    found: list[tuple[int, int]] = []
    place = 0
    while True:
        place, bits = run(state, t_us, torque_ncm, angle_deg, speed_rpm, validity, place)
        if bits == 0:
            return found, state
        found.append((place, bits))
        place += 1


def judge_curve_arrays(
    setup: JudgeSetup, time_s: Floats, torque_ncm: Floats, angle_deg: Floats | None
) -> tuple[tuple[Alert, ...], Verdict]:
    """Judge a whole curve given as arrays; return alerts and verdict as the live judge does.

    Times in s, on a grid of 1 µs; every sample counts as valid.
    """
    t_us = np.round(time_s * 1e6)
    unknown = np.full(len(t_us), np.nan)
    angle = unknown if angle_deg is None else angle_deg
    run = compiled_advance()
    state = new_state(setup)
    alerts: list[Alert] = []
    place = told = 0
    while True:
        place, bits = run(state, t_us, torque_ncm, angle, unknown, np.zeros(len(t_us)), place)
        reading = _reading(min(place, len(t_us) - 1), t_us, torque_ncm, angle_deg)
        if bits == 0:
            plain = state.tolist()
            verdict = judge(plain, setup)
            return (*alerts, *below_window_alert(plain, reading, verdict)), verdict
        found = name_alerts(bits, state.tolist(), setup, reading)
        told += len(found)
        alerts.extend(within_cap(found, told))
        place += 1


def _reading(index: int, t_us: Floats, torque_ncm: Floats, angle_deg: Floats | None) -> Reading:
    """Return one sample of arrays as a reading."""
    return Reading(
        seq=index,
        device_time_us=int(t_us[index]),
        host_time_ns=0,
        torque_ncm=float(torque_ncm[index]),
        angle_deg=None if angle_deg is None else float(angle_deg[index]),
        speed_rpm=None,
        validity=Validity.VALID,
    )
