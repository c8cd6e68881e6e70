"""The page on the simulator shows what the simulator does now."""

from __future__ import annotations

from pathlib import Path

from hw_sim.figures import BEGIN, END, main

PAGE = Path(__file__).parents[2] / "docs" / "simulator.md"


def test_the_figures_of_the_page_are_those_of_the_code(tmp_path: Path) -> None:
    copy = tmp_path / "simulator.md"
    text = PAGE.read_text(encoding="utf-8")
    assert BEGIN in text
    assert END in text
    copy.write_text(text, encoding="utf-8")
    assert main([str(copy)]) == 0
    assert copy.read_text(encoding="utf-8") == text, "run: python -m hw_sim.figures on the page"
