"""Destinations asked from the screen: the answer comes later, and whatever it is, it is clean."""

from __future__ import annotations

import sys

from tests.processes import wait_for
from torquemon.clock import ManualClock
from torquemon.local.archive import AskState, TrySound
from torquemon.local.messages import Role
from torquemon.record.delivery.check_job import CheckJob
from torquemon.record.door import ArchiveDesk
from torquemon.sound.trial import TRIAL

HOSTILE = (
    r"import sys; print('inbox: takes reports\x1b[2J'); sys.stderr.write('torquemon: \u202eno\n')"
)


def job(code: str) -> CheckJob:
    return CheckJob((sys.executable, "-c", code))


def test_nothing_was_asked() -> None:
    assert CheckJob().said == ()


def test_what_they_say_comes_later_and_is_clean() -> None:
    check = job(HOSTILE)
    check.begin()
    assert check.said
    wait_for(lambda: len(check.said) == 2, 20, "both lines")
    assert check.said == ("inbox: takes reports�[2J", "torquemon: �no")


def test_one_at_a_time_and_it_ends_with_the_recorder() -> None:
    check = job("import time; time.sleep(60)")
    check.begin()
    first = check._process
    check.begin()
    assert check._process is first
    check.close()
    assert first is not None
    assert first.returncode is not None


def test_a_program_that_is_not_there() -> None:
    check = CheckJob(("/nowhere/python",))
    check.begin()
    assert check.said == ("the destinations cannot be asked (No such file or directory)",)


def test_from_the_screen() -> None:
    desk = ArchiveDesk(ManualClock(), check=job("print('inbox: it is there')"))

    def asked(*, check: bool) -> tuple[str, ...]:
        answer = desk.answer(1, Role.CONTROL, AskState(check=check))
        assert answer.state is not None
        return answer.state.checked

    assert asked(check=False) == ()
    asked(check=True)
    wait_for(lambda: asked(check=False) == ("inbox: it is there",), 20, "the answer")


def test_a_screen_that_only_views_asks_nobody() -> None:
    desk = ArchiveDesk(ManualClock(), check=job("print('asked')"))
    answer = desk.answer(1, Role.VIEW, AskState(check=True))
    assert answer.error == "this screen only views: nobody was asked"


def test_a_screen_that_only_views_plays_nothing() -> None:
    desk = ArchiveDesk(ManualClock())
    only_views = "this screen only views: nothing is played"
    assert desk.answer(1, Role.VIEW, TrySound()).error == only_views
    assert not TRIAL.taken()
    assert desk.answer(1, Role.CONTROL, TrySound()).ok
    assert TRIAL.taken()
