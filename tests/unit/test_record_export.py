"""An export that fails leaves what stood there: CSV, table and Parquet."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import needed
from tests.record_samples import filled_store
from torquemon import paths
from torquemon.cli import main
from torquemon.record.store import Store

UNKNOWN = "01J0000000000000000000000A"


@pytest.fixture
def old(chair_folder: Path, tmp_path: Path) -> Path:
    """A record, and a file of before where the export is to stand."""
    filled_store(chair_folder, seconds=0.6)[0].close()
    path = tmp_path / "out" / "ex.csv"
    path.parent.mkdir()
    path.write_bytes(b"of before")
    return path


def stays(path: Path) -> None:
    assert path.read_bytes() == b"of before"
    assert [found.name for found in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("form", [[], ["--csv"], ["--parquet"]])
def test_an_unknown_insertion_leaves_the_file(
    old: Path, form: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", UNKNOWN, *form, "--output", str(old)]) == 2
    assert "no insertion" in capsys.readouterr().err
    stays(old)


class Full(io.BytesIO):
    """A disk that is full after some bytes."""

    def write(self, data: object, /) -> int:
        del data
        raise OSError(28, os.strerror(28))

    def fileno(self) -> int:
        return 99


@pytest.mark.parametrize("form", ["--csv", "--table", "--dictionary", "--parquet"])
def test_a_full_disk_leaves_the_file(
    old: Path,
    form: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if form == "--parquet":
        needed("pyarrow", "parquet")
    real = os.fdopen

    def full(handle: int, *words: object) -> io.BytesIO:
        real(handle, "wb").close()
        assert words == ("wb",)
        return Full()

    monkeypatch.setattr("torquemon.record.whole_file.os.fdopen", full)
    assert main(["export", "last", form, "--output", str(old)]) == 2
    said = capsys.readouterr().err
    assert said == f"torquemon: {old} cannot be written: No space left on device\n"
    stays(old)


@pytest.mark.parametrize("form", ["--csv", "--parquet"])
def test_a_record_that_fails_midway_leaves_the_file(
    old: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Store.readings

    def half(self: Store, insertion_id: str) -> Iterator[object]:
        for number, reading in enumerate(real(self, insertion_id)):
            if number == 50:
                raise OSError(5, os.strerror(5))
            yield reading

    monkeypatch.setattr(Store, "readings", half)
    assert main(["export", "last", form, "--output", str(old)]) == 2
    stays(old)


def test_an_export_takes_the_place_for_this_user_only(old: Path) -> None:
    assert main(["export", "last", "--output", str(old)]) == 0
    assert old.read_text("utf-8").startswith("# SIMULATED")
    if os.name == "posix":
        assert old.stat().st_mode & 0o777 == 0o600


def test_parquet_holds_the_curve_and_its_facts(old: Path) -> None:
    pq = needed("pyarrow.parquet", "parquet")
    assert main(["export", "last", "--parquet", "--output", str(old)]) == 0
    table = pq.read_table(old)
    store = Store(paths.record_path())
    readings = list(store.readings(max(filter(None, store.insertion_ids()))))
    store.close()
    assert table.num_rows == len(readings) > 100
    assert table["torque_ncm"].to_pylist() == [reading.torque_ncm for reading in readings]
    assert table.schema.metadata[b"mark"] == b"SIMULATED"
