"""A tree of D-Bus objects on a private bus, as small as a fake service needs it.

`PrivateBus` is a `dbus-daemon` of its own, ended by its own pid. `DBusTree` keeps objects with
their properties, answers ObjectManager and Properties by itself, and everything else from a table.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from tests.processes import require

_CONFIG: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>custom</type>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
_MANAGER: Final = "org.freedesktop.DBus.ObjectManager"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"

Interfaces = dict[str, dict[str, Variant]]
Reply = tuple[str, list[Any], list[int]]
"""Signature, body, file descriptors."""
NOTHING: Final[Reply] = ("", [], [])
Method = Callable[[str, list[Any]], Awaitable[Reply]]
"""Takes the object's path and the arguments. Raises Refusal."""


class Refusal(Exception):  # noqa: N818 - a D-Bus error has a name of its own
    """A method answers with an error."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class PrivateBus:
    """A `dbus-daemon` for one test."""

    def __init__(self, daemon: str, folder: Path) -> None:
        config = folder / "bus.conf"
        socket = folder / "bus"
        config.write_text(_CONFIG.format(path=socket), encoding="utf-8")
        self.address = f"unix:path={socket}"
        self._process = subprocess.Popen(
            [daemon, f"--config-file={config}", "--nofork", "--nopidfile", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it prints where it listens once it does

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()
        self._process.communicate(timeout=10)


@contextlib.contextmanager
def private_bus(folder: Path) -> Iterator[PrivateBus]:
    """Yield a bus; skipped where there is no dbus-daemon."""
    daemon = shutil.which("dbus-daemon") or ""
    require(daemon, "no dbus-daemon here (Debian: dbus)")
    bus = PrivateBus(daemon, folder)
    try:
        yield bus
    finally:
        bus.kill()


class DBusTree:
    """Objects by path. `methods` by interface and name; a missing one is answered with an error."""

    def __init__(self, methods: dict[tuple[str, str], Method]) -> None:
        self.objects: dict[str, Interfaces] = {}
        self.calls: list[str] = []
        """The methods that were called, in their order."""
        self._methods = methods
        self._bus: MessageBus | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def own(self, address: str, name: str) -> None:
        """Join the bus under a name."""
        bus = self._bus = MessageBus(bus_address=address, negotiate_unix_fd=True)
        bus.add_message_handler(self._on_message)
        await bus.connect()
        await bus.request_name(name)

    async def leave(self) -> None:
        """Be gone from the bus, as when the service is killed."""
        bus, self._bus = self._bus, None
        if bus is not None:
            bus.disconnect()
            with contextlib.suppress(Exception):
                await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    def add(self, path: str, interface: str, **values: Variant) -> None:
        """Add an object, or an interface of one, and tell it."""
        self.objects.setdefault(path, {})[interface] = values
        self._signal("/", _MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, {interface: values}])

    def remove(self, path: str) -> None:
        """Take an object and everything beneath it away."""
        for gone in [each for each in self.objects if each == path or each.startswith(path + "/")]:
            interfaces = list(self.objects.pop(gone))
            self._signal("/", _MANAGER, "InterfacesRemoved", "oas", [gone, interfaces])

    def set(self, path: str, interface: str, **values: Variant) -> None:
        """Change properties and tell it; of an object that is gone, nothing."""
        properties = self.objects.get(path, {}).get(interface)
        if properties is not None:
            properties.update(values)
            self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, values, []])

    def get(self, path: str, interface: str, name: str) -> Any:  # noqa: ANN401 - of any D-Bus type
        """Return the value of a property."""
        return self.objects[path][interface][name].value

    def _signal(
        self, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> None:
        if self._bus is not None and self._bus.connected:
            self._send(self._bus, Message.new_signal(path, interface, member, signature, body))

    def _send(self, bus: MessageBus, message: Message) -> asyncio.Future[None]:
        """Send, and let a bus that is gone be gone."""
        sending = bus.send(message)
        sending.add_done_callback(lambda done: done.cancelled() or done.exception())
        return sending

    def _on_message(self, message: Message) -> bool:
        if message.message_type is not MessageType.METHOD_CALL or self._bus is None:
            return False
        task = asyncio.get_running_loop().create_task(self._answer(self._bus, message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _answer(self, bus: MessageBus, message: Message) -> None:
        try:
            signature, body, descriptors = await self._call(message)
        except Refusal as error:
            reply = Message.new_error(message, error.name, str(error))
            descriptors = []
        else:
            reply = Message.new_method_return(message, signature, body, descriptors)
        if bus.connected:
            await asyncio.wait([self._send(bus, reply)])
        for descriptor in descriptors:
            os.close(descriptor)

    async def _call(self, message: Message) -> Reply:
        interface, member, path = str(message.interface), str(message.member), str(message.path)
        if (interface, member) == (_MANAGER, "GetManagedObjects"):
            return "a{oa{sa{sv}}}", [self.objects], []
        self.calls.append(member)
        method = self._methods.get((interface, member))
        if method is None or path not in self.objects:
            raise Refusal("org.freedesktop.DBus.Error.UnknownObject", f"no {member} at {path}")
        return await method(path, list(message.body))
