"""The verdict at the end: where the maximum lies relative to the window, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from torquemon.model import Alert, AlertCode, Priority, Reading, Verdict, VerdictKind, Window
from torquemon.signal import layout as at
from torquemon.signal.setup import RULE_VERSION, JudgeSetup
from torquemon.signal.words import ANGLE_DOUBTS

_NOISE_SHARE: Final = 0.5
"""[E] The maximum is smoothed over several samples: half the noise of one is left in it."""
_MAX_BAD_SHARE: Final = 0.01
_MAX_HOLE_MS: Final = 1000.0
"""A hole in which more than a third of a turn can pass unseen may hide the maximum."""

_MAX_SAMPLE_MS: Final = 200.0
"""[E] A rate below 5 Hz shows no insertion; the usual cause is a time in milliseconds."""


def uncertainty_ncm(s: Sequence[float], setup: JudgeSetup) -> float:
    """How far the true maximum may lie from the measured one: stated accuracy and noise seen."""
    return setup.accuracy_ncm + _NOISE_SHARE * s[at.NOISE]


def judge(s: Sequence[float], setup: JudgeSetup) -> Verdict:
    """Return the verdict for the curve so far."""
    if s[at.ENGAGED] == 0.0:
        why = "the torque never rose from zero: no engagement was seen"
        return Verdict(VerdictKind.UNDETERMINED, None, None, setup.window, RULE_VERSION, why)
    peak = max_torque_ncm(s)
    final = _final_torque_ncm(s)
    kind, why = _place(peak, s, setup)
    if s[at.ANGLE_FAULT] == at.ANGLE_STILL:
        why = f"{why}; {ANGLE_DOUBTS[2]}: depth, contacts and final torque are unknown"
    return Verdict(kind, round(peak, 4), final, setup.window, RULE_VERSION, why)


def max_torque_ncm(s: Sequence[float]) -> float:
    """Return the maximum so far, the last samples before the end included.

    The despiked torque lags by two samples. What they add counts if they rise together: the
    middle one of the last three, and the last one as far as it continues that rise.
    """
    if s[at.PHASE] == at.REMOVING:
        return s[at.PEAK]
    before, last_but_one, last = (s[place] - s[at.OFFSET] for place in (at.Q2, at.Q3, at.Q4))
    middle = sorted((before, last_but_one, last))[1]
    step = last_but_one - before
    if before < last_but_one < last <= last_but_one + 1.5 * step:
        middle = last
    beyond_noise = middle > s[at.PEAK] + 3.0 * s[at.NOISE]
    return middle if beyond_noise else s[at.PEAK]


def _final_torque_ncm(s: Sequence[float]) -> float | None:
    """Return the last torque while the screw advanced; None if that was not seen."""
    if s[at.ANGLE_FAULT] > 0.0 or s[at.FINAL] == 0.0:
        return None
    return round(s[at.FINAL], 4)


def _bad_data(s: Sequence[float]) -> str | None:
    """Say why the data cannot carry a verdict; None if they can."""
    if s[at.ANGLE_FAULT] == at.ANGLE_AGAINST:
        return ANGLE_DOUBTS[1]
    return _bad_time(s) or _bad_torque(s)


def _bad_torque(s: Sequence[float]) -> str | None:
    """Say what is wrong with the torque or what is missing of it."""
    seen = s[at.SAMPLES] + s[at.BAD]
    if s[at.CLIPPED] > 0.0:
        return f"the torque sensor was at the end of its range in {s[at.CLIPPED]:.0f} samples"
    if s[at.BAD] > _MAX_BAD_SHARE * seen:
        return f"{s[at.BAD]:.0f} of {seen:.0f} samples could not be used"
    if s[at.GAP_MS] > _MAX_HOLE_MS:
        return f"no data for {s[at.GAP_MS] / 1000.0:.1f} s while the screw was in bone"
    if s[at.FLAT_SEEN] > 0.0:
        return "the torque did not change at all while the screw turned"
    return None


def _bad_time(s: Sequence[float]) -> str | None:
    """Say what is wrong with the time."""
    if s[at.CLOCK_BACK] > 0.0:
        return "the time goes back inside the curve: two curves in one, or a clock that restarted"
    lasted_ms = (s[at.T_LAST] - s[at.T_FIRST]) / 1000.0
    count = s[at.SAMPLES] + s[at.BIN_N]
    if lasted_ms > _MAX_SAMPLE_MS * count:
        return (
            f"{count:.0f} samples in {lasted_ms / 1000.0:.0f} s are too few: "
            "the time may not be in seconds"
        )
    return None


def _place(peak: float, s: Sequence[float], setup: JudgeSetup) -> tuple[VerdictKind, str]:
    """Place the maximum relative to the window."""
    unsure = uncertainty_ncm(s, setup)
    stated = "" if setup.accuracy_ncm > 0.0 else " of noise (accuracy not stated)"
    measured = f"maximum {peak:.2f} N·cm, uncertain by {unsure:.2f} N·cm{stated}"
    bad = _bad_data(s)
    if bad is not None:
        return VerdictKind.UNDETERMINED, f"{bad}; {measured}"
    window = setup.window
    if window is None:
        return VerdictKind.UNDETERMINED, f"no window is published or chosen here; {measured}"
    unclear = _unclear_place(peak, s, window, unsure)
    if unclear is not None:
        return VerdictKind.UNDETERMINED, f"{measured}, {unclear}"
    if peak < window.low_ncm:
        return VerdictKind.BELOW, f"{measured}, below the window {window}"
    if peak > window.high_ncm:
        return VerdictKind.ABOVE, f"{measured}, above the window {window}"
    return VerdictKind.WITHIN, f"{measured}, within the window {window}"


def _unclear_place(peak: float, s: Sequence[float], window: Window, unsure: float) -> str | None:
    """Say why the maximum has no clear place relative to the window; None if it has one."""
    for edge in (window.low_ncm, window.high_ncm):
        if abs(peak - edge) <= unsure:
            return f"lies too near the edge {edge:g} of the window {window}"
    top = s[at.EXCESS_TOP]
    if peak < window.high_ncm < top:
        return f"but the torque was {top:.2f} N·cm for some samples, above the window {window}"
    if peak < window.low_ncm < top:
        return f"but the torque was {top:.2f} N·cm for some samples, not below the window {window}"
    return None


def below_window_alert(s: Sequence[float], last: Reading, verdict: Verdict) -> tuple[Alert, ...]:
    """Return the advisory for a maximum below the window."""
    if verdict.kind is not VerdictKind.BELOW:
        return ()
    return (
        Alert(
            code=AlertCode.BELOW_WINDOW,
            priority=Priority.ADVISORY,
            seq=last.seq,
            time_s=round(max(0.0, (last.device_time_us - s[at.T_FIRST]) / 1e6), 6),
            torque_ncm=round(s[at.CLEAN], 4),
            angle_deg=known_angle(last),
            why=verdict.why,
        ),
    )


def known_angle(reading: Reading) -> float | None:
    """Return the reading's angle if it is a finite number."""
    angle = reading.angle_deg
    return angle if angle is not None and math.isfinite(angle) else None
