"""What takes the place of the tiles while one is chosen: a text, one of a list, a spot, a yes.

Each posts one message when it is done and does nothing itself. Everything has a key and a target
for a finger; what must be typed can be touched letter by letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from torquemon.text import clean
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, centred, shown, style
from torquemon.tui.widgets.arch import ArchMap, Spot, title
from torquemon.tui.widgets.keypad import ERASE, KeyPad
from torquemon.tui.widgets.panels import Entry, TextPanel
from torquemon.tui.widgets.touch import Item, TouchButton, TouchList
from torquemon.tui.words import say, told

_MAX_CHARS: Final = 64


class Editor(Vertical):
    """Takes the place of something. `Closed` when it was left without a choice."""

    class Closed(Message):
        """Nothing was chosen."""

    class Done(Message):
        """Something was chosen for the field `name`."""

        def __init__(self, name: str, values: dict[str, str]) -> None:
            super().__init__()
            self.name = name
            self.values = values

    def on_mount(self) -> None:
        """Begin out of sight."""
        self.display = False


class FieldEditor(Editor):
    """One field: a text that is typed, or one of a list, or either."""

    def __init__(self, *, id: str, max_chars: int = _MAX_CHARS) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._field = ""
        self._typed = True
        self._title = TextPanel(id=f"{id}-title")
        self._input = Input(id=f"{id}-input", max_length=max_chars, select_on_focus=True)
        self._list = TouchList(id=f"{id}-list")
        self._pad = KeyPad(id=f"{id}-pad")
        self._set = TouchButton(say("edit.set"), id=f"{id}-set")
        self._back = TouchButton(say("edit.back"), id=f"{id}-back")

    def compose(self) -> ComposeResult:
        """Lay out title, entry and list."""
        yield self._title
        with Horizontal(classes="entry"):
            yield self._input
            yield self._set
            yield self._back
        yield self._list
        yield self._pad

    def open(
        self,
        name: str,
        question: str,
        value: str = "",
        *,
        hint: str = "",
        options: Sequence[Item] = (),
        typed: bool = True,
    ) -> None:
        """Ask for `name`; `options` may be picked, and with `typed` a text may be typed."""
        self._field, self._typed = name, typed
        self._title.show_text(question, *([Entry("", hint)] if hint else []))
        self._set.face(say("edit.set"))
        self._back.face(say("edit.back"))
        self._input.value = shown(value)
        self._input.display = typed
        self._list.fill(options, value)
        self._list.display = bool(options)
        self._pad.display = typed and not options
        self._pad.begin()
        self.display = True
        (self._input if typed else self._list).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what was typed."""
        event.stop()
        self._finish(event.value)

    def on_key_pad_typed(self, event: KeyPad.Typed) -> None:
        """Type what was touched, in the place of what is marked."""
        event.stop()
        if event.text == ERASE:
            self._input.action_delete_left()
        else:
            self._input.replace(event.text, *self._input.selection)

    def on_touch_list_picked(self, event: TouchList.Picked) -> None:
        """Take what was picked."""
        event.stop()
        self._finish(event.item.id)

    def on_touch_button_pressed(self, event: TouchButton.Pressed) -> None:
        """Take what stands there, or leave."""
        event.stop()
        if event.name.endswith("-back"):
            self.post_message(self.Closed())
        elif self._typed:
            self._finish(self._input.value)
        else:
            self._list.action_pick()

    def _finish(self, value: str) -> None:
        said = clean(value, self._input.max_length or _MAX_CHARS)
        self.post_message(self.Done(self._field, {self._field: said}))


class SpotEditor(Editor):
    """The arch, with fields beside it that move the mark."""

    _MOVES = ("left", "right", "up", "down", "set", "back")

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.arch = ArchMap(id="arch")
        self._title = TextPanel(id="arch-title")
        self._buttons = {name: TouchButton("", id=f"arch-{name}") for name in self._MOVES}

    def compose(self) -> ComposeResult:
        """Lay out arch and fields."""
        with Horizontal(id="arch-row"):
            yield self.arch
            with Vertical(id="arch-keys"):
                yield self._title
                for pair in (("left", "right"), ("up", "down"), ("set", "back")):
                    with Horizontal(classes="touch-row"):
                        yield from (self._buttons[name] for name in pair)

    def open(self, site_id: str, pair: str) -> None:
        """Ask for the site, beginning at the present one."""
        for name, button in self._buttons.items():
            button.face(say(f"arch.{name}"))
        self.arch.put(site_id, pair)
        self._tell()
        self.display = True
        self.arch.focus()

    def _tell(self) -> None:
        self._title.show_text(title(self.arch.spot))

    def on_arch_map_moved(self, event: ArchMap.Moved) -> None:
        """Say where the mark stands."""
        event.stop()
        self._tell()

    def on_arch_map_picked(self, event: ArchMap.Picked) -> None:
        """Take the spot."""
        event.stop()
        self._finish(event.spot)

    def on_touch_button_pressed(self, event: TouchButton.Pressed) -> None:
        """Move the mark, take it, or leave."""
        event.stop()
        name = event.name.removeprefix("arch-")
        if name in ("left", "right"):
            self.arch.action_pair(-1 if name == "left" else 1)
        elif name in ("up", "down"):
            self.arch.action_zone(-1 if name == "up" else 1)
        elif name == "set":
            self._finish(self.arch.spot)
        else:
            self.post_message(self.Closed())

    def _finish(self, spot: Spot) -> None:
        self.post_message(self.Done("site", {"site": spot.site, "fdi": spot.pair}))


class Reference(Painted):
    """A patient reference, letter by letter in a filled field.

    Not in block letters: in those 0, O and D look alike, and here they must not.
    """

    GROUND = palette.SKY

    def put(self, reference: str) -> None:
        """Show this."""
        self.set_state(shown(reference))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        text = str(self._state or "")
        spaced = " ".join(text)
        text = spaced if cell_len(spaced) <= width - 2 else text
        look = style(palette.ON_FILL, self.GROUND, bold=True)
        middle = height // 2
        return [[Segment(centred(text if y == middle else "", width), look)] for y in range(height)]


class ConfirmPanel(Editor):
    """Who the patient is, as large as there is room, and what else must be confirmed."""

    class Confirmed(Message):
        """It is the right patient, and the screw is meant; `shown` is what stood there."""

        def __init__(self, stood_there: dict[str, str]) -> None:
            super().__init__()
            self.shown = stood_there

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._stood: dict[str, str] = {}
        self._sentences: tuple[str, ...] = ()
        self._reference = Reference(id="confirm-patient")
        self._words = TextPanel(id="confirm-words")
        self._yes = TouchButton("", id="confirm-yes")
        self._no = TouchButton("", id="confirm-no")

    def compose(self) -> ComposeResult:
        """Lay out the reference, the sentences and the two fields."""
        yield self._reference
        yield self._words
        with Horizontal(classes="touch-row"):
            yield from self._answers()

    def _answers(self) -> Iterator[Widget]:
        yield self._yes
        yield self._no

    @property
    def stood_there(self) -> dict[str, str]:
        """What the operator sees and would confirm."""
        return self._stood

    def open(self, stood_there: dict[str, str], sentences: tuple[str, ...]) -> None:
        """Show what is to be confirmed; it is this that is sent, whatever is set meanwhile."""
        self._stood, self._sentences = dict(stood_there), sentences
        self._reference.put(stood_there.get("patient", "") or say("patient.none"))
        self.know("")
        self._yes.face(say("confirm.yes"), urgent=True)
        self._no.face(say("confirm.no"))
        self.display = True
        self._yes.focus()

    def know(self, about: str) -> None:
        """Show what is known of the patient beside the reference; it comes a little later."""
        rows = [Entry("", shown(about))] if about else []
        rows += [Entry("?", shown(told(text))) for text in self._sentences]
        self._words.show_text(say("confirm.title"), *rows)

    def doubt(self, why: str) -> None:
        """Ask about the patient: the record does not know this one."""
        rows = [Entry("!", why), *(Entry("?", shown(told(text))) for text in self._sentences)]
        self._words.show_text(say("confirm.title"), *rows)
        self._yes.face(say("confirm.yes.new"), urgent=True)

    def confirm(self) -> None:
        """It is so."""
        self.post_message(self.Confirmed(self._stood))

    def on_touch_button_pressed(self, event: TouchButton.Pressed) -> None:
        """Take the answer."""
        event.stop()
        if event.name == "confirm-yes":
            self.confirm()
        else:
            self.post_message(self.Closed())
