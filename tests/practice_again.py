"""Sends a whole chain to the practice without asking what it has; goes on after a killed server."""

from __future__ import annotations

import time
from pathlib import Path

from tests.practice_chairs import chair_store
from torquemon.record.outbox import _pack, _unpack
from torquemon.record.practice import Practice, PracticeAwayError
from torquemon.record.store import Store


def send_all(store: Store, practice: Practice) -> int:
    """Send every parcel from the first on; return how many entries went."""
    sent = 0
    while True:
        with store.read() as session:
            parcel = _pack(session, store.chair_id, sent, with_names=False)
        if not parcel.entries:
            return sent
        try:
            with practice.write() as remote:
                _unpack(remote, store.chair_id, parcel)
        except PracticeAwayError:
            time.sleep(0.1)  # the server is being started: the same parcel again
            continue
        sent += len(parcel.entries)


def send_again(home: Path, address: str) -> None:
    """Send what stands in a chair's record; a process of its own begins here."""
    store = chair_store(home)
    try:
        send_all(store, Practice(address))
    finally:
        store.close()
