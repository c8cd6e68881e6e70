"""A dashboard that fails is opened again; what it says of it names no patient."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from torquemon import launcher
from torquemon.local.states import Role
from torquemon.tui.app import DashboardApp


class Screen:
    """Stands for the dashboard: fails as often as it is told."""

    failures = 0
    starts: list[bool]

    def __init__(self, *, start_recording: bool) -> None:
        self.starts.append(start_recording)
        self.failed = len(self.starts) <= self.failures
        self.return_value = None if self.failed else 0

    @classmethod
    def waiting_for(cls, _: Any, *, start_recording: bool, **__: Any) -> Screen:  # noqa: ANN401 - stands for any
        return cls(start_recording=start_recording)

    def set_class(self, *_: Any) -> None:  # noqa: ANN401 - as above
        """Nothing is drawn."""

    def run(self) -> None:
        """Nothing is drawn."""


@pytest.mark.parametrize(
    ("failures", "code", "starts"), [(0, 0, 1), (1, 0, 2), (2, 0, 3), (9, 1, 3)]
)
def test_a_screen_that_fails_is_opened_again_and_starts_nothing_anew(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failures: int,
    code: int,
    starts: int,
) -> None:
    monkeypatch.setattr(Screen, "failures", failures)
    monkeypatch.setattr(Screen, "starts", [], raising=False)
    monkeypatch.setattr("torquemon.tui.app.DashboardApp", Screen)
    assert launcher.run_dashboard(Role.CONTROL, start_recording=True) == code
    assert Screen.starts == [True] + [False] * (starts - 1)
    said = capsys.readouterr().err
    assert said.count("opened again") == min(failures, starts)
    assert ("left closed" in said) == (code != 0)


def test_what_a_failed_screen_leaves_is_its_place_without_a_word_of_the_patient(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Broken(DashboardApp):
        def on_ready(self) -> None:
            raise ValueError("Geheim, Anna")

    async def shown(app: DashboardApp) -> None:
        async with app.run_test(size=(120, 40)):
            pass

    app = Broken(None)
    with pytest.raises(ValueError, match="Geheim"):
        asyncio.run(shown(app))
    assert app.failed
    said = capsys.readouterr().err
    assert "ValueError in test_launcher_screens.py" in said
    assert "Geheim" not in said


def test_a_screen_that_had_worked_for_long_is_opened_again_however_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Screen, "failures", 2 * launcher.SCREENS)
    monkeypatch.setattr(Screen, "starts", [], raising=False)
    monkeypatch.setattr("torquemon.tui.app.DashboardApp", Screen)
    monkeypatch.setattr(launcher, "SCREEN_LIVED_S", 0.0)
    assert launcher.run_dashboard(Role.CONTROL, start_recording=False) == 0
    assert len(Screen.starts) == 2 * launcher.SCREENS + 1
