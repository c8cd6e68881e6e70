"""Proof on the wire: who holds the key of a handpiece, and that nothing was made up or sent twice.

Both ends hold a key of 16 bytes that never travels. After a challenge each frame carries a tag over
its direction, its number, its type and its payload; numbers only rise. What does not hold is not
believed: no command, no answer, no reading, no read-back. The one exception is a stop, which is
obeyed whoever sends it, because it can only make things stand still. Pure arithmetic, sans-I/O;
PROTOCOL.md section 8 is the specification, `docs/safety/threats.md` says what it does not stop.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Mapping
from typing import Final, NamedTuple

from torquemon.drivers.codec import NONCE_BYTES
from torquemon.drivers.frame import TAG_BYTES, Frame

KEY_BYTES: Final = 16
_LABEL: Final = b"TorqueMon 1 wire"
_HOST: Final = b"host to device"
_DEVICE: Final = b"device to host"
_TAGGED: Final = struct.Struct("<QB")
_SPAN: Final = 1 << 16


class Keys(NamedTuple):
    """The keys of the handpieces of one chair, by serial number as it is shown.

    `trouble` is a sentence on keys that could not be read, empty where all could.
    """

    by_serial: Mapping[str, bytes]
    trouble: str = ""

    def __repr__(self) -> str:
        return f"Keys({len(self.by_serial)})"


NO_KEYS: Final = Keys({})


class WireKeys(NamedTuple):
    """The keys of one challenge, one for each direction: what is reflected does not fit."""

    host: bytes
    device: bytes


def wire_keys(key: bytes, host_nonce: bytes, device_nonce: bytes, hello: bytes) -> WireKeys:
    """Derive the keys of a session from the key of the handpiece (16 bytes) and both nonces.

    `hello` is the payload of the device's Hello: whoever changes what it says (units, limits, who
    it is) ends with other keys. Raises ValueError where a length is wrong.
    """
    if not len(key) == KEY_BYTES or not len(host_nonce) == len(device_nonce) == NONCE_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes and a nonce {NONCE_BYTES}")
    secret = hmac.digest(key, _LABEL + host_nonce + device_nonce + hello, "sha256")
    return WireKeys(
        hmac.digest(secret, _HOST, "sha256"),
        hmac.digest(secret, _DEVICE, "sha256"),
    )


def make_tag(key: bytes, number: int, frame_type: int, payload: bytes) -> bytes:
    """Return the tag of one frame: the first 16 bytes of HMAC-SHA256."""
    return hmac.digest(key, _TAGGED.pack(number, frame_type) + payload, "sha256")[:TAG_BYTES]


class _Numbered:
    """One direction. The 16 bits that travel become a number that never comes again."""

    __slots__ = ("_key", "_last")

    def __init__(self, key: bytes, last: int) -> None:
        self._key = key
        self._last = last

    def _number(self, counter: int) -> int:
        """Return the next number that ends in these 16 bits."""
        return self._last + 1 + (counter - self._last - 1) % _SPAN


class Sealer(_Numbered):
    """Puts tags on the frames of one direction. `last` is the number before its first frame."""

    def seal(self, frame: Frame) -> Frame:
        """Return the frame with its tag."""
        self._last = self._number(frame.counter)
        return frame._replace(tag=make_tag(self._key, self._last, frame.type, frame.payload))


class Checker(_Numbered):
    """Checks the tags of one direction. A frame is believed once, and none that is older."""

    def holds(self, frame: Frame) -> bool:
        """Whether the frame was made by who has the key, for this place in the session."""
        number = self._number(frame.counter)
        tag = make_tag(self._key, number, frame.type, frame.payload)
        if not hmac.compare_digest(tag, frame.tag):
            return False
        self._last = number
        return True
