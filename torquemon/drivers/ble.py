"""The wire through the air: bleak behind the same `Transport` as a cable.

The reader thread never meets asyncio: it takes chunks from a queue and posts frames into the loop
of a thread of its own. What tells that a link is gone is the silence of the data, on every system.
"""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Final

from torquemon.clock import Clock, SystemClock
from torquemon.drivers.ble_known import Known, KnownDevices
from torquemon.drivers.ble_radio import BleTimes, Radio
from torquemon.drivers.ble_scan import Candidates, Sighting, find, unknown
from torquemon.drivers.ble_session import BleSession
from torquemon.drivers.ble_stale import Held, free
from torquemon.drivers.ble_words import why_not
from torquemon.drivers.errors import (
    TransportError,
    TransportGoneError,
    TransportPendingError,
)
from torquemon.drivers.loop_thread import LoopRunner, LoopThread
from torquemon.text import clean

_NS: Final = 1_000_000_000


class BleTransport:
    """An open connection, for one reader thread. See `Transport`."""

    over_the_air: Final = True

    def __init__(
        self,
        session: BleSession,
        news: threading.Event,
        runner: LoopRunner,
        clock: Clock,
        times: BleTimes,
    ) -> None:
        self.name = session.sighting.label
        self._session = session
        self._news = news
        self._runner = runner
        self._clock = clock
        self._times = times
        self._heard_ns = clock.monotonic_ns()
        self._heard_any = False
        self._closed = False

    @property
    def bare_why(self) -> str:
        """See `Transport`. It may become empty later: a system asks its user to pair meanwhile."""
        return self._session.bare_why

    @property
    def rssi_dbm(self) -> int:
        """Signal strength when it was found."""
        return self._session.sighting.rssi_dbm

    @property
    def dropped_chunks(self) -> int:
        """Notifications that the reader was too slow for."""
        return self._session.dropped_chunks

    def read(self, timeout_s: float) -> bytes:
        """See `Transport`."""
        session = self._session
        if not session.chunks and not session.gone_why:
            self._news.wait(timeout_s)
        self._news.clear()
        data = b"".join(session.chunks.popleft() for _ in range(len(session.chunks)))
        now_ns = self._clock.monotonic_ns()
        if data:
            self._heard_ns, self._heard_any = now_ns, True
            return data
        if session.gone_why:
            raise TransportGoneError(session.gone_why)
        silent_s = self._times.silent_s if self._heard_any else self._times.first_data_s
        if now_ns - self._heard_ns > silent_s * _NS:
            raise TransportGoneError(
                f"nothing has come from {self.name} for {silent_s:g} s: it is out of reach, or the "
                "computer's Bluetooth has stopped; connecting anew"
            )
        return b""

    def write(self, data: bytes) -> None:
        """See `Transport`. Frames that wait too long are dropped; a stop overtakes them."""
        if self._session.gone_why or self._closed:
            raise TransportGoneError(self._session.gone_why or f"{self.name} is gone: closed")
        try:
            self._runner.post(self._session.send, data)
        except RuntimeError as error:  # the loop has ended
            raise TransportGoneError(f"{self.name} is gone: closed") from error

    def wake(self) -> None:
        """See `Transport`."""
        self._news.set()

    def close(self) -> None:
        """See `Transport`."""
        if not self._closed:
            self._closed = True
            self._runner.finish(self._session.close(), self._times.close_s + 0.3)


class BleOpener:
    """Finds and connects one handpiece; called again, it looks again.

    `target` is a serial number, a name or an address; empty for the only handpiece in reach. An
    attempt goes on between calls: while it lasts each call raises TransportPendingError. `held`
    names the file for `Held`; only whoever holds the chair may give one.
    """

    def __init__(
        self,
        target: str,
        *,
        radio: Radio = Radio(),  # noqa: B008 - frozen
        known: KnownDevices | None = None,
        thread: LoopThread | None = None,
        held: Path | None = None,
        clock: Clock | None = None,
        times: BleTimes = BleTimes(),  # noqa: B008 - frozen
    ) -> None:
        self.target = clean(target.strip())
        self._radio = radio
        self._known = known
        self._held = Held(held)
        self._thread = thread
        self._own_thread = thread is None
        self._clock = clock or SystemClock()
        self._times = times
        self._news = threading.Event()
        self._attempt: Future[BleSession] | None = None
        self._doing = ""

    def __call__(self) -> BleTransport:
        """Open. Raises TransportError."""
        thread = self._thread = self._thread or LoopThread("bluetooth")
        attempt = self._attempt = self._attempt or thread.submit(self.open())
        try:
            session = attempt.result(self._times.patience_s)
        except (Exception, CancelledError) as error:
            if isinstance(error, TimeoutError) and not attempt.done():
                raise TransportPendingError(self._doing) from None
            self._attempt = None
            raise why_not(error, self.target or "the handpiece") from error
        self._attempt = None
        return self.transport(session, thread)

    def transport(self, session: BleSession, runner: LoopRunner) -> BleTransport:
        """Return the wire of a session that `open` has opened."""
        return BleTransport(session, self._news, runner, self._clock, self._times)

    async def open(self) -> BleSession:
        """Find and connect, in the loop. Raises whatever the system's Bluetooth raises."""
        who = self.target or "a handpiece"
        self._doing = f"looking for {who} by Bluetooth"
        if stale := self._held.address():
            await free(stale, self._radio)
            self._held.forget()
        known_address = self._known.address_of(self.target) if self._known else None
        found = await find(self.target, known_address, self._radio, self._times)
        meant = found.meant()
        if meant is None:
            return await self._ask_each(found)
        session = await self._connect(meant)
        if meant.address == known_address and session.serial not in (None, self.target):
            await session.close()
            raise TransportError(
                f"{meant.label} was {self.target} and now calls itself {session.serial}: give the "
                "serial number or the address of the one that is meant"
            )
        return session

    async def _ask_each(self, found: Candidates) -> BleSession:
        """Nobody is called so: perhaps it is a serial number, which only a connection tells."""
        for sighting in found.heard:
            session = await self._connect(sighting)
            if session.serial == found.wanted:
                return session
            await session.close()
        raise unknown(found.wanted, found.heard)

    async def _connect(self, sighting: Sighting) -> BleSession:
        self._doing = f"connecting to {sighting.label} by Bluetooth"
        self._news.clear()
        session = BleSession(sighting, self._radio, self._times, self._news.set)
        session.on_closed = self._held.forget
        self._held.note(sighting.device.address)
        try:
            await session.open()
        except BaseException:
            await session.close()
            raise
        if self._known is not None and session.serial:
            self._known.remember(Known(session.serial, sighting.address, sighting.name))
        return session

    def close(self) -> None:
        """Give up what is under way and end the thread, where it is this opener's own."""
        attempt, self._attempt = self._attempt, None
        thread = self._thread
        if thread is None:
            return
        if attempt is not None and not attempt.cancel() and attempt.exception() is None:
            thread.finish(attempt.result().close(), self._times.close_s)
        if self._own_thread:
            thread.close()
            self._thread = None
