"""The TOML description of a gauge: what it can say, what is refused, and that it cannot hang."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gauge_bench import FORM
from torquemon.drivers.gauges.ascii_form import AsciiForm
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.form import MAX_LINE_CHARS, load_form, read_form, refusal
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.reading import LOW_BATTERY, OVERLOAD, GaugeProblem, GaugeReading
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.drivers.gauges.stated import UNIT_STATED
from torquemon.model import Validity

GOOD: dict[str, Any] = {
    "name": "bench",
    "pattern": "(?P<value>[+-]?[0-9.]++) (?P<unit>[A-Za-z.]++)",
    "examples": ["-1.234 N.cm"],
}


def _form(tmp_path: Path, text: str = FORM) -> GaugeSettings:
    path = tmp_path / "gauge.toml"
    path.write_text(text, encoding="utf-8")
    return GaugeSettings(form=path)


def test_a_file_carries_an_instrument(tmp_path: Path) -> None:
    gauge = make_gauge("ascii", _form(tmp_path))
    assert gauge.poll() == b"?\r"
    assert gauge.baudrates == (9600,)
    (event,) = gauge.feed(b"-0.125 N.m\r\n", 3)
    assert isinstance(event, GaugeReading)
    assert event.torque_ncm == -12.5
    assert event.validity is Validity.VALID
    (problem,) = gauge.feed(b"1.0 furlong\r", 4)
    assert isinstance(problem, GaugeProblem)


@pytest.mark.requirement("REQ-GAU-4")
def test_overload_battery_angle_and_speed_are_groups(tmp_path: Path) -> None:
    text = FORM.replace(
        '"(?P<value>[+-]?[0-9.]++) (?P<unit>[A-Za-z.]++)"',
        '"(?P<value>[+-]?[0-9.]++) (?P<unit>[A-Za-z.]++)(?P<overload> OVER)?(?P<low_battery> LOW)?'
        '(?: (?P<angle>[0-9.]++)deg (?P<speed>[0-9.]++)rpm)?"',
    )
    gauge = make_gauge("ascii", _form(tmp_path, text))
    assert gauge.gives_angle
    (event,) = gauge.feed(b"31 N.cm OVER LOW 90.5deg 25rpm\r", 3)
    assert isinstance(event, GaugeReading)
    assert (event.torque_ncm, event.angle_deg, event.speed_rpm) == (31.0, 90.5, 25.0)
    assert event.validity is Validity.OVERFLOW
    assert event.flags == {OVERLOAD, LOW_BATTERY}


def test_a_unit_that_only_the_file_states_makes_every_reading_questionable(tmp_path: Path) -> None:
    text = FORM.replace(' (?P<unit>[A-Za-z.]++)"', '"').replace("-1.234 N.cm", "-1.234")
    gauge = make_gauge("ascii", _form(tmp_path, text + '\nunit = "N.mm"\n'))
    (event,) = gauge.feed(b"120\r", 3)
    assert isinstance(event, GaugeReading)
    assert event.torque_ncm == 12.0
    assert event.validity is Validity.QUESTIONABLE
    assert event.flags == {UNIT_STATED}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pattern": "(?P<value>([0-9]+)+)"}, "a group without a name is not allowed: write"),
        ({"pattern": "(?P<value>(?:[0-9]+)+)"}, "a group must not be repeated"),
        ({"pattern": "(?P<value>(?:[0-9]){2,99})"}, "a group must not be repeated"),
        ({"pattern": ".*.*.*.*.*(?P<value>[0-9])"}, "5 repetitions and 0 options"),
        ({"pattern": "(?P<value>[0-9])(?=x)"}, "look-ahead"),
        ({"pattern": "(?i)(?P<value>[0-9])"}, "flags"),
        ({"pattern": r"(?P<value>[0-9])\1"}, "back-references"),
        ({"pattern": "(?P<value>[0-9]|[0-9][0-9])"}, "alternatives"),
        ({"pattern": "(?P<value>[0-9"}, "no regular expression"),
        ({"pattern": "(?P<torque>[0-9])"}, "group 'torque' is not known"),
        ({"pattern": "[0-9]"}, "it needs a group"),
        ({"pattern": "(?P<value>[0-9]++)", "examples": ["1"]}, "either the pattern"),
        ({"unit": "N.cm"}, "either the pattern"),
        ({"examples": []}, "at least one line"),
        (
            {"examples": ["1.2 N.cm."], "pattern": "(?P<value>[0-9.]++) (?P<unit>[A-Z])"},
            "not match",
        ),
        ({"examples": ["1" * 65 + " N.m"]}, "at most 64"),
        ({"baud": 0}, "baud"),
        ({"baud": True}, "baud"),
        ({"rate_hz": float("nan")}, "rate_hz"),
        ({"rate_hz": 10_000}, "rate_hz"),
        ({"name": ""}, "name must be"),
        ({"poll": "x" * 33}, "poll must be"),
        ({"colour": "red"}, "'colour' is no key"),
    ],
)
def test_what_a_file_must_not_say_is_one_sentence(change: dict[str, Any], words: str) -> None:
    with pytest.raises(GaugeError, match=r".") as caught:
        read_form(GOOD | change)
    assert words in str(caught.value)


def test_a_file_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(GaugeError, match="cannot be read"):
        load_form(tmp_path / "missing.toml")
    with pytest.raises(GaugeError, match="cannot be read"):
        load_form(tmp_path)
    path = tmp_path / "bad.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GaugeError, match="no TOML file"):
        load_form(path)
    path.write_bytes(b"#" * 20_000)
    with pytest.raises(GaugeError, match="longer than"):
        load_form(path)
    with pytest.raises(GaugeError, match="needs its description"):
        make_gauge("ascii", GaugeSettings())


_PIECES = st.sampled_from(
    ["[0-9]", ".", "a", r"\d", "[^x]", "*", "+", "?", "{2,}", "++", "*?", "(?:", ")", " "]
)


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(_PIECES, max_size=14), line=st.text("0a9 ", max_size=MAX_LINE_CHARS))
def test_a_pattern_that_is_let_in_matches_any_line_in_no_time(pieces: list[str], line: str) -> None:
    pattern = "".join(pieces) + "(?P<value>!)"
    try:
        form = read_form({"name": "x", "pattern": pattern, "unit": "N.cm", "examples": ["!"]})
    except GaugeError as error:
        if "the example" not in str(error):
            return
        compiled = re.compile(pattern)
    else:
        compiled = form.pattern
    begin = time.process_time()
    compiled.fullmatch(line + "x" * (MAX_LINE_CHARS - len(line)))
    assert time.process_time() - begin < 1.0


@pytest.mark.parametrize(
    "pattern",
    [".*.*.*.*", "a?a?a?a?.*.*.*", "a?a?a?a?a?a?a?a?.*.*", "(?:.*)?(?:.*)?(?:.*)?a?", "a?" * 19],
)
def test_the_worst_patterns_that_are_let_in_are_still_quick(pattern: str) -> None:
    pattern += "(?P<value>!)"
    assert refusal(pattern) == ""
    compiled = re.compile(pattern)
    begin = time.process_time()
    assert compiled.fullmatch("a" * MAX_LINE_CHARS) is None
    assert time.process_time() - begin < 1.0


@pytest.mark.parametrize(
    "pattern", ["a?.*.*.*.*", "a?a?a?a?a?.*.*.*", "(?:.*)?(?:.*)?(?:.*)?(?:.*)?", "a?" * 20]
)
def test_one_more_is_too_many(pattern: str) -> None:
    assert "may take too long" in refusal(pattern + "(?P<value>!)")


def test_a_rotation_sensor_gives_angles_and_no_torque(tmp_path: Path) -> None:
    text = FORM.replace("(?P<value>[+-]?[0-9.]++) (?P<unit>[A-Za-z.]++)", "A(?P<angle>[0-9.]++)")
    sensor = AsciiForm(_form(tmp_path, text.replace("-1.234 N.cm", "A12.5")))
    assert sensor.feed(b"A12.5\r", 1) == []
    assert sensor.angles(b"A12.5\rnoise\rA13\r", 7) == [(7, 12.5), (7, 13.0)]


@given(lines=st.lists(st.binary(max_size=100), max_size=10))
def test_no_line_raises(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "form.toml"
    path.write_text(FORM, encoding="utf-8")
    gauge = AsciiForm(GaugeSettings(form=path))
    for line in lines:
        gauge.feed(line, 1)
