"""Run every benchmark one after the other: `make bench`. Each stands alone as well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run them; the exit code says whether one failed or was void."""
    failed = 0
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem.startswith("_"):
            continue  # parts of a benchmark, not one of their own
        print(f"\n== bench.{path.stem}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"bench.{path.stem}"], check=False, env=os.environ
        )
        failed += done.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
