"""What the screens of the archive share: an insertion in words, and asking the recorder."""

from __future__ import annotations

from typing import Final

from torquemon.local.archive import ActName, CurvePage, InsertionLine, InsertionView, RecordState
from torquemon.model import Origin
from torquemon.tui.local_time import minute_of
from torquemon.tui.widgets.panels import Entry
from torquemon.tui.widgets.stored_plot import MARKS, Curve, Mark, Scene
from torquemon.tui.widgets.touch import Item
from torquemon.tui.words import say, say_count, say_screw, say_site, told

_STOPS: Final = ("stopped", "stop asked for")
"""How the sentences of the record begin that tell of a stop."""


def mark_of(origin: Origin) -> str:
    """Return the mark of data that is not real; empty where it is."""
    return "" if origin is Origin.REAL else say(f"origin.{origin.value}")


def verdict_words(line: InsertionLine) -> str:
    """Return state, verdict and maximum of an insertion."""
    if line.state in (RecordState.RECORDING, RecordState.UNREADABLE) or line.verdict is None:
        return say(f"record.{line.state.value}")
    word = say(f"verdict.{line.verdict.value}")
    if line.max_insertion_torque_ncm is not None:
        word = f"{word}, {say('verdict.value', torque=line.max_insertion_torque_ncm)}"
    broken = f"{say('record.interrupted')}: " if line.state is RecordState.INTERRUPTED else ""
    return f"{broken}{word}"


def item_of(line: InsertionLine, letter: str = "") -> Item:
    """Return an insertion as an item of a list."""
    when = minute_of(line.opened_utc)
    place = f"{say_site(line.site, line.site)} {line.fdi}".strip()
    name = f"{when} · {line.patient or say('patient.none')} · {place}"
    mark = " ".join(
        part for part in (mark_of(line.origin), f"[{letter}]" if letter else "") if part
    )
    return Item(line.id, name, f"{verdict_words(line)} · {line.screw}", mark)


def legend_of(line: InsertionLine) -> str:
    """Return an insertion in one row: what tells it from others first, the place last."""
    place = f"{say_site(line.site, line.site)} {line.fdi}".strip()
    parts = (
        mark_of(line.origin),
        minute_of(line.opened_utc),
        line.patient or say("patient.none"),
        verdict_words(line),
        place,
    )
    return " · ".join(part for part in parts if part)


def facts_of(view: InsertionView) -> tuple[str, list[Entry]]:
    """Return title and facts of an insertion."""
    line = view.line
    origin = mark_of(line.origin)
    when = minute_of(line.opened_utc)
    place = f"{say_site(line.site, view.site_name)} {line.fdi}".strip()
    title = " · ".join(
        part for part in (origin, line.patient or say("patient.none"), place, when) if part
    )
    final = say("verdict.unknown")
    if view.final_torque_ncm is not None:
        final = say("verdict.value", torque=view.final_torque_ncm)
    entries = [
        Entry("", f"{verdict_words(line)}; {say('verdict.final', torque=final)}"),
        Entry("", told(view.why)),
    ]
    if not view.agrees and line.state is RecordState.CLOSED:
        entries.append(Entry("!", say("review.disagrees")))
    if view.missing_samples:
        entries.append(Entry("!", say_count("review.missing", view.missing_samples)))
    entries.append(
        Entry("", f"{say_screw(line.screw, view.screw_name)} · {view.device} · {line.operator}")
    )
    return title, entries


def ever_stopped(view: InsertionView) -> bool:
    """Return whether a stop is in the record: asked for, carried out, or told of afterwards."""
    told_of = any(remark.kind is ActName.STOP_OUTCOME for remark in view.remarks)
    return told_of or any(event.text.startswith(_STOPS) for event in view.events)


def scene_of(view: InsertionView, page: CurvePage, *, by_angle: bool) -> Scene:
    """Return the plot of one insertion."""
    return Scene(
        curves=(curve_of(page),),
        low_ncm=view.window_low_ncm,
        high_ncm=view.window_high_ncm,
        threshold_ncm=view.threshold_ncm,
        marks=tuple(Mark(alert.time_s, alert.priority) for alert in view.alerts),
        by_angle=by_angle,
    )


def curve_of(page: CurvePage) -> Curve:
    """Return a page of a curve as it is plotted."""
    return Curve(page.time_s, page.torque_ncm, page.angle_deg)


def log_of(view: InsertionView) -> list[Entry]:
    """Return alerts, events and remarks in the order of time."""
    alerts = [
        (
            alert.time_s,
            Entry(
                say("review.at", seconds=alert.time_s), f"{MARKS[alert.priority]} {told(alert.why)}"
            ),
        )
        for alert in view.alerts
    ]
    events = [
        (event.time_s, Entry(say("review.at", seconds=event.time_s), told(event.text)))
        for event in view.events
    ]
    remarks = [
        Entry(
            minute_of(remark.utc),
            " ".join(
                part
                for part in (
                    say(f"act.{remark.kind.value}"),
                    say(f"choice.{remark.choice}") if remark.choice else "",
                    remark.text,
                    f"({remark.who})",
                )
                if part
            ),
        )
        for remark in view.remarks
    ]
    happened = [entry for _, entry in sorted(alerts + events, key=lambda pair: pair[0])]
    return [*reversed(remarks), *happened] or [Entry("", say("review.quiet"))]
