"""Which Bluetooth is used, the system's or another, and how long one waits. No library here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.scanner import BaseBleakScanner


@dataclass(frozen=True, slots=True)
class Radio:
    """bleak's backend classes; None lets bleak take the one of the operating system."""

    client: type[BaseBleakClient] | None = None
    scanner: type[BaseBleakScanner] | None = None
    by_socket: bool = False
    """BlueZ only: notifications through a socket (AcquireNotify) in place of D-Bus signals, which
    bleak prefers because some devices cannot do the other."""


@dataclass(frozen=True, slots=True)
class BleTimes:
    """How long is waited for what, in seconds."""

    scan_s: float = 6.0
    """A device in reach advertises several times a second; a busy room hides some of it."""
    settle_s: float = 0.5
    """After the first device of a name: is there another of the same name?"""
    connect_s: float = 12.0
    proof_s: float = 1.5
    """The proof of pairing; it goes on behind the readings where the system asks its user."""
    read_s: float = 1.5
    write_s: float = 2.0
    patience_s: float = 0.4
    """So long a caller waits in one call; the attempt goes on."""
    close_s: float = 1.5
    silent_s: float = 2.0
    """Nothing heard for so long: gone, whatever the system says (bluetoothd may have died)."""
    first_data_s: float = 5.0
    """So long a new link may stay silent: the hello is repeated meanwhile."""
