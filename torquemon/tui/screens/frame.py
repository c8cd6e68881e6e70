"""The frame of every screen but the insert screen: the recording stays in sight, and STOP in reach.

At the top mark, patient, number, state, the gravest alarm and the STOP field; at the foot link,
answers and the ways to the other screens. In between is the screen's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final, Protocol

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widget import Widget
from textual.widgets import Input

from torquemon.key_names import shown_key
from torquemon.local.view import CurveBlock, SessionPhase, View
from torquemon.tui.link import MonitorLink
from torquemon.tui.screens.base import BaseScreen
from torquemon.tui.widgets.banner import AlarmBanner
from torquemon.tui.widgets.digits import TorqueNumber
from torquemon.tui.widgets.header import Header, Watermark
from torquemon.tui.widgets.keys import StopButton
from torquemon.tui.widgets.live_words import LiveWords
from torquemon.tui.widgets.nav import NavBar
from torquemon.tui.widgets.panels import Entry, KeysPanel
from torquemon.tui.words import say

_SIGNS: Final = {"slash": "/"}
"""Keys that are told by their sign."""


class _Part(Protocol):
    def show(self, view: View) -> None: ...


class FrameScreen(BaseScreen):
    """A screen with the frame around it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "order('acknowledge')", id="acknowledge"),
        Binding("m", "order('pause_sound')", id="pause-sound"),
    ]
    KEYS_TOLD: ClassVar[tuple[str, ...]] = ()
    """The keys of this screen that its help explains: `<NAME>.help.<key>` says how."""

    def __init__(self, link: MonitorLink) -> None:
        super().__init__(link)
        self._watermark, self._header = Watermark(id="watermark"), Header(id="header")
        self._number, self._words = TorqueNumber(id="live-number"), LiveWords(id="live-words")
        self._help = KeysPanel(id="help-panel")
        self._banner = AlarmBanner(id="banner")
        self._parts: tuple[_Part, ...] = (
            self._watermark,
            self._header,
            self._banner,
            self._number,
            self._words,
            self.notice,
            self.status,
        )

    def compose(self) -> ComposeResult:
        """Lay out the frame."""
        yield self._watermark
        yield self._header
        with Horizontal(id="live-strip"):
            yield self._number
            yield self._words
            yield StopButton(id="live-stop")
        yield self._banner
        with Container(id="body"):
            yield from self.body()
        yield self._help
        yield self.status
        yield self.notice
        yield NavBar(self.NAME)

    def body(self) -> Iterator[Widget]:
        """Lay out the screen's own part."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Begin without the help."""
        self._help.display = False

    # What the pump asks

    def apply(self, view: View, block: CurveBlock | None) -> None:
        """See `BaseScreen`."""
        del block
        self.view = view
        self.remove_class("lost")
        self.set_class(view.phase is not SessionPhase.RECORDING, "-calm")
        for part in self._parts:
            part.show(view)
        self.fresh(view)

    def fresh(self, view: View) -> None:
        """Show what `view` says in the screen's own part."""

    def lose(self, why: str) -> None:
        """See `BaseScreen`: the number goes, the words say what to do."""
        self.add_class("lost")
        self._words.lose(why)

    # Help

    def action_help(self) -> None:
        """Show or hide what the keys of this screen do."""
        self._help.display = not self._help.display
        self.query_one("#body").display = not self._help.display
        if self._help.display:
            rows = [Entry(self._cap(key), say(f"{self.NAME}.help.{key}")) for key in self.KEYS_TOLD]
            self._help.show_text(
                say(f"{self.NAME}.help"),
                *rows,
                Entry("1-6", say("frame.help.numbers")),
                Entry("s F12", say("help.stop")),
                Entry(self._cap("a"), say("help.acknowledge")),
                Entry(self._cap("m"), say("help.pause")),
                Entry("", say("help.rotation")),
                Entry("", say("disclaimer")),
            )
        self.set_focus(self._help if self._help.display else None)

    def _cap(self, key: str) -> str:
        """Return what stands on the key that does now what this one usually does."""
        for binding in (*self.BINDINGS, *FrameScreen.BINDINGS):
            if isinstance(binding, Binding) and binding.id and key in binding.key.split(","):
                chosen = self.app.settings.keys.get(binding.id, ())
                return " ".join(map(shown_key, chosen)) or _SIGNS.get(key, key)
        return _SIGNS.get(key, key)

    def action_leave(self) -> None:
        """Close the help, or leave the field that is written in, or go back to the number."""
        if self._help.display:
            self.action_help()
        elif isinstance(self.focused, Input) or self.focused is not None:
            self.set_focus(None)
        else:
            self.app.go("insert")
