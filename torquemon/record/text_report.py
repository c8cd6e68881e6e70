"""An insertion as text: for `list` and `show`. Words as careful as on the screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from torquemon import DISCLAIMER
from torquemon.journal import DamagedEntryError
from torquemon.model import MEASURED
from torquemon.record.csv_export import corrected_lines
from torquemon.record.errors import RecordError
from torquemon.record.history import person_of, withdrawn_why
from torquemon.record.insertions import Archive, Insertion

_BARS: Final = " ▁▂▃▄▅▆▇█"
_WIDTH: Final = 64
_HEIGHT: Final = 8


def list_lines(insertions: Iterable[Insertion]) -> list[str]:
    """Return one line an insertion, newest first."""
    return [_list_line(insertion) for insertion in insertions]


def _list_line(insertion: Insertion) -> str:
    meta = insertion.row.meta
    content = insertion.content
    if content is None:
        state = "recording"
    elif "verdict" not in content:
        state = "not readable"
    else:
        verdict = content["verdict"]
        peak = verdict["max_insertion_torque_ncm"]
        value = "" if peak is None else f" {peak:.1f} N·cm"
        state = ("interrupted, " if content["interrupted"] else "") + verdict["kind"] + value
    opened = insertion.row.opened_utc[:16].replace("T", " ")
    mark = f"  [{insertion.mark}]" if insertion.mark else ""
    patient = meta.get("patient") or "-"
    return f"{insertion.row.id}  {opened} UTC  {patient}  {meta.get('site')}  {state}{mark}"


def show_lines(archive: Archive, insertion: Insertion, *, with_name: bool = False) -> list[str]:
    """Return the whole insertion as lines of text; `with_name` adds who the patient is."""
    try:
        readings = list(archive.readings(insertion))
    except (DamagedEntryError, RecordError):
        readings = []  # the conclusion below says what is damaged
    lines = _head(insertion)
    if insertion.origin != "real":
        lines.append(f"*** {insertion.origin.upper()}: not measured on a patient ***")
    why = withdrawn_why(insertion.whole) if insertion.whole is not None else ""
    if why:
        lines.append(f"*** WITHDRAWN, entered in error: {why} ***")
    lines += ["", *_who(archive, insertion, with_name=with_name), *_facts(insertion)]
    lines += [*said_lines(insertion), ""]
    lines += curve_lines([r.torque_ncm for r in readings if r.validity in MEASURED])
    start_ns = readings[0].host_time_ns if readings else insertion.row.opened_ns
    lines += ["", *_conclusion(insertion), "", *_alerts(insertion, start_ns), "", DISCLAIMER]
    return lines


def _head(insertion: Insertion) -> list[str]:
    opened = insertion.row.opened_utc[:19].replace("T", " ")
    return [f"Insertion {insertion.row.id}, {opened} UTC"]


def _who(archive: Archive, insertion: Insertion, *, with_name: bool) -> list[str]:
    meta, found = insertion.row.meta, insertion.whole
    patient = str(meta.get("patient") or "-")
    if with_name:
        with archive.store.read() as session:
            person = person_of(session, patient)
        if person is not None:
            born = f", born {person.birth_date}" if person.birth_date else ""
            patient += f" ({person.name or 'no name'}{born})"
    purpose = found.insertion.purpose if found is not None else "insertion"
    return [
        f"patient    {patient}",
        f"operator   {meta.get('operator') or '-'}",
        *([f"purpose    {purpose}"] if purpose != "insertion" else []),
    ]


def said_lines(insertion: Insertion) -> list[str]:
    """Return findings and signatures, a line each kind; none where nobody has said anything."""
    found = insertion.whole
    if found is None:
        return []
    findings = [f"{f.name.replace('_', ' ')} {f.value}" for f in found.standing(found.findings)]
    signed = [
        f"{s.operator}, {s.said_utc.isoformat()[:19].replace('T', ' ')} UTC, {s.meaning}, "
        f"of entry {s.signed_number} ({s.signed_hash[:16]}…)"
        for s in found.signatures
    ]
    lines = [("findings", findings), ("signed", signed)]
    return [f"{name:10} {'; '.join(said)}" for name, said in lines if said]


def _facts(insertion: Insertion) -> list[str]:
    meta = insertion.row.meta
    threshold = meta.get("armed_threshold_ncm")
    reasons = meta.get("threshold_reasons")
    why = "; ".join(str(reason) for reason in reasons) if isinstance(reasons, list) else ""
    asked = "none" if threshold is None else f"{threshold:g} N·cm"
    lot = f", lot {meta['lot']}" if meta.get("lot") else ""
    teeth = f", between {meta['fdi']}" if meta.get("fdi") else ""
    return [
        f"site       {meta.get('site')}{teeth}",
        f"screw      {meta.get('screw')}{lot}",
        f"window     {meta.get('window') or 'none published'} N·cm ({meta.get('window_source')})",
        f"threshold  {asked} ({why})",
        (
            f"handpiece  {meta.get('maker')} {meta.get('model')}, "
            f"serial number {meta.get('serial')}, "
            f"calibrated {meta.get('calibrated') or 'at an unknown date'}"
        ),
        *corrected_lines(meta),
    ]


def _conclusion(insertion: Insertion) -> list[str]:
    content = insertion.content
    if content is None:
        return ["still recording"]
    if "verdict" not in content:
        return [f"this insertion cannot be judged: {content.get('error')}"]
    verdict = content["verdict"]
    lines = [
        f"maximum insertion torque  {_ncm(verdict['max_insertion_torque_ncm'])}",
        f"final torque              {_ncm(verdict['final_torque_ncm'])}",
        f"removal torque            {_removal(content['removal_torque_ncm'])}",
        f"verdict                   {_verdict_words(verdict)}",
        (
            f"samples                   {content['samples']} in {content['duration_s']:.1f} s, "
            f"{content['missing_samples']} missing"
        ),
    ]
    if content["interrupted"]:
        lines.append("INTERRUPTED: the monitor ended before the recording was finished")
    elif not content["agrees"]:
        lines.append("the stored readings give another verdict than the monitor gave")
    return lines


def _ncm(value: float | None) -> str:
    return "not known" if value is None else f"{value:.2f} N·cm"


def _removal(value: float | None) -> str:
    return "the screw was not turned back" if value is None else f"{value:.2f} N·cm"


def _verdict_words(verdict: dict[str, Any]) -> str:
    kind = verdict["kind"]
    words = "undetermined" if kind == "undetermined" else f"{kind} the window"
    return f"{words} ({verdict['why']}; rule {verdict['rule_version']})"


def _alerts(insertion: Insertion, start_ns: int) -> list[str]:
    """Return what happened, by the clock of the curve: seconds after its first reading."""
    found = insertion.whole
    if found is None:
        return ["alerts are shown once it is closed"]
    lines: list[tuple[int, str]] = []
    for alert in found.alerts:
        if alert.raised_ns is None or alert.raised_by == "recorder":
            continue
        after_s = alert.time_s
        if after_s is None:
            after_s = (alert.raised_ns - start_ns) / 1e9
        lines.append(
            (alert.raised_ns, f"{after_s:8.3f} s  {alert.priority:8}  {alert.code}: {alert.why}")
        )
    for event in found.events:
        if event.what == "halt":
            after_s = (event.at_ns - start_ns) / 1e9
            reason = str(event.fields.get("reason")).lower().replace("_", " ")
            torque = event.fields.get("torque_ncm")
            at = f" at {torque:.2f} N·cm" if isinstance(torque, int | float) else ""
            lines.append(
                (event.at_ns, f"{after_s:8.3f} s  halt      handpiece stopped: {reason}{at}")
            )
    return [line for _, line in sorted(lines)] or ["no alerts"]


def curve_lines(
    torque_ncm: Sequence[float], width: int = _WIDTH, height: int = _HEIGHT
) -> list[str]:
    """Return a small curve: the highest torque of each column, so that no peak is lost."""
    if not torque_ncm:
        return ["no readings were stored"]
    columns = [
        max(torque_ncm[len(torque_ncm) * i // width : len(torque_ncm) * (i + 1) // width] or [0.0])
        for i in range(min(width, len(torque_ncm)))
    ]
    top = max(5.0, *columns)
    eighths = [round(max(0.0, value) / top * height * 8) for value in columns]
    lines = []
    for row in range(height - 1, -1, -1):
        label = f"{top * (row + 1) / height:6.1f} " if row % 2 else " " * 7
        lines.append(label + "".join(_BARS[max(0, min(8, e - row * 8))] for e in eighths))
    return [*lines, " " * 7 + "N·cm over the samples"]
