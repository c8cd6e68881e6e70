"""A settings file whose brackets go on for ever is one sentence, in every program that reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from torquemon import settings
from torquemon.drivers.gauges.form import load_form
from torquemon.drivers.gauges.spec import GaugeError
from torquemon.profiles import ProfileError, builtin
from torquemon.profiles.own import parse_own
from torquemon.record.delivery import config
from torquemon.record.gdt import patients

DEEP = "a=" + "[" * 15_000


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    path = tmp_path / "deep.toml"
    path.write_text(DEEP)
    return path


def test_destinations(deep: Path) -> None:
    found = config.load(deep)
    assert found.destinations == ()
    assert "nothing is sent" in found.problems[0]


def test_settings(deep: Path) -> None:
    assert "the usual ones hold" in settings.load(deep).problems[0]


def test_patients(deep: Path) -> None:
    with pytest.raises(config.ConfigError, match="no patient comes in"):
        patients.load(deep)


def test_a_gauge(deep: Path) -> None:
    with pytest.raises(GaugeError, match="is no TOML file"):
        load_form(deep)


def test_profiles() -> None:
    with pytest.raises(ProfileError, match="deep"):
        parse_own(builtin(), DEEP, "deep")
