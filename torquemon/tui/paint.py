"""How a widget of the dashboard paints: plain segments, line by line, only when its state changed.

No text goes through a markup parser. Text from outside was cleaned where it came in; it is cleaned
again here, since a terminal obeys what it is sent and this is the last door.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import ClassVar, Final

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from torquemon.text import clean
from torquemon.tui import palette
from torquemon.tui.palette import Role
from torquemon.tui.words import language

Line = list[Segment]

_LONGEST_CHARS: Final = 400
"""Longest sentence shown; the loopback protocol carries no longer ones."""


def style(
    ink: Role, ground: Role = palette.BACKGROUND, *, bold: bool = False, strike: bool = False
) -> Style:
    """Return the style of `ink` on `ground` in the look that is worn."""
    return _style(palette.worn().name, ink, ground, bold, strike)


@lru_cache(maxsize=1024)
def _style(look_name: str, ink: Role, ground: Role, bold: bool, strike: bool) -> Style:  # noqa: FBT001 - positional for the cache
    colours = palette.LOOKS[look_name].colours
    if colours is None:
        return Style(bold=bold, strike=strike, reverse=ink is palette.ON_FILL)
    return Style(color=colours[ink], bgcolor=colours[ground], bold=bold, strike=strike)


def _blank(ground: Role) -> Style:
    """Return the style of empty cells on `ground`."""
    return style(palette.ON_FILL if ground in palette.HUES else palette.INK, ground)


@lru_cache(maxsize=512)
def shown(text: str) -> str:
    """Return `text` harmless: one line, bounded, no control or bidi character."""
    return str(clean(text, _LONGEST_CHARS))


def sentence(text: str) -> str:
    """Return `text` with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def blocks(row: str, ink: Role, ground: Role = palette.BACKGROUND) -> Line:
    """Return a row of block letters; full blocks fill the cell to its edges.

    A font's full block often leaves a gap between lines; the ground beneath it does not.
    """
    plain, full = style(ink, ground, bold=True), style(ink, ink, bold=True)
    line: Line = []
    for solid, group in groupby(row, "█".__eq__):
        line.append(Segment("".join(group), full if solid else plain))
    return line


def fitted(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells; what was cut off is shown as an ellipsis."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1).rstrip() + "…"
    return set_cell_size(text, width)


def middle_cut(text: str, width: int) -> str:
    """Return `text` in at most `width` cells; what its ends leave out is shown as an ellipsis."""
    if cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    end = ""
    for char in reversed(text):
        if cell_len(char + end) > (width - 1) // 2:
            break
        end = char + end
    begin = set_cell_size(text, width - 1 - cell_len(end)).rstrip()
    return f"{begin}…{end}"


def centred(text: str, width: int) -> str:
    """Return `text` in the middle of exactly `width` cells."""
    left = max(0, (width - cell_len(text)) // 2)
    return fitted(" " * left + text, width)


@lru_cache(maxsize=256)
def wrapped(text: str, width: int) -> tuple[str, ...]:
    """Break `text` into lines of at most `width` cells, at spaces where there are any."""
    if width <= 0:
        return ()
    lines: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if cell_len(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width)
        lines.extend(full)
    return (*lines, line) if line else tuple(lines)


def clipped(text: str, width: int, rows: int) -> list[str]:
    """Wrap `text` into at most `rows` lines; the last one says where something is missing."""
    lines = list(wrapped(text, width))
    if len(lines) > rows > 0:
        lines = [*lines[: rows - 1], fitted(" ".join(lines[rows - 1 :]), width)]
    return lines[: max(0, rows)]


class Painted(Widget):
    """A widget that paints `Line`s from a frozen state.

    `set_state` compares: an equal state costs nothing, and the compositor is not told.
    """

    GROUND: ClassVar[Role] = palette.BACKGROUND

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes, markup=False)
        self._state: object = None
        self._lines: list[Strip] = []
        self._painted_for: tuple[int, int, int, str] | None = None

    def set_state(self, state: object) -> None:
        """Show `state` from now on."""
        if state != self._state:
            self._state = state
            self.repaint()

    def repaint(self) -> None:
        """Paint again at the next frame."""
        self._painted_for = None
        self.refresh()

    def paint(self, width: int, height: int) -> list[Line]:
        """Return the lines for the present state; shorter and fewer than the space is allowed."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Return line `y` (see `Widget`)."""
        width, height = self.size
        painted_for = (width, height, palette.changes(), language())
        blank = _blank(self.GROUND)
        if self._painted_for != painted_for:
            self._painted_for = painted_for
            self._lines = [
                Strip(line).adjust_cell_length(width, blank) for line in self.paint(width, height)
            ]
        if y < len(self._lines):
            return self._lines[y]
        return Strip.blank(width, blank)
