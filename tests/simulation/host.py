"""One life of the monitor: its parts, put together as its process does, without its threads."""

from __future__ import annotations

from typing import Final, Protocol

from tests.simulation.case import Case
from tests.simulation.store import Store
from torquemon.clock import Clock
from torquemon.drivers.handpiece import Handpiece, HandpieceEvent, Judge, WireDown
from torquemon.drivers.messages import Message
from torquemon.drivers.transport import Transport
from torquemon.local.messages import Fetch, Order, OrderName, Role
from torquemon.local.view import View
from torquemon.model import Alert, Reading, Stop
from torquemon.monitor.alarms import Raised
from torquemon.monitor.chronicle import Chronicle
from torquemon.monitor.desk import Desk
from torquemon.monitor.device_side import DeviceSide
from torquemon.monitor.plan import make_plan
from torquemon.monitor.session import Options, Session
from torquemon.monitor.writer import COMMIT_INTERVAL_S, JournalWriter
from torquemon.profiles import builtin

_COMMIT_NS: Final = round(COMMIT_INTERVAL_S * 1e9)
_RETRY_NS: Final = 1_000_000_000
_CATALOGUE: Final = builtin()


class SimulatedHostError(Exception):
    """The simulated host was used in a way that its process never would be."""


class Witness(Protocol):
    """Who is told what happens, and looks whether it may."""

    def host_wrote(self, message: Message) -> None:
        """The host has put a message on the wire."""

    def heard(self, event: HandpieceEvent) -> None:
        """The driver tells an event."""

    def judged(self, reading: Reading, stop: Stop | None) -> None:
        """The judge has judged one reading."""

    def alerted(self, alert: Alert | Raised) -> None:
        """The chronicle announces an alert."""

    def saw(self, view: View) -> None:
        """The dashboard has fetched a view."""

    def ordered(self, name: OrderName) -> None:
        """The person gives an order."""

    def wire_lost(self) -> None:
        """The port is closed."""

    def monitor_started(self, host: Host) -> None:
        """A monitor begins."""

    def monitor_killed(self, host: Host) -> None:
        """A monitor is about to be dropped."""


def _no_opener() -> Transport:
    raise SimulatedHostError("the chair opens the port")


class WatchedHandpiece(Handpiece):
    """The product's driver, with a witness to what it tells and what its judge says."""

    def __init__(self, clock: Clock, seed: int, witness: Witness) -> None:
        super().__init__(_no_opener, clock, seed)
        self._witness = witness

    def judge_with(self, judge: Judge | None) -> None:
        """See `Handpiece`."""
        if judge is None:
            super().judge_with(None)
            return

        def watched(reading: Reading) -> Stop | None:
            stop = judge(reading)
            self._witness.judged(reading, stop)
            return stop

        super().judge_with(watched)

    def _tell(self, event: HandpieceEvent) -> None:
        self._witness.heard(event)
        super()._tell(event)

    def no_port(self) -> None:
        """The port cannot be opened."""
        super()._tell(WireDown("no such port", was_up=False))


class Host:
    """One monitor, from its start until it is killed."""

    def __init__(self, case: Case, clock: Clock, store: Store, witness: Witness, seed: int) -> None:
        self.handpiece = WatchedHandpiece(clock, seed, witness)
        self.writer = JournalWriter(store)
        self.chronicle = Chronicle(self.writer, clock)
        self.chronicle.on_alert = witness.alerted
        self.side = DeviceSide(self.chronicle, "simulated port")
        self.session = Session(
            self.handpiece,
            self.chronicle,
            self.side,
            clock,
            make_plan(_CATALOGUE, case.plan),
            Options(stop_on_contact=case.stop_on_contact),
        )
        self.desk = Desk(self.session, _CATALOGUE, clock)
        self.threshold_ncm = float(case.plan["threshold_ncm"])
        self._commit_ns = 0

    def no_port(self) -> None:
        """The port cannot be opened."""
        self.handpiece.no_port()

    def beat(self, now_ns: int) -> None:
        """One beat of the main loop, and of the journal's thread where its time has come."""
        self.session.step()
        hurry = self.writer._hurry
        if now_ns < self._commit_ns and not hurry.is_set():
            return
        hurry.clear()
        stored = self.writer._commit()
        self._commit_ns = now_ns + (_COMMIT_NS if stored else _RETRY_NS)

    def fetch(
        self, client: int, drawn: int, curve: tuple[str | None, int]
    ) -> tuple[View, tuple[str | None, int]]:
        """Fetch for the controlling dashboard; returns the view and how far the curve has come."""
        insertion_id, start = curve
        answer = self.desk.answer(
            client, Role.CONTROL, Fetch(drawn=drawn, insertion_id=insertion_id, curve_from=start)
        )
        if answer.view is None:
            raise SimulatedHostError("a fetch is always answered with a view")
        block = answer.curve
        return answer.view, (None, 0) if block is None else (block.insertion_id, block.next)

    def order(self, client: int, name: OrderName) -> bool:
        """Give an order; returns whether the desk took it."""
        return self.desk.answer(client, Role.CONTROL, Order(name=name)).ok
