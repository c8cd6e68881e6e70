"""One insertion at a simulated handpiece until it halts, told by program and simulator."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tests.processes import json_lines, simulator, torquemon, truth

ATTEMPTS: Final = 3


def inserted(
    folder: Path, device: tuple[str, ...], plan: tuple[str, ...]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Insert until the handpiece halts; return what was said, and what was true.

    A computer too busy to renew a lease is not what this is about: such an insertion is repeated.
    """
    for number in range(ATTEMPTS):
        log = folder / f"truth{number}.jsonl"
        with simulator("--scenario", "threshold", f"--events={log}", *device) as (_, port):
            done = torquemon(
                "monitor",
                f"--port={port}",
                "--json",
                "--record",
                "--once",
                "--unattended",
                "--finish-still-s=1",
                "--duration-s=50",
                *plan,
                within_s=120.0,
            )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        events = truth(log)
        if not any(event.get("reason") == "LEASE_EXPIRED" for event in events):
            break
    return json_lines(done.stdout), events
