"""Score the judge on a labelled set: judge every curve of a manifest, compare with the truth."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path

from torquemon.cohort.analyse import judge_curve
from torquemon.cohort.curves import read_curve
from torquemon.cohort.manifest import Row, curve_path, setup_of
from torquemon.cohort.picture import picture
from torquemon.cohort.score import Case, Truth
from torquemon.model import Reading
from torquemon.profiles import Catalogue


def judged_cases(
    manifest: Path,
    rows: Sequence[Row],
    truths: dict[str, Truth],
    catalogue: Catalogue,
    *,
    with_angle: bool,
) -> Iterator[tuple[Case, list[Reading]]]:
    """Yield each judged curve that has a truth, with its readings.

    Raises RowError or CurveError for a row or a file that cannot be used: a score over a part of
    a set would look like a score.
    """
    for row in rows:
        truth = truths.get(row.file)
        if truth is None:
            continue
        setup = setup_of(row, catalogue)
        curve = read_curve(curve_path(manifest, row), row.file)
        if not with_angle:
            curve = [reading._replace(angle_deg=None, speed_rpm=None) for reading in curve]
        judged = judge_curve(curve, setup)
        angle_at, torque_at = _at_touch(curve, truth)
        yield (
            Case(
                truth=truth,
                window=setup.window,
                alerts=judged.alerts,
                verdict=judged.verdict.kind,
                max_torque_ncm=judged.verdict.max_insertion_torque_ncm,
                angle_at=angle_at,
                torque_at=torque_at,
            ),
            curve,
        )


def _at_touch(curve: Sequence[Reading], truth: Truth) -> tuple[float | None, float | None]:
    """Return angle and torque at the true first touch."""
    if truth.contact_s is None:
        return None, None
    touch_us = curve[0].device_time_us + round(truth.contact_s * 1e6)
    place = bisect_left(curve, touch_us, key=lambda reading: reading.device_time_us)
    reading = curve[min(place, len(curve) - 1)]
    return reading.angle_deg, reading.torque_ncm


def write_picture(folder: Path, case: Case, curve: Sequence[Reading], what: str) -> None:
    """Write the picture of a miss or a false alarm. Raises OSError."""
    name = Path(case.truth.file).stem
    safe = "".join(char if char.isalnum() or char in "-_" else "_" for char in name)[:80]
    text = picture(case, curve, f"{case.truth.file}: {what}")
    (folder / f"{what.replace(' ', '-')}-{safe}.svg").write_text(text, encoding="utf-8")
