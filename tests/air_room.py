"""A room with a simulated radio and one handpiece, in real time, in the thread of one loop.

For tests of what has threads of its own: the reader thread, the opener, the list of devices.
"""

from __future__ import annotations

import contextlib
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, Final, TypeVar

from tests.radio import FAST, Air, AirHandpiece, nominal_twin
from torquemon.drivers.ble import BleOpener
from torquemon.drivers.ble_known import KnownDevices
from torquemon.drivers.device_messages import Names
from torquemon.drivers.loop_thread import LoopThread

_T = TypeVar("_T")
_WAIT_S: Final = 10.0
INTERVAL_S: Final = 0.0075
ADDRESS: Final = "F1:00:00:00:00:01"
PATIENT: Final = replace(FAST, patience_s=5.0)
"""One call of the opener is one attempt, as on a cable."""


class AirRoom:
    """The room; closed by the stack."""

    def __init__(
        self,
        stack: contextlib.ExitStack,
        *,
        paired: bool = True,
        names: Names | None = None,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._stack = stack
        self._names = names
        self._boots = 0
        self.thread = LoopThread("air")
        stack.callback(self.thread.close)
        self.air = self.run(self._make(interval_s))
        self.handpiece = self.run(self._switch_on(None))
        stack.callback(self.switch_off)
        if paired:
            self.run(self.air.pair(self.handpiece))

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Run something in the loop of the room."""
        return self.thread.submit(work).result(_WAIT_S)

    async def _make(self, interval_s: float) -> Air:
        air = Air(interval_s)
        await air.central.power_on()
        return air

    async def _switch_on(self, before: AirHandpiece | None) -> AirHandpiece:
        self._boots += 1
        bonds = before.bonds if before is not None else None
        twin = nominal_twin(self._boots)
        handpiece = AirHandpiece(self.air, twin, ADDRESS, names=self._names, bonds=bonds)
        await handpiece.switch_on()
        return handpiece

    def switch_on(self) -> None:
        """It is there again, after a restart; it remembers with whom it is paired."""
        self.handpiece = self.run(self._switch_on(self.handpiece))

    def switch_off(self) -> None:
        """It is gone without a word."""
        self.run(self.handpiece.switch_off())

    def opener(self, target: str = "", *, known: KnownDevices | None = None) -> BleOpener:
        """Return the product's opener for this room; closed with it."""
        opener = BleOpener(
            target, radio=self.air.radio(), known=known, thread=self.thread, times=PATIENT
        )
        self._stack.callback(opener.close)
        return opener
