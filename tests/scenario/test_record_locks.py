"""The record is open several times in one process, as in a recorder that serves a door.

The system lets go of all of a process's locks on a file as soon as that process closes the file
once, however often it has it open. Who loses them so reads a log that others have removed, and
writes into it.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts import needed
from tests.practice_chairs import fill
from torquemon import paths
from torquemon.record.history import search
from torquemon.record.keys import Pointer, read_pointer, write_pointer
from torquemon.record.opening import open_store
from torquemon.record.rekeying import set_key

pytestmark = pytest.mark.requirement("REQ-REC-10")

OTHER = """
import sys
from tests.practice_chairs import fill
from torquemon.record.history import search
from torquemon.record.keys import Pointer, read_pointer, write_pointer
from torquemon.record.opening import open_store
store = open_store()
fill(store, 1, first=int(sys.argv[1]))
print(len(search(store, "")))
store.close()
"""
REPLACE = """
import sys
from torquemon import paths
from torquemon.record import rekeying
from torquemon.record.errors import RecordError
rekeying.WAIT_S = 0.5
try:
    with rekeying.alone(paths.record_path()):
        print("alone")
except RecordError as error:
    print(error)
"""


def elsewhere(code: str, *words: str) -> str:
    """Run code in another process; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("kind", ["plain", "encrypted", "being encrypted"])
def test_what_others_store_is_seen_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    if kind != "plain":
        needed("sqlcipher3", "encrypt")
        (tmp_path / "keys").mkdir(mode=0o700)
        set_key(paths.record_path(), tmp_path / "keys")
    if kind == "being encrypted":  # and then the power went
        open_store().close()
        pointer = read_pointer(paths.record_path())
        write_pointer(paths.record_path(), Pointer(None, pointer.current))
    kept = open_store()
    for number in range(3):
        fill(kept, 1, first=2 * number)
        open_store().close()  # a question at the door
        stored = 2 * number + 2
        assert elsewhere(OTHER, str(stored - 1)) == str(stored)
        assert len(search(kept, "")) == stored
    kept.close()
    assert elsewhere(OTHER, "100") == "7"


def test_nobody_replaces_the_record_while_one_of_two_openings_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.HOME_VARIABLE, str(tmp_path))
    with contextlib.closing(open_store()):
        open_store().close()
        assert "is in use" in elsewhere(REPLACE)
    assert elsewhere(REPLACE) == "alone"
