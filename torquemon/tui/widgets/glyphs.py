"""Block letters of any size, drawn with a square pen and packed two pixels to a cell.

A cell of a terminal is about twice as high as it is wide, so that upper and lower half blocks give
square pixels. The shapes are paths in a unit box, which makes every height available, not only
multiples of a bitmap.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Final

_Point = tuple[float, float]
_Path = tuple[_Point, ...]

_BOX: Final[_Path] = ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
_PATHS: Final[Mapping[str, tuple[_Path, ...]]] = MappingProxyType(
    {
        "0": (_BOX,),
        "1": (((0.15, 0.16), (0.5, 0), (0.5, 1)), ((0.1, 1), (0.9, 1))),
        "2": (((0, 0), (1, 0), (1, 0.5), (0, 0.5), (0, 1), (1, 1)),),
        "3": (((0, 0), (1, 0), (1, 1), (0, 1)), ((0.25, 0.5), (1, 0.5))),
        "4": (((0, 0), (0, 0.55), (1, 0.55)), ((1, 0), (1, 1))),
        "5": (((1, 0), (0, 0), (0, 0.5), (1, 0.5), (1, 1), (0, 1)),),
        "6": (((1, 0), (0, 0), (0, 1), (1, 1), (1, 0.5), (0, 0.5)),),
        "7": (((0, 0), (1, 0), (1, 0.3), (0.4, 1)),),
        "8": (_BOX, ((0, 0.5), (1, 0.5))),
        "9": (((1, 0.5), (0, 0.5), (0, 0), (1, 0), (1, 1), (0, 1)),),
        ".": (((0, 1), (0, 1)),),
        "-": (((0, 0.5), (1, 0.5)),),
        " ": (),
        "A": (((0, 1), (0, 0), (1, 0), (1, 1)), ((0, 0.55), (1, 0.55))),
        ",": (((0, 0.86), (0, 1)),),
        "D": (_BOX,),
        "E": (((1, 0), (0, 0), (0, 1), (1, 1)), ((0, 0.5), (0.8, 0.5))),
        "I": (((0.5, 0), (0.5, 1)), ((0.15, 0), (0.85, 0)), ((0.15, 1), (0.85, 1))),
        "K": (((0, 0), (0, 1)), ((1, 0), (0.1, 0.5), (1, 1))),
        "L": (((0, 0), (0, 1), (1, 1)),),
        "M": (((0, 1), (0, 0), (0.5, 0.5), (1, 0), (1, 1)),),
        "N": (((0, 1), (0, 0), (1, 1), (1, 0)),),
        "O": (_BOX,),
        "P": (((0, 1), (0, 0), (1, 0), (1, 0.5), (0, 0.5)),),
        "R": (((0, 1), (0, 0), (1, 0), (1, 0.5), (0, 0.5)), ((0.35, 0.5), (1, 1))),
        "S": (((1, 0), (0, 0), (0, 0.5), (1, 0.5), (1, 1), (0, 1)),),
        "T": (((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))),
        "V": (((0, 0), (0.5, 1), (1, 0)),),
    }
)
_TL, _TR, _BL, _BR = (0, 0), (1, 0), (0, 1), (1, 1)
_ROUND: Final[Mapping[str, tuple[tuple[int, int], ...]]] = MappingProxyType(
    {
        "0": (_TL, _TR, _BL, _BR),
        "2": (_TR,),
        "3": (_TR, _BR),
        "5": (_BR,),
        "6": (_TL, _BL, _BR),
        "8": (_TL, _TR, _BL, _BR),
        "9": (_TL, _TR, _BR),
        "A": (_TL, _TR),
        "D": (_TR, _BR),
        "O": (_TL, _TR, _BL, _BR),
        "P": (_TR,),
        "R": (_TR,),
        "S": (_TL, _BR),
    }
)
_HALVES: Final = " ▀▄█"
_THIN: Final = frozenset(".,")
_HALF_WIDE: Final = frozenset("- ")
_PEN_OF_WIDTH: Final = 0.29


@lru_cache(maxsize=128)
def glyph_rows(char: str, width: int, height: int, pen: int) -> tuple[str, ...]:
    """Return `char` as `height` rows of `width` cells. Raises KeyError for a char without shape."""
    pixels = [[False] * width for _ in range(2 * height)]
    pen = min(pen, width, 2 * height)
    for path in _PATHS[char]:
        for start, end in pairwise(path):
            _stroke(pixels, start, end, pen)
    cut = max(1, pen // 2) if pen > 1 else 0
    for corner in _ROUND.get(char, ()):
        _round_off(pixels, corner, cut)
    return tuple(
        "".join(_HALVES[top + 2 * low] for top, low in zip(*pixels[y : y + 2], strict=True))
        for y in range(0, 2 * height, 2)
    )


def _stroke(pixels: list[list[bool]], start: _Point, end: _Point, pen: int) -> None:
    reach_x, reach_y = len(pixels[0]) - pen, len(pixels) - pen
    steps = max(1, len(pixels[0]), len(pixels))
    for step in range(steps + 1):
        part = step / steps
        left = round((start[0] + (end[0] - start[0]) * part) * reach_x)
        top = round((start[1] + (end[1] - start[1]) * part) * reach_y)
        for row in pixels[top : top + pen]:
            row[left : left + pen] = [True] * pen


def _round_off(pixels: list[list[bool]], corner: tuple[int, int], cut: int) -> None:
    for away_y in range(cut):
        for away_x in range(cut - away_y):
            y = len(pixels) - 1 - away_y if corner[1] else away_y
            x = len(pixels[0]) - 1 - away_x if corner[0] else away_x
            pixels[y][x] = False


def pen_for(wide: int, rows: int) -> int:
    """Return the pen in pixels for a letter of `rows` rows and `wide` cells.

    A third of the rows is a sixth of the height; a narrow letter needs a finer pen, or the
    diagonal of an N would run into its posts.
    """
    return max(1, min(round(rows / 3), round(wide * _PEN_OF_WIDTH)))


def _glyph_width(char: str, wide: int, pen: int) -> int:
    if char in _THIN:
        return pen
    return max(1, wide // 2) if char in _HALF_WIDE else wide


def line_width(text: str, wide: int, rows: int) -> int:
    """Return the cells that `text` takes where a digit takes `wide`, `rows` high."""
    pen = pen_for(wide, rows)
    gap = max(1, pen // 2)
    return sum(_glyph_width(char, wide, pen) + gap for char in text) - gap


@lru_cache(maxsize=64)
def block_text(text: str, wide: int, rows: int) -> tuple[str, ...]:
    """Return `text` in block letters, `rows` high, each digit `wide` cells wide."""
    pen = pen_for(wide, rows)
    gap = " " * max(1, pen // 2)
    glyphs = [glyph_rows(char, _glyph_width(char, wide, pen), rows, pen) for char in text]
    return tuple(gap.join(glyph[y] for glyph in glyphs) for y in range(rows))
