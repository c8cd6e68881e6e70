"""Opens the record of this chair, with its key where one is set."""

from __future__ import annotations

from torquemon import paths
from torquemon.clock import Clock, SystemClock
from torquemon.record.store import Store


def open_store(clock: Clock | None = None) -> Store:
    """Open the record of this chair. Raises RecordError, HomeError."""
    return Store(paths.record_path(), key=None, clock=clock or SystemClock())
