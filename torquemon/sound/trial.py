"""The wish to hear an alarm once, outside of any insertion: asked at the recorder's door.

The listener's thread takes it; while a recording runs it is not heard, so that nothing that is
played can be taken for an alarm of that recording.
"""

from __future__ import annotations

import threading


class Trial:
    """One wish, asked in one thread and taken in another."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def ask(self) -> None:
        """Wish to hear an alarm."""
        self._asked.set()

    def taken(self) -> bool:
        """Return whether it was wished for since the last call."""
        asked = self._asked.is_set()
        self._asked.clear()
        return asked


TRIAL = Trial()
"""That of this process."""
