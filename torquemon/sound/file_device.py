"""A device that writes what would be heard into a WAV file, at the pace of a loudspeaker.

For tests, for teaching and for whoever wants to know what a chair sounded like.
"""

from __future__ import annotations

import threading
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Final

from torquemon.clock import Clock
from torquemon.sound.device import PERIOD_MS, Device, Pull, SoundError
from torquemon.sound.tones import RATE_HZ, SAMPLE_BYTES

_PERIOD_NS: Final = PERIOD_MS * 1_000_000
_MOST_FRAMES: Final = RATE_HZ
"""At most a second is caught up at once: after a long sleep the silence of it is not written."""


class FileDevice:
    """Pulls in a thread of its own. The file is whole after every write."""

    def __init__(self, path: Path, pull: Pull, clock: Clock) -> None:
        self.name = path.name
        self._pull = pull
        self._clock = clock
        try:
            self._bytes = path.open("wb")
        except OSError as error:
            raise SoundError(f"{path} cannot be written: {error.strerror}") from error
        self._file: wave.Wave_write = wave.open(self._bytes, "wb")  # noqa: SIM115 - see `close`
        self._file.setnchannels(1)
        self._file.setsampwidth(SAMPLE_BYTES)
        self._file.setframerate(RATE_HZ)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sound-file", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """See `Device`."""
        self._ending.set()
        self._thread.join()
        self._file.close()
        self._bytes.close()

    def _run(self) -> None:
        began_ns = self._clock.monotonic_ns()
        written = 0
        while not self._ending.wait(_PERIOD_NS / 1e9):
            due = (self._clock.monotonic_ns() - began_ns) * RATE_HZ // 1_000_000_000 - written
            written += due
            try:
                self._file.writeframes(self._pull(min(due, _MOST_FRAMES)))
            except OSError:
                return  # nothing is pulled any more: that is how a dead device is noticed


def file_opener(path: Path, clock: Clock) -> Callable[[Pull], Device]:
    """Return what opens a file as if it were a loudspeaker."""

    def opener(pull: Pull) -> Device:
        return FileDevice(path, pull, clock)

    return opener
