"""A dashboard behind a page ends with the server that started it, however that one ended."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import Final

PAGE_VARIABLE: Final = "TORQUEMON_PAGE"
"""Environment variable by which the server tells its dashboards who it is: its process number."""
_LOOK_S: Final = 0.5


def behind_a_page() -> bool:
    """Whether this process was started by the server of the page."""
    return os.environ.get(PAGE_VARIABLE, "").isdecimal()


def end_with_the_page() -> None:
    """End this process in order once the server is gone; on Windows it ends when it next draws.

    Nobody would see it any more, and it would keep one of the monitor's places for ever.
    """
    threading.Thread(target=_watch, name="page", daemon=True).start()


def _watch() -> None:
    server = int(os.environ[PAGE_VARIABLE])
    while os.getppid() == server:
        time.sleep(_LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
