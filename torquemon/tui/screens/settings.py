"""Settings: language, look, axis, keys. What is chosen holds at once and is stored at once.

STOP has no line here: its keys cannot be moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from textual.containers import Container, Horizontal
from textual.widget import Widget

from torquemon.local.view import View
from torquemon.settings import CHOICES, KEY_IDS, STOP_KEYS, Settings, SettingsError, save
from torquemon.tui.link import MonitorLink
from torquemon.tui.screens.frame import FrameScreen
from torquemon.tui.widgets.editors import Editor, FieldEditor
from torquemon.tui.widgets.panels import Entry, TextPanel
from torquemon.tui.widgets.touch import Item, TouchList
from torquemon.tui.words import say

_KEY = "key."


class SettingsScreen(FrameScreen):
    """A list of settings; the editor of one in its place."""

    NAME = "settings"
    KEYS_TOLD = ("enter", "esc")

    def __init__(self, link: MonitorLink) -> None:
        super().__init__(link)
        self._list = TouchList(id="settings-list")
        self._about = TextPanel(id="settings-about")
        self._field = FieldEditor(id="settings-field")

    def body(self) -> Iterator[Widget]:
        """See `FrameScreen`."""
        yield Container(
            Horizontal(self._list, self._about, id="settings-main"), self._field, id="settings"
        )

    def on_screen_resume(self) -> None:
        """Show the settings as they are."""
        super().on_screen_resume()
        self._fill()
        self._close()

    def _fill(self) -> None:
        chosen = self.app.settings
        items = [
            Item(name, say(f"settings.{name}"), say(f"settings.{name}.{getattr(chosen, name)}"))
            for name in CHOICES
        ]
        items += [
            Item(
                f"{_KEY}{name}",
                say("settings.key", what=say(f"settings.key.{name}")),
                " ".join(chosen.keys.get(name, ())) or say("settings.usual"),
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
        self.query_one("#settings-main").display = False
        if name in CHOICES:
            options = [Item(value, say(f"settings.{name}.{value}")) for value in CHOICES[name]]
            present = getattr(chosen, name)
            self._field.open(name, event.item.name, present, options=options, typed=False)
        else:
            keys = " ".join(chosen.keys.get(name.removeprefix(_KEY), ()))
            self._field.open(name, event.item.name, keys, hint=say("settings.key.hint"))

    def on_editor_done(self, event: Editor.Done) -> None:
        """Take it over, store it, dress anew."""
        event.stop()
        self._close()
        (value,) = event.values.values()
        try:
            chosen = self._changed(event.name, value)
        except ValueError as error:
            self.notice.tell(say("settings.refused", why=str(error)), urgent=True)
            return
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
            changed: dict[str, Any] = {name: value}
            return replace(chosen, **changed)
        keys = {**chosen.keys, name.removeprefix(_KEY): tuple(value.split())}
        return replace(chosen, keys={key: found for key, found in keys.items() if found})

    def on_editor_closed(self, event: Editor.Closed) -> None:
        """Leave it as it is."""
        event.stop()
        self._close()

    def _close(self) -> None:
        self.query_one("#settings-main").display = True
        self._field.display = False
        self._list.focus()

    def action_leave(self) -> None:
        """See `FrameScreen`."""
        if self._help.display:
            super().action_leave()
        elif self._field.display:
            self._close()
        else:
            self.app.go("insert")
