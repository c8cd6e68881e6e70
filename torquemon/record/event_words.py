"""Events of an insertion as sentences of a screen. They are stored as a name and its fields."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from torquemon.local.halts import STOP_TEXT, halted
from torquemon.model import StopReason
from torquemon.text import clean

SHOWN: Final = frozenset(
    {"halt", "stop asked", "arm asked", "overshoot", "connected", "wire down", "wire up"}
)
_LONG: Final = 400


def event_text(what: str, fields: Mapping[str, object]) -> str:
    """Return one event in words, cleaned; fields of another form than ours are left out."""
    return clean(_said(what, fields), _LONG)


def _said(what: str, fields: Mapping[str, object]) -> str:
    if what == "halt":
        return _halt(fields)
    if what == "stop asked":
        return _with("stop asked for", fields.get("who"))
    if what == "arm asked":
        torque_ncm = _number(fields.get("threshold_ncm"))
        return "asked to arm" if torque_ncm is None else f"asked to arm at {torque_ncm:.1f} N·cm"
    if what == "overshoot":
        torque_ncm = _number(fields.get("overshoot_ncm"))
        return "ran on after the stop" + ("" if torque_ncm is None else f", {torque_ncm:.1f} N·cm")
    if what == "wire down":
        return _with("connection lost", fields.get("why"))
    return {"connected": "handpiece connected", "wire up": "connection back"}.get(what, what)


def _halt(fields: Mapping[str, object]) -> str:
    reason = StopReason.__members__.get(str(fields.get("reason")), StopReason.NONE)
    torque_ncm = _number(fields.get("torque_ncm"))
    if reason is StopReason.NONE:
        return "stopped, reason not stated"
    return STOP_TEXT[reason] if torque_ncm is None else halted(reason, torque_ncm)


def _with(what: str, why: object) -> str:
    return f"{what}: {why}" if isinstance(why, str) and why else what


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
