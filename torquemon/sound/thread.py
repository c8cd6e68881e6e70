"""The thread of the recorder that listens and sounds, from its first moment to its last."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torquemon import paths
from torquemon.clock import Clock
from torquemon.local.client import MonitorClient
from torquemon.local.door import read_door
from torquemon.local.messages import Role
from torquemon.settings import load
from torquemon.sound.device import Device, Opener, Pull, SoundError, loudspeaker, null_device
from torquemon.sound.file_device import file_opener
from torquemon.sound.listener import Listener
from torquemon.sound.path import SoundPath
from torquemon.sound.player import Player

LOUDSPEAKER: Final = "loudspeaker"
NULL: Final = "null"
OFF: Final = "off"
_END_S: Final = 3.0
_SHARES: Final = {"full": 1.0, "half": 0.5}
"""The volumes of the settings."""
SWITCH_INTERVAL_S: Final = 0.0005
"""The device's thread waits at most this long for the interpreter, whatever the record is doing."""


@dataclass(frozen=True, slots=True)
class _Way:
    """Where the sound goes, and whether somebody hears it there."""

    opener: Opener
    heard: bool


def _nowhere(_: Pull) -> Device:
    raise SoundError("the sound is switched off (--sound=off)")


def _way(where: str, clock: Clock) -> _Way:
    ways = {
        LOUDSPEAKER: _Way(loudspeaker, heard=True),
        NULL: _Way(null_device, heard=False),
        OFF: _Way(_nowhere, heard=False),
    }
    return ways.get(where) or _Way(file_opener(Path(where), clock), heard=False)


async def _connect() -> MonitorClient:
    return await MonitorClient.connect(read_door(paths.door_path()), Role.RECORDER)


def _is_widow() -> bool:
    """A monitor that ends in order takes its door away."""
    return paths.door_path().exists()


def _language() -> str:
    return load().settings.language


def _share() -> float:
    return _SHARES.get(load().settings.volume, 1.0)


@contextlib.contextmanager
def sounding(clock: Clock, where: str = LOUDSPEAKER) -> Iterator[None]:
    """Listen and sound while the block lasts. `where`: loudspeaker, null, off, or a WAV file."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    way = _way(where, clock)
    ending = threading.Event()
    player = Player(clock, _share)
    path = SoundPath(player, way.opener, clock, heard=way.heard)
    ears = Listener(_connect, _is_widow, player, path, clock, _language)
    thread = threading.Thread(
        target=lambda: asyncio.run(ears.run(ending)), name="sound", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(_END_S)  # a sound server that hangs does not keep the recorder from ending
