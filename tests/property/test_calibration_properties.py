"""Steps are found only where both streams stand still, and a fit returns what was put in."""

from __future__ import annotations

import contextlib
import math
import random
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.calibration_cases import EXACT, USUAL, plateaus
from tests.parts import needed
from torquemon.calibration.fit import evaluate
from torquemon.calibration.follow import NEAR_NCM, Follower, Taken
from torquemon.calibration.line import FitError
from torquemon.calibration.plan import MAX_LEVEL_NCM, PlanError, Way, make_steps
from torquemon.calibration.plateau import HoldFinder, band_ncm
from torquemon.calibration.uncertain import UncertaintyError, read_reference
from torquemon.limits import DeviceLimits, LimitError, Threshold, stop_threshold
from torquemon.model import Validity

needed("GTC", "calibrate")
STEP_NS = 10_000_000
GAINS = st.floats(0.5, 2.0)
SMALL = st.floats(-1.0, 1.0)
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)


# --- the plan ---------------------------------------------------------------------------------


@given(st.lists(ANY_FLOAT, max_size=14), st.integers(-2, 14))
def test_a_plan_goes_up_and_down_or_is_refused_with_a_sentence(
    levels: list[float], series: int
) -> None:
    try:
        steps = make_steps(levels, series)
    except PlanError:
        return
    used = [step for step in steps if step.evaluated]
    assert {step.series for step in used} == set(range(1, series + 1))
    assert max(step.target_ncm for step in used) <= MAX_LEVEL_NCM
    before = 0.0
    for step in steps[1:]:
        assert (step.target_ncm > before) is (step.way is Way.UP)
        before = step.target_ncm


# --- holds ------------------------------------------------------------------------------------


def feed(
    finder: HoldFinder, seconds: float, torque_ncm: float, *, slope: float = 0.0, start_ns: int = 0
) -> int:
    """Feed both streams; the gauge every 100 ms. Return the time after."""
    for number in range(round(seconds * 100)):
        now_ns = start_ns + number * STEP_NS
        value = torque_ncm + slope * number / 100
        finder.handpiece.add(now_ns, value, Validity.VALID)
        if number % 10 == 0:
            finder.reference.add(now_ns, value, Validity.VALID)
    return start_ns + round(seconds * 100) * STEP_NS


@given(st.floats(-40.0, 40.0))
def test_what_stands_still_is_held_at_its_value(torque_ncm: float) -> None:
    finder = HoldFinder(1.0)
    hold = finder.look(feed(finder, 1.5, torque_ncm))
    assert hold is not None
    assert hold.reference.mean_ncm == pytest.approx(torque_ncm)
    assert hold.handpiece.mean_ncm == pytest.approx(torque_ncm)


@given(st.floats(-25.0, 25.0), st.sampled_from((-1.0, 1.0)), st.floats(2.0, 20.0))
def test_what_moves_is_no_hold(start_ncm: float, sign: float, times: float) -> None:
    slope = sign * band_ncm(40.0) * times
    finder = HoldFinder(1.0)
    assert finder.look(feed(finder, 1.5, start_ncm, slope=slope)) is None
    assert finder.restless


@given(
    st.sampled_from([v for v in Validity if v is not Validity.VALID]),
    st.booleans(),
    st.integers(30, 149),
)
def test_one_sample_that_is_no_measurement_ends_a_hold(
    validity: Validity,
    at_gauge: bool,  # noqa: FBT001 - drawn by hypothesis
    number: int,
) -> None:
    finder = HoldFinder(1.0)
    middle_ns = feed(finder, number / 100, 10.0)
    stream = finder.reference if at_gauge else finder.handpiece
    stream.add(middle_ns, 10.0, validity)
    assert validity.name.lower() in finder.trouble
    end_ns = feed(finder, 0.9, 10.0, start_ns=middle_ns + STEP_NS)
    assert finder.look(end_ns) is None
    assert finder.look(feed(finder, 0.5, 10.0, start_ns=end_ns)) is not None


@given(st.lists(st.tuples(st.integers(-(10**12), 10**12), ANY_FLOAT, st.sampled_from(Validity))))
def test_whatever_comes_is_bounded_and_never_raises(
    samples: list[tuple[int, float, Validity]],
) -> None:
    finder = HoldFinder(1.0)
    for time_ns, torque_ncm, validity in samples:
        finder.reference.add(time_ns, torque_ncm, validity)
        finder.handpiece.add(time_ns, torque_ncm, validity)
        hold = finder.look(time_ns)
        assert hold is None or math.isfinite(hold.handpiece.mean_ncm)
    assert len(finder.reference.bins) <= 50


def test_a_silent_gauge_is_no_hold_and_is_told() -> None:
    follower = Follower(make_steps(), 1.0, 0)
    told: list[str] = []
    for number in range(1500):
        follower.handpiece(number * STEP_NS, 1.0, Validity.VALID)
        told += [e.text for e in follower.look(number * STEP_NS) if not isinstance(e, Taken)]
    assert told
    assert set(told) == {"nothing comes from the gauge"}
    assert not follower.plateaus


# --- following --------------------------------------------------------------------------------


class Turner:
    """Somebody who goes from torque to torque and holds each, exactly."""

    def __init__(self, follower: Follower, gain: float, offset_ncm: float) -> None:
        self.follower = follower
        self.told: list[str] = []
        self._gain, self._offset_ncm = gain, offset_ncm
        self._now_ns = 0
        self._at_ncm = 0.0

    def go(self, goal_ncm: float) -> int:
        """Go there in 0.25 s, hold for 1.05 s; return how many steps are taken by now."""
        start_ncm, self._at_ncm = self._at_ncm, goal_ncm
        for part in range(1, 131):
            self._now_ns += STEP_NS
            torque_ncm = start_ncm + (goal_ncm - start_ncm) * min(1.0, part / 25)
            read_ncm = self._offset_ncm + self._gain * torque_ncm
            self.follower.handpiece(self._now_ns, read_ncm, Validity.VALID)
            if part % 5 == 0:
                self.follower.reference(self._now_ns, torque_ncm, Validity.VALID)
            events = self.follower.look(self._now_ns)
            self.told += [event.text for event in events if not isinstance(event, Taken)]
        return len(self.follower.plateaus)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32), GAINS, SMALL, st.sets(st.integers(3, 22), max_size=4))
@example(seed=0, gain=0.8, offset_ncm=0.3, shoots={4, 7, 8, 21})
def test_all_steps_are_taken_in_order_and_none_that_was_shot_past(
    seed: int, gain: float, offset_ncm: float, shoots: set[int]
) -> None:
    rng = random.Random(seed)  # noqa: S311 - hypothesis gives the seed
    steps = make_steps(series=2)
    turner = Turner(Follower(steps, 0.6, 0), gain, offset_ncm)
    before_ncm = 0.0
    for number, step in enumerate(steps):
        target_ncm = step.target_ncm and step.target_ncm + rng.uniform(-0.6, 0.6)
        if number in shoots and step.target_ncm:
            assert turner.go(target_ncm + step.way.sign * 3.0) == number
            assert turner.go(target_ncm) == number
            assert "from one side" in turner.told[-1]
            turner.go(before_ncm)
        assert turner.go(target_ncm) == number + 1
        before_ncm = target_ncm
    for plateau, step in zip(turner.follower.plateaus, steps, strict=True):
        assert plateau.step == step
        assert abs(plateau.reference_ncm - step.target_ncm) <= NEAR_NCM
        expected = offset_ncm + gain * plateau.reference_ncm
        assert plateau.handpiece_ncm == pytest.approx(expected, abs=1e-6)


def test_a_gauge_that_was_not_zeroed_or_counts_backwards_is_told() -> None:
    for zero_ncm, sign, word in ((3.0, 1.0, "zero it"), (0.0, -1.0, "--invert-gauge")):
        follower = Follower(make_steps(), 0.6, 0)
        told: list[str] = []
        for number in range(400):
            torque_ncm = 0.0 if number < 200 else 25.0
            follower.handpiece(number * STEP_NS, torque_ncm, Validity.VALID)
            follower.reference(number * STEP_NS, zero_ncm + sign * torque_ncm, Validity.VALID)
            told += [e.text for e in follower.look(number * STEP_NS) if not isinstance(e, Taken)]
        assert any(word in text for text in told)


# --- the fit ----------------------------------------------------------------------------------


@settings(deadline=None)
@given(GAINS, SMALL, SMALL, st.integers(2, 4), st.integers(0, 1000))
def test_exact_steps_give_exactly_what_was_put_in(
    gain: float, offset_ncm: float, hysteresis_ncm: float, series: int, seed: int
) -> None:
    run = plateaus(gain, offset_ncm, hysteresis_ncm, series=series, seed=seed)
    result = evaluate(run, EXACT)
    assert result.gain.value == pytest.approx(gain, abs=1e-9)
    assert result.offset_ncm.value == pytest.approx(offset_ncm, abs=1e-9)
    assert result.hysteresis_ncm.value == pytest.approx(hysteresis_ncm, abs=1e-9)
    assert result.nonlinearity_ncm < 1e-9
    assert result.repeatability_ncm < 1e-9


@settings(deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_in_which_steps_are_written_down_changes_nothing(
    seed: int, rng: random.Random
) -> None:
    run = plateaus(noise_ncm=0.005, seed=seed)
    mixed = list(run)
    rng.shuffle(mixed)
    try:
        first = evaluate(run, USUAL)
    except FitError:
        return
    second = evaluate(mixed, USUAL)
    assert second.gain.value == pytest.approx(first.gain.value)
    assert second.gain.u_expanded == pytest.approx(first.gain.u_expanded)
    assert second.hysteresis_ncm.value == pytest.approx(first.hysteresis_ncm.value)


@settings(deadline=None)
@given(st.integers(3, 32), st.floats(0.5, 5.0), st.sampled_from((-1, 1)))
def test_one_step_that_strays_is_refused_with_its_name(at: int, by_ncm: float, sign: int) -> None:
    run = plateaus(noise_ncm=0.01)
    run[at] = replace(run[at], handpiece_ncm=run[at].handpiece_ncm + sign * by_ncm)
    with pytest.raises(FitError, match="strays: series"):
        evaluate(run, USUAL)


@settings(deadline=None)
@given(st.integers(0, 33))
def test_a_run_that_was_broken_off_is_evaluated_or_refused_with_a_sentence(kept: int) -> None:
    run = plateaus(noise_ncm=0.01)[:kept]
    if kept < 19:  # less than two series on each way
        with pytest.raises(FitError, match="too little"):
            evaluate(run, USUAL)
    else:
        assert evaluate(run, USUAL).gain.covers(0.8)


@given(st.sampled_from(("reference_ncm", "handpiece_ncm", "time_s")), st.integers(0, 32))
def test_what_is_no_number_is_refused(name: str, at: int) -> None:
    run = plateaus()
    run[at] = replace(run[at], **{name: math.nan})  # type: ignore[arg-type]
    if run[at].step.evaluated or (name == "reference_ncm" and not run[at].step.target_ncm):
        with pytest.raises(FitError, match="no number"):
            evaluate(run, EXACT)


def test_a_handpiece_that_does_not_follow_the_gauge_is_refused() -> None:
    run = [replace(plateau, handpiece_ncm=1.0) for plateau in plateaus()]
    with pytest.raises(FitError, match="does not follow"):
        evaluate(run, EXACT)


@settings(deadline=None, max_examples=20)
@given(st.floats(0.001, 0.05), st.integers(0, 1000))
def test_a_reference_only_adds_to_what_is_not_known(share: float, seed: int) -> None:
    run = plateaus(noise_ncm=0.005, seed=seed)
    stated = replace(USUAL, reference=read_reference(f"{100 * share:.4f}%"))
    try:
        without = evaluate(run, replace(USUAL, reference=None))
    except FitError:
        return
    with_it = evaluate(run, stated)
    assert with_it.gain.u_expanded > without.gain.u_expanded
    names = {part.name for part in without.gain.parts}
    assert not any("certificate" in name for name in names)  # never invented


def test_a_hand_that_trembles_makes_the_hysteresis_less_sure() -> None:
    run = plateaus(noise_ncm=0.01)
    still = evaluate(run, USUAL)
    by_hand = evaluate(run, replace(USUAL, by_hand=True))
    assert by_hand.hysteresis_ncm.u_expanded > still.hysteresis_ncm.u_expanded


@given(st.text(max_size=12), ANY_FLOAT)
def test_an_uncertainty_is_read_or_refused_with_a_sentence(text: str, k: float) -> None:
    with contextlib.suppress(UncertaintyError):
        found = read_reference(text, k)
        assert 1.0 <= found.k <= 4.0
        assert (found.share is None) is not (found.ncm is None)


@pytest.mark.parametrize("text", ["0,5 %", "0.5%", "0.1Ncm", "0.1 N·cm", "0.10 ncm"])
def test_the_usual_ways_to_state_it_are_read(text: str) -> None:
    assert read_reference(text).k == 2.0


# --- the threshold ----------------------------------------------------------------------------


@pytest.mark.requirement("REQ-CAL-3")
@given(
    st.floats(1.0, 60.0),
    GAINS,
    st.lists(st.floats(0.0, 3.0), max_size=5),
    st.one_of(st.none(), st.floats(2.0, 80.0)),
    st.sampled_from((0.05, 0.1, 0.25, 1.0)),
)
def test_a_check_never_raises_what_the_handpiece_is_told(
    wanted_ncm: float,
    gain: float,
    overshoots: list[float],
    fracture_ncm: float | None,
    step_ncm: float,
) -> None:
    def found(gain: float) -> Threshold | None:
        with contextlib.suppress(LimitError):
            return stop_threshold(
                wanted_ncm=wanted_ncm,
                window_high_ncm=15.0,
                fracture_torque_ncm=fracture_ncm,
                device=DeviceLimits(1.0, 50.0, step_ncm),
                overshoots_ncm=overshoots,
                gain=gain,
            )
        return None

    corrected, uncorrected = found(gain), found(1.0)
    if corrected is None:
        return
    assert uncorrected is not None
    own_ncm = corrected.threshold_ncm * gain
    assert own_ncm <= uncorrected.threshold_ncm + 1e-9
    assert abs(own_ncm / step_ncm - round(own_ncm / step_ncm)) < 1e-6  # floored to its step
    assert corrected.threshold_ncm <= corrected.limit_ncm + 1e-9
    # a limit as read, so far, is that torque divided by the gain
    assert corrected.limit_ncm <= min(1.0, 1.0 / gain) * uncorrected.limit_ncm + 1e-9


@pytest.mark.parametrize("gain", [math.nan, math.inf, 0.0, -1.0])
def test_a_gain_that_cannot_be_arms_nothing(gain: float) -> None:
    with pytest.raises(LimitError):
        stop_threshold(
            wanted_ncm=12.0,
            window_high_ncm=15.0,
            fracture_torque_ncm=None,
            device=None,
            gain=gain,
        )
