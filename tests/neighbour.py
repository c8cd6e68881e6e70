"""A rude neighbour: processes that burn processor and disk in bursts while something else runs.

    python -m tests.neighbour -- make test

Runs the command beside them and gives its exit code. A test that passes alone and fails here relies
on a time that nobody promised, or shows a fault of the product that a quiet machine hides.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MEGABYTE = 1 << 20


def be_rude(folder: Path, seed: int) -> None:
    """Burn the processor in bursts, with a pause or 16 MB written through to the disk between."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    block = os.urandom(MEGABYTE)
    there = folder / str(seed)
    while True:
        end_s = time.monotonic() + chance.uniform(0.05, 1.5)
        while time.monotonic() < end_s:
            sum(range(1000))
        if chance.random() < 0.4:
            with there.open("wb") as file:
                for _ in range(16):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
        else:
            time.sleep(chance.uniform(0.0, 0.5))


def main() -> int:
    """Run a command beside the neighbours; return its exit code."""
    parser = argparse.ArgumentParser(description="run a command on a machine that is busy")
    parser.add_argument("--neighbours", type=int, default=3, help="processes (default 3)")
    parser.add_argument("command", nargs="+", help="after --, the command to run")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="neighbour") as folder:
        rude = [
            multiprocessing.Process(target=be_rude, args=(Path(folder), seed), daemon=True)
            for seed in range(asked.neighbours)
        ]
        for each in rude:
            each.start()
        try:
            return subprocess.run(asked.command, check=False).returncode
        finally:
            for each in rude:
                each.kill()
                each.join()


if __name__ == "__main__":
    sys.exit(main())
