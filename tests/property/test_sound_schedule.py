"""The ears' state machine: whatever comes in whatever order, the gravest is heard, and in time."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from torquemon.clock import ManualClock
from torquemon.model import AlertCode, Priority
from torquemon.sound.clips import CHECK_CLIP, Clip, length_ns, samples
from torquemon.sound.player import Player
from torquemon.sound.schedule import (
    LONGEST_PAUSE_NS,
    REPEAT_GAP_NS,
    SILENT,
    Ring,
    Scheduler,
    Silence,
    Situation,
)

STEP_NS = 20_000_000
CODES = st.sampled_from(AlertCode)
PRIORITIES = st.sampled_from(Priority)


class Ears(RuleBasedStateMachine):
    """A monitor whose alarms come, go and are paused; and a listener who notes what he hears."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = 0
        self.scheduler = Scheduler()
        self.rings: dict[int, Ring] = {}
        self.numbered = 0
        self.paused_ns: int | None = None
        self.forgetful = False
        self.known: frozenset[int] = frozenset()
        self.recording = False
        self.heard: Clip | None = None
        self.ends_ns = 0
        self.unheard_since: dict[int, int] = {}

    # --- what happens ---------------------------------------------------------------------------

    @rule(code=CODES, priority=PRIORITIES)
    def alarm(self, code: AlertCode, priority: Priority) -> None:
        self.numbered += 1
        self.rings[self.numbered] = Ring(self.numbered, code, priority)
        self.paused_ns = None  # the monitor breaks its pause
        self.look()

    @rule(code=CODES, priority=PRIORITIES)
    def a_monitor_forgets_to_break_its_pause(self, code: AlertCode, priority: Priority) -> None:
        self.numbered += 1
        self.rings[self.numbered] = Ring(self.numbered, code, priority)
        self.look()

    @rule()
    def acknowledge(self) -> None:
        self.rings.clear()
        self.look()
        assert not self.is_heard or self.heard == CHECK_CLIP

    @rule(forgetful=st.booleans())
    def pause(self, *, forgetful: bool) -> None:
        if not self.left_s:
            self.paused_ns, self.forgetful = self.now_ns, forgetful
            self.known = frozenset(self.rings)
        self.look()

    @rule()
    def record(self) -> None:
        self.recording = not self.recording
        self.look()

    @rule(steps=st.integers(1, 400))
    def time_passes(self, steps: int) -> None:
        for _ in range(steps):
            self.now_ns += STEP_NS
            self.look()

    # --- what is heard --------------------------------------------------------------------------

    @property
    def is_heard(self) -> bool:
        return self.heard is not None and self.now_ns < self.ends_ns

    @property
    def gravest(self) -> Priority | None:
        found = [r.priority for r in self.rings.values() if (r.code, r.priority) not in SILENT]
        return max(found, key=lambda priority: priority.rank, default=None)

    @property
    def left_s(self) -> float:
        """What the monitor says is left of its pause; a forgetful one says the same for ever."""
        if self.paused_ns is None:
            return 0.0
        passed_ns = 0 if self.forgetful else self.now_ns - self.paused_ns
        return max(0.0, (LONGEST_PAUSE_NS - passed_ns) / 1e9)

    @property
    def may_be_silent(self) -> bool:
        """A pause holds, for what was known when it began and no longer than it may."""
        return (
            self.paused_ns is not None
            and frozenset(self.rings) <= self.known
            and self.now_ns - self.paused_ns < LONGEST_PAUSE_NS
        )

    def look(self) -> None:
        situation = Situation(tuple(self.rings.values()), self.left_s, self.recording)
        act = self.scheduler.step(self.now_ns, situation)
        if isinstance(act, Silence):
            assert self.is_heard, "there was nothing to break off"
            self.heard = None
        elif act is not None:
            self.begin(act)

    def begin(self, clip: Clip) -> None:
        if clip.code is not None:
            assert clip.priority is self.gravest, "only the gravest is heard"
            assert not self.may_be_silent
            assert (clip.code, clip.priority) not in SILENT
            before = self.heard
            if before == clip and self.is_heard:
                raise AssertionError("an alarm that is being heard begins again")
        self.heard, self.ends_ns = clip, self.now_ns + length_ns(clip)

    @invariant()
    def a_pause_is_silent(self) -> None:
        if self.may_be_silent and self.is_heard:
            assert self.heard == CHECK_CLIP

    @invariant()
    def an_alarm_is_never_silent_for_longer_than_its_gap(self) -> None:
        gravest = self.gravest
        if gravest in (None, Priority.ADVISORY) or self.may_be_silent:
            return
        assert self.heard is not None
        assert self.heard.priority is gravest
        assert self.heard.code is not None
        silent_ns = self.now_ns - self.ends_ns
        assert silent_ns < REPEAT_GAP_NS[gravest] + STEP_NS

    @precondition(lambda self: self.gravest is None)
    @invariant()
    def without_an_alarm_only_the_check_is_heard(self) -> None:
        assert not self.is_heard or self.heard == CHECK_CLIP


TestEars = Ears.TestCase


def heard_over(situations: list[Situation], steps: int) -> list[tuple[int, Clip | Silence]]:
    scheduler, found = Scheduler(), []
    for i in range(steps):
        act = scheduler.step(i * STEP_NS, situations[min(i, len(situations) - 1)])
        if act is not None:
            found.append((i * STEP_NS, act))
    return found


def test_an_advisory_is_heard_out_and_once() -> None:
    ring = Ring(1, AlertCode.BELOW_WINDOW, Priority.ADVISORY)
    ((at_ns, act),) = heard_over([Situation((ring,))], 3000)
    assert (at_ns, act) == (0, Clip(AlertCode.BELOW_WINDOW, Priority.ADVISORY))


def test_a_storm_of_one_code_is_heard_out() -> None:
    storm = [
        Situation(tuple(Ring(n, AlertCode.STOP_FAILED, Priority.ALARM) for n in range(1, i + 2)))
        for i in range(500)
    ]
    acts = heard_over(storm, 500)
    gap_ns = length_ns(Clip(AlertCode.STOP_FAILED, Priority.ALARM)) + REPEAT_GAP_NS[Priority.ALARM]
    assert [at_ns for at_ns, _ in acts] == [0, -(-gap_ns // STEP_NS) * STEP_NS]


def test_what_the_player_gives_is_the_clip_to_the_last_sample() -> None:
    clock = ManualClock()
    player = Player(clock)
    clip = samples(Clip(AlertCode.ROOT_CONTACT, Priority.ALARM))
    player.play(clip)
    heard = b"".join(player.frames(n % 700 + 1) for n in range(300))
    assert heard.startswith(clip)
    assert not any(heard[len(clip) :])
    player.play(clip)
    player.frames(100)
    player.cut()
    assert player.frames(10) == bytes(20)
    assert not player.busy
