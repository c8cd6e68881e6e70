"""The destination `gdt`: a record 6310 in the folder from which the practice software takes it.

The practice software takes each file away, so what was sent once is not sent again: the receipt
says so, or a file with the same content that still lies there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from torquemon.record.delivery.case import Case, Erased, Receipt, Status
from torquemon.record.delivery.config import ConfigError, one_of, only, text
from torquemon.record.delivery.exporter import AwayError, RejectedError
from torquemon.record.folder.exporter import FolderExporter
from torquemon.record.folder.naming import LOCAL, fold, zone
from torquemon.record.folder.place import Guard, Place, TakenNameError
from torquemon.record.folder.settings import (
    FolderSettings,
    absolute,
    file_name,
    rights,
    temp_suffix,
)
from torquemon.record.gdt import fields as f
from torquemon.record.gdt.codec import AUTO, ENCODINGS, MAX_BYTES, Record, encode
from torquemon.record.gdt.result import Style, can_name, erased, result, withdrawal
from torquemon.text import clean

NAMES: Final = (
    "path",
    "sender",
    "receiver",
    "sender_short",
    "receiver_short",
    "naming",
    "test_type",
    "encoding",
    "text",
    "time_zone",
    "mode",
    "temp_suffix",
    "marker",
    "mount_point",
    "report_path",
    "report_link",
    "sidecars_path",
)
MAX_COUNTER: Final = 999
_GDT_ID: Final = re.compile(r"[A-Za-z0-9_]{1,8}")
_SHORT: Final = re.compile(r"[A-Za-z0-9_]{1,4}")
_TEST: Final = re.compile(r"[A-Za-zÄÖÜ]{1,4}\d{2}")
_WORDS: Final = {
    _GDT_ID: "1 to 8 of A-Z, a-z, 0-9 and _",
    _SHORT: "1 to 4 of A-Z, a-z, 0-9 and _",
    _TEST: "1 to 4 letters and two digits, such as ALLG00",
}
_REPORT: Final = "report."
_WITHDRAWN: Final = (
    "WITHDRAWN: entered in error, do not use",
    "ZURÜCKGEZOGEN: irrtümlich erfasst, nicht verwenden",
)
_REASSIGNED: Final = (
    "WITHDRAWN: recorded under the wrong patient",
    "ZURÜCKGEZOGEN: unter falschem Patienten erfasst",
)
_ERASED: Final = (
    "ERASED at its origin: remove it here",
    "An der Quelle GELÖSCHT: bitte hier entfernen",
)


class GdtExporter:
    """A GDT folder. See `torquemon.record.delivery.exporter.Exporter`."""

    def __init__(
        self, place: Place, style: Style, base: str, *, fixed: bool, reports: Reports | None
    ) -> None:
        self._place, self._style, self._base = place, style, base
        self._fixed, self._reports = fixed, reports
        self.label = f"the GDT folder {clean(str(place.path), 200)}"

    def check(self) -> str:
        """Look whether the folder is there and can be written to. Raises AwayError."""
        self._place.ready()
        self._place.owner = "probe"
        self._place.probe("probe")
        also = f"; {self._reports.folder.check()}" if self._reports else ""
        return f"{self.label} takes results as {self._name(1)}{also}"

    def close(self) -> None:
        """Nothing is held open."""

    def deliver(self, case: Case) -> Mapping[str, str]:
        """Write the record of this case, once. Raises AwayError, RejectedError, ReportError."""
        before = dict(case.previous.references) if case.previous else {}
        if before.get("revision") == str(case.revision):
            return before
        patient = case.data.patient
        unsure = case.unsure and can_name(patient, self._style.encoding)
        if case.status is Status.WITHDRAWN and not ("patient" in before or unsure):
            return {"revision": str(case.revision)}
        wrong = self._wrong_patients(case, before)
        for number in (patient, *wrong):
            if not can_name(number, self._style.encoding):
                raise RejectedError(
                    "the patient reference is missing or cannot be written in "
                    f"{self._style.encoding}: correct it, or set another encoding"
                )
        kept, link = self._report(case, before)
        self._open(case.insertion_id)
        for number in wrong:
            self._write(withdrawal(case, number, self._style, _REASSIGNED))
        if case.status is Status.WITHDRAWN:
            self._write(withdrawal(case, patient, self._style, _WITHDRAWN))
        else:
            self._write(result(case, self._style, report=link))
        return {
            "revision": str(case.revision),
            "patient": patient,
            **kept,
        }

    def _wrong_patients(self, case: Case, before: Mapping[str, str]) -> list[str]:
        """Return under whom the result may have been taken in and does not belong any more.

        Where no answer came it may be any patient that the insertion ever had: better one who is
        told of a result that never came than one who keeps that of another.
        """
        had = [before["patient"]] if "patient" in before else []
        if not had and case.unsure:
            had = [n for n in case.earlier_patients if can_name(n, self._style.encoding)]
        return [number for number in had if number != case.data.patient]

    def withdraw(self, erased_: Erased) -> None:
        """Say that an insertion was erased at its origin. Raises AwayError, RejectedError."""
        before = erased_.previous.references
        if self._reports is not None:
            self._reports.folder.withdraw(
                replace(erased_, previous=Receipt(erased_.previous.revision, _inner(before)))
            )
        if "patient" not in before:
            return
        self._open(erased_.insertion_id)
        words = _ERASED[self._style.german]
        self._write(
            erased(
                erased_.insertion_id,
                erased_.revision,
                erased_.erased_utc,
                before["patient"],
                self._style,
                words,
            )
        )

    def _open(self, insertion_id: str) -> None:
        self._place.ready()
        self._place.owner = insertion_id
        self._place.sweep(self._place.names().values())

    def _report(self, case: Case, before: Mapping[str, str]) -> tuple[dict[str, str], str]:
        """Put the report beside, if that was asked for; return what to remember, and its path."""
        if self._reports is None:
            return {}, ""
        inner = _inner(before)
        previous = Receipt(case.previous.revision, inner) if case.previous and inner else None
        made = self._reports.folder.deliver(replace(case, previous=previous))
        name = made.get("name", "")
        link = self._reports.link + name if name else ""
        if len(link) > f.DEFAULT_CHARS:
            raise RejectedError(
                f"the path of the report is longer than {f.DEFAULT_CHARS} characters, which GDT "
                "does not allow: shorten report_link or the pattern"
            )
        return {_REPORT + key: value for key, value in made.items()}, link

    def _name(self, number: int) -> str:
        return f"{self._base}.{'GDT' if self._fixed else f'{number:03d}'}"

    def _write(self, record: Record) -> None:
        raw = encode(record)
        names = self._place.names()
        candidates = [1] if self._fixed else range(1, MAX_COUNTER + 1)
        lying = [name for n in candidates if (name := names.get(fold(self._name(n))))]
        if any(self._place.read(name, MAX_BYTES) == raw for name in lying):
            return  # it lies there and was not taken yet
        taken = {fold(name) for name in lying}
        free = [n for n in candidates if fold(self._name(n)) not in taken]
        # behind the highest, so that the practice software takes them in their order
        highest = max((n for n in candidates if n not in free), default=0)
        for number in [n for n in free if n > highest] or free:
            try:
                self._place.put_new(self._name(number), raw)
            except TakenNameError:
                continue
            return
        raise AwayError(
            f"{self.label} is full of results that the practice software has not taken: "
            "is it running?"
        )


class Reports:
    """Where the report of a result is put, and how the practice software calls that folder."""

    def __init__(self, folder: FolderExporter, link: str) -> None:
        self.folder, self.link = folder, link


def _inner(before: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(_REPORT): value for key, value in before.items() if key.startswith(_REPORT)
    }


def from_settings(name: str, settings: Mapping[str, Any]) -> GdtExporter:
    """Return the destination. Raises ConfigError."""
    del name
    only(settings, NAMES)
    sender = _matching(settings, "sender", _GDT_ID, "TORQUEMN")
    receiver = _matching(settings, "receiver", _GDT_ID, "PRAX_EDV")
    encoding = one_of(settings, "encoding", tuple(e for e in _WRITTEN if e != AUTO))
    style = Style(
        sender=sender,
        receiver=receiver,
        test_type=_matching(settings, "test_type", _TEST, f.UNSPECIFIED_TEST),
        encoding=encoding,
        german=one_of(settings, "text", ("de", "en")) == "de",
        time_zone=zone(text(settings, "time_zone", LOCAL, 60)),
    )
    place = Place(
        absolute(settings, "path"),
        mode=rights(settings),
        temp_suffix=temp_suffix(settings),
        guard=Guard(
            marker=file_name(settings, "marker"), mount_point=text(settings, "mount_point", "")
        ),
    )
    base = _matching(settings, "receiver_short", _SHORT, receiver[:4]) + _matching(
        settings, "sender_short", _SHORT, sender[:4]
    )
    fixed = one_of(settings, "naming", ("counter", "fixed")) == "fixed"
    return GdtExporter(place, style, base, fixed=fixed, reports=_reports(settings))


_WRITTEN: Final = ("cp1252", *(each for each in ENCODINGS if each != "cp1252"))


def _reports(settings: Mapping[str, Any]) -> Reports | None:
    if not text(settings, "report_path", ""):
        return None
    path = absolute(settings, "report_path")
    folder = FolderSettings(
        path=path,
        csv=False,
        sidecars_path=(
            absolute(settings, "sidecars_path") if text(settings, "sidecars_path", "") else None
        ),
        time_zone=zone(text(settings, "time_zone", LOCAL, 60)),
        mode=rights(settings),
        temp_suffix=temp_suffix(settings),
    )
    usual = f"{path}{'/' if str(path).startswith('/') else chr(92)}"
    return Reports(FolderExporter(folder), text(settings, "report_link", usual, 200))


def _matching(settings: Mapping[str, Any], name: str, form: re.Pattern[str], usual: str) -> str:
    value = text(settings, name, usual, 20)
    if not form.fullmatch(value):
        raise ConfigError(f"{name} {clean(value, 20)!r} must be {_WORDS[form]}")
    return value
