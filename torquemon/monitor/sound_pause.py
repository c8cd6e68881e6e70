"""The sound as the monitor knows it: whether it is paused, and whether there is any.

The recorder makes the sound and reads the pause from the view; the decision is made here, where the
alarms are, so that no pause outlives a new one. Nothing about arming depends on sound.
"""

from __future__ import annotations

from typing import Final

from torquemon.clock import Clock
from torquemon.local.view import SoundPhase

PAUSE_NS: Final = 20_000_000_000
"""An insertion lasts about half a minute; a longer pause would be no pause."""
UNHEARD_NS: Final = 5_000_000_000
"""The recorder says every two seconds how the sound fares. After this silence it is gone."""
UNHEARD_WHY: Final = "the recorder, which makes the sound, has not been heard for 5 s"


class Sound:
    """Pause and state of the sound of one chair."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._paused_until_ns = 0
        self._phase = SoundPhase.UNKNOWN
        self._why = ""
        self._heard_ns = clock.monotonic_ns()

    def pause(self) -> str:
        """Pause for `PAUSE_NS`; a pause that lasts is not made longer."""
        now_ns = self._clock.monotonic_ns()
        if now_ns >= self._paused_until_ns:
            self._paused_until_ns = now_ns + PAUSE_NS
            return f"sound paused for {PAUSE_NS // 1_000_000_000} s, or until a new alarm"
        return f"the sound is paused for {self.paused_s:.0f} s more"

    def break_pause(self) -> None:
        """End the pause: something new is to be heard."""
        self._paused_until_ns = 0

    @property
    def paused_s(self) -> float:
        """Seconds that the pause still lasts."""
        left_ns = self._paused_until_ns - self._clock.monotonic_ns()
        return round(max(0, left_ns) / 1e9, 1)

    def reported(self, phase: SoundPhase, why: str) -> None:
        """Take over what the recorder says."""
        self._phase, self._why = phase, why
        self._heard_ns = self._clock.monotonic_ns()

    @property
    def state(self) -> tuple[SoundPhase, str]:
        """Whether alarms can be heard, and why not. An old word is none."""
        if self._clock.monotonic_ns() - self._heard_ns > UNHEARD_NS:
            return SoundPhase.NONE, UNHEARD_WHY
        return self._phase, self._why
