"""What somebody at the chair does to a running recorder: sign, send, look how it stands."""

from __future__ import annotations

import asyncio

from tests.processes import START_S, wait_for
from torquemon import paths
from torquemon.local.archive import ActName, RecorderState
from torquemon.local.archive_client import ArchiveClient
from torquemon.local.door import read_door
from torquemon.local.messages import Role


def wait_for_recorder() -> None:
    """Return once a recorder lets dashboards in."""
    wait_for(paths.recorder_door_path().exists, START_S, "the recorder opens its door")


def act(name: ActName, insertion_id: str, who: str = "Dr A") -> str:
    """Do what a key on the screen does; return the sentence that is shown."""

    async def asked() -> str:
        client = await ArchiveClient.connect(read_door(paths.recorder_door_path()), Role.CONTROL)
        try:
            return await client.act(name, insertion_id, who=who)
        finally:
            await client.close()

    return asyncio.run(asked())


def state() -> RecorderState:
    """Return what the screen shows of the recorder."""

    async def asked() -> RecorderState:
        client = await ArchiveClient.connect(read_door(paths.recorder_door_path()), Role.VIEW)
        try:
            return await client.state()
        finally:
            await client.close()

    return asyncio.run(asked())
