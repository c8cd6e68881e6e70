"""The check list before a recording: what gates it, and what only warns.

Nothing is decided here: the session arms, the guardrail limits. This says beforehand what they will
say, so that nobody finds it out with the screw in hand.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from torquemon.drivers.codec import Result
from torquemon.drivers.correction import Correction
from torquemon.local.view import CheckState, CheckView
from torquemon.model import ArmPhase, Validity
from torquemon.monitor.session import Session

CALIBRATION_DAYS: Final = 365
"""[E] A calibration older than a year is told; makers state one to two years."""

DAYS_PER_MONTH: Final = 30.4375


def check_list(session: Session, now_ns: int) -> tuple[CheckView, ...]:
    """Return the lines, those that gate first."""
    return (
        _link(session, now_ns),
        _identity(session),
        _sensor(session, now_ns),
        _guardrail(session),
        *_halted(session),
        _confirmed(session),
        _calibration(session),
        _storage(session),
        _screw_limit(session),
        _screw_site(session),
    )


def _gate(name: str, state: CheckState, text: str) -> CheckView:
    return CheckView(id=name, gates=True, state=state, text=text)


def _warning(name: str, text: str, well: str) -> CheckView:
    state = CheckState.BAD if text else CheckState.OK
    return CheckView(id=name, gates=False, state=state, text=text or well)


def _link(session: Session, now_ns: int) -> CheckView:
    side = session.side
    if side.wire_up and side.is_streaming(now_ns):
        return _gate("link", CheckState.OK, f"measurements arrive from {side.port}")
    state = CheckState.BAD if side.failed else CheckState.WAIT
    return _gate("link", state, side.text)


def _identity(session: Session) -> CheckView:
    device = session.side.device
    if device is None:
        return _gate("identity", CheckState.WAIT, "no handpiece has introduced itself yet")
    text = f"{device.maker} {device.model}, serial number {device.serial}"
    if not device.can_stop:
        return _gate("identity", CheckState.BAD, f"{text}: cannot be stopped from here, warn only")
    trust = session.handpiece.link.trust
    if trust.refusal:
        return _gate("identity", CheckState.BAD, f"{text}: {trust.refusal}")
    if not trust.may_arm and session.side.wire_up:
        return _gate("identity", CheckState.WAIT, f"{text}: {trust.why_not}")
    return _gate("identity", CheckState.OK, text)


def _sensor(session: Session, now_ns: int) -> CheckView:
    side = session.side
    reading = side.measurement(now_ns)
    if reading is None:
        return _gate("sensor", CheckState.WAIT, "no valid measurement yet")
    if reading.validity is not Validity.VALID:
        return _gate(
            "sensor", CheckState.BAD, f"the measurement is {reading.validity.name.lower()}"
        )
    if side.tare_result is None:
        return _gate("sensor", CheckState.OK, "measures; it is zeroed when the recording starts")
    if side.tare_result is not Result.DONE:
        return _gate("sensor", CheckState.WAIT, "not zeroed at the last try: let go of the screw")
    return _gate("sensor", CheckState.OK, "measures and was zeroed")


def _guardrail(session: Session) -> CheckView:
    threshold, reasons = session.arming.threshold_outlook(session.plan)
    if threshold is None:
        return _gate("guardrail", CheckState.BAD, "; ".join(reasons))
    text = f"stops at {round(threshold.threshold_ncm, 2):g} N·cm: {'; '.join(reasons)}"
    return _gate("guardrail", CheckState.OK, text)


def _halted(session: Session) -> tuple[CheckView, ...]:
    """Say that the handpiece stands halted, where it does: it cannot be zeroed or armed so."""
    if session.handpiece.link.lease.phase is not ArmPhase.HALTED:
        return ()
    return (_gate("halted", CheckState.BAD, "a halt stands: release it at the handpiece"),)


def _confirmed(session: Session) -> CheckView:
    doubts = session.doubts()
    if doubts:
        return _gate("confirmed", CheckState.WAIT, "; ".join(doubt.text for doubt in doubts))
    return _gate("confirmed", CheckState.OK, "nothing is left to confirm")


def _calibration(session: Session) -> CheckView:
    device = session.side.device
    if device is None:
        return CheckView(
            id="calibration", gates=False, state=CheckState.WAIT, text="no handpiece yet"
        )
    today = session.today()
    applied = device.correction
    own = _stated(device.calibrated, today) if applied is None else _checked(applied, today)
    troubles = _troubles(len(session.handpiece.link.corrections.troubles))
    return _warning("calibration", f"{own.text}; {troubles}", "") if troubles else own


def _troubles(count: int) -> str:
    """Say how many files of checks are not applied; empty where none is left out."""
    if not count:
        return ""
    if count == 1:
        return (
            "one check in the folder of this chair is not applied: "
            "`torquemon calibrate --list` says why"
        )
    return (
        f"{count} checks in the folder of this chair are not applied: "
        "`torquemon calibrate --list` says why"
    )


def _stated(calibrated: date | None, today: date) -> CheckView:
    """Say when the handpiece was calibrated, as it says, and whether that is too long ago."""
    if calibrated is None:
        return _warning("calibration", "the date of the last calibration is unknown", "")
    age_days = (today - calibrated).days
    if age_days < 0:
        return _warning("calibration", "this computer's date lies before the calibration", "")
    text = f"calibrated {calibrated.isoformat()}, {age_days} days ago"
    old = f"{text}: have it calibrated" if age_days > CALIBRATION_DAYS else ""
    return _warning("calibration", old, text)


def _checked(correction: Correction, today: date) -> CheckView:
    """Say what a signed check against a gauge found, and whether it is too old."""
    age_days = (today - correction.measured).days
    if age_days < 0:
        return _warning("calibration", "this computer's date lies before the calibration", "")
    date_text, gain = correction.measured.isoformat(), correction.gain
    if age_days > correction.valid_months * DAYS_PER_MONTH:
        text = f"checked {date_text}, {age_days} days ago: check it again against a gauge"
        return _warning("calibration", text, "")
    text = f"checked {date_text}, {age_days} days ago: reads {gain:.3f} of the torque"
    return _warning("calibration", "", text)


def _storage(session: Session) -> CheckView:
    return _warning("storage", session.chronicle.storage_problem, "all is stored")


def _screw_limit(session: Session) -> CheckView:
    fracture_ncm = session.plan.screw.fracture_torque_ncm
    if fracture_ncm is None:
        return _warning("screw_limit", "screw limit unknown: no fracture torque is stated", "")
    return _warning("screw_limit", "", f"lowest stated fracture torque {fracture_ncm:g} N·cm")


def _screw_site(session: Session) -> CheckView:
    plan = session.plan
    if not plan.screw.usual_sites:
        return _warning("screw_site", "", "no usual site is stated for this screw")
    return _warning("screw_site", plan.unusual_screw, f"{plan.screw.name} is usual here")
