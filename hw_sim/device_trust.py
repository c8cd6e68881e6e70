"""The device's side of the challenge: who may give orders, and the tags of what it says. Sans-I/O.

A device with a key obeys nobody without it, a stop excepted. See PROTOCOL.md, section 8.
"""

from __future__ import annotations

import hashlib

from torquemon.drivers.codec import NONCE_BYTES
from torquemon.drivers.device_messages import AuthProof, Hello
from torquemon.drivers.frame import Frame
from torquemon.drivers.host_messages import AuthRequest
from torquemon.drivers.trust import Checker, Sealer, wire_keys


class DeviceTrust:
    """One key and the session under it. `refused` counts what came with no tag or a wrong one."""

    def __init__(self, key: bytes, seed: int) -> None:
        self.refused = 0
        self._key = key
        self._seed = seed
        self._challenges = 0
        self._sealer: Sealer | None = None
        self._checker: Checker | None = None

    @property
    def is_open(self) -> bool:
        """Whether a challenge was answered: from then on all that leaves has a tag."""
        return self._sealer is not None

    def forget(self) -> None:
        """The connection is gone or a hello began another session."""
        self._sealer = self._checker = None

    def challenged(self, frame: Frame, counter: int, introduced: Hello) -> AuthProof:
        """Answer a challenge. `counter` is that of the answer, `introduced` the last hello."""
        request = AuthRequest.unpack(frame.payload)
        self._challenges += 1
        # A device has a generator of true randomness; a twin must do the same twice, but not after
        # another start.
        grain = f"nonce of the device {self._seed} {introduced.boot_id} {self._challenges}"
        nonce = hashlib.sha256(grain.encode()).digest()[:NONCE_BYTES]
        keys = wire_keys(self._key, request.nonce, nonce, introduced.pack())
        self._checker = Checker(keys.host, frame.counter)
        self._sealer = Sealer(keys.device, counter - 1)
        return AuthProof(introduced.session, nonce)

    def seal(self, frame: Frame) -> Frame:
        """Return a frame as it leaves."""
        return frame if self._sealer is None else self._sealer.seal(frame)

    def obeys(self, frame: Frame) -> bool:
        """Whether a command comes from who has the key, and for the first time."""
        if self._checker is not None and self._checker.holds(frame):
            return True
        self.refused += 1
        return False
