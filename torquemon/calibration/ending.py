"""A request to end, whichever: Ctrl-C, SIGTERM or a terminal that was closed (SIGHUP)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_NUMBERS: Final = tuple(
    number
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if (number := getattr(signal, name, None)) is not None
)


@contextmanager
def ended_once() -> Iterator[Callable[[], None]]:
    """Make the first of them a KeyboardInterrupt; those that follow do nothing.

    So what was measured can be written after it. Call what is given before something is done that
    is not to be interrupted at all. Only in the main thread, where signals arrive; one that is
    ignored (`nohup`) stays ignored. When the block is left all are as they were.
    """
    heard = False

    def hear_no_more() -> None:
        nonlocal heard
        heard = True

    def end(_number: int, _frame: FrameType | None) -> None:
        if not heard:
            hear_no_more()
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield hear_no_more
        return
    before = {number: signal.getsignal(number) for number in _NUMBERS}
    ours = [n for n, handler in before.items() if handler not in (None, signal.SIG_IGN)]
    try:
        for number in ours:
            signal.signal(number, end)
        yield hear_no_more
    finally:
        for number in ours:
            signal.signal(number, before[number])
