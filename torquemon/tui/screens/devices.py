"""Devices: the handpiece at hand with what it can do, and what else is on a port or in the air."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget

from torquemon.local.archive import AskDevices, PortLine
from torquemon.local.view import View
from torquemon.tui.link import LINK_ERRORS, MonitorLink
from torquemon.tui.paint import shown
from torquemon.tui.screens.frame import FrameScreen
from torquemon.tui.widgets.panels import Entry, ScrollPanel, TextPanel
from torquemon.tui.widgets.touch import Item, TouchButton, TouchList
from torquemon.tui.words import say, say_count, told

_LOOK_S = 2.0


class DevicesScreen(FrameScreen):
    """What the device says of itself at the left, the ports at the right."""

    NAME = "devices"
    KEYS_TOLD = ("l", "esc")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("l", "scan", id="scan")]

    def __init__(self, link: MonitorLink) -> None:
        super().__init__(link)
        self._device = ScrollPanel(id="device")
        self._said = TextPanel(id="ports-said")
        self._ports = TouchList(id="ports")
        self._scan = TouchButton("", id="ports-scan")

    def body(self) -> Iterator[Widget]:
        """See `FrameScreen`."""
        yield Container(
            Horizontal(
                self._device,
                Vertical(
                    Horizontal(self._scan, self._said, classes="touch-row"),
                    self._ports,
                    id="ports-side",
                ),
            ),
            id="devices",
        )

    def on_mount(self) -> None:
        """Look at the ports now and then."""
        super().on_mount()
        self.set_interval(_LOOK_S, self._look)

    def on_screen_resume(self) -> None:
        """Look at the ports."""
        super().on_screen_resume()
        self._look()

    def _look(self) -> None:
        if self.is_current:
            self.work(partial(self._ask, AskDevices()), group="ports", patient=True)

    def action_scan(self) -> None:
        """Listen for handpieces in the air."""
        self.work(partial(self._ask, AskDevices(scan=True)), group="ports", exclusive=True)

    def on_touch_button_pressed(self, event: TouchButton.Pressed) -> None:
        """Listen."""
        event.stop()
        self.action_scan()

    def on_touch_list_picked(self, event: TouchList.Picked) -> None:
        """Say how a port is used: the monitor has one from its start to its end."""
        event.stop()
        self.notice.tell(say("devices.how", url=event.item.id))

    async def _ask(self, asked: AskDevices) -> None:
        try:
            answer = await self.app.archive.ask(asked)
        except LINK_ERRORS as error:
            self._said.show_text(say("devices.unknown"), Entry("", told(str(error))))
            return
        ports = answer.ports or ()
        here = self.view.link.port if self.view is not None else ""
        self._ports.fill([_item(port, here) for port in ports])
        self._said.show_text(told(answer.text) or say_count("devices.ports", len(ports)))

    def fresh(self, view: View) -> None:
        """See `FrameScreen`."""
        self._scan.face(say("devices.scan"))
        self._device.show_text(say("devices.here"), *_entries(view))


def _item(port: PortLine, here: str) -> Item:
    mark = say("devices.used") if port.url == here else ""
    return Item(port.url, f"{port.kind.upper()} {port.name}", f"{port.url} {port.detail}", mark)


def _entries(view: View) -> list[Entry]:
    device, link = view.device, view.link
    entries = [Entry(say("devices.port"), shown(link.port)), Entry("", shown(told(link.text)))]
    if device is None:
        return [*entries, Entry("", say("welcome.device.none"))]
    abilities = {
        "angle": device.has_angle,
        "speed": device.has_speed,
        "stop": device.can_stop,
    }
    can = ", ".join(say(f"devices.can.{name}") for name, able in abilities.items() if able)
    cannot = ", ".join(say(f"devices.can.{name}") for name, able in abilities.items() if not able)
    entries += [
        Entry(say("devices.maker"), shown(f"{device.maker} {device.model}")),
        Entry(say("devices.serial"), shown(device.serial)),
        Entry(say("devices.firmware"), shown(device.firmware)),
        Entry(say("devices.measures"), say("devices.rate", rate=device.sample_rate_hz)),
        Entry(say("devices.can"), can or "-"),
        Entry(say("devices.cannot"), cannot or "-"),
        Entry(say("devices.calibrated"), shown(device.calibrated or say("verdict.unknown"))),
    ]
    if device.accuracy_ncm is not None:
        accuracy = say("devices.accuracy.value", torque=device.accuracy_ncm)
        entries.append(Entry(say("devices.accuracy"), accuracy))
    if device.battery_percent is not None:
        entries.append(Entry(say("devices.battery"), f"{device.battery_percent} %"))
    lost = ", ".join(
        (
            say_count("devices.lost", link.lost_samples),
            say_count("link.bad_frames", link.bad_frames),
        )
    )
    return [*entries, Entry(say("devices.losses"), lost)]
