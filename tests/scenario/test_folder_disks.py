"""The folder on real file systems: full, gone, read-only, without links, cut off in the middle."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Never

import pytest

from tests.folder_cases import Papers, lying, make_case, opened, send
from torquemon.record.delivery.case import Receipt, Status
from torquemon.record.delivery.exporter import AwayError
from torquemon.record.folder import place as place_module
from torquemon.record.folder.exporter import from_settings

NAME = "P-1024_2026-01-01_maxilla-buccal"


@contextmanager
def mounted(path: Path, *options: str) -> Iterator[None]:
    """Mount a small file system in memory, or skip with the reason."""
    path.mkdir(exist_ok=True)
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("mounting a file system needs Linux and the right to mount (run as root)")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(("size=64k", *options)), "tmpfs", str(path)],  # noqa: S607 - the system's own
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        pytest.skip(f"a file system cannot be mounted here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=False, capture_output=True)  # noqa: S607


def remount(path: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(path)], check=True)  # noqa: S607


def test_a_full_disk_keeps_nothing_half_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    share = tmp_path / "share"
    with mounted(share):
        (share / "ballast").write_bytes(b"x" * 40_000)
        exporter = opened(share)
        big = make_case(documents=Papers("y" * 30_000))
        with pytest.raises(AwayError, match="is full: make room"):
            send(exporter, big)
        assert list(lying(share)) == ["ballast"]
        (share / "ballast").unlink()
        send(exporter, big, times=2)
        assert list(lying(share)) == [f"{NAME}{end}" for end in (".csv", ".json", ".pdf")]


def test_a_share_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    share = tmp_path / "share"
    with mounted(share):
        (share / ".here").touch()
        (share / "documents").mkdir()
        by_path = opened(share / "documents")
        by_marker = opened(share, marker=".here")
        by_mount = opened(share, mount_point=str(share))
        for exporter in (by_path, by_marker, by_mount):
            send(exporter, make_case())
    for exporter in (by_path, by_marker, by_mount):
        with pytest.raises(AwayError, match=r"wait until then"):
            exporter.check()
        with pytest.raises(AwayError, match=r"wait until then"):
            send(exporter, make_case(2))
    assert list(share.iterdir()) == []
    with mounted(share):
        (share / ".here").touch()
        send(by_marker, make_case(2))
        assert f"{NAME}.pdf" in lying(share)


def test_a_read_only_share_says_so(tmp_path: Path) -> None:
    share = tmp_path / "share"
    with mounted(share):
        remount(share, "ro")
        with pytest.raises(AwayError, match="give this user the right"):
            send(opened(share), make_case())
        remount(share, "rw")
        send(opened(share), make_case())


def test_a_share_that_knows_no_links_takes_reports_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(old: Path, new: Path) -> Never:
        raise PermissionError(1, "Operation not permitted", str(old), None, str(new))

    monkeypatch.setattr(os, "link", refuse)
    exporter = opened(tmp_path)
    (tmp_path / f"{NAME}.pdf").write_bytes(b"somebody's")
    receipt = send(exporter, make_case(), times=3)
    send(exporter, make_case(revision=9, status=Status.AMENDED, previous=receipt), times=3)
    assert lying(tmp_path)[f"{NAME}.pdf"] == b"somebody's"
    assert len(lying(tmp_path)) == 7


class PowerCutError(BaseException):
    """Stands for the end of the process."""


STORY = (
    ("first", 5, Status.FINAL, "P-1"),
    ("amended", 9, Status.AMENDED, "P-1"),
    ("moved", 12, Status.AMENDED, "P-2"),
    ("withdrawn", 15, Status.WITHDRAWN, "P-2"),
)


def told(path: Path, cut_at: int, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, bytes], int]:
    """Tell the story with a power cut before the n-th change; return what lies there, and n."""
    changes = 0
    exporter = opened(path)

    def counted(name: str, real: object) -> object:
        def act(*args: object, **kwargs: object) -> object:
            nonlocal changes
            changes += 1
            if changes == cut_at:
                raise PowerCutError(name)
            return real(*args, **kwargs)  # type: ignore[operator] # what os has

        return act

    with monkeypatch.context() as patch:
        for owner, name in ((os, "link"), (Path, "replace"), (Path, "unlink")):
            patch.setattr(owner, name, counted(name, getattr(owner, name)))
        receipt: Receipt | None = None
        for _, revision, status, patient in STORY:
            case = make_case(revision=revision, status=status, patient=patient, previous=receipt)
            try:
                receipt = send(exporter, case)
            except PowerCutError:
                receipt = send(
                    from_settings("again", {"path": str(path), "time_zone": "UTC"}), case
                )
    return lying(path), changes


def test_a_power_cut_at_any_change_ends_in_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, changes = told(tmp_path / "whole", 0, monkeypatch)
    assert changes > 20
    for cut_at in range(1, changes + 1):
        found, _ = told(tmp_path / f"cut{cut_at}", cut_at, monkeypatch)
        assert set(found) == set(whole), cut_at
        assert found == whole, cut_at


def test_a_watcher_sees_a_report_only_when_its_sidecars_lie_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[str]] = []
    real = place_module.Place.put_new

    def watched(self: place_module.Place, name: str, content: bytes) -> None:
        real(self, name, content)
        seen.append({name for name in lying(tmp_path) if not name.startswith(".")})

    monkeypatch.setattr(place_module.Place, "put_new", watched)
    send(opened(tmp_path), make_case())
    for names in seen:
        stems = {re.sub(r"\.\w+$", "", name) for name in names}
        for stem in stems:
            if f"{stem}.pdf" in names:
                assert {f"{stem}.json", f"{stem}.csv"} <= names
