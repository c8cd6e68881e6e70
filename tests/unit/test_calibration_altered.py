"""Only figures that the kept steps give are signed; damage in one file is a sentence about it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.calibration_cases import AN_ID, content
from tests.parts import needed
from torquemon.calibration.evaluated import gives_its_result
from torquemon.calibration.store import sign, write
from torquemon.cli import main
from torquemon.drivers.correction_store import FOLDER, load_corrections
from torquemon.model import Origin

needed("GTC", "calibrate")
LATER_ID = "01M83CGKKBF03ZCC6S09E778ZE"
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path))
    return tmp_path


def edit(home: Path, change: Change, *, name: str = AN_ID, unsigned: bool = False) -> None:
    """Change a stored check as somebody would who knows how it is written."""
    path = home / FOLDER / f"{name}.json"
    first, _, rest = path.read_bytes().partition(b"\n")
    fields = json.loads(first)
    change(fields)
    path.write_bytes(rfc8785.dumps(fields) + b"\n" + (b"" if unsigned else rest))


def set_gain(fields: dict[str, Any]) -> None:
    fields["result"]["gain"]["value"] = 0.9


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(("calibrate", *words)) == 2
    error = capsys.readouterr().err
    assert error.startswith("torquemon calibrate: ")
    assert error.count("\n") == 1
    return error


@pytest.mark.requirement("REQ-CAL-1")
@pytest.mark.parametrize(
    "change",
    [
        set_gain,
        lambda f: f["result"]["corrected_ncm"].update(u_expanded=0.01),
        lambda f: f["result"]["offset_ncm"].update(value=0.0),
        lambda f: f["result"].update(steps=99),
        lambda f: f["result"]["gain"]["parts"].pop(),
        lambda f: f["result"]["levels"].pop(),
        lambda f: f.update(plateaus=[]),
        lambda f: f.update(plateaus=f["plateaus"][:3]),
        lambda f: f["plateaus"][5].update(handpiece_ncm=4.4),
        lambda f: f.update(reference=None),
        lambda f: f["result"].update(more=1),
        lambda f: f["handpiece"].update(step_ncm=1.0),
    ],
)
def test_an_altered_check_is_not_signed(
    change: Change, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content())
    edit(home, change)
    assert "was altered" in refused(capsys, "--sign", "last")
    assert not load_corrections(home).by_device


@pytest.mark.requirement("REQ-CAL-1")
@pytest.mark.parametrize("whose", ["this chair's", "another's", "half"])
def test_a_check_altered_after_it_was_signed_is_not_signed_again(
    whose: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content())
    sign(home, AN_ID)
    edit(home, lambda fields: fields.update(operator="me"))  # the figures are those of the steps
    if whose == "another's":
        (home / "chair.key").unlink()
    if whose == "half":
        path = home / FOLDER / f"{AN_ID}.json"
        path.write_bytes(path.read_bytes()[:-9])
    assert "was altered after it was signed: measure again" in refused(capsys, "--sign", AN_ID)
    assert not load_corrections(home).by_device
    capsys.readouterr()
    assert main(("calibrate", "--list")) == 0
    assert "not applied" in capsys.readouterr().out


def test_a_sound_check_of_another_key_is_signed_again(home: Path) -> None:
    write(home, content())
    sign(home, AN_ID)
    (home / "chair.key").unlink()
    assert main(("calibrate", "--sign", "last")) == 0
    assert load_corrections(home).of("SIM-0001", Origin.SIMULATED) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f["result"]["gain"].update(dof="x"),
        lambda f: f["result"]["levels"][0].update(target_ncm="5"),
        lambda f: f["result"].pop("series"),
    ],
)
def test_a_damaged_result_is_neither_signed_nor_shown(
    change: Change, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content())
    edit(home, change)
    assert "damaged" in refused(capsys, "--sign", "last")
    assert "damaged" in refused(capsys, "--show", "last")
    assert main(("calibrate", "--list")) == 0
    assert "not applied: the result of this check is damaged" in capsys.readouterr().out


def test_without_the_part_for_uncertainty_nothing_is_signed(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    write(home, content())
    monkeypatch.setitem(sys.modules, "GTC", None)
    assert "pip install 'torquemon[calibrate]'" in refused(capsys, "--sign", "last")
    assert not load_corrections(home).by_device


@settings(deadline=None, max_examples=25)
@given(st.floats(-1e-8, 1e-8), st.randoms(use_true_random=False))
def test_the_last_digits_of_another_numeric_library_alter_nothing(share: float, rng: Any) -> None:  # noqa: ANN401 - of hypothesis
    made = json.loads(json.dumps(content()))

    def bent(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        if isinstance(value, dict):
            return {name: bent(part) for name, part in value.items()}
        if isinstance(value, list):
            return [bent(part) for part in value]
        return value * (1.0 + share) if isinstance(value, float) else value

    made["result"] = bent(made["result"])
    rng.shuffle(made["result"]["gain"]["parts"])
    assert gives_its_result(made)
    made["result"]["gain"]["value"] += 1e-5
    assert not gives_its_result(made)


# --- one damaged file among others --------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f["result"]["gain"].update(dof="x"),
        lambda f: f["result"]["gain"].update(value=1e300),
        lambda f: f.update(measured_utc="garbage"),
        lambda f: f.pop("measured_utc"),
    ],
)
def test_one_damaged_check_hides_no_other(
    change: Change, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content())
    write(home, content(LATER_ID))
    edit(home, change, name=LATER_ID)
    assert main(("calibrate", "--list")) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert AN_ID in first
    assert LATER_ID in second
    assert main(("calibrate", "--drift", str(tmp_path / "d.svg"))) == 0
    told = capsys.readouterr()
    assert AN_ID in told.out
    assert told.err == f"torquemon calibrate: check {LATER_ID} is damaged and left out\n"


@pytest.mark.requirement("REQ-CAL-1")
def test_a_copy_under_another_name_is_listed_as_the_monitor_takes_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content())
    sign(home, AN_ID)
    folder = home / FOLDER
    for name in (LATER_ID, "copy"):
        shutil.copy(folder / f"{AN_ID}.json", folder / f"{name}.json")
    assert main(("calibrate", "--list")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("signed")
    assert all("not applied: its file bears another name" in line for line in lines[1:])
    assert len(load_corrections(home).troubles) == 2
    assert "was altered by hand" in refused(capsys, "--sign", "copy")


@pytest.mark.parametrize(
    "fields",
    [
        {"result": None, "reference": {"bad": 1}},
        {"result": None, "reference": []},
        {"result": None, "reference": {"text": "", "k": 0, "share": 0.1, "ncm": None}},
        {"result": None, "gauge": None},
        {"result": None, "handpiece": {"step_ncm": "x"}},
    ],
)
def test_a_damaged_check_without_a_result_is_a_sentence(
    fields: dict[str, Any], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content() | fields)
    assert "damaged" in refused(capsys, "--show", "last")
    assert main(("calibrate", "--list")) == 0


@pytest.mark.parametrize("kept", [0, 3])
def test_a_certificate_without_steps_is_a_sentence(
    kept: int, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = content()
    write(home, made | {"plateaus": made["plateaus"][:kept]})
    out = tmp_path / "c.pdf"
    assert "steps are missing" in refused(capsys, "--show", AN_ID, "--pdf", str(out))
    assert not out.exists()


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_whatever_one_field_says_is_shown_listed_and_drawn_or_is_a_sentence(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = json.loads(json.dumps(content()))
    at: Any = made
    while True:
        key = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            break
        at = at[key]
    numbers = st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
    at[key] = data.draw(st.none() | st.booleans() | numbers | st.text(max_size=5) | st.just([]))
    folder = tmp_path_factory.mktemp("home")
    (folder / FOLDER).mkdir()
    (folder / FOLDER / f"{AN_ID}.json").write_text(json.dumps(made) + "\n", "utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TORQUEMON_HOME", str(folder))
        assert main(("calibrate", "--list")) == 0
        for words in (("--show", "last"), ("--drift", str(folder / "d.svg")), ("--sign", "last")):
            assert main(("calibrate", *words)) in {0, 2}


# --- removing -----------------------------------------------------------------------------------


def test_a_check_is_removed_and_nothing_else(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content())
    sign(home, AN_ID)
    write(home, content(LATER_ID))
    assert main(("calibrate", "--remove", LATER_ID)) == 0
    assert LATER_ID in capsys.readouterr().out
    assert [path.stem for path in (home / FOLDER).iterdir()] == [AN_ID]
    assert load_corrections(home).troubles == ()


@pytest.mark.requirement("REQ-CAL-1")
def test_a_check_that_is_applied_is_removed_only_with_yes(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(home, content())
    sign(home, AN_ID)
    assert "--yes" in refused(capsys, "--remove", AN_ID)
    assert load_corrections(home).by_device
    assert main(("calibrate", "--remove", AN_ID, "--yes")) == 0
    assert not load_corrections(home).by_device
    assert "no handpiece was checked" in refused(capsys, "--remove", AN_ID)


def test_a_damaged_or_unfinished_check_can_be_removed(home: Path) -> None:
    write(home, content() | {"result": None})
    (home / FOLDER / f"{LATER_ID}.json").write_bytes(b"{}")
    for name in (AN_ID, LATER_ID):
        assert main(("calibrate", "--remove", name)) == 0
    assert list((home / FOLDER).iterdir()) == []
