"""Collects samples into frames of readings. Sans-I/O.

Samples are numbered from the start of the device whether or not anybody listens; a frame leaves
when it covers the agreed span or holds all it can.
"""

from __future__ import annotations

from typing import Final

from hw_sim.device import DeviceConfig
from hw_sim.device_link import DeviceLink
from torquemon.drivers.codec import MAX_READINGS, MAX_TAGGED_READINGS, Capability
from torquemon.drivers.readings import RawSample, Readings
from torquemon.model import Validity

SEQ_MASK: Final = 0xFFFFFFFF
"""Numbers of samples go round at 32 bits on the wire."""
_MDEG: Final = 1000.0


class ReadingStream:
    """Numbers, stamps and packs samples. `next_seq` is the number the next one will get."""

    __slots__ = (
        "_angle",
        "_base_us",
        "_first_seq",
        "_full",
        "_link",
        "_samples",
        "_span_us",
        "_speed",
        "next_seq",
    )

    def __init__(self, link: DeviceLink, device: DeviceConfig) -> None:
        self._link = link
        self._angle = Capability.ANGLE in device.capabilities
        self._speed = Capability.SPEED in device.capabilities
        per_frame = int(device.sample_rate_hz * device.reading_span_ms / 1000.0)
        self._span_us = round(device.reading_span_ms * 1000)
        most = MAX_TAGGED_READINGS if device.key else MAX_READINGS
        self._full = min(max(per_frame, 1), most)
        self._samples: list[RawSample] = []
        self._first_seq = 0
        self._base_us = 0
        self.next_seq = device.first_seq

    def add(
        self,
        time_us: int,
        torque_counts: int,
        angle_deg: float,
        speed_drpm: float,
        validity: Validity,
    ) -> None:
        """Take one sample; sends a frame when it is full."""
        seq = self.next_seq
        self.next_seq = seq + 1
        if not self._link.in_session:
            return
        samples = self._samples
        if samples and time_us - self._base_us > self._span_us:
            self.flush()
        if not samples:
            self._first_seq = seq
            self._base_us = time_us
        samples.append(
            RawSample(
                time_us - self._base_us,
                torque_counts,
                round(angle_deg * _MDEG) if self._angle else None,
                round(speed_drpm) if self._speed else None,
                validity,
            )
        )
        if len(samples) >= self._full:
            self.flush()

    def flush(self) -> None:
        """Send what has been collected."""
        if self._samples:
            self._link.send(
                Readings(self._first_seq & SEQ_MASK, self._base_us, tuple(self._samples))
            )
            self._samples.clear()

    def age_us(self, now_us: int) -> int:
        """How long the oldest collected sample has waited; 0 where there is none."""
        return now_us - self._base_us if self._samples else 0

    def discard(self) -> None:
        """Forget what has been collected: a new session starts with its Hello."""
        self._samples.clear()
