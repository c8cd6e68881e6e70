"""A picture of one curve as SVG: torque over time, the true contact, the alerts."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from torquemon.cohort.score import Case
from torquemon.model import Reading
from torquemon.signal.kernel import MAX_TORQUE_NCM

_WIDTH: Final = 900
_HEIGHT: Final = 360
_LEFT: Final = 50
_BOTTOM: Final = 320
_TOP: Final = 40
_MAX_POINTS: Final = 3000
_ALERT_COLOUR: Final = "#b00020"
_TRUTH_COLOUR: Final = "#00695c"


def picture(case: Case, curve: Sequence[Reading], title: str) -> str:
    """Return the SVG text."""
    first_us = curve[0].device_time_us
    step = max(1, len(curve) // _MAX_POINTS)
    points = [
        ((reading.device_time_us - first_us) / 1e6, reading.torque_ncm)
        for reading in curve[::step]
        if abs(reading.torque_ncm) < MAX_TORQUE_NCM
    ] or [(0.0, 0.0)]
    last_s = max(1e-6, points[-1][0])
    top_ncm = max(1.0, *(torque for _, torque in points))

    def place(time_s: float, torque_ncm: float) -> tuple[float, float]:
        x = _LEFT + time_s / last_s * (_WIDTH - _LEFT - 10)
        y = _BOTTOM - max(-0.1, min(1.1, torque_ncm / top_ncm)) * (_BOTTOM - _TOP)
        return x, y

    def line_at(time_s: float, colour: str, text: str, row: int) -> str:
        x, _ = place(time_s, 0.0)
        return (
            f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_BOTTOM}" stroke="{colour}"/>'
            f'<text x="{x + 3:.1f}" y="{_TOP + 12 * row}" fill="{colour}">{escape(text)}</text>'
        )

    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}">',
        "<style>text { font: 11px sans-serif }</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="20">{escape(title)}</text>',
        f'<text x="4" y="{_TOP}">{top_ncm:.1f}</text><text x="4" y="{_BOTTOM}">0 N·cm</text>',
        f'<text x="{_WIDTH - 60}" y="{_BOTTOM + 20}">{last_s:.1f} s</text>',
        f'<polyline points="{drawn}" fill="none" stroke="#37474f"/>',
    ]
    if case.truth.contact_s is not None:
        parts.append(line_at(case.truth.contact_s, _TRUTH_COLOUR, f"true {case.truth.contact}", 1))
    parts += [
        line_at(alert.time_s, _ALERT_COLOUR, alert.code.value, 2 + index % 8)
        for index, alert in enumerate(case.alerts[:40])
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"
