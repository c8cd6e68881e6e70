"""One dashboard for one browser: a process of its own, of which only the picture is passed on.

textual-serve's way of talking to an app, with three things taken away: the shell that would start
it, the keys and touches that would go in, and files and links that would come out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from typing import Any, Final

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from torquemon.serve.orphan import PAGE_VARIABLE

COMMAND: Final = (sys.executable, "-m", "torquemon", "view", "--watch")
SMALLEST: Final = (20, 5)
LARGEST: Final = (400, 200)
"""Columns and rows: what a browser asks for is not what it gets."""
END_S: Final = 5.0
"""So long the app may take to end before it is ended."""

Send = Callable[[bytes], Awaitable[None]]


def size_within(width: object, height: object) -> tuple[int, int]:
    """Return a size that a terminal can have, whatever was asked for."""
    found: list[int] = []
    for wanted, low, high in zip((width, height), SMALLEST, LARGEST, strict=True):
        number = wanted if isinstance(wanted, int) else low
        found.append(min(max(number, low), high))
    return found[0], found[1]


class Watcher(AppService):
    """A running dashboard that watches."""

    def __init__(self, send: Send, close: Callable[[], Awaitable[Any]]) -> None:
        super().__init__(
            "torquemon view",
            write_bytes=send,
            write_str=_nothing,
            close=close,
            download_manager=DownloadManager(),
        )

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        """See `AppService`; from an argument list, not through a shell."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={
                **self._build_environment(width=width, height=height),
                PAGE_VARIABLE: str(os.getpid()),
            },
        )
        self._process, self._stdin = process, process.stdin
        return process

    async def on_meta(self, data: bytes) -> None:
        """See `AppService`: its end is passed on; links and files are not."""
        if b'"exit"' in data:
            await self.remote_close()

    async def on_packed(self, payload: bytes) -> None:
        """See `AppService`: no file ever leaves through the page."""

    async def end(self) -> None:
        """End the app; insist after a while."""
        process = self._process
        with contextlib.suppress(TimeoutError, OSError):
            await asyncio.wait_for(self.stop(), END_S)
        if process is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), END_S)
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def resize(self, wanted: object) -> None:
        """Take over the size of the browser's terminal, within reason."""
        if isinstance(wanted, dict):
            await self.set_terminal_size(*size_within(wanted.get("width"), wanted.get("height")))


async def _nothing(_: str) -> None:
    return
