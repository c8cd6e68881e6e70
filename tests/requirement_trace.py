"""Binds tests to the requirements of docs/safety/requirements.toml. A pytest plugin.

`@pytest.mark.requirement("REQ-STOP-1")` on a test, a class or (as `pytestmark`) a module says what
it verifies. Any run refuses an id that does not exist. A run of the whole suite fails on a
requirement of verification *test* for which no marked test passed, and on a trace page that is not
current; a run of a part of the suite cannot know and says nothing. `--write-trace` writes the page
from what was collected, so `--collect-only` is enough for it. Where pytest-xdist shares the tests
among processes, each tells what it knows and the one that reads them all concludes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest

REQUIREMENTS: Final = Path("docs/safety/requirements.toml")
TRACE_PAGE: Final = Path("docs/safety/trace.md")
MARK: Final = "requirement"
VERIFICATIONS: Final = ("test", "review", "open")
_FIELDS: Final = frozenset({"text", "rationale", "hazards", "verification", "evidence"})
_PARTIAL_OPTIONS: Final = (
    "keyword",
    "markexpr",
    "deselect",
    "ignore",
    "ignore_glob",
    "lf",
    "stepwise",
)
"""Options under which a run is not one of the whole suite, whatever its arguments are."""


class RequirementError(ValueError):
    """The table of requirements is wrong, and where."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence that can be verified. `evidence`: what was reviewed, or why it is open."""

    id: str
    text: str
    rationale: str
    hazards: tuple[str, ...]
    verification: str
    evidence: str


def load_requirements(path: Path) -> Mapping[str, Requirement]:
    """Read the table. Raises RequirementError."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise RequirementError(f"{path} cannot be read: {error}") from error
    return MappingProxyType({name: _requirement(name, fields) for name, fields in raw.items()})


def _requirement(name: str, fields: Mapping[str, Any]) -> Requirement:
    unknown = set(fields) - _FIELDS
    if unknown:
        raise RequirementError(f"{name}: unknown field {min(unknown)}")
    if fields.get("verification") not in VERIFICATIONS:
        raise RequirementError(f"{name}: verification is one of {', '.join(VERIFICATIONS)}")
    for needed in ("text", "rationale", "hazards"):
        if not fields.get(needed):
            raise RequirementError(f"{name}: {needed} is missing")
    if fields["verification"] != "test" and not fields.get("evidence"):
        raise RequirementError(f"{name}: what is not tested says in `evidence` why")
    return Requirement(
        name,
        fields["text"],
        fields["rationale"],
        tuple(fields["hazards"]),
        fields["verification"],
        fields.get("evidence", ""),
    )


@dataclass
class Trace:
    """What a run knows about the requirements. `tests` names the marked tests of each one."""

    requirements: Mapping[str, Requirement]
    page: Path
    write: bool = False
    whole: bool = True
    tests: dict[str, set[str]] = field(default_factory=dict)
    passed: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    _of_item: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def bind(self, item: pytest.Item) -> None:
        """Note what `item` verifies. Raises UsageError on an id that does not exist."""
        ids: list[str] = []
        for node, mark in item.iter_markers_with_node(MARK):
            if not mark.args or mark.kwargs or not all(isinstance(a, str) for a in mark.args):
                raise pytest.UsageError(f"{item.nodeid}: the mark {MARK} takes ids, as strings")
            for requirement_id in mark.args:
                if requirement_id not in self.requirements:
                    raise pytest.UsageError(
                        f"{item.nodeid} verifies {requirement_id}, which is not in {REQUIREMENTS}"
                    )
                ids.append(requirement_id)
                self.tests.setdefault(requirement_id, set()).add(_name(node))
        self._of_item[item.nodeid] = tuple(ids)

    def ran(self, report: pytest.TestReport) -> None:
        """Note the outcome of a test."""
        if report.when == "call" and report.passed:
            self.passed.update(self._of_item.get(report.nodeid, ()))

    def told(self) -> dict[str, Any]:
        """Return what a worker knows, in plain values."""
        tests = {name: sorted(by) for name, by in self.tests.items()}
        return {"tests": tests, "passed": sorted(self.passed), "whole": self.whole}

    def hear(self, told: Mapping[str, Any]) -> None:
        """Take what a worker knows."""
        for name, by in told["tests"].items():
            self.tests.setdefault(name, set()).update(by)
        self.passed.update(told["passed"])
        self.whole = self.whole and told["whole"]

    def unverified(self) -> list[str]:
        """Return the requirements of verification *test* that no passed test verifies."""
        return [
            requirement.id
            for requirement in self.requirements.values()
            if requirement.verification == "test" and requirement.id not in self.passed
        ]

    def conclude(self, *, ran: bool) -> None:
        """Say what is wrong after a run (or a mere collection) of the whole suite."""
        if not self.whole:
            return
        if ran:
            self.complaints += [
                f"{name} is verified by no passed test" for name in self.unverified()
            ]
        page = trace_page(self.requirements, self.tests)
        if self.write:
            self.page.write_text(page, encoding="utf-8", newline="\n")
        elif not self.page.exists() or self.page.read_text(encoding="utf-8") != page:
            self.complaints.append(
                f"{self.page} is not current: `python -m pytest --collect-only -q --write-trace` "
                "writes it"
            )


def _name(node: pytest.Item | pytest.Collector | Any) -> str:  # noqa: ANN401 - any node
    """Return where a mark stands, without the parameters of a test."""
    return str(node.nodeid).split("[", maxsplit=1)[0]


def trace_page(requirements: Mapping[str, Requirement], tests: Mapping[str, Iterable[str]]) -> str:
    """Return the trace matrix, the same for the same tests in any order."""
    counts = {
        kind: sum(r.verification == kind for r in requirements.values()) for kind in VERIFICATIONS
    }
    summary = (
        f"{len(requirements)} requirements: {counts['test']} verified by test, "
        f"{counts['review']} by review, {counts['open']} open"
    )
    lines = [
        "# Trace matrix",
        "",
        "Written by `python -m pytest --collect-only -q --write-trace` from",
        "[requirements.toml](requirements.toml) and the marks in `tests/`; not edited by hand. A",
        "run of the whole suite fails where a requirement of verification *test* has no passed",
        "test or this page is not current. A name without `::` is a whole module.",
        "",
        f"{summary}.",
        "",
        "| requirement | hazards | verification | by |",
        "|---|---|---|---|",
    ]
    lines += [_row(r, sorted(tests.get(r.id, ()))) for r in requirements.values()]
    return "\n".join([*lines, ""])


def _row(requirement: Requirement, tests: Sequence[str]) -> str:
    by = [f"`{name}`" for name in tests]
    if requirement.evidence:
        by.append(requirement.evidence.replace("|", "\\|"))
    text = requirement.text.replace("|", "\\|")
    return (
        f"| **{requirement.id}** {text} | {', '.join(requirement.hazards)} "
        f"| {requirement.verification} | {'<br>'.join(by) or 'nothing yet'} |"
    )


# --- hooks of pytest ----------------------------------------------------------------------------

_TRACE: Final = pytest.StashKey[Trace]()
_TOLD: Final = "torquemon_requirements"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--write-trace`."""
    group = parser.getgroup("requirements")
    group.addoption(
        "--write-trace",
        action="store_true",
        help=f"write {TRACE_PAGE} from the tests that were collected",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the requirements; without the file there is nothing to trace."""
    path = config.rootpath / REQUIREMENTS
    if not path.exists():
        return
    try:
        requirements = load_requirements(path)
    except RequirementError as error:
        raise pytest.UsageError(str(error)) from error
    write = bool(config.getoption("--write-trace"))
    trace = Trace(requirements, config.rootpath / TRACE_PAGE, write)
    trace.whole = _asks_for_everything(config)
    config.stash[_TRACE] = trace


def _asks_for_everything(config: pytest.Config) -> bool:
    """Whether the arguments name the whole suite and no option narrows it."""
    if any(config.getoption(name, None) for name in _PARTIAL_OPTIONS):
        return False
    roots = [(config.rootpath / path).resolve() for path in config.getini("testpaths")]
    asked = [(config.invocation_params.dir / arg).resolve() for arg in config.args]
    return all(any(root == path or path in root.parents for path in asked) for root in roots)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bind every test that was collected, before any is deselected."""
    trace = config.stash.get(_TRACE, None)
    if trace is not None:
        for item in items:
            trace.bind(item)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """A run without some of the tests is not one of the whole suite."""
    for item in items[:1]:
        trace = item.config.stash.get(_TRACE, None)
        if trace is not None:
            trace.whole = False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:  # noqa: ANN401 - pytest's generator protocol
    """Note what passed."""
    report = yield
    trace = item.config.stash.get(_TRACE, None)
    if trace is not None:
        trace.ran(report)
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that passed but left a requirement unverified or the page old."""
    trace = session.config.stash.get(_TRACE, None)
    if trace is None:
        return
    if hasattr(session.config, "workeroutput"):  # of pytest-xdist: one of several processes
        session.config.workeroutput[_TOLD] = trace.told()
        return
    if exitstatus != pytest.ExitCode.OK:
        return
    trace.conclude(ran=not session.config.getoption("collectonly"))
    if trace.complaints:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - of pytest-xdist
    """Hear what a worker knows; one that broke down knows nothing."""
    trace = node.config.stash.get(_TRACE, None)
    told = getattr(node, "workeroutput", {}).get(_TOLD)
    if trace is not None and told is not None:
        trace.hear(told)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what is wrong."""
    trace = config.stash.get(_TRACE, None)
    if trace is None or not trace.complaints:
        return
    terminalreporter.section("requirements")
    for complaint in trace.complaints:
        terminalreporter.line(complaint, red=True)
