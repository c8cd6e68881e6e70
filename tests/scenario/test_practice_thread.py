"""The recorder carries to the practice by itself, and a server that fails disturbs nothing."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Cluster, cluster
from tests.practice_chairs import chair_store, fill
from tests.processes import python, wait_for
from tests.record_samples import write_journal
from torquemon import paths
from torquemon.clock import Clock, ManualClock
from torquemon.record import outbox
from torquemon.record.door import _outbox as outbox_lines_of
from torquemon.record.practice import Practice
from torquemon.record.practice_address import ADDRESS_VARIABLE
from torquemon.record.practice_thread import ASK_EVERY_S, FIRST_WAIT_S, LONGEST_WAIT_S, Carrier
from torquemon.record.store import Store


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as running:
        practice = Practice(running.address())
        practice.prepare()
        practice.close()
        yield running


@pytest.fixture
def chair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path))
    store = chair_store(tmp_path)
    fill(store, 3)
    store.close()
    return tmp_path


def opened(_: Clock) -> Store:
    return Store(paths.record_path())


@pytest.mark.usefixtures("chair")
def test_practice_that_is_not_set_up_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ADDRESS_VARIABLE, raising=False)

    def never(_: Clock) -> Store:
        raise AssertionError("nothing is set up")

    Carrier(ManualClock(), never).look()


def test_practice_that_is_away_is_asked_later_each_time_and_then_gets_all(
    chair: Path,
    server: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, server.address())
    clock = ManualClock()
    carrier = Carrier(clock, opened)
    server.kill()
    try:
        waited_s = FIRST_WAIT_S
        for _ in range(8):
            carrier.look()
            assert carrier.away
            carrier.look()  # at once: nobody is asked
            clock.advance(waited_s)
            waited_s = min(LONGEST_WAIT_S, 2 * waited_s)
        store = opened(clock)
        (line,) = outbox_lines_of(store)
        assert line.waiting == 4
        assert line.failed == 1
        assert "does not answer" in line.error
        store.close()
        said = capsys.readouterr().err
        assert said.count("does not answer") == 1, "told once, not at every try"
    finally:
        server.start()
    clock.advance(LONGEST_WAIT_S)
    carrier.look()
    assert not carrier.away
    assert "has all" in capsys.readouterr().err
    store = chair_store(chair)
    assert outbox.waiting(store) == 0
    fill(store, 1, first=10)
    assert outbox.waiting(store) == 1
    carrier.look()
    assert outbox.waiting(store) == 0, "what is new goes at once"
    store.close()


@pytest.mark.usefixtures("chair")
def test_practice_that_lost_everything_is_sent_it_again(
    server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, server.address())
    clock = ManualClock()
    carrier = Carrier(clock, opened)
    carrier.look()
    server.sql("DROP DATABASE torquemon WITH (FORCE)", database="postgres")
    server.sql("CREATE DATABASE torquemon", database="postgres")
    practice = Practice(server.address())
    practice.prepare()
    practice.close()
    carrier.look()
    assert server.sql("SELECT count(*) FROM entry") == "0", "it is not asked all the time"
    clock.advance(ASK_EVERY_S)
    carrier.look()
    assert server.sql("SELECT count(*) FROM entry") == "4"


def test_recorder_carries_what_it_folds(
    tmp_path: Path, server: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORQUEMON_HOME", str(tmp_path))
    monkeypatch.setenv(ADDRESS_VARIABLE, server.address())
    (insertion,) = write_journal(tmp_path / "journal.db", seconds=0.6)
    asked = f"SELECT count(*) FROM insertion WHERE id = '{insertion}'"  # noqa: S608 - a ULID
    with python("torquemon", "recorder", "--sound=off") as recorder:
        wait_for(lambda: server.sql(asked) == "1", 90.0, "the practice has the insertion")
        recorder.send_signal(signal.SIGTERM)
        _, said = recorder.communicate(timeout=60)
    assert (recorder.returncode, said) == (0, "")
