"""The axes: fixed, and where they must grow, in fixed steps.

An axis that breathes with the signal makes every curve look alike; so the torque axis hangs on the
window and the threshold, and only a peak that would leave it moves it, by a whole step.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from torquemon.local.view import View

_STEPS_NCM: Final = {
    20.0: 5.0,
    25.0: 5.0,
    30.0: 10.0,
    40.0: 10.0,
    50.0: 10.0,
    60.0: 20.0,
    80.0: 20.0,
    120.0: 40.0,
    160.0: 40.0,
    240.0: 80.0,
    320.0: 80.0,
}
"""The tops that the axis may have, each with the distance of its ticks."""
TOPS_NCM: Final = tuple(_STEPS_NCM)
_ABOVE_WINDOW: Final = 1.4
_ABOVE_THRESHOLD: Final = 1.2


def axis_sign(*, labelled: bool, in_window: bool) -> str:
    """Return the sign of the torque axis in one row; the window is told without colour too."""
    return ("┫" if labelled else "┃") if in_window else ("┤" if labelled else "│")


class TorqueAxis(NamedTuple):
    """The torque axis from 0 to `top_ncm`, with what is marked on it."""

    top_ncm: float
    low_ncm: float | None
    high_ncm: float | None
    held_ncm: float | None

    def dot(self, torque_ncm: float, dots: int) -> int:
        """Return the row of dots, counted from below, of a torque; beyond the axis, its edge."""
        return min(max(round(torque_ncm / self.top_ncm * (dots - 1)), 0), dots - 1)

    def in_window(self, torque_ncm: float) -> bool:
        """Tell whether a torque lies in the window."""
        if self.low_ncm is None or self.high_ncm is None:
            return False
        return self.low_ncm <= torque_ncm <= self.high_ncm

    def ticks(self) -> tuple[float, ...]:
        """Return the torques to be labelled, 0 first."""
        step = _STEPS_NCM[self.top_ncm]
        return tuple(step * tick for tick in range(int(self.top_ncm / step) + 1))


def torque_axis(view: View, highest_ncm: float) -> TorqueAxis:
    """Return the axis for `view` where the curve has reached `highest_ncm`."""
    held_ncm = view.arm.held_ncm
    needed = max(
        (view.window_high_ncm or 0.0) * _ABOVE_WINDOW,
        (held_ncm or 0.0) * _ABOVE_THRESHOLD,
        highest_ncm,
    )
    top_ncm = next((top for top in TOPS_NCM if top >= needed), TOPS_NCM[-1])
    return TorqueAxis(top_ncm, view.window_low_ncm, view.window_high_ncm, held_ncm)
