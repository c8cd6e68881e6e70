"""The recorder's process: folds insertions into the record beside the monitor, never in its way."""

from __future__ import annotations

import signal
import sys
import threading
from typing import Final

from torquemon import paths
from torquemon.chair_lock import ChairLock, LockError
from torquemon.clock import Clock
from torquemon.journal import Journal, JournalError
from torquemon.paths import HomeError
from torquemon.record.delivery.sending import sending
from torquemon.record.door import open_door
from torquemon.record.errors import RecordError
from torquemon.record.first_record import carry_over
from torquemon.record.folding import close_due as close_due  # noqa: PLC0414 - used from here too
from torquemon.record.gdt.patients import coming
from torquemon.record.opening import open_store
from torquemon.record.practice_thread import carrying
from torquemon.record.pruning import prune
from torquemon.sound.thread import sounding

LOOK_EVERY_S: Final = 0.5


def monitor_runs() -> bool:
    """Whether a monitor runs at this chair. Raises RecordError where that cannot be known."""
    try:
        return ChairLock(paths.lock_path()).held_by_other()
    except LockError as error:
        raise RecordError(str(error)) from None


def close_all_due(clock: Clock) -> list[str]:
    """Look once at this chair. Raises JournalError, RecordError."""
    if not paths.journal_path().exists():
        return []
    journal = Journal(paths.journal_path(), read_only=True)
    try:
        store = open_store(clock)
        try:
            closed = close_due(journal, store, clock, monitor_runs=monitor_runs())
            return [*closed, *carry_over(store)]
        finally:
            store.close()
    finally:
        journal.close()


def run_recorder(clock: Clock, sound: str) -> int:
    """Look every half second until the process is told to end; then look once more.

    `sound` says where the alarms are heard meanwhile, see `sounding`.
    """
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    told = ""
    with sending(clock) as keep_sending:
        with open_door(clock) as wait, sounding(clock, sound), carrying(clock), coming(clock):
            while not wait(ending, LOOK_EVERY_S):
                told = _look(clock, told)
                keep_sending()
        told = _look(clock, told)  # and what was folded now still goes out
    told = told or _prune(clock)
    return 1 if told else 0


def _prune(clock: Clock) -> str:
    """At the end, where no monitor runs any more: take out of the journal what is in the record."""
    try:
        if paths.record_path().exists():
            store = open_store(clock)
            try:
                prune(store)
            finally:
                store.close()
    except (RecordError, HomeError) as error:
        sys.stderr.write(f"torquemon recorder: {error}\n")
        return str(error)
    return ""


def _look(clock: Clock, told: str) -> str:
    """Look once; return what is wrong, said once, or nothing."""
    try:
        close_all_due(clock)
    except (JournalError, RecordError, HomeError) as error:
        if str(error) != told:
            sys.stderr.write(f"torquemon recorder: {error}\n")
        return str(error)
    return ""
