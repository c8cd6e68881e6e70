"""`python -m hw_sim`, and `python -m hw_sim dataset`."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["dataset"]:
        from hw_sim.dataset import main as write_dataset

        raise SystemExit(write_dataset(sys.argv[2:]))
    from hw_sim.cli import main

    raise SystemExit(main())
