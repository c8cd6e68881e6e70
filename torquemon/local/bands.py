"""Where a torque lies relative to window and limit: one rule for the monitor and for a replay."""

from __future__ import annotations

from typing import Final

from torquemon.local.view import Band

NEAR_LIMIT_SHARE: Final = 0.9
"""[E] The strip says *near limit* from nine tenths of the limit."""


def band_at(
    torque_ncm: float, low_ncm: float | None, high_ncm: float | None, limit_ncm: float | None
) -> Band:
    """Return the band of a torque; IDLE where no window applies. All in N·cm."""
    if low_ncm is None or high_ncm is None:
        return Band.IDLE
    limit_ncm = limit_ncm or high_ncm
    if torque_ncm > min(high_ncm, limit_ncm):
        return Band.ABOVE
    if torque_ncm >= NEAR_LIMIT_SHARE * limit_ncm:
        return Band.NEAR_LIMIT
    return Band.BELOW if torque_ncm < low_ncm else Band.WITHIN
