"""Makes a report beside the recorder: `torquemon report` as a process, asked about later."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from torquemon import paths
from torquemon.record.errors import RecordError
from torquemon.text import clean

_LOG_BYTES: Final = 2000


def report_path(insertion_id: str) -> Path:
    """Where a report is put that was asked for on a screen. Raises HomeError."""
    return paths.home() / "reports" / f"{insertion_id}.pdf"


def forget_reports(ids: Iterable[str]) -> None:
    """Remove the reports that screens asked for, of insertions that are erased.

    Raises RecordError where one of them cannot be removed.
    """
    for insertion_id in ids:
        path = report_path(insertion_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise RecordError(
                f"{path} shows what is to be erased and cannot be removed ({error.strerror}): "
                "close whatever shows it, then erase again"
            ) from error


class ReportJob:
    """At most one report at a time."""

    def __init__(self, command: tuple[str, ...] = (sys.executable, "-m", "torquemon")) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._said = ""
        self._path = Path()

    @property
    def said(self) -> str:
        """How the report fares, a sentence; empty where none was asked for."""
        process = self._process
        if process is not None and process.poll() is not None:
            self._process = None
            words = process.stderr.read(_LOG_BYTES) if process.stderr else b""
            if process.stderr:
                process.stderr.close()
            why = clean(words.decode("utf-8", errors="replace"), 300)
            if process.returncode == 0:
                self._said = f"the report is in {self._path}"
            else:
                self._said = f"the report was not made: {why}"
        return self._said

    def begin(self, insertion_id: str) -> str:
        """Begin a report; return the sentence for the operator."""
        if self._process is not None and self._process.poll() is None:
            return "a report is being made: wait for it"
        self._path = report_path(insertion_id)
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        words = [*self._command, "report", insertion_id, "--pdf", str(self._path)]
        self._process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self._said = f"the report is being made: {self._path}"
        return self._said

    def close(self) -> None:
        """End what is under way."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(5)
