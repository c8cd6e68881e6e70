"""What a wire is to the rest of the house: bytes in, bytes out, gone when it is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Transport(Protocol):
    """An open wire. Owned by one thread; only `wake` may be called from another."""

    @property
    def name(self) -> str:
        """What the wire is called, for people."""
        ...

    @property
    def over_the_air(self) -> bool:
        """Whether strangers can reach it. Behind it only a device that proved itself is armed."""
        ...

    @property
    def bare_why(self) -> str:
        """Why it is not known to be encrypted, a sentence; empty where it is, and on a cable."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """Return what is there, waiting up to `timeout_s` for the first byte; empty if none came.

        Raises TransportGoneError when the wire is gone. Returns early (empty) after `wake`.
        """
        ...

    def write(self, data: bytes) -> None:
        """Write whole frames. Never blocks longer than 50 ms. Raises TransportGoneError."""
        ...

    def wake(self) -> None:
        """Let a `read` in the owner's thread return at once."""
        ...

    def close(self) -> None:
        """Let the wire go. May be called twice."""
        ...


TransportOpener = Callable[[], Transport]
"""Opens the wire (again). Raises TransportError with a sentence while it cannot be had."""
