"""A page that takes a report back: PDF where its part is there, else HTML. In English and German.

It says nothing that was measured. Where a report went to the wrong patient, that patient's note
does not say whose it was.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from torquemon.record.folder.sidecar import Part
from torquemon.record.report_data import ReportError
from torquemon.record.report_typst import STANDARDS, drawable

WITHDRAWN: Final = (
    "This report is withdrawn: it was entered in error. Do not use it.",
    "Dieser Bericht ist zurückgezogen: Er wurde irrtümlich erfasst. Nicht verwenden.",
)
REASSIGNED: Final = (
    "This report was recorded under the wrong patient. It does not belong here: remove it.",
    "Dieser Bericht wurde unter dem falschen Patienten erfasst. Bitte hier entfernen.",
)
ERASED: Final = (
    "This insertion was erased at its origin. Remove its report from these documents.",
    "Diese Insertion wurde an ihrer Quelle gelöscht. Den Bericht aus diesen Dokumenten entfernen.",
)
PDF: Final = "application/pdf"
HTML: Final = "text/html"
_TEMPLATE: Final = b"""
#let note = json(bytes(sys.inputs.note))
#set document(title: note.title, author: "TorqueMon", date: auto)
#set page(paper: "a4", margin: 25mm)
#set text(size: 11pt, lang: "en")
#if note.mark != "" { text(size: 20pt, weight: "bold", note.mark); parbreak() }
= #note.title
#for line in note.lines { par(line) }
#for (name, value) in note.facts { par[#name: #value] }
"""


@dataclass(frozen=True, slots=True)
class Note:
    """What a note says. `facts` are pairs of name and value."""

    lines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    mark: str
    moment: datetime

    def document(self, *, as_pdf: bool) -> Part:
        """Return the note as a file. Raises ReportError."""
        made = self._pdf() if as_pdf else None
        if made is not None:
            return Part(".pdf", made, PDF)
        return Part(".html", self._html(), HTML)

    def _pdf(self) -> bytes | None:
        try:
            import typst
        except ImportError:
            return None
        fields = {
            "title": "TorqueMon",
            "mark": drawable(self.mark)[0],
            "lines": [drawable(each)[0] for each in self.lines],
            "facts": [[drawable(name)[0], drawable(value)[0]] for name, value in self.facts],
        }
        try:
            made = typst.compile(
                _TEMPLATE,
                format="pdf",
                font_paths=[],
                ignore_system_fonts=True,
                sys_inputs={"note": json.dumps(fields)},
                pdf_standards=list(STANDARDS),
                timestamp=max(0, int(self.moment.timestamp())),
            )
        except typst.TypstError as error:
            raise ReportError(f"the note cannot be set: {error.message}") from error
        if not isinstance(made, bytes):
            raise ReportError("the note cannot be set: Typst made no single file")
        return made

    def _html(self) -> bytes:
        lines = [self.mark, *self.lines, *(f"{name}: {value}" for name, value in self.facts)]
        body = "\n".join(f"<p>{html.escape(line)}</p>" for line in lines if line)
        page = f'<!doctype html>\n<meta charset="utf-8">\n<title>TorqueMon</title>\n{body}\n'
        return page.encode("utf-8", "replace")
