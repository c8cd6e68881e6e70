"""Where the angle comes from when a gauge measures none: nominal speed, a second source, nowhere.

An angle from a nominal speed is an estimate: it runs while the torque says that the screw turns
against something, it cannot see a pause, and every reading that carries it is *questionable*.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from torquemon.clock import Clock
from torquemon.drivers.gauges.ascii_form import AsciiForm
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.merge import AngleMerge
from torquemon.drivers.gauges.reading import GaugeReading, Told
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.drivers.serial_port import SerialPort
from torquemon.model import Validity
from torquemon.text import clean
from torquemon.units import rpm_to_deg_per_s

ESTIMATED_ANGLE: Final = "angle estimated from a nominal speed"
TURNING_NCM: Final = 0.5
"""[E] Less than this is a screw that does not turn in bone, or the friction of the holder."""
MAX_STEP_NS: Final = 500_000_000
"""[E] Over a longer gap between two readings nothing is known of a rotation: nothing is added."""


class AngleSource(Protocol):
    """Adds angles to readings. `words`: where they come from, in a few words for the record."""

    @property
    def gives_angle(self) -> bool:
        """Whether the readings that come out carry an angle."""
        ...

    @property
    def words(self) -> str:
        """Where the angle comes from; empty where the instrument measures it."""
        ...

    @property
    def is_served(self) -> bool:
        """Whether the angle comes from a program and not from an instrument."""
        ...

    def with_angle(self, events: list[Told]) -> list[Told]:
        """Return the events with an angle in each reading that has one."""
        ...

    def close(self) -> None:
        """Let the second source go."""
        ...


class OwnAngle:
    """What the instrument gives, or nothing."""

    is_served = False

    def __init__(self, *, gives_angle: bool) -> None:
        self.gives_angle = gives_angle
        self.words = "" if gives_angle else "no angle"

    def with_angle(self, events: list[Told]) -> list[Told]:
        """See `AngleSource`."""
        return events

    def close(self) -> None:
        """See `AngleSource`."""


class NominalAngle:
    """An estimate: the nominal speed times the time under torque."""

    gives_angle = True
    is_served = False

    def __init__(self, speed_rpm: float) -> None:
        self.words = f"est. angle {speed_rpm:g} rpm"
        self._deg_per_s = rpm_to_deg_per_s(speed_rpm)
        self._angle_deg = 0.0
        self._last_ns: int | None = None

    def with_angle(self, events: list[Told]) -> list[Told]:
        """See `AngleSource`."""
        return [self._add(e) if isinstance(e, GaugeReading) else e for e in events]

    def _add(self, reading: GaugeReading) -> GaugeReading:
        last_ns, self._last_ns = self._last_ns, reading.host_time_ns
        step_ns = 0 if last_ns is None else reading.host_time_ns - last_ns
        if abs(reading.torque_ncm) >= TURNING_NCM and 0 < step_ns <= MAX_STEP_NS:
            turned_deg = self._deg_per_s * step_ns / 1e9
            self._angle_deg += turned_deg if reading.torque_ncm > 0 else -turned_deg
        valid = reading.validity is Validity.VALID
        return replace(
            reading,
            angle_deg=self._angle_deg,
            validity=Validity.QUESTIONABLE if valid else reading.validity,
            flags=reading.flags | {ESTIMATED_ANGLE},
        )

    def close(self) -> None:
        """See `AngleSource`."""


class SecondSource:
    """The angle of a rotation sensor on a port of its own, merged by time."""

    gives_angle = True
    words = "angle of a second source"

    def __init__(self, sensor: AsciiForm, port: SerialPort, clock: Clock) -> None:
        self._sensor = sensor
        self._port = port
        self._clock = clock
        self._merge = AngleMerge()
        self._period_ns = round(1e9 / sensor.rate_hz)
        self._due_ns = 0

    @property
    def is_served(self) -> bool:
        """See `AngleSource`."""
        return self._port.is_served

    def with_angle(self, events: list[Told]) -> list[Told]:
        """See `AngleSource`. Readings may come out up to 120 ms later than they came in."""
        now_ns = self._clock.monotonic_ns()
        request = self._sensor.poll()
        if request is not None and now_ns >= self._due_ns:
            self._due_ns = now_ns + self._period_ns
            self._port.write(request)
        for at_ns, angle_deg in self._sensor.angles(self._port.read(0.0), now_ns):
            self._merge.angle(at_ns, angle_deg)
        others: list[Told] = []
        for event in events:
            if isinstance(event, GaugeReading):
                self._merge.reading(event)
            else:
                others.append(event)
        return [*self._merge.take(now_ns), *others]

    def close(self) -> None:
        """See `AngleSource`."""
        self._port.close()


def angle_source(settings: GaugeSettings, clock: Clock, *, measured: bool) -> AngleSource:
    """Return the angle's source; `measured` says whether the instrument's readings carry one.

    Raises GaugeError, TransportError.
    """
    if settings.rotation:
        form, _, port = settings.rotation.partition(";")
        if not port:
            raise GaugeError("rotation needs a description and a port: rotation=FILE.toml;PORT")
        sensor = AsciiForm(GaugeSettings(form=Path(form)))
        if not sensor.gives_angle:
            raise GaugeError(f"{clean(form, 60)} describes no angle: it needs a group (?P<angle>)")
        return SecondSource(sensor, SerialPort(port, sensor.baudrates[0]), clock)
    if settings.speed_rpm is not None and not measured:
        return NominalAngle(settings.speed_rpm)
    return OwnAngle(gives_angle=measured)
