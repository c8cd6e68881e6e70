"""The recorder's thread that carries the record to the practice's server while the chair is in use.

Where a practice was set up once (`torquemon sync --to …`) nobody has to think of it again: what was
recorded is carried within seconds, and waits while the server does not answer. Nothing here can
hold up folding or the alarms: the thread has its own connection to the record, asks the server only
where something waits (and now and then, since a server may have been restored from a backup), and
is left behind at the end where the server hangs. What is in the way stands beside what waits, where
every screen sees it. Names never go this way: `torquemon sync --with-names` does.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from torquemon.clock import Clock
from torquemon.paths import HomeError
from torquemon.record.errors import RecordError
from torquemon.record.opening import open_store
from torquemon.record.practice_address import found_address
from torquemon.text import clean

if TYPE_CHECKING:
    from torquemon.record.store import Store

LOOK_EVERY_S: Final = 2.0
FIRST_WAIT_S: Final = 15.0
LONGEST_WAIT_S: Final = 600.0
ASK_EVERY_S: Final = 1800.0
"""Without anything to carry: does the server still have what it was given?"""
_END_S: Final = 3.0
_NS: Final = 1_000_000_000


class Carrier:
    """Decides when to carry, and carries. One thread."""

    def __init__(self, clock: Clock, opened: Callable[[Clock], Store] = open_store) -> None:
        self._clock = clock
        self._opened = opened
        self._address = ""
        self._next_ask_ns = 0
        self._wait_s = 0.0
        self._told = ""

    @property
    def away(self) -> bool:
        """Whether the last try failed."""
        return self._wait_s > 0.0

    def look(self) -> None:
        """Carry what waits, where it is time to. Never raises: what is wrong is told and kept."""
        try:
            self._look()
        except (RecordError, HomeError) as error:
            self._failed(str(error))
        except Exception as error:  # noqa: BLE001 - the recorder goes on, whatever a library does
            self._failed(f"carrying failed ({type(error).__name__}: {clean(str(error), 120)})")

    def _look(self) -> None:
        address = found_address()
        if address != self._address:  # set up, or changed, since the last look
            self._address, self._next_ask_ns, self._wait_s = address, 0, 0.0
        if not address:
            return
        now_ns = self._clock.monotonic_ns()
        due = now_ns >= self._next_ask_ns
        if self.away and not due:
            return
        from torquemon.record import outbox
        from torquemon.record.practice import Practice

        store = self._opened(self._clock)
        try:
            if not due and not outbox.waiting(store):
                return
            try:
                practice = Practice(address)
                try:
                    outbox.deliver(store, practice)
                finally:
                    practice.close()
            except RecordError as error:
                store.add_destination(outbox.DESTINATION, outbox.KIND)
                outbox.note_problem(store, str(error))
                raise
        finally:
            store.close()
        self._wait_s = 0.0
        self._next_ask_ns = self._clock.monotonic_ns() + round(ASK_EVERY_S * _NS)
        if self._told:
            self._told = ""
            sys.stderr.write("torquemon recorder: the practice has all that was recorded here\n")

    def _failed(self, why: str) -> None:
        """Try again later, each time later than the last; say what is wrong once."""
        self._wait_s = min(LONGEST_WAIT_S, max(FIRST_WAIT_S, 2 * self._wait_s))
        self._next_ask_ns = self._clock.monotonic_ns() + round(self._wait_s * _NS)
        if why != self._told:
            self._told = why
            sys.stderr.write(f"torquemon recorder: {why}\n")


@contextlib.contextmanager
def carrying(clock: Clock) -> Iterator[None]:
    """Carry to the practice while the block lasts, where one is set up."""
    ending = threading.Event()
    carrier = Carrier(clock)

    def run() -> None:
        while not ending.wait(LOOK_EVERY_S):
            carrier.look()
        if not carrier.away:
            carrier.look()  # the last insertion of the day

    thread = threading.Thread(target=run, name="practice", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(_END_S)
