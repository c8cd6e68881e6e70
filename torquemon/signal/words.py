"""One sentence per alert, with the numbers it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from torquemon.signal import layout as at
from torquemon.signal.phase import depth_mm
from torquemon.signal.setup import JudgeSetup

_FAR_DEG: Final = 3600.0

ANGLE_DOUBTS: Final = {
    1: "the angle runs against the torque (it counts backwards while the torque climbs)",
    2: "the angle hardly moves while the torque climbs (not in degrees, or stuck)",
}
"""What `ANGLE_FAULT` means."""

_BAD_WORDS: Final = {
    1: "a torque that is no number or beyond any screw",
    2: "a time that stands still, runs backwards or is no number",
    3: "samples that the device itself calls invalid",
    4: "a torque sensor at the end of its range",
    5: "a hole in the data",
    6: "a torque that does not change at all while the screw turns",
    7: "a jump that no bone can cause",
    8: "an angle that jumps",
    9: "an angle that was lost: from here the depth is unknown",
    10: f"that {ANGLE_DOUBTS[1]}: from here the depth is unknown",
    11: f"that {ANGLE_DOUBTS[2]}: from here the depth is unknown",
}


def describe(bit: int, s: Sequence[float], setup: JudgeSetup) -> str:
    """Return the sentence for the alert `bit` that has just begun."""
    return _SENTENCES[bit](s, setup)


def _excess(s: Sequence[float], setup: JudgeSetup) -> str:
    torque_ncm, limit_ncm = s[at.CLEAN], s[at.LIMIT]
    digits = 2 if f"{torque_ncm:.2f}" != f"{limit_ncm:.2f}" else 4  # what is above must look so
    return (
        f"torque {torque_ncm:.{digits}f} N·cm is above {setup.limit_name} of "
        f"{limit_ncm:.{digits}f} N·cm"
    )


def _rise(s: Sequence[float]) -> str:
    return (
        f"torque rose {s[at.WHY_RISE]:.1f} N·cm above the running trend within "
        f"{s[at.WHY_SPAN]:.0f} degrees ({s[at.WHY_SLOPE]:.0f} N·cm per turn, running slope "
        f"{s[at.WHY_TREND]:.1f})"
    )


def _depth_words(s: Sequence[float]) -> str:
    return f"at {depth_mm(s):.1f} mm nominal depth"


def _root(s: Sequence[float], setup: JudgeSetup) -> str:
    return (
        f"possible root contact: {_rise(s)} {_depth_words(s)}; neither cortex, taper, restart nor "
        f"the seat at {setup.body_mm:.1f} mm explains it"
    )


def _hard(s: Sequence[float], setup: JudgeSetup) -> str:
    if s[at.HAS_ANGLE] == 0.0:
        return f"{_rise(s)}; without an angle the depth cannot say what it is"
    if setup.body_mm is None:
        return f"{_rise(s)} {_depth_words(s)}; the depth of seating is unknown for this screw"
    return f"{_rise(s)} {_depth_words(s)}"


def _seat(s: Sequence[float], setup: JudgeSetup) -> str:
    return f"{_rise(s)} {_depth_words(s)}, about the expected seat at {setup.body_mm:.1f} mm"


def _near(s: Sequence[float], setup: JudgeSetup) -> str:
    left = s[at.WHY_DEG]
    ahead = f", reached in about {left:.0f} degrees at the present slope" if left < _FAR_DEG else ""
    return f"torque {s[at.Y]:.2f} N·cm nears {setup.limit_name} of {s[at.LIMIT]:.2f} N·cm{ahead}"


def _cam_out(s: Sequence[float], _setup: JudgeSetup) -> str:
    return (
        f"the torque fell and came back 3 times within {s[at.WHY_SPAN]:.0f} degrees while "
        "turning: the bit may be slipping in the head"
    )


def _stripping(s: Sequence[float], _setup: JudgeSetup) -> str:
    return (
        f"torque fell from a peak of {s[at.WHY_BEFORE]:.1f} to {s[at.Y]:.1f} N·cm over "
        f"{s[at.WHY_SPAN]:.0f} degrees of turning on: the thread in the bone may be stripping"
    )


def _fracture(s: Sequence[float], _setup: JudgeSetup) -> str:
    return (
        f"torque collapsed from {s[at.WHY_BEFORE]:.1f} to {s[at.Y]:.1f} N·cm within "
        f"{s[at.WHY_SPAN]:.0f} degrees and stays there while turning: the tip may have broken"
    )


def _quality(s: Sequence[float], _setup: JudgeSetup) -> str:
    return f"the signal shows {_BAD_WORDS.get(int(s[at.BAD_KIND]), 'bad samples')}"


_SENTENCES: Final = {
    at.BIT_EXCESS: _excess,
    at.BIT_ROOT: _root,
    at.BIT_HARD: _hard,
    at.BIT_SEAT: _seat,
    at.BIT_NEAR: _near,
    at.BIT_CAM_OUT: _cam_out,
    at.BIT_STRIPPING: _stripping,
    at.BIT_FRACTURE: _fracture,
    at.BIT_QUALITY: _quality,
}
