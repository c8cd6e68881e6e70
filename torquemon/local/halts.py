"""Why a handpiece halted, in words: for the live screen and for what the record shows of it."""

from __future__ import annotations

from typing import Final

from torquemon.model import StopReason

STOP_TEXT: Final = {
    StopReason.NONE: "",
    StopReason.THRESHOLD: "stopped at the threshold",
    StopReason.OPERATOR: "stopped by the operator at the handpiece",
    StopReason.LEASE_EXPIRED: "stopped because the supervision was lost",
    StopReason.SENSOR_RANGE: "stopped: torque outside the sensor's range",
    StopReason.SENSOR_SILENT: "stopped: the torque sensor fell silent",
    StopReason.HOST_ALERT: "stopped from here",
}


def halted(reason: StopReason, torque_ncm: float) -> str:
    """Return why a handpiece halted, and at what torque in N·cm."""
    return f"{STOP_TEXT[reason]}, {torque_ncm:.1f} N·cm"
