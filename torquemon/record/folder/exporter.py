"""The destination `folder`: a report with its JSON and CSV in a folder of the practice.

Sent ten times, one set lies there. What was sent before is never written over: it is renamed to
`…_SUPERSEDED-<revision>`, and the new one is called `…_AMENDED-<revision>`. A document system may
have taken the old one in already, and then finds the new one beside it under its own name.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from torquemon.record.delivery.case import Case, Erased, Status
from torquemon.record.delivery.exporter import AwayError, DestinationError, RejectedError
from torquemon.record.folder import note, sidecar
from torquemon.record.folder.naming import pieces, stem
from torquemon.record.folder.note import Note
from torquemon.record.folder.owned import JSON, Own, Shelf, bases_of
from torquemon.record.folder.place import Place, TakenNameError
from torquemon.record.folder.settings import FolderSettings, read_settings
from torquemon.record.folder.sidecar import Part
from torquemon.record.report_typst import NoTypstError

NO_PDF: Final = "HTML, since the part that makes PDF is missing: pip install 'torquemon[report]'"
_LIVE: Final = frozenset(str(each) for each in Status) | {sidecar.REASSIGNED}


@dataclass(slots=True)
class Set:
    """What is to lie in the folder under one stem."""

    stem: str
    parts: tuple[Part, ...]
    sidecar: bytes


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
        shelf = self._open(case.insertion_id)
        same = before.get("revision") == str(case.revision)
        if same and self._settings.taken:
            return before  # taken in by the practice software: a second copy would double it
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
        self._put(shelf, wanted, case.insertion_id)
        keep = {wanted.stem}
        for old, patient in wrong.items():
            keep.add(self._take_back(shelf, case, old, patient))
        self._supersede(shelf, case, bases, base, keep)
        return {
            "revision": str(case.revision),
            "status": str(case.status),
            "plain": plain,
            "base": base,
            # one each, since a receipt keeps a few hundred characters of a value
            **{f"base{number}": each for number, each in enumerate(bases)},
            "patient": case.data.patient,
            "name": wanted.stem + wanted.parts[0].suffix,
            "document": how,
        }

    def withdraw(self, erased: Erased) -> None:
        """Remove what is still ours; a note where the report was taken in already."""
        before = erased.previous.references
        shelf = self._open(erased.insertion_id)
        bases = (*bases_of(before), *shelf.bases_anywhere(erased.insertion_id))
        own = list(shelf.own(bases, erased.insertion_id))
        if before.get("base") and self._was_taken(shelf, erased, before, own):
            target = f"{before['base']}_WITHDRAWN"
            made = self._note(erased, target, note.ERASED, sidecar.ERASED, "")
            self._put(shelf, made, erased.insertion_id)
            own = [each for each in own if each.stem != target]
        for each in own:
            self._remove(each)

    def _places(self) -> tuple[Place, ...]:
        if self._sidecars is self._documents:
            return (self._documents,)
        return (self._documents, self._sidecars)

    def _open(self, insertion_id: str) -> Shelf:
        for place in self._places():
            place.ready()
            place.owner = insertion_id
        return Shelf(self._documents, self._sidecars)

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

    def _take_back(self, shelf: Shelf, case: Case, base: str, patient: str) -> str:
        """Say in the documents of the wrong patient that the report is none of theirs."""
        target = f"{base}_WITHDRAWN"
        made = self._note(case, target, note.REASSIGNED, sidecar.REASSIGNED, patient)
        self._put(shelf, made, case.insertion_id)
        return target

    def _put(self, shelf: Shelf, wanted: Set, insertion_id: str) -> None:
        """Bring the files of one stem there, so that any attempt after a broken one ends the same.

        New: the JSON first, which says whose the name is, and the report last. Ours already: the
        JSON last, since it knows what is ours to replace.
        """
        known = shelf.known(wanted.stem)
        own = known is not None and known.insertion_id == insertion_id
        if not own and not shelf.takes(wanted.stem, insertion_id):
            raise RejectedError(_TAKEN)
        listed = known.files if own and known is not None else {}
        if not own:
            self._put_new(wanted)
            return
        for part in reversed(wanted.parts):
            self._put_one(wanted.stem + part.suffix, part.content, listed.get(part.suffix, ""))
        for suffix in set(listed) - {part.suffix for part in wanted.parts}:
            self._remove_one(wanted.stem + suffix, listed[suffix])
        self._put_one(wanted.stem + JSON, wanted.sidecar, ours=True)

    def _put_new(self, wanted: Set) -> None:
        """Put a set where none is; where that fails, as little as can be is left of it."""
        files = [(JSON, wanted.sidecar)]
        files += [(part.suffix, part.content) for part in reversed(wanted.parts)]
        put: list[str] = []
        try:
            for suffix, content in files:
                self._put_one(wanted.stem + suffix, content)
                put.append(wanted.stem + suffix)
        except DestinationError:
            for name in reversed(put):
                with contextlib.suppress(DestinationError):
                    self._place_of(name).remove(name)
            raise

    def _put_one(self, name: str, content: bytes, listed: str = "", *, ours: bool = False) -> None:
        """Store one file. It may replace what it finds if that is `ours`, or has this digest."""
        place = self._place_of(name)
        digest = place.sha256(name)
        if digest == Part("", content, "").sha256:
            return  # it lies there as it should: a watcher must not see it change
        try:
            if digest and (ours or digest == listed):
                place.replace(name, content)
            else:
                place.put_new(name, content)
        except TakenNameError:
            raise RejectedError(_TAKEN) from None

    def _place_of(self, name: str) -> Place:
        return self._sidecars if name.endswith((JSON, ".csv")) else self._documents

    def _supersede(
        self, shelf: Shelf, case: Case, bases: Sequence[str], base: str, keep: set[str]
    ) -> None:
        """Rename what is out of date, the JSON last: with it a broken attempt is taken up again."""
        for each in list(shelf.own(bases, case.insertion_id)):
            still_true = each.known.status == sidecar.REASSIGNED and each.base != base
            if each.stem in keep or each.known.status not in _LIVE or still_true:
                continue
            new = f"{each.base}_SUPERSEDED-{each.known.revision}"
            for suffix, digest in each.known.files.items():
                if shelf.has(each.stem, suffix):
                    self._rename(each.stem + suffix, new + suffix, digest)
            said = sidecar.superseded(each.known, case.revision)
            self._put_one(new + JSON, said, ours=shelf.is_own(new, case.insertion_id))
            self._sidecars.remove(each.stem + JSON)

    def _rename(self, name: str, new: str, digest: str) -> None:
        place = self._place_of(name)
        try:
            place.rename(name, new)
        except TakenNameError:
            if place.sha256(new) != digest or place.sha256(name) != digest:
                raise RejectedError(_TAKEN) from None
            place.remove(name)  # an attempt broke off between the two names

    def _remove(self, own: Own) -> None:
        for suffix, digest in own.known.files.items():
            self._remove_one(own.stem + suffix, digest)
        self._sidecars.remove(own.stem + JSON)

    def _remove_one(self, name: str, digest: str) -> None:
        place = self._place_of(name)
        if place.sha256(name) == digest:  # changed by somebody: no longer ours to remove
            place.remove(name)

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


_TAKEN: Final = (
    "another program's or person's file has the name that this report needs, or changed it: "
    "move that file away, then send the report again"
)


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
