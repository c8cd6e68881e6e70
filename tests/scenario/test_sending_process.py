"""Signed at the chair, and there by itself: the real recorder and the process that sends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.cases import signed_store
from tests.chairside import act, state, wait_for_recorder
from tests.processes import python, torquemon, wait_for
from torquemon import paths
from torquemon.chair_lock import ChairLock
from torquemon.local.archive import ActName
from torquemon.record.delivery.watching import lock_path

THERE_S = 30.0


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def unsigned() -> str:
    store, insertion_id = signed_store(paths.home(), signed=False)
    store.close()
    return insertion_id


def set_up(inbox: Path) -> None:
    (paths.home() / "destinations.toml").write_text(
        f'[inbox]\nkind = "folder"\npath = "{inbox}"\nnot_real = true\n'
    )


def pdfs(inbox: Path) -> list[str]:
    return sorted(found.name for found in inbox.glob("*.pdf"))


def sends() -> bool:
    return ChairLock(lock_path()).held_by_other()


def test_signed_at_the_chair_it_goes_out_by_itself(unsigned: str, inbox: Path) -> None:
    set_up(inbox)
    with python("torquemon", "recorder", "--sound=off") as recorder:
        wait_for_recorder()
        wait_for(lambda: state().outbox, THERE_S, "the destination is known")
        (line,) = state().outbox
        assert (line.destination, line.waiting, line.error) == ("inbox", 0, "")
        assert not pdfs(inbox)
        act(ActName.SIGN, unsigned)
        wait_for(lambda: pdfs(inbox), THERE_S, "the report is in the folder")
        assert pdfs(inbox) == ["SIMULATED_P-1_2026-01-01_maxilla-buccal.pdf"]
        assert act(ActName.SEND, unsigned).endswith("to: inbox")
        wait_for(lambda: state().outbox[0].waiting == 0, THERE_S, "it is there again")
        assert len(pdfs(inbox)) == 1
        recorder.send_signal(signal.SIGTERM)
        assert recorder.wait(THERE_S) == 0
    assert not sends()


def test_a_destination_that_is_away_is_said_and_comes_back(unsigned: str, inbox: Path) -> None:
    inbox.rmdir()
    set_up(inbox)
    with python("torquemon", "recorder", "--sound=off"):
        wait_for_recorder()
        wait_for(lambda: state().outbox, THERE_S, "the destination is known")
        act(ActName.SIGN, unsigned)
        wait_for(lambda: state().outbox[0].error, THERE_S, "what is wrong is said")
        assert state().outbox[0].waiting == 1
        inbox.mkdir()
        wait_for(lambda: pdfs(inbox), THERE_S, "it came by itself")
        wait_for(lambda: not state().outbox[0].error, THERE_S, "and all is well")


def test_set_up_while_it_runs(unsigned: str, inbox: Path) -> None:
    with python("torquemon", "recorder", "--sound=off"):
        wait_for_recorder()
        set_up(inbox)
        wait_for(lambda: state().outbox and sends(), THERE_S, "it is seen")
        wait_for(lambda: state().outbox[0].waiting == 0, THERE_S, "it is known")
        act(ActName.SIGN, unsigned)
        wait_for(lambda: pdfs(inbox), THERE_S, "the report is in the folder")


def test_a_killed_recorder_takes_the_sending_process_along(inbox: Path) -> None:
    set_up(inbox)
    with python("torquemon", "recorder", "--sound=off") as recorder:
        wait_for(sends, THERE_S, "it sends")
        os.kill(recorder.pid, signal.SIGKILL)
        wait_for(lambda: not sends(), THERE_S, "it ends too")


def test_two_do_not_send(inbox: Path, unsigned: str) -> None:
    set_up(inbox)
    del unsigned
    with python("torquemon", "outbox", "watch") as first:
        wait_for(sends, THERE_S, "it sends")
        second = torquemon("outbox", "watch")
        assert second.returncode == 2
        assert "another process of this chair sends already" in second.stderr
        asked = torquemon("outbox", "send")
        assert "sends by itself" in asked.stdout
        first.send_signal(signal.SIGTERM)
        assert first.wait(THERE_S) == 0


def test_a_mistake_in_the_file_is_one_sentence(inbox: Path, unsigned: str) -> None:
    del unsigned
    set_up(inbox)
    with (paths.home() / "destinations.toml").open("a") as file:
        file.write('[server]\nkind = "fhir"\nurl = 7\n')
    said = torquemon("outbox")
    assert "Traceback" not in said.stderr + said.stdout
    assert "inbox (folder): 0 sent" in said.stdout
    checked = torquemon("outbox", "check")
    assert checked.returncode == 1  # the inbox was asked all the same
    assert len(checked.stderr.splitlines()) == 1


def test_signed_before_the_first_sending_it_goes(unsigned: str, inbox: Path) -> None:
    """Nothing that sends runs yet: whoever opens the record first makes the destination known."""
    set_up(inbox)
    assert "gets what is signed since" in torquemon("outbox").stdout
    assert torquemon("remark", "sign", unsigned, "--operator", "Dr A").returncode == 0
    assert "inbox: 1 sent, 0 wait" in torquemon("outbox", "send").stdout
    assert len(pdfs(inbox)) == 1


def test_signing_itself_makes_a_destination_known(unsigned: str, inbox: Path) -> None:
    set_up(inbox)
    assert torquemon("remark", "sign", unsigned, "--operator", "Dr A").returncode == 0
    assert "inbox: 1 sent, 0 wait" in torquemon("outbox", "send").stdout
