"""Export the README's picture from a running simulated insertion: `make picture`.

A simulated handpiece on a real port, the real monitor, and the real dashboard drawn without a
terminal; the picture is what it shows when the screw is near its seat. The sound goes the product's
whole way into a device that takes it at a real one's pace, so that the picture is of a chair with a
loudspeaker wherever it is made.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from torquemon import paths
from torquemon.clock import SystemClock
from torquemon.launcher import child, simulator, wait_for_door
from torquemon.local.client import MonitorClient
from torquemon.local.door import read_door
from torquemon.local.messages import Role
from torquemon.sound.device import null_device
from torquemon.sound.listener import Listener
from torquemon.sound.path import SoundPath
from torquemon.sound.player import Player
from torquemon.tui.picture import picture

OUT = Path(__file__).resolve().parent / "pictures" / "dashboard.svg"
PLAN = ["--site=maxilla-buccal", "--screw=infinitas-1.5x9-short", "--patient=DEMO"]
TORQUE_NCM = 6.0


def without_outside_fonts(svg: str) -> str:
    """Leave out the web fonts: a page that shows the picture loads nothing from elsewhere."""
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)


async def export() -> str:
    """Wait until the torque is in the window, then draw what the dashboard shows."""
    link = await MonitorClient.connect(read_door(paths.door_path()), Role.CONTROL)
    try:
        drawn = 0
        while True:
            view, _ = await link.fetch(drawn, None, 0)
            drawn = view.sequence
            if view.torque_ncm is not None and view.torque_ncm > TORQUE_NCM:
                return without_outside_fonts(await picture(link, views=30))
            await asyncio.sleep(0.05)
    finally:
        await link.close()


@contextmanager
def audible() -> Iterator[None]:
    """Sound the alarms of the chair into the null device, as if somebody heard it there."""

    async def connect() -> MonitorClient:
        return await MonitorClient.connect(read_door(paths.door_path()), Role.RECORDER)

    clock, ending = SystemClock(), threading.Event()
    player = Player(clock)
    path = SoundPath(player, null_device, clock, heard=True)
    ears = Listener(connect, lambda: False, player, path, clock, lambda: "en")
    thread = threading.Thread(target=lambda: asyncio.run(ears.run(ending)), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(3)


def main() -> None:
    """Run one insertion and write the picture."""
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        os.environ[paths.HOME_VARIABLE] = home
        port = stack.enter_context(simulator("nominal", 7))
        words = ["torquemon", "monitor", f"--port={port}", "--record", *PLAN]
        monitor = stack.enter_context(child(words))
        wait_for_door(monitor)
        stack.enter_context(audible())
        OUT.write_text(asyncio.run(export()), encoding="utf-8")


if __name__ == "__main__":
    main()
