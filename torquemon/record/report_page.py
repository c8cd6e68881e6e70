"""The one page as plain values: every text written out, every drawing made, nothing laid out.

PDF and HTML are set from this same value, so they cannot tell different things. Texts in it are
data: whoever sets the page escapes them or passes them as data, and never as markup.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from torquemon import __version__
from torquemon.model import AlertCode
from torquemon.record.report_arch import arch_svg
from torquemon.record.report_curve import Plot, angle_svg, samples, thin, time_svg
from torquemon.record.report_data import UNKNOWN_ORIGIN, ReportData
from torquemon.record.report_drawing import nice_step
from torquemon.record.report_events import Told, marks, told_events
from torquemon.record.report_figures import Figures, figures
from torquemon.record.report_said import Row, finding_rows, patient, signature_rows
from torquemon.record.report_words import Words

MAX_TURN_COLUMNS: Final = 14
_ANGLE_MM: Final = 64.0
_TIME_MM: Final = 42.0
_TIME_ALONE_MM: Final = 111.5
_DASH: Final = "–"


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the events."""

    number: str
    when: str
    what: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class TurnTable:
    """Torque at each turn, one column a turn; the first cell of each row is its title."""

    title: str
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All that stands on the page."""

    language: str
    title: str
    subtitle: str
    mark: str
    mark_line: str
    facts: tuple[Row, ...]
    arch: str
    arch_alt: str
    verdict_kind: str
    verdict: str
    why: str
    values: tuple[Row, ...]
    notes: tuple[str, ...]
    angle_title: str
    angle: str
    angle_alt: str
    time_title: str
    time: str
    time_alt: str
    turns: TurnTable | None
    events_title: str
    events: tuple[EventRow, ...]
    events_more: str
    device_title: str
    device: tuple[Row, ...]
    chain: Row
    no_promise: str
    not_validated: str
    rendered: str
    disclaimer: str
    insertion_id: str
    undrawn: str

    def fields(self) -> dict[str, Any]:
        """Return the page for JSON."""
        return asdict(self)


def make_page(data: ReportData, words: Words) -> Page:
    """Write out one insertion in one language."""
    found = figures(data)
    told, more = told_events(data, found.zero_deg)
    pieces = thin(samples(data.readings, found.zero_deg))
    plot = Plot(data, found, pieces, marks(told), words)
    site_name = words.site(data.site, data.site_name) or words["unknown"]
    by_angle = found.angle_known
    return Page(
        language=words.language,
        title=words[f"title_{data.purpose}"],
        subtitle=words["subtitle"],
        mark=data.mark or ("WITHDRAWN" if data.withdrawn else ""),
        mark_line=_mark_line(data, words),
        facts=_facts(data, words, site_name),
        arch=arch_svg(data.site, data.teeth, site_name, words),
        arch_alt=words["alt_arch"].format(site=site_name),
        verdict_kind=data.verdict.value,
        verdict=words[f"verdict_{data.verdict.value}"],
        why=words.sentence(data.why),
        values=_values(data, found, words),
        notes=_notes(data, found, words),
        angle_title=words["by_angle"],
        angle=angle_svg(plot, _ANGLE_MM) if by_angle else "",
        angle_alt=words["alt_angle"],
        time_title=words["by_time"],
        time=time_svg(plot, _TIME_MM if by_angle else _TIME_ALONE_MM),
        time_alt=words["alt_time"],
        turns=_turn_table(found, words),
        events_title=words["events"],
        events=tuple(_event_row(n, event, words) for n, event in enumerate(told, start=1)),
        events_more=_events_more(told, more, words),
        device_title=words["device"],
        device=_device(data, found, words),
        chain=(words["chain"], data.witness or words["unknown"]),
        no_promise=words["no_promise"],
        not_validated=words["not_validated"],
        rendered=words["rendered"].format(version=__version__, words=words.version),
        disclaimer=words["disclaimer"],
        insertion_id=data.insertion_id,
        undrawn=words["undrawn"],
    )


def _mark_line(data: ReportData, words: Words) -> str:
    if not data.mark and data.withdrawn:
        return words["mark_withdrawn"]
    if not data.mark:
        return ""
    key = "unknown" if data.mark == UNKNOWN_ORIGIN else data.mark.lower()
    return words[f"mark_{key}"]


def _facts(data: ReportData, words: Words, site_name: str) -> tuple[Row, ...]:
    unknown = words["unknown"]
    teeth = words["teeth"].format(teeth=data.teeth) if data.teeth else ""
    window, source = words["none_published"], ""
    if data.window is not None:
        window = words.window(data.window)
        source = data.window.source
    profile = data.window.id if data.window is not None else ""
    return (
        (words["patient"], patient(data, words) or unknown),
        (words["opened"], words.time(data.opened_utc)),
        (words["insertion"], data.insertion_id),
        (words["operator"], data.operator or unknown),
        (words["site"], ", ".join(part for part in (site_name, teeth) if part)),
        (words["screw"], data.screw_name or unknown),
        (words["lot"], data.lot or unknown),
        (words["profile"], " · ".join(part for part in (window, profile) if part)),
        (words["source"], source or _DASH),
        (words["threshold"], _threshold(data, words)),
        *finding_rows(data, words),
    )


def _threshold(data: ReportData, words: Words) -> str:
    reasons = "; ".join(words.sentence(reason) for reason in data.threshold_reasons)
    if data.armed_ncm is None:
        text = words["threshold_none"]
    else:
        text = words.ncm(data.armed_ncm, 1)
        if not data.armed_seen:
            text = words["threshold_unseen"].format(value=text)
    return f"{text} ({reasons})" if reasons else text


def _values(data: ReportData, found: Figures, words: Words) -> tuple[Row, ...]:
    unknown = words["not_known"]
    depth = unknown if found.depth_mm is None else f"{words.number(found.depth_mm, 1)} mm"
    work = unknown if found.work_j is None else f"{words.number(found.work_j, 2)} J"
    turned_back = data.removal_ncm is not None
    return (
        (words["max"], words.ncm(data.max_ncm)),
        (words["final"], words.ncm(data.final_ncm)),
        (words["depth"], depth),
        (words["work"], work),
        *(((words["removal"], words.ncm(data.removal_ncm)),) if turned_back else ()),
    )


def _notes(data: ReportData, found: Figures, words: Words) -> tuple[str, ...]:
    """Return what a reader must know beside the verdict, the gravest first."""
    contact = any(alert.code is AlertCode.ROOT_CONTACT for alert in data.alerts)
    candidates = (
        (bool(data.damaged) and data.damaged != data.why, data.damaged),
        (bool(data.withdrawn), words["withdrawn"].format(why=data.withdrawn)),
        (data.interrupted, words["interrupted"]),
        (contact, words["contact_seen"]),
        (not data.agrees and not data.interrupted, words["disagrees"]),
        (data.amended > 0, words["amended"].format(count=data.amended)),
        (not found.angle_known, words["angle_unknown"]),
    )
    return tuple(text for holds, text in candidates if holds)


def _turn_table(found: Figures, words: Words) -> TurnTable | None:
    if not found.turns:
        return None
    step = max(1, round(nice_step(len(found.turns), MAX_TURN_COLUMNS)))
    shown = [turn for turn in found.turns if turn.number % step == 0]
    # what a left-out turn reached is told by the column after it
    highest = {
        turn.number: max(t.highest_ncm for t in found.turns[turn.number - step : turn.number])
        for turn in shown
    }
    title = words["at_turn"]
    if step > 1:
        title = f"{title}, {words['turns_every'].format(step=step)}"
    return TurnTable(
        title,
        (
            (words["turn"], *(str(turn.number) for turn in shown)),
            (
                words["turn_depth"],
                *(_DASH if t.depth_mm is None else words.number(t.depth_mm, 1) for t in shown),
            ),
            (words["turn_torque"], *(words.number(t.torque_ncm, 1) for t in shown)),
            (words["turn_highest"], *(words.number(highest[t.number], 1) for t in shown)),
        ),
    )


def _event_row(number: int, event: Told, words: Words) -> EventRow:
    when = "" if event.time_s is None else f"{words.number(event.time_s, 2)} s"
    if event.sample is not None and event.sample.turns is not None:
        when += f", {words['at_angle'].format(turns=words.number(event.sample.turns, 1))}"
    halt = event.priority is None
    kind = "" if event.priority is None else f" ({words[f'priority_{event.priority.value}']})"
    return EventRow(
        str(number),
        when,
        words.code(event.code) + kind,
        "" if event.torque_ncm is None else words.ncm(event.torque_ncm),
        words.halt(event.why) if halt else words.sentence(event.why),
    )


def _events_more(told: list[Told], more: int, words: Words) -> str:
    if not told:
        return words["no_events"]
    return words["more_events"].format(count=more) if more else ""


def _corrected(data: ReportData, words: Words) -> tuple[Row, ...]:
    """Say by which signed check the readings were corrected; nothing where they were not."""
    device = data.device
    if device.divided_by is None:
        return ()
    by = words.number(device.divided_by, 4)
    said = words["corrected_value"].format(by=by, day=device.check_day, check=device.check_id[-6:])
    return ((words["corrected"], said),)


def _device(data: ReportData, found: Figures, words: Words) -> tuple[Row, ...]:
    device, unknown = data.device, words["not_stated"]
    name = " ".join(part for part in (device.maker, device.model) if part)
    firmware = f", {device.firmware}" if device.firmware else ""
    accuracy = f"± {words.ncm(device.accuracy_ncm)}" if device.accuracy_ncm else unknown
    rate = f", {words.plain(device.sample_rate_hz)} Hz" if device.sample_rate_hz else ""
    longest = max((gap.lasted_s for gap in found.gaps), default=0.0)
    gaps = words["no_gaps"]
    if found.gaps:
        gaps = words["gaps_value"].format(count=len(found.gaps), seconds=words.number(longest, 2))
    readings = words["readings_value"].format(
        count=data.samples, seconds=words.number(data.duration_s, 1), missing=data.missing
    )
    quality = words["quality_value"].format(
        unusable=found.unusable, questionable=found.questionable, clipped=found.clipped
    )
    return (
        (words["handpiece"], (name or unknown) + firmware),
        (words["serial"], device.serial or unknown),
        (words["calibrated"], device.calibrated or unknown),
        (words["accuracy"], accuracy),
        *_corrected(data, words),
        (words["readings"], readings + rate),
        (words["gaps"], gaps),
        (words["quality"], quality),
        (words["rule"], data.rule_version or words["unknown"]),
        (words["software"], data.software or words["unknown"]),
        (words["profiles"], data.profiles or words["unknown"]),
        *signature_rows(data, words),
    )
