"""Pictures for the documentation: the real dashboard, and nothing from the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.tui_views import block, view
from torquemon.tui.picture import export_picture


@pytest.mark.requirement("REQ-SEC-5")
def test_tui_picture_shows_the_view_and_calls_nobody(tmp_path: Path) -> None:
    path = tmp_path / "dashboard.svg"
    export_picture(view(), block([8.0] * 2000), path)
    svg = path.read_text(encoding="utf-8").replace("&#160;", " ")
    assert "SIMULATED" in svg
    assert "RECORDING" in svg
    assert "@font-face" not in svg
    assert svg.count("http") == svg.count("http://www.w3.org/") + svg.count(
        "<!-- Generated with Rich https://www.textualize.io -->"
    )


def test_tui_picture_has_all_colours_on_any_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLORTERM")
    monkeypatch.setenv("TERM", "dumb")
    path = tmp_path / "dashboard.svg"
    export_picture(view(), None, path)
    assert "#35c89b" in path.read_text(encoding="utf-8")
