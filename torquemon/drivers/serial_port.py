"""The serial wire: any port or URL that pyserial knows, read without waiting for more.

Reads what is there (`select` and `os.read`, where the port is a file; `read(in_waiting or 1)`
elsewhere): a large blocking read costs 5 ms. An FTDI adapter holds bytes back for 16 ms unless it
is told not to. A port that is gone raises OSError as often as SerialException: both are caught.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import sys
from dataclasses import dataclass
from typing import Final

import serial
from serial.tools import list_ports

from torquemon.drivers.errors import TransportError, TransportGoneError
from torquemon.text import DeviceText, clean

BAUD_RATE: Final = 921_600
_WRITE_TIMEOUT_S: Final = 0.05
_READ_BYTES: Final = 65_536
_POLL_S: Final = 0.005
"""Where a read cannot be woken (no file descriptor), it looks for commands this often."""


def _gone_errors() -> tuple[type[Exception], ...]:
    """What is raised by a port that is gone; which of them it is differs by system and moment."""
    found = (OSError, serial.SerialException, TypeError)  # TypeError: closed under a read
    if sys.platform == "win32":
        return found
    import termios

    return (*found, termios.error)  # no OSError: a terminal that goes while it is set up


_GONE: Final = _gone_errors()
_GONE_OR_WRONG: Final[tuple[type[Exception], ...]] = (*_GONE, ValueError)


@dataclass(frozen=True, slots=True)
class PortInfo:
    """A port that exists. `vid`, `pid` and `serial` identify a USB device; None elsewhere."""

    device: str
    description: DeviceText
    vid: int | None
    pid: int | None
    serial: DeviceText | None

    @property
    def identity(self) -> tuple[int, int, str] | None:
        """What stays the same when a USB device comes back under another name."""
        if self.vid is None or self.pid is None:
            return None
        return (self.vid, self.pid, self.serial or "")


def list_serial_ports() -> list[PortInfo]:
    """Return the serial ports of this machine, USB devices first."""
    found = [
        PortInfo(
            port.device,
            clean("" if port.description in (None, "n/a") else port.description),
            port.vid,
            port.pid,
            clean(port.serial_number) if port.serial_number else None,
        )
        for port in list_ports.comports()
    ]
    return sorted(found, key=lambda port: (port.vid is None, port.device))


def find_again(lost: PortInfo) -> str | None:
    """Return the present name of a USB device that was unplugged; None while it is not there."""
    for port in list_serial_ports():
        if port.identity == lost.identity:
            return port.device
    return None


def is_pseudo_terminal(port: str) -> bool:
    """Whether a port is one that a program serves: whatever answers there is no device."""
    return os.path.realpath(port).startswith(("/dev/pts/", "/dev/ttys"))


class SerialOpener:
    """Opens one port, and finds it again by VID, PID and serial number after it was unplugged."""

    def __init__(self, url: str, baud_rate: int = BAUD_RATE) -> None:
        self.url = url
        self._baud_rate = baud_rate
        self._known: PortInfo | None = None

    def __call__(self) -> SerialPort:
        """Open the port. Raises TransportError."""
        url = self.url
        if self._known is not None:
            found = find_again(self._known)
            if found is None:
                raise TransportError(f"{self._known.device} is unplugged: plug it in again")
            url = found
        port = SerialPort(url, self._baud_rate)
        if self._known is None:
            ports = (port for port in list_serial_ports() if port.device == url)
            self._known = next((port for port in ports if port.identity), None)
        return port


class SerialPort:
    """An open serial port. A cable is trusted: who can plug one in stands beside the chair."""

    over_the_air = False
    bare_why = ""

    def __init__(self, url: str, baud_rate: int = BAUD_RATE) -> None:
        self.name = clean(url)
        self._port = _open(url, baud_rate)
        self._broken_write = False
        self._fd = _descriptor(self._port)
        self._wake_read, self._wake_write = os.pipe() if self._fd is not None else (-1, -1)
        if self._fd is not None:
            os.set_blocking(self._wake_write, False)
        else:
            self._port.timeout = _POLL_S
        _prefer_low_latency(self._port)
        with contextlib.suppress(*_GONE, NotImplementedError):
            self._port.reset_input_buffer()

    @property
    def is_served(self) -> bool:
        """Whether a program stands at the other end (a pseudo terminal), not a device."""
        if self._fd is None:
            return False
        try:
            name = os.ttyname(self._fd)
        except OSError:
            return False  # a socket: what is behind it cannot be seen
        return is_pseudo_terminal(name)

    def read(self, timeout_s: float) -> bytes:
        """See `Transport.read`."""
        try:
            if self._fd is None:
                data = self._port.read(self._port.in_waiting or 1)
                return bytes(data)
            ready, _, _ = select.select([self._fd, self._wake_read], [], [], timeout_s)
            if self._wake_read in ready:
                os.read(self._wake_read, 512)
            if self._fd not in ready:
                return b""
            found = os.read(self._fd, _READ_BYTES)
        except BlockingIOError:
            return b""
        except _GONE_OR_WRONG as error:
            raise TransportGoneError(_gone_sentence(self.name)) from error
        if not found:
            raise TransportGoneError(_gone_sentence(self.name))
        return found

    def write(self, data: bytes) -> None:
        """See `Transport.write`. After a write that was cut a delimiter ends the torn frame."""
        whole = b"\x00" + data if self._broken_write else data
        try:
            self._broken_write = not self._write_whole(whole)
        except serial.SerialTimeoutException:
            self._broken_write = True  # the device does not listen; the next frame must stand alone
        except _GONE as error:
            raise TransportGoneError(_gone_sentence(self.name)) from error

    def _write_whole(self, data: bytes) -> bool:
        """Write all within the time-out; False where the rest had to be given up.

        Straight to the descriptor where there is one: pyserial's own loop costs a stop 10 µs.
        """
        if self._fd is None:
            self._port.write(data)
            return True
        left, waited = data, False
        while left:
            try:
                left = left[os.write(self._fd, left) :]
            except BlockingIOError:
                ready = not waited and select.select([], [self._fd], [], _WRITE_TIMEOUT_S)[1]
                if not ready:
                    return False
                waited = True  # one wait in all: a far end that sips must not hold up the reader
        return True

    def wake(self) -> None:
        """See `Transport.wake`."""
        if self._wake_write >= 0:
            with contextlib.suppress(OSError):
                os.write(self._wake_write, b"w")

    def close(self) -> None:
        """See `Transport.close`."""
        # pyserial forgets to close a socket whose other end is gone already
        connection = getattr(self._port, "_socket", None)
        with contextlib.suppress(*_GONE):
            self._port.close()
        if connection is not None:
            connection.close()
        for descriptor in (self._wake_read, self._wake_write):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self._wake_read = self._wake_write = -1


def _open(url: str, baud_rate: int) -> serial.Serial:
    try:
        return serial.serial_for_url(
            url, baudrate=baud_rate, timeout=0, write_timeout=_WRITE_TIMEOUT_S, exclusive=True
        )
    except _GONE_OR_WRONG as error:
        raise TransportError(_open_sentence(url, error)) from error


# what the system says (error number, or words of pyserial's), and what that means for a person
_OPEN_SENTENCES: Final = (
    (
        errno.ENOENT,
        ("no such file", "filenotfound", "could not find"),
        "there is no port {name}: `torquemon devices` lists the ports of this machine",
    ),
    (
        errno.EACCES,
        ("permission", "access is denied"),
        (
            "{name} may not be opened: another program holds it, or this user lacks the right "
            "(Linux: group dialout)"
        ),
    ),
    (
        errno.ENOTTY,
        ("inappropriate ioctl",),
        "{name} is no serial port: `torquemon devices` lists the ports of this machine",
    ),
    (
        errno.EBUSY,
        ("lock", "busy", "temporarily unavailable"),
        "{name} is in use by another program: close that first",
    ),
    (
        errno.ECONNREFUSED,
        ("refused", "timed out", "name or service", "unreachable"),
        "nothing answers at {name}: is the device on, and is the address right?",
    ),
)


def _open_sentence(url: str, error: Exception) -> str:
    name = clean(url)
    text = str(error).lower()
    for number, words, sentence in _OPEN_SENTENCES:
        if getattr(error, "errno", None) == number or any(word in text for word in words):
            return sentence.format(name=name)
    if isinstance(error, ValueError) or "debug|info" in text:  # pyserial's list of URL options
        return f"{name} is not a port or URL that can be opened: for example /dev/ttyUSB0 or COM3"
    return f"{name} cannot be opened: {clean(str(error))}"


def _gone_sentence(name: str) -> str:
    return f"{name} is gone: check the plug and the cable"


def _descriptor(port: serial.Serial) -> int | None:
    """Return a file descriptor that `select` can wait for; None on Windows and for some URLs."""
    if sys.platform == "win32":
        return None
    try:
        return int(port.fileno())
    except (AttributeError, OSError, ValueError):
        return None


def _prefer_low_latency(port: serial.Serial) -> None:
    setter = getattr(port, "set_low_latency_mode", None)
    if setter is not None:
        with contextlib.suppress(OSError, ValueError, NotImplementedError):
            setter(True)  # noqa: FBT003 - pyserial's signature
