"""The loudspeaker of this machine, through miniaudio. The only file that knows that library.

The device runs from the first moment to the last and is given silence between the sounds: that it
goes on taking samples is the proof that it lives.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable, Generator
from functools import cache
from typing import Any, Final, Protocol

from torquemon.sound.tones import RATE_HZ
from torquemon.text import clean

PERIOD_MS: Final = 20
"""Samples are pulled this often; three periods lie ahead of the ear."""
PERIODS: Final = 3

Pull = Callable[[int], bytes]
"""Gives so many frames (mono, 16 bits)."""


class SoundError(Exception):
    """There is no way to be heard, and why."""


class Device(Protocol):
    """A running loudspeaker."""

    name: str

    def close(self) -> None:
        """Stop pulling."""
        ...


Opener = Callable[[Pull], Device]


class _Miniaudio:
    """A device of miniaudio."""

    def __init__(self, pull: Pull, *, silent: bool) -> None:
        try:
            import miniaudio
        except ImportError:
            raise SoundError(
                "the part for sound is not installed: pip install 'torquemon[sound]'"
            ) from None
        _hush_alsa()
        null = miniaudio.Backend.NULL
        audible = sorted(miniaudio.get_enabled_backends() - {null}, key=lambda b: b.value)
        try:
            self._device: Any = miniaudio.PlaybackDevice(
                output_format=miniaudio.SampleFormat.SIGNED16,
                nchannels=1,
                sample_rate=RATE_HZ,
                buffersize_msec=PERIOD_MS,
                callback_periods=PERIODS,
                backends=[null] if silent else audible,
                app_name="TorqueMon",
            )
            self._device.start(_started(pull))
        except miniaudio.MiniaudioError as error:
            why = clean(str(error.args[0] if error.args else error))
            raise SoundError(
                f"this computer gives no sound device: plug in a loudspeaker ({why})"
            ) from error
        self.name: str = clean(str(self._device.backend))

    def close(self) -> None:
        """See `Device`."""
        self._device.close()


@cache
def _hush_alsa() -> object:
    """Keep ALSA's library from writing pages to standard error where there is no sound card.

    The screen may be somebody's dashboard; what is wrong is said in one sentence of ours.
    """
    if not sys.platform.startswith("linux"):
        return None
    with contextlib.suppress(OSError, AttributeError):
        shape = ctypes.CFUNCTYPE(
            None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
        )
        deaf = shape(lambda *_: None)
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(deaf)
        return deaf  # the cache keeps it: the library calls it for as long as the process lives
    return None


def _started(pull: Pull) -> Generator[bytes, int, None]:
    """Return what miniaudio wants: a generator that was begun already."""
    frames = _frames(pull)
    next(frames)
    return frames


def _frames(pull: Pull) -> Generator[bytes, int, None]:
    count = yield b""
    while True:
        count = yield pull(count)


def loudspeaker(pull: Pull) -> Device:
    """Open the loudspeaker. Raises SoundError. Never falls back to a device that is not heard."""
    return _Miniaudio(pull, silent=False)


def null_device(pull: Pull) -> Device:
    """Open a device that pulls in real time and is heard by nobody. Raises SoundError."""
    return _Miniaudio(pull, silent=True)
