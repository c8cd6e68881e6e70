"""The ears of a chair against a scripted monitor: what is played, said, and feared when it dies."""

from __future__ import annotations

import asyncio
from array import array

import pytest

from tests.tui.tui_views import alarm, view
from torquemon.clock import ManualClock
from torquemon.local.client import LocalError, LocalLostError
from torquemon.local.messages import OrderName
from torquemon.local.view import AlarmView, CurveBlock, SessionPhase, SoundPhase, View
from torquemon.model import AlertCode, Priority
from torquemon.sound.clips import CHECK_CLIP, Clip, samples
from torquemon.sound.device import Pull
from torquemon.sound.listener import LONGEST_LOST_NS, REPORT_NS, Listener
from torquemon.sound.path import SoundPath
from torquemon.sound.player import LEAST_SHARE, Player
from torquemon.sound.tones import RATE_HZ, SAMPLE_BYTES
from torquemon.sound.trial import TRIAL

pytestmark = pytest.mark.requirement("REQ-ALM-5")
CALM = view(alarms=(), phase=SessionPhase.RECORDING)
CONTACT = Clip(AlertCode.ROOT_CONTACT, Priority.ALARM)


class Scripted:
    """A monitor that says what the test wants, or dies."""

    def __init__(self) -> None:
        self.view: View = CALM
        self.dead = False
        self.hangs = False
        self.refuses = False
        self.reports: list[tuple[str, str]] = []
        self.asked_curve: list[int] = []
        self.opened = 0

    async def fetch(
        self, drawn: int, insertion_id: str | None, curve_from: int
    ) -> tuple[View, CurveBlock | None]:
        assert drawn == 0, "the ears are no operator"
        del insertion_id
        self.asked_curve.append(curve_from)
        if self.hangs:
            await asyncio.sleep(3600)
        if self.dead:
            raise LocalLostError("gone")
        return self.view, None

    async def order(self, name: OrderName, **fields: str) -> str:
        assert name is OrderName.SOUND_STATE, "the ears order nothing else"
        if self.dead:
            raise LocalLostError("gone")
        if self.refuses:
            raise LocalError("what is that?")
        self.reports.append((fields["state"], fields["why"]))
        return ""

    async def close(self) -> None:
        self.opened -= 1


class Silent:
    name = "test"

    def __init__(self, _: Pull) -> None: ...

    def close(self) -> None: ...


class Ears:
    """A listener in simulated time; `heard` is everything its device took."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.monitor = Scripted()
        self.widow = True
        self.language = "en"
        self.player = Player(self.clock)
        path = SoundPath(self.player, Silent, self.clock)
        self.heard = b""
        self.listener = Listener(
            self._connect,
            lambda: self.widow,
            self.player,
            path,
            self.clock,
            lambda: self.language,
        )

    async def _connect(self) -> Scripted:
        if self.monitor.dead:
            raise LocalLostError("gone")
        self.monitor.opened += 1
        return self.monitor

    def run(self, seconds: float) -> bytes:
        """Let time pass; return what was heard in it, without the silence around."""

        async def ticks() -> None:
            for _ in range(round(seconds / 0.04)):
                self.clock.advance(0.04)
                pieces.append(self.player.frames(round(RATE_HZ * 0.04)))
                await self.listener.tick()
                opening = self.listener._path._opening
                if opening is not None:
                    opening.join(5)

        pieces: list[bytes] = []
        asyncio.run(ticks())
        self.heard = b"".join(pieces)
        return self.heard

    def ring(self, *alarms: AlarmView, **changes: object) -> None:
        self.monitor.view = view(alarms=alarms, phase=SessionPhase.RECORDING, **changes)


@pytest.fixture
def ears() -> Ears:
    made = Ears()
    made.run(2)
    return made


def test_a_recording_begins_with_the_tone_that_the_operator_can_check() -> None:
    ears = Ears()
    ears.monitor.view = view(alarms=(), phase=SessionPhase.PREPARE)
    ears.run(3)
    assert not any(ears.run(1))
    ears.monitor.view = CALM
    assert samples(CHECK_CLIP) in ears.run(1)
    assert not any(ears.run(5)), "once"


def test_an_alarm_is_heard_within_a_tenth_of_a_second_in_words(ears: Ears) -> None:
    ears.ring(alarm(1))
    heard = ears.run(4)
    assert samples(CONTACT) in heard
    begun = heard.index(samples(CONTACT)) / SAMPLE_BYTES / RATE_HZ
    assert begun < 0.1
    ears.ring(alarm(1, acknowledged=True))
    ears.run(0.08)
    assert not any(ears.run(10))


def test_the_phrase_is_in_the_language_that_is_set_when_the_insertion_begins(ears: Ears) -> None:
    ears.language = "de"
    ears.ring(alarm(1), insertion_id="01J0000000000000000000NEXT")
    german = samples(Clip(AlertCode.ROOT_CONTACT, Priority.ALARM, "de"))
    assert german in ears.run(5)


def test_a_pause_is_silent_and_a_new_alarm_breaks_it(ears: Ears) -> None:
    ears.ring(alarm(1))
    ears.run(1)
    ears.ring(alarm(1), sound_paused_s=20.0)
    ears.run(0.08)
    assert not any(ears.run(5))
    ears.ring(alarm(1), alarm(2, code=AlertCode.EXCESS_TORQUE))
    over = samples(Clip(AlertCode.EXCESS_TORQUE, Priority.ALARM))
    assert over in ears.run(4)


def test_how_the_sound_fares_is_said_at_once_and_then_every_second() -> None:
    ears = Ears()
    ears.run(10)
    assert set(ears.monitor.reports) == {(SoundPhase.OK.value, "")}
    assert 9 <= len(ears.monitor.reports) <= 10 * 1e9 / REPORT_NS + 1
    assert set(ears.monitor.asked_curve) == {1 << 40}, "no sample of the curve is wanted"
    ears.monitor.refuses = True
    ears.run(3)
    assert ears.monitor.opened == 1, "a refusal is no loss"


def test_a_monitor_that_dies_while_it_records_is_an_alarm(ears: Ears) -> None:
    ears.monitor.dead = True
    lost = samples(Clip(AlertCode.STALE_DATA, Priority.ALARM))
    heard = ears.run(12)
    assert heard.count(lost) == 2
    assert not any(ears.run(LONGEST_LOST_NS / 1e9)[-RATE_HZ * 10 :]), "not for ever"
    assert ears.monitor.opened == 0
    ears.monitor.dead = False
    ears.run(1)
    assert ears.monitor.opened == 1
    assert not any(ears.run(3))


@pytest.mark.parametrize("state", ["ended in order", "not recording"])
def test_a_monitor_that_ends_otherwise_is_none(state: str) -> None:
    ears = Ears()
    if state == "not recording":
        ears.monitor.view = view(alarms=(), phase=SessionPhase.CLOSED)
    ears.run(3)
    ears.monitor.dead = True
    ears.widow = state != "ended in order"
    ears.run(0.2)
    assert not any(ears.run(10))


def test_a_monitor_that_hangs_is_a_dead_one(ears: Ears, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torquemon.sound.listener.ANSWER_S", 0.01)
    ears.monitor.hangs = True
    assert samples(Clip(AlertCode.STALE_DATA, Priority.ALARM)) in ears.run(6)


def test_an_alarm_can_be_tried_outside_of_a_recording_and_only_there(ears: Ears) -> None:
    tried = samples(Clip(AlertCode.EXCESS_TORQUE, Priority.ALARM))
    TRIAL.ask()
    assert not any(ears.run(4)), "what is played could be taken for an alarm of this recording"
    ears.monitor.view = view(alarms=(), phase=SessionPhase.CLOSED)
    assert not any(ears.run(4)), "and it is not kept for later"
    TRIAL.ask()
    assert tried in ears.run(4)
    assert not any(ears.run(4)), "once"


@pytest.mark.requirement("REQ-ALM-5")
@pytest.mark.parametrize(("share", "most"), [(1.0, 1.0), (0.5, 0.5), (0.0, LEAST_SHARE)])
def test_no_volume_makes_an_alarm_softer_than_half(share: float, most: float) -> None:
    clip = samples(Clip(AlertCode.EXCESS_TORQUE, Priority.ALARM))
    player = Player(ManualClock(), lambda: share)
    player.play(clip)
    heard, whole = array("h"), array("h")
    heard.frombytes(player.frames(len(clip) // SAMPLE_BYTES))
    whole.frombytes(clip)
    assert max(heard) == round(max(whole) * most)
