"""The way to the ear: opened, tested, watched; a dead or silent one is said, and tried again."""

from __future__ import annotations

import hashlib
import json
import threading
import wave
from importlib import resources
from pathlib import Path

import pytest

from tests.parts import needed
from tests.processes import wait_for
from torquemon.clock import ManualClock, SystemClock
from torquemon.local.sentences import translated
from torquemon.local.view import SoundPhase
from torquemon.model import AlertCode, Priority
from torquemon.sound import path as path_module
from torquemon.sound.clips import CHECK_CLIP, Clip, samples
from torquemon.sound.command import all_sounds
from torquemon.sound.device import Pull, SoundError, loudspeaker, null_device
from torquemon.sound.file_device import file_opener
from torquemon.sound.path import DEAD_NS, RETRY_NS, START_NS, SoundPath, SoundState
from torquemon.sound.phrases import PHRASES, VoiceError, voice
from torquemon.sound.player import Player
from torquemon.sound.tones import BURSTS, RATE_HZ, rendered

pytestmark = pytest.mark.requirement("REQ-ALM-5")


class Speaker:
    """A device that pulls as the test wants: at `pace` times its rate, or not at all."""

    def __init__(self, pull: Pull) -> None:
        self.name = "test"
        self.pull = pull
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


class Room:
    """A sound path in simulated time. Opening a device takes a moment of a real thread's time."""

    def __init__(self, *, heard: bool = True) -> None:
        self.clock = ManualClock()
        self.player = Player(self.clock)
        self.devices: list[Speaker] = []
        self.refusal = ""
        self.pace = 1.0
        self.pieces: list[bytes] = []
        self.path = SoundPath(self.player, self._open, self.clock, heard=heard)

    @property
    def heard(self) -> bytes:
        return b"".join(self.pieces)

    def _open(self, pull: Pull) -> Speaker:
        if self.refusal:
            raise SoundError(self.refusal)
        self.devices.append(Speaker(pull))
        return self.devices[-1]

    def run(self, seconds: float) -> SoundState:
        for _ in range(round(seconds / 0.04)):
            self.clock.advance(0.04)
            if self.devices and not self.devices[-1].closed.is_set() and self.pace:
                self.pieces.append(self.devices[-1].pull(round(RATE_HZ * 0.04 * self.pace)))
            self.path.tick()
            opening = self.path._opening
            if opening is not None:
                opening.join(5)
        return self.path.state


def test_a_path_works_only_once_its_test_tone_was_taken() -> None:
    room = Room()
    assert room.path.state.phase is SoundPhase.UNKNOWN
    room.run(0.08)
    assert room.path.state.phase is SoundPhase.UNKNOWN
    assert room.run(0.4) == SoundState(SoundPhase.OK)
    assert room.heard.strip(b"\0") == samples(CHECK_CLIP).strip(b"\0"), "and nothing else"
    assert room.run(60) == SoundState(SoundPhase.OK)


def test_a_computer_without_sound_says_so_and_is_asked_again() -> None:
    room = Room()
    room.refusal = "no sound device: plug one in"
    assert room.run(1) == SoundState(SoundPhase.NONE, "no sound device: plug one in")
    room.refusal = ""
    assert room.run(RETRY_NS / 1e9 + 1) == SoundState(SoundPhase.OK)


def test_a_device_that_stops_taking_sound_is_told_within_a_second_and_opened_again() -> None:
    room = Room()
    room.run(5)
    room.pace = 0.0
    assert room.run(DEAD_NS / 1e9 + 0.16).phase is SoundPhase.FAILED
    assert "stopped" in room.path.state.why
    assert room.devices[0].closed.wait(5)
    room.pace = 1.0
    assert room.run(RETRY_NS / 1e9 + 1) == SoundState(SoundPhase.OK)
    assert len(room.devices) == 2


def test_a_device_that_never_takes_sound_is_no_working_one() -> None:
    room = Room()
    room.pace = 0.0
    assert room.run(START_NS / 1e9).phase is SoundPhase.UNKNOWN
    assert room.run(0.5).phase is SoundPhase.FAILED
    assert "takes no sound" in room.path.state.why


@pytest.mark.parametrize("after_s", [0, 300])
def test_a_device_that_stutters_is_told_but_kept(after_s: int) -> None:
    room = Room()
    room.run(3 + after_s)
    room.pace = 0.3
    assert room.run(5).phase is SoundPhase.FAILED
    assert "stutters" in room.path.state.why
    assert not room.devices[0].closed.is_set(), "half a sound is more than none"
    room.pace = 1.0
    assert room.run(5) == SoundState(SoundPhase.OK)


def test_a_sound_system_that_hangs_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()
    clock = ManualClock()

    def hangs(pull: Pull) -> Speaker:
        answer.wait(20)
        return Speaker(pull)

    monkeypatch.setattr(path_module, "DEAD_NS", 1_000_000)
    path = SoundPath(Player(clock), hangs, clock)
    for _ in range(100):
        clock.advance(0.04)
        path.tick()
    assert path.state == SoundState(SoundPhase.FAILED, "the sound system does not answer")
    path.close()
    answer.set()


def test_a_computer_that_was_asleep_is_not_a_dead_loudspeaker() -> None:
    room = Room()
    room.run(5)
    room.clock.advance(3600)
    room.path.tick()
    assert room.path.state == SoundState(SoundPhase.OK)


def test_an_alarm_is_not_talked_over_by_the_test_of_a_new_device() -> None:
    room = Room()
    clip = samples(Clip(AlertCode.STOP_FAILED, Priority.ALARM))
    room.player.play(clip)
    room.run(4)
    assert room.heard.startswith(clip[:1000])
    assert samples(CHECK_CLIP)[200:400] not in room.heard


def test_what_nobody_can_hear_never_counts_as_sound() -> None:
    room = Room(heard=False)
    assert room.run(2) == SoundState(SoundPhase.NONE, "the sound goes to a device nobody hears")


def test_the_null_device_takes_sound_in_real_time() -> None:
    needed("miniaudio", "sound")
    player = Player(SystemClock())
    clip = samples(Clip(AlertCode.NEAR_LIMIT, Priority.WARNING))
    heard: list[bytes] = []

    def pull(count: int) -> bytes:
        heard.append(player.frames(count))
        return heard[-1]

    device = null_device(pull)
    player.play(clip)
    wait_for(lambda: not player.busy, 10, "the warning was taken")
    wait_for(lambda: not any(heard[-1]), 10, "silence follows")
    device.close()
    assert clip in b"".join(heard)


def test_a_device_that_nobody_hears_is_never_taken_for_a_loudspeaker() -> None:
    needed("miniaudio", "sound")
    try:
        device = loudspeaker(lambda count: bytes(count * 2))
    except SoundError:
        return  # a machine without sound: said, and nothing else is taken for it
    device.close()
    assert device.name.lower() != "null"


def test_a_file_holds_what_would_be_heard(tmp_path: Path) -> None:
    path = tmp_path / "heard.wav"
    player = Player(SystemClock())
    device = file_opener(path, SystemClock())(player.frames)
    clip = samples(CHECK_CLIP)
    player.play(clip)
    wait_for(lambda: not player.busy, 10, "the tone is written")
    device.close()
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE_HZ
        assert clip in file.readframes(file.getnframes())
    with pytest.raises(SoundError, match="cannot be written"):
        file_opener(tmp_path / "no" / "where.wav", SystemClock())(player.frames)


SAID = (
    "this computer gives no sound device: plug in a loudspeaker (failed to init device)",
    "the part for sound is not installed: pip install 'torquemon[sound]'",
    "the sound is switched off (--sound=off)",
    "the sound goes to a device nobody hears",
    "the sound system does not answer",
    "the sound device takes no sound",
    "the sound device has stopped",
    "the sound stutters: this computer is busy",
)


def test_what_is_wrong_with_the_sound_is_said_in_german_too() -> None:
    sources = "".join(
        (resources.files("torquemon.sound") / name).read_text("utf-8")
        for name in ("device.py", "path.py", "thread.py")
    )
    for sentence in SAID:
        assert sentence.split(" (failed")[0] in sources, "said by nobody"
        assert translated(sentence, "de", ",") != sentence


# --- what the sounds are ------------------------------------------------------------------------


def test_the_voices_are_those_that_were_rendered() -> None:
    folder = resources.files("torquemon.sound") / "voices"
    sums = json.loads((folder / "voices.json").read_text("utf-8"))
    names = {f"{language}-{phrase.value}.wav" for language in PHRASES for phrase in PHRASES["en"]}
    assert set(sums) == names
    assert {set(phrases) == set(PHRASES["en"]) for phrases in PHRASES.values()} == {True}
    for name, told in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == told, name


def test_every_sound_is_another_loud_enough_and_never_clipped() -> None:
    found = {
        name: samples(clip) for language in PHRASES for name, clip in all_sounds(language).items()
    }
    assert len(set(found.values())) == len(found)
    for name, data in found.items():
        levels = [abs(level) for level in memoryview(data).cast("h")]
        loudest = max(levels) / 32_767
        assert loudest <= 0.95, name
        assert loudest > (0.8 if name.startswith("alarm") else 0.2), name
        assert levels[0] < 700, f"{name} begins with a click"
        seconds = len(levels) / RATE_HZ
        assert seconds < 4, name


def test_bursts_keep_the_times_they_were_designed_with() -> None:
    """IEC 60601-1-8: pulses of 75-200 ms (high), 125-250 ms (others); 10, 3 and 1-2 of them."""
    counts = {priority: len(burst.pulses) for priority, burst in BURSTS.items()}
    assert counts == {Priority.ALARM: 10, Priority.WARNING: 3, Priority.ADVISORY: 2}
    for priority, burst in BURSTS.items():
        low, high = (75, 200) if priority is Priority.ALARM else (125, 250)
        assert all(low <= pulse.length_ms <= high for pulse in burst.pulses)
        assert all(150 <= pulse.pitch_hz <= 1000 for pulse in burst.pulses)
        assert len(rendered(burst)) == burst.length_ms * RATE_HZ // 1000 * 2
    assert BURSTS[Priority.ALARM].level > BURSTS[Priority.WARNING].level
    assert BURSTS[Priority.WARNING].level > BURSTS[Priority.ADVISORY].level


def test_a_voice_that_is_missing_leaves_the_burst(monkeypatch: pytest.MonkeyPatch) -> None:
    from torquemon.sound import clips

    def gone(*_: object) -> bytes:
        raise VoiceError("gone")

    clip = Clip(AlertCode.ROOT_CONTACT, Priority.ALARM, "xx")
    assert voice(next(iter(PHRASES["en"])), "xx") == voice(next(iter(PHRASES["en"])), "en")
    monkeypatch.setattr(clips, "voice", gone)
    samples.cache_clear()
    assert samples(clip) == rendered(BURSTS[Priority.ALARM])
    samples.cache_clear()
