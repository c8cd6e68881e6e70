"""Single bytes of a record file changed, one at a time: found by `verify`, or without any effect.

A byte of a free page or of an unused corner says nothing, so the claim is exact: after the change
either verification (or opening) finds it, or everything that can be read through the models is what
it was. Run as `python -m tests.record_edits --count 20000` (`make edits`).
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import select

from tests.record_samples import filled_store
from torquemon.record.errors import RecordError
from torquemon.record.models import CONTENT, Base, Entry, Salt
from torquemon.record.remarks import Remarks
from torquemon.record.store import Store
from torquemon.record.verify import verify_store

KEY: Final = bytes(range(32))
FOUND: Final = "found by verify"
REFUSED: Final = "does not open"
NO_EFFECT: Final = "changes nothing that can be read"
MISSED: Final = "MISSED"
_EXACT: Final = 1 << 53
_TABLES: Final[Sequence[type[Base]]] = (Entry, Salt, *CONTENT)


def sample(folder: Path, key: bytes | None) -> Path:
    """Make a small record and settle it into one file; return its path."""
    store, (insertion_id,) = filled_store(folder, seconds=0.6, key=key)
    Remarks(store).note(insertion_id, "the gum was loose here", "Dr A")
    store.settle()
    store.close()
    return store.path


def contents(store: Store) -> list[tuple[object, ...]]:
    """Everything that can be read through the models."""
    found: list[tuple[object, ...]] = []
    with store.read() as session:
        for table in _TABLES:
            for row in session.scalars(select(table).order_by(*table.__table__.primary_key)):
                values = [_said(getattr(row, column.key)) for column in table.__table__.columns]
                found.append((table.__tablename__, *values))
    return found


def _said(value: object) -> str:
    """A value as text. 15 and 15.0 are one torque: the name of a column's type decides which."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _EXACT:
        return repr(float(value))
    return repr(value)


def _differs(before: list[tuple[object, ...]], now: list[tuple[object, ...]]) -> bool:
    """Whether something reads otherwise; if so it is printed."""
    gone, new = [r for r in before if r not in now], [r for r in now if r not in before]
    if gone or new:
        sys.stdout.write(f"was {gone}\nis {new}\n")
    return bool(gone or new)


def judge(path: Path, key: bytes | None, before: list[tuple[object, ...]]) -> str:
    """Say what became of a changed file."""
    try:
        store = Store(path, key=key, own=False)
    except RecordError:
        return REFUSED
    try:
        if any(chain.problems for chain in verify_store(store)):
            return FOUND
        return NO_EFFECT if not _differs(before, contents(store)) else MISSED
    except RecordError:
        return FOUND
    finally:
        store.close()


class Bench:
    """One sample, changed again and again."""

    def __init__(self, folder: Path, *, encrypted: bool) -> None:
        self._key = KEY if encrypted else None
        self._path = sample(folder, self._key)
        self.data = self._path.read_bytes()
        store = Store(self._path, key=self._key, own=False)
        self._before = contents(store)
        store.close()
        self._path.unlink()
        self.used = [at for at, byte in enumerate(self.data) if byte]
        """Most of a small file is empty pages: edits are aimed at bytes that say something."""

    def try_edit(self, at: int, mask: int) -> str:
        """Change the byte at a place by a mask (1-255) and say what became of it."""
        changed = bytearray(self.data)
        changed[at] ^= mask
        self._path.write_bytes(changed)
        try:
            return judge(self._path, self._key, self._before)
        finally:
            for file in self._path.parent.glob(self._path.name + "*"):
                file.unlink()


def main() -> int:
    """Run a campaign and print the counts; 1 where an edit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--encrypted", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp())
    try:
        bench = Bench(folder, encrypted=args.encrypted)
        chosen = random.Random(args.seed)  # noqa: S311 - a seed replays the campaign
        began = time.monotonic()
        counts: Counter[str] = Counter()
        for _ in range(args.count):
            at, mask = chosen.choice(bench.used), chosen.randrange(1, 256)
            said = bench.try_edit(at, mask)
            counts[said] += 1
            if said == MISSED:
                sys.stdout.write(f"MISSED: byte {at} mask {mask} seed {args.seed}\n")
                sys.stdout.flush()
        for said, count in counts.most_common():
            sys.stdout.write(f"{count:8}  {said}\n")
        sys.stdout.write(
            f"{args.count} edits among {len(bench.used)} bytes that are not zero, "
            f"in {time.monotonic() - began:.0f} s\n"
        )
        return 1 if counts[MISSED] else 0
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
