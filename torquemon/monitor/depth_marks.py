"""The depths that are marked on curve and depth bar: cortex, 4 mm, taper, seat."""

from __future__ import annotations

from typing import Final

from torquemon.local.view import DepthMark, DepthMarkView
from torquemon.monitor.plan import Plan
from torquemon.signal.phase import CORTEX_MM

FOUR_MM: Final = 4.0
"""From about here a rise that depth does not explain may be a root (Cousley, 2nd ed., ch. 3)."""


class DepthMarks:
    """The marks of a plan; found once for each plan, asked for with every view."""

    def __init__(self) -> None:
        self._plan: Plan | None = None
        self._marks: tuple[DepthMarkView, ...] = ()

    def of(self, plan: Plan) -> tuple[DepthMarkView, ...]:
        """Return the marks of `plan`, the shallowest first."""
        if plan is not self._plan:
            self._plan, self._marks = plan, _find(plan)
        return self._marks


def _find(plan: Plan) -> tuple[DepthMarkView, ...]:
    setup = plan.judge_setup(None, 0.0)
    depths = {DepthMark.CORTEX: CORTEX_MM, DepthMark.FOUR: FOUR_MM}
    if setup.body_mm is not None:
        depths[DepthMark.SEAT] = setup.body_mm
        if setup.flare_mm > 0:
            depths[DepthMark.TAPER] = setup.body_mm - setup.flare_mm
    marks = [DepthMarkView(mark=mark, depth_mm=round(mm, 2)) for mark, mm in depths.items()]
    return tuple(sorted(marks, key=lambda mark: mark.depth_mm))
