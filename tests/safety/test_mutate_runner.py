"""The runner that breaks things on purpose: what it takes, what it refuses, what it writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.requirement_trace import REQUIREMENTS, load_requirements
from tests.safety.mutate import (
    ROOT,
    Mutation,
    MutationError,
    Outcome,
    judge,
    load,
    mutated,
    page,
    score,
)

BROKEN = Mutation(
    id="X-1",
    what="the wrong way round",
    file="thing.py",
    before="a < b",
    after="a > b",
    requirement="REQ-LIM-1",
    tests=("test_*.py",),
    reason="",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of its own with one function and one test."""
    (tmp_path / "thing.py").write_text("def less(a, b):\n    return a < b\n", encoding="utf-8")
    (tmp_path / "conftest.py").write_text(
        'from hypothesis import settings\nsettings.register_profile("mutation")\n', encoding="utf-8"
    )
    (tmp_path / "test_thing.py").write_text(
        "from thing import less\n\n\ndef test_less():\n    assert less(1, 2)\n", encoding="utf-8"
    )
    return tmp_path


def test_a_mistake_that_a_test_notices_is_caught_and_taken_out_again(tree: Path) -> None:
    before = (tree / "thing.py").read_text(encoding="utf-8")
    outcome = judge(BROKEN, tree, 60.0)
    assert outcome.caught
    assert outcome.by == "test_thing.py::test_less"
    assert (tree / "thing.py").read_text(encoding="utf-8") == before


def test_a_mistake_that_nobody_notices_is_said(tree: Path) -> None:
    outcome = judge(replace(BROKEN, after="a <= b"), tree, 60.0)
    assert not outcome.caught
    text = page([outcome, Outcome(BROKEN, "tests/a.py::test_b", 1.0)])
    assert "1 of 2 caught (50.0 %)" in text
    assert "- **X-1** (the wrong way round): a test is missing." in text
    assert "`a.py::test_b`" in text


def test_a_run_that_does_not_end_is_ended(tree: Path) -> None:
    endless = replace(BROKEN, before="    return a < b", after="    while True:\n        pass")
    assert judge(endless, tree, 3.0).by == "no end within 3 s"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"before": "a == b"}, "stands 0 times"),
        ({"before": "a"}, "times in thing.py"),
        ({"after": "a <"}, "no Python any more"),
    ],
)
def test_a_table_that_does_not_fit_the_tree_is_refused(
    tree: Path, change: dict[str, str], says: str
) -> None:
    with pytest.raises(MutationError, match=says):
        mutated(replace(BROKEN, **change), tree)  # type: ignore[arg-type] # the fields are texts


def test_tests_that_cannot_be_run_are_no_catch(tree: Path) -> None:
    with pytest.raises(MutationError, match="no tests"):
        judge(replace(BROKEN, tests=("nothing_*.py",)), tree, 60.0)


def test_the_table_names_requirements_and_tests_that_exist() -> None:
    requirements = load_requirements(ROOT / REQUIREMENTS)
    mutations = load()
    assert len(mutations) >= 20
    for mutation in mutations:
        assert mutation.requirement in requirements, mutation.id
        assert any(list(ROOT.glob(pattern)) for pattern in mutation.tests), mutation.id


def test_every_mistake_of_the_table_still_fits_the_code() -> None:
    runner = Path(__file__).name  # it would notice every mistake, and must judge none
    for mutation in load():
        assert mutated(mutation, ROOT)
        assert not any(runner in str(each) for p in mutation.tests for each in ROOT.glob(p))


def test_the_page_lists_every_mistake_of_the_table() -> None:
    text = (ROOT / "docs" / "safety" / "mutations.md").read_text(encoding="utf-8")
    for mutation in load():
        assert f"| {mutation.id} | `{mutation.file}` | {mutation.what} |" in text, mutation.id
    assert score([Outcome(BROKEN, "x", 1.0)]) == "1 of 1 caught (100.0 %)"
