"""What the subcommands of the record share: exit codes, the store, a sentence for a problem."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torquemon.record.store import Store

EXIT_OK = 0
EXIT_FOUND = 1
EXIT_NOTHING_DONE = 2


def say(*lines: str) -> None:
    """Print lines."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def with_store(act: Callable[[Store], int]) -> int:
    """Run with the record of this chair; a problem is one sentence."""
    from torquemon import paths
    from torquemon.record.begun import require_recorded
    from torquemon.record.opening import open_store

    def run() -> int:
        require_recorded(paths.record_path())
        store = open_store()
        try:
            return act(store)
        finally:
            store.close()

    return with_sentences(run)


def with_sentences(act: Callable[[], int]) -> int:
    """Run; turn what can go wrong into one sentence."""
    from torquemon.chair_lock import LockError
    from torquemon.journal import JournalError
    from torquemon.paths import HomeError
    from torquemon.record.errors import RecordError

    try:
        return act()
    except (RecordError, JournalError, HomeError, LockError) as error:
        sys.stderr.write(f"torquemon: {error}\n")
        return EXIT_NOTHING_DONE
