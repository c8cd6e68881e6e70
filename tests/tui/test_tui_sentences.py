"""What the monitor says in English, told in the language of the screen."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_sim.scenarios import scenario
from tests.chairs import Chair
from torquemon.drivers.lease import _REFUSALS
from torquemon.local.halts import STOP_TEXT
from torquemon.local.messages import OrderName
from torquemon.local.sentences import templates, translated
from torquemon.local.view import View
from torquemon.model import StopReason
from torquemon.signal.words import _BAD_WORDS
from torquemon.tui.words import DECIMAL, LANGUAGES, speak, told

OTHERS = [language for language in LANGUAGES if language != "en"]
PLACES = re.compile(r"\{(\w+)\}")
PLAYED = ("root-contact", "threshold", "warn-only")
ENGLISH = re.compile(r"\b(the|that|from|with|while|is|was|at|not)\b")


@pytest.fixture(params=OTHERS)
def language(request: pytest.FixtureRequest) -> str:
    speak(str(request.param))
    return str(request.param)


@pytest.mark.parametrize("other", OTHERS)
def test_tui_templates_keep_their_places(other: str) -> None:
    for said, text in templates(other).items():
        assert set(PLACES.findall(said)) == set(PLACES.findall(text)), said
        words = [name for name in PLACES.findall(said) if not re.fullmatch(r"n\d*", name)]
        assert len(words) <= 3, f"{said}: more would be slow to match"


def sentences(view: View) -> Iterator[str]:
    """Yield everything that the monitor says in a view."""
    yield view.notice
    yield view.link.text
    yield from view.arm.reasons
    yield from (alarm.why for alarm in view.alarms)
    yield from (check.text for check in view.checks)
    if view.stop is not None:
        yield view.stop.text
    if view.verdict is not None:
        yield view.verdict.why


def played(name: str) -> set[str]:
    """Play a scenario to its end and return all that was said."""
    chair = Chair(name, script=scenario(name).script)
    found = set(sentences(chair.view()))
    chair.plug_in()
    chair.run(0.5)
    found |= set(sentences(chair.view()))
    chair.order(OrderName.START)
    for _ in range(30):
        chair.run(1.0)
        found |= set(sentences(chair.view()))
    chair.order(OrderName.ACKNOWLEDGE)
    found |= set(sentences(chair.view()))
    chair.pull_out()
    chair.run(1.0)
    found |= set(sentences(chair.view()))
    chair.order(OrderName.FINISH)
    chair.run(0.1)
    return found | set(sentences(chair.view()))


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("name", PLAYED)
def test_tui_everything_said_in_a_scenario_is_told_in_the_language(name: str) -> None:
    said = {sentence for sentence in played(name) if sentence}
    assert len(said) > 5
    assert {s for s in said if told(s) == s or ENGLISH.search(told(s))} == set()
    assert not any(re.search(r"\d\.\d+ N·cm", told(s).split("(")[0]) for s in said)


@pytest.mark.usefixtures("language")
def test_tui_tables_of_sentences_are_told_whole() -> None:
    tables = [
        *_REFUSALS.values(),
        *(f"{STOP_TEXT[reason]}, 12.5 N·cm" for reason in StopReason if STOP_TEXT[reason]),
        *(f"the signal shows {words}" for words in _BAD_WORDS.values()),
    ]
    assert [s for s in tables if told(s) == s or ENGLISH.search(told(s))] == []


@pytest.mark.usefixtures("language")
def test_tui_what_nobody_knows_is_told_as_it_was_said() -> None:
    assert told("a sentence of tomorrow") == "a sentence of tomorrow"
    assert told("") == ""


@given(st.text(max_size=400) | st.text(alphabet="torque N·cm: ,()1.", max_size=400))
def test_tui_no_text_from_outside_is_slow_or_raises(text: str) -> None:
    began = time.process_time()
    for language in OTHERS:
        translated(text, language, DECIMAL[language])
    assert time.process_time() - began < 0.5
