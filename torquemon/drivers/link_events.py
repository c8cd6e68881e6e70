"""What a link tells whoever owns it: one frozen value a happening. Sans-I/O."""

from __future__ import annotations

from dataclasses import dataclass

from torquemon.drivers.codec import Result
from torquemon.drivers.device import DeviceInfo
from torquemon.drivers.device_messages import DeviceState
from torquemon.model import Reading, StopReport
from torquemon.text import DeviceText


@dataclass(frozen=True, slots=True)
class Connected:
    """The device introduced itself. `rebooted`: it is not as it was when the session began."""

    info: DeviceInfo
    rebooted: bool


@dataclass(frozen=True, slots=True)
class Samples:
    """Readings in order, without repetition."""

    readings: list[Reading]


@dataclass(frozen=True, slots=True)
class StateSeen:
    """The device read back its state."""

    state: DeviceState


@dataclass(frozen=True, slots=True)
class Answered:
    """A command was carried out, refused, or left without an answer (`result` None)."""

    command: str
    result: Result | None


@dataclass(frozen=True, slots=True)
class Halted:
    """The device halted; told once per halt."""

    report: StopReport


@dataclass(frozen=True, slots=True)
class StopFailed:
    """A stop is not confirmed in time; told again while it is so."""

    why: str


@dataclass(frozen=True, slots=True)
class StopConfirmed:
    """The motor stands still after a stop."""


@dataclass(frozen=True, slots=True)
class DeviceSays:
    """A text from the device for the operator, cleaned."""

    code: int
    text: DeviceText


@dataclass(frozen=True, slots=True)
class Proved:
    """The device has the key that is kept for it; from now on nothing else is believed."""


@dataclass(frozen=True, slots=True)
class Strangers:
    """Somebody without the key speaks on the wire. Nothing of it was believed."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The session cannot go on, and why."""

    why: str


LinkEvent = (
    Connected
    | Samples
    | StateSeen
    | Answered
    | Halted
    | StopFailed
    | StopConfirmed
    | DeviceSays
    | Proved
    | Strangers
    | Refused
)
