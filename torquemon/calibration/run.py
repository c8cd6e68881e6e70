"""One guided check: both ports open, the steps followed, what was measured kept.

The program starts no motor and asks for no key: it says what to do and sees from the two streams
that it was done. Whatever ends the run, what was measured until then is written.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ulid import ULID

from torquemon import __version__
from torquemon.calibration.evaluated import evaluated, reference_fields
from torquemon.calibration.fields import plateau_fields
from torquemon.calibration.follow import MAX_RUN_S, Follower, Plateau, Taken
from torquemon.calibration.plan import Step
from torquemon.calibration.uncertain import ReferenceUncertainty
from torquemon.calibration.words import stated_by_operator
from torquemon.clock import Clock
from torquemon.drivers.device import DeviceInfo
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.port import OpenGauge, open_gauge
from torquemon.drivers.gauges.reading import LOW_BATTERY, GaugeProblem, GaugeReading
from torquemon.drivers.gauges.stated import UNIT_STATED
from torquemon.drivers.handpiece import Handpiece, WireDown
from torquemon.drivers.link import Connected, Refused, Samples
from torquemon.drivers.serial_port import is_pseudo_terminal
from torquemon.drivers.transport import TransportOpener
from torquemon.drivers.trust import Keys
from torquemon.model import Origin, Reading, Validity
from torquemon.text import clean

BEAT_S: Final = 0.02
STATUS_NS: Final = 250_000_000
CONNECT_S: Final = 15.0
_SEED_BITS: Final = 256
_MAX_WAITING: Final = 20_000
_NO_DOUBT: Final = frozenset({UNIT_STATED, LOW_BATTERY})
"""What an instrument may say beside a value that still counts."""

Say = Callable[[str], None]


class RunError(Exception):
    """The check cannot be done; a sentence."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user asked for."""

    gauge_kind: str
    gauge_port: str
    steps: Sequence[Step]
    hold_s: float
    reference: ReferenceUncertainty | None = None
    settings: GaugeSettings = field(default_factory=GaugeSettings)
    invert_gauge: bool = False
    stand: bool = False
    certificate: str = ""
    operator: str = ""
    valid_months: int = 12


class GuidedRun:
    """One check. `run` returns when it is over; `content` is what there is to be kept."""

    def __init__(
        self, wanted: Wanted, opener: TransportOpener, keys: Keys, clock: Clock, say: Say
    ) -> None:
        self._wanted = wanted
        self._clock = clock
        self._say = say
        self._handpiece = Handpiece(opener, clock, secrets.randbits(_SEED_BITS), keys)
        self._gauge: OpenGauge | None = None
        self._said: deque[GaugeReading] = deque(maxlen=_MAX_WAITING)
        self._problems: deque[GaugeProblem] = deque(maxlen=100)
        self._device: DeviceInfo | None = None
        self._follower: Follower | None = None
        self._started_utc = clock.utc_now()
        self._status_ns = self._moment = 0
        self._wire_why = ""
        self._stated_unit = ""

    def run(self) -> bool:
        """Measure until all steps are taken; False where it was broken off (Ctrl-C).

        Raises RunError, TransportError, DriverError.
        """
        wanted = self._wanted
        self._gauge = open_gauge(
            wanted.gauge_kind,
            wanted.gauge_port,
            clock=self._clock,
            on_reading=self._said.append,
            on_problem=self._problems.append,
            settings=wanted.settings,
        )
        self._handpiece.start()
        try:
            with contextlib.suppress(KeyboardInterrupt):
                self._measure()
        finally:
            self._gauge.close()
            self._handpiece.close()
        return self._follower is not None and self._follower.done

    def _measure(self) -> None:
        began_ns = self._clock.monotonic_ns()
        while self._follower is None or not self._follower.done:
            time.sleep(BEAT_S)
            now_ns = self._clock.monotonic_ns()
            elapsed_s = (now_ns - began_ns) / 1e9
            self._fold_handpiece(now_ns)
            self._fold_gauge(now_ns)
            if self._follower is None and elapsed_s > CONNECT_S:
                why = self._wire_why or "nothing answers as a handpiece on this port"
                raise RunError(f"no handpiece: {why}")
            if elapsed_s > MAX_RUN_S:
                raise RunError("after an hour there is still a step to take: begin again")
            self._advance(now_ns)

    def _fold_handpiece(self, now_ns: int) -> None:
        self._handpiece.capture.drain()
        for event in self._handpiece.drain():
            if isinstance(event, Samples) and self._follower is not None:
                for reading in event.readings:
                    self._follower.handpiece(
                        self._moment_ns(reading), reading.torque_ncm, reading.validity
                    )
            elif isinstance(event, Connected):
                self._connected(event, now_ns)
            elif isinstance(event, Refused):
                raise RunError(event.why)
            elif isinstance(event, WireDown):
                self._wire_why = event.why
                if event.was_up:
                    raise RunError(f"the handpiece is gone: {event.why}")

    def _moment_ns(self, reading: Reading) -> int:
        """Return when a sample was taken: frames that a busy computer kept waiting come in bursts.

        Never later than it came, and never before the one before it.
        """
        taken_ns = self._handpiece.device_clock.host_time_ns(reading.device_time_us)
        self._moment = max(self._moment, min(taken_ns, reading.host_time_ns))
        return self._moment

    def _connected(self, event: Connected, now_ns: int) -> None:
        if self._device is not None:
            raise RunError("the handpiece restarted or was exchanged: begin again")
        self._device = event.info
        if not event.info.serial:
            raise RunError("this handpiece states no serial number: a check could not be its own")
        self._say(event.info.sentence())
        self._follower = Follower(self._wanted.steps, self._wanted.hold_s, now_ns)
        self._announce()

    def _fold_gauge(self, now_ns: int) -> None:
        sign = -1.0 if self._wanted.invert_gauge else 1.0
        while self._said:
            reading = self._said.popleft()
            if UNIT_STATED in reading.flags and not self._stated_unit:
                self._stated_unit = reading.unit_text
                self._say(f"the gauge's unit was {stated_by_operator(reading.unit_text)}")
            if self._follower is not None:
                torque_ncm = sign * reading.torque_ncm
                self._follower.reference(reading.host_time_ns, torque_ncm, counted(reading))
        while self._problems:
            problem = self._problems.popleft()
            if problem.ends:
                raise RunError(f"the gauge is lost: {problem.why}")
            self._say(problem.why)
        del now_ns

    def _advance(self, now_ns: int) -> None:
        follower = self._follower
        if follower is None:
            return
        for event in follower.look(now_ns):
            if isinstance(event, Taken):
                self._say(_taken(event.plateau))
                self._announce()
            else:
                self._say(f"  {event.text}")
        self._status(follower, now_ns)

    def _announce(self) -> None:
        follower = self._follower
        step = follower.step if follower else None
        if follower is None or step is None:
            return
        number, total = len(follower.plateaus) + 1, len(self._wanted.steps)
        self._say(f"step {number} of {total}: {step.sentence()}")

    def _status(self, follower: Follower, now_ns: int) -> None:
        """Show both values on one line of a terminal, over and over."""
        if not sys.stderr.isatty() or now_ns - self._status_ns < STATUS_NS:
            return
        self._status_ns = now_ns
        gauge, handpiece = ("  ---- " if v is None else f"{v:7.2f}" for v in follower.now)
        sys.stderr.write(f"\r\x1b[Kgauge {gauge}   handpiece {handpiece} N·cm\r")
        sys.stderr.flush()

    def content(self) -> dict[str, Any] | None:
        """Return what there is to be kept; None where nothing was measured."""
        follower, device, gauge = self._follower, self._device, self._gauge
        if follower is None or device is None or gauge is None or not follower.plateaus:
            return None
        wanted = self._wanted
        served = wanted.settings.simulated or is_pseudo_terminal(wanted.gauge_port)
        origin = device.origin.merged(Origin.SIMULATED if served else Origin.REAL)
        identity = gauge.gauge.identity
        content: dict[str, Any] = {
            "id": str(ULID()),
            "measured_utc": self._started_utc.isoformat(timespec="seconds"),
            "software": __version__,
            "origin": origin.value,
            "operator": clean(wanted.operator),
            "handpiece": {
                "maker": device.maker,
                "model": device.model,
                "serial": device.serial,
                "firmware": device.firmware,
                "step_ncm": device.ncm(1),
            },
            "gauge": {
                "kind": wanted.gauge_kind,
                "maker": identity.maker,
                "model": identity.model,
                "serial": identity.serial,
                "certificate": clean(wanted.certificate),
                "zero_ncm": follower.gauge_zero_ncm,
                "step_ncm": follower.gauge_step_ncm or 0.0,
                "inverted": wanted.invert_gauge,
                "stated_unit": self._stated_unit,
            },
            "reference_uncertainty": wanted.reference.sentence() if wanted.reference else None,
            "reference": reference_fields(wanted.reference),
            "stand": wanted.stand,
            "hold_s": wanted.hold_s,
            "valid_months": wanted.valid_months,
            "plateaus": [plateau_fields(plateau) for plateau in follower.plateaus],
        }
        return content | evaluated(content, follower.plateaus)


def counted(reading: GaugeReading) -> Validity:
    """Return what a value of the gauge counts as.

    A unit that the operator stated is told with the result: where nothing else is doubtful, the
    torque is as good as the statement.
    """
    stated = UNIT_STATED in reading.flags and reading.flags <= _NO_DOUBT
    if stated and reading.validity is Validity.QUESTIONABLE:
        return Validity.VALID
    return reading.validity


def _taken(plateau: Plateau) -> str:
    return (
        f"  taken: {plateau.reference_ncm:z.2f} N·cm by the gauge, "
        f"{plateau.handpiece_ncm:z.2f} by the handpiece"
    )
