"""The options and the subcommand of the sound: `recorder --sound`, `sounds`."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from torquemon.sound.clips import Clip

EXIT_OK: Final = 0
EXIT_NOTHING_DONE: Final = 2
_GAP_S: Final = 0.7


def add_sound_option(parser: argparse.ArgumentParser) -> None:
    """Add where the sound goes."""
    parser.add_argument(
        "--sound",
        metavar="WHERE",
        default="loudspeaker",
        help="loudspeaker (default), off, null, or a WAV file that takes what would be heard; "
        "all but the first are shown as NO SOUND",
    )


def add_sounds(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sounds`."""
    parser = subparsers.add_parser(
        "sounds",
        help="play every sound once, to know them",
        description="Play every sound of the alarms once and say what it means.",
        epilog="Exit code: 0 done, 2 nothing could be played or written.",
    )
    parser.add_argument("--language", choices=("en", "de"), default="en", help="of the phrases")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="write WAV files instead of playing"
    )
    parser.set_defaults(run=run_sounds)


def all_sounds(language: str) -> dict[str, Clip]:
    """Return every sound there is, by a name that says what it means."""
    from torquemon.model import AlertCode, Priority
    from torquemon.sound.clips import CHECK_CLIP, Clip

    return {
        "check-recording-begins": CHECK_CLIP,
        "advisory": Clip(AlertCode.BELOW_WINDOW, Priority.ADVISORY, language),
        "warning": Clip(AlertCode.NEAR_LIMIT, Priority.WARNING, language),
        "alarm": Clip(AlertCode.STOP_FAILED, Priority.ALARM, language),
        "alarm-over-the-limit": Clip(AlertCode.EXCESS_TORQUE, Priority.ALARM, language),
        "alarm-possible-contact": Clip(AlertCode.ROOT_CONTACT, Priority.ALARM, language),
    }


def run_sounds(args: argparse.Namespace) -> int:
    """Run `sounds`; return the exit code."""
    from torquemon.sound.device import SoundError

    try:
        if args.output:
            _write(args.output, all_sounds(args.language))
        else:
            _play(all_sounds(args.language))
    except (SoundError, OSError) as error:
        sys.stderr.write(f"torquemon sounds: {error}\n")
        return EXIT_NOTHING_DONE
    return EXIT_OK


def _write(folder: Path, sounds: dict[str, Clip]) -> None:
    import wave

    from torquemon.sound.clips import samples
    from torquemon.sound.tones import RATE_HZ, SAMPLE_BYTES

    folder.mkdir(parents=True, exist_ok=True)
    for name, clip in sounds.items():
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(SAMPLE_BYTES)
            file.setframerate(RATE_HZ)
            file.writeframes(samples(clip))
        sys.stdout.write(f"{folder / name}.wav\n")


def _play(sounds: dict[str, Clip]) -> None:
    from torquemon.clock import SystemClock
    from torquemon.sound.clips import length_ns, samples
    from torquemon.sound.device import loudspeaker
    from torquemon.sound.player import Player

    player = Player(SystemClock())
    device = loudspeaker(player.frames)
    try:
        for name, clip in sounds.items():
            sys.stdout.write(f"{name.replace('-', ' ')}\n")
            sys.stdout.flush()
            player.play(samples(clip))
            time.sleep(length_ns(clip) / 1e9 + _GAP_S)
    finally:
        device.close()
