"""The line of the link: its sentence, losses, battery, and the mark that lives by samples.

The mark moves only when samples have come in, so a frozen device cannot look alive. The line is
painted at every view, changed or not, and counts what it painted: the heartbeat reports a view as
drawn only after that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.timer import Timer

from torquemon.local.view import LinkPhase, SoundPhase, View
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, fitted, shown, style
from torquemon.tui.palette import Role
from torquemon.tui.words import say, say_count, told

_TRACK: Final = ("●○○○", "○●○○", "○○●○", "○○○●", "○○●○", "○●○○")
_COLOURS: Final[Mapping[LinkPhase, Role]] = MappingProxyType(
    {
        LinkPhase.CONNECTED: palette.GREEN,
        LinkPhase.CONNECTING: palette.SKY,
        LinkPhase.NO_DATA: palette.YELLOW,
        LinkPhase.LOST: palette.VERMILLION,
        LinkPhase.FAILED: palette.VERMILLION,
    }
)


_LEAST_TEXT: Final = 16
"""Cells that the sentence of the link keeps, whatever figures stand beside it."""


class _Shown(NamedTuple):
    phase: LinkPhase
    text: str
    facts: str
    beat: int
    alive: bool
    sound: str


class StatusBar(Painted):
    """Link state; the proof of life and of drawing."""

    GROUND = palette.PANEL

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.shown_views = 0
        self.painted_views = 0
        """How many of the views shown have been painted, or were overtaken by one that was.

        Counted here and not by the monitor's sequence: a new monitor begins again at 1.
        """
        self._samples = 0
        self._beat = 0

    def show(self, view: View) -> None:
        """Show the link of `view`."""
        alive = view.link.samples != self._samples
        self._beat = (self._beat + 1) % len(_TRACK) if alive else self._beat
        self._samples = view.link.samples
        self.shown_views += 1
        facts = " · ".join(_facts(view))
        self._state = _Shown(
            view.link.phase, shown(told(view.link.text)), facts, self._beat, alive, sound_chip(view)
        )
        self.repaint()

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        if not isinstance(self._state, _Shown) or not height:
            return []
        self.painted_views = self.shown_views
        phase, text, facts, beat, alive, sound = self._state
        mark = f" {_TRACK[beat]} " if alive else f" {say('link.still')} "
        head = f" {say(f'link.{phase.value}')} "
        tail = f" {facts} " if facts else ""
        room = width - len(mark) - len(head) - cell_len(sound) - 1
        if cell_len(tail) > room - _LEAST_TEXT:
            tail = fitted(tail, max(0, room - _LEAST_TEXT))
        room -= cell_len(tail)
        life = palette.GREEN if alive else palette.YELLOW
        return [
            [
                Segment(head, style(palette.ON_FILL, _COLOURS[phase], bold=True)),
                Segment(sound, style(palette.ON_FILL, palette.YELLOW, bold=True)),
                Segment(" " + fitted(text, room), style(palette.INK, self.GROUND)),
                Segment(tail, style(palette.MUTED, self.GROUND)),
                Segment(mark, style(life, self.GROUND, bold=True)),
            ]
        ]


def sound_chip(view: View) -> str:
    """Return the pause of the sound with its countdown, or that there is none; else nothing."""
    if view.sound in (SoundPhase.NONE, SoundPhase.FAILED):
        return f" {say('sound.missing')} "
    if view.sound_paused_s > 0:
        return f" {say('sound.paused', seconds=math.ceil(view.sound_paused_s))} "
    return ""


def _facts(view: View) -> list[str]:
    facts: list[str] = []
    if not view.operator_present:
        facts.append(say("operator.absent"))
    if view.device is not None and view.device.battery_percent is not None:
        facts.append(say("link.battery", percent=view.device.battery_percent))
    if view.link.round_trip_ms is not None:
        facts.append(say("link.round_trip", ms=view.link.round_trip_ms))
    if view.link.late_ms is not None:
        facts.append(say("link.late", ms=view.link.late_ms))
    if view.link.bad_frames:
        facts.append(say_count("link.bad_frames", view.link.bad_frames))
    facts.append(say("link.lost_samples", count=view.link.lost_samples))
    return facts


class _Notice(NamedTuple):
    storage: str
    text: str
    urgent: bool
    sound: str = ""
    new: bool = False


class NoticeLine(Painted):
    """The answer to the last order; before it, what could not be stored and why there is no sound.

    A new answer stands first for some seconds: the warnings have marks elsewhere, it has not.
    """

    GROUND = palette.PANEL
    NEW_S: ClassVar[float] = 6.0

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._from_view: str | None = None
        self._notice = _Notice("", "", urgent=False)
        self._ageing: Timer | None = None

    def show(self, view: View) -> None:
        """Show what `view` says of storage, and its notice where that is a new one."""
        notice = self._notice._replace(storage=shown(told(view.storage)), sound=_no_sound(view))
        known, self._from_view = self._from_view, view.notice
        self._put(notice)
        if known is None:  # what was answered before this screen was there is not new
            self._put(notice._replace(text=notice.text or shown(told(view.notice))))
        elif view.notice != known:
            self.tell(view.notice)

    def tell(self, text: str, *, urgent: bool = False) -> None:
        """Show `text` until something newer is said."""
        self._put(self._notice._replace(text=shown(told(text)), urgent=urgent, new=bool(text)))
        if self._ageing is not None:
            self._ageing.stop()
        self._ageing = self.set_timer(self.NEW_S, self.age)

    def age(self) -> None:
        """The answer is not new any more: what warns stands before it again."""
        self._put(self._notice._replace(new=False))

    def _put(self, notice: _Notice) -> None:
        self._notice = notice
        self.set_state(notice)

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        if not height:
            return []
        storage, text, urgent, sound, new = self._notice
        warnings: Line = []
        if storage:
            warning = f" {say('storage', why=storage)} "
            warnings.append(Segment(warning, style(palette.ON_FILL, palette.YELLOW, bold=True)))
            warnings.append(Segment(" ", style(palette.INK, self.GROUND)))
        if sound:
            warnings.append(Segment(f"{sound}  ", style(palette.YELLOW, self.GROUND, bold=True)))
        ink = palette.VERMILLION if urgent else palette.INK
        room = width - 1 - (0 if new else sum(cell_len(part.text) for part in warnings))
        said = text if new and cell_len(text) <= room else fitted(text, room)
        answer = Segment(f"{said}  " if new else said, style(ink, self.GROUND, bold=urgent))
        line: Line = [Segment(" ", style(palette.INK, self.GROUND))]
        line += [answer, *warnings] if new else [*warnings, answer]
        return [_within(line, width)]


def _within(line: Line, width: int) -> Line:
    """Return as much of a line as fits; its end says where something is missing."""
    kept: Line = []
    room = width
    for part in line:
        if cell_len(part.text.rstrip()) > room:
            return [*kept, Segment(fitted(part.text.rstrip(), room), part.style)]
        kept.append(part)
        room = max(0, room - cell_len(part.text))
    return kept


def _no_sound(view: View) -> str:
    """Return why alarms cannot be heard; empty where they can."""
    if view.sound not in (SoundPhase.NONE, SoundPhase.FAILED):
        return ""
    why = shown(told(view.sound_why)) or say("sound.unknown.why")
    return f"{say('sound.missing')}: {why}"
