"""Compare what was concluded with what really happened. Pure counting, no file, no clock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from torquemon.model import Alert, AlertCode, VerdictKind, Window

WITHIN_S: Final = 1.0
"""A contact's alert counts if it comes within this of the first touch. An excess alert that comes
earlier than this before the true crossing is no answer to it and counted as early; where the true
torque never crosses the limit it is false."""
_EARLY_S: Final = 0.02
"""An alert may precede the touch by so much: sampling, and the clock of the truth."""
EDGE_NCM: Final = 0.75
"""Verdicts are counted where the true maximum is further than this from an edge."""
HARD: Final = "hard"
GLANCING: Final = "glancing"
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened in one recording; times in s from the first sample."""

    file: str
    population: str
    contact: str
    contact_s: float | None
    seat_s: float | None
    max_torque_ncm: float
    crossing_s: float | None
    """When the true torque first passed the window's top."""


@dataclass(frozen=True, slots=True)
class Case:
    """One judged curve with its truth. `angle_at` and `torque_at` are those at the first touch."""

    truth: Truth
    window: Window | None
    alerts: tuple[Alert, ...]
    verdict: VerdictKind
    max_torque_ncm: float | None
    angle_at: float | None
    torque_at: float | None


@dataclass(slots=True)
class Score:
    """Counts and lists from which the table is made."""

    curves: int = 0
    contacts: dict[str, int] = field(default_factory=lambda: {HARD: 0, GLANCING: 0})
    hits: dict[str, int] = field(default_factory=lambda: {HARD: 0, GLANCING: 0})
    delay_s: dict[str, list[float]] = field(default_factory=lambda: {HARD: [], GLANCING: []})
    delay_deg: list[float] = field(default_factory=list)
    delay_ncm: list[float] = field(default_factory=list)
    false_contacts: int = 0
    crossings: int = 0
    excess_delay_s: list[float] = field(default_factory=list)
    missed_crossings: int = 0
    false_excess: int = 0
    early_excess: int = 0
    verdicts: int = 0
    verdicts_right: int = 0
    max_error_ncm: list[float] = field(default_factory=list)


def contact_codes(*, with_angle: bool) -> frozenset[AlertCode]:
    """Return the codes that answer a contact: without an angle, resistance is all one can say."""
    return frozenset({AlertCode.ROOT_CONTACT if with_angle else AlertCode.HARD_RESISTANCE})


def score(cases: Iterable[Case], *, with_angle: bool = True) -> Score:
    """Score judged curves."""
    total = Score()
    for case in cases:
        add_case(total, case, with_angle=with_angle)
    return total


def add_case(total: Score, case: Case, *, with_angle: bool) -> list[str]:
    """Add one judged curve to the score; return each miss and each false alarm in it, by name."""
    total.curves += 1
    _score_verdict(total, case)
    wrong = _score_contact(total, case, contact_codes(with_angle=with_angle))
    return [*wrong, *_score_excess(total, case)]


def _score_contact(total: Score, case: Case, codes: frozenset[AlertCode]) -> list[str]:
    truth = case.truth
    found = [alert for alert in case.alerts if alert.code in codes]
    touch_s = truth.contact_s
    before = math.inf if touch_s is None else touch_s - _EARLY_S
    if AlertCode.HARD_RESISTANCE in codes and truth.seat_s is not None:
        before = min(before, truth.seat_s - _EARLY_S)  # without an angle a seat is resistance too
    wrong: list[str] = []
    if any(alert.time_s < before for alert in found):
        total.false_contacts += 1
        wrong.append("false alarm")
    if touch_s is None or truth.contact == NONE:
        return wrong
    total.contacts[truth.contact] += 1
    in_time = [a for a in found if -_EARLY_S <= a.time_s - touch_s <= WITHIN_S]
    if not in_time:
        return [*wrong, "miss"]
    first = in_time[0]
    total.hits[truth.contact] += 1
    total.delay_s[truth.contact].append(first.time_s - touch_s)
    if truth.contact == HARD and case.torque_at is not None:
        total.delay_ncm.append(first.torque_ncm - case.torque_at)
        if first.angle_deg is not None and case.angle_at is not None:
            total.delay_deg.append(first.angle_deg - case.angle_at)
    return wrong


def _score_excess(total: Score, case: Case) -> list[str]:
    if case.window is None:
        return []
    excess = [alert for alert in case.alerts if alert.code is AlertCode.EXCESS_TORQUE]
    crossing_s = case.truth.crossing_s
    if crossing_s is None:
        total.false_excess += bool(excess)
        return ["false excess"] if excess else []
    total.crossings += 1
    due_s = crossing_s - WITHIN_S
    early = any(alert.time_s < due_s for alert in excess)
    total.early_excess += early
    wrong = ["early excess"] if early else []
    answers = [alert for alert in excess if alert.time_s >= due_s]
    if not answers:
        total.missed_crossings += 1
        return [*wrong, "missed crossing"]
    total.excess_delay_s.append(answers[0].time_s - crossing_s)
    return wrong


def _score_verdict(total: Score, case: Case) -> None:
    truth = case.truth
    if case.max_torque_ncm is not None:
        total.max_error_ncm.append(abs(case.max_torque_ncm - truth.max_torque_ncm))
    window = case.window
    if window is None:
        return
    true_max = truth.max_torque_ncm
    if min(abs(true_max - window.low_ncm), abs(true_max - window.high_ncm)) <= EDGE_NCM:
        return
    total.verdicts += 1
    total.verdicts_right += case.verdict is true_kind(true_max, window)


def true_kind(max_torque_ncm: float, window: Window) -> VerdictKind:
    """Where a true maximum lies."""
    if max_torque_ncm < window.low_ncm:
        return VerdictKind.BELOW
    return VerdictKind.ABOVE if max_torque_ncm > window.high_ncm else VerdictKind.WITHIN


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of them lie; NaN for none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1 if share > 0 else 0)]


def table(total: Score) -> list[tuple[str, str, str]]:
    """Return rows of (figure, measured, goal for the core population with angle)."""
    hard = total.delay_s[HARD]
    return [
        ("hard contact alerted within 1 s", _rate(total.hits[HARD], total.contacts[HARD]), "99 %"),
        (
            "glancing contact alerted within 1 s",
            _rate(total.hits[GLANCING], total.contacts[GLANCING]),
            "90 %",
        ),
        ("insertions with a false alarm", _rate(total.false_contacts, total.curves), "< 1 %"),
        ("hard contact delay, median", f"{quantile(hard, 0.5) * 1e3:.0f} ms", "70 ms"),
        ("hard contact delay, 95th", f"{quantile(hard, 0.95) * 1e3:.0f} ms", "200 ms"),
        ("hard contact delay, median", f"{quantile(total.delay_deg, 0.5):.1f} deg", ""),
        ("hard contact delay, median", f"{quantile(total.delay_ncm, 0.5):.1f} N·cm", ""),
        (
            "glancing contact delay, median",
            f"{quantile(total.delay_s[GLANCING], 0.5) * 1e3:.0f} ms",
            "",
        ),
        (
            "excess after true crossing, 5th",
            f"{quantile(total.excess_delay_s, 0.05) * 1e3:.0f} ms",
            "",
        ),
        (
            "excess after true crossing, 95th",
            f"{quantile(total.excess_delay_s, 0.95) * 1e3:.0f} ms",
            "40 ms",
        ),
        ("crossings without excess alert", _rate(total.missed_crossings, total.crossings), ""),
        (
            "false excess",
            _rate(total.false_excess, total.curves),
            "0.5 %",
        ),
        (
            "excess more than 1 s early",
            _rate(total.early_excess, total.crossings),
            "",
        ),
        ("verdict right", _rate(total.verdicts_right, total.verdicts), "99.5 %"),
        (
            "error of the maximum, 95th",
            f"{quantile(total.max_error_ncm, 0.95):.2f} N·cm",
            "0.3 N·cm",
        ),
    ]


def _rate(part: int, whole: int) -> str:
    """Return a share with its counts."""
    return f"{100.0 * part / whole:.2f} % ({part} of {whole})" if whole else "none"
