"""A file that somebody asked for is there whole, for them only, or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from torquemon.record.whole_file import write_whole


def test_it_replaces_what_stood_there_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert [found.name for found in tmp_path.iterdir()] == ["page.pdf"]
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o077 == 0


def test_what_cannot_be_written_leaves_the_old_one_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["page.pdf"]
