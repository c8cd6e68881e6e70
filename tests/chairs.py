"""A chair in simulated time: the real host against the firmware twin, without a thread or a port.

`Bench` is handpiece driver, wire and twin; `Chair` adds the monitor's session and its journal. Time
passes only in `run`, so a test that waits an hour takes as long as its arithmetic.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from hw_sim.device import DeviceConfig
from hw_sim.handpiece import Handpiece as SimulatedHandpiece
from hw_sim.operator import Script
from hw_sim.scenarios import scenario
from hw_sim.twin import Twin
from torquemon.clock import ManualClock
from torquemon.drivers.errors import TransportGoneError
from torquemon.drivers.frame import Framer
from torquemon.drivers.handpiece import Handpiece
from torquemon.drivers.messages import Message, from_frame
from torquemon.drivers.trust import NO_KEYS, Keys
from torquemon.journal import Entry, EntryKind, InsertionRow, JournalError
from torquemon.local.messages import Answer, Fetch, Order, OrderName, Role
from torquemon.local.view import View
from torquemon.model import Alert, AlertCode
from torquemon.monitor.alarms import Raised
from torquemon.monitor.chronicle import Chronicle
from torquemon.monitor.desk import Desk
from torquemon.monitor.device_side import DeviceSide
from torquemon.monitor.plan import make_plan
from torquemon.monitor.session import Options, Session
from torquemon.monitor.viewing import Viewer
from torquemon.monitor.writer import JournalWriter
from torquemon.profiles import builtin

STEP_S: Final = 0.01
"""As often as the monitor beats."""
CONTROL: Final = 1
"""The client number of the dashboard that controls."""
VIEWER: Final = 2
SECOND: Final = 3


def hands_off(_: SimulatedHandpiece) -> Iterator[None]:
    """An operator who does nothing by himself: the test has the pedal."""
    while True:
        yield


class Line:
    """A wire with a delay. `cut` makes it gone; `bend` may change what passes, either way."""

    def __init__(
        self, twin: Twin, clock: ManualClock, delay_s: float = 0.0, *, over_the_air: bool = False
    ) -> None:
        self.name = "bench"
        self.over_the_air = over_the_air
        self.bare_why = ""
        self.sent: list[Message] = []
        self.bend_in: Callable[[bytes], bytes] | None = None
        self.bend_out: Callable[[bytes], bytes] | None = None
        self.gone = False
        self._twin = twin
        self._clock = clock
        self.delay_ns = round(delay_s * 1e9)
        self._out: deque[tuple[int, bytes]] = deque()
        self._in: deque[tuple[int, bytes]] = deque()
        self._framer = Framer()

    def reach(self, twin: Twin) -> None:
        """From now on another device is at the far end; what was under way is lost."""
        self._twin = twin
        self._in.clear()
        self._out.clear()

    def write(self, data: bytes) -> None:
        """See `Transport.write`."""
        if self.gone:
            raise TransportGoneError("the bench is gone: check the plug and the cable")
        for frame in self._framer.feed(data):
            message = from_frame(frame)
            if message is not None:
                self.sent.append(message)
        if self.bend_out is not None:
            data = self.bend_out(data)
        self._out.append((self._clock.monotonic_ns() + self.delay_ns, data))
        self._deliver()

    def pass_time(self, seconds: float) -> bytes:
        """Let time pass and return what arrives at the host."""
        self._deliver()
        data = self._twin.advance(seconds)
        if self.bend_in is not None:
            data = self.bend_in(data)
        now_ns = self._clock.monotonic_ns()
        if data:
            self._in.append((now_ns + self.delay_ns, data))
        arrived = b""
        while self._in and self._in[0][0] <= now_ns:
            arrived += self._in.popleft()[1]
        return arrived

    def _deliver(self) -> None:
        now_ns = self._clock.monotonic_ns()
        while self._out and self._out[0][0] <= now_ns:
            self._twin.receive(self._out.popleft()[1])

    def read(self, timeout_s: float) -> bytes:
        """See `Transport.read`; the bench feeds the host itself."""
        raise NotImplementedError

    def wake(self) -> None:
        """See `Transport.wake`."""

    def close(self) -> None:
        """See `Transport.close`."""


def _no_opener() -> Line:
    raise NotImplementedError


class Bench:
    """The host's driver against the twin. `device` is the simulated handpiece itself."""

    def __init__(
        self,
        name: str = "nominal",
        *,
        script: Script = hands_off,
        seed: int = 7,
        host_seed: int = 7,
        delay_s: float = 0.0,
        config: DeviceConfig | None = None,
        rate_hz: int = 500,
        keys: Keys = NO_KEYS,
        over_the_air: bool = False,
    ) -> None:
        self.clock = ManualClock()
        chosen = scenario(name)
        device = replace(config or chosen.params.device, sample_rate_hz=rate_hz)
        self._params = replace(chosen.params, device=device)
        self.device = chosen.handpiece(seed, None, self._params)
        self.twin = Twin(self.device, script, self.clock)
        self.line = Line(self.twin, self.clock, delay_s, over_the_air=over_the_air)
        self.host = Handpiece(_no_opener, self.clock, host_seed, keys)
        self.link = self.host.link
        self.events: list[object] = []

    @property
    def now_ns(self) -> int:
        """The present moment."""
        return self.clock.monotonic_ns()

    @property
    def now_s(self) -> float:
        """The present moment in seconds."""
        return self.clock.monotonic_ns() / 1e9

    def plug_in(self) -> None:
        """The wire is open: greet, as the reader thread does."""
        self.line.gone = False
        self.host.on_open(self.line, self.now_ns)

    def pull_out(self) -> None:
        """The cable is pulled: both ends notice."""
        self.line = Line(
            self.twin,
            self.clock,
            self.line.delay_ns / 1e9,
            over_the_air=self.line.over_the_air,
        )
        self.device.disconnect()
        self.host.on_gone("bench is gone: check the plug and the cable")

    def reboot(self) -> None:
        """The device loses power and starts anew, silent, with everything forgotten."""
        device = replace(self._params.device, boot_id=self._params.device.boot_id + 1)
        self._params = replace(self._params, device=device)
        self.device = SimulatedHandpiece(self._params, 7)
        self.twin = Twin(self.device, hands_off, self.clock)
        self.line.reach(self.twin)

    def step(self, seconds: float = STEP_S) -> None:
        """One round of reader thread and beat."""
        data = self.line.pass_time(seconds)
        if data:
            self.host.on_chunk(self.line, data, self.now_ns)
        self.host.on_time(self.line, self.now_ns)
        self.beat()

    def beat(self) -> None:
        """What the session would do."""
        self.events += self.host.drain()

    def run(self, seconds: float, step_s: float = STEP_S) -> None:
        """Let time pass."""
        for _ in range(round(seconds / step_s)):
            self.step(step_s)

    def run_until(self, condition: Callable[[], bool], at_most_s: float, what: str = "") -> None:
        """Let time pass until a condition holds; fail after `at_most_s` of simulated time."""
        end_s = self.now_s + at_most_s
        while not condition():
            if self.now_s > end_s:
                raise AssertionError(f"not within {at_most_s} s: {what or condition}")
            self.step()

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]

    def sent(self, kind: type[Any]) -> list[Any]:
        """The messages of one kind that the host has sent over the present wire."""
        return [message for message in self.line.sent if isinstance(message, kind)]


class ListSink:
    """A journal in memory that can refuse, as a full disk does."""

    def __init__(self, *known: str) -> None:
        """`known` are insertions that it holds already."""
        self._known = set(known)
        self.rows: list[InsertionRow] = []
        self.entries: list[Entry] = []
        self.refusal = ""

    def open_insertion(self, row: InsertionRow) -> None:
        """See `JournalSink`."""
        if self.refusal:
            raise JournalError(self.refusal)
        self.rows.append(row)
        self._known.add(row.id)

    def append(self, entries: Iterable[Entry]) -> None:
        """See `JournalSink`."""
        if self.refusal:
            raise JournalError(self.refusal)
        entries = list(entries)
        if not {entry.insertion_id for entry in entries} <= self._known:
            raise JournalError("an entry of an insertion that is not known yet")
        self.entries.extend(entries)

    def of(self, kind: EntryKind) -> list[Entry]:
        """The entries of one kind."""
        return [entry for entry in self.entries if entry.kind is kind]


class Chair(Bench):
    """A whole monitor but for its process: desk, session, journal. One dashboard controls."""

    def __init__(
        self,
        name: str = "nominal",
        *,
        plan: dict[str, str] | None = None,
        options: Options | None = None,
        watched: bool = True,
        **bench: Any,  # noqa: ANN401 - what a bench takes
    ) -> None:
        super().__init__(name, **bench)
        self.sink = ListSink()
        self.writer = JournalWriter(self.sink)
        self.chronicle = Chronicle(self.writer, self.clock)
        self.alerts: list[Alert | Raised] = []
        self.chronicle.on_alert = self.alerts.append
        self.side = DeviceSide(self.chronicle, "bench")
        fields = {"site": "maxilla-buccal", "threshold_ncm": "12"} if plan is None else plan
        self.session = Session(
            self.host,
            self.chronicle,
            self.side,
            self.clock,
            make_plan(builtin(), fields),
            options or Options(),
        )
        self.desk = Desk(self.session, builtin(), self.clock)
        self.viewer = Viewer(self.session)
        self.watched = watched
        self._drawn = 0

    def beat(self) -> None:
        """One beat of the monitor; the dashboard, while it is watched, draws and fetches."""
        if self.watched:
            self.fetch()
        self.session.step()
        self.writer._commit()

    def fetch(self, client: int = CONTROL, role: Role = Role.CONTROL) -> View:
        """The dashboard has drawn the last view and fetches the next."""
        answer = self.desk.answer(client, role, Fetch(drawn=self._drawn))
        assert answer.view is not None
        self._drawn = answer.view.sequence
        return answer.view

    def view(self) -> View:
        """What a dashboard would draw now, without counting as one."""
        return self.viewer.view(self.now_ns, controlling=False)

    def order(
        self,
        name: OrderName,
        client: int = CONTROL,
        role: Role = Role.CONTROL,
        **fields: str,
    ) -> Answer:
        """Give an order."""
        return self.desk.answer(client, role, Order(name=name, fields=fields))

    def start_armed(self) -> None:
        """Plug in, start a recording and wait until the stop is armed."""
        self.plug_in()
        self.run_until(lambda: self.side.device is not None, 1.0, "hello")
        self.run(0.2)
        assert self.order(OrderName.START).ok
        self.run_until(lambda: self.view().arm.phase.value == "armed", 2.0, "armed")

    def codes(self) -> list[str]:
        """The codes of all alerts so far."""
        return [alert.code.value for alert in self.alerts]


__all__ = ["CONTROL", "STEP_S", "Bench", "Chair", "Line", "ListSink", "hands_off"]


def events(chair: Chair) -> list[dict[str, Any]]:
    """The events that the journal holds."""
    return [json.loads(entry.data) for entry in chair.sink.of(EntryKind.EVENT)]


def active(chair: Chair, code: AlertCode) -> bool:
    """Whether an alarm's condition holds."""
    return chair.chronicle.alarms.is_active(code)
