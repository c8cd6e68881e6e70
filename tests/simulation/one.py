"""One seed from beginning to end, and its replay with everything that happened."""

from __future__ import annotations

import sys
import traceback
from collections import Counter
from dataclasses import dataclass, field

from hw_sim.faults import Fault
from tests.simulation.case import DURATION_S, QUIET_S, Phase, draw_case
from tests.simulation.chair import Chair
from tests.simulation.inject import Injector
from tests.simulation.invariants import InvariantBrokenError, Invariants
from tests.simulation.person import rest, work


@dataclass(slots=True)
class Outcome:
    """What one seed came to. `broken` is empty where every invariant held."""

    seed: int
    simulated_s: float = 0.0
    processor_s: float = 0.0
    broken: str = ""
    counts: Counter[tuple[Fault, Phase]] = field(default_factory=Counter)
    occupied_s: dict[Phase, float] = field(default_factory=lambda: dict.fromkeys(Phase, 0.0))
    facts: Counter[str] = field(default_factory=Counter)


class Run:
    """A seed while it runs."""

    def __init__(self, seed: int) -> None:
        self.invariants = Invariants()
        self.chair = Chair(draw_case(seed), self.invariants)
        self.invariants.chair = self.chair
        self.injector = Injector(self.chair)
        self.outcome = Outcome(seed)

    def go(self) -> Outcome:
        """Run to the end, or to the first broken invariant."""
        try:
            self._steps()
        except InvariantBrokenError as error:
            self.outcome.broken = str(error)
        except Exception:  # noqa: BLE001 - no exception escapes: that is the invariant
            last = traceback.format_exc(limit=-3)
            self.outcome.broken = f"no_exception_escapes:\n{last}"
        finally:
            self.chair.store.close()
        self._sum_up()
        return self.outcome

    def _steps(self) -> None:
        chair, injector, invariants = self.chair, self.injector, self.invariants
        phases = self.outcome.occupied_s
        step_s = chair.case.step_ns / 1e9
        chair.person = work(chair)
        for _ in range(round((DURATION_S - QUIET_S) / step_s)):
            phase = chair.phase
            phases[phase] += step_s
            injector.step(phase)
            chair.step()
            injector.settle()
            invariants.check()
        chair.calm()
        chair.person = rest(chair)
        for _ in range(round(QUIET_S / step_s)):
            phases[chair.phase] += step_s
            chair.step()
            injector.settle()
            invariants.check()
        invariants.finish()

    def _sum_up(self) -> None:
        outcome = self.outcome
        outcome.counts = self.injector.counts
        outcome.simulated_s = (self.chair.now_ns - 1_000_000_000) / 1e9
        outcome.facts["insertions"] = len(self.chair.store.rows)
        outcome.facts["monitors killed while recording"] = self.invariants.journal.kills


def replay(seed: int, *, verbose: bool) -> int:
    """Run one seed and say how it went; exit code 1 where an invariant broke."""
    run = Run(seed)
    outcome = run.go()
    if verbose:
        for now_ns, fault, phase in run.injector.log:
            sys.stdout.write(f"{now_ns / 1e9 - 1.0:9.3f} s  {phase:15}  {fault}\n")
        sys.stdout.write("".join(run.invariants.told))
    total = sum(outcome.counts.values())
    sys.stdout.write(
        f"seed {seed}: {outcome.simulated_s:.1f} s, {total} faults, "
        f"{outcome.broken or 'every invariant held'}\n"
    )
    return 1 if outcome.broken else 0
