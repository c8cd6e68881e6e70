"""Many seeds on several cores, and the counts that they add up to. Printed by the run itself."""

from __future__ import annotations

import gc
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from hw_sim.faults import Fault
from tests.simulation.case import Phase
from tests.simulation.inject import CANNOT_MEET
from tests.simulation.one import Outcome, Run

WANTED_PER_CELL: Final = 1000
_TELL_EVERY_S: Final = 30.0
_MAX_BROKEN_TOLD: Final = 20
_MAX_THIN_TOLD: Final = 12
_BEGIN: Final = "<!-- campaign: made by make simulate -->"
_END: Final = "<!-- end of campaign -->"


def run_seed(seed: int) -> Outcome:
    """Run one seed; the unit of work of a process."""
    gc.disable()
    began_s = time.process_time()
    outcome = Run(seed).go()
    gc.collect()
    outcome.processor_s = time.process_time() - began_s
    return outcome


class Sum:
    """What the seeds so far add up to."""

    def __init__(self) -> None:
        self.seeds = 0
        self.simulated_s = 0.0
        self.processor_s = 0.0
        self.counts: Counter[tuple[Fault, Phase]] = Counter()
        self.occupied_s = dict.fromkeys(Phase, 0.0)
        self.facts: Counter[str] = Counter()
        self.broken: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Add one seed."""
        self.seeds += 1
        self.simulated_s += outcome.simulated_s
        self.processor_s += outcome.processor_s
        self.counts.update(outcome.counts)
        for phase, seconds in outcome.occupied_s.items():
            self.occupied_s[phase] += seconds
        self.facts.update(outcome.facts)
        if outcome.broken:
            self.broken.append(outcome)

    @property
    def faults(self) -> int:
        """Faults of all kinds."""
        return self.counts.total()


def campaign(seeds: Iterable[int], processes: int, minutes: float | None, page: str | None) -> int:
    """Run the seeds and print the counts; exit code 1 where an invariant broke.

    `minutes` ends the run early; the counts are then those of the seeds that were run.
    """
    began_s = time.monotonic()
    total = Sum()
    told_s = began_s
    with multiprocessing.Pool(processes) as pool:
        for outcome in pool.imap_unordered(run_seed, seeds, chunksize=4):
            total.add(outcome)
            if outcome.broken and len(total.broken) <= _MAX_BROKEN_TOLD:
                _tell_broken(outcome)
            now_s = time.monotonic()
            if now_s - told_s > _TELL_EVERY_S:
                told_s = now_s
                _progress(total, now_s - began_s)
            if minutes is not None and now_s - began_s > minutes * 60:
                pool.terminate()
                break
        pool.close()
        pool.join()
    text = report(total, time.monotonic() - began_s, processes)
    sys.stdout.write(text)
    if page is not None:
        write_between(Path(page), _BEGIN, _END, text, fenced=True)
    return 1 if total.broken else 0


def _tell_broken(outcome: Outcome) -> None:
    sys.stdout.write(
        f"BROKEN seed {outcome.seed}: {outcome.broken}\n"
        f"  replay: .venv/bin/python -m tests.simulation.run --seed {outcome.seed} --verbose\n"
    )
    sys.stdout.flush()


def _progress(total: Sum, elapsed_s: float) -> None:
    sys.stdout.write(
        f"{total.seeds} seeds, {total.simulated_s / 3600:.1f} h simulated, {total.faults} faults, "
        f"{elapsed_s:.0f} s, {total.simulated_s / elapsed_s:.0f} times real\n"
    )
    sys.stdout.flush()


def report(total: Sum, elapsed_s: float, processes: int) -> str:
    """Return the counts as text."""
    low = _thin_cells(total.counts)
    pace = total.simulated_s / max(total.processor_s, 1e-9)
    lines = [
        f"seeds                {total.seeds:>12,}",
        f"simulated hours      {total.simulated_s / 3600:>12,.1f}",
        f"injected faults      {total.faults:>12,}",
        f"invariants broken    {len(total.broken):>12,}",
        *(f"{name:<20} {value:>12,}" for name, value in sorted(total.facts.items())),
        f"wall time            {elapsed_s / 60:>10,.1f} min on {processes} processes",
        f"processor time       {total.processor_s / 60:>10,.1f} min, {pace:.0f} times real a core",
        "",
        *_table(total.counts),
        "",
        "seconds in phase     " + _row(f"{total.occupied_s[p]:.0f}" for p in Phase),
        "",
        f"cells below {WANTED_PER_CELL:,}: {len(low)} of {_cells()}",
        *(f"  {cell}" for cell in low[:_MAX_THIN_TOLD]),
        *(
            f"- cannot occur: {fault} outside "
            + ", ".join(sorted(set(Phase) - phases))
            + f": {why}"
            for fault, (phases, why) in CANNOT_MEET.items()
        ),
        "",
    ]
    return "\n".join(lines)


def _cells() -> int:
    """How many cells of the table can occur."""
    impossible = sum(len(phases) for phases, _ in CANNOT_MEET.values())
    return len(Fault) * len(Phase) - impossible


def _table(counts: Counter[tuple[Fault, Phase]]) -> Iterable[str]:
    yield f"{'':<21}" + _row(phase.value[:9] for phase in Phase)
    for fault in Fault:
        impossible = CANNOT_MEET.get(fault, (frozenset[Phase](), ""))[0]
        cells = ("-" if phase in impossible else str(counts[fault, phase]) for phase in Phase)
        yield f"{fault.value[:20]:<21}" + _row(cells)


def _row(cells: Iterable[str]) -> str:
    return "".join(f"{cell:>10}" for cell in cells)


def _thin_cells(counts: Counter[tuple[Fault, Phase]]) -> list[str]:
    found = []
    for fault in Fault:
        impossible = CANNOT_MEET.get(fault, (frozenset[Phase](), ""))[0]
        found += [
            f"{fault} x {phase} ({counts[fault, phase]})"
            for phase in Phase
            if phase not in impossible and counts[fault, phase] < WANTED_PER_CELL
        ]
    return found


def write_between(page: Path, begin: str, end: str, text: str, *, fenced: bool) -> None:
    """Put text into a page between its two marks, as it is or as a fenced block."""
    old = page.read_text(encoding="utf-8")
    head, _, rest = old.partition(begin)
    _, _, tail = rest.partition(end)
    body = f"```\n{text}```\n" if fenced else text
    page.write_text(f"{head}{begin}\n\n{body}\n{end}{tail}", encoding="utf-8")
