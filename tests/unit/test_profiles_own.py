"""A clinic's own screw: taken if it is sound, refused with line and reason if not."""

from __future__ import annotations

from pathlib import Path

import pytest

from torquemon.profiles import ProfileError, builtin, with_own
from torquemon.profiles.own import parse_own
from torquemon.signal.setup import JudgeSetup

GOOD = """version = "2026-03"

[screw."acme-1.6x8"]
name = "Acme 1.6 x 8 mm"
diameter_mm = 1.6
body_mm = 8.0
pitch_mm = 0.8
flare_to_mm = 2.0
flare_mm = 1.5
fracture_torque_ncm = 32.0

[window.acme]
name = "Acme, mandible"
low_ncm = 6.0
high_ncm = 14.0
source = "Acme, instructions for use"
"""


def test_a_sound_screw_is_taken_and_judged_with(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(GOOD, encoding="utf-8")
    catalogue = with_own(builtin(), path)
    window = catalogue.resolve_window("mandible-buccal", "acme")
    setup = JudgeSetup.for_insertion(catalogue.screw("acme-1.6x8"), window)
    assert setup.pitch_mm == 0.8
    assert setup.flare_mm == 1.5
    assert setup.fracture_torque_ncm == 32.0
    assert setup.limit_ncm == 14.0
    assert "own 2026-03" in catalogue.version
    assert "acme-1.6x8" not in builtin().screws


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("pitch_mm = 0.8", "pitch_mm = 80", "line 7.*pitch_mm"),
        ("pitch_mm = 0.8", "pitch_mm = nan", "line 7.*pitch_mm"),
        ("pitch_mm = 0.8", 'pitch_mm = "wide"', "line 7.*pitch_mm"),
        ("pitch_mm = 0.8", "pitch = 0.8", "line 7.*pitch"),
        ("pitch_mm = 0.8", "pitch_mm = ", "line 7"),
        ("high_ncm = 14.0", "high_ncm = 4.0", r"line 12.*low_ncm must be less"),
        ('name = "Acme, mandible"', "", r"line 12.*name"),
        ("[window.acme]", "[windows.acme]", "line 12: unknown table"),
        ("[window.acme]", "[window.alveolar-5-15]", "line 12.*already"),
        ('version = "2026-03"', "", "version"),
        ("acme-1.6x8", "ACME", r"line 3.*screw.ACME"),
    ],
)
def test_a_bad_profile_is_refused_with_line_and_reason(old: str, new: str, what: str) -> None:
    with pytest.raises(ProfileError, match=what):
        parse_own(builtin(), GOOD.replace(old, new), "own.toml")


def test_no_file_and_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="cannot be read"):
        with_own(builtin(), tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProfileError, match="UTF-8"):
        with_own(builtin(), tmp_path / "bad.toml")
