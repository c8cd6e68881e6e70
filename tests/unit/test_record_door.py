"""The recorder's door: what it finds, what it adds, what it refuses, and over a real socket."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.processes import wait_for
from tests.recorded import play, record
from torquemon import paths
from torquemon.clock import Clock, ManualClock
from torquemon.drivers.serial_port import PortInfo
from torquemon.local.archive import (
    MAX_NOTE_CHARS,
    MAX_POINTS,
    Act,
    ActName,
    ArchiveAnswer,
    AskDevices,
    AskPatient,
    AskState,
    Curve,
    Load,
    PortLine,
    RecordState,
    Search,
)
from torquemon.local.archive_client import ArchiveClient
from torquemon.local.client import LocalError
from torquemon.local.door import read_door
from torquemon.local.messages import Role
from torquemon.model import Origin, VerdictKind
from torquemon.record.door import ArchiveDesk, RecorderDoor
from torquemon.record.ports import Ports
from torquemon.record.remarks import Remarks
from torquemon.record.report_job import ReportJob
from torquemon.record.store import Store
from torquemon.text import clean


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("archive")
    chairs = [play("nominal", "P-1"), play("threshold", "P-2"), play("below-window", "P-2")]
    record(made, chairs).close()
    return made


@pytest.fixture
def home(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
        (tmp_path / file.name).chmod(0o600)
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    return tmp_path


def opened(_: Clock) -> Store:
    return Store(paths.record_path(), clock=ManualClock())


@pytest.fixture
def desk(home: Path) -> ArchiveDesk:
    del home
    return ArchiveDesk(ManualClock(), opened)


def ask(desk: ArchiveDesk, request: object, role: Role = Role.CONTROL) -> ArchiveAnswer:
    return desk.answer(1, role, request)  # type: ignore[arg-type] # any of the requests


def found_ids(desk: ArchiveDesk, **asked: object) -> list[str]:
    answer = ask(desk, Search.model_validate(asked))
    assert answer.found is not None, answer.error
    return [line.id for line in answer.found.lines]


def test_a_search_finds_newest_first_and_in_pages(desk: ArchiveDesk) -> None:
    every = ask(desk, Search()).found
    assert every is not None
    assert [line.patient for line in every.lines] == ["P-2", "P-2", "P-1"]
    assert not every.more
    assert {line.origin for line in every.lines} == {Origin.SIMULATED}
    assert every.lines[-1].state is RecordState.CLOSED
    assert every.lines[-1].verdict is VerdictKind.WITHIN
    first = ask(desk, Search(limit=2)).found
    assert first is not None
    assert first.more
    last = first.lines[-1]
    rest = ask(desk, Search(limit=2, before_utc=last.opened_utc, before_id=last.id)).found
    assert rest is not None
    assert [*first.lines, *rest.lines] == list(every.lines)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"text": "P-2"}, 2),
        ({"text": "mandible"}, 1),
        ({"site": "maxilla-buccal"}, 2),
        ({"text": "p-1 maxilla"}, 1),
        ({"origin": "real"}, 0),
        ({"origin": "simulated"}, 3),
        ({"day_from": "2026-01-01", "day_to": "2026-01-01"}, 3),
        ({"day_from": "2026-01-02"}, 0),
        ({"day_to": "2025-12-31"}, 0),
        ({"text": "%"}, 0),
    ],
)
def test_a_search_narrows(desk: ArchiveDesk, asked: dict[str, object], count: int) -> None:
    assert len(found_ids(desk, **asked)) == count


def test_an_insertion_is_loaded_with_its_verdict_events_and_reasons(desk: ArchiveDesk) -> None:
    (wanted,) = found_ids(desk, text="mandible")
    view = ask(desk, Load(id=wanted)).insertion
    assert view is not None
    assert (view.window_low_ncm, view.window_high_ncm) == (5.0, 15.0)
    assert view.threshold_ncm == 12.0
    assert view.agrees
    assert "Simulated handpiece" in view.device
    assert view.duration_s > 5
    assert any(event.text.startswith("stopped at the threshold, ") for event in view.events)
    newest = ask(desk, Load(id="last")).insertion
    assert newest is not None
    assert newest.line.id == found_ids(desk)[0]


@pytest.mark.parametrize("wanted", ["01J0000000000000000000TEST", "x", "../../etc/passwd", ""])
def test_what_is_not_there_is_said(desk: ArchiveDesk, wanted: str) -> None:
    for request in (Load(id=wanted), Curve(id=wanted), Act(name=ActName.SIGN, id=wanted, who="A")):
        answer = ask(desk, request)
        assert answer.insertion is None
        if isinstance(request, Curve):
            assert answer.curve is None or answer.curve.total == 0
        else:
            assert "no insertion" in answer.error


def test_a_curve_comes_whole_in_pages_and_reduced_without_losing_its_peak(
    desk: ArchiveDesk,
) -> None:
    wanted = found_ids(desk)[-1]
    torque: list[float] = []
    first, total = 0, 1
    while first < total:
        page = ask(desk, Curve(id=wanted, first=first)).curve
        assert page is not None
        assert page.next - page.first == len(page.time_s) <= MAX_POINTS
        torque += page.torque_ncm
        first, total = page.next, page.total
    assert len(torque) == total > MAX_POINTS
    reduced = ask(desk, Curve(id=wanted, reduced=True)).curve
    assert reduced is not None
    assert reduced.next == reduced.total <= MAX_POINTS
    assert max(reduced.torque_ncm) == max(torque)
    assert min(reduced.torque_ncm) == min(torque)
    assert list(reduced.time_s) == sorted(reduced.time_s)


def test_what_is_added_stays_beside_what_was_there(desk: ArchiveDesk) -> None:
    wanted = found_ids(desk)[0]
    acts = [
        Act(name=ActName.NOTE, id=wanted, who="Dr A", text="first\nsecond line"),
        Act(name=ActName.NOTE, id=wanted, who="Dr B", text="another"),
        Act(name=ActName.STOP_OUTCOME, id=wanted, who="Dr A", choice="redirected"),
        Act(name=ActName.OUTCOME, id=wanted, who="Dr A", choice="stable", text="checked"),
        Act(name=ActName.SIGN, id=wanted, who="Dr A"),
    ]
    for act in acts:
        assert ask(desk, act).ok
    view = ask(desk, Load(id=wanted)).insertion
    assert view is not None
    kinds = [remark.kind for remark in view.remarks]
    assert sorted(kinds) == sorted(act.name for act in acts)
    notes = [remark.text for remark in view.remarks if remark.kind is ActName.NOTE]
    assert notes == ["first second line", "another"]
    assert {r.choice for r in view.remarks} >= {"redirected", "stable", "reviewed"}


@pytest.mark.parametrize(
    ("act", "why"),
    [
        ({"name": "note", "who": "", "text": "x"}, "name"),
        ({"name": "note", "who": "Dr A", "text": ""}, "empty"),
        ({"name": "note", "who": "Dr A", "text": "x\x1b[2J"}, "cannot be shown"),
        ({"name": "stop_outcome", "who": "Dr A", "choice": "went well"}, "cannot be"),
        ({"name": "outcome", "who": "Dr A", "choice": "great"}, "no outcome"),
        ({"name": "sign", "who": ""}, "name"),
        ({"name": "send", "who": "Dr A"}, "no destination is set up"),
    ],
)
def test_what_cannot_be_added_is_refused_with_a_sentence(
    desk: ArchiveDesk, act: dict[str, str], why: str
) -> None:
    wanted = found_ids(desk)[0]
    answer = ask(desk, Act.model_validate({"id": wanted, **act}))
    assert not answer.ok
    assert why in answer.error
    view = ask(desk, Load(id=wanted)).insertion
    assert view is not None
    assert view.remarks == ()


def test_a_viewer_adds_nothing(desk: ArchiveDesk) -> None:
    wanted = found_ids(desk)[0]
    act = Act(name=ActName.NOTE, id=wanted, who="Dr A", text="x")
    assert "only views" in ask(desk, act, Role.VIEW).error
    assert ask(desk, Load(id=wanted), Role.VIEW).ok


def test_a_note_that_is_too_long_is_no_request() -> None:
    with pytest.raises(ValidationError):
        Act(name=ActName.NOTE, id="x", who="a", text="x" * (MAX_NOTE_CHARS + 1))


def test_a_patient_reference_is_known_by_name_and_history(desk: ArchiveDesk, home: Path) -> None:
    store = Store(home / "record.db", clock=ManualClock())
    Remarks(store).person("P-2", "Muster, Erika", None, "Dr A")
    store.close()
    known = ask(desk, AskPatient(reference="P-2")).patient
    assert known is not None
    assert (known.name, known.insertions) == ("Muster, Erika", 2)
    unknown = ask(desk, AskPatient(reference="P-9")).patient
    assert unknown is not None
    assert (unknown.name, unknown.insertions, unknown.last_utc) == ("", 0, "")


def test_the_state_tells_storage_and_outbox(desk: ArchiveDesk, home: Path) -> None:
    store = Store(home / "record.db", clock=ManualClock())
    waiting = store.add_destination("practice", "postgresql")
    store.note_delivery("practice", store.due("practice", 1), "the folder is not there")
    store.close()
    state = ask(desk, AskState()).state
    assert state is not None
    assert state.insertions == 3
    (line,) = state.outbox
    assert (line.destination, line.waiting, line.failed) == ("practice", waiting, 1)
    assert "not there" in line.error
    sent = ask(desk, Act(name=ActName.SEND, id=found_ids(desk)[0], who="Dr A"))
    assert sent.text.endswith("to: practice")


def test_ports_are_listed_and_the_air_is_listened_to_aside(home: Path) -> None:
    del home
    heard = [PortLine(url="ble:AA", name="Handpiece 7", kind="ble", detail="-50 dBm")]
    ports = Ports(
        lambda: [PortInfo("/dev/ttyACM0", clean("Twin"), 1, 2, clean("S7"))], lambda _: heard
    )
    desk = ArchiveDesk(ManualClock(), opened, ports)
    before = ask(desk, AskDevices()).ports
    assert before is not None
    assert [port.url for port in before] == ["/dev/ttyACM0"]
    ask(desk, AskDevices(scan=True))
    ports.wait(5)
    after = ask(desk, AskDevices())
    assert after.ports is not None
    assert [port.kind for port in after.ports] == ["usb", "ble"]
    assert after.text == "1 handpieces in the air"


def test_a_radio_that_fails_is_a_sentence(home: Path) -> None:
    del home

    def broken(_: float) -> list[PortLine]:
        raise OSError("no adapter\x1b[2J")

    ports = Ports(list, broken)
    ports.scan()
    ports.wait(5)
    assert ports.said == "the radio cannot be used: no adapter�[2J"


def test_a_report_is_made_aside_and_asked_about(home: Path) -> None:
    good = ReportJob((sys.executable, "-c", "pass"))
    assert "being made" in good.begin("X")
    wait_for(lambda: "is in" in good.said, 20, "made")
    assert str(home / "reports") in good.said
    bad = ReportJob((sys.executable, "-c", "import sys; sys.exit('no typst here')"))
    bad.begin("X")
    wait_for(lambda: "was not made" in bad.said, 20, "failed")
    assert "no typst here" in bad.said


@pytest.fixture
def door(home: Path) -> Iterator[RecorderDoor]:
    del home
    made = RecorderDoor(ManualClock())
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            made.poll(0.005)

    thread = threading.Thread(target=serve)
    thread.start()
    yield made
    over.set()
    thread.join(5)
    made.close()
    assert not paths.recorder_door_path().exists()


@pytest.mark.skipif(sys.platform == "win32", reason="file modes of POSIX")
def test_the_door_is_for_this_user_with_the_token(door: RecorderDoor) -> None:
    del door
    path = paths.recorder_door_path()
    assert path.stat().st_mode & 0o077 == 0
    found = read_door(path)

    async def visit() -> None:
        client = await ArchiveClient.connect(found, Role.VIEW)
        page = await client.search(Search(limit=1))
        assert page.more
        curve = await client.curve(page.lines[0].id, reduced=True)
        assert curve.total == len(curve.torque_ncm)
        with pytest.raises(LocalError, match="only views"):
            await client.act(ActName.SIGN, page.lines[0].id, who="x")
        await client.close()
        stranger = type(found)(found.port, "wrong")
        with pytest.raises(LocalError):
            await ArchiveClient.connect(stranger, Role.VIEW)

    asyncio.run(asyncio.wait_for(visit(), 20))
