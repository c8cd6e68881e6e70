"""The plugin that binds tests to requirements, run inside suites of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.requirement_trace import REQUIREMENTS

ROOT = Path(__file__).resolve().parents[2]

TABLE = """
[REQ-A]
text = "A is so."
rationale = "because"
hazards = ["HAZ-1"]
verification = "test"

[REQ-B]
text = "B is not built yet."
rationale = "because"
hazards = ["HAZ-1"]
verification = "open"
evidence = "comes with sound"
"""
GOOD = """
import pytest

@pytest.mark.requirement("REQ-A")
def test_a():
    pass

def test_other():
    pass
"""
COLLECT = ("--collect-only", "-q", "--write-trace")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty suite with the plugin and two requirements."""
    monkeypatch.syspath_prepend(ROOT)
    pytester.makeini(
        "[pytest]\ntestpaths = checks\naddopts = --strict-markers -p tests.requirement_trace\n"
        "markers =\n  requirement(id): verifies\n"
    )
    (pytester.path / REQUIREMENTS).parent.mkdir(parents=True)
    (pytester.path / REQUIREMENTS).write_text(TABLE, encoding="utf-8")
    (pytester.path / "checks").mkdir()
    return pytester


def put(suite: pytest.Pytester, code: str, name: str = "test_it.py") -> None:
    (suite.path / "checks" / name).write_text(code, encoding="utf-8")


def page(suite: pytest.Pytester) -> str:
    return (suite.path / REQUIREMENTS).with_name("trace.md").read_text(encoding="utf-8")


def test_a_whole_run_with_everything_verified_is_green(suite: pytest.Pytester) -> None:
    put(suite, GOOD)
    assert suite.runpytest_inprocess(*COLLECT).ret == 0
    assert suite.runpytest_inprocess().ret == 0
    assert "`checks/test_it.py::test_a`" in page(suite)
    assert "| open | comes with sound |" in page(suite)
    assert "2 requirements: 1 verified by test, 0 by review, 1 open." in page(suite)


def test_workers_tell_what_each_of_them_verified(suite: pytest.Pytester) -> None:
    two = ("-n2", "--dist=loadfile")
    put(suite, GOOD)
    put(suite, "def test_more(): pass", "test_more.py")
    assert suite.runpytest_inprocess(*COLLECT).ret == 0
    assert suite.runpytest_subprocess(*two).ret == 0
    put(suite, GOOD.replace("    pass", "    pytest.skip('not here')"))
    result = suite.runpytest_subprocess(*two)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["REQ-A is verified by no passed test"])
    assert suite.runpytest_subprocess(*two, "-k", "other").ret == 0  # a part cannot know


def test_an_unknown_requirement_stops_any_run(suite: pytest.Pytester) -> None:
    put(suite, GOOD.replace("REQ-A", "REQ-Z"))
    for arguments in ((), ("-k", "other"), ("checks/test_it.py::test_other",), COLLECT):
        result = suite.runpytest_inprocess(*arguments)
        wanted = 0 if "::" in "".join(arguments) else pytest.ExitCode.USAGE_ERROR
        assert result.ret == wanted, arguments


@pytest.mark.parametrize(
    "code",
    [
        "def test_a(): pass",
        GOOD.replace("    pass", "    pytest.skip('not here')"),
        GOOD.replace("def test_a", "@pytest.mark.xfail\ndef test_a").replace(
            "test_a():\n    pass", "test_a():\n    assert False"
        ),
    ],
    ids=["not marked", "skipped", "expected to fail"],
)
def test_a_whole_run_fails_where_nothing_passed(suite: pytest.Pytester, code: str) -> None:
    put(suite, code)
    suite.runpytest_inprocess(*COLLECT)
    result = suite.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*REQ-A is verified by no passed test*"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("checks/test_it.py",),
        ("-k", "other"),
        ("-m", "not requirement"),
        ("--deselect", "checks/test_it.py::test_a"),
        ("--ignore", "checks/test_more.py"),
        ("checks/test_it.py::test_other",),
        ("--lf",),
    ],
)
def test_a_run_of_a_part_blames_nobody(suite: pytest.Pytester, arguments: tuple[str, ...]) -> None:
    put(suite, "def test_other(): pass\ndef test_a(): pass")
    put(suite, "def test_more(): pass", "test_more.py")
    assert suite.runpytest_inprocess(*arguments).ret == 0


@pytest.mark.parametrize("arguments", [(), ("checks",), (".",)])
def test_the_whole_suite_may_be_named_in_several_ways(
    suite: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    put(suite, "def test_other(): pass")
    assert suite.runpytest_inprocess(*arguments).ret == pytest.ExitCode.TESTS_FAILED


def test_an_old_page_fails_and_is_not_rewritten_unasked(suite: pytest.Pytester) -> None:
    put(suite, GOOD)
    suite.runpytest_inprocess(*COLLECT)
    before = page(suite)
    put(suite, GOOD.replace("test_a", "test_renamed"))
    result = suite.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*trace.md is not current*"])
    assert page(suite) == before
    assert suite.runpytest_inprocess("--write-trace").ret == 0
    assert "test_renamed" in page(suite)


def test_a_module_is_named_once_and_parameters_not_at_all(suite: pytest.Pytester) -> None:
    put(
        suite,
        "import pytest\npytestmark = pytest.mark.requirement('REQ-A')\n"
        "@pytest.mark.parametrize('n', [1, 2])\ndef test_a(n): pass\ndef test_b(): pass\n",
    )
    suite.runpytest_inprocess(*COLLECT)
    assert "| test | `checks/test_it.py` |" in page(suite)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('verification = "test"', 'verification = "hope"', "*REQ-A: verification is one of*"),
        ('evidence = "comes with sound"', "", "*REQ-B: what is not tested says*"),
        ('hazards = ["HAZ-1"]', "hazards = []", "*REQ-A: hazards is missing*"),
        ('text = "A is so."', "", "*REQ-A: text is missing*"),
        ('rationale = "because"', 'reason = "because"', "*REQ-A: unknown field reason*"),
        ("[REQ-A]", "[REQ-A", "*cannot be read*"),
    ],
)
def test_a_wrong_table_is_one_sentence(
    suite: pytest.Pytester, old: str, new: str, says: str
) -> None:
    (suite.path / REQUIREMENTS).write_text(TABLE.replace(old, new, 1), encoding="utf-8")
    put(suite, GOOD)
    result = suite.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([says])


@pytest.mark.parametrize("mark", ["requirement", "requirement(1)", "requirement(id='REQ-A')"])
def test_a_mark_without_an_id_is_refused(suite: pytest.Pytester, mark: str) -> None:
    put(suite, f"import pytest\n@pytest.mark.{mark}\ndef test_a(): pass\n")
    assert suite.runpytest_inprocess().ret == pytest.ExitCode.USAGE_ERROR
