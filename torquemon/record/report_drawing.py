"""A few shapes as SVG, in millimetres, for the drawings of a report.

Every text is escaped here, at the one place where it becomes markup; numbers are written with a
fixed count of decimals, so that the same record always gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

FONT: Final = "'Libertinus Serif', Georgia, serif"
INK: Final = "#1a1a1a"
SOFT: Final = "#5c5c5c"
FAINT: Final = "#c9c9c9"
# Okabe and Ito's hues, as on the dashboard; no meaning rests on colour alone.
BLUE: Final = "#0072B2"
RED: Final = "#D55E00"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
SKY: Final = "#56B4E9"

Point = tuple[float, float]


def number(value: float) -> str:
    """Return a coordinate: at most three decimals, never `-0`."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@dataclass(slots=True)
class Drawing:
    """Collects shapes. Origin at the top left, y downwards, all lengths in mm."""

    width: float
    height: float
    _parts: list[str] = field(default_factory=list)

    def path(
        self,
        commands: str,
        *,
        stroke: str = "none",
        width: float = 0.2,
        fill: str = "none",
        dash: str = "",
        opacity: float = 1.0,
    ) -> None:
        """Add a path of SVG commands."""
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        extra += f' opacity="{number(opacity)}"' if opacity < 1.0 else ""
        self._parts.append(
            f'<path d="{commands}" fill="{fill}" stroke="{stroke}" stroke-width="{number(width)}" '
            f'stroke-linejoin="round" stroke-linecap="round"{extra}/>'
        )

    def line(self, start: Point, end: Point, *, stroke: str, width: float, dash: str = "") -> None:
        """Add a straight line."""
        self.path(polyline((start, end)), stroke=stroke, width=width, dash=dash)

    def rect(self, corner: Point, size: Point, *, fill: str, opacity: float = 1.0) -> None:
        """Add a filled rectangle."""
        x, y = corner
        w, h = size
        self.path(
            f"M{number(x)} {number(y)}h{number(w)}v{number(h)}h{number(-w)}z",
            fill=fill,
            opacity=opacity,
        )

    def circle(
        self, centre: Point, radius: float, *, stroke: str, width: float, fill: str = "none"
    ) -> None:
        """Add a circle."""
        self._parts.append(
            f'<circle cx="{number(centre[0])}" cy="{number(centre[1])}" r="{number(radius)}" '
            f'fill="{fill}" stroke="{stroke}" stroke-width="{number(width)}"/>'
        )

    def text(
        self,
        at: Point,
        text: str,
        *,
        size: float = 2.6,
        anchor: str = "start",
        fill: str = INK,
        bold: bool = False,
        turn_deg: float = 0.0,
    ) -> None:
        """Add one line of text; `anchor` is start, middle or end."""
        weight = ' font-weight="700"' if bold else ""
        x, y = number(at[0]), number(at[1])
        turn = f' transform="rotate({number(turn_deg)} {x} {y})"' if turn_deg else ""
        self._parts.append(
            f'<text x="{x}" y="{y}" font-family="{FONT}" font-size="{number(size)}" '
            f'text-anchor="{anchor}" fill="{fill}"{weight}{turn}>{escape(text)}</text>'
        )

    def svg(self, title: str) -> str:
        """Return the whole drawing; `title` is read out where it cannot be seen."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{number(self.width)}mm" '
            f'height="{number(self.height)}mm" '
            f'viewBox="0 0 {number(self.width)} {number(self.height)}">'
            f"<title>{escape(title)}</title>{''.join(self._parts)}</svg>"
        )


def polyline(points: Sequence[Point]) -> str:
    """Return the commands of a line through points."""
    return "".join(
        f"{'L' if index else 'M'}{number(x)} {number(y)}" for index, (x, y) in enumerate(points)
    )


def nice_step(span: float, most: int) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that cuts `span` into at most `most`."""
    if not (math.isfinite(span) and span > 0):
        return 1.0
    rough = span / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999999)


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps `low`..`high` to `start`..`end` in mm."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return where a value stands; what lies outside stands on the edge."""
        held = min(max(value, self.low), self.high)
        span = self.high - self.low
        share = (held - self.low) / span if span > 0 else 0.0
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int, least_step: float = 0.0) -> list[float]:
        """Return round values inside, at most `most` of them or one more."""
        step = max(nice_step(self.high - self.low, most), least_step)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [index * step for index in range(first, last + 1)]
