"""A gauge on a port: a thread that asks, reads and hands on. Read-only.

A port that is gone, silent or set to another speed ends in one `GaugeProblem` with `ends` set; it
is not tried again by itself. Whoever wants it again opens it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from torquemon.clock import Clock
from torquemon.drivers.errors import TransportError
from torquemon.drivers.gauges.base import Gauge, GaugeSettings
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.reading import GaugeProblem, GaugeReading
from torquemon.drivers.gauges.talk import Talk
from torquemon.drivers.serial_port import SerialPort
from torquemon.drivers.transport import Transport

_READ_S: Final = 0.02
_USUAL: Final = GaugeSettings()


class OpenGauge:
    """A gauge that is read. The callbacks run in its thread and must not block.

    `is_simulated`: the user says so, or the port is a pseudo terminal.
    """

    def __init__(
        self,
        gauge: Gauge,
        transport: Transport,
        baud_rate: int,
        clock: Clock,
        on_reading: Callable[[GaugeReading], None],
        on_problem: Callable[[GaugeProblem], None],
        *,
        is_simulated: bool,
    ) -> None:
        self.gauge = gauge
        self.is_simulated = is_simulated
        self._transport = transport
        self._clock = clock
        self._talk = Talk(gauge, transport, baud_rate, clock)
        self._on_reading = on_reading
        self._on_problem = on_problem
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gauge", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it is still read."""
        return self._thread.is_alive()

    def close(self, timeout_s: float = 2.0) -> None:
        """End the thread and let the port go."""
        self._closing.set()
        self._transport.wake()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                for event in self._talk.step(_READ_S):
                    if isinstance(event, GaugeReading):
                        self._on_reading(event)
                        continue
                    self._on_problem(event)
                    if event.ends:
                        return
        except TransportError as error:
            self._on_problem(GaugeProblem(self._clock.monotonic_ns(), str(error), ends=True))
        finally:
            self._transport.close()


def open_gauge(
    kind: str,
    port: str,
    *,
    clock: Clock,
    on_reading: Callable[[GaugeReading], None],
    on_problem: Callable[[GaugeProblem], None],
    settings: GaugeSettings = _USUAL,
) -> OpenGauge:
    """Open a gauge and read it in a thread of its own.

    Raises GaugeError where the kind or a setting is not known, TransportError where the port
    cannot be opened.
    """
    gauge = make_gauge(kind, settings)
    baud_rate = settings.baud_rate or gauge.baudrates[0]
    transport = SerialPort(port, baud_rate)
    simulated = settings.simulated or transport.is_served
    return OpenGauge(
        gauge, transport, baud_rate, clock, on_reading, on_problem, is_simulated=simulated
    )
