"""`torquemon run`: the practice's own defaults, where the sound goes, and what is said first."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys

import pytest

from torquemon.cli import build_parser
from torquemon.run_command import _as_the_practice_has_it, _recorder, _too_busy
from torquemon.settings import Settings, save


def parsed(*words: str) -> argparse.Namespace:
    return build_parser().parse_args(words)


@pytest.mark.usefixtures("chair_folder")
def test_what_the_command_line_names_goes_before_the_settings() -> None:
    save(Settings(operator="Dr. A", site="midpalate", screw="generic"))
    args = parsed("run", "--port", "x", "--site", "maxilla-buccal")
    assert _as_the_practice_has_it(args) == "operator, screw"
    assert (args.operator, args.site, args.screw) == ("Dr. A", "maxilla-buccal", "generic")


@pytest.mark.usefixtures("chair_folder")
@pytest.mark.parametrize("command", [("run", "--port", "x"), ("demo",)])
def test_the_sound_goes_where_the_command_line_says(command: tuple[str, ...]) -> None:
    assert _recorder(parsed(*command))[-1] == "--sound=loudspeaker"
    assert _recorder(parsed(*command, "--sound", "off"))[-1] == "--sound=off"


@pytest.mark.usefixtures("chair_folder")
def test_an_unknown_scenario_is_said_before_the_missing_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "torquemon", "run", "--sim", "nope"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "nope" in done.stderr
    assert "terminal" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_simulator_is_not_asked_of_the_monitor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        parsed("monitor", "--sim", "nominal")
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "torquemon run --sim" in said or "torquemon demo --headless" in said


class Told:
    """An alert or event of a record, as far as it is asked for."""

    def __init__(self, code: str, why: str = "", **fields: str) -> None:
        self.code = self.what = code
        self.why, self.fields = why, fields


@pytest.mark.parametrize(
    ("alerts", "events", "said"),
    [
        ([], [], ""),
        ([Told("near_limit")], [Told("arm asked")], ""),
        ([], [Told("halt", reason="LEASE_EXPIRED")], "supervision came too late"),
        ([Told("stale_data", "no measurement for more than 250 ms")], [], "no measurement"),
    ],
)
def test_a_demo_that_the_computer_could_not_keep_up_with_is_said_to_be_one(
    alerts: list[Told], events: list[Told], said: str
) -> None:
    whole = argparse.Namespace(alerts=alerts, events=events)
    found = _too_busy(argparse.Namespace(whole=whole))  # type: ignore[arg-type] # as above
    assert said in found
    assert bool(found) is bool(said)
    assert _too_busy(argparse.Namespace(whole=None))  # type: ignore[arg-type] # as above
