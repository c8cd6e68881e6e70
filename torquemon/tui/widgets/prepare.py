"""The small form for the next insertion: patient reference, site, screw, window, threshold.

It takes the place of the plot; number, state, alarms and STOP stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input

from torquemon.local.view import View
from torquemon.profiles.catalogue import Catalogue
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, fitted, shown, style
from torquemon.tui.words import say

_LABEL: Final = 11
_MAX_CHARS: Final = 64


class Option(NamedTuple):
    """One of several: its id and its name."""

    id: str
    name: str


class Choice(Painted, can_focus=True):
    """One of a few options, changed with the arrow keys or a touch."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", show=False),
        Binding("right", "move(1)", show=False),
        Binding("enter", "submit", show=False),
    ]

    class Submitted(Message):
        """Enter was pressed."""

    def __init__(self, options: Sequence[Option], *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._options = tuple(options)
        self._state = 0

    @property
    def chosen(self) -> str:
        """The id of the present option."""
        return self._options[self._index].id

    @property
    def _index(self) -> int:
        return self._state if isinstance(self._state, int) else 0

    def choose(self, option_id: str, name: str) -> None:
        """Make `option_id` the present one; one of the clinic's own is taken up."""
        if all(option.id != option_id for option in self._options):
            self._options += (Option(option_id, name),)
        self.set_state([option.id for option in self._options].index(option_id))

    def action_move(self, step: int) -> None:
        """Go to the next or the previous option."""
        self.set_state((self._index + step) % len(self._options))

    def action_submit(self) -> None:
        """Send the form."""
        self.post_message(self.Submitted())

    def on_click(self) -> None:
        """Go to the next option."""
        self.action_move(1)

    def on_focus(self) -> None:
        """Show the focus."""
        self.repaint()

    def on_blur(self) -> None:
        """Show that the focus has gone."""
        self.repaint()

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        if not height:
            return []
        ink, ground = (
            (palette.ON_FILL, palette.SKY) if self.has_focus else (palette.INK, palette.RAISED)
        )
        text = f"‹ {shown(self._options[self._index].name)}"
        return [[Segment(fitted(text, width - 2) + " ›", style(ink, ground))]]


class _Label(Painted):
    GROUND = palette.PANEL

    def __init__(self, text: str, classes: str) -> None:
        super().__init__(classes=classes)
        self._state = text

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        ink = style(palette.MUTED, self.GROUND)
        return [[Segment(fitted(f" {self._state}", width), ink)]][:height]


class PrepareForm(Vertical):
    """The form. Posts `Filled` when Enter is pressed; closing it is the screen's business."""

    class Filled(Message):
        """The fields of a `prepare` order."""

        def __init__(self, fields: dict[str, str]) -> None:
            super().__init__()
            self.fields = fields

    def __init__(self, catalogue: Catalogue, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._sites = [Option(key, site.name) for key, site in catalogue.sites.items()]
        self._screws = [Option(key, screw.name) for key, screw in catalogue.screws.items()]

    def compose(self) -> ComposeResult:
        """Lay out the fields."""
        yield _Label(say("prepare.title"), "head")
        yield from self._row("patient", _input("patient", ""))
        yield from self._row("site", Choice(self._sites, id="prepare-site"))
        yield from self._row("screw", Choice(self._screws, id="prepare-screw"))
        yield from self._row("window", _input("window", say("prepare.window.hint")))
        yield from self._row("threshold", _input("threshold", say("prepare.threshold.hint")))
        yield _Label(say("prepare.keys"), "head")

    def _row(self, name: str, field: Input | Choice) -> ComposeResult:
        with Horizontal(classes="field"):
            yield _Label(say(f"prepare.{name}"), "label")
            yield field

    def open(self, view: View) -> None:
        """Fill in what is set in `view` and take the focus."""
        self.query_one("#prepare-patient", Input).value = shown(view.patient)
        self.query_one("#prepare-site", Choice).choose(view.site, view.site_name)
        self.query_one("#prepare-screw", Choice).choose(view.screw, view.screw_name)
        self.query_one("#prepare-window", Input).value = shown(view.window_choice)
        wanted = "" if view.wanted_ncm is None else f"{view.wanted_ncm:g}"
        self.query_one("#prepare-threshold", Input).value = wanted
        self.query_one("#prepare-patient", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send the form."""
        event.stop()
        self._send()

    def on_choice_submitted(self, event: Choice.Submitted) -> None:
        """Send the form."""
        event.stop()
        self._send()

    def _send(self) -> None:
        fields = {
            "patient": self.query_one("#prepare-patient", Input).value,
            "site": self.query_one("#prepare-site", Choice).chosen,
            "screw": self.query_one("#prepare-screw", Choice).chosen,
            "window": self.query_one("#prepare-window", Input).value,
            "threshold_ncm": self.query_one("#prepare-threshold", Input).value,
        }
        # An empty field leaves the choice to the monitor; an empty patient means none.
        self.post_message(
            self.Filled(
                {key: shown(value) for key, value in fields.items() if value or key == "patient"}
            )
        )


def _input(name: str, hint: str) -> Input:
    return Input(
        placeholder=hint,
        id=f"prepare-{name}",
        compact=True,
        max_length=_MAX_CHARS,
        select_on_focus=False,
    )
