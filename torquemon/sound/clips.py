"""What can be heard, whole: a clip is a burst, or half a burst and a phrase, as samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from torquemon.model import AlertCode, Priority
from torquemon.sound.phrases import FALLBACK, SPOKEN, VoiceError, voice
from torquemon.sound.tones import (
    BURSTS,
    CHECK,
    HIGH_HALF,
    RATE_HZ,
    SAMPLE_BYTES,
    rendered,
    silence,
)

_BEFORE_WORDS_MS: Final = 150


@dataclass(frozen=True, slots=True)
class Clip:
    """What is to be heard: the alert's code and priority, in a language; no code is the check."""

    code: AlertCode | None = None
    priority: Priority = Priority.ADVISORY
    language: str = FALLBACK


CHECK_CLIP: Final = Clip()


@cache
def samples(clip: Clip) -> bytes:
    """Return the samples of a clip. A phrase that cannot be had leaves its whole burst."""
    if clip.code is None:
        return rendered(CHECK)
    phrase = SPOKEN.get(clip.code)
    if phrase is None or clip.priority is not Priority.ALARM:
        return rendered(BURSTS[clip.priority])
    try:
        words = voice(phrase, clip.language)
    except VoiceError:
        return rendered(BURSTS[clip.priority])
    return rendered(HIGH_HALF) + silence(_BEFORE_WORDS_MS) + words


def length_ns(clip: Clip) -> int:
    """Return how long a clip lasts, in nanoseconds."""
    return len(samples(clip)) // SAMPLE_BYTES * 1_000_000_000 // RATE_HZ
