"""What is longer than its room: moved by keys or by touch, with signs where it goes on."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from torquemon.tui.paint import Painted


def edge_marks(rows: int, *, before: bool, after: bool) -> dict[int, str]:
    """Return the signs at the edge of what can be moved, by row: where something is left out."""
    if rows == 1 and before and after:
        return {0: "↕"}
    marks = {0: "▲"} if before else {}
    return {**marks, rows - 1: "▼"} if after and rows > 0 else marks


class Scrolled(Painted, can_focus=True):
    """Rows of which `_first` is the first in sight; whoever paints keeps it within its bounds."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_by(-1)", show=False),
        Binding("down", "scroll_by(1)", show=False),
        Binding("pageup", "scroll_page(-1)", show=False),
        Binding("home", "scroll_by(-100000)", show=False),
        Binding("end", "scroll_by(100000)", show=False),
    ]
    KEPT_ROWS: ClassVar[int] = 1
    """Rows of the height that are no step of a page: a title, the one that stays in sight."""
    _first: int = 0

    def action_scroll_by(self, rows: int) -> None:
        """Move by rows."""
        self._first = max(0, self._first + rows)
        self.repaint()

    def action_scroll_page(self, pages: int) -> None:
        """Move by what is in sight."""
        self.action_scroll_by(pages * max(1, self.size.height - self.KEPT_ROWS))

    def on_click(self, event: events.Click) -> None:
        """Move on, or back."""
        event.stop()
        self.action_scroll_page(1 if event.y >= self.size.height // 2 else -1)
