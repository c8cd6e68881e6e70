"""The conversation with one gauge over an open wire: asks at its pace, and says why nothing comes.

No thread and no waiting beyond the wire's own `read`: whoever owns it calls `step`.
"""

from __future__ import annotations

from typing import Final

from torquemon.clock import Clock
from torquemon.drivers.gauges.base import Gauge
from torquemon.drivers.gauges.reading import GaugeProblem, GaugeReading, Told
from torquemon.drivers.gauges.steady import SteadyUnit
from torquemon.drivers.transport import Transport

SILENT_S: Final = 1.5
"""[E] An instrument that is on answers within a few periods; after this long it is told."""
GIVE_UP_S: Final = 5.0
"""[E] Then it is over: somebody must look at cable, switch and settings."""
_ASK_AGAIN_PERIODS: Final = 1.5
"""A lost answer is asked for again soon: 250 ms without one is NO DATA."""
_MIN_ASK_AGAIN_S: Final = 0.1
_QUICK_AGAIN: Final = 3
"""So many quick answers in a row are no accident: it answers as promised again."""
_MAX_ASK_AGAIN_NS: Final = 2_000_000_000
MAX_TOLD: Final = 4
"""Until a reading comes each problem is told once, and no more than this many."""
_BRIEF_NOISE: Final = "no reading in what comes: check baud rate, kind and settings"
_BRIEF_SILENT: Final = "no answer: check the gauge's switch, cable and settings"


class Talk:
    """Asks, reads, and watches that something comes."""

    def __init__(self, gauge: Gauge, transport: Transport, baud_rate: int, clock: Clock) -> None:
        self._gauge = gauge
        self._transport = transport
        self._baud_rate = baud_rate
        self._clock = clock
        self._period_ns = round(1e9 / gauge.rate_hz)
        self._ask_again_ns = max(
            round(_ASK_AGAIN_PERIODS * self._period_ns), round(_MIN_ASK_AGAIN_S * 1e9)
        )
        self._patience_ns = self._ask_again_ns
        self._quick = 0
        self._opened = False
        self._asked_ns = 0
        self._due_ns = 0
        self._waiting = False
        self._good_ns = 0
        self._heard = 0
        self._unit = SteadyUnit()
        self._told: set[str] = set()
        self._last_why = ""

    def step(self, timeout_s: float) -> list[Told]:
        """Ask if it is time, read what is there. Raises TransportError when the wire is gone."""
        now_ns = self._clock.monotonic_ns()
        if not self._opened:
            self._opened = True
            self._good_ns = self._due_ns = now_ns
            for request in self._gauge.opening():
                self._transport.write(request)
        self._ask(now_ns)
        wait_s = max(0.0, min(timeout_s, (self._due_ns - now_ns) / 1e9))
        data = self._transport.read(timeout_s if self._waiting else wait_s)
        now_ns = self._clock.monotonic_ns()
        events = self._gauge.feed(data, now_ns) if data else []
        self._heard += len(data)
        if events:
            self._waiting = False
            quick = now_ns - self._asked_ns < self._ask_again_ns // 2
            self._quick = self._quick + 1 if quick else 0
            if self._quick >= _QUICK_AGAIN:
                self._patience_ns = self._ask_again_ns
        through = [told for event in events if (told := self._unit.told(event)) is not None]
        return [told for told in through if self._is_news(told)] + self._silence(now_ns)

    def _ask(self, now_ns: int) -> None:
        late = now_ns - self._asked_ns >= self._patience_ns
        if now_ns < self._due_ns or (self._waiting and not late):
            return
        request = self._gauge.poll()
        if request is None:
            self._due_ns = now_ns + self._period_ns
            return
        if self._waiting:  # an instrument that is slow must not be asked faster than it answers
            self._patience_ns = min(2 * self._patience_ns, _MAX_ASK_AGAIN_NS)
        self._transport.write(request)
        self._asked_ns, self._waiting = now_ns, True
        # from the moment it was due, so that the pace holds; never a burst after a pause
        self._due_ns = max(self._due_ns + self._period_ns, now_ns)

    def _is_news(self, event: Told) -> bool:
        if isinstance(event, GaugeReading):
            self._good_ns = event.host_time_ns
            self._heard = 0
            self._told.clear()
            self._last_why = ""
            return True
        if event.why in self._told or len(self._told) >= MAX_TOLD:
            return event.ends
        self._told.add(event.why)
        self._last_why = event.why
        return True

    def _silence(self, now_ns: int) -> list[Told]:
        silent_s = (now_ns - self._good_ns) / 1e9
        slow_s = 3.0 / self._gauge.rate_hz
        if silent_s < SILENT_S + slow_s:
            return []
        ends = silent_s >= GIVE_UP_S + slow_s
        why = self.why_silent()
        known = why in (self._last_why, self._unit.changing)
        brief = "" if known else _BRIEF_NOISE if self._heard else _BRIEF_SILENT
        problem = GaugeProblem(now_ns, why, ends=ends, brief=brief)
        return [problem] if ends or self._is_news(problem) else []

    def why_silent(self) -> str:
        """Say why there is no reading, and what to do."""
        if self._last_why or self._unit.changing:
            return self._last_why or self._unit.changing
        gauge, name = self._gauge, self._transport.name
        others = ", ".join(str(rate) for rate in gauge.baudrates if rate != self._baud_rate)
        other = f" or another baud rate ({others})" if others else ""
        if self._heard:
            own = "mend the pattern of its file" if gauge.name == "ascii" else "choose its own kind"
            return (
                f"what comes from {name} at {self._baud_rate} baud is no reading of a "
                f"{gauge.name} gauge: set the instrument to {self._baud_rate} baud, 8N1, {own}"
                f"{other}"
            )
        return (
            f"no answer from the {gauge.name} gauge on {name} at {self._baud_rate} baud: switch "
            f"it on, check the cable and its output setting{', try' + other[3:] if other else ''}"
        )
