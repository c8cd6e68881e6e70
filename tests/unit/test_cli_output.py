"""What happens where the output of a command cannot be written: one sentence, no traceback."""

from __future__ import annotations

import argparse
import errno
import subprocess
import sys
from pathlib import Path

import pytest

from torquemon import cli

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.is_char_device(), reason="no /dev/full here")
@pytest.mark.parametrize("words", [["--version"], ["sounds", "--list"], ["devices"]])
def test_a_full_disk_behind_the_output_is_one_sentence(words: list[str]) -> None:
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "torquemon", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == cli.EXIT_NOT_WRITTEN
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.stderr.strip()


def test_a_file_that_fails_in_the_midst_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(_: argparse.Namespace) -> int:
        raise OSError(errno.EIO, "Input/output error", "/some/where\x1b[2J")

    parser = argparse.ArgumentParser()
    parser.set_defaults(run=fails)
    monkeypatch.setattr(cli, "build_parser", lambda: parser)
    monkeypatch.setattr(cli, "let_go_of_stdout", lambda: None)
    assert cli.main([]) == cli.EXIT_NOT_WRITTEN
    said = capsys.readouterr().err
    assert "/some/where" in said
    assert "Input/output error" in said
    assert said.strip().isprintable()
