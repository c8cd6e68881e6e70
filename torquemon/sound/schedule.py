"""Decides what is heard next: alarms and time in, a clip out. No device, no thread, no clock.

Rules, in this order: one alarm at a time, the gravest that nobody has acknowledged, among equals
the one that came last; what is graver, or as grave and of another code, breaks in; the same code
told again does not, or a storm of it would never be heard out. What is acknowledged falls silent at
once; alarms and warnings repeat until then, an advisory is heard once. A pause silences what was
known when it began, and ends by itself after 20 s, whatever the monitor says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from torquemon.model import AlertCode, Priority
from torquemon.sound.clips import CHECK_CLIP, Clip, length_ns

REPEAT_GAP_NS: Final = {Priority.ALARM: 2_500_000_000, Priority.WARNING: 6_000_000_000}
"""Silence between two bursts of the same alarm; an advisory is not repeated."""
LONGEST_PAUSE_NS: Final = 20_000_000_000
"""An insertion lasts half a minute: a longer pause would be the whole of it."""
SILENT: Final = frozenset({(AlertCode.HARD_RESISTANCE, Priority.ADVISORY)})
"""Heard in nearly every insertion, about the expected seat: shown, never sounded."""


@dataclass(frozen=True, slots=True)
class Ring:
    """An alarm that nobody has acknowledged."""

    id: int
    code: AlertCode
    priority: Priority


@dataclass(frozen=True, slots=True)
class Situation:
    """What the monitor says, as far as it is for the ears."""

    rings: tuple[Ring, ...] = ()
    paused_s: float = 0.0
    """What is left of the pause; 0 without one."""
    recording: bool = False
    language: str = "en"


class Silence(Enum):
    """Instead of a clip: break off what is being played."""

    NOW = "now"


@dataclass
class _Pause:
    since_ns: int
    known: frozenset[int]
    left_s: float


@dataclass
class Scheduler:
    """One pair of ears. `step` is called some fifty times a second."""

    _playing: Ring | None = None
    """What was begun last; None where that was the check, or nothing."""
    _ends_ns: int = 0
    _due_ns: int = 0
    _heard: frozenset[int] = frozenset()
    _recording: bool = False
    _pause: _Pause | None = field(default=None)

    def step(self, now_ns: int, situation: Situation) -> Clip | Silence | None:
        """Return the clip that begins now, the order to be silent, or None: go on."""
        rings = _one_a_code(situation.rings)
        self._heard &= frozenset(ring.id for ring in rings)
        began = situation.recording and not self._recording
        self._recording = situation.recording
        ring = None if self._is_paused(now_ns, situation) else self._next(now_ns, rings)
        if ring is None:
            return self._without_alarm(now_ns, check=began)
        if ring == self._playing and now_ns < self._due_ns:
            return None
        clip = Clip(ring.code, ring.priority, situation.language)
        self._begin(now_ns, ring, clip)
        return clip

    def _next(self, now_ns: int, rings: tuple[Ring, ...]) -> Ring | None:
        """Return the alarm whose turn it is; None where there is none."""
        wanted = [ring for ring in rings if self._has_a_turn(now_ns, ring)]
        return max(wanted, key=lambda ring: (ring.priority.rank, ring.id), default=None)

    def _has_a_turn(self, now_ns: int, ring: Ring) -> bool:
        """An advisory has one burst, and keeps its turn while that is heard."""
        if ring.priority in REPEAT_GAP_NS or ring.id not in self._heard:
            return True
        return ring == self._playing and now_ns < self._ends_ns

    def _is_paused(self, now_ns: int, situation: Situation) -> bool:
        left_s, pause = situation.paused_s, self._pause
        if left_s <= 0:
            self._pause = None
            return False
        ids = frozenset(ring.id for ring in situation.rings)
        if pause is None or left_s > pause.left_s:  # what is left only shrinks: this is another
            pause = self._pause = _Pause(now_ns, ids, left_s)
        pause.left_s = left_s
        return ids <= pause.known and now_ns - pause.since_ns < LONGEST_PAUSE_NS

    def _without_alarm(self, now_ns: int, *, check: bool) -> Clip | Silence | None:
        broken_off = self._playing is not None and now_ns < self._ends_ns
        self._playing = None
        self._due_ns = 0
        if check:
            self._ends_ns = now_ns + length_ns(CHECK_CLIP)
            return CHECK_CLIP
        return Silence.NOW if broken_off else None

    def _begin(self, now_ns: int, ring: Ring, clip: Clip) -> None:
        self._playing = ring
        self._heard |= {ring.id}
        self._ends_ns = now_ns + length_ns(clip)
        self._due_ns = self._ends_ns + REPEAT_GAP_NS.get(ring.priority, 0)


def _one_a_code(rings: tuple[Ring, ...]) -> tuple[Ring, ...]:
    """Return the gravest of each code, and of equals the one that came first."""
    first: dict[AlertCode, Ring] = {}
    for ring in sorted(rings, key=lambda ring: (-ring.priority.rank, ring.id)):
        if (ring.code, ring.priority) not in SILENT:
            first.setdefault(ring.code, ring)
    return tuple(first.values())
