"""`torquemon dicom` from the first look to a sent report, with an archive in this process."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.cases import signed_store
from tests.dicom_cases import Shelf, shelf
from torquemon.chair_lock import ChairLock
from torquemon.cli import main
from torquemon.record.delivery.watching import lock_path


@pytest.fixture
def insertion(chair_folder: Path) -> str:
    store, insertion_id = signed_store(chair_folder)
    store.close()
    return insertion_id


@pytest.fixture
def there(chair_folder: Path, insertion: str) -> Iterator[Shelf]:
    del insertion  # the record comes first
    with shelf() as found:
        (chair_folder / "destinations.toml").write_text(
            f'[pacs]\nkind = "dicom"\nnot_real = true\nhost = "127.0.0.1"\nport = {found.port}\n'
            'called_ae = "ARCHIVE"\ntime_zone = "UTC"\ntimeout_s = 5\n'
        )
        yield found


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """Run the program; return all that it said."""
    assert main(["dicom", *words]) == code
    out, error = capsys.readouterr()
    assert "Traceback" not in error
    return out + error


def test_preview_needs_no_archive_and_writes_for_this_user_only(
    insertion: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shown = said(capsys, "preview", "last")
    assert "(0010,0020) LO Patient ID: P-1\n" in shown
    assert "(0042,0010) ST Document Title: SIMULATED: Insertion torque report" in shown
    assert "Encapsulated Document: " in shown
    assert "%PDF" not in shown
    file = tmp_path / "report.dcm"
    assert str(file) in said(capsys, "preview", insertion, "--output", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert dcmread(file).PatientID == "P-1"
    assert list(tmp_path.glob(".torquemon-*")) == []


def test_send_says_where_it_went_and_sends_again_without_a_second_instance(
    there: Shelf, insertion: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        told = said(capsys, "send", insertion, "--to", "pacs")
        assert told == f"pacs: sent to the archive ARCHIVE at 127.0.0.1:{there.port}\n"
    assert len(there.stored) == 2
    assert len(there.kept) == 1
    there.status = 0xB000
    assert "with a remark (0xB000" in said(capsys, "send", "last")


def test_send_to_an_archive_that_refuses_or_is_away_says_why(
    there: Shelf, capsys: pytest.CaptureFixture[str], chair_folder: Path
) -> None:
    there.status = 0xC001
    assert "refuses this report (0xC001" in said(capsys, "send", "last", code=1)
    there.status = 0xA701
    assert "no room or resources left" in said(capsys, "send", "last", code=1)
    settings = chair_folder / "destinations.toml"
    settings.write_text(settings.read_text().replace("ARCHIVE", "A" * 17))
    assert "called_ae must be an AE title" in said(capsys, "send", "last", code=2)


def test_what_is_not_due_is_not_sent_and_says_what_is_missing(
    there: Shelf, capsys: pytest.CaptureFixture[str], chair_folder: Path
) -> None:
    settings = chair_folder / "destinations.toml"
    settings.write_text(settings.read_text().replace("not_real = true\n", ""))
    assert "not_real = true" in said(capsys, "send", "last", code=1)
    assert there.stored == []


def test_echo_names_each_archive(there: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "echo").startswith("pacs: the archive ARCHIVE at 127.0.0.1")
    assert said(capsys, "echo", "pacs").endswith("NOT ENCRYPTED\n")
    assert "there is no archive 'x'; set up are: pacs" in said(capsys, "echo", "x", code=2)
    there.status = 0


def test_a_running_program_sends_by_itself(
    there: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = ChairLock(lock_path())
    assert lock.acquire()
    try:
        assert "sends it by itself" in said(capsys, "send", "last")
    finally:
        lock.release()
    assert there.stored == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("preview", "last"), "nothing was recorded yet"),
        (("send", "last"), "no archive is set up"),
        (("echo",), "no archive is set up"),
        (("preview", "last", "--to", "x"), "there is no archive 'x'; set up are: none"),
    ],
)
def test_what_is_missing_is_a_sentence(
    words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in said(capsys, *words, code=2)


def test_what_cannot_be_done_is_a_sentence(
    insertion: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    gone = tmp_path / "no" / "such.dcm"
    told = said(capsys, "preview", insertion, "--output", str(gone), code=2)
    assert "cannot be written" in told
    assert "no insertion" in said(capsys, "preview", "01KB0000000000000000000000", code=2)
