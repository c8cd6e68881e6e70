"""Builds the view that clients fetch: a pure look at the session, changing nothing."""

from __future__ import annotations

from itertools import count
from typing import Final

from torquemon.drivers.link import LinkPhase as WirePhase
from torquemon.local.halts import halted
from torquemon.local.view import (
    BAND_RANK,
    ArmView,
    Band,
    DeviceView,
    LinkPhase,
    LinkView,
    SessionPhase,
    StopView,
    VerdictView,
    View,
)
from torquemon.model import AlertCode, ArmPhase, Origin, Reading, Validity
from torquemon.monitor.checklist import check_list
from torquemon.monitor.depth_marks import DepthMarks
from torquemon.monitor.recording import Recording
from torquemon.monitor.session import Session
from torquemon.signal.pipeline import SignalView

_NO_BATTERY: Final = 255


class Viewer:
    """Makes views of one session, numbered."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._numbers = count(1)
        self._marks = DepthMarks()

    def view(self, now_ns: int, *, controlling: bool) -> View:
        """Return the view of this moment for one client."""
        session = self._session
        running = session.chronicle.recording
        recording = running or session.chronicle.closed
        signal = _signal(recording)
        reading = session.side.measurement(now_ns)
        band = self._band(running, reading)
        plan = recording.plan if recording else session.plan
        sound, sound_why = session.chronicle.sound.state
        return View(
            sequence=next(self._numbers),
            phase=_phase(session),
            origin=_origin(session, recording),
            insertion_id=recording.id if recording else None,
            patient=plan.patient,
            site=plan.site.id,
            site_name=plan.site.name,
            screw=plan.screw.id,
            screw_name=plan.screw.name,
            window_low_ncm=plan.window.low_ncm if plan.window else None,
            window_high_ncm=plan.window.high_ncm if plan.window else None,
            window_source=plan.window.source if plan.window else "no published window",
            window_choice=plan.window_choice,
            wanted_ncm=plan.wanted_ncm,
            link=self._link(now_ns),
            device=_device(session),
            arm=self._arm(running),
            torque_ncm=reading.torque_ncm if reading else None,
            overload=reading is not None and reading.validity is Validity.OVERFLOW,
            angle_deg=reading.angle_deg if reading else None,
            speed_rpm=reading.speed_rpm if reading else None,
            depth_mm=signal.depth_mm if signal else None,
            body_mm=plan.screw.body_mm,
            insertion_phase=signal.phase.value if signal else "idle",
            max_torque_ncm=signal.max_torque_ncm if signal else None,
            degrees_to_limit=signal.degrees_to_limit if signal else None,
            band=band,
            worst_band=_worst(recording, running, band),
            alarms=session.chronicle.alarms.all,
            stop=_stop(session),
            verdict=_verdict(recording),
            elapsed_s=recording.elapsed_s if recording else 0.0,
            storage=session.chronicle.storage_problem,
            controlling=controlling,
            operator_present=session.arming.operator_present,
            notice=session.side.notice,
            alarm_log=session.chronicle.alarm_log.lines,
            sound_paused_s=session.chronicle.sound.paused_s,
            sound=sound,
            sound_why=sound_why,
            pitch_mm=plan.screw.pitch_mm,
            engaged_deg=signal.engaged_deg if signal else None,
            depth_marks=self._marks.of(plan),
            operator=plan.operator,
            fdi=plan.fdi,
            checks=() if running else check_list(session, now_ns),
            to_confirm=() if running else tuple(doubt.text for doubt in session.doubts()),
        )

    def _band(self, recording: Recording | None, reading: Reading | None) -> Band:
        if reading is None:
            return Band.NO_DATA
        if self._session.side.halt is not None:
            return Band.STOPPED
        if recording is None:
            return Band.IDLE
        if self._session.chronicle.alarms.unacknowledged(AlertCode.ROOT_CONTACT):
            return Band.CONTACT
        beyond = reading.validity is Validity.OVERFLOW and reading.torque_ncm >= 0.0
        if beyond and recording.plan.window is not None:
            return Band.ABOVE  # it is that much or more, and nobody knows how much
        return recording.band_of(reading.torque_ncm)

    def _link(self, now_ns: int) -> LinkView:
        session = self._session
        link = session.handpiece.link
        round_trip_ns = link.requests.round_trip_ns
        return LinkView(
            phase=_link_phase(session, now_ns),
            port=session.side.port,
            text=session.side.text,
            round_trip_ms=None if round_trip_ns is None else round(round_trip_ns / 1e6, 2),
            samples=session.side.samples,
            lost_samples=link.sequence.lost,
            bad_frames=session.handpiece.framer.bad_frames + link.bad_messages,
            late_ms=_late_ms(session),
        )

    def _arm(self, recording: Recording | None) -> ArmView:
        session = self._session
        device = session.side.device
        threshold, reasons = session.arming.threshold_outlook(session.plan)
        if recording is not None:
            threshold, reasons = recording.threshold, recording.threshold_reasons
        wanted_ncm = round(threshold.threshold_ncm, 2) if threshold else None
        warn_only = session.arming.warn_only
        if device is not None and warn_only:
            reasons = (warn_only,) if device.can_stop else ()  # else the screen says it by itself
            return ArmView(
                phase=ArmPhase.WARN_ONLY, wanted_ncm=None, held_ncm=None, reasons=reasons
            )
        lease = session.handpiece.link.lease
        held = lease.held_counts
        # of a corrected handpiece it is a step of its own scale, and no round figure
        held_ncm = round(device.ncm(held), 2) if device is not None and held is not None else None
        if lease.phase is ArmPhase.HALTED:
            reasons = (lease.why_not,)
        elif lease.phase is not ArmPhase.ARMED:
            reasons = (session.arming.why_not_armed(), *reasons)
        return ArmView(phase=lease.phase, wanted_ncm=wanted_ncm, held_ncm=held_ncm, reasons=reasons)


def _late_ms(session: Session) -> float | None:
    """How late frames come through the air; on a cable nobody need know."""
    delay = session.handpiece.device_clock.delay
    if delay is None or not session.handpiece.over_the_air:
        return None
    return round(delay.p99_ms, 1)


def _phase(session: Session) -> SessionPhase:
    if session.chronicle.recording is not None:
        return SessionPhase.RECORDING
    return SessionPhase.PREPARE if session.chronicle.closed is None else SessionPhase.CLOSED


def _origin(session: Session, recording: Recording | None) -> Origin:
    device = session.side.device
    origin = device.origin if device else Origin.REAL
    return origin if recording is None else recording.origin.merged(origin)


def _signal(recording: Recording | None) -> SignalView | None:
    if recording is None or recording.judging is None:
        return None
    return recording.judging.pipeline.snapshot()


def _link_phase(session: Session, now_ns: int) -> LinkPhase:
    side = session.side
    if side.wire_up and session.handpiece.link.phase is WirePhase.READY:
        return LinkPhase.CONNECTED if side.is_streaming(now_ns) else LinkPhase.NO_DATA
    if side.failed:
        return LinkPhase.FAILED
    return LinkPhase.CONNECTING if side.device is None else LinkPhase.LOST


def _device(session: Session) -> DeviceView | None:
    info = session.side.device
    state = session.side.state
    if info is None:
        return None
    battery = state.battery_percent if state is not None else _NO_BATTERY
    return DeviceView(
        maker=info.maker,
        model=info.model,
        serial=info.serial,
        firmware=info.firmware,
        has_angle=info.has_angle,
        has_speed=info.has_speed,
        can_stop=info.can_stop,
        sample_rate_hz=info.hello.sample_rate_hz,
        accuracy_ncm=info.accuracy_ncm or None,
        calibrated=info.calibrated.isoformat() if info.calibrated else None,
        battery_percent=None if battery == _NO_BATTERY else battery,
    )


def _stop(session: Session) -> StopView | None:
    halt = session.side.halt
    if halt is None:
        return None
    text = halted(halt.reason, halt.torque_ncm)
    return StopView(reason=halt.reason, torque_ncm=halt.torque_ncm, text=text)


def _verdict(recording: Recording | None) -> VerdictView | None:
    verdict = recording.verdict if recording else None
    if verdict is None:
        return None
    return VerdictView(
        kind=verdict.kind,
        max_insertion_torque_ncm=verdict.max_insertion_torque_ncm,
        final_torque_ncm=verdict.final_torque_ncm,
        why=verdict.why,
    )


def _worst(recording: Recording | None, running: Recording | None, band: Band) -> Band:
    """Return the gravest state of the insertion: never less than the one that is shown."""
    if recording is None:
        return Band.IDLE
    if running is None or band is Band.NO_DATA:
        return recording.worst_band
    return max(recording.worst_band, band, key=BAND_RANK.__getitem__)
