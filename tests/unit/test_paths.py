"""The folder of a chair: closed where it is the chair's alone, left as it is where it is not."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.record_samples import filled_store
from torquemon import paths
from torquemon.cli import main

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file modes are POSIX")
Said = pytest.CaptureFixture[str]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_a_folder_of_other_things_is_left_open_and_that_is_said_once(
    chair_folder: Path, capsys: Said
) -> None:
    chair_folder.mkdir()
    chair_folder.chmod(0o755)
    (chair_folder / "thesis.odt").write_bytes(b"of somebody")
    assert main(["patient", "show"]) == 1
    assert mode(chair_folder) == 0o755
    said = capsys.readouterr().err
    assert f"can look into {chair_folder}, which holds more" in said
    assert "set TORQUEMON_HOME to a folder of its own" in said
    assert main(["patient", "--number", "4711"]) == 0
    assert mode(chair_folder) == 0o755
    assert mode(chair_folder / "waiting_patient.json") == 0o600
    assert capsys.readouterr().err == "", "once is enough"


def test_a_folder_for_everybody_is_never_closed(chair_folder: Path) -> None:
    """As /tmp is: with the sticky bit, perhaps empty, and perhaps of this user (root)."""
    chair_folder.mkdir()
    chair_folder.chmod(0o1777)
    paths.home()
    assert mode(chair_folder) == 0o1777


def test_a_folder_that_is_the_chairs_alone_is_closed(chair_folder: Path, capsys: Said) -> None:
    filled_store(chair_folder, seconds=0.6)[0].close()
    for name in ("calibrations", "reports"):
        (chair_folder / name).mkdir()
    for name in ("settings.toml", "recorder-0a1b.log", "handpieces.json", "air.connected"):
        (chair_folder / name).touch()
    chair_folder.chmod(0o755)
    assert paths.home() == chair_folder
    assert mode(chair_folder) == 0o700
    assert capsys.readouterr().err == ""


def test_what_is_made_is_closed(chair_folder: Path) -> None:
    before = os.umask(0)
    try:
        paths.home()
    finally:
        os.umask(before)
    assert mode(chair_folder) == 0o700


def test_the_users_own_folder_may_be_written_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    monkeypatch.setenv(paths.HOME_VARIABLE, "~/chair")
    assert paths.home() == tmp_path / "ada" / "chair"
    assert not (tmp_path / "~").exists()
    monkeypatch.setenv(paths.HOME_VARIABLE, "~nobody-of-this-name/chair")
    with pytest.raises(paths.HomeError, match="write the whole path"):
        paths.home()
