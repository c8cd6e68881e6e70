"""Replay: a stored insertion played again, slower or faster, and marked as what it is.

The number of the replay has the word REPLAYED over it at all times. The recording that may run
meanwhile keeps its own number, above, and STOP is the real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widget import Widget

from torquemon.local.archive import CurvePage, InsertionView
from torquemon.local.bands import band_at
from torquemon.local.view import BAND_RANK, Band, View
from torquemon.model import Origin
from torquemon.tui.link import LINK_ERRORS, MonitorLink
from torquemon.tui.player import Player
from torquemon.tui.pump import MAX_FRAMES_PER_S
from torquemon.tui.screens.archive_parts import facts_of, scene_of
from torquemon.tui.screens.frame import FrameScreen
from torquemon.tui.widgets.digits import TorqueNumber
from torquemon.tui.widgets.header import Watermark
from torquemon.tui.widgets.panels import Entry, TextPanel
from torquemon.tui.widgets.state_strip import StateStrip
from torquemon.tui.widgets.stored_plot import StoredPlot
from torquemon.tui.widgets.touch import TouchButton
from torquemon.tui.words import say

BUTTONS: Final = ("pause", "slower", "faster", "again", "back")


class ReplayScreen(FrameScreen):
    """Number, state and curve of the replay, and what moves it."""

    NAME = "replay"
    KEYS_TOLD = ("space", "left", "right", "esc")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "do('pause')"),
        Binding("left,minus", "do('slower')"),
        Binding("right,plus", "do('faster')"),
        Binding("home", "do('again')"),
    ]

    def __init__(self, link: MonitorLink) -> None:
        super().__init__(link)
        self.player = Player((), ())
        self._insertion: InsertionView | None = None
        self._page: CurvePage | None = None
        self._worst = Band.IDLE
        self._mark = Watermark(id="replay-mark")
        self._torque = TorqueNumber(id="replay-number")
        self._strip = StateStrip(id="replay-strip")
        self._facts = TextPanel(id="replay-facts")
        self._plot = StoredPlot(id="replay-plot")
        self._buttons = {name: TouchButton("", id=f"replay-{name}") for name in BUTTONS}

    def body(self) -> Iterator[Widget]:
        """See `FrameScreen`."""
        yield Container(
            self._mark,
            Horizontal(self._torque, self._facts, id="replay-top"),
            self._strip,
            self._plot,
            Horizontal(*self._buttons.values(), classes="touch-row"),
            id="replay",
        )

    def on_mount(self) -> None:
        """Play as fast as the screen draws."""
        super().on_mount()
        self.set_interval(1 / MAX_FRAMES_PER_S, self._tick)

    def begin(self, insertion: InsertionView, page: CurvePage) -> None:
        """Play an insertion from its start; first reduced, then with every sample."""
        self._insertion, self._page = insertion, page
        self._worst = Band.IDLE
        self.player = Player(page.time_s, page.torque_ncm)
        self.work(partial(self._fetch_all, insertion.line.id), group="curve", exclusive=True)

    async def _fetch_all(self, wanted: str) -> None:
        """Fetch every sample; where that fails the reduced curve is played on."""
        time_s: list[float] = []
        torque_ncm: list[float] = []
        angle_deg: list[float | None] = []
        total = 1
        try:
            while len(time_s) < total:
                page = await self.app.archive.curve(wanted, len(time_s))
                if not page.time_s:
                    break
                total = page.total
                time_s += page.time_s
                torque_ncm += page.torque_ncm
                angle_deg += page.angle_deg
        except LINK_ERRORS:
            return
        before = self.player
        self._page = CurvePage(
            id=wanted,
            first=0,
            next=len(time_s),
            total=len(time_s),
            time_s=tuple(time_s),
            torque_ncm=tuple(torque_ncm),
            angle_deg=tuple(angle_deg),
        )
        self.player = Player(time_s, torque_ncm)
        self.player.position_s, self.player.playing = before.position_s, before.playing

    def _tick(self) -> None:
        if self.is_current:
            self.play(1 / MAX_FRAMES_PER_S)

    def play(self, seconds: float) -> None:
        """Let so many seconds pass and draw where the replay stands."""
        self.player.advance(seconds)
        insertion, page, live = self._insertion, self._page, self.view
        if insertion is None or page is None or live is None:
            return
        torque = self.player.torque_ncm
        band = Band.NO_DATA
        if torque is not None:
            band = band_at(
                torque,
                insertion.window_low_ncm,
                insertion.window_high_ncm,
                insertion.threshold_ncm,
            )
            if BAND_RANK[band] > BAND_RANK[self._worst]:
                self._worst = band
        played = live.model_copy(
            update={
                "origin": Origin.REPLAYED,
                "insertion_id": f"replay {insertion.line.id}",
                "torque_ncm": torque,
                "band": band,
                "worst_band": self._worst,
            }
        )
        for part in (self._mark, self._torque, self._strip):
            part.show(played)
        scene = scene_of(insertion, page, by_angle=False)
        self._plot.put(scene._replace(until=self.player.count))
        title, _ = facts_of(insertion)
        where = say("replay.at", at=self.player.position_s, end=self.player.end_s)
        speed = say("replay.speed", speed=self.player.speed)
        self._facts.show_text(title, Entry("", where), Entry("", speed))

    def fresh(self, view: View) -> None:
        """See `FrameScreen`."""
        del view
        for name, button in self._buttons.items():
            word = "play" if name == "pause" and not self.player.playing else name
            button.face(say(f"replay.{word}"))

    def on_touch_button_pressed(self, event: TouchButton.Pressed) -> None:
        """Do what the field is for."""
        event.stop()
        self.action_do(event.name.removeprefix("replay-"))

    def action_do(self, name: str) -> None:
        """Pause, go on, change the speed, begin again, or go back."""
        if name == "pause":
            self.player.toggle()
        elif name in ("slower", "faster"):
            self.player.faster(-1 if name == "slower" else 1)
        elif name == "again":
            self.player.position_s, self.player.playing = 0.0, True
            self._worst = Band.IDLE
        else:
            self.app.go("review")

    def action_leave(self) -> None:
        """See `FrameScreen`."""
        if self._help.display:
            super().action_leave()
        else:
            self.app.go("review")
