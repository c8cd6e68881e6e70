"""The door of the monitor: on which loopback port it listens, and the token that opens it.

The file is readable by its user only; whoever can read it may look at the chair and order a stop.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_TOKEN_BYTES: Final = 32
_MAX_DOOR_BYTES: Final = 1024
_MAX_PORT: Final = 65_535


LAUNCH_VARIABLE: Final = "TORQUEMON_LAUNCH"
"""Environment variable by which a launcher names the monitor that it starts."""


class DoorError(Exception):
    """There is no monitor to talk to, and what to do."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where a monitor listens. The token is a secret: never log it."""

    port: int
    token: str
    launch: str = ""
    """What the launcher of this monitor called it; tells its door from another's."""

    def __repr__(self) -> str:
        return f"Door(port={self.port})"


def new_token() -> str:
    """Return a fresh token."""
    import secrets  # not before the first picture

    return secrets.token_urlsafe(_TOKEN_BYTES)


def write_door(path: Path, door: Door) -> None:
    """Leave the door's file, whole or not at all, for this user only."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"port": door.port, "token": door.token, "launch": door.launch}, file)
    temporary.replace(path)


NO_MONITOR: Final = "no monitor runs at this chair: start one with `torquemon run`"


def read_door(path: Path, missing: str = NO_MONITOR) -> Door:
    """Read the door's file. Raises DoorError; `missing` is its sentence where there is no door."""
    try:
        with path.open(encoding="utf-8") as file:
            fields = json.loads(file.read(_MAX_DOOR_BYTES))
        port, token = int(fields["port"]), str(fields["token"])
        launch = str(fields.get("launch", ""))
    except FileNotFoundError:
        raise DoorError(missing) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DoorError(f"{path} cannot be read: start `torquemon run` again") from error
    if not 0 < port <= _MAX_PORT or not token:
        raise DoorError(f"{path} is damaged: start `torquemon run` again")
    return Door(port, token, launch)
