"""The folder from which patients come in: each file once, the wrong ones left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.record_samples import filled_store
from torquemon import paths
from torquemon.cli import main
from torquemon.clock import ManualClock
from torquemon.local.sentences import translated
from torquemon.record.gdt.codec import Field, Record, encode
from torquemon.record.gdt.inbox import SETTLE_S, Inbox, InboxSettings
from torquemon.record.gdt.patient import GdtPatient
from torquemon.record.gdt.patients import Patients, config_path, keep, load
from torquemon.record.gdt.waiting import last_taken, waiting_path, waiting_patient
from torquemon.record.history import whole
from torquemon.record.opening import open_store


def request(number: str = "4711", name: str = "Müller", kind: str = "6302", to: str = "") -> bytes:
    fields = [
        *([Field("8315", to)] if to else []),
        Field("3000", number),
        Field("3101", name),
        Field("3102", "Änne"),
        Field("3103", "01041975"),
    ]
    return encode(Record(kind, tuple(fields), "cp437"))


def box(path: Path, clock: ManualClock | None = None, **settings: object) -> Inbox:
    path.mkdir(exist_ok=True)
    return Inbox(InboxSettings(path=path, **settings), clock or ManualClock())  # type: ignore[arg-type]


def test_a_patient_comes_in_once_and_the_file_is_gone(tmp_path: Path) -> None:
    inbox = box(tmp_path / "in")
    (tmp_path / "in" / "TORQPVS.001").write_bytes(request())
    came = inbox.look()
    assert came.patient is not None
    assert came.patient.number == "4711"
    assert list((tmp_path / "in").iterdir()) == []
    assert inbox.look().patient is None
    found = waiting_patient(ManualClock())
    assert found is not None
    assert (found.reference, found.name, found.birth_date) == ("4711", "Müller, Änne", "1975-04-01")
    assert waiting_path().stat().st_mode & 0o077 == 0 or os.name == "nt"


def test_files_can_be_kept_in_done(tmp_path: Path) -> None:
    inbox = box(tmp_path / "in", after="done")
    for _ in range(3):
        (tmp_path / "in" / "TORQPVS.001").write_bytes(request())
        assert inbox.look().patient is not None
    names = sorted(each.name for each in (tmp_path / "in" / "done").iterdir())
    assert names == ["TORQPVS.001", "TORQPVS_2.001", "TORQPVS_3.001"]


def test_the_newest_of_several_waits(tmp_path: Path) -> None:
    inbox = box(tmp_path / "in")
    for number in (1, 2, 3):
        path = tmp_path / "in" / f"x{number}.gdt"
        path.write_bytes(request(str(number)))
        moment = ManualClock().utc_now().timestamp() + number
        os.utime(path, (moment, moment))
    inbox.look()
    found = waiting_patient(ManualClock())
    assert found is not None
    assert found.reference == "3"


def test_a_request_from_before_the_night_brings_nobody(tmp_path: Path) -> None:
    """The computer was off, and the file of the last patient still lies there."""
    clock = ManualClock()
    inbox = box(tmp_path / "in", clock, keep_min=60)
    path = tmp_path / "in" / "PVSTORQ.001"
    for minutes, comes in ((61, False), (59, True)):
        path.write_bytes(request("4711"))
        moment = clock.utc_now().timestamp() - 60 * minutes
        os.utime(path, (moment, moment))
        came = inbox.look()
        assert (came.patient is not None) is comes
        assert (waiting_patient(clock) is not None) is comes
        assert not path.exists()
        assert ("older than 60 minutes" in came.said) is not comes
        assert inbox.look().said == came.said  # it stands until somebody comes
        told = translated(came.said, "de", ",")
        assert ("im Ordner" in told and "noch einmal wählen" in told) is not comes


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("PVSTORQ.001", request(kind="6310")),
        ("EKGPVS.001", request(to="EKG")),
        ("letter.txt", request()),
        ("x.gdt.part", request()),
        (".gdt-lock", b""),
    ],
)
def test_what_is_not_for_us_is_left_alone_without_a_word(
    tmp_path: Path, name: str, raw: bytes
) -> None:
    inbox = box(tmp_path / "in", receiver="TORQ")
    (tmp_path / "in" / name).write_bytes(raw)
    for _ in range(3):
        came = inbox.look()
        assert (came.patient, came.said) == (None, "")
    assert (tmp_path / "in" / name).read_bytes() == raw


def test_a_file_that_cannot_be_used_is_left_with_a_sentence(tmp_path: Path) -> None:
    inbox = box(tmp_path / "in")
    path = tmp_path / "in" / "x.gdt"
    path.write_bytes(b"01380006302\r\n01430004711\r\n")
    for _ in range(3):
        said = inbox.look().said
        assert "says 14 bytes and has 13" in said
        assert "4711" not in said
    path.write_bytes(request())
    came = inbox.look()
    assert came.patient is not None
    assert came.said == ""


def test_a_file_that_is_being_written_gets_its_time(tmp_path: Path) -> None:
    clock = ManualClock()
    inbox = box(tmp_path / "in", clock)
    path = tmp_path / "in" / "x.gdt"
    whole_file = request()
    for end in range(0, len(whole_file), 7):
        path.write_bytes(whole_file[:end])
        came = inbox.look()
        assert (came.patient, came.said) == (None, "")
        clock.advance(1.0)
    path.write_bytes(whole_file)
    assert inbox.look().patient is not None


def test_a_file_that_stays_cut_off_is_said(tmp_path: Path) -> None:
    clock = ManualClock()
    inbox = box(tmp_path / "in", clock)
    (tmp_path / "in" / "x.gdt").write_bytes(request()[:-3])
    assert inbox.look().said == ""
    clock.advance(SETTLE_S + 1)
    assert "cut off" in inbox.look().said


def test_a_file_that_cannot_be_removed_is_not_taken_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = box(tmp_path / "in")
    (tmp_path / "in" / "x.gdt").write_bytes(request())

    real = Path.unlink

    def refuse(self: Path, *, missing_ok: bool = False) -> None:
        if self.suffix == ".gdt":
            raise PermissionError(13, "Permission denied", str(self))
        real(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    came = inbox.look()
    assert came.patient is not None
    assert "cannot be removed" in came.said
    again = box(tmp_path / "in")  # the recorder was started anew
    assert again.look().patient is None


def test_nobody_waits_after_an_hour_or_under_another_clock(tmp_path: Path) -> None:
    clock = ManualClock()
    inbox = box(tmp_path / "in", clock)
    (tmp_path / "in" / "x.gdt").write_bytes(request())
    inbox.look()
    clock.advance(59 * 60)
    assert waiting_patient(clock) is not None
    clock.advance(2 * 60)
    assert waiting_patient(clock) is None
    early = ManualClock(ManualClock().utc_now().replace(year=2025))
    assert waiting_patient(early) is None


def test_a_name_does_not_stay_once_nobody_waits(tmp_path: Path) -> None:
    clock = ManualClock()
    patients = Patients(clock)
    box(tmp_path / "in", clock)
    (tmp_path / "in" / "x.gdt").write_bytes(request())
    config_path().write_text(f'[gdt]\npath = "{(tmp_path / "in").as_posix()}"\n')
    patients.look()
    assert "ller" in waiting_path().read_text()
    clock.advance(61 * 60)
    patients.look()
    left = last_taken()
    assert left is not None
    assert (left.reference, left.name, left.birth_date) == ("", "", "")


@given(st.binary(max_size=300))
def test_a_damaged_note_of_who_waits_is_nobody(raw: bytes) -> None:
    waiting_path().write_bytes(raw)
    assert waiting_patient(ManualClock()) is None


def test_a_folder_that_is_gone_is_said(tmp_path: Path) -> None:
    inbox = box(tmp_path / "in")
    (tmp_path / "in").rmdir()
    assert "cannot be read" in inbox.look().said


def test_the_record_learns_a_name_once_and_only_where_it_may(tmp_path: Path) -> None:
    store, (insertion_id, *_) = filled_store(tmp_path)
    patient = GdtPatient("P-1", "Müller", "Änne")
    assert keep(store, patient)
    assert not keep(store, patient)
    person = whole(store, insertion_id, with_person=True).person
    assert person is not None
    assert person.name == "Müller^Änne"
    store.close()


def test_the_thread_reads_its_settings_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patients = Patients(ManualClock())
    patients.look()
    assert patients.said == ""
    config_path().write_text('[gdt]\npth = "x"\n')
    for _ in range(2):
        patients.look()
    assert "there is no setting pth" in patients.said
    assert capsys.readouterr().err.count("\n") == 1
    (tmp_path / "in").mkdir()
    config_path().write_text(f'[gdt]\npath = "{(tmp_path / "in").as_posix()}"\n')
    (tmp_path / "in" / "x.gdt").write_bytes(request())
    patients.look()
    assert patients.said == ""
    assert waiting_patient(ManualClock()) is not None


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("x", "cannot be read"),
        ("", "one table is needed"),
        ('[gdt]\npath = "in"\n', "whole path"),
        ('[gdt]\npath = "/in"\nkeep_min = 0\n', "keep_min"),
        ('[gdt]\npath = "/in"\nencoding = "latin"\n', "encoding"),
    ],
)
def test_a_bad_setting_is_one_sentence(
    config: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config_path().write_text(config)
    assert main(["patient", "check"]) == 2
    assert said in capsys.readouterr().err


def test_the_command_takes_shows_and_forgets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.gdt"
    file.write_bytes(request())
    assert main(["patient"]) == 1
    assert main(["patient", "--gdt", str(file)]) == 0
    assert main(["patient", "show"]) == 0
    assert "4711 waits: Müller, Änne, 1975-04-01 (from command line)" in capsys.readouterr().out
    assert main(["patient", "--number", "12", "--name", "Doe^Jane"]) == 0
    assert main(["patient", "forget"]) == 0
    assert last_taken() is None
    assert main(["patient", "show"]) == 1
    assert file.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--gdt", "/nowhere/x.gdt"], "cannot be read"),
        (["--number", "1", "--birth-date", "1.4.75"], "YYYY-MM-DD"),
        (["--number", "1", "--birth-date", "9975-04-01"], "lies in the future"),
        (["--number", "\x1b[2J"], "--number is a line"),
        (["--name", "Doe"], "whose are they"),
        (["--gdt", "/nowhere/x.gdt", "--encoding", "latin"], "--encoding is one of"),
    ],
)
def test_a_bad_word_is_one_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["patient", *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_names_go_into_the_record_where_the_settings_allow_it(tmp_path: Path) -> None:
    assert load() is None
    store, ids = filled_store(paths.home())
    store.close()
    config_path().write_text(f'[gdt]\npath = "{tmp_path.as_posix()}"\nstore_names = true\n')
    assert main(["patient", "--number", "P-1", "--name", "Doe^Jane"]) == 0
    store = open_store()
    person = whole(store, ids[0], with_person=True).person
    store.close()
    assert person is not None
    assert person.name == "Doe^Jane"
