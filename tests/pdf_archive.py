"""Holds a PDF against what PDF/A-3a and PDF/UA-1 ask for, read with qpdf: a part of it, not all.

Each check names its clause (ISO 19005-3:2012, "A"; ISO 14289-1:2014, "U"). The file is read by
qpdf, which has nothing to do with Typst. What is not looked at here: the operators inside the
page's content, glyph widths and the text behind every glyph, colour spaces, whether the tags fit
what is seen. So a file without findings is no validated file.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from tests.processes import require

_PDFA: Final = "{http://www.aiim.org/pdfa/ns/id/}"
_PDFUA: Final = "{http://www.aiim.org/pdfua/ns/id/}"
_TITLE: Final = "{http://purl.org/dc/elements/1.1/}title"
_LI: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}li"
_RELATIONSHIPS: Final = ("/Source", "/Data", "/Alternative", "/Supplement", "/Unspecified")
_FORBIDDEN_ANNOTATIONS: Final = ("/3D", "/Sound", "/Screen", "/Movie", "/FileAttachment")
_FORBIDDEN_ACTIONS: Final = ("/Launch", "/JavaScript", "/Sound", "/Movie", "/ResetForm", "/Hide")

Object = dict[str, Any]


def qpdf(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run qpdf; its exit code is the caller's."""
    require(shutil.which("qpdf"), "qpdf is missing: apt install qpdf")
    command = ["qpdf", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Pdf:
    """All objects of a file, as qpdf sees them."""

    def __init__(self, path: Path) -> None:
        words = ["--json=2", "--json-stream-data=inline", "--decode-level=generalized"]
        self.objects: dict[str, Any] = json.loads(qpdf(*words, path).stdout)["qpdf"][1]
        self.data = path.read_bytes()
        self.trailer: Object = self.objects["trailer"]["value"]
        self.catalog = self.at(self.trailer["/Root"])

    def at(self, value: Any) -> Any:  # noqa: ANN401 - any object of a PDF
        """Return what a value is, following a reference; of a stream its dictionary."""
        if isinstance(value, str) and value.endswith(" R") and f"obj:{value}" in self.objects:
            found = self.objects[f"obj:{value}"]
            return found["stream"]["dict"] if "stream" in found else self.at(found["value"])
        return value

    def stream(self, reference: str) -> bytes:
        """Return the decoded bytes of a stream."""
        return base64.b64decode(self.objects[f"obj:{reference}"]["stream"]["data"])

    def all(self) -> Iterator[Object]:
        """Give every dictionary of the file, nested ones as well."""
        waiting: list[Any] = [
            found["stream"]["dict"] if "stream" in found else found["value"]
            for found in self.objects.values()
        ]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                yield value
                waiting += value.values()
            elif isinstance(value, list):
                waiting += value

    def of_type(self, name: str) -> list[Object]:
        """Return the dictionaries of a type."""
        return [found for found in self.all() if found.get("/Type") == name]

    def xmp(self) -> ET.Element:
        """Return the metadata of the document."""
        return ET.fromstring(self.stream(self.catalog["/Metadata"]))  # noqa: S314 - our own file


def findings(path: Path) -> list[str]:
    """Return what is not as it should be, clause first; empty where nothing was found."""
    done = qpdf("--check", path)
    found = [] if done.returncode == 0 else [f"A 6.1 structure: {done.stdout[-200:]}"]
    pdf = Pdf(path)
    return found + [why for check, why in CHECKS if not check(pdf)]


def _header(pdf: Pdf) -> bool:
    first, second = pdf.data.split(b"\n", 2)[:2]
    return first.startswith(b"%PDF-1.") and second[:1] == b"%" and min(second[1:5]) > 127


def _says_which(pdf: Pdf) -> bool:
    found = {element.tag: (element.text or "").strip() for element in pdf.xmp().iter()}
    for element in pdf.xmp().iter():  # as attributes as well
        found |= element.attrib
    return (found.get(f"{_PDFA}part"), found.get(f"{_PDFA}conformance")) == ("3", "A")


def _says_ua(pdf: Pdf) -> bool:
    found = {element.tag: (element.text or "").strip() for element in pdf.xmp().iter()}
    for element in pdf.xmp().iter():
        found |= element.attrib
    return found.get(f"{_PDFUA}part") == "1"


def _titled(pdf: Pdf) -> bool:
    titles = [li.text or "" for title in pdf.xmp().iter(_TITLE) for li in title.iter(_LI)]
    info = pdf.at(pdf.trailer.get("/Info", {}))
    shown = pdf.at(pdf.catalog.get("/ViewerPreferences", {})).get("/DisplayDocTitle")
    same = info.get("/Title", f"u:{titles[0]}" if titles else "") == f"u:{titles[0]}"
    return bool(titles and titles[0]) and shown is True and same


def _intent(pdf: Pdf) -> bool:
    for intent in map(pdf.at, pdf.at(pdf.catalog.get("/OutputIntents", []))):
        profile = pdf.stream(intent["/DestOutputProfile"])
        channels = {b"RGB ": 3, b"GRAY": 1, b"CMYK": 4}.get(profile[16:20])
        named = pdf.at(intent["/DestOutputProfile"])["/N"]
        if intent["/S"] == "/GTS_PDFA1" and profile[36:40] == b"acsp" and channels == named:
            return True
    return False


def _fonts(pdf: Pdf) -> bool:
    fonts = pdf.of_type("/Font")
    descriptors = pdf.of_type("/FontDescriptor")
    files = [any(f"/FontFile{n}" in d for n in ("", "2", "3")) for d in descriptors]
    simple = [f for f in fonts if f["/Subtype"] in ("/Type1", "/TrueType", "/MMType1")]
    return bool(files) and all(files) and all("/FontDescriptor" in font for font in simple)


def _readable(pdf: Pdf) -> bool:
    """Every font that is shown says which text its glyphs are."""
    return all(
        "/ToUnicode" in font
        for font in pdf.of_type("/Font")
        if font["/Subtype"] not in ("/CIDFontType0", "/CIDFontType2")
    )


def _cid(pdf: Pdf) -> bool:
    for font in pdf.of_type("/Font"):
        if font["/Subtype"] == "/CIDFontType2" and "/CIDToGIDMap" not in font:
            return False
        if font["/Subtype"] == "/Type0" and font["/Encoding"] not in ("/Identity-H", "/Identity-V"):
            return False
    return True


def _attached(pdf: Pdf) -> bool:
    specs = pdf.of_type("/Filespec")
    named = {json.dumps(pdf.at(value)) for value in pdf.at(pdf.catalog.get("/AF", []))}
    for spec in specs:
        files = pdf.at(spec["/EF"])
        stream = pdf.at(files["/F"])
        good = spec.get("/AFRelationship") in _RELATIONSHIPS and {"/F", "/UF"} <= set(spec)
        good = good and "/Subtype" in stream and "/ModDate" in pdf.at(stream["/Params"])
        if not good or json.dumps(spec) not in named:
            return False
    return len(specs) == 1


def _tagged(pdf: Pdf) -> bool:
    marked = pdf.at(pdf.catalog.get("/MarkInfo", {})).get("/Marked") is True
    return marked and "/StructTreeRoot" in pdf.catalog and bool(pdf.catalog.get("/Lang"))


def _figures(pdf: Pdf) -> bool:
    figures = [e for e in pdf.all() if e.get("/S") == "/Figure" and "/P" in e]
    return bool(figures) and all(len(figure.get("/Alt", "")) > len("u:") for figure in figures)


def _headings(pdf: Pdf) -> bool:
    """A heading does not leave a level out."""
    levels = [
        int(e["/S"][2:])
        for e in _in_order(pdf, pdf.catalog["/StructTreeRoot"])
        if e["/S"].startswith("/H") and e["/S"][2:].isdigit()
    ]
    steps = [after - before for before, after in pairwise(levels)]
    return bool(levels) and levels[0] == 1 and all(step <= 1 for step in steps)


def _in_order(pdf: Pdf, reference: Any) -> Iterator[Object]:  # noqa: ANN401 - any object of a PDF
    element = pdf.at(reference)
    if not isinstance(element, dict):
        return
    if "/S" in element:
        yield element
    below = pdf.at(element.get("/K", []))
    for child in below if isinstance(below, list) else [below]:
        yield from _in_order(pdf, child)


def _table(pdf: Pdf) -> bool:
    """Header cells say what they are the head of."""
    heads = [e for e in pdf.all() if e.get("/S") == "/TH" and "/P" in e]
    attributes = [json.dumps(pdf.at(head.get("/A", {}))) for head in heads]
    return all("/Scope" in text or "/Headers" in text for text in attributes)


def _pages(pdf: Pdf) -> bool:
    return all("/StructParents" in page for page in pdf.of_type("/Page"))


def _plain(pdf: Pdf) -> bool:
    filters = [json.dumps(found.get("/Filter", "")) for found in pdf.all()]
    return not any("LZW" in name or "Crypt" in name for name in filters)


def _quiet(pdf: Pdf) -> bool:
    if {"/AA", "/OpenAction"} & set(pdf.catalog) or "/JavaScript" in pdf.at(
        pdf.catalog.get("/Names", {})
    ):
        return False
    kinds = {found.get(name) for found in pdf.all() for name in ("/S", "/Subtype")}
    return not kinds & {*_FORBIDDEN_ACTIONS, *_FORBIDDEN_ANNOTATIONS}


def _drawn(pdf: Pdf) -> bool:
    """No alternate pictures, no smoothing, no transfer functions, nothing from another file."""
    return not any(
        {"/Alternates", "/OPI", "/TR", "/HTP", "/Ref"} & set(found)
        or found.get("/Interpolate") is True
        for found in pdf.all()
    )


CHECKS: Final[tuple[tuple[Callable[[Pdf], bool], str], ...]] = (
    (_header, "A 6.1.2: the header, or the comment of four bytes above 127 after it"),
    (lambda pdf: len(pdf.trailer.get("/ID", [])) == 2, "A 6.1.3: the file has no identifier"),
    (lambda pdf: "/Encrypt" not in pdf.trailer, "A 6.1.3: the file is encrypted"),
    (_plain, "A 6.1.7.2: a stream is packed with LZW or a cipher"),
    (_intent, "A 6.2.3: no output intent with a profile of its colours"),
    (_drawn, "A 6.2.5, 6.2.8, 6.2.9: a picture or state that may look otherwise elsewhere"),
    (_fonts, "A 6.2.11.4: a font is not embedded"),
    (_cid, "A 6.2.11.3: a composite font without its mapping"),
    (_readable, "A 6.2.11.7.2: a font does not say which text its glyphs are"),
    (_quiet, "A 6.3.1, 6.5.1: an action or annotation that is not allowed"),
    (_says_which, "A 6.6.4: the metadata does not say PDF/A-3a"),
    (_tagged, "A 6.7.2, 6.7.4: not tagged, or without a language"),
    (_attached, "A 6.8: the attached file lacks its relation, type or date"),
    (_says_ua, "U 5: the metadata does not say PDF/UA-1"),
    (_titled, "U 7.1: no title, or it is not shown"),
    (_pages, "U 7.1: a page does not belong to the tree of tags"),
    (_figures, "U 7.3: a figure without an alternative text"),
    (_headings, "U 7.4: a heading leaves a level out"),
    (_table, "U 7.5: a header cell does not say what it heads"),
)
"""Each with what is said where it fails."""
