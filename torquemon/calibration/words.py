"""A check in plain words: what was found, how sure that is, what it proves and what not.

Text and certificate are written from the same lines. Nothing here is a promise about an outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from torquemon import DISCLAIMER, __version__
from torquemon.calibration.fields import result_of
from torquemon.calibration.fit import Result
from torquemon.calibration.store import Stored
from torquemon.calibration.uncertain import COVERAGE_PERCENT, Stated
from torquemon.text import clean

Row = tuple[str, str]
_DASH: Final = "–"
UNKNOWN_REFERENCE: Final = (
    "reference uncertainty unknown, not included: every figure is relative to this gauge"
)


def mark_of(content: Mapping[str, Any]) -> str:
    """Return SIMULATED or REPLAYED; empty for what was really measured."""
    origin = clean(str(content.get("origin", "unknown")), 20)
    return "" if origin == "real" else origin.upper()


def stated_by_operator(unit: str) -> str:
    """Say whose word a unit is that the gauge does not send readably."""
    return f"stated by the operator: {unit}"


def pm(found: Stated, digits: int, unit: str = "") -> str:
    """Write a value with its expanded uncertainty."""
    tail = f" {unit}" if unit else ""
    return f"{found.value:.{digits}f} ± {found.u_expanded:.{digits}f}{tail}"


def headline(result: Result) -> tuple[Row, ...]:
    """Return the figures, with their names."""
    share = 100.0 * result.hysteresis_share
    return (
        ("Gain", f"{pm(result.gain, 4)} (reading / torque)"),
        ("Offset", pm(result.offset_ncm, 3, "N·cm")),
        ("Hysteresis", f"{pm(result.hysteresis_ncm, 3, 'N·cm')} ({share:.1f} % of the span)"),
        ("Repeatability", f"{result.repeatability_ncm:.3f} N·cm (standard deviation)"),
        ("Bending of the line", f"{result.nonlinearity_ncm:.3f} N·cm at most"),
        ("Zero drift", f"{result.drift_ncm:+.3f} N·cm from the first step to the last"),
        ("Corrected reading", f"± {result.corrected_ncm.u_expanded:.2f} N·cm at the highest step"),
    )


def meaning(result: Result, content: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what the figures mean, one sentence after the other."""
    gain = result.gain
    shown = 10.0 * gain.value
    way = "too little" if gain.value < 1.0 else "too much"
    reads = f"At a torque of 10 N·cm the zeroed handpiece reads {shown:.2f} N·cm"
    off = f", {abs(100.0 * (gain.value - 1.0)):.1f} % {way}." if gain.value != 1.0 else "."
    uncertain = (
        f"± is the expanded uncertainty by the GUM, for the gain with a coverage factor of "
        f"k = {gain.k:.2f}: if such a check is done a hundred times, gain, offset and hysteresis "
        f"are all three within what is stated about {round(COVERAGE_PERCENT)} times."
    )
    reference = content.get("reference_uncertainty")
    source = (
        f"Of the gauge {clean(str(reference))} is included."
        if reference
        else f"{UNKNOWN_REFERENCE[0].upper()}{UNKNOWN_REFERENCE[1:]}."
    )
    unit = _text(_part(content, "gauge"), "stated_unit")
    if unit:
        source += (
            f" Its unit was {stated_by_operator(unit)}. Was another one set on it, every figure is "
            "wrong by the ratio of the two."
        )
    held = (
        "Torque was held by a stand."
        if content.get("stand")
        else "Torque was held by hand: trembling hides hysteresis, and is part of its uncertainty."
    )
    use = (
        "A signed check divides the zeroed readings of this handpiece (by its serial number) by "
        "the gain. The offset is not taken off: zeroing before every insertion does that. The stop "
        "is translated to the handpiece's own scale and is only ever lowered by it."
    )
    return (reads + off, uncertain, source, held, use)


LIMITS: Final = (
    "It proves nothing about other torques, speeds or temperatures, about a shock since then, "
    "about turning (it was held still), or about the outcome of an insertion."
)


def budget_rows(result: Result) -> tuple[tuple[str, str, str], ...]:
    """Return what the uncertainties are made of: of what, from where, how much (standard)."""
    rows: list[tuple[str, str, str]] = []
    for name, found, unit in (
        ("Gain", result.gain, ""),
        ("Offset", result.offset_ncm, " N·cm"),
        ("Hysteresis", result.hysteresis_ncm, " N·cm"),
        ("Corrected reading", result.corrected_ncm, " N·cm"),
    ):
        rows += [(name, part.name, f"{part.u:.5f}{unit}") for part in found.parts]
        dof = "infinite" if found.dof > 1e5 else f"{found.dof:.0f}"  # noqa: PLR2004 - as good as
        rows.append((name, f"expanded, k = {found.k:.2f}", f"{found.u_expanded:.5f}{unit}"))
        rows.append((name, "effective degrees of freedom", dof))
    return tuple(rows)


def level_rows(result: Result) -> tuple[tuple[str, ...], ...]:
    """Return the table of the steps, its head first. Errors are reading minus torque by gauge."""

    def cell(value: float | None) -> str:
        return _DASH if value is None else f"{value:+.3f}"

    head = ("Step N·cm", "Error up", "Error down", "Down above up", "Off the line")
    return (
        head,
        *(
            (
                f"{level.target_ncm:g}",
                cell(level.error_up_ncm),
                cell(level.error_down_ncm),
                cell(level.hysteresis_ncm),
                cell(level.nonlinearity_ncm),
            )
            for level in result.levels
        ),
    )


def facts(stored: Stored) -> tuple[Row, ...]:
    """Return who, when, with what."""
    content = stored.content
    device = _part(content, "handpiece")
    gauge = _part(content, "gauge")
    name = " ".join(part for part in (_text(device, "maker"), _text(device, "model")) if part)
    gauge_name = " ".join(
        part
        for part in (_text(gauge, "maker"), _text(gauge, "model"), _text(gauge, "serial"))
        if part
    )
    unit = _text(gauge, "stated_unit")
    return (
        ("Check", stored.id),
        ("Measured", f"{_text(content, 'measured_utc')[:16].replace('T', ' ')} UTC"),
        ("Handpiece", f"{name}, firmware {_text(device, 'firmware') or _DASH}"),
        ("Serial number", _text(device, "serial") or _DASH),
        ("Reference gauge", f"{gauge_name or _DASH} ({_text(gauge, 'kind')})"),
        *((("Its unit", stated_by_operator(unit)),) if unit else ()),
        ("Its certificate", _text(gauge, "certificate") or "none was named"),
        ("Its uncertainty", _text(content, "reference_uncertainty") or UNKNOWN_REFERENCE),
        ("By", _text(content, "operator") or _DASH),
        ("Holds for", f"{_text(content, 'valid_months')} months"),
        ("State", "signed by this chair" if stored.signed else f"NOT SIGNED: {stored.why}"),
        ("Software", f"TorqueMon {_text(content, 'software')}, shown by {__version__}"),
    )


def _part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return "" if value is None else clean(str(value))


def text_lines(stored: Stored) -> list[str]:
    """Return a check for the terminal. Raises StoreError."""
    mark = mark_of(stored.content)
    lines = [f"{mark}: no measurement of a real handpiece"] if mark else []
    lines += _pairs(facts(stored))
    result = result_of(stored.content)
    if result is None:
        why = _text(stored.content, "problem") or "it was broken off"
        taken = len(stored.content.get("plateaus", ()))
        kept = "1 step is" if taken == 1 else f"{taken} steps are"
        return [*lines, "", f"no result: {why}; {kept} kept", DISCLAIMER]
    lines += ["", *_pairs(headline(result)), "", *meaning(result, stored.content), LIMITS, ""]
    lines += ["  ".join(f"{cell:>14}" for cell in row) for row in level_rows(result)]
    lines += ["", "What the uncertainties are made of (standard uncertainties)"]
    lines += [f"  {name:18}{source:32}{value}" for name, source, value in budget_rows(result)]
    return [*lines, "", DISCLAIMER]


def _pairs(rows: tuple[Row, ...]) -> list[str]:
    return [f"{name:20}{value}" for name, value in rows]
