"""Opens the record of this chair, with its key where one is set."""

from __future__ import annotations

from torquemon import paths
from torquemon.clock import Clock, SystemClock
from torquemon.record.opens_with import key_of
from torquemon.record.store import Store

_known: tuple[object, ...] = ()
"""File of destinations, and its state, whose destinations this process has made known."""


def open_store(clock: Clock | None = None) -> Store:
    """Open the record of this chair. Raises RecordError, HomeError.

    Whoever opens it first after a destination was set up makes it known: what is signed from then
    on goes there, whether anything that sends runs yet or not.
    """
    path = paths.record_path()
    store = Store(path, key=key_of(path), clock=clock or SystemClock())
    try:
        _know_destinations(store)
    except BaseException:
        store.close()
        raise
    return store


def _know_destinations(store: Store) -> None:
    global _known  # noqa: PLW0603 - a file is read once a process, not at each opening
    path = paths.home() / "destinations.toml"
    if not path.exists():
        return
    from torquemon.record.delivery.config import load, stamp
    from torquemon.record.delivery.queue import make_known

    now = (store.path, path, *stamp(path))
    if now == _known:
        return
    for each in load(path).destinations:
        make_known(store, each.name, each.kind)
    _known = now
