"""What people said of an insertion, as the report shows it: the patient, findings, signatures."""

from __future__ import annotations

from typing import Final

from torquemon.record.report_data import ReportData, Signed
from torquemon.record.report_words import Words

MAX_SIGNATURES: Final = 3
"""The newest; how many more the record has is said."""
_HASH_CHARS: Final = 16
"""Of the hash that was signed: enough to tell entries apart, the chain has it whole."""

Row = tuple[str, str]


def patient(data: ReportData, words: Words) -> str:
    """Return the reference, with name and birth date where they were asked for."""
    born = words["born"].format(date=data.birth_date) if data.birth_date else ""
    return " · ".join(part for part in (data.patient, data.person, born) if part)


def finding_rows(data: ReportData, words: Words) -> tuple[Row, ...]:
    """Return the circumstances on one row; none where nothing was said."""
    said = "; ".join(words.finding(name, value) for name, value in data.findings)
    return ((words["findings"], said),) if said else ()


def signature_rows(data: ReportData, words: Words) -> tuple[Row, ...]:
    """Return who signed: one row, the newest first."""
    shown = [_signature(signed, words) for signed in data.signatures[: -MAX_SIGNATURES - 1 : -1]]
    more = len(data.signatures) - len(shown)
    if more:
        shown.append(words["more_signatures"].format(count=more))
    return ((words["signed"], "; ".join(shown) or words["unsigned"]),)


def _signature(signed: Signed, words: Words) -> str:
    meaning = words.meaning(signed.meaning)
    number, _, hash_ = signed.head.partition(":")
    of = words["signed_of"].format(number=number, hash=hash_[:_HASH_CHARS]) if number else ""
    return ", ".join(part for part in (signed.who, words.time(signed.utc), meaning, of) if part)
