"""Run one seed, the campaign, or the table of torque past the threshold.

python -m tests.simulation.run --seed 7 --verbose
python -m tests.simulation.run --seeds 10000 --write docs/simulation.md
"""

from __future__ import annotations

import argparse
import sys

from tests.simulation.campaign import campaign
from tests.simulation.one import replay


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="one seed")
    parser.add_argument("--verbose", action="store_true", help="with everything that happened")
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--minutes", type=float, help="begin no new seed after this long")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", help="put the printed counts into this page, between its marks")
    args = parser.parse_args()
    if args.seed is not None:
        return replay(args.seed, verbose=args.verbose)
    return campaign(
        range(args.first, args.first + args.seeds), args.processes, args.minutes, args.write
    )


if __name__ == "__main__":
    sys.exit(main())
