"""Parts of a handpiece that errs: its answers, its stream of samples, its sensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hw_sim.device_link import DeviceLink
from hw_sim.firmware import Command
from hw_sim.handpiece import Handpiece
from hw_sim.sensor import Sensor
from hw_sim.stream import SEQ_MASK, ReadingStream
from torquemon.drivers.codec import Result
from torquemon.drivers.device_messages import Ack, DeviceState, Hello
from torquemon.drivers.host_messages import HelloRequest
from torquemon.drivers.messages import DeviceMessage
from torquemon.model import Validity

_LEAP: Final = (1 << 31) - 2
"""The largest step forward that still reads as forward."""
_WRAP_IN: Final = 12
"""Samples until the numbering goes round."""
_GARBAGE_COUNTS: Final = -(1 << 31)

Fact = tuple[int, int, int | None, int | None, Validity]
"""Stamp in µs, counts, thousandths of a degree, tenths of a rpm, validity: as they left."""


class ErringLink(DeviceLink):
    """Answers late or never while told to. `now_us` is set by the handpiece."""

    now_us = 0
    late_us = 0
    mute = False
    late: list[tuple[int, DeviceMessage]]

    def __init__(
        self,
        execute: Callable[[Command], Result],
        state: Callable[[], DeviceState],
        hello: Callable[[HelloRequest], Hello],
    ) -> None:
        super().__init__(execute, state, hello)
        self.late = []

    def send(self, message: DeviceMessage) -> None:
        """Queue a message; an answer may be held back or lost."""
        if isinstance(message, (Ack, Hello)):
            if self.mute:
                return
            if self.late_us:
                self.late.append((self.now_us + self.late_us, message))
                return
        super().send(message)

    def release(self) -> None:
        """Send the answers whose time has come."""
        while self.late and self.late[0][0] <= self.now_us:
            super().send(self.late.pop(0)[1])


class TruthStream(ReadingStream):
    """Stamps by a clock that may jump, and writes down what left."""

    __slots__ = ("garbled", "offset_us", "silent", "truth")

    def __init__(self, handpiece: Handpiece) -> None:
        super().__init__(handpiece.link, handpiece.params.device)
        self.truth: dict[int, list[Fact]] = {}  # a number may be used again after a wrap
        self.offset_us = 0
        self.garbled = False
        self.silent = False

    def add(
        self,
        time_us: int,
        torque_counts: int,
        angle_deg: float,
        speed_drpm: float,
        validity: Validity,
    ) -> None:
        """Take one sample."""
        if self.silent:
            self.flush()
            self.next_seq += 1
            return
        if self.garbled:
            torque_counts, validity = _GARBAGE_COUNTS, Validity.INVALID
        stamp_us = max(time_us + self.offset_us, 0)
        self.truth.setdefault(self.next_seq & SEQ_MASK, []).append(
            (
                stamp_us,
                torque_counts,
                round(angle_deg * 1000.0) if self._angle else None,
                round(speed_drpm) if self._speed else None,
                validity,
            )
        )
        super().add(stamp_us, torque_counts, angle_deg, speed_drpm, validity)

    def leap(self) -> None:
        """Go on just before the numbering goes round, or as near to it as may be."""
        self.flush()
        left = SEQ_MASK + 1 - _WRAP_IN - (self.next_seq & SEQ_MASK)
        self.next_seq += min(max(left, 0), _LEAP)


class StuckSensor(Sensor):
    """A sensor that repeats itself."""

    __slots__ = ("_counts",)

    def __init__(self, counts: int | None) -> None:
        self._counts = counts
        self.silent = counts is None

    def sample(self, torque_ncm: float, time_s: float) -> int | None:  # noqa: ARG002 - it does not look
        """Return what it always returns."""
        return self._counts
