"""A canvas of braille dots: two columns and four rows of dots in each cell of the terminal.

Pure: it knows dots, not torque and not colours. A column is redrawn alone, so a curve that grows
at its right end costs the same at any length.
"""

from __future__ import annotations

from typing import Final

DOTS_X: Final = 2
DOTS_Y: Final = 4
BLANK: Final = "\u2800"
_BASE: Final = 0x2800
# Unicode numbers the dots of a cell by column, but the lowest row came later (dots 7 and 8).
_BITS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_COLUMN_MASK: Final = (0x47, 0xB8)
_CHARS: Final = tuple(chr(_BASE + bits) for bits in range(256))


class BrailleCanvas:
    """`width` by `height` cells of dots, all of them off at first."""

    def __init__(self, width: int, height: int) -> None:
        if width < 1 or height < 1:
            raise ValueError(f"a canvas needs at least one cell, got {width} by {height}")
        self.width = width
        self.height = height
        self.cells = [bytearray(width) for _ in range(height)]

    @property
    def dots_wide(self) -> int:
        """Columns of dots."""
        return self.width * DOTS_X

    @property
    def dots_high(self) -> int:
        """Rows of dots."""
        return self.height * DOTS_Y

    def clear_column(self, x: int) -> None:
        """Turn off all dots of column `x`."""
        cell, side = divmod(x, DOTS_X)
        keep = 0xFF ^ _COLUMN_MASK[side]
        for row in self.cells:
            row[cell] &= keep

    def column(self, x: int, bottom: int, top: int) -> None:
        """Turn on the dots of column `x` from `bottom` to `top`, counted from the lowest row.

        Dots that lie outside are put on the edge: a value off the scale stays visible.
        """
        cell, side = divmod(x, DOTS_X)
        highest = self.dots_high - 1
        first = highest - min(max(top, 0), highest)
        last = highest - min(max(bottom, 0), highest)
        bits = _BITS[side]
        for y in range(first, last + 1):
            self.cells[y // DOTS_Y][cell] |= bits[y % DOTS_Y]

    def lit(self, x: int, y: int) -> bool:
        """Tell whether the dot in column `x`, row `y` from below, is on."""
        row, dot = divmod(self.dots_high - 1 - y, DOTS_Y)
        cell, side = divmod(x, DOTS_X)
        return bool(self.cells[row][cell] & _BITS[side][dot])

    def text(self, row: int) -> str:
        """Return row `row` from the top as characters."""
        chars = _CHARS
        return "".join([chars[bits] for bits in self.cells[row]])
