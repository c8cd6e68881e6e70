"""The way from a sample to the ear, and whether it lives: opened, tested by a tone, watched.

Works means: the device has taken the whole of the test tone at the pace of a real one, and goes on
taking samples. Whether a loudspeaker is plugged in and turned up no program can know; the tone at
the start of each recording is there for the operator's ear.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from torquemon.clock import Clock
from torquemon.local.view import SoundPhase
from torquemon.sound.clips import CHECK_CLIP, samples
from torquemon.sound.device import Device, Opener, SoundError
from torquemon.sound.player import Player
from torquemon.sound.tones import RATE_HZ, SAMPLE_BYTES

DEAD_NS: Final = 500_000_000
"""A device that takes nothing for so long is silent."""
START_NS: Final = 3_000_000_000
"""So long a device that was just opened may take until the test tone is through."""
RETRY_NS: Final = 2_000_000_000
PACE_NS: Final = 2_000_000_000
"""Over so long the pace is measured, again and again."""
_PACE: Final = 0.5
"""Slower than this share of its rate a device stutters."""


@dataclass(frozen=True, slots=True)
class SoundState:
    """Whether alarms can be heard, and if not, why."""

    phase: SoundPhase
    why: str = ""


class _Opening:
    """Opens a device beside the loop: a sound server that hangs must not hold up who says so."""

    def __init__(self, opener: Opener, player: Player) -> None:
        self.device: Device | None = None
        self.why = ""
        self._opener = opener
        self._player = player
        self._thread = threading.Thread(target=self._open, name="sound-open", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Whether it has been opened or refused."""
        return bool(self.device or self.why)

    def join(self, timeout_s: float) -> None:
        """Wait for it, but not for ever."""
        self._thread.join(timeout_s)

    def _open(self) -> None:
        try:
            self.device = self._opener(self._player.frames)
        except SoundError as error:
            self.why = str(error) or "no sound device"


class SoundPath:
    """Keeps a device open. `tick` is called by the listener's loop, some 25 times a second."""

    def __init__(self, player: Player, opener: Opener, clock: Clock, *, heard: bool = True) -> None:
        self.state = SoundState(SoundPhase.UNKNOWN)
        self._player = player
        self._opener = opener
        self._clock = clock
        self._heard = heard
        self._device: Device | None = None
        self._opening: _Opening | None = None
        self._retry_ns = 0
        self._since_ns = 0
        self._late_ticks = 0
        self._tested = False
        self._stutters = False
        self._pace_ns = 0
        self._pace_frames = 0

    def tick(self) -> None:
        """Open what is closed, look after what is open."""
        now_ns = self._clock.monotonic_ns()
        if self._device is not None:
            why = self._wrong(now_ns)
            if why:
                self._give_up(self._device, now_ns, why)
        elif self._opening is not None:
            self._see_opening(self._opening, now_ns)
        elif now_ns >= self._retry_ns:
            self._since_ns = now_ns
            self._opening = _Opening(self._opener, self._player)

    def close(self) -> None:
        """Let the device go."""
        if self._opening is not None:
            self._opening.join(DEAD_NS / 1e9)
            self._device = self._opening.device
            self._opening = None
        if self._device is not None:
            self._device.close()
            self._device = None

    def _see_opening(self, opening: _Opening, now_ns: int) -> None:
        if not opening.over:
            if now_ns - self._since_ns > START_NS:
                self.state = SoundState(SoundPhase.FAILED, "the sound system does not answer")
            return
        self._opening = None
        if opening.device is None:
            self.state = SoundState(SoundPhase.NONE, opening.why)
            self._retry_ns = now_ns + RETRY_NS
            return
        self._device = opening.device
        self._since_ns = self._pace_ns = now_ns
        self._pace_frames, _ = self._player.pulled
        self._late_ticks, self._tested, self._stutters = 0, False, False
        if not self._player.busy:
            self._player.play(samples(CHECK_CLIP))

    def _wrong(self, now_ns: int) -> str:
        """Look at what the device takes; return what is wrong with it, or nothing."""
        frames, pulled_ns = self._player.pulled
        taken = frames - self._pace_frames
        if not self._tested:
            if taken < len(samples(CHECK_CLIP)) // SAMPLE_BYTES:
                late = now_ns - self._since_ns > START_NS
                return "the sound device takes no sound" if late else ""
            self._tested = True
        silent_ns = now_ns - max(self._since_ns, pulled_ns or 0)
        self._late_ticks = self._late_ticks + 1 if silent_ns > DEAD_NS else 0
        if self._late_ticks > 1:  # twice: a computer that was asleep is not a dead loudspeaker
            return "the sound device has stopped"
        self._measure_pace(now_ns, frames)
        if self._stutters:  # said, but kept open: half a sound is more than none
            self.state = SoundState(SoundPhase.FAILED, "the sound stutters: this computer is busy")
        elif self._heard:
            self.state = SoundState(SoundPhase.OK)
        else:
            self.state = SoundState(SoundPhase.NONE, "the sound goes to a device nobody hears")
        return ""

    def _measure_pace(self, now_ns: int, frames: int) -> None:
        passed_ns = now_ns - self._pace_ns
        if passed_ns <= PACE_NS:
            return
        if passed_ns < 2 * PACE_NS:  # else this loop itself was away, or asleep
            taken = frames - self._pace_frames
            self._stutters = taken < RATE_HZ * passed_ns * _PACE / 1e9
        self._pace_ns, self._pace_frames = now_ns, frames

    def _give_up(self, device: Device, now_ns: int, why: str) -> None:
        self.state = SoundState(SoundPhase.FAILED, why)
        self._device = None
        self._retry_ns = now_ns + RETRY_NS
        threading.Thread(target=device.close, name="sound-close", daemon=True).start()
