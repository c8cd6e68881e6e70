"""Opens the record of this chair, with its key where one is set."""

from __future__ import annotations

from torquemon import paths
from torquemon.clock import Clock, SystemClock
from torquemon.record.keys import key_of
from torquemon.record.store import Store


def open_store(clock: Clock | None = None) -> Store:
    """Open the record of this chair. Raises RecordError, HomeError."""
    path = paths.record_path()
    return Store(path, key=key_of(path), clock=clock or SystemClock())
