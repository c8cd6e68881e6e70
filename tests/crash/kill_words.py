"""What a campaign of kills found, as lines: what holds, what does not, and why it may be so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LIMIT_S: Final = 0.25
LAST_S: Final = 0.5
"""How long before the kill the threads' waiting is looked at."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one kill left. `missing_s` is None where nothing had been recorded yet.

    `waited_s` is how long the oldest reading that had been read and was not stored had waited;
    `queued_s` what the monitor's threads waited for a processor in the last half second, the worst
    of them; `overslept_s` by how much the campaign itself woke late for the kill.
    """

    seed: int
    after_s: float
    acknowledged: int
    stored: int
    missing_s: float | None
    gaps: int
    problem: str
    waited_s: float = 0.0
    queued_s: float = 0.0
    overslept_s: float = 0.0
    told: str = ""


def summary(trials: list[Trial]) -> tuple[list[str], bool]:
    """Return the lines of the result, and whether all of it holds."""
    missing = sorted(t.missing_s for t in trials if t.missing_s is not None)
    late = [t for t in trials if t.waited_s > LIMIT_S]
    stood = [t for t in late if t.waited_s - t.overslept_s <= LIMIT_S]
    late = [t for t in late if t not in stood]
    unread = [t for t in trials if (t.missing_s or 0.0) > LIMIT_S and t not in (*late, *stood)]
    wrong = [t for t in trials if t.problem]
    lines = [
        f"{len(trials)} kills, {len(missing)} of them with readings stored already",
        f"{sum(t.acknowledged > 0 for t in trials)} with acknowledged rows, none of them lost"
        if not wrong
        else f"{len(wrong)} WRONG",
        f"{sum(t.gaps for t in trials)} gaps inside the stored readings",
    ]
    if missing:
        at = [missing[round(q * (len(missing) - 1))] * 1000 for q in (0.5, 0.95, 1.0)]
        lines.append(
            f"readings missing before the kill: median {at[0]:.0f} ms, 95th {at[1]:.0f} ms, "
            f"longest {at[2]:.0f} ms"
        )
        waited = sorted(t.waited_s for t in trials if t.missing_s is not None)
        at = [waited[round(q * (len(waited) - 1))] * 1000 for q in (0.5, 0.95, 1.0)]
        lines.append(
            f"read and not stored yet: median {at[0]:.0f} ms, 95th {at[1]:.0f} ms, longest "
            f"{at[2]:.0f} ms; above 250 ms: {len(late)}, and {len(stood)} where the machine stood "
            "still"
        )
    lines += [f"seed {t.seed} after {t.after_s:.3f} s: {t.problem}" for t in wrong]
    lines += [f"seed {t.seed}: NOT STORED IN TIME: {_detail(t)}" for t in late]
    lines += [f"seed {t.seed}: the machine stood still: {_detail(t)}" for t in stood]
    lines += [f"seed {t.seed}: not brought to the monitor: {_detail(t)}" for t in unread]
    return lines, not wrong and not late


def _detail(trial: Trial) -> str:
    return (
        f"{(trial.missing_s or 0.0) * 1000:.0f} ms missing, {trial.waited_s * 1000:.0f} ms read "
        f"and not stored; {trial.told}; its threads waited up to {trial.queued_s * 1000:.0f} of "
        f"the last {LAST_S * 1000:.0f} ms for a processor; the kill itself came "
        f"{trial.overslept_s * 1000:.0f} ms late"
    )
