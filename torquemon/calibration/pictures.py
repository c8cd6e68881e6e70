"""Two drawings: the steps of one check about its line, and the gain over past checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from torquemon import DISCLAIMER
from torquemon.calibration.fields import StoreError, result_of
from torquemon.calibration.fit import Result
from torquemon.calibration.follow import Plateau
from torquemon.calibration.plan import Way
from torquemon.calibration.store import Stored
from torquemon.calibration.words import mark_of
from torquemon.record.report_drawing import (
    BLUE,
    FAINT,
    INK,
    RED,
    SOFT,
    Drawing,
    Point,
    Scale,
)
from torquemon.text import clean

WIDTH_MM: Final = 182.0
STEPS_MM: Final = 58.0
DRIFT_MM: Final = 90.0
_LEFT: Final = 16.0
_RIGHT: Final = 6.0
_ROOM: Final = 1.15
MAX_SHOWN: Final = 100.0
"""A gain or its uncertainty beyond this is a damaged figure."""
_DAY_S: Final = 86_400.0
_LEAST_DAYS: Final = 1.0


def steps_svg(plateaus: Sequence[Plateau], result: Result) -> str:
    """Draw reading minus torque over torque, both ways, with the fitted branches."""
    used = [plateau for plateau in plateaus if plateau.step.evaluated]
    errors = [plateau.handpiece_ncm - plateau.reference_ncm for plateau in used]
    top_ncm = max(plateau.reference_ncm for plateau in used)
    room = max(*map(abs, errors), 0.1) * _ROOM
    low, high = (min(0.0, *errors) * _ROOM - 0.05 * room), max(0.0, *errors) * _ROOM
    x = Scale(0.0, top_ncm * 1.04, _LEFT, WIDTH_MM - _RIGHT)
    y = Scale(low, high + 0.05 * room, STEPS_MM - 9.0, 4.0)
    drawing = Drawing(WIDTH_MM, STEPS_MM)
    _axes(drawing, x, y, ("torque by the gauge, N·cm", "reading minus torque, N·cm"), STEPS_MM)
    for way, colour in ((Way.UP, BLUE), (Way.DOWN, RED)):
        shift = result.offset_ncm.value - way.sign * result.hysteresis_ncm.value / 2.0
        ends = [(at, shift + (result.gain.value - 1.0) * at) for at in (0.0, top_ncm)]
        start, end = ((x.at(at), y.at(error)) for at, error in ends)
        drawing.line(start, end, stroke=colour, width=0.25)
        for plateau, error in zip(used, errors, strict=True):
            if plateau.step.way is way:
                fill = colour if way is Way.UP else "none"
                at: Point = (x.at(plateau.reference_ncm), y.at(error))
                drawing.circle(at, 0.8, stroke=colour, width=0.3, fill=fill)
    drawing.text((WIDTH_MM - _RIGHT, 3.0), "● up   ○ down", anchor="end", fill=SOFT)
    return drawing.svg("Error of the reading at each step, upwards and downwards")


def _axes(drawing: Drawing, x: Scale, y: Scale, names: tuple[str, str], height_mm: float) -> None:
    for value in y.ticks(5):
        at = y.at(value)
        drawing.line((x.start, at), (x.end, at), stroke=FAINT, width=0.15)
        drawing.text((x.start - 1.5, at + 0.9), f"{value:.4g}", anchor="end", fill=SOFT)
    for value in x.ticks(8):
        drawing.text((x.at(value), y.start + 3.6), f"{value:.4g}", anchor="middle", fill=SOFT)
    drawing.line((x.start, y.start), (x.end, y.start), stroke=INK, width=0.2)
    drawing.text(((x.start + x.end) / 2, height_mm - 1.2), names[0], anchor="middle")
    drawing.text((3.0, (y.start + y.end) / 2), names[1], anchor="middle", turn_deg=-90.0)


@dataclass(frozen=True, slots=True)
class Past:
    """One past check of a handpiece."""

    id: str
    moment: datetime
    gain: float
    u_expanded: float
    signed: bool
    mark: str


def past_checks(
    found: Sequence[Stored], serial: str | None
) -> tuple[str, list[Past], tuple[str, ...]]:
    """Return serial number, past checks of a handpiece, oldest first, and names of damaged ones.

    Without a serial number that of the newest check is taken. Raises StoreError.
    """
    usable = [stored for stored in found if stored.content.get("result")]
    if serial is None and usable:
        serial = str(usable[-1].content["handpiece"].get("serial", ""))
    wanted = clean(serial or "")
    own = [s for s in usable if clean(str(s.content["handpiece"].get("serial"))) == wanted]
    made = [(stored, _past(stored)) for stored in own]
    past = [check for _, check in made if check is not None]
    if not past:
        raise StoreError("no evaluated check of this handpiece: see `torquemon calibrate --list`")
    damaged = tuple(stored.id for stored, check in made if check is None)
    return wanted, sorted(past, key=lambda check: check.moment), damaged


def _past(stored: Stored) -> Past | None:
    """Return what a drawing shows of a check; None where it is damaged."""
    try:
        result = result_of(stored.content)
        moment = datetime.fromisoformat(str(stored.content["measured_utc"]))
    except (KeyError, ValueError, StoreError):
        return None
    if result is None or moment.tzinfo is None:
        return None
    gain = result.gain
    if not (0.0 < gain.value <= MAX_SHOWN and 0.0 <= gain.u_expanded <= MAX_SHOWN):
        return None
    mark = mark_of(stored.content)
    return Past(stored.id, moment, gain.value, gain.u_expanded, stored.signed, mark)


def drift_svg(serial: str, past: Sequence[Past]) -> str:
    """Draw the gain of every past check with its uncertainty; full where it was signed."""
    first = past[0].moment
    days = [(check.moment - first).total_seconds() / _DAY_S for check in past]
    span = max(days[-1], _LEAST_DAYS)
    low = min(check.gain - check.u_expanded for check in past)
    high = max(check.gain + check.u_expanded for check in past)
    room = max(0.1 * (high - low), 0.005)
    x = Scale(-0.05 * span, 1.05 * span, _LEFT, WIDTH_MM - _RIGHT)
    y = Scale(low - room, high + room, DRIFT_MM - 15.0, 12.0)
    drawing = Drawing(WIDTH_MM, DRIFT_MM)
    drawing.rect((0, 0), (WIDTH_MM, DRIFT_MM), fill="#ffffff")
    marks = sorted({check.mark for check in past} - {""})
    title = f"Gain of handpiece {serial}, {len(past)} checks"
    drawing.text((_LEFT, 6.0), title, size=4.0, bold=True)
    names = (f"days since {first.date().isoformat()}", "gain")
    _axes(drawing, x, y, names, DRIFT_MM - 4.0)
    for check, day in zip(past, days, strict=True):
        at = x.at(day)
        ends = (y.at(check.gain - check.u_expanded), y.at(check.gain + check.u_expanded))
        drawing.line((at, ends[0]), (at, ends[1]), stroke=BLUE, width=0.35)
        fill = BLUE if check.signed else "none"
        drawing.circle((at, y.at(check.gain)), 1.0, stroke=BLUE, width=0.3, fill=fill)
    note = "● signed  ○ not signed; bars: expanded uncertainty"
    drawing.text((WIDTH_MM - _RIGHT, 6.0), note, anchor="end", fill=SOFT)
    if marks:
        text, at_mm = " ".join(marks), (WIDTH_MM / 2, DRIFT_MM / 2)
        drawing.text(at_mm, text, size=18.0, anchor="middle", fill=FAINT, bold=True, turn_deg=-20.0)
    drawing.text((_LEFT, DRIFT_MM - 1.2), DISCLAIMER, fill=SOFT)
    return drawing.svg(f"{title}{': ' + ' '.join(marks) if marks else ''}")
