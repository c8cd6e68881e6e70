"""A minimal host for closed loops in simulated time: hello, tare, arm, renew, and a notebook.

It exists so that the simulator can be tried and tested without the product: an own, small reading
of PROTOCOL.md. It shows nothing and judges nothing.
"""

from __future__ import annotations

from hw_sim.twin import Twin
from torquemon.drivers.device_messages import Ack, DeviceState, Hello, Status, StopNotice
from torquemon.drivers.frame import Framer, encode_frame
from torquemon.drivers.host_messages import (
    ArmRequest,
    HelloRequest,
    RenewRequest,
    StopRequest,
    TareRequest,
)
from torquemon.drivers.messages import HostMessage, from_frame, to_frame
from torquemon.drivers.readings import Readings


class MiniHost:
    """Talks to a twin. What came is kept in `hello`, `acks`, `samples`, `state`, `notices`.

    `samples` are (seq, device_time_us, torque_counts). `renewing` may be cleared to let the lease
    lapse, as a host that died would.
    """

    def __init__(self, twin: Twin, renew_every_s: float = 0.12) -> None:
        self.twin = twin
        self.hello: Hello | None = None
        self.acks: list[Ack] = []
        self.samples: list[tuple[int, int, int]] = []
        self.state: DeviceState | None = None
        self.notices: list[StopNotice] = []
        self.lost_frames = 0
        self.renewing = False
        self._framer = Framer()
        self._counter = 0
        self._expected: int | None = None
        self._request_id = 0
        self._nonce = 0
        self._renew_every_s = renew_every_s
        self._since_renewal_s = 0.0

    @property
    def time_s(self) -> float:
        """Simulated time of the device."""
        return self.twin.handpiece.time_s

    def send(self, message: HostMessage) -> None:
        """Send a message at once."""
        self.twin.receive(encode_frame(to_frame(message, self._counter)))
        self._counter = (self._counter + 1) & 0xFFFF

    def next_id(self) -> int:
        """A request id not used before."""
        self._request_id = self._request_id % 0xFFFF + 1
        return self._request_id

    def greet(self, session: int = 1) -> None:
        """Start a session."""
        self._expected = None
        self.send(HelloRequest(self.next_id(), 1, 1, session))

    def tare(self) -> None:
        """Ask for zero."""
        self.send(TareRequest(self.next_id()))

    def arm(self, threshold_counts: int, lease_ms: int = 500) -> None:
        """Ask to arm, and renew from now on."""
        self._nonce += 1
        self.send(ArmRequest(self.next_id(), threshold_counts, lease_ms, self._nonce))
        self.renewing = True
        self._since_renewal_s = 0.0

    def stop(self) -> None:
        """Ask to stop."""
        self.send(StopRequest(self.next_id()))

    def run(self, seconds: float, step_s: float = 0.01) -> None:
        """Let time pass in steps, reading and renewing."""
        for _ in range(round(seconds / step_s)):
            self._take(self.twin.advance(step_s))
            self._since_renewal_s += step_s
            if self.renewing and self._since_renewal_s >= self._renew_every_s:
                self._since_renewal_s = 0.0
                self._nonce += 1
                self.send(RenewRequest(self.next_id(), self._nonce))

    def run_until_done(self, at_most_s: float = 120.0) -> None:
        """Let time pass until the operator has laid the handpiece down."""
        end_s = self.time_s + at_most_s
        while not self.twin.done and self.time_s < end_s:
            self.run(0.1)

    def _take(self, data: bytes) -> None:
        for frame in self._framer.feed(data):
            message = from_frame(frame)
            if isinstance(message, Hello):
                self.hello = message
                self._expected = frame.counter
            if self._expected is not None:
                self.lost_frames += (frame.counter - self._expected) & 0xFFFF
            self._expected = (frame.counter + 1) & 0xFFFF
            if isinstance(message, Ack):
                self.acks.append(message)
                self.state = message.state
            elif isinstance(message, Status):
                self.state = message.state
            elif isinstance(message, StopNotice):
                self.notices.append(message)
            elif isinstance(message, Readings):
                self._keep(message)

    def _keep(self, readings: Readings) -> None:
        for index, sample in enumerate(readings.samples):
            time_us = readings.base_time_us + sample.offset_us
            self.samples.append((readings.first_seq + index, time_us, sample.torque_counts))
