"""Block digits, the catalogue of words, and small pure helpers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

import torquemon.tui
from torquemon.local.messages import OrderName
from torquemon.local.view import ArmPhase, Band, LinkPhase, SessionPhase
from torquemon.model import AlertCode, Origin, VerdictKind
from torquemon.tui.paint import centred, clipped, fitted, wrapped
from torquemon.tui.widgets.digits import condensed, fit, format_torque
from torquemon.tui.widgets.glyphs import block_text, line_width
from torquemon.tui.words import catalogue, say


@pytest.mark.requirement("REQ-NUM-3")
@given(st.floats(-99.9, 99.9))
def test_tui_number_has_a_fixed_width_and_one_decimal(torque_ncm: float) -> None:
    text = format_torque(torque_ncm)
    assert len(text) == 5
    assert float(text) == pytest.approx(torque_ncm, abs=0.0501)


@pytest.mark.requirement("REQ-SHOW-1")
@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf")])
def test_tui_no_number_is_said_in_words(nothing: float | None) -> None:
    assert format_torque(nothing) == "NO DATA"


def test_tui_small_negative_torque_is_no_minus_zero() -> None:
    assert format_torque(-0.01) == "  0.0"


@given(st.integers(12, 200), st.integers(3, 40))
def test_tui_fitted_digits_stay_in_their_room(width: int, height: int) -> None:
    size = fit("-88.8", width, height)
    assert size.rows <= height
    if width >= 24:
        assert line_width("-88.8", size.wide, size.rows) <= width


@pytest.mark.requirement("REQ-NUM-3")
def test_tui_digits_differ_from_each_other_at_every_size() -> None:
    for rows in range(5, 25):
        wide = fit("-88.8", 300, rows).wide
        drawn = {block_text(digit, wide, rows) for digit in "0123456789"}
        assert len(drawn) == 10


@pytest.mark.parametrize("text", ["NO DATA", "MONITOR", "LOST", "-120.5"])
def test_tui_condensed_words_keep_the_height(text: str) -> None:
    size = condensed(text, 60, 11)
    drawn = block_text(text, size.wide, size.rows)
    assert len(drawn) == 11
    assert len({len(row) for row in drawn}) == 1
    assert len(drawn[0]) <= 60


@given(st.text(max_size=80), st.integers(1, 40))
def test_tui_text_is_fitted_to_the_cell(text: str, width: int) -> None:
    assert cell_len(fitted(text, width)) == width
    assert cell_len(centred(text, width)) == width


@given(st.text(alphabet="ab 漢é", max_size=200), st.integers(2, 40), st.integers(1, 6))
def test_tui_wrapping_loses_no_word(text: str, width: int, rows: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert len(clipped(text, width, rows)) <= rows


def test_tui_every_word_that_the_code_asks_for_is_in_the_catalogue() -> None:
    root = Path(torquemon.tui.__file__).parent
    keys = set()
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                keys |= {
                    str(leaf.value)
                    for leaf in ast.walk(node.args[0])
                    if isinstance(leaf, ast.Constant) and "." in str(leaf.value)
                }
    whole = {key for key in keys if not (key.startswith(".") or key.endswith("."))}
    assert whole
    assert whole <= set(catalogue("en"))


@pytest.mark.requirement("REQ-SHOW-4")
@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("band", Band),
        ("state", Band),
        ("arm", ArmPhase),
        ("code", AlertCode),
        ("link", LinkPhase),
        ("phase", SessionPhase),
        ("verdict", VerdictKind),
        ("order", OrderName),
        ("origin", [Origin.SIMULATED, Origin.REPLAYED]),
    ],
)
def test_tui_every_state_has_its_word(prefix: str, values: list[Band]) -> None:
    for value in values:
        assert say(f"{prefix}.{value.value}")
