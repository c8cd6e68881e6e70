"""Follows a guided run from the two streams alone: no key is needed between the steps. Sans-I/O.

A step is taken when both streams stand still together near its torque, reached from the right side.
Whoever shoots past it has loaded the other branch of the hysteresis: that is said, and the step
counts only after a return to the step before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from torquemon.calibration.plan import Step, Way
from torquemon.calibration.plateau import Hold, HoldFinder
from torquemon.model import Validity

NEAR_NCM: Final = 1.5
"""How far from the wanted torque a hold may be: the fit takes what was really held."""
NO_LOAD_NCM: Final = 0.5
"""So much may hang on an instrument that was let go, beside its own zero."""
GAUGE_ZERO_NCM: Final = 0.5
"""[E] A gauge that shows more without load was not zeroed."""
BACK_NCM: Final = 0.3
BACK_SHARE: Final = 0.01
"""[E] Who comes back further than this (and a share of the torque) has changed the branch."""
SIGN_NCM: Final = 2.0
LOOK_NS: Final = 100_000_000
REPEAT_NS: Final = 5_000_000_000
PATIENCE_HOLDS: Final = 2
"""After so many times a hold near a step somebody wants to know why it is not taken."""
SAME_DIGITS: Final = 6
"""Further decimals are rounding of this computer, not a step of an instrument."""
MAX_SHOWN: Final = 4096
"""So many different values tell the step in which a gauge counts."""
MAX_RUN_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Plateau:
    """One held torque: both means in N·cm; `reference_ncm` from the gauge's own zero."""

    step: Step
    time_s: float
    """Middle of the hold, from the start of the run."""
    reference_ncm: float
    handpiece_ncm: float
    reference_samples: int
    handpiece_samples: int
    scatter_ncm: float
    """Standard deviation of the gauge during the hold: its noise and the trembling of a hand."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step was taken."""

    plateau: Plateau


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence for the operator."""

    text: str


Event = Taken | Told


class Follower:
    """One run. Feed both streams, call `look` at least ten times a second."""

    def __init__(self, steps: Sequence[Step], hold_s: float, start_ns: int) -> None:
        self.plateaus: list[Plateau] = []
        self._steps = tuple(steps)
        self._start_ns = start_ns
        self._looked_ns = self._near_ns = start_ns
        self._hold_ns = round(hold_s * 1e9)
        self._finder = HoldFinder(hold_s)
        self._zero_ncm: float | None = None
        self._highest_ncm = self._lowest_ncm = 0.0
        self._shown: set[float] = set()
        self._told: dict[str, int] = {}

    @property
    def step(self) -> Step | None:
        """The step that is waited for; None when all are taken."""
        taken = len(self.plateaus)
        return self._steps[taken] if taken < len(self._steps) else None

    @property
    def done(self) -> bool:
        """Whether all steps are taken."""
        return self.step is None

    @property
    def gauge_zero_ncm(self) -> float | None:
        """What the gauge showed without load; None before that was seen."""
        return self._zero_ncm

    @property
    def gauge_step_ncm(self) -> float | None:
        """The smallest difference between two values that the gauge showed; None before two."""
        shown = sorted(self._shown)
        return min((high - low for low, high in pairwise(shown)), default=None)

    @property
    def now(self) -> tuple[float | None, float | None]:
        """What gauge (from its zero) and handpiece say at present, in N·cm."""
        gauge = self._finder.reference.now_ncm
        shown = None if gauge is None else gauge - (self._zero_ncm or 0.0)
        return shown, self._finder.handpiece.now_ncm

    def reference(self, time_ns: int, torque_ncm: float, validity: Validity) -> None:
        """Take one value of the gauge."""
        stream = self._finder.reference
        stream.add(time_ns, torque_ncm, validity)
        now_ncm = stream.now_ncm
        if now_ncm is not None:
            if len(self._shown) < MAX_SHOWN:
                self._shown.add(round(torque_ncm, SAME_DIGITS))
            above_ncm = now_ncm - (self._zero_ncm or 0.0)
            self._highest_ncm = max(self._highest_ncm, above_ncm)
            self._lowest_ncm = min(self._lowest_ncm, above_ncm)

    def handpiece(self, time_ns: int, torque_ncm: float, validity: Validity) -> None:
        """Take one value of the handpiece."""
        self._finder.handpiece.add(time_ns, torque_ncm, validity)

    def look(self, now_ns: int) -> list[Event]:
        """Return what has come of it since the last call."""
        step = self.step
        if step is None or now_ns - self._looked_ns < LOOK_NS:
            return []
        self._looked_ns = now_ns
        finder = self._finder
        if finder.trouble:
            return self._tell(now_ns, f"{finder.trouble}: this does not count")
        for stream in (finder.reference, finder.handpiece):
            if stream.is_silent(now_ns) and now_ns - self._start_ns > REPEAT_NS:
                return self._tell(now_ns, f"nothing comes from the {stream.name}")
        passed = self._went_past(step)
        if passed:
            return self._tell(now_ns, passed)
        hold = finder.look(now_ns)
        if hold is not None:
            return self._held(step, hold, now_ns)
        return self._restless(step, now_ns)

    def _restless(self, step: Step, now_ns: int) -> list[Event]:
        """Say why nothing is taken, of somebody who has been near the step for a while."""
        now_ncm = self.now[0]
        if now_ncm is None or abs(now_ncm - step.target_ncm) > NEAR_NCM:
            self._near_ns = now_ns
        if now_ns - self._near_ns < PATIENCE_HOLDS * self._hold_ns or not self._finder.restless:
            return []
        return self._tell(now_ns, self._finder.restless)

    def _held(self, step: Step, hold: Hold, now_ns: int) -> list[Event]:
        zero_ncm = self._zero_ncm
        if zero_ncm is None:
            zero_ncm = hold.reference.mean_ncm
            if abs(zero_ncm) > GAUGE_ZERO_NCM:
                return self._tell(
                    now_ns,
                    f"the gauge shows {zero_ncm:.2f} N·cm: let go of everything; if it still does "
                    "then, zero it (its own key) and wait",
                )
        reference_ncm = hold.reference.mean_ncm - zero_ncm
        away = self._away(step, reference_ncm, hold.handpiece.mean_ncm)
        if away:
            return self._tell(now_ns, away)
        self._zero_ncm = zero_ncm
        plateau = Plateau(
            step,
            (hold.begin_ns + hold.end_ns - 2 * self._start_ns) / 2e9,
            reference_ncm,
            hold.handpiece.mean_ncm,
            hold.reference.samples,
            hold.handpiece.samples,
            hold.reference.scatter_ncm,
        )
        self.plateaus.append(plateau)
        self._highest_ncm = self._lowest_ncm = reference_ncm
        self._told.clear()
        self._near_ns = now_ns
        self._finder.forget()
        return [Taken(plateau)]

    def _away(self, step: Step, reference_ncm: float, handpiece_ncm: float) -> str:
        """Return why a hold is not that of this step; empty where it is."""
        target_ncm = step.target_ncm
        if reference_ncm < -SIGN_NCM:
            return (
                f"the gauge counts this way as negative ({reference_ncm:.1f} N·cm): turn the other "
                "way, or begin again with --invert-gauge"
            )
        if target_ncm > 0.0 and handpiece_ncm < -SIGN_NCM:
            return f"the handpiece reads {handpiece_ncm:.1f} N·cm: turn it the other way"
        if target_ncm == 0.0 and abs(reference_ncm) > NO_LOAD_NCM:
            return f"{reference_ncm:.1f} N·cm still hang on the gauge: let go altogether"
        if abs(reference_ncm - target_ncm) > NEAR_NCM:
            return f"{reference_ncm:.1f} N·cm by the gauge: go to about {target_ncm:g}"
        return ""

    def _went_past(self, step: Step) -> str:
        """Return what to do after the torque went past where it is to be reached from; or empty."""
        now_ncm = self.now[0]
        if now_ncm is None or self._zero_ncm is None:
            return ""
        before_ncm = self.plateaus[-1].reference_ncm if self.plateaus else 0.0
        up = step.way is Way.UP
        back = now_ncm <= before_ncm + 0.1 if up else now_ncm >= before_ncm - 0.1
        if back:  # a return to the step before begins anew
            self._highest_ncm = self._lowest_ncm = now_ncm
            return ""
        # how far it has turned back from the outermost, more than a hand trembles
        band = BACK_NCM + BACK_SHARE * step.target_ncm
        turned_ncm = self._highest_ncm - now_ncm if up else now_ncm - self._lowest_ncm
        if step.target_ncm == 0.0 or turned_ncm <= band:
            return ""
        extreme = self._highest_ncm if up else self._lowest_ncm
        there = "below" if up else "above"
        return (
            f"that went to {extreme:.1f} N·cm and came back: return to {there} {before_ncm:.1f} "
            f"N·cm, then go to {step.target_ncm:g} from one side"
        )

    def _tell(self, now_ns: int, text: str) -> list[Event]:
        """Say it once, and again if it still holds much later. Figures may change meanwhile."""
        kind = text.rsplit("N·cm", maxsplit=1)[-1]
        last_ns = self._told.get(kind)
        if last_ns is not None and now_ns - last_ns < REPEAT_NS:
            return []
        self._told[kind] = now_ns
        return [Told(text)]
