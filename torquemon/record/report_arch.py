"""Where the screw went in, drawn on the dental arches: a scheme, no picture of the patient.

Seen from the front as in a dental chart: the patient's right on the left side, upper arch above.
Teeth are numbered by FDI (ISO 3950). Mesiodistal widths are textbook means, in mm; the arch is a
half ellipse [E]. A site between two named teeth is a point, a site without them a stretch.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from torquemon.record.report_drawing import FAINT, INK, RED, SOFT, Drawing, Point, polyline
from torquemon.record.report_words import Words

WIDTH_MM: Final = 58.0
HEIGHT_MM: Final = 62.0
_UPPER_MM: Final = (8.5, 6.5, 7.5, 7.0, 7.0, 10.0, 9.0, 8.5)
_LOWER_MM: Final = (5.0, 5.5, 7.0, 7.0, 7.0, 11.0, 10.5, 10.0)
"""Mean mesiodistal widths from the central incisor back (Wheeler's dental anatomy)."""
_PAIR: Final = re.compile(r"([1-4])([1-8])\s*[-/]\s*([1-4])([1-8])")
_HALF_WIDTH: Final = 19.0
_LENGTH: Final = 23.0
_MIDLINE: Final = WIDTH_MM / 2
_UPPER_FRONT: Final = 5.5
_LOWER_FRONT: Final = HEIGHT_MM - 5.5
_STEPS: Final = 2000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site lies: jaw, how far outside (1) or inside (-1) of the arch, which teeth."""

    upper: bool
    side: int
    teeth: tuple[int, ...]


PLACES: Final = {
    "maxilla-buccal": Place(upper=True, side=1, teeth=(4, 5, 6, 7)),
    "mandible-buccal": Place(upper=False, side=1, teeth=(4, 5, 6, 7)),
    "maxilla-anterior": Place(upper=True, side=1, teeth=(1, 2, 3)),
    "mandible-anterior": Place(upper=False, side=1, teeth=(1, 2, 3)),
    "palatal-alveolar": Place(upper=True, side=-1, teeth=(4, 5, 6, 7)),
    "infrazygomatic": Place(upper=True, side=2, teeth=(6, 7)),
}
"""Sites that lie along the arch. The midpalate lies between its halves; a ridge may be anywhere."""
MIDPALATE: Final = "midpalate"


def fdi_pair(text: str) -> tuple[int, int] | None:
    """Return the two teeth of `15-16`; None where they are no neighbours of one jaw."""
    match = _PAIR.fullmatch(text.strip())
    if match is None:
        return None
    (q1, n1, q2, n2) = (int(part) for part in match.groups())
    beside = q1 == q2 and abs(n1 - n2) == 1
    across = {q1, q2} in ({1, 2}, {3, 4}) and n1 == n2 == 1
    return (10 * q1 + n1, 10 * q2 + n2) if beside or across else None


def arch_svg(site: str, teeth: str, site_name: str, words: Words) -> str:
    """Draw both arches with the site. `teeth` is an FDI pair or empty."""
    draw = Drawing(WIDTH_MM, HEIGHT_MM)
    pair = fdi_pair(teeth)
    _midlines(draw, words)
    for upper in (True, False):
        for quadrant in (1, 2) if upper else (4, 3):
            for number in range(1, 9):
                tooth = 10 * quadrant + number
                _tooth(draw, tooth, chosen=pair is not None and tooth in pair)
    _site(draw, site, pair, words)
    return draw.svg(words["alt_arch"].format(site=site_name))


def _midlines(draw: Drawing, words: Words) -> None:
    middle = HEIGHT_MM / 2
    draw.line((2, middle), (WIDTH_MM - 2, middle), stroke=FAINT, width=0.15)
    draw.line((_MIDLINE, 12), (_MIDLINE, HEIGHT_MM - 12), stroke=FAINT, width=0.15, dash="0.6 0.8")
    draw.text((1.0, middle - 1), words["right"], size=2.8, fill=SOFT, bold=True)
    draw.text(
        (WIDTH_MM - 1.0, middle - 1), words["left"], size=2.8, anchor="end", fill=SOFT, bold=True
    )


def _arc(upper: bool) -> list[tuple[float, Point]]:  # noqa: FBT001 - the jaw is the argument
    """Return half an arch: length from the midline, and the point relative to the front."""
    found: list[tuple[float, Point]] = []
    length, before = 0.0, (0.0, 0.0)
    for step in range(_STEPS + 1):
        angle = math.pi / 2 * step / _STEPS
        scale = 1.0 if upper else 0.94
        point = (_HALF_WIDTH * scale * math.sin(angle), _LENGTH * scale * (1 - math.cos(angle)))
        length += math.dist(before, point)
        found.append((length, point))
        before = point
    return found


_ARCS: Final = {jaw: _arc(jaw) for jaw in (True, False)}


@dataclass(frozen=True, slots=True)
class _Spot:
    """A point on an arch, the direction outwards there, and how wide the tooth is drawn."""

    at: Point
    out: Point
    width: float

    def beside(self, distance: float) -> Point:
        """Return the point `distance` mm outside of the arch."""
        return self.at[0] + distance * self.out[0], self.at[1] + distance * self.out[1]


def _spot(tooth: int, shift: float = 0.0) -> _Spot:
    """Return where a tooth stands; `shift` 0.5 is its distal edge, -0.5 its mesial one."""
    quadrant, number = divmod(tooth, 10)
    upper = quadrant in (1, 2)
    widths = _UPPER_MM if upper else _LOWER_MM
    arc = _ARCS[upper]
    ratio = arc[-1][0] / sum(widths)
    along = (sum(widths[: number - 1]) + widths[number - 1] * (0.5 + shift)) * ratio
    index = next((i for i, (length, _) in enumerate(arc) if length >= along), _STEPS)
    index = min(max(index, 1), _STEPS - 1)
    (x, y), (x0, y0), (x1, y1) = arc[index][1], arc[index - 1][1], arc[index + 1][1]
    length = math.hypot(x1 - x0, y1 - y0)
    out = ((y1 - y0) / length, -(x1 - x0) / length)
    mirror = -1.0 if quadrant in (1, 4) else 1.0
    flip = 1.0 if upper else -1.0
    front = _UPPER_FRONT + 2.0 if upper else _LOWER_FRONT - 2.0
    return _Spot(
        (_MIDLINE + mirror * x, front + flip * y),
        (mirror * out[0], flip * out[1]),
        widths[number - 1] * ratio,
    )


def _tooth(draw: Drawing, tooth: int, *, chosen: bool) -> None:
    """Draw one tooth from above as a rounded shape, with its number inside the arch."""
    spot = _spot(tooth)
    deep = 2.2 if tooth % 10 > 3 else 1.6  # noqa: PLR2004 - canines and incisors are thin
    along = (-spot.out[1], spot.out[0])
    half = spot.width * 0.46
    ring = []
    for step in range(24):
        angle = 2 * math.pi * step / 24
        # a superellipse: crowns are squarer than an ellipse
        a = math.copysign(abs(math.cos(angle)) ** 0.7, math.cos(angle)) * half
        b = math.copysign(abs(math.sin(angle)) ** 0.7, math.sin(angle)) * deep
        ring.append(
            (
                spot.at[0] + a * along[0] + b * spot.out[0],
                spot.at[1] + a * along[1] + b * spot.out[1],
            )
        )
    fill = "#ffe3cc" if chosen else "#f4f1ea"
    draw.path(polyline(ring) + "z", stroke=INK if chosen else SOFT, width=0.22, fill=fill)
    narrow = tooth // 10 in (3, 4) and tooth % 10 <= 2  # noqa: PLR2004 - FDI
    x, y = spot.beside(-3.2 if narrow else -4.0)
    anchor = "middle"
    if tooth in (41, 31):  # narrower than their numbers, which would run into each other
        anchor, x = ("end", _MIDLINE - 0.4) if tooth == 41 else ("start", _MIDLINE + 0.4)  # noqa: PLR2004 - FDI
    draw.text((x, y + 0.7), str(tooth), size=2.0, anchor=anchor, fill=SOFT, bold=chosen)


def _site(draw: Drawing, site: str, pair: tuple[int, int] | None, words: Words) -> None:
    place = PLACES.get(site)
    if pair is not None:
        side = place.side if place is not None else 1
        first, second = sorted(pair, key=lambda tooth: tooth % 10)
        spot = _spot(first, -0.5 if first % 10 == second % 10 else 0.5)
        _screw(draw, spot.beside(3.6 * side))
    elif place is not None:
        for quadrant in (1, 2) if place.upper else (4, 3):
            _stretch(draw, quadrant, place)
    elif site == MIDPALATE:
        draw.rect((_MIDLINE - 3.2, 16.5), (6.4, 10.5), fill=RED, opacity=0.35)
    else:
        draw.text((_MIDLINE, HEIGHT_MM / 2 + 4), words["arch_unplaced"], size=2.3, anchor="middle")


def _stretch(draw: Drawing, quadrant: int, place: Place) -> None:
    """Draw the stretch along the arch in which the site lies."""
    points: list[Point] = []
    for number in place.teeth:
        points += [
            _spot(10 * quadrant + number, shift).beside(3.4 * place.side)
            for shift in (-0.5, -0.25, 0.0, 0.25, 0.5)
        ]
    draw.path(polyline(points), stroke=RED, width=1.5, opacity=0.6)


def _screw(draw: Drawing, at: Point) -> None:
    """Draw the mark of a screw: a ring with a cross."""
    x, y = at
    draw.circle(at, 1.5, stroke=RED, width=0.5, fill="#ffffff")
    draw.line((x - 0.8, y), (x + 0.8, y), stroke=RED, width=0.45)
    draw.line((x, y - 0.8), (x, y + 0.8), stroke=RED, width=0.45)
