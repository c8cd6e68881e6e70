"""The gravest alarm over the full width, its reason uncut: what must be read in one glance.

An alarm that nobody acknowledged flashes at 2 Hz by a change of class. Only its fill comes and
goes: the text never disappears.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.segment import Segment
from textual.geometry import Size

from torquemon.local.view import AlarmView, View
from torquemon.model import Priority
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, clipped, fitted, sentence, shown, style, wrapped
from torquemon.tui.widgets.alarms import SHAPES, gravest_first
from torquemon.tui.words import say, told

FLASH_HZ: Final = 2.0
FLASH: Final = "-flash"
_MOST_ROWS: Final = 6
"""The longest reason at 80 columns; a still narrower terminal cuts what is beyond."""


class _Shown(NamedTuple):
    alarm: AlarmView
    others: int


class AlarmBanner(Painted):
    """The gravest alarm that waits or holds; takes no room while there is none."""

    GROUND = palette.PANEL

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.display = False

    def on_mount(self) -> None:
        """Start the flashing; it shows only where an alarm waits."""
        self._beat = self.set_interval(1 / (2 * FLASH_HZ), self._flash)

    def flash(self, *, on: bool) -> None:
        """Stand still, filled or not: for pictures."""
        self._beat.stop()
        self.set_class(not on, FLASH)
        self.repaint()

    def show(self, view: View) -> None:
        """Show the gravest alarm of `view`, and how many others there are."""
        waiting = [a for a in gravest_first(view.alarms) if a.active or not a.acknowledged]
        self.display = bool(waiting)
        before = self._rows()
        self.set_state(_Shown(waiting[0], len(waiting) - 1) if waiting else None)
        if self._rows() != before:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows that head and reason take (see `Widget`)."""
        del container, viewport
        return self._rows(width)

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`: shape, priority, name, marks; beneath it the reason."""
        if not isinstance(self._state, _Shown):
            return []
        alarm, others = self._state
        colour = palette.PRIORITY_COLOURS[alarm.priority]
        filled = not alarm.acknowledged and not self.has_class(FLASH)
        ink = (palette.ON_FILL, colour) if filled else (colour, self.GROUND)
        more = f"  +{say('alarms.more', count=others)}" if others else ""
        parts = (
            f" {SHAPES[alarm.priority]} {say(f'priority.{alarm.priority.value}')}:",
            f"{say(f'code.{alarm.code.value}')}  {marks(alarm)}{more}",
        )
        head = [Segment(fitted(" ".join(parts), width), style(*ink, bold=True))]
        rows = clipped(reason(alarm), width - 2, height - 1)
        body = [[Segment(f" {row}", style(palette.INK, self.GROUND))] for row in rows]
        return [head, *body][:height]

    def _rows(self, width: int = 0) -> int:
        if not isinstance(self._state, _Shown):
            return 0
        width = width or self.size.width
        return min(_MOST_ROWS, 1 + len(wrapped(reason(self._state.alarm), width - 2)))

    def _flash(self) -> None:
        alarm = self._state.alarm if isinstance(self._state, _Shown) else None
        waits = alarm is not None and not alarm.acknowledged
        if waits and alarm is not None and alarm.priority is not Priority.ADVISORY:
            self.toggle_class(FLASH)
            self.repaint()
        elif self.has_class(FLASH):
            self.remove_class(FLASH)
            self.repaint()


def reason(alarm: AlarmView) -> str:
    """Return why an alarm was raised, in the language of the screen."""
    return sentence(shown(told(alarm.why)))


def marks(alarm: AlarmView) -> str:
    """Return whether an alarm is new and whether it still holds."""
    mark = say("alarm.seen" if alarm.acknowledged else "alarm.new")
    return f"{mark}, {say('alarm.active' if alarm.active else 'alarm.latched')}"
