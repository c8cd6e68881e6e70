"""A file that somebody asked for is there whole, for them only, or not at all."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path

import pytest

from torquemon.record.whole_file import whole_text, write_whole

posix = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and devices are POSIX")


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


def test_a_text_that_fails_midway_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "curve.csv"
    path.write_bytes(b"old")

    def half() -> None:
        with whole_text(path) as file:
            file.write("half\n")
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="the power went"):
        half()
    assert path.read_bytes() == b"old"
    with whole_text(path) as file:
        file.write("N·cm\n")
    assert path.read_bytes() == "N·cm\n".encode()
    assert [found.name for found in tmp_path.iterdir()] == ["curve.csv"]


@posix
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(elsewhere / "real.csv")
    for data in (b"first", b"second"):
        write_whole(link, data)
        assert link.is_symlink()
        assert (elsewhere / "real.csv").read_bytes() == data
    circle = tmp_path / "circle"
    circle.symlink_to(circle)
    with pytest.raises(OSError, match=r"circle|symbolic links"):
        write_whole(circle, b"no")


@posix
def test_a_pipe_takes_the_bytes_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"a curve")
    reader.join(10)
    assert got == [b"a curve"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [found.name for found in tmp_path.iterdir()] == ["pipe"]
