"""Prints a report: `torquemon report`, then the practice's own print command, beside the recorder.

The command is a list of arguments and never a line for a shell; the path of the report is its last.
Both run in a thread that only waits, so that the recorder goes on sounding alarms.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from torquemon.record.errors import RefusedError
from torquemon.record.report_job import report_path
from torquemon.settings import load
from torquemon.text import clean

LONGEST_S: Final = 60.0
_WORDS_CHARS: Final = 200


def _as_the_practice_prints() -> list[str]:
    """Return the print command as the settings have it now."""
    return load().settings.print_words()


class PrintJob:
    """At most one at a time. `said` is how it fares, a sentence; empty where none was asked for."""

    def __init__(
        self,
        report: Sequence[str] = (sys.executable, "-m", "torquemon", "report"),
        command: Callable[[], list[str]] = _as_the_practice_prints,
    ) -> None:
        self.said = ""
        self._report = report
        self._command = command
        self._thread: threading.Thread | None = None

    def begin(self, insertion_id: str) -> str:
        """Begin to print; return the sentence for the operator. Raises RefusedError."""
        if self._thread is not None and self._thread.is_alive():
            return "a report is being printed: wait for it"
        words = self._command()
        if not words:
            raise RefusedError("no print command is set up: name one in the settings, such as lp")
        path = report_path(insertion_id)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self.said = "the report is being printed"
        self._thread = threading.Thread(
            target=self._print, args=(insertion_id, path, words), name="print", daemon=True
        )
        self._thread.start()
        return self.said

    def wait(self, timeout_s: float) -> None:
        """Wait until it is over. For tests."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _print(self, insertion_id: str, path: Path, words: list[str]) -> None:
        why = _run([*self._report, insertion_id, "--pdf", str(path)])
        if why:
            self.said = f"the report was not made: {why}"
            return
        why = _run([*words, str(path)])
        self.said = f"the report was not printed: {why}" if why else "the report was printed"


def _run(words: Sequence[str]) -> str:
    """Run a command; return what is wrong, or nothing."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=LONGEST_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{clean(words[0], 60)} did not end within {LONGEST_S:g} s"
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return f"{clean(words[0], 60)} cannot be run ({clean(why, 80)})"
    if done.returncode == 0:
        return ""
    said = clean(done.stderr.decode("utf-8", errors="replace"), _WORDS_CHARS)
    return said or f"{clean(words[0], 60)} ended with code {done.returncode}"
