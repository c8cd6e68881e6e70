"""A file that can never give a reading is refused where it is read, with what to mend."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

from tests.gauge_bench import FORM, talk_over
from torquemon.clock import ManualClock
from torquemon.drivers.gauges.base import GaugeSettings
from torquemon.drivers.gauges.form import load_form, read_form
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.opener import GaugeOpener
from torquemon.drivers.gauges.reading import GaugeProblem, GaugeReading, Told
from torquemon.drivers.gauges.spec import GaugeError

GOOD: dict[str, Any] = {
    "name": "bench",
    "pattern": "(?P<value>[+-]?[0-9.,]++) (?P<unit>[A-Za-z.]++)",
    "examples": ["-1.234 N.cm"],
}
OVER = "(?P<value>[0-9.]++)?(?: (?P<unit>[A-Za-z.]++))?(?P<overload>OL)?"


def _form(tmp_path: Path, text: str) -> GaugeSettings:
    path = tmp_path / "gauge.toml"
    path.write_text(text, encoding="utf-8")
    return GaugeSettings(form=path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"examples": ["5,25 Ncm"]},
            "'5,25' is no number: mend its group, or write decimal = \",\"",
        ),
        ({"examples": ["5.25 Ncm"], "decimal": ","}, "'5.25' is no number"),
        ({"examples": ["5,25 Ncm"], "decimal": ";"}, 'decimal must be "." or ","'),
        ({"examples": ["1.2 foo"]}, "unit 'foo' is no known torque unit"),
        ({"examples": ["1.2 N.cm", "1.2 foo"]}, "unit 'foo' is no known torque unit"),
        (
            {"pattern": "(?P<value>[A-Z]++) (?P<unit>[A-Za-z.]++)", "examples": ["OL N.cm"]},
            "'OL' is no number",
        ),
        ({"pattern": OVER, "examples": ["OL"]}, "none gives a reading"),
        ({"pattern": OVER, "examples": ["1 N.cm", ""]}, "is not one line"),
        ({"pattern": OVER + "x?", "examples": ["1 N.cm", "x"]}, "gives no number"),
        (
            {
                "pattern": "(?P<value>[0-9.]++)\n(?P<unit>[A-Za-z.]++)",
                "examples": ["1\nN.cm"],
            },
            "is not one line",
        ),
        ({"pattern": "(?P<angle>[0-9.]++)", "examples": ["1.2.3"]}, "'1.2.3' is no number"),
        ({"pattern": "(?P<angle>[0-9]++)", "examples": ["9000000"]}, "gives no angle"),
        ({"poll": "Ω"}, "'Ω' is more than one byte"),
        ({"rate_hz": 1e-9}, "from 0.2 to 1000"),
        ({"rate_hz": True}, "from 0.2 to 1000"),
        ({"rate_hz": 10**400}, "from 0.2 to 1000"),
    ],
)
def test_what_can_give_no_reading_is_refused_with_what_to_mend(
    change: dict[str, Any], words: str
) -> None:
    with pytest.raises(GaugeError, match=r".") as caught:
        read_form(GOOD | change)
    assert words in str(caught.value)


def test_a_comma_is_the_decimal_mark_where_the_file_says_so(tmp_path: Path) -> None:
    text = FORM.replace("[0-9.]++", "[0-9,]++").replace("-1.234", "-1,234")
    gauge = make_gauge("ascii", _form(tmp_path, text + 'decimal = ","\n'))
    (event,) = gauge.feed(b"-5,25 N.cm\r", 1)
    assert isinstance(event, GaugeReading)
    assert event.torque_ncm == -5.25


@pytest.mark.parametrize("line", ["5.25 N·cm\r".encode(), b"5.25 N\xb7cm\r"])
def test_a_file_with_a_middle_dot_reads_it_in_either_encoding(tmp_path: Path, line: bytes) -> None:
    text = FORM.replace("[A-Za-z.]++", "[A-Za-z·]++").replace("N.cm", "N·cm")
    (event,) = make_gauge("ascii", _form(tmp_path, text)).feed(line, 1)
    assert isinstance(event, GaugeReading)
    assert event.torque_ncm == 5.25


def test_a_file_of_a_rotation_sensor_is_no_torque_gauge(tmp_path: Path) -> None:
    text = FORM.replace("(?P<value>[+-]?[0-9.]++) (?P<unit>[A-Za-z.]++)", "A(?P<angle>[0-9.]++)")
    with pytest.raises(GaugeError, match="an angle and no torque: give it as rotation="):
        make_gauge("ascii", _form(tmp_path, text.replace("-1.234 N.cm", "A12.5")))


def test_a_file_that_is_slow_is_told_so_and_not_its_baud_rate(tmp_path: Path) -> None:
    settings = _form(tmp_path, FORM.replace("rate_hz = 20", "rate_hz = 5"))
    with pytest.raises(GaugeError, match=r"rate_hz = 5, a live insertion needs 12") as caught:
        GaugeOpener(f"gauge:ascii:form={settings.form}@COM3", ManualClock())
    assert "baud" not in str(caught.value)
    with pytest.raises(GaugeError, match="set it to 19200 baud and say baud=19200"):
        GaugeOpener("gauge:unipulse:unit=N.cm@COM3", ManualClock())


def test_lines_of_another_form_are_no_matter_of_the_baud_rate_alone(tmp_path: Path) -> None:
    _, talk, wire, clock = talk_over("ascii", None, _form(tmp_path, FORM))
    found: list[Told] = []
    for _ in range(200):
        clock.advance(0.02)
        wire.incoming += b"torque 5.25 N.cm\r"
        found += talk.step(0.02)
    (problem,) = found
    assert isinstance(problem, GaugeProblem)
    assert "mend the pattern of its file" in problem.why


@pytest.mark.parametrize("piece", ["[[0-9]", "[0-9--]", "[0-9&&]"])
def test_a_pattern_that_may_mean_two_things_is_one_sentence(piece: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(GaugeError, match="write a backslash before"):
            read_form(GOOD | {"pattern": f"(?P<value>{piece}) (?P<unit>N)"})


@pytest.mark.skipif(sys.platform == "win32", reason="a named pipe needs POSIX")
def test_a_named_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.toml"
    os.mkfifo(path)
    said: list[str] = []

    def load() -> None:
        try:
            load_form(path)
        except GaugeError as error:
            said.append(str(error))

    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    thread.join(10.0)
    assert said, "it waits for somebody to write"
    assert "it is no file" in said[0]
