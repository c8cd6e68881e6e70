"""Errors of the drivers. Each message is a sentence for the user and names the remedy."""

from __future__ import annotations


class DriverError(Exception):
    """Base of all errors that a driver raises."""


class FrameError(DriverError):
    """A frame that cannot be cut or whose check does not hold. The link counts and skips it."""


class MessageError(DriverError):
    """A frame that is whole but says something that the protocol does not allow."""


class TransportError(DriverError):
    """The wire cannot be opened, read or written."""


class TransportGoneError(TransportError):
    """The wire was there and is gone: unplugged, closed by the other side, out of range."""


class TransportPendingError(TransportError):
    """The wire is being looked for or opened: ask again at once. The message says what is done."""
