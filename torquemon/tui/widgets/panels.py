"""Panels that take the place of the plot: what comes next, the keys, the question before quitting.

They are no screens of their own: a screen on top of another one keeps it from being drawn, and the
number must stay live under every dialog.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size

from torquemon.local.view import DeviceView, View
from torquemon.settings import Settings
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, fitted, shown, style, wrapped
from torquemon.tui.widgets.header import window_text
from torquemon.tui.widgets.keys import cap_of
from torquemon.tui.widgets.scrolling import Scrolled, edge_marks
from torquemon.tui.words import say, say_screw, say_site, told


class Entry(NamedTuple):
    """A row of a panel: a short name (may be empty) and a text."""

    name: str
    text: str


class _Shown(NamedTuple):
    title: str
    entries: tuple[Entry, ...]


class TextPanel(Painted):
    """A title and rows of name and text, wrapped."""

    GROUND = palette.PANEL

    def show_text(self, title: str, *entries: Entry) -> None:
        """Show `entries` under `title`; text from outside becomes harmless here at the latest."""
        clean_entries = tuple(Entry(shown(entry.name), shown(entry.text)) for entry in entries)
        self.set_state(_Shown(shown(title), clean_entries))
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the rows that everything takes (see `Widget`)."""
        del container, viewport
        return len(self._all_lines(width))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`; a sign at the end says where something is missing."""
        lines = self._all_lines(width)
        if len(lines) <= height or not height:
            return lines
        last = lines[height - 1]
        text = "".join(part.text for part in last).rstrip()
        mark = style(palette.YELLOW, self.GROUND, bold=True)
        kept = Segment.adjust_line_length(last, min(cell_len(text), width - 1))
        return [*lines[: height - 1], [*kept, Segment("…", mark)]]

    def _all_lines(self, width: int) -> list[Line]:
        if not isinstance(self._state, _Shown):
            return []
        title, entries = self._state
        indent = max((cell_len(entry.name) for entry in entries), default=0) + 2
        lines: list[Line] = []
        lines += [
            [Segment(f" {row}", style(palette.SKY, self.GROUND, bold=True))]
            for row in wrapped(title, width - 2)
        ]
        for entry in entries:
            lines += self._entry(entry, indent if entry.name else 1, width)
        return lines

    def _entry(self, entry: Entry, indent: int, width: int) -> list[Line]:
        rows = wrapped(entry.text, width - indent - 1) or ("",)
        names = [f" {entry.name}".ljust(indent), *([" " * indent] * (len(rows) - 1))]
        return [
            [
                Segment(name, style(palette.YELLOW, self.GROUND, bold=True)),
                Segment(row, style(palette.INK, self.GROUND)),
            ]
            for name, row in zip(names, rows, strict=True)
        ]


class RowsPanel(TextPanel):
    """A panel with one row for each entry: what is too long ends in a sign."""

    def _entry(self, entry: Entry, indent: int, width: int) -> list[Line]:
        name = Segment(
            f" {entry.name}".ljust(indent), style(palette.YELLOW, self.GROUND, bold=True)
        )
        text = fitted(entry.text, max(0, width - indent - 1))
        return [[name, Segment(text, style(palette.INK, self.GROUND))]]


class KeysPanel(Scrolled, TextPanel):
    """A panel of any length: the keys or a touch on its upper or lower half move it on.

    It is the help of a screen. Space is left to the screen: it starts or finishes a recording.
    """

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Take what there is (see `Widget`)."""
        del width, viewport
        return container.height

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`; the edge says where it goes on."""
        lines = self._all_lines(width)
        if len(lines) > height:
            lines = self._all_lines(width - 2)  # the marks need room
        self._first = min(max(0, self._first), max(0, len(lines) - height))
        shown_lines = lines[self._first : self._first + height]
        after = self._first + height < len(lines)
        marks = edge_marks(height, before=self._first > 0, after=after)
        for y, mark in marks.items():
            room = width - 1 - sum(cell_len(part.text) for part in shown_lines[y])
            shown_lines[y] = [
                *shown_lines[y],
                Segment(" " * room + mark, style(palette.YELLOW, self.GROUND, bold=True)),
            ]
        return shown_lines


class ScrollPanel(KeysPanel):
    """A panel of any length beside which space does nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "scroll_page(1)", show=False)]


class Welcome(TextPanel):
    """The first screen: what this is not, what is set, and which key comes next."""

    def show(self, view: View) -> None:
        """Show what is prepared in `view`."""
        window = window_text(view)
        if view.window_source:
            window = f"{window} ({shown(view.window_source)})"
        self.show_text(
            say("disclaimer"),
            Entry("", say("welcome.next") if view.controlling else say("welcome.view")),
            Entry(say("welcome.site"), shown(say_site(view.site, view.site_name))),
            Entry(say("welcome.screw"), shown(say_screw(view.screw, view.screw_name))),
            Entry(say("welcome.window"), window),
            Entry(say("welcome.device"), _device_text(view.device)),
        )


def _device_text(device: DeviceView | None) -> str:
    if device is None:
        return say("welcome.device.none")
    name = shown(f"{device.maker} {device.model} {device.serial}")
    if device.calibrated is None:
        return f"{name}, {say('welcome.uncalibrated')}"
    return f"{name}, {say('welcome.calibrated', date=shown(device.calibrated))}"


def explain_keys(
    panel: TextPanel, settings: Settings, view: View | None = None, *, watches: bool = False
) -> None:
    """Say what the keys do: where this screen does not control, only those that need no order."""
    keys: tuple[tuple[str, str], ...] = (
        ("space", "record"),
        ("s F12", "stop"),
        ("a", "acknowledge"),
        ("m", "pause"),
        ("x", "axis"),
        ("l", "log"),
        ("r", "arm"),
        ("t", "tare"),
        ("p", "prepare"),
        ("q", "quit"),
    )
    about: tuple[Entry, ...] = ()
    if watches or not (view is None or view.controlling):
        free = {"axis", "log"} if watches else {"stop", "axis", "log"}
        keys = (*(pair for pair in keys if pair[1] in free), ("q", "leave"))
        about = (Entry("", say("help.watch") if watches else say("order.view_only")),)
    panel.show_text(
        say("help.rotation"),
        *about,
        *(Entry(cap_of(settings, name, key), say(f"help.{name}")) for key, name in keys),
        Entry("Esc", say("help.close")),
    )


def ask_to_quit(panel: TextPanel) -> None:
    """Ask before quitting."""
    panel.show_text(
        say("ask.title"),
        Entry("", say("ask.why")),
        Entry("y", say("ask.yes")),
        Entry("n", say("ask.no")),
    )


def lost_panel() -> TextPanel:
    """Return the words for a monitor that is gone; `explain_loss` fills them in."""
    return TextPanel(id="lost-words")


def explain_loss(panel: TextPanel, why: str) -> None:
    """Say what happened and what to do."""
    panel.show_text(
        shown(told(why)),
        Entry("1", say("lost.hand")),
        Entry("2", say("lost.lease")),
        Entry("3", say("lost.again")),
    )
