"""Breaks the stop path and the limits on purpose, one mistake at a time, and counts who notices.

`make mutate` copies the tree, puts each mistake of mutations.toml into a copy (an exact text that
must stand there once), runs a bounded set of quick tests until the first failure, and writes
docs/safety/mutations.md. A mistake that no test notices is listed there. Nothing here touches the
tree that it was started from, but for that page.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
TABLE: Final = Path(__file__).with_name("mutations.toml")
PAGE: Final = ROOT / "docs" / "safety" / "mutations.md"
COPIED: Final = (
    "torquemon",
    "hw_sim",
    "tests",
    "docs",
    "locks",
    "pyproject.toml",
    "README.md",
)
TIMEOUT_S: Final = 180.0
WORKERS: Final = 2
WANTED_SHARE: Final = 0.95
_NICE: Final = 10
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+?)(?:\[.*)?(?: - .*)?$", re.MULTILINE)


class MutationError(Exception):
    """The table does not fit the tree, or the tests are not green to begin with."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One mistake: in `file` the text `before`, which stands there once, becomes `after`."""

    id: str
    what: str
    file: str
    before: str
    after: str
    requirement: str
    tests: tuple[str, ...]
    reason: str
    """Why nobody notices, where that is known; empty otherwise."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mistake. `by` names the test that noticed it, or is empty."""

    mutation: Mutation
    by: str
    seconds: float

    @property
    def caught(self) -> bool:
        """Whether a test failed or hung."""
        return bool(self.by)


def load(path: Path = TABLE) -> list[Mutation]:
    """Read the table. Raises MutationError."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    suites: Mapping[str, list[str]] = raw["suites"]
    found = [_mutation(fields, suites) for fields in raw["mutation"]]
    ids = [mutation.id for mutation in found]
    if len(set(ids)) != len(ids):
        raise MutationError("two mutations have the same id")
    return found


def _mutation(fields: Mapping[str, Any], suites: Mapping[str, list[str]]) -> Mutation:
    file = fields["file"]
    suite = fields.get("suite") or next((name for name in suites if file.startswith(name)), None)
    if suite is None:
        raise MutationError(f"{fields['id']}: no suite for {file}")
    return Mutation(
        fields["id"],
        fields["what"],
        file,
        fields["before"],
        fields["after"],
        fields["requirement"],
        (*fields.get("tests", ()), *suites[suite]),
        fields.get("reason", ""),
    )


def mutated(mutation: Mutation, root: Path) -> str:
    """Return the text of the file with the mistake in it. Raises MutationError."""
    text = (root / mutation.file).read_text(encoding="utf-8")
    count = text.count(mutation.before)
    if count != 1:
        raise MutationError(f"{mutation.id}: its text stands {count} times in {mutation.file}")
    changed = text.replace(mutation.before, mutation.after)
    try:
        compile(changed, mutation.file, "exec")
    except SyntaxError as error:
        raise MutationError(f"{mutation.id} is no Python any more: {error}") from error
    return changed


def copy_tree(target: Path, commit: str | None) -> None:
    """Put the tree into `target`: the files as they lie there, or those of a commit."""
    target.mkdir()
    if commit is None:
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", ".mypy_cache")
                shutil.copytree(source, target / name, ignore=ignored)
            else:
                shutil.copy2(source, target / name)
        return
    command = ["git", "-C", str(ROOT), "archive", commit, *COPIED]
    archive = subprocess.run(command, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(target)], check=True, input=archive)  # noqa: S607


def run_tests(root: Path, tests: Sequence[str], timeout_s: float) -> str:
    """Run tests until the first failure; return who failed, empty where all passed.

    Raises MutationError where the run itself went wrong.
    """
    files = [path for pattern in tests for path in sorted(root.glob(pattern))]
    if not files:
        raise MutationError(f"no tests: {', '.join(tests)}")
    command = [
        *(sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider"),
        *("--hypothesis-profile=mutation", "--tb=no"),
        *(str(path.relative_to(root)) for path in dict.fromkeys(files)),
    ]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(root)}
    process = subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        _kill(process)
        return f"no end within {timeout_s:g} s"
    if process.returncode == 0:
        return ""
    failed = _FAILED.search(said)
    if failed is None:
        raise MutationError(f"pytest ended with {process.returncode}:\n{said[-2000:]}")
    return failed[1]


def _kill(process: subprocess.Popen[str]) -> None:
    """End the tests and what they started."""
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def judge(mutation: Mutation, root: Path, timeout_s: float) -> Outcome:
    """Put the mistake into the copy at `root`, run its tests, and take it out again."""
    path = root / mutation.file
    original = path.read_text(encoding="utf-8")
    began_s = time.monotonic()
    try:
        path.write_text(mutated(mutation, root), encoding="utf-8")
        by = run_tests(root, mutation.tests, timeout_s)
    finally:
        path.write_text(original, encoding="utf-8")
    return Outcome(mutation, by, time.monotonic() - began_s)


def judge_all(mutations: Sequence[Mutation], commit: str | None, timeout_s: float) -> list[Outcome]:
    """Judge every mutation in copies of the tree, two at a time. Raises MutationError."""
    with tempfile.TemporaryDirectory(prefix="torquemon-mutate-") as folder:
        roots: queue.Queue[Path] = queue.Queue()
        for number in range(WORKERS):
            root = Path(folder) / f"tree{number}"
            copy_tree(root, commit)
            roots.put(root)
        root = roots.get()
        for mutation in mutations:
            mutated(mutation, root)
        everything = tuple(dict.fromkeys(test for m in mutations for test in m.tests))
        failed = run_tests(root, everything, 5 * timeout_s)
        roots.put(root)
        if failed:
            raise MutationError(f"the tests are not green to begin with: {failed}")

        def one(mutation: Mutation) -> Outcome:
            mine = roots.get()
            try:
                outcome = judge(mutation, mine, timeout_s)
            finally:
                roots.put(mine)
            state = f"caught by {outcome.by}" if outcome.caught else "NOT CAUGHT"
            sys.stdout.write(f"{mutation.id:8} {outcome.seconds:5.1f} s  {state}\n")
            sys.stdout.flush()
            return outcome

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(one, mutations))


def page(outcomes: Sequence[Outcome]) -> str:
    """Return the page."""
    missed = [outcome for outcome in outcomes if not outcome.caught]
    lines = [
        "# Broken on purpose",
        "",
        "Written by `make mutate`; not edited by hand. Each row is one mistake in the stop path,",
        "the limits, the link or the firmware twin (the exact texts stand in",
        "[mutations.toml](../../tests/safety/mutations.toml)). A mistake is caught when one of the",
        "quick tests of its part fails; the first one is named. The mistakes were chosen by hand:",
        "the share says how well the tests notice mistakes like these, not all mistakes. The first",
        "run caught 104 of 113: for eight of the others a test was written, one changed nothing",
        "that anybody could see and was replaced. A run of all 146 later left three that code had",
        "grown around (ARM-07, ARM-08, LEASE-10): a test was written for each.",
        "",
        f"**{score(outcomes)}.**",
        "",
        "| id | in | mistake | requirement | caught by |",
        "|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        m = outcome.mutation
        by = f"`{outcome.by.replace('tests/', '', 1)}`" if outcome.caught else "**nobody**"
        lines.append(f"| {m.id} | `{m.file}` | {m.what} | {m.requirement} | {by} |")
    lines += ["", "## Not caught", ""]
    lines += [
        f"- **{o.mutation.id}** ({o.mutation.what}): {o.mutation.reason or 'a test is missing'}."
        for o in missed
    ] or ["None."]
    return "\n".join([*lines, ""])


def score(outcomes: Sequence[Outcome]) -> str:
    """Return the share in one sentence."""
    caught = sum(outcome.caught for outcome in outcomes)
    return f"{caught} of {len(outcomes)} caught ({100 * caught / len(outcomes):.1f} %)"


def main() -> int:
    """Run. Exit code 1 where too many mistakes stay unnoticed, 2 where nothing could be said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", default=[], help="judge this id only")
    parser.add_argument("--commit", help="judge the files of this commit, not those of the tree")
    parser.add_argument("--timeout", type=float, default=TIMEOUT_S, help="seconds a mutation")
    args = parser.parse_args()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        mutations = [m for m in load() if not args.only or m.id in args.only]
        outcomes = judge_all(mutations, args.commit, args.timeout)
    except MutationError as error:
        sys.stderr.write(f"mutate: {error}\n")
        return 2
    if not args.only:
        PAGE.write_text(page(outcomes), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{score(outcomes)}\n")
    return 0 if sum(o.caught for o in outcomes) >= WANTED_SHARE * len(outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main())
