"""The words that are spoken: which there are, in which languages, for which alerts.

They were rendered in advance (`make voices`) and are files of the package. Wording rule as on the
screen: *possible* contact, never more than that.
"""

from __future__ import annotations

import io
import wave
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

from torquemon.model import AlertCode
from torquemon.sound.tones import RATE_HZ, SAMPLE_BYTES


class Phrase(StrEnum):
    """What can be said."""

    STOP_OVER_TORQUE = "stop"
    POSSIBLE_CONTACT = "contact"


PHRASES: Final = {
    "en": {
        Phrase.STOP_OVER_TORQUE: "Stop, over torque.",
        Phrase.POSSIBLE_CONTACT: "Possible contact.",
    },
    "de": {
        Phrase.STOP_OVER_TORQUE: "Stopp, Drehmoment zu hoch.",
        Phrase.POSSIBLE_CONTACT: "Möglicher Kontakt.",
    },
}
FALLBACK: Final = "en"
"""A language without a voice is spoken in this one rather than not at all."""

SPOKEN: Final = {
    AlertCode.EXCESS_TORQUE: Phrase.STOP_OVER_TORQUE,
    AlertCode.ROOT_CONTACT: Phrase.POSSIBLE_CONTACT,
}


class VoiceError(Exception):
    """A file of the package is damaged."""


@cache
def voice(phrase: Phrase, language: str) -> bytes:
    """Return the samples of a phrase. Raises VoiceError."""
    name = f"{language if language in PHRASES else FALLBACK}-{phrase.value}.wav"
    try:
        data = (resources.files("torquemon.sound") / "voices" / name).read_bytes()
        with wave.open(io.BytesIO(data)) as file:
            form = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            if form != (1, SAMPLE_BYTES, RATE_HZ):
                raise VoiceError(f"{name} is not {RATE_HZ} Hz, mono, 16 bits: install again")
            frames: bytes = file.readframes(file.getnframes())
            return frames
    except (OSError, EOFError, wave.Error) as error:
        raise VoiceError(f"{name} cannot be read ({error}): install again") from error
