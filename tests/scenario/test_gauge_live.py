"""A gauge as the live source of an insertion: the real program, a real pty, an emulated gauge."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from hw_sim.gauges.base import EmulatedGauge
from tests.gauge_bench import FORM, Served, served
from tests.processes import torquemon
from torquemon.clock import SystemClock
from torquemon.drivers.gauges import opener
from torquemon.drivers.gauges.opener import GaugeOpener
from torquemon.drivers.serial_port import SerialPort

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pty needs POSIX")


def _monitor(server: Served, *options: str) -> list[dict[str, object]]:
    done = torquemon(
        "monitor", "--json", "--port", server.port.url, "--record", "--duration-s=2.5", *options
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.requirement("REQ-GAU-2", "REQ-GAU-6")
def test_a_gauge_is_recorded_marked_and_warn_only() -> None:
    with served("mark10") as server:
        server.emulator.torque_ncm = 17.5
        lines = _monitor(server, "--gauge", "mark10", "--window", "5-15")
    seconds = [line for line in lines if line["event"] == "second" and line["torque_ncm"]]
    assert {line["torque_ncm"] for line in seconds} == {17.5}
    assert {line["arm"] for line in seconds} == {"warn_only"}
    (closed,) = [line for line in lines if line["event"] == "closed"]
    assert closed["origin"] == "simulated"
    assert isinstance(closed["samples"], int)
    assert closed["samples"] > 20


def test_every_sentence_of_a_gauge_that_cannot_be_had_is_one_line() -> None:
    for gauge, words in (
        ("mark11", "there is no gauge kind 'mark11'"),
        ("mark10:baud=x", "give bits per second"),
        ("lutron", "use it for `torquemon calibrate`"),
        ("ascii", "needs its description: form=FILE.toml"),
    ):
        done = torquemon("monitor", "--gauge", gauge, "--port", "/dev/ttyNONE")
        assert done.returncode == 2, gauge
        assert words in done.stderr
        assert len(done.stderr.splitlines()) == 1
    with served("mark10") as server:
        server.mute = True
        done = torquemon(
            "monitor", "--gauge=mark10", "--port", server.port.url, "--connect-timeout-s=8"
        )
    assert done.returncode == 1
    assert "no answer from the mark10 gauge" in done.stderr
    assert len(done.stderr.splitlines()) == 1


class EmulatedEncoder(EmulatedGauge):
    """A rotation sensor: says its angle when asked."""

    def answer(self, command: bytes) -> bytes:
        del command
        return f"A{self.angle_deg:.3f}\r".encode()


def _encoder_form(folder: Path) -> Path:
    form = folder / "encoder.toml"
    text = FORM.replace("(?P<value>[+-]?[0-9.]++) (?P<unit>[A-Za-z.]++)", "A(?P<angle>[0-9.]++)")
    text = text.replace("-1.234 N.cm", "A12.5").replace("rate_hz = 20", "rate_hz = 40")
    form.write_text(text, encoding="utf-8")
    return form


class _Instrument(SerialPort):
    """A port behind which an instrument seems to stand."""

    is_served = False


@pytest.mark.requirement("REQ-GAU-6")
def test_an_angle_of_a_program_marks_the_torque_of_an_instrument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opener, "SerialPort", _Instrument)
    rotation = Served(EmulatedEncoder())
    try:
        with served("mark10") as server:
            server.emulator.torque_ncm = 1.0
            address = f"gauge:mark10{{}}@{server.port.url}"
            for setting, simulated in (
                ("", False),
                (f":rotation={_encoder_form(tmp_path)};{rotation.port.url}", True),
            ):
                wire = GaugeOpener(address.format(setting), SystemClock())()
                wire.close()
                assert wire.is_simulated is simulated
    finally:
        rotation.unplug()


def test_the_angle_of_a_second_source_comes_with_the_torque_of_the_first(tmp_path: Path) -> None:
    form = _encoder_form(tmp_path)
    encoder = EmulatedEncoder()
    encoder.angle_deg = 725.5
    rotation = Served(encoder)
    try:
        with served("mark10") as server:
            server.emulator.torque_ncm = 6.5
            lines = _monitor(server, "--gauge", f"mark10:rotation={form};{rotation.port.url}")
    finally:
        rotation.unplug()
    seconds = [line for line in lines if line["event"] == "second" and line["torque_ncm"]]
    assert {line["torque_ncm"] for line in seconds} == {6.5}
    angles = {line["angle_deg"] for line in seconds}
    assert 725.5 in angles
    assert angles <= {725.5, None}, "on a busy computer an angle may come too late: then none"


@pytest.mark.requirement("REQ-GAU-6")
def test_a_pseudo_terminal_is_simulated_by_any_name(tmp_path: Path) -> None:
    with served("mark10") as server:
        server.emulator.torque_ncm = 1.0
        link = tmp_path / "ttyUSB0"
        link.symlink_to(server.port.url)
        for name in (str(link), f"spy://{server.port.url}"):
            wire = GaugeOpener(f"gauge:mark10@{name}", SystemClock())()
            try:
                assert wire.is_simulated, name
            finally:
                wire.close()
