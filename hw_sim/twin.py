"""A handpiece with its operator, in simulated time and without any socket: for tests and demos.

A host side feeds bytes and fetches bytes; `advance` lets time pass and moves a `ManualClock` along
if it was given one:

    twin = Twin(scenario("threshold").build(seed=7), clock=clock)
    twin.receive(hello_bytes)
    frames = twin.advance(0.01)
"""

from __future__ import annotations

from collections.abc import Iterator

from hw_sim.handpiece import Handpiece
from hw_sim.operator import POLL_HZ, Script, run_script
from torquemon.clock import ManualClock


class Twin:
    """Steps a handpiece and its operator. `done` once the operator has laid the handpiece down."""

    def __init__(
        self, handpiece: Handpiece, script: Script, clock: ManualClock | None = None
    ) -> None:
        self.handpiece = handpiece
        self.done = False
        self._clock = clock
        self._script: Iterator[None] = run_script(handpiece, script)
        self._poll_every = handpiece.control_hz // POLL_HZ
        self._until_poll = 1
        self._owed_ticks = 0.0

    def tick(self) -> None:
        """Let one control period pass."""
        self._until_poll -= 1
        if self._until_poll == 0:
            self._until_poll = self._poll_every
            if not self.done:
                self.done = next(self._script, self) is self
        self.handpiece.tick()

    def receive(self, data: bytes, *, trusted: bool = True) -> None:
        """Bytes from the host arrive now; `trusted` as in `DeviceLink.receive`."""
        self.handpiece.receive(data, trusted=trusted)

    def advance(self, seconds: float) -> bytes:
        """Let `seconds` pass and return what the device has sent meanwhile."""
        self._owed_ticks += seconds * self.handpiece.control_hz
        count = int(self._owed_ticks + 1e-6)
        self._owed_ticks -= count
        for _ in range(count):
            self.tick()
        if self._clock is not None:
            self._clock.advance(seconds)
        return self.handpiece.transmit()
