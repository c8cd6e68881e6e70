"""An insertion of the record as the loopback protocol tells it: cleaned, capped, plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from torquemon.local.archive import (
    MAX_EVENTS,
    MAX_POINTS,
    ActName,
    AlertLine,
    CurvePage,
    EventLine,
    InsertionLine,
    InsertionView,
    RecordState,
    Remark,
)
from torquemon.model import MEASURED, Origin, Priority, Reading, VerdictKind
from torquemon.profiles import ProfileError, builtin
from torquemon.profiles.catalogue import parse_window
from torquemon.record.event_words import SHOWN, event_text
from torquemon.record.history import Summary, Whole
from torquemon.text import clean

STOP_OUTCOME: Final = "stop_outcome"
"""The finding that says what came of a stop."""
_LONG: Final = 400


@dataclass(frozen=True, slots=True)
class StoredCurve:
    """The measured samples of one insertion as columns. Seconds from the first reading."""

    id: str
    time_s: Sequence[float]
    torque_ncm: Sequence[float]
    angle_deg: Sequence[float | None]

    def page(self, first: int) -> CurvePage:
        """Return every sample from `first`, at most one page of them."""
        first = min(first, len(self.time_s))
        return self._page(range(first, min(first + MAX_POINTS, len(self.time_s))), first)

    def reduced(self) -> CurvePage:
        """Return lowest and highest sample of each slice, so that no peak is lost."""
        count = len(self.time_s)
        slices = MAX_POINTS // 2
        if count <= MAX_POINTS:
            return self._page(range(count), 0)
        chosen: list[int] = []
        for index in range(slices):
            part = range(count * index // slices, count * (index + 1) // slices)
            low = min(part, key=self.torque_ncm.__getitem__)
            high = max(part, key=self.torque_ncm.__getitem__)
            chosen += sorted({low, high})
        return self._page(chosen, 0, len(chosen))

    def _page(self, at: Sequence[int], first: int, total: int | None = None) -> CurvePage:
        return CurvePage(
            id=self.id,
            first=first,
            next=first + len(at),
            total=len(self.time_s) if total is None else total,
            time_s=tuple(self.time_s[i] for i in at),
            torque_ncm=tuple(self.torque_ncm[i] for i in at),
            angle_deg=tuple(self.angle_deg[i] for i in at),
        )


def stored_curve(insertion_id: str, readings: Iterable[Reading]) -> StoredCurve:
    """Return the curve of an insertion; what is no measurement is left out."""
    time_s: list[float] = []
    torque_ncm: list[float] = []
    angle_deg: list[float | None] = []
    first_us: int | None = None
    for reading in readings:
        if reading.validity not in MEASURED:
            continue
        first_us = reading.device_time_us if first_us is None else first_us
        time_s.append((reading.device_time_us - first_us) / 1e6)
        torque_ncm.append(reading.torque_ncm)
        angle_deg.append(reading.angle_deg)
    return StoredCurve(insertion_id, time_s, torque_ncm, angle_deg)


def insertion_line(found: Summary) -> InsertionLine:
    """Return one line of a list."""
    state = RecordState.CLOSED if found.complete else RecordState.INTERRUPTED
    return InsertionLine(
        id=found.id,
        opened_utc=found.opened_utc.isoformat(),
        patient=clean(found.patient_ref, 64),
        operator=clean(found.operator, 64),
        site=clean(found.site or ""),
        fdi=clean(found.fdi or ""),
        screw=clean(found.screw or ""),
        origin=found.origin,
        state=RecordState.UNREADABLE if found.verdict is None else state,
        verdict=None if found.verdict is None else VerdictKind(found.verdict),
        max_insertion_torque_ncm=found.max_insertion_torque_ncm,
    )


def insertion_view(found: Whole) -> InsertionView:
    """Return one insertion without its curve."""
    row, verdict = found.insertion, found.verdict
    given = next((v for v in found.verdicts if v.judge == "monitor"), None)
    catalogue = builtin()
    site, screw = found.summary.site or "", found.summary.screw or ""
    low, high = _window(row.window)
    return InsertionView(
        line=insertion_line(found.summary),
        site_name=catalogue.sites[site].name if site in catalogue.sites else clean(site),
        screw_name=catalogue.screws[screw].name if screw in catalogue.screws else clean(screw),
        window_low_ncm=low,
        window_high_ncm=high,
        window_source=clean(row.window_source or "", _LONG),
        threshold_ncm=row.armed_threshold_ncm,
        threshold_reasons=_reasons(row.description),
        device=clean(f"{row.maker or ''} {row.model or ''} {row.serial or ''}"),
        calibrated=clean(row.calibrated or ""),
        final_torque_ncm=verdict.final_torque_ncm if verdict else None,
        removal_torque_ncm=verdict.removal_torque_ncm if verdict else None,
        why=clean(verdict.why if verdict else row.problem or "", _LONG),
        rule_version=clean(verdict.rule_version if verdict else ""),
        agrees=_said(given) is not None and _said(given) == _said(verdict),
        samples=row.samples,
        missing_samples=row.missing_samples,
        duration_s=row.duration_s,
        has_angle=bool(row.description.get("has_angle", True)),
        alerts=_alerts(found),
        events=_events(found),
        remarks=_remarks(found),
    )


def _said(verdict: Any) -> tuple[Any, ...] | None:  # noqa: ANN401 - a row of the record or nothing
    if verdict is None:
        return None
    return (verdict.kind, verdict.max_insertion_torque_ncm, verdict.final_torque_ncm)


def _window(text: str | None) -> tuple[float | None, float | None]:
    try:
        window = parse_window(text or "")
    except ProfileError:
        return None, None
    return window.low_ncm, window.high_ncm


def _reasons(description: Mapping[str, Any]) -> tuple[str, ...]:
    reasons = description.get("threshold_reasons")
    if not isinstance(reasons, list):
        return ()
    return tuple(clean(str(reason), _LONG) for reason in reasons[:10])


def _alerts(found: Whole) -> tuple[AlertLine, ...]:
    """Return the judge's alerts, and the monitor's alarms of which the judge knows nothing."""
    judged = [alert for alert in found.alerts if alert.raised_by != "monitor"]
    codes = {alert.code for alert in judged}
    rest = [a for a in found.alerts if a.raised_by == "monitor" and a.code not in codes]
    lines = [
        AlertLine(
            code=clean(alert.code),
            priority=Priority(alert.priority),
            time_s=_alert_time_s(alert.time_s, alert.raised_ns, found.insertion.opened_ns),
            torque_ncm=alert.torque_ncm,
            why=clean(alert.why, _LONG),
        )
        for alert in (*judged, *rest)
    ]
    return tuple(sorted(lines, key=lambda line: line.time_s)[:MAX_EVENTS])


def _alert_time_s(time_s: float | None, raised_ns: int | None, opened_ns: int) -> float:
    if time_s is not None:
        return time_s
    return 0.0 if raised_ns is None else max(0.0, (raised_ns - opened_ns) / 1e9)


def _events(found: Whole) -> tuple[EventLine, ...]:
    opened_ns = found.insertion.opened_ns
    lines = [
        EventLine(
            time_s=max(0.0, (event.at_ns - opened_ns) / 1e9),
            text=event_text(event.what, event.fields),
        )
        for event in found.events
        if event.what in SHOWN
    ]
    return tuple(lines[:MAX_EVENTS])


def _remarks(found: Whole) -> tuple[Remark, ...]:
    rows = [
        *(_remark(note, ActName.NOTE, "", note.text) for note in found.standing(found.notes)),
        *(
            _remark(finding, ActName.STOP_OUTCOME, finding.value, "")
            for finding in found.standing(found.findings)
            if finding.name == STOP_OUTCOME
        ),
        *(
            _remark(outcome, ActName.OUTCOME, outcome.state, outcome.text)
            for outcome in found.standing(found.outcomes)
        ),
        *(_remark(sign, ActName.SIGN, sign.meaning, "") for sign in found.signatures),
    ]
    return tuple(sorted(rows, key=lambda remark: remark.utc))[-MAX_EVENTS:]


def _remark(row: Any, kind: ActName, choice: str, text: str) -> Remark:  # noqa: ANN401 - as above
    return Remark(
        utc=row.said_utc.isoformat(),
        kind=kind,
        who=clean(row.operator, 64),
        choice=clean(choice),
        text=clean(text, 2000),
    )


def origin_fits(found: Summary, origin: Origin | None) -> bool:
    """Whether a search for `origin` (None: any) finds this."""
    return origin is None or found.origin is origin
