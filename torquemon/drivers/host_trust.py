"""May this device be armed? The host's side of the challenge. Sans-I/O, owned by the link.

Over the air nothing is armed that did not prove itself, on a wire that is known to be encrypted,
with the key that is kept for its serial number; until then the device is only listened to. A cable
needs no proof unless the device demands one. From the proof on, nothing without a tag is believed.
"""

from __future__ import annotations

import hashlib
from enum import Enum, auto
from typing import Final

from torquemon.drivers.codec import NONCE_BYTES, Capability
from torquemon.drivers.device import DeviceInfo
from torquemon.drivers.device_messages import AuthProof
from torquemon.drivers.frame import Frame
from torquemon.drivers.host_messages import AuthRequest, HelloRequest, StatusRequest, StopRequest
from torquemon.drivers.trust import Checker, Keys, Sealer, WireKeys, wire_keys

PROOF_REPEAT_NS: Final = 1_000_000_000
"""Longer than any round trip over the air: an answer to the last challenge may still come."""
_BARE_TYPES: Final = frozenset(
    kind.TYPE for kind in (HelloRequest, AuthRequest, StopRequest, StatusRequest)
)
"""A stop carries no tag: there is nothing about it that could fail."""

_CANNOT: Final = "this handpiece cannot prove over the air who it is: warn only"
_NO_KEY: Final = (
    "the key of handpiece {serial} is not known here: warn only; enter it with `torquemon pair`"
)
_WRONG: Final = (
    "handpiece {serial} does not know the key that is kept for it: warn only; it is another one, "
    "or the key must be entered again with `torquemon pair`"
)
_WAITING: Final = "the handpiece has not proved itself yet"


class Standing(Enum):
    """How far the device is believed."""

    UNKNOWN = auto()
    """No hello yet."""
    CABLE = auto()
    """Nothing need be proved."""
    WAITING = auto()
    """Asked for the proof."""
    PROVEN = auto()
    REFUSED = auto()
    """Listened to, never armed."""


class HostTrust:
    """What the host knows of the device's proof.

    `refusal` says why the device may only be listened to, empty where that is not so. `refused`
    counts frames that were not believed.
    """

    def __init__(self, seed: int, keys: Keys) -> None:
        self.standing = Standing.UNKNOWN
        self.refusal = ""
        self.refused = 0
        self._keys = keys
        self._seed = seed.to_bytes(seed.bit_length() // 8 + 1, "little")
        self._challenges = 0
        self._over_the_air = False
        self._bare_why = ""
        self._demands = False
        self._serial = ""
        self._hello = b""
        self._nonce = b""
        self._asked_ns: int | None = None
        self._asked_counter = 0
        self._sealer: Sealer | None = None
        self._checker: Checker | None = None

    @property
    def may_arm(self) -> bool:
        """Whether the device may be armed, as far as trust goes."""
        return self.standing in (Standing.CABLE, Standing.PROVEN)

    @property
    def undecided(self) -> bool:
        """Whether the proof is still under way: an order would go out bare and be refused."""
        return self.standing is Standing.WAITING

    @property
    def why_not(self) -> str:
        """Return why it may not; empty where it may."""
        return "" if self.may_arm else self.refusal or _WAITING

    def on_wire(self, *, over_the_air: bool, bare_why: str) -> None:
        """Another wire is open. `bare_why`: why it is not known to be encrypted, empty if it is."""
        self._over_the_air = over_the_air
        self._bare_why = bare_why
        self.forget()

    def wire_is(self, bare_why: str) -> None:
        """The wire as it is now: where the system asks for a passkey, a link is encrypted late."""
        if bare_why == self._bare_why:
            return
        self._bare_why = bare_why
        if self.standing is not Standing.UNKNOWN:
            self._drop_proof()
            self._decide()

    def forget(self) -> None:
        """Nothing is proved any more: the wire is gone or the device is greeted anew."""
        self.standing = Standing.UNKNOWN
        self._drop_proof()

    def _drop_proof(self) -> None:
        self.refusal = ""
        self._asked_ns = None
        self._nonce = b""
        self._sealer = self._checker = None

    def greeted(self, info: DeviceInfo, hello: bytes) -> None:
        """The device introduced itself with this payload: decide what it has to prove."""
        self._demands = Capability.AUTHENTICATION in info.hello.capabilities
        self._serial = info.serial
        self._hello = hello
        self._drop_proof()
        self._decide()

    def _decide(self) -> None:
        if not self._over_the_air and not self._demands:
            self.standing = Standing.CABLE
        elif self._bare_why:
            self._refuse(self._bare_why)
        elif not self._demands:
            self._refuse(_CANNOT)
        elif self._serial not in self._keys.by_serial:
            trouble = self._keys.trouble and f" ({self._keys.trouble})"
            self._refuse(_NO_KEY.format(serial=self._serial) + trouble)
        else:
            self.standing = Standing.WAITING

    def _refuse(self, why: str) -> None:
        self.standing = Standing.REFUSED
        self.refusal = why

    def challenge(self, now_ns: int) -> AuthRequest | None:
        """Return the challenge if one is due. Repeated while the device does not prove itself."""
        if self.standing is not Standing.WAITING:
            return None
        if self._asked_ns is not None and now_ns - self._asked_ns < PROOF_REPEAT_NS:
            return None
        self._asked_ns = now_ns
        self._challenges += 1
        grain = self._seed + self._challenges.to_bytes(8, "little")
        self._nonce = hashlib.sha256(b"nonce of the host" + grain).digest()[:NONCE_BYTES]
        return AuthRequest(self._nonce)

    def seal(self, frame: Frame) -> Frame:
        """Return a frame as it is to be sent."""
        if frame.type == AuthRequest.TYPE:
            self._asked_counter = frame.counter
        if self._sealer is None or frame.type in _BARE_TYPES:
            return frame
        return self._sealer.seal(frame)

    def believes(self, frame: Frame) -> bool:
        """Whether a frame of the device may be taken for what it says."""
        if self._checker is None or self._checker.holds(frame):
            return True
        self.refused += 1
        return False

    def proof(self, frame: Frame, message: AuthProof) -> bool:
        """Take the answer to the challenge; return whether the device has just proved itself.

        A wrong one leaves the device unproved and the challenge is repeated: a stranger who throws
        in a bad answer must not shut the right one out.
        """
        if self.standing is not Standing.WAITING or not self._nonce:
            return False
        keys = wire_keys(
            self._keys.by_serial[self._serial], self._nonce, message.nonce, self._hello
        )
        checker = Checker(keys.device, frame.counter - 1)
        if not checker.holds(frame):
            self.refused += 1
            self.refusal = _WRONG.format(serial=self._serial)
            return False
        self._trust(keys, checker)
        return True

    def _trust(self, keys: WireKeys, checker: Checker) -> None:
        self.standing = Standing.PROVEN
        self.refusal, self._nonce = "", b""
        self._checker = checker
        self._sealer = Sealer(keys.host, self._asked_counter)
