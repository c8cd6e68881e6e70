"""Renders the spoken phrases into the package: `make voices`, with Debian's espeak-ng.

Rendering happens here and never on a user's machine: what is heard in an emergency must not depend
on a speech engine that is missing or slow. The files are part of the package, and their sums stand
in `voices.json` beside them, which a test holds.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import wave
from pathlib import Path
from typing import Final

from torquemon.sound.phrases import PHRASES
from torquemon.sound.tones import RATE_HZ, SAMPLE_BYTES

FOLDER: Final = Path(__file__).resolve().parents[1] / "torquemon" / "sound" / "voices"
VOICES: Final = {"en": "en-gb", "de": "de"}
WORDS_PER_MINUTE: Final = 165
PITCH: Final = 45
_PEAK: Final = 0.9
_QUIET: Final = 0.02
"""Share of the peak below which the ends count as silence and are cut off."""


def spoken(espeak: str, language: str, text: str) -> tuple[int, bytes]:
    """Let espeak-ng speak; return rate and samples (mono, 16 bits)."""
    done = subprocess.run(
        [espeak, "-v", VOICES[language], "-s", str(WORDS_PER_MINUTE), "-p", str(PITCH), "--stdout"],
        input=text.encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    # The length in the header of a streamed file is not true; the samples follow it.
    with wave.open(io.BytesIO(done.stdout)) as file:
        return file.getframerate(), file.readframes(file.getnframes())


def mastered(rate_hz: int, data: bytes) -> bytes:
    """Return the phrase at the rate of the package, cut at its ends and as loud as may be."""
    import miniaudio
    import numpy as np

    form = miniaudio.SampleFormat.SIGNED16
    converted = miniaudio.convert_frames(form, 1, rate_hz, data, form, 1, RATE_HZ)
    samples = np.frombuffer(bytes(converted), "<i2").astype(float)
    peak = np.abs(samples).max()
    loud = np.flatnonzero(np.abs(samples) > _QUIET * peak)
    cut = samples[loud[0] : loud[-1] + 1] * (_PEAK * 32_767 / peak)
    frames: bytes = np.round(cut).astype("<i2").tobytes()
    return frames


def main() -> int:
    """Render all phrases; return the exit code."""
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        sys.stderr.write("make voices: espeak-ng is missing: apt-get install espeak-ng\n")
        return 2
    FOLDER.mkdir(exist_ok=True)
    sums: dict[str, str] = {}
    for language, phrases in PHRASES.items():
        for phrase, text in phrases.items():
            path = FOLDER / f"{language}-{phrase.value}.wav"
            with wave.open(str(path), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(SAMPLE_BYTES)
                file.setframerate(RATE_HZ)
                file.writeframes(mastered(*spoken(espeak, language, text)))
            sums[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    (FOLDER / "voices.json").write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(sums)} phrases in {FOLDER}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
