"""Emulated Lutron meter (16 characters) and ME-Systeme GSV amplifier (frames).

Formats: Lutron manuals (for example GC-2028 page 11), `gsv86lib` 0.1.1 by ME-Systeme.
"""

from __future__ import annotations

import struct
from typing import Final

from hw_sim.gauges.base import MAX_COMMAND_BYTES, EmulatedGauge


class EmulatedLutron(EmulatedGauge):
    """Sends by itself. The codes for torque units are made up: the true ones are not public."""

    baud_rate = 9600
    rate_hz = 2.0
    units = ("Ncm", "kgfcm", "lbfin")
    codes: Final = {"Ncm": "83", "kgfcm": "81", "lbfin": "82"}

    def __init__(self) -> None:
        super().__init__()
        self.point = 2
        self.code: str | None = None
        self._sent = 0

    def receive(self, data: bytes) -> bytes:
        """See `EmulatedGauge.receive`: it does not listen."""
        del data
        return b""

    def frame(self) -> bytes:
        """Return one value as 16 characters."""
        counts = round(self.in_unit() * 10**self.point)
        code = self.code or self.codes[self.unit]
        return f"\x0241{code}{int(counts < 0)}{self.point}{abs(counts):08d}\r".encode()

    def unasked(self, time_s: float) -> bytes:
        """See `EmulatedGauge.unasked`."""
        due = int(time_s * self.rate_hz)
        frames = max(0, min(due - self._sent, 4))
        self._sent = due
        return self.frame() * frames


class EmulatedGsv(EmulatedGauge):
    """A GSV-8 with the torque on channel 1 and noise on the others; it answers one-shot values."""

    baud_rate = 115_200
    rate_hz = 50.0
    units = ("Ncm", "Nm")
    codes: Final = {"Ncm": 17, "Nm": 18}
    channels = 8

    def __init__(self) -> None:
        super().__init__()
        self.code: int | None = None
        self.int16 = False
        self.set_by_host: list[int] = []
        self._input = b""

    def receive(self, data: bytes) -> bytes:
        """See `EmulatedGauge.receive`: requests `AA 9n command parameters 85`."""
        self._input = (self._input + data)[-MAX_COMMAND_BYTES:]
        out = b""
        while (at := self._input.find(b"\xaa")) >= 0 and len(self._input) >= at + 4:
            count = self._input[at + 1] & 0x0F
            end = at + 3 + count
            if len(self._input) <= end:
                break
            request, self._input = self._input[at : end + 1], self._input[end + 1 :]
            if request[-1] == 0x85 and request[1] & 0xF0 == 0x90:  # noqa: PLR2004 - the format
                out += self._reply(request[2], request[3:-1])
        return out

    def _reply(self, command: int, parameters: bytes) -> bytes:
        if command == 0x0F and len(parameters) == 1:  # noqa: PLR2004 - GetUnitNo
            code = self.codes[self.unit] if self.code is None else self.code
            return bytes((0xAA, 0x51, 0x00, code, 0x85))
        if command == 0x3B:  # noqa: PLR2004 - GetValue
            return self.values()
        self.set_by_host.append(command)
        return bytes((0xAA, 0x50, 0x40, 0x85))

    def values(self) -> bytes:
        """Return one frame of values."""
        head = 0x10 | (self.channels - 1)
        over = int(self.overloaded)
        others = [0.125 * number for number in range(1, self.channels)]
        if self.int16:
            body = struct.pack(f">{self.channels}H", *([0x8000] * self.channels))
            return bytes((0xAA, head, 0x90 | over)) + body + b"\x85"
        body = struct.pack(f">{self.channels}f", float(self.in_unit()), *others)
        return bytes((0xAA, head, 0xB0 | over)) + body + b"\x85"
