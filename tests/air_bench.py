"""The host's driver against the firmware twin over a simulated radio, in simulated time.

`AirBench` does what the reader thread does, as a task of the same loop: open, greet, read, judge,
wait and open again. With `recording` it has the monitor's session and its journal as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVarTuple

from bumble.keys import MemoryKeyStore

from hw_sim.operator import Script
from tests.bumble_backend import Bend, unbent
from tests.chairs import ListSink, hands_off
from tests.radio import FAST, KEY, SERIAL, Air, AirHandpiece, nominal_twin
from tests.virtual_loop import VirtualLoop
from torquemon.drivers.ble import BleOpener, BleTransport
from torquemon.drivers.ble_known import KnownDevices
from torquemon.drivers.ble_words import why_not
from torquemon.drivers.errors import TransportError
from torquemon.drivers.handpiece import Handpiece, WireDown
from torquemon.drivers.trust import Keys
from torquemon.monitor.chronicle import Chronicle
from torquemon.monitor.device_side import DeviceSide
from torquemon.monitor.plan import make_plan
from torquemon.monitor.session import Options, Session
from torquemon.monitor.viewing import Viewer
from torquemon.monitor.writer import JournalWriter
from torquemon.profiles import builtin

ADDRESS: Final = "F1:00:00:00:00:01"
POLL_S: Final = 0.01
_BACK_OFF_S: Final = 0.2
_Ts = TypeVarTuple("_Ts")


class SameLoop:
    """See `LoopRunner`: the driver's loop is the one that the test runs in."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.closing: set[asyncio.Task[object]] = set()

    def post(self, callback: Callable[[*_Ts], object], *args: *_Ts) -> None:
        self._loop.call_soon(callback, *args)

    def finish(self, work: Coroutine[Any, Any, object], _: float) -> None:
        task = self._loop.create_task(work)
        self.closing.add(task)
        task.add_done_callback(self.closing.discard)


class AirBench:
    """One chair with a radio and one handpiece. Make it in its loop, then `await begin()`."""

    def __init__(
        self,
        loop: VirtualLoop,
        *,
        interval_s: float = 0.03,
        rate_hz: int = 500,
        mtu: int = 247,
        bend: Bend = unbent,
        script: Script = hands_off,
        known: KnownDevices | None = None,
        target: str = "",
        recording: bool = False,
    ) -> None:
        self.loop = loop
        self.air = Air(interval_s)
        self._rate_hz = rate_hz
        self._script = script
        self._boots = 0
        self.handpiece = self._handpiece()
        self.runner = SameLoop(loop)
        radio = self.air.radio(mtu, bend)
        self.opener = BleOpener(target, radio=radio, known=known, clock=loop, times=FAST)
        self.host = Handpiece(self._no_thread, loop, 5, Keys({SERIAL: KEY}))
        self.link = self.host.link
        self.transport: BleTransport | None = None
        self.events: list[object] = []
        self.session: Session | None = None
        self.sink = ListSink()
        self._writer = JournalWriter(self.sink)
        self._living: asyncio.Task[None] | None = None
        if recording:
            self.session = self._make_session()

    def _no_thread(self) -> BleTransport:
        raise NotImplementedError

    def _handpiece(self, bonds: MemoryKeyStore | None = None) -> AirHandpiece:
        self._boots += 1
        twin = nominal_twin(self._boots, script=self._script, rate_hz=self._rate_hz)
        return AirHandpiece(self.air, twin, ADDRESS, bonds=bonds)

    async def reboot(self, off_s: float) -> None:
        """Switch the handpiece off and after a while on again; it keeps its bonds."""
        await self.handpiece.switch_off()
        await self.run(off_s)
        self.handpiece = self._handpiece(self.handpiece.bonds)
        await self.handpiece.switch_on()

    def _make_session(self) -> Session:
        chronicle = Chronicle(self._writer, self.loop)
        side = DeviceSide(chronicle, "ble:")
        plan = make_plan(builtin(), {"site": "maxilla-buccal", "threshold_ncm": "12"})
        return Session(self.host, chronicle, side, self.loop, plan, Options(unattended=True))

    # --- life -----------------------------------------------------------------------------------

    async def begin(self, *, paired: bool = True) -> None:
        """Switch everything on, pair if wanted, and let the host live."""
        await self.air.central.power_on()
        await self.handpiece.switch_on()
        if paired:
            await self.air.pair(self.handpiece)
        self._living = asyncio.create_task(self._live())

    async def _live(self) -> None:
        """See `Handpiece._run`."""
        while True:
            try:
                opened = await self.opener.open()
            except Exception as error:  # noqa: BLE001 - as the opener does
                self.host._tell(WireDown(str(why_not(error, "it")), was_up=False))
                await asyncio.sleep(_BACK_OFF_S)
                continue
            self.transport = transport = self.opener.transport(opened, self.runner)
            try:
                await self._converse(transport)
            except TransportError as error:
                self.host.on_gone(str(error))
            finally:
                self.transport = None
                await opened.close()
            await asyncio.sleep(_BACK_OFF_S)

    async def _converse(self, transport: BleTransport) -> None:
        self.host.on_open(transport, self.now_ns)
        while True:
            await asyncio.sleep(POLL_S)
            data = transport.read(0)
            if data:
                self.host.on_chunk(transport, data, self.now_ns)
            self.host.on_time(transport, self.now_ns)

    async def end(self) -> None:
        """Let everything go."""
        if self._living is not None:
            self._living.cancel()
            await asyncio.gather(self._living, return_exceptions=True)
        await self.handpiece.switch_off()
        await asyncio.sleep(1.0)

    # --- looking on -----------------------------------------------------------------------------

    @property
    def now_ns(self) -> int:
        """The present moment."""
        return self.loop.monotonic_ns()

    def beat(self) -> None:
        """What the monitor does every 10 ms."""
        if self.session is None:
            self.events += self.host.drain()
            return
        drained = self.host.drain()
        self.events += drained
        self.host._events.extend(drained)
        self.session.step()
        self._writer._commit()

    async def run(self, seconds: float) -> None:
        """Let time pass."""
        until_s = self.loop.time() + seconds
        while self.loop.time() < until_s:
            await asyncio.sleep(POLL_S)
            self.beat()

    async def until(self, condition: Callable[[], object], at_most_s: float, what: str) -> float:
        """Let time pass until a condition holds; return how long that took in seconds."""
        began_s = self.loop.time()
        while not condition():
            assert self.loop.time() - began_s < at_most_s, f"not within {at_most_s} s: {what}"
            await asyncio.sleep(POLL_S)
            self.beat()
        return self.loop.time() - began_s

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def view(self) -> Any:  # noqa: ANN401 - the monitor's view
        """What a dashboard would draw now."""
        assert self.session is not None
        return Viewer(self.session).view(self.now_ns, controlling=False)
