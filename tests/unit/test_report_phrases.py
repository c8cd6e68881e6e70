"""What the rule says can be said in German, all of it; what is unknown stays as it is."""

from __future__ import annotations

import string
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report_cases import SECONDS, case
from torquemon.limits import DeviceLimits, stop_threshold
from torquemon.model import Window
from torquemon.record.report_phrases import translated
from torquemon.record.report_words import words
from torquemon.signal import layout as at
from torquemon.signal.setup import JudgeSetup
from torquemon.signal.start import start_state
from torquemon.signal.verdict import judge
from torquemon.signal.words import _BAD_WORDS, _SENTENCES, describe

GERMAN = words("de")
SETUPS = (
    JudgeSetup(Window(5, 15, "w", "s"), body_mm=9.0, threshold_ncm=12.5, accuracy_ncm=0.3),
    JudgeSetup(Window(5, 15, "w", "s")),
    JudgeSetup(),
)


def says(text: str) -> str:
    said = GERMAN.sentence(text)
    assert said != text, text
    return said


@pytest.mark.parametrize("bit", list(_SENTENCES))
@pytest.mark.parametrize("setup", SETUPS[:1])
def test_report_says_every_alert_in_german(bit: int, setup: JudgeSetup) -> None:
    for angle in (0.0, 1.0):
        state = start_state(setup)
        state[at.HAS_ANGLE] = angle
        says(describe(bit, state, setup))
    if bit not in (at.BIT_ROOT, at.BIT_SEAT):  # never without a known seat
        state = start_state(SETUPS[1])
        state[at.HAS_ANGLE] = 1.0
        says(describe(bit, state, SETUPS[1]))


@pytest.mark.parametrize("kind", [*_BAD_WORDS, 99])
def test_report_says_every_doubt_of_the_signal_in_german(kind: int) -> None:
    state = start_state(SETUPS[0])
    state[at.BAD_KIND] = kind
    says(describe(at.BIT_QUALITY, state, SETUPS[0]))


CHANGES: tuple[dict[int, float], ...] = (
    {},
    {at.ANGLE_FAULT: at.ANGLE_STILL},
    {at.ANGLE_FAULT: at.ANGLE_AGAINST},
    {at.CLIPPED: 3.0},
    {at.BAD: 50.0, at.SAMPLES: 60.0},
    {at.GAP_MS: 2500.0},
    {at.FLAT_SEEN: 1.0},
    {at.CLOCK_BACK: 1.0},
    {at.T_FIRST: 0.0, at.T_LAST: 1e9, at.SAMPLES: 3.0},
    {at.EXCESS_TOP: 17.0},
)


@pytest.mark.parametrize("peak", [3.0, 4.9, 9.0, 15.1, 20.0])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("setup", SETUPS)
def test_report_says_every_verdict_in_german(
    peak: float, change: dict[int, float], setup: JudgeSetup
) -> None:
    state = start_state(setup)
    says(judge(state, setup).why)
    state[at.ENGAGED] = 1.0
    state[at.PEAK] = peak
    state[at.SAMPLES] = 30_000.0
    state[at.T_FIRST], state[at.T_LAST] = 0.0, 30e6
    for place, value in change.items():
        state[place] = value
    verdict = judge(state, setup)
    said = says(verdict.why)
    assert "Fenster" in said or verdict.window is None or verdict.kind.value == "undetermined"


@pytest.mark.parametrize("name", list(SECONDS))
def test_report_of_whole_insertions_has_no_english_sentence(name: str) -> None:
    data = case(name)
    for text in (data.why, *data.threshold_reasons, *(alert.why for alert in data.alerts)):
        says(text)


@given(
    st.none() | st.floats(2.0, 60.0),
    st.none() | st.floats(5.0, 80.0),
    st.sampled_from([(), (0.0, 0.0, 0.0), (0.2, 0.4, 0.3), (9.0, 9.0, 9.0)]),
    st.sampled_from([0.1, 0.25, 0.3]),
)
def test_report_says_every_reason_of_a_threshold_in_german(
    wanted: float | None, fracture: float | None, overshoots: tuple[float, ...], step: float
) -> None:
    threshold = stop_threshold(
        wanted_ncm=None if wanted is None else round(wanted, 3),
        window_high_ncm=15.0,
        fracture_torque_ncm=None if fracture is None else round(fracture, 3),
        device=DeviceLimits(0.5, 40.0, step),
        overshoots_ncm=overshoots,
    )
    for reason in threshold.reasons:
        says(reason)


def test_report_phrases_keep_their_numbers() -> None:
    assert says("maximum 9.72 N·cm, uncertain by 0.31 N·cm, within the window 5-15") == (
        "Maximum 9,72 N·cm, Unsicherheit 0,31 N·cm, im Fenster 5–15"
    )
    texts = tomllib.loads(
        files("torquemon.record").joinpath("report/phrases.toml").read_text(encoding="utf-8")
    )
    for phrases in texts.values():
        for english, said in phrases.items():
            assert _fields(english) == _fields(said), english


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize(
    "text",
    [
        "the monitor said something new",
        "screw limit unknown, and more",
        "screw limit unknownx",
        "top of the window, 15 N·cm;screw limit unknown",
        "maximum nan N·cm",
        "x" * 10_000,
        "",
    ],
)
def test_report_leaves_an_unknown_sentence_as_it_is(text: str) -> None:
    assert GERMAN.sentence(text) == text


@given(st.text("maximum 9.72 N·cm, ;uncertain{}a", max_size=80))
def test_report_translates_anything_without_an_error(text: str) -> None:
    assert isinstance(translated(text, "de", ","), str)


@pytest.mark.parametrize(
    "text",
    [
        "no measurement for more than 250 ms: /dev/ttyACM0 is gone: check the plug and the cable",
        "the stop is not armed: nobody is at the controlling dashboard",
        "the handpiece has restarted: its zero, angle and threshold are gone",
        "3 chunks or readings could not be kept: this computer was too busy",
        "no confirmation from the device within 200 ms",
        "somebody without the key gives the handpiece orders: it refused them",
    ],
)
def test_report_says_what_the_monitor_said_in_german(text: str) -> None:
    """An alarm of the monitor is an event of the report."""
    assert not set(says(text).split()) & {"the", "is", "no", "for", "of"}
