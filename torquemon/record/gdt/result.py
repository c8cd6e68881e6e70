"""An insertion as a GDT record 6310: what a practice software shows in the patient's file.

Values with their units, the verdict in words, where the report lies. Data that are not real say so
in the first line; a correction and a withdrawal are records of their own, since GDT takes nothing
back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from torquemon.model import VerdictKind
from torquemon.record import report_words
from torquemon.record.delivery.case import Case, Status
from torquemon.record.folder.naming import shown
from torquemon.record.gdt import fields as f
from torquemon.record.gdt.codec import VERSION_2, Field, Record, fits

CHARSET_NUMBERS: Final = {"din66003": "1", "cp437": "2", "cp1252": "3"}
_UNIT: Final = "Ncm"
_DATE: Final = "%d%m%Y"
_PURPOSES: Final = {
    "insertion": ("mini-implant inserted", "Mini-Implantat inseriert"),
    "removal": ("mini-implant removed", "Mini-Implantat entfernt"),
    "tightening": ("mini-implant tightened", "Mini-Implantat nachgezogen"),
}
_VERDICTS: Final = {
    VerdictKind.BELOW: ("below the window", "unter dem Fenster"),
    VerdictKind.WITHIN: ("within the window", "im Fenster"),
    VerdictKind.ABOVE: ("above the window", "über dem Fenster"),
    VerdictKind.UNDETERMINED: ("not determined", "nicht bestimmt"),
}
_VALUES: Final = (
    ("MAXTORQ", "maximum insertion torque", "maximales Eindrehmoment", "max_ncm"),
    ("ENDTORQ", "final torque", "Enddrehmoment", "final_ncm"),
    ("REMTORQ", "removal torque", "Ausdrehmoment", "removal_ncm"),
)


@dataclass(frozen=True, slots=True)
class Style:
    """How records are written. `sender` and `receiver` are GDT-IDs of at most 8 characters."""

    sender: str = "TORQUEMN"
    receiver: str = ""
    test_type: str = f.UNSPECIFIED_TEST
    encoding: str = "cp1252"
    german: bool = False
    time_zone: tzinfo | None = None
    """None: the machine's own."""


def result(case: Case, style: Style, *, report: str = "") -> Record:
    """Return the record of a case. `report` is the path of its PDF, empty where there is none."""
    data = case.data
    said = [
        *_head(case, data.patient, style),
        *_lines(f.FINDING, _findings(case, german=style.german)),
        *_lines(f.COMMENT, [f"Id {case.insertion_id}", f"Revision {case.revision}"]),
    ]
    if report:
        said += [
            Field(f.FILE_LABEL, case.insertion_id),
            Field(f.FILE_FORMAT, report.rpartition(".")[2].upper()),
            Field(f.FILE_CONTENT, "TorqueMon"),
            Field(f.FILE_PATH, report),
        ]
    for test, english, german, name in _VALUES:
        value = getattr(data, name)
        if value is not None:
            said += [
                Field(f.TEST_ID, test),
                Field(f.TEST_NAME, german if style.german else english),
                Field(f.VALUE, f"{value:.1f}"),
                Field(f.UNIT, _UNIT),
                *_limits(case, name),
            ]
    return Record(f.DATA, tuple(said), style.encoding)


def withdrawal(case: Case, patient: str, style: Style, words: tuple[str, str]) -> Record:
    """Return a record that takes an insertion back from a patient; nothing measured is in it."""
    said = [
        *_head(case, patient, style, names=patient == case.data.patient),
        *_lines(f.FINDING, [case.data.mark, words[style.german]]),
        *_lines(f.COMMENT, [f"Id {case.insertion_id}", f"Revision {case.revision}"]),
    ]
    return Record(f.DATA, tuple(said), style.encoding)


def erased(
    insertion_id: str, revision: int, moment: datetime, patient: str, style: Style, words: str
) -> Record:
    """Return a record that says that an insertion was erased at its origin."""
    said = [
        *_envelope(style),
        Field(f.NUMBER, patient),
        Field(f.TEST_TYPE, style.test_type),
        Field(f.DATE, shown(moment, style.time_zone).strftime(_DATE)),
        *_lines(f.FINDING, [words]),
        *_lines(f.COMMENT, [f"Id {insertion_id}", f"Revision {revision}"]),
    ]
    return Record(f.DATA, tuple(said), style.encoding)


def can_name(patient: str, encoding: str) -> bool:
    """Tell whether a patient number can be said without loss in an encoding."""
    return bool(patient) and fits(patient, encoding)


def _envelope(style: Style) -> list[Field]:
    number = CHARSET_NUMBERS.get(style.encoding, "")
    return [
        *([Field(f.RECEIVER, style.receiver)] if style.receiver else []),
        Field(f.SENDER, style.sender),
        *([Field(f.CHARSET, number)] if number else []),
        Field(f.VERSION, VERSION_2),
    ]


def _head(case: Case, patient: str, style: Style, *, names: bool = True) -> list[Field]:
    moment = shown(case.opened_utc, style.time_zone)
    last, _, first = case.patient_name.partition("^")
    born = case.birth_date
    person = [
        (f.LAST_NAME, last[: f.MAX_CHARS[f.LAST_NAME]]),
        (f.FIRST_NAME, first.replace("^", " ").strip()[: f.MAX_CHARS[f.FIRST_NAME]]),
        (f.BIRTH, born.strftime(_DATE) if born else ""),
    ]
    return [
        *_envelope(style),
        Field(f.NUMBER, patient),
        *(Field(field_id, text) for field_id, text in person if text and names),
        Field(f.TEST_TYPE, style.test_type),
        Field(f.DATE, moment.strftime(_DATE)),
        Field(f.TIME, moment.strftime("%H%M%S")),
    ]


def _findings(case: Case, *, german: bool) -> list[str]:
    data = case.data
    window = data.window
    said_as = report_words.words("de" if german else "en")
    site = said_as.site(data.site, data.site_name or data.site)
    said = [data.mark]
    if case.status is Status.AMENDED:
        said.append("BERICHTIGT" if german else "AMENDED")
    said += [
        f"{_PURPOSES[data.purpose][german]}: {site}",
        f"FDI {data.teeth}" if data.teeth else "",
        ("Schraube: " if german else "Screw: ") + (data.screw_name or data.screw),
        ("Ergebnis: " if german else "Verdict: ") + _VERDICTS[data.verdict][german],
        said_as.sentence(data.why),
        f"{'Fenster' if german else 'Window'} {window.low_ncm:g}-{window.high_ncm:g} {_UNIT}"
        if window
        else "",
        ("Behandelnd: " if german else "Operator: ") + data.operator if data.operator else "",
    ]
    return said


def _limits(case: Case, name: str) -> list[Field]:
    window = case.data.window
    if window is None or name != "max_ncm":
        return []
    return [
        Field(f.LIMIT_LOW, f"{window.low_ncm:g}"),
        Field(f.LIMIT_HIGH, f"{window.high_ncm:g}"),
    ]


def _lines(field_id: str, texts: list[str]) -> list[Field]:
    """Return texts as lines that are no longer than GDT allows, broken between words."""
    out: list[Field] = []
    for text in texts:
        line = ""
        for word in text.split():
            for start in range(0, len(word), f.DEFAULT_CHARS):
                part = word[start : start + f.DEFAULT_CHARS]
                if line and len(line) + 1 + len(part) > f.DEFAULT_CHARS:
                    out.append(Field(field_id, line))
                    line = ""
                line = f"{line} {part}".strip()
        if line:
            out.append(Field(field_id, line))
    return out
