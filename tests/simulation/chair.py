"""A whole chair in simulated time: device, wire, monitor, dashboard, person; one thread, no port.

The monitor is the product's own code, put together as its process does; only what needs a thread
or a socket is called from here instead. Everything that happens follows from the seed.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from hw_sim.chance import seeded
from hw_sim.erring import ErringHandpiece
from hw_sim.faults import Channel, Fault
from tests.simulation.case import Case, Phase
from tests.simulation.host import Host, Witness
from tests.simulation.store import Store
from torquemon.clock import ManualClock
from torquemon.drivers.errors import TransportGoneError
from torquemon.drivers.frame import Framer
from torquemon.drivers.link import LinkPhase
from torquemon.drivers.messages import from_frame
from torquemon.local.messages import OrderName
from torquemon.local.view import View
from torquemon.model import ArmPhase

_NEAR_LIMIT: Final = 0.9
_TURN_DEG: Final = 360.0
_BACK_OFF_NS: Final = (200_000_000, 500_000_000, 1_000_000_000)
"""As the reader thread waits between attempts to open the port."""


class SteppedClock(ManualClock):
    """A clock whose wall time may be set to anything; its monotonic time may not."""

    def set_wall_by(self, delta: timedelta) -> None:
        """Step the system clock."""
        self._utc += delta


class Wire:
    """The transport as the reader thread sees it, one opening of the port."""

    name = "simulated port"
    over_the_air = False
    bare_why = ""

    def __init__(self, chair: Chair, out: Channel) -> None:
        self._chair = chair
        self._out = out
        self._framer = Framer()
        self.gone = False

    def write(self, data: bytes) -> None:
        """See `Transport.write`."""
        if self.gone:
            raise TransportGoneError("the port has vanished")
        for frame in self._framer.feed(data):
            message = from_frame(frame)
            if message is not None:
                self._chair.witness.host_wrote(message)
        self._out.put(data, self._chair.now_ns)

    def arrived(self, channel: Channel) -> bytes:
        """Return what has come by now. Raises TransportGoneError."""
        if self.gone:
            raise TransportGoneError("the port has vanished")
        return channel.take(self._chair.now_ns)

    def read(self, timeout_s: float) -> bytes:
        """See `Transport.read`; the chair feeds the host itself."""
        raise NotImplementedError

    def wake(self) -> None:
        """See `Transport.wake`."""

    def close(self) -> None:
        """See `Transport.close`."""


class Chair:
    """Steps everything by ten or twenty milliseconds at a time, as the case says."""

    def __init__(self, case: Case, witness: Witness) -> None:
        self.case = case
        self.witness = witness
        self.clock = SteppedClock()
        self.now_ns = self.clock.monotonic_ns()
        self.device = ErringHandpiece(case.params, case.seed)
        self._fresh_bone = copy.copy(self.device.bone)
        self._rng = seeded("chair", case.seed)
        self.to_host = Channel(seeded("to host", case.seed), self._befell)
        self.to_device = Channel(seeded("to device", case.seed), self._befell)
        self.store = Store(case.seed)
        self.host: Host | None = None
        self.wire: Wire | None = None
        self.view: View | None = None
        self.prepared = False
        self.port_back_ns = 0
        self.monitor_back_ns = 0
        self.dashboard_back_ns = 0
        self.dashboard_hung = False
        self.disk_back_ns = 0
        self._step_s = case.step_ns / 1e9
        self._reopen_ns = 0
        self._attempts = 0
        self._client = 1
        self._drawn = 0
        self._next_fetch_ns = 0
        self._curve: tuple[str | None, int] = (None, 0)
        self.person: Iterator[None] = iter(())
        self.faults_told: list[Fault] = []

    # -- one step ----------------------------------------------------------------------------

    def step(self) -> None:
        """Let one step pass: person, device, wire, reader, beat."""
        next(self.person, None)
        self._pass_time()
        now_ns = self.now_ns
        if self.host is None:
            if now_ns >= self.monitor_back_ns:
                self._start_monitor()
            return
        self._read(self.host)
        if self.disk_back_ns and now_ns >= self.disk_back_ns:
            self.disk_back_ns = 0
            self.store.refusal = ""
        self._look()
        self.host.beat(now_ns)

    def _pass_time(self) -> None:
        device = self.device
        sent = device.advance(self._step_s)
        self.clock.advance(self._step_s)
        now_ns = self.now_ns = self.clock.monotonic_ns()
        data = self.to_device.take(now_ns)
        if data:
            device.receive(data)
            sent += device.transmit()
        self.to_host.put(sent, now_ns)

    def _read(self, host: Host) -> None:
        """What the reader thread does in one round of its loop."""
        handpiece, wire, now_ns = host.handpiece, self.wire, self.now_ns
        if wire is None:
            if now_ns >= self._reopen_ns:
                self._open(host)
            return
        try:
            data = wire.arrived(self.to_host)
            if data:
                handpiece.on_chunk(wire, data, now_ns)
            handpiece.on_time(wire, now_ns)
        except TransportGoneError as error:
            handpiece.on_gone(str(error))
            self._let_go()
        data = self.to_device.take(now_ns)
        if data:
            self.device.receive(data)
            self.to_host.put(self.device.transmit(), now_ns)

    def _open(self, host: Host) -> None:
        if self.now_ns < self.port_back_ns:
            host.no_port()
            self._reopen_ns = self.now_ns + _BACK_OFF_NS[min(self._attempts, 2)]
            self._attempts += 1
            return
        self._attempts = 0
        self.wire = Wire(self, self.to_device)
        host.handpiece.on_open(self.wire, self.now_ns)

    def _let_go(self) -> None:
        """The port is closed on the host's side: the device notices."""
        self.wire = None
        self._reopen_ns = self.now_ns + _BACK_OFF_NS[0]
        self.device.disconnect()
        self.to_host.clear()
        self.to_device.clear()
        self.witness.wire_lost()

    def _start_monitor(self) -> None:
        self.store.reopen()
        self.host = Host(self.case, self.clock, self.store, self.witness, self._rng.getrandbits(64))
        self._reopen_ns = self.now_ns
        self._drawn = 0
        self._next_fetch_ns = 0
        self.witness.monitor_started(self.host)

    # -- the dashboard -----------------------------------------------------------------------

    def _look(self) -> None:
        """The dashboard draws and fetches, unless it is gone or hangs."""
        host, now_ns = self.host, self.now_ns
        if host is None:
            return
        if self.dashboard_back_ns:
            if now_ns < self.dashboard_back_ns:
                return
            self.dashboard_back_ns = 0
            if not self.dashboard_hung:
                self._client += 1
                self._drawn = 0
            self.dashboard_hung = False
        if now_ns < self._next_fetch_ns:
            return
        self._next_fetch_ns = now_ns + self.case.fetch_every_ns
        self.view, self._curve = host.fetch(self._client, self._drawn, self._curve)
        self._drawn = self.view.sequence
        self.witness.saw(self.view)

    def order(self, name: OrderName) -> bool:
        """Give an order at the dashboard; False where there is none to give it at."""
        host = self.host
        if host is None or self.dashboard_back_ns:
            return False
        self.witness.ordered(name)
        return host.order(self._client, name)

    # -- what goes wrong outside the device --------------------------------------------------

    def lose_port(self, seconds: float) -> None:
        """The port vanishes and comes back."""
        self.port_back_ns = self.now_ns + round(seconds * 1e9)
        if self.wire is not None:
            self.wire.gone = True

    def kill_monitor(self, seconds: float) -> None:
        """The process is gone, with all that was not committed."""
        if self.host is None:
            return
        self.witness.monitor_killed(self.host)
        self.host = None
        self.view = None
        self.monitor_back_ns = self.now_ns + round(seconds * 1e9)
        self._let_go()

    def lose_dashboard(self, seconds: float, *, hangs: bool) -> None:
        """The dashboard is killed, or hangs with its connection open."""
        self.dashboard_back_ns = self.now_ns + round(seconds * 1e9)
        self.dashboard_hung = hangs
        if not hangs and self.host is not None:
            self.host.desk.gone(self._client)

    def fill_disk(self, seconds: float) -> None:
        """The journal refuses for a while."""
        self.store.refusal = "the disk is full: make room, monitoring goes on"
        self.disk_back_ns = self.now_ns + round(seconds * 1e9)

    def calm(self) -> None:
        """Nothing more goes wrong; what lasts comes to its end."""
        self.to_host.calm()
        self.to_device.calm()

    def _befell(self, fault: Fault) -> None:
        self.faults_told.append(fault)

    # -- the person --------------------------------------------------------------------------

    def new_screw(self) -> None:
        """Another screw at another place of the same bone."""
        self.device.bone = copy.copy(self._fresh_bone)
        self.prepared = True

    @property
    def phase(self) -> Phase:  # noqa: PLR0911 - one line a phase
        """Where the insertion stands."""
        host, device = self.host, self.device
        if host is None or device.is_off or host.handpiece.link.phase is not LinkPhase.READY:
            return Phase.NO_SESSION
        if device.latch is not None:
            return Phase.HALTED
        if host.chronicle.recording is None:
            return Phase.PREPARE if self.prepared else Phase.CLOSED
        speed, bone = device.motor.speed_deg_s, device.bone
        if speed == 0.0:
            if bone.deepest_deg > 0.0:
                return Phase.PAUSED
            armed = host.handpiece.link.lease.phase in (ArmPhase.ARMED, ArmPhase.WARN_ONLY)
            return Phase.ARMED if armed else Phase.ARMING
        if speed < 0.0:
            return Phase.REVERSING
        contact_deg = bone.params.contact_deg
        at_root = contact_deg is not None and bone.angle_deg >= contact_deg
        if at_root or device.torque_ncm >= _NEAR_LIMIT * host.threshold_ncm:
            return Phase.CONTACT
        return Phase.ENGAGING if bone.deepest_deg < _TURN_DEG else Phase.ADVANCING
