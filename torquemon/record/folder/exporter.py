"""The destination `folder`: a report with its JSON and CSV in a folder of the practice.

Sent ten times, one set lies there. What was sent before is never written over: it is renamed to
`…_SUPERSEDED-<revision>`, and the new one is called `…_AMENDED-<revision>`. A document system may
have taken the old one in already, and then finds the new one beside it under its own name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from torquemon.record.delivery.case import Case, Erased, Status
from torquemon.record.delivery.exporter import AwayError, RejectedError
from torquemon.record.folder import note, sidecar
from torquemon.record.folder.naming import pieces, stem
from torquemon.record.folder.note import Note
from torquemon.record.folder.owned import JSON, TAKEN, Own, Shelf, bases_of
from torquemon.record.folder.place import Place
from torquemon.record.folder.settings import FolderSettings, read_settings
from torquemon.record.folder.sidecar import Part
from torquemon.record.folder.told import claimed, remembered
from torquemon.record.folder.writing import Set, Writer
from torquemon.record.report_typst import NoTypstError

NO_PDF: Final = "HTML, since the part that makes PDF is missing: pip install 'torquemon[report]'"
_LIVE: Final = frozenset(str(each) for each in Status) | {sidecar.REASSIGNED}


class FolderExporter:
    """A folder. See `torquemon.record.delivery.exporter.Exporter`."""

    def __init__(self, settings: FolderSettings) -> None:
        self._settings = settings
        self._documents = settings.documents()
        self._sidecars = settings.sidecars() or self._documents
        self.label = f"the folder {settings.label}"

    def check(self) -> str:
        """Look whether the folder is there and can be written to. Raises AwayError."""
        for place in self._places():
            place.ready()
            place.owner = "probe"
            place.probe("probe")
        how = "" if self._makes_pdf() else f"; reports are written as {NO_PDF}"
        return f"{self.label} takes reports{how}"

    def close(self) -> None:
        """Nothing is held open."""

    def deliver(self, case: Case) -> Mapping[str, str]:
        """Bring the folder to this case. Raises AwayError, RejectedError, ReportError."""
        before = dict(case.previous.references) if case.previous else {}
        shelf = self._open(case, before)
        same = before.get("revision") == str(case.revision)
        if same and self._settings.taken:
            return before  # taken in by the practice software: a second copy would double it
        if shelf.disputed():
            raise RejectedError(TAKEN)
        plain = before["plain"] if same and before.get("plain") else self._plain(case)
        # an answer that was lost, then a correction: only the folder knows under which name it lies
        lost = shelf.bases_anywhere(case.insertion_id) if case.corrections and not before else ()
        around = (*bases_of(before), *lost, *shelf.own_bases(plain, case.insertion_id))
        if case.status is Status.WITHDRAWN and not around:
            return {"revision": str(case.revision), "status": str(case.status)}
        base = self._base(shelf, plain, case, before)
        bases = tuple(dict.fromkeys((*around, base)))
        wrong = self._wrong_patients(shelf, case, bases, before)
        wanted, how = self._made(case, base)
        writer = Writer(shelf, case.insertion_id, bases)
        if not self._settings.taken:
            writer.mend({wanted.stem})
        writer.put(wanted)
        keep = {wanted.stem}
        for old, patient in wrong.items():
            keep.add(self._take_back(writer, case, old, patient))
        for each in list(shelf.own(bases, case.insertion_id)):
            if each.stem not in keep and _out_of_date(each, base):
                writer.supersede(each, case.revision)
        return {
            "revision": str(case.revision),
            "status": str(case.status),
            "plain": plain,
            "base": base,
            # one each, since a receipt keeps a few hundred characters of a value
            **{f"base{number}": each for number, each in enumerate(bases)},
            "patient": case.data.patient,
            "mark": case.data.mark,
            "name": wanted.stem + wanted.parts[0].suffix,
            "document": how,
            **remembered(writer.sets),
        }

    def withdraw(self, erased: Erased) -> None:
        """Remove what is still ours; a note where the report was taken in already."""
        before = erased.previous.references
        shelf = self._open(erased, before)
        bases = (*bases_of(before), *shelf.bases_anywhere(erased.insertion_id))
        own = list(shelf.own(bases, erased.insertion_id))
        writer = Writer(shelf, erased.insertion_id, bases)
        if before.get("base") and self._was_taken(shelf, erased, before, own):
            target = f"{before['base']}_WITHDRAWN"
            made = self._note(erased, target, note.ERASED, sidecar.ERASED, "")
            writer.put(made)
            own = [each for each in own if each.stem != target]
        for each in own:
            writer.remove(each)
        if shelf.disputed():  # what is ours without doubt is gone by now
            raise RejectedError(TAKEN)

    def _places(self) -> tuple[Place, ...]:
        if self._sidecars is self._documents:
            return (self._documents,)
        return (self._documents, self._sidecars)

    def _open(self, about: Case | Erased, before: Mapping[str, str]) -> Shelf:
        for place in self._places():
            place.ready()
            place.owner = about.insertion_id
        ours = claimed(before, about.insertion_id, about.chair_id)
        return Shelf(self._documents, self._sidecars, ours)

    def _plain(self, case: Case) -> str:
        settings = self._settings
        parts = pieces(case, settings.category, settings.time_zone)
        return stem(
            settings.pattern,
            parts,
            mark=case.data.mark,
            category_number=settings.opendental_category,
        )

    @staticmethod
    def _base(shelf: Shelf, plain: str, case: Case, before: Mapping[str, str]) -> str:
        """Return the name for this insertion: what it has already, else one that nobody has."""
        base = before.get("base", "")
        kept = base and before.get("plain") == plain
        if kept and shelf.takes(base + _tail(case), case.insertion_id):
            return base
        return shelf.base(plain, case.insertion_id, _tail(case))

    def _made(self, case: Case, base: str) -> tuple[Set, str]:
        target = base + _tail(case)
        if case.status is Status.WITHDRAWN:
            facts = (("Why / Grund", case.withdrawn_why),) if case.withdrawn_why else ()
            made = self._note(
                case, target, note.WITHDRAWN, str(case.status), case.data.patient, facts
            )
            return made, ""
        document, how = self._document(case)
        parts = [document]
        if self._settings.csv:
            parts.append(Part(".csv", case.documents.csv(), "text/csv"))
        return Set(target, tuple(parts), sidecar.of_case(case, parts, how)), how

    def _document(self, case: Case) -> tuple[Part, str]:
        if self._settings.document == "html":
            return Part(".html", case.documents.html(), note.HTML), "HTML"
        try:
            return Part(".pdf", case.documents.pdf(), note.PDF), "PDF"
        except NoTypstError:
            return Part(".html", case.documents.html(), note.HTML), NO_PDF

    def _makes_pdf(self) -> bool:
        from importlib.util import find_spec

        return self._settings.document == "html" or find_spec("typst") is not None

    def _note(
        self,
        about: Case | Erased,
        target: str,
        lines: tuple[str, str],
        status: str,
        patient: str,
        facts: tuple[tuple[str, str], ...] = (),
    ) -> Set:
        moment = about.erased_utc if isinstance(about, Erased) else about.changed_utc
        said = Note(
            lines,
            (("Insertion", about.insertion_id), ("UTC", f"{moment:%Y-%m-%d %H:%M}"), *facts),
            "" if isinstance(about, Erased) else about.data.mark,
            moment,
        )
        part = said.document(as_pdf=self._settings.document == "pdf")
        return Set(
            target,
            (part,),
            sidecar.of_note(about, about.revision, status, patient, (part,)),
        )

    @staticmethod
    def _wrong_patients(
        shelf: Shelf, case: Case, bases: Sequence[str], before: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the names under which the report stands for somebody else, with who that is."""
        found = {
            each.base: each.known.patient
            for each in shelf.own(bases, case.insertion_id)
            if each.known.status in _LIVE - {sidecar.REASSIGNED}
        }
        if before.get("base"):  # it may have been taken in, and then nothing lies there
            found[before["base"]] = before.get("patient", "")
        return {base: patient for base, patient in found.items() if patient != case.data.patient}

    def _take_back(self, writer: Writer, case: Case, base: str, patient: str) -> str:
        """Say in the documents of the wrong patient that the report is none of theirs."""
        target = f"{base}_WITHDRAWN"
        made = self._note(case, target, note.REASSIGNED, sidecar.REASSIGNED, patient)
        writer.put(made)
        return target

    def _was_taken(
        self, shelf: Shelf, erased: Erased, before: Mapping[str, str], own: Sequence[Own]
    ) -> bool:
        """Tell whether the report had left the folder; decided once, before anything is removed."""
        name = f".torquemon-erased-{erased.insertion_id}{JSON}"
        raw = self._sidecars.read(name, sidecar.MAX_BYTES)
        if raw is None:
            gone = [
                each.stem
                for each in own
                if any(s != ".csv" and not shelf.has(each.stem, s) for s in each.known.files)
            ]
            lies = any(before.get("name", "").startswith(f"{each.stem}.") for each in own)
            raw = json.dumps({"taken": bool(gone) or not lies}).encode()
            self._sidecars.put_new(name, raw)
        try:
            return bool(json.loads(raw)["taken"])
        except (ValueError, TypeError, KeyError):
            raise AwayError(f"{self.label} holds a damaged file {name}: remove it") from None


def _out_of_date(own: Own, base: str) -> bool:
    """Tell whether a set that the case does not keep is to be superseded."""
    still_true = own.known.status == sidecar.REASSIGNED and own.base != base
    return own.known.status in _LIVE and not still_true


def _tail(case: Case) -> str:
    match case.status:
        case Status.AMENDED:
            return f"_AMENDED-{case.revision}"
        case Status.WITHDRAWN:
            return "_WITHDRAWN"
        case _:
            return ""


def from_settings(name: str, settings: Mapping[str, object]) -> FolderExporter:
    """Return the destination. Raises ConfigError."""
    del name
    return FolderExporter(read_settings(settings))
