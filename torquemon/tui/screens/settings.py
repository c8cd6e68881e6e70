"""Settings: language, look, sound, the practice's defaults, the printer, keys; stored at once.

STOP has no line here: its keys cannot be moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from textual.containers import Container, Horizontal
from textual.widget import Widget

from torquemon.key_names import STOP_KEYS, key_name, shown_key
from torquemon.local.archive import AskState, RecorderState, TrySound
from torquemon.local.view import View
from torquemon.profiles.catalogue import builtin
from torquemon.settings import (
    CHOICES,
    KEY_IDS,
    MAX_TEXT_CHARS,
    TEXTS,
    Settings,
    SettingsError,
    save,
)
from torquemon.tui.link import LINK_ERRORS, MonitorLink
from torquemon.tui.screens.frame import FrameScreen
from torquemon.tui.widgets.destinations import DestinationsPanel, summary
from torquemon.tui.widgets.editors import Editor, FieldEditor
from torquemon.tui.widgets.panels import Entry, ScrollPanel
from torquemon.tui.widgets.touch import Item, TouchList
from torquemon.tui.words import say, say_screw, say_site, told

_KEY = "key."
_TRY_SOUND = "try_sound"
_DESTINATIONS = "destinations"
_VIEWS_ONLY = "this screen only views: nobody was asked"
"""What the recorder would say."""
_LOOK_S = 2.0
_NO_SUCH = "-"
"""In a list the choice of none; an id never looks like that."""


class SettingsScreen(FrameScreen):
    """A list of settings; the editor of one in its place."""

    NAME = "settings"
    KEYS_TOLD = ("enter", "esc")

    def __init__(self, link: MonitorLink) -> None:
        super().__init__(link)
        self._list = TouchList(id="settings-list")
        self._about = ScrollPanel(id="settings-about")
        self._field = FieldEditor(id="settings-field", max_chars=MAX_TEXT_CHARS)
        self._destinations = DestinationsPanel(id="settings-destinations")
        self._recorder: RecorderState | None = None
        self._trouble = ""
        self._asked = False
        """Whether the destinations were asked since they were opened here."""

    def body(self) -> Iterator[Widget]:
        """See `FrameScreen`."""
        yield Container(
            Horizontal(self._list, self._about, id="settings-main"),
            self._field,
            self._destinations,
            id="settings",
        )

    def on_mount(self) -> None:
        """Look now and then how the destinations stand."""
        super().on_mount()
        self.set_interval(_LOOK_S, self._look)

    def on_screen_resume(self) -> None:
        """Show the settings as they are."""
        super().on_screen_resume()
        self._fill()
        self._close()
        self._look()

    def _fill(self) -> None:
        chosen = self.app.settings
        items = [
            Item(name, say(f"settings.{name}"), say(f"settings.{name}.{getattr(chosen, name)}"))
            for name in CHOICES
        ]
        items.append(Item(_TRY_SOUND, say("settings.try_sound"), say("settings.try_sound.text")))
        items += [
            Item(name, say(f"settings.{name}"), _name_of(name, getattr(chosen, name)))
            for name in TEXTS
        ]
        items.append(Item(_DESTINATIONS, say("destinations.title"), summary(self._recorder)))
        items += [
            Item(
                f"{_KEY}{name}",
                say("settings.key", what=say(f"settings.key.{name}")),
                " ".join(map(shown_key, chosen.keys.get(name, ()))) or say("settings.usual"),
            )
            for name in KEY_IDS
        ]
        self._list.fill(items)
        self._about.show_text(
            say("settings.title"),
            Entry("", say("settings.about")),
            Entry(" ".join(STOP_KEYS).upper(), say("settings.stop")),
            Entry("", say("settings.pedal")),
            Entry("", say("disclaimer")),
        )

    def fresh(self, view: View) -> None:
        """See `FrameScreen`."""

    def on_touch_list_picked(self, event: TouchList.Picked) -> None:
        """Open what was picked."""
        event.stop()
        name, chosen = event.item.id, self.app.settings
        if name == _TRY_SOUND:
            self.work(self._try_sound, group="sound", patient=True)
            return
        self.query_one("#settings-main").display = False
        if name == _DESTINATIONS:
            self._asked = False
            self._tell_destinations()
            self._destinations.open()
        elif name in CHOICES:
            options = [Item(value, say(f"settings.{name}.{value}")) for value in CHOICES[name]]
            present = getattr(chosen, name)
            self._field.open(name, event.item.name, present, options=options, typed=False)
        elif name in ("site", "screw"):
            present = getattr(chosen, name) or _NO_SUCH
            self._field.open(name, event.item.name, present, options=_listed(name), typed=False)
        elif name in TEXTS:
            hint = say(f"settings.{name}.hint")
            self._field.open(name, event.item.name, getattr(chosen, name), hint=hint)
        else:
            keys = " ".join(map(shown_key, chosen.keys.get(name.removeprefix(_KEY), ())))
            self._field.open(name, event.item.name, keys, hint=say("settings.key.hint"))

    def on_editor_done(self, event: Editor.Done) -> None:
        """Take it over, store it, dress anew; what is refused stays to be mended."""
        event.stop()
        (value,) = event.values.values()
        try:
            chosen = self._changed(event.name, value)
        except ValueError as error:
            self.notice.tell(say("settings.refused", why=told(str(error))), urgent=True)
            return
        self._close()
        said = say("settings.stored")
        try:
            save(chosen)
        except SettingsError as error:
            said = str(error)
        self.app.use(chosen)
        self._fill()
        self.notice.tell(said)

    def _changed(self, name: str, value: str) -> Settings:
        """Return the settings with one changed. Raises ValueError."""
        chosen = self.app.settings
        if not name.startswith(_KEY):
            value = "" if value == _NO_SUCH else value
            changed: dict[str, Any] = {name: value}
            return replace(chosen, **changed)
        named = tuple(key_name(typed) for typed in value.split())
        keys = {**chosen.keys, name.removeprefix(_KEY): named}
        return replace(chosen, keys={key: found for key, found in keys.items() if found})

    async def _try_sound(self) -> None:
        try:
            answer = await self.app.archive.ask(TrySound())
        except LINK_ERRORS as error:
            self.notice.tell(str(error), urgent=True)
            return
        self.notice.tell(answer.text)

    # --- the destinations -----------------------------------------------------------------------

    def _look(self) -> None:
        if self.is_current:
            self.work(self._fetch_recorder, group="recorder", patient=True)

    async def _fetch_recorder(self) -> None:
        try:
            self._recorder, self._trouble = await self.app.archive.state(), ""
        except LINK_ERRORS as error:
            self._recorder, self._trouble = None, str(error)
        self._fill()
        self._tell_destinations()

    def _tell_destinations(self) -> None:
        self._destinations.put(self._recorder, self._trouble, answers=self._asked)

    def on_destinations_panel_asked(self, event: DestinationsPanel.Asked) -> None:
        """Have the destinations asked; what they say comes with a later look."""
        event.stop()
        if self.view is not None and not self.view.controlling:
            self.notice.tell(_VIEWS_ONLY, urgent=True)
            return
        self.work(self._ask_destinations, group="ask", patient=True)

    async def _ask_destinations(self) -> None:
        try:
            await self.app.archive.ask(AskState(check=True))
        except LINK_ERRORS as error:
            self.notice.tell(str(error), urgent=True)
            return
        self._asked = True
        await self._fetch_recorder()

    def on_editor_closed(self, event: Editor.Closed) -> None:
        """Leave it as it is."""
        event.stop()
        self._close()

    def _close(self) -> None:
        self.query_one("#settings-main").display = True
        self._field.display = False
        self._destinations.display = False
        self._list.focus()

    def action_leave(self) -> None:
        """See `FrameScreen`."""
        if self._help.display:
            super().action_leave()
        elif self._field.display or self._destinations.display:
            self._close()
        else:
            self.app.go("insert")


def _listed(name: str) -> list[Item]:
    """Return what a default may be: one of the catalogue, or none."""
    known = builtin().sites if name == "site" else builtin().screws
    return [
        Item(_NO_SUCH, say("settings.none")),
        *(Item(key, _name_of(name, key)) for key in known),
    ]


def _name_of(name: str, value: str) -> str:
    """Return what a text setting stands at, by its name where it has one."""
    if name == "site" and value:
        return say_site(value, value)
    if name == "screw" and value in builtin().screws:
        return say_screw(value, builtin().screws[value].name)
    return value or say("settings.none")
