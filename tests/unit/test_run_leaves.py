"""`torquemon run` is told to end and hangs: it ends all the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.processes import require

STUCK = """
import os, signal, sys, threading
from torquemon import run_command
run_command.AGAIN_AFTER_S = 1
signal.signal(signal.SIGTERM, run_command._leave)
lock = threading.Lock()
lock.acquire()
try:
    os.kill(os.getpid(), signal.SIGTERM)
except SystemExit:
    pass
waits = 0
while True:
    try:
        lock.acquire()
    except SystemExit:
        waits += 1
        if {gives_way}:
            sys.exit(40 + waits)
"""


@pytest.mark.parametrize(("gives_way", "code"), [(True, 41), (False, 1)])
def test_a_program_that_hangs_while_leaving_is_told_again_and_then_ended(
    gives_way: bool,  # noqa: FBT001 - one of two cases
    code: int,
) -> None:
    require(sys.platform != "win32", "signals of Unix")
    done = subprocess.run(
        [sys.executable, "-c", STUCK.format(gives_way=gives_way)],
        timeout=30,
        capture_output=True,
        check=False,
    )
    assert done.returncode == code
