"""What must hold of the journal: committed rows stay, and little is lost with a killed monitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

from tests.simulation.host import Host
from tests.simulation.store import Store
from torquemon.journal import Entry, EntryKind, unpack_readings
from torquemon.model import Reading

_LOST_NS: Final = 250_000_000


class JournalRules:
    """Follows what was judged and compares it with what was stored."""

    def __init__(self, broken: Callable[[str, str], NoReturn]) -> None:
        self._broken = broken
        self._judged: dict[str, list[tuple[int, int]]] = {}
        self._host: Host | None = None
        self.lost_readings = 0
        self.kills = 0

    def bind(self, host: Host) -> None:
        """Follow this monitor from now on."""
        self._host = host

    def judged(self, reading: Reading) -> None:
        """One reading was judged; it belongs to the running insertion."""
        host = self._host
        recording = None if host is None else host.chronicle.recording
        if recording is not None:
            facts = self._judged.setdefault(recording.id, [])
            facts.append((reading.seq, reading.host_time_ns))

    def killed(self, host: Host, store: Store, now_ns: int) -> None:
        """A monitor dies: what it had judged up to 250 ms ago is stored, if the disk took any."""
        self.kills += 1
        recording = host.chronicle.recording
        if recording is not None and not host.writer.problem and not store.refusal:
            judged = self._judged.get(recording.id, [])
            due = [seq for seq, ns in judged if ns < now_ns - _LOST_NS]
            stored = self._stored(store, recording.id)
            if stored[: len(due)] != due:
                what = f"{len(due)} readings were due, {len(stored)} are stored"
                self._broken("little_is_lost_with_the_monitor", what)
            self.lost_readings += len(judged) - len(stored)
        self._compare(store)

    def ended(self, host: Host, store: Store) -> None:
        """At the end every judged reading of every closed insertion is stored, in order, once."""
        for insertion_id, judged in self._judged.items():
            if not store.of(insertion_id, EntryKind.FINISH):
                continue
            if self._stored(store, insertion_id) != [seq for seq, _ in judged]:
                self._broken("no_judged_reading_is_lost", f"insertion {insertion_id}")
        if host.writer.dropped_entries:
            self._broken("no_judged_reading_is_lost", "the writer dropped entries")
        self._compare(store)

    def _compare(self, store: Store) -> None:
        """No committed row is lost or changed: the real journal holds what it has confirmed."""
        journal = store.sqlite
        if journal is None:
            return
        by_id: dict[str, list[Entry]] = {row.id: [] for row in store.rows}
        for entry in store.entries:
            by_id[entry.insertion_id].append(entry)
        for insertion_id, entries in by_id.items():
            if list(journal.entries(insertion_id)) != entries:
                self._broken("no_committed_row_is_lost", f"insertion {insertion_id}")

    @staticmethod
    def _stored(store: Store, insertion_id: str) -> list[int]:
        blocks = store.of(insertion_id, EntryKind.READINGS)
        return [reading.seq for block in blocks for reading in unpack_readings(block.data)]
