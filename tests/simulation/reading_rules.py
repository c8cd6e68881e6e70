"""What must hold of readings: each is what was measured; without new ones there is no number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

from hw_sim.erring import ErringHandpiece
from hw_sim.erring_parts import Fact
from torquemon.drivers.handpiece import NO_DATA_NS, HandpieceEvent
from torquemon.drivers.link import Connected, Samples
from torquemon.model import Reading, Validity
from torquemon.units import TorqueUnit, counts_to_ncm

_MEASURED: Final = frozenset({Validity.VALID, Validity.QUESTIONABLE, Validity.OVERFLOW})
_SEQ_MASK: Final = 0xFFFFFFFF
_RESOLUTION: Final = 10_000


class ReadingRules:
    """Compares what the driver tells with what the device wrote down."""

    def __init__(self, broken: Callable[[str, str], NoReturn]) -> None:
        self._broken = broken
        self._unit = TorqueUnit.NCM
        self._boot_id = 0
        self.forget()

    def forget(self) -> None:
        """A new monitor knows nothing yet."""
        self._last_seq: int | None = None
        self._valid_ns: int | None = None
        self._frames_ns = 0

    def flowed_ns(self, now_ns: int) -> int:
        """How long measurements have come without a hole; 0 where none comes."""
        if self._valid_ns is None or now_ns - self._valid_ns >= NO_DATA_NS:
            return 0
        return now_ns - self._frames_ns

    def heard(self, event: HandpieceEvent, device: ErringHandpiece, now_ns: int) -> None:
        """The driver tells an event."""
        if type(event) is Samples:
            if self.flowed_ns(now_ns) == 0:
                self._frames_ns = now_ns
            for reading in event.readings:
                self.each_reading_is_what_was_measured(reading, device, now_ns)
                if reading.validity in _MEASURED:
                    self._valid_ns = now_ns
        elif isinstance(event, Connected):
            self._unit = event.info.hello.torque_unit
            self._boot_id = event.info.hello.boot_id
            if event.rebooted:
                self._last_seq = None

    def each_reading_is_what_was_measured(
        self, reading: Reading, device: ErringHandpiece, now_ns: int
    ) -> None:
        """No reading has a wrong number, time, value or validity, and none comes twice."""
        name = "each_reading_is_what_was_measured"
        facts = device.truths[self._boot_id].get(reading.seq & _SEQ_MASK, ())
        if not any(tuple(reading)[1:] == self._meant(fact, now_ns) for fact in facts):
            meant = [self._meant(fact, now_ns) for fact in facts]
            self._broken(name, f"sample {reading.seq} is {reading}, was {meant}")
        if self._last_seq is not None and reading.seq <= self._last_seq:
            self._broken(name, f"sample {reading.seq} after {self._last_seq}")
        self._last_seq = reading.seq

    def _meant(self, fact: Fact, now_ns: int) -> tuple[object, ...]:
        """What a reading of this sample must say, its number apart."""
        stamp_us, counts, angle_mdeg, speed_drpm, validity = fact
        angle_deg = None if angle_mdeg is None else angle_mdeg / 1000
        speed_rpm = None if speed_drpm is None else speed_drpm / 10
        torque_ncm = counts_to_ncm(counts, _RESOLUTION, self._unit)
        return (stamp_us, now_ns, torque_ncm, angle_deg, speed_rpm, validity)

    def no_number_without_data(self, shown: Reading | None, now_ns: int) -> None:
        """NO DATA is shown 250 ms after the last valid reading came."""
        if shown is None:
            return
        if self._valid_ns is None or now_ns - self._valid_ns >= NO_DATA_NS:
            self._broken("no_number_without_data", f"shows {shown.torque_ncm} N·cm")
