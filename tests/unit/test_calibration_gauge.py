"""A check takes every gauge that `run` takes, with its settings; a stated unit is told for ever."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

import pytest

from tests.calibration_cases import content
from tests.parts import needed
from tests.pdf_tools import pdf_text
from torquemon.calibration.command import add_calibrate
from torquemon.calibration.ending import ended_once
from torquemon.calibration.measure_command import wanted_of
from torquemon.calibration.run import Wanted, counted
from torquemon.calibration.store import write
from torquemon.calibration.uncertain import read_reference
from torquemon.cli import main
from torquemon.drivers.gauges.kinds import make_gauge
from torquemon.drivers.gauges.reading import LOW_BATTERY, NO_FLAGS, GaugeReading
from torquemon.drivers.gauges.stated import UNIT_STATED
from torquemon.model import Validity

needed("GTC", "calibrate")
NOW_NS = 1_000


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path))
    return tmp_path


def wanted(*words: str) -> Wanted:
    parser = argparse.ArgumentParser()
    add_calibrate(parser.add_subparsers())
    return wanted_of(parser.parse_args(("calibrate", *words)))


def test_the_settings_of_a_gauge_are_said_as_for_run() -> None:
    found = wanted("/dev/x", "--gauge", "gsv:channel=3,baud=230400", "/dev/y")
    assert (found.gauge_kind, found.gauge_port) == ("gsv", "/dev/y")
    assert (found.settings.channel, found.settings.baud_rate) == (3, 230_400)
    found = wanted("/dev/x", "--gauge", "imada:unit=N.cm", "/dev/y", "--gauge-baud=9600")
    assert (found.settings.unit, found.settings.baud_rate) == ("N.cm", 9600)
    found = wanted("/dev/x", "--gauge", "ascii", "/dev/y", "--gauge-form=a,b.toml")
    assert found.settings.form == Path("a,b.toml")
    assert wanted("/dev/x", "--gauge", "mark10", "/dev/a@b").gauge_port == "/dev/a@b"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--gauge", "imada:units=N.cm", "/dev/y"), "not known"),
        (("--gauge", "imada:unit=V", "/dev/nosuch"), "no torque unit"),
        (("--gauge", "mark10", "/dev/y", "--gauge-baud=0"), "bits per second"),
        (("--gauge", "mark10", "/dev/y", "--gauge-baud=-1"), "bits per second"),
        (("--gauge", "mark10:baud=9600", "/dev/y", "--gauge-baud=9600"), "twice"),
        (("--gauge", "ascii:form=a.toml", "/dev/y", "--gauge-form=a.toml"), "twice"),
        (("--gauge", "mark10", "/dev/y", "--levels", ""), "numbers with commas"),
        (("--gauge", "mark10", "/dev/y", "--gauge-k=2"), "--gauge-uncertainty"),
        (("--gauge", "mark10", "/dev/y", "--gauge-uncertainty="), "0.5%"),
        (("--gauge", "mark10", "/dev/x"), "named for both"),
        (("--gauge", "mark10", "/dev/../dev/x"), "named for both"),
    ],
)
def test_what_is_said_wrongly_is_one_sentence(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("calibrate", "/dev/x", *words)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a link needs a right there")
def test_two_names_of_one_port_are_one_port(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "port").touch()
    (tmp_path / "link").symlink_to(tmp_path / "port")
    words = (str(tmp_path / "port"), "--gauge", "mark10", str(tmp_path / "link"))
    assert main(("calibrate", *words)) == 2
    assert "named for both" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0.1 N.cm", "0.1N.cm", "0.1 n.cm", "0.1 N·cm"])
def test_an_uncertainty_is_read_as_units_are_written_elsewhere(text: str) -> None:
    assert read_reference(text).ncm == 0.1


@pytest.mark.parametrize(
    ("validity", "flags", "counts_as"),
    [
        (Validity.VALID, NO_FLAGS, Validity.VALID),
        (Validity.QUESTIONABLE, {UNIT_STATED}, Validity.VALID),
        (Validity.QUESTIONABLE, {UNIT_STATED, LOW_BATTERY}, Validity.VALID),
        (Validity.QUESTIONABLE, NO_FLAGS, Validity.QUESTIONABLE),
        (Validity.QUESTIONABLE, {UNIT_STATED, "something else"}, Validity.QUESTIONABLE),
        (Validity.OVERFLOW, {UNIT_STATED}, Validity.OVERFLOW),
        (Validity.INVALID, {UNIT_STATED}, Validity.INVALID),
    ],
)
def test_only_the_doubt_about_a_stated_unit_is_set_aside(
    validity: Validity, flags: set[str], counts_as: Validity
) -> None:
    reading = GaugeReading(NOW_NS, 1.0, None, None, validity, "N.cm", frozenset(flags))
    assert counted(reading) is counts_as


@pytest.mark.parametrize(
    ("kind", "line", "torque_ncm"),
    [
        ("imada:unit=N.cm", b"+05.250NTO\r", 5.25),
        ("lutron:unit=N.cm", b"\x0241790100000525\r", 52.5),
    ],
)
def test_a_value_of_a_gauge_with_a_stated_unit_counts(
    kind: str, line: bytes, torque_ncm: float
) -> None:
    found = wanted("/dev/x", "--gauge", kind, "/dev/y")
    gauge = make_gauge(found.gauge_kind, found.settings)
    events = [event for number in range(6) for event in gauge.feed(line, NOW_NS + number)]
    readings = [event for event in events if isinstance(event, GaugeReading)]
    assert readings
    for reading in readings:
        assert reading.torque_ncm == pytest.approx(torque_ncm)
        assert reading.validity is Validity.QUESTIONABLE
        assert counted(reading) is Validity.VALID


@pytest.mark.requirement("REQ-CAL-4")
def test_a_stated_unit_stands_in_text_and_certificate(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needed("typst", "report")
    made = content()
    made["gauge"]["stated_unit"] = "N.cm"
    write(home, made)
    assert main(("calibrate", "--show", "last")) == 0
    text = capsys.readouterr().out
    assert "Its unit            stated by the operator: N.cm" in text
    assert "Its unit was stated by the operator: N.cm. Was another one set on it" in text
    out = tmp_path / "certificate.pdf"
    assert main(("calibrate", "--show", "last", "--pdf", str(out))) == 0
    assert "stated by the operator: N.cm" in pdf_text(out)


# --- a request to end ---------------------------------------------------------------------------

ENDS = [signal.SIGINT, signal.SIGTERM] + ([] if sys.platform == "win32" else [signal.SIGHUP])


@pytest.mark.parametrize("number", ENDS)
def test_the_first_request_to_end_interrupts_and_the_next_ones_do_nothing(
    number: signal.Signals,
) -> None:
    own = {each: signal.signal(each, _nothing) for each in ENDS}
    try:
        with ended_once():
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(number)
            for each in ENDS:
                signal.raise_signal(each)
        with ended_once() as hear_no_more:
            hear_no_more()
            signal.raise_signal(number)  # while it is written
        assert [signal.getsignal(each) for each in ENDS] == [_nothing] * len(ENDS)
        signal.signal(number, signal.SIG_IGN)
        with ended_once():
            signal.raise_signal(number)  # as under nohup
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        for each, handler in own.items():
            signal.signal(each, handler)


def test_outside_the_main_thread_no_signal_is_touched() -> None:
    before = [signal.getsignal(each) for each in ENDS]
    seen: list[object] = []

    def inside() -> None:
        with ended_once():
            seen.extend(signal.getsignal(each) for each in ENDS)

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == before


def _nothing(_number: int, _frame: object) -> None:
    """Do nothing with a signal."""
