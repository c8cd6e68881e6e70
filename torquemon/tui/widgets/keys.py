"""What can be pressed: the line of keys at the foot and the STOP field, both for keys and touch."""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message

from torquemon.key_names import keys_of, shown_key
from torquemon.local.view import SessionPhase, View
from torquemon.settings import Settings
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, blocks, centred, style
from torquemon.tui.palette import Role
from torquemon.tui.widgets.glyphs import block_text
from torquemon.tui.widgets.touch import TARGET_COLUMNS, TARGET_ROWS
from torquemon.tui.words import say


class Key(NamedTuple):
    """A key of the line: what it is called, what it does, whether it commands the monitor."""

    key: str
    label: str
    action: str
    orders: bool


KEYS: Final = (
    Key("space", "record", "record", orders=True),
    Key("s/F12", "stop", "order('stop')", orders=False),
    Key("a", "acknowledge", "order('acknowledge')", orders=True),
    Key("m", "pause", "order('pause_sound')", orders=True),
    Key("r", "arm", "order('arm')", orders=True),
    Key("x", "axis", "axis", orders=False),
    Key("t", "tare", "order('tare')", orders=True),
    Key("p", "prepare", "prepare", orders=True),
    Key("l", "log", "log", orders=False),
    Key("?", "help", "help", orders=False),
    Key("q", "quit", "ask_quit", orders=False),
)
REVIEW: Final = Key("3", "review", "go('review')", orders=False)
MORE: Final = Key("…", "more", "more", orders=False)
"""Shows the targets for which a bar has no room, and after the last of them the first again."""

_ACTIONS: Final = {
    **{name: name for name in ("record", "acknowledge", "arm", "axis", "tare", "prepare", "log")},
    "pause": "pause-sound",
    "help": "help",
    "quit": "quit",
}
"""The action, as the settings call it, of each key of the line that can be chosen."""
_ONLY_BEFORE: Final = frozenset({"tare", "prepare"})
_ONLY_WHILE: Final = frozenset({"arm", "axis"})
"""Keys that mean something only before, or only while a recording runs; the line has no room."""
_ALWAYS_THERE: Final = frozenset({"stop"})
"""Has a field of its own, so that a short bar of targets need not have it."""
_LATER_FIRST: Final = ("log", "quit", "axis", "review", "tare")
"""What stands behind MORE where there is no room for all, the first first."""
_BLOCK_ROWS: Final = 5
"""A field this high has room for block letters."""


class _Shown(NamedTuple):
    recording: bool
    controlling: bool
    page: int = 0


class _Field(NamedTuple):
    start: int
    end: int
    action: str


def keys_now(*, recording: bool) -> tuple[Key, ...]:
    """Return the keys of the line."""
    missing = _ONLY_BEFORE if recording else _ONLY_WHILE
    return tuple(key for key in KEYS if key.label not in missing)


def targets_now(*, recording: bool, controlling: bool, room: int, page: int = 0) -> tuple[Key, ...]:
    """Return the keys of a bar that has room for so many targets, two at least.

    Before and after a recording the way to the other screens is among them. Where not all fit,
    what a viewer may not order is left out first, and the last target turns to the next `page`.
    """
    keys = keys_now(recording=recording)
    if not recording:
        keys = (*keys[:-2], REVIEW, *keys[-2:])
    refused = () if controlling else tuple(key.label for key in keys[::-1] if key.orders)
    for label in (*refused, *_ALWAYS_THERE):
        if len(keys) <= room:
            break
        keys = tuple(key for key in keys if key.label != label)
    if len(keys) <= room:
        return keys
    later = [label for label in _LATER_FIRST if label in {key.label for key in keys}]
    later = later[: len(keys) - room + 1]
    ordered = [key for key in keys if key.label not in later]
    ordered += [key for key in keys if key.label in later]
    pages = [ordered[at : at + room - 1] for at in range(0, len(ordered), room - 1)]
    return (*pages[page % len(pages)], MORE)


def cap_of(settings: Settings, label: str, usual: str) -> str:
    """Return what stands on the key for an action of the line, as it holds now."""
    action = _ACTIONS.get(label, "")
    if action not in settings.keys:
        return usual
    return "/".join(shown_key(each) for each in keys_of(action, settings.keys))


class KeyBar(Painted):
    """The keys that mean something now; for a viewer those that order something are struck out.

    A touch on a key does what the key does. With three rows each key is a target for a finger, and
    where not all have room the last of them turns the page; what was done turns it back.
    """

    GROUND = palette.RAISED

    class Chosen(Message):
        """A key was touched."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._state = _Shown(recording=False, controlling=True)
        self._fields: list[_Field] = []

    def show(self, view: View) -> None:
        """Show the keys that fit `view`."""
        recording = view.phase is SessionPhase.RECORDING
        now = _Shown(recording=recording, controlling=view.controlling)
        if self._first_page() != now:
            self.set_state(now)

    def _first_page(self) -> _Shown | None:
        return self._state._replace(page=0) if isinstance(self._state, _Shown) else None

    def _turn(self, *, back: bool) -> None:
        if isinstance(self._state, _Shown):
            self.set_state(self._state._replace(page=0 if back else self._state.page + 1))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        if not isinstance(self._state, _Shown) or not height:
            return []
        if height >= TARGET_ROWS:
            return self._targets(self._state, width, height)
        line = self._line(self._state, " ")
        return [line if self._fields[-1].end <= width else self._line(self._state, "")]

    def _line(self, shown: _Shown, pad: str) -> Line:
        """Return the line with `pad` around each cap and name, and note what stands where."""
        line: Line = []
        self._fields = []
        x = 0
        if not shown.controlling:
            line.append(Segment(f" {say('keys.viewer')} ", style(palette.ON_FILL, palette.YELLOW)))
            x = cell_len(line[0].text)
        for key in keys_now(recording=shown.recording):
            label = "finish" if key.label == "record" and shown.recording else key.label
            cap = f"{pad}{self._cap(key)}{pad}"
            name = f" {say(f'key.{label}')} {pad}"
            if key.orders and not shown.controlling:
                struck = style(palette.MUTED, self.GROUND, strike=True)
                line.append(Segment((cap + name).rstrip(), struck))
                line.append(Segment(" " + pad, style(palette.MUTED, self.GROUND)))
            else:
                line.append(Segment(cap, style(*_cap_colours(key), bold=True)))
                line.append(Segment(name, style(palette.INK, self.GROUND)))
            end = x + cell_len(cap) + cell_len(name)
            self._fields.append(_Field(x, end, key.action))
            x = end
        return line

    def _targets(self, shown: _Shown, width: int, height: int) -> list[Line]:
        """Return a bar of fields, each with its key above its name."""
        room = width // TARGET_COLUMNS
        lines: list[Line] = [[] for _ in range(height)]
        self._fields = []
        left = 0
        if not shown.controlling:
            room, left = room - 1, TARGET_COLUMNS
            chip = style(palette.ON_FILL, palette.YELLOW, bold=True)
            for y in range(height):
                text = say("keys.viewer") if y == height // 2 else ""
                lines[y].append(Segment(centred(text, left), chip))
        keys = targets_now(
            recording=shown.recording, controlling=shown.controlling, room=room, page=shown.page
        )
        for index, key in enumerate(keys):
            start = left + (width - left) * index // len(keys)
            end = left + (width - left) * (index + 1) // len(keys)
            self._fields.append(_Field(start, end, key.action))
            struck = key.orders and not shown.controlling
            self._target(lines, key, end - start, shown=shown, struck=struck)
        return lines

    def _target(
        self, lines: list[Line], key: Key, width: int, *, shown: _Shown, struck: bool
    ) -> None:
        """Add one field: a gap at its left, its cap, its name."""
        label = "finish" if key.label == "record" and shown.recording else key.label
        rows = [self._cap(key), say(f"target.{label}")]
        plain = style(palette.MUTED if struck else palette.INK, self.GROUND, strike=struck)
        cap = plain if struck else style(*_cap_colours(key), bold=True)
        gap = Segment("▏", style(palette.MUTED, self.GROUND))
        for y, line in enumerate(lines):
            text = rows[y] if y < len(rows) else ""
            if y:
                line += [gap, Segment(centred(text, width - 1), plain)]
                continue
            word = f" {text} "
            side = (width - 1 - cell_len(word)) // 2
            line += [gap, Segment(" " * side, style(palette.INK, self.GROUND))]
            line.append(Segment(word, cap))
            rest = width - 1 - side - cell_len(word)
            line.append(Segment(" " * rest, style(palette.INK, self.GROUND)))

    def _cap(self, key: Key) -> str:
        """Return what stands on the key that does this now."""
        settings: Settings | None = getattr(self.app, "settings", None)
        return key.key if settings is None else cap_of(settings, key.label, key.key)

    def on_click(self, event: events.Click) -> None:
        """Do what stands under the finger."""
        for field in self._fields:
            if field.start <= event.x < field.end:
                self._turn(back=field.action != MORE.action)
                if field.action != MORE.action:
                    self.post_message(self.Chosen(field.action))
                return


def _cap_colours(key: Key) -> tuple[Role, Role]:
    if key.label == "stop":
        return palette.ON_FILL, palette.VERMILLION
    return palette.ON_FILL, palette.MUTED


class StopButton(Painted):
    """A field to stop the motor, large enough for a gloved finger."""

    GROUND = palette.VERMILLION

    class Pressed(Message):
        """The field was touched."""

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        word = [f"■ {say('stop.button')} ■"]
        if height >= _BLOCK_ROWS:
            word = list(block_text(say("stop.button"), height, height - 2))
        if height == 1:
            word = [f"{word[0]}  {say('stop.hint')}"]
        rows = [""] * ((height - len(word)) // 2) + word + [say("stop.hint")]
        return [blocks(centred(row, width), palette.ON_FILL, self.GROUND) for row in rows[:height]]

    def on_click(self) -> None:
        """Ask for a stop."""
        self.post_message(self.Pressed())
