"""Looks into a PDF with poppler's programs, as somebody else's reader would."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

from tests.processes import require

_TOOLS: Final = ("pdftotext", "pdfinfo", "pdfdetach", "pdffonts", "pdftoppm")


def _run(*words: str) -> str:
    require(all(map(shutil.which, _TOOLS)), "poppler is missing: apt install poppler-utils")
    done = subprocess.run(words, capture_output=True, check=True)
    return done.stdout.decode("utf-8", errors="replace")  # alternative texts come as UTF-16


def pdf_text(path: Path) -> str:
    """Return the text of all pages in reading order, as one line without doubled blanks."""
    return " ".join(_run("pdftotext", "-raw", str(path), "-").split())


def pdf_info(path: Path) -> dict[str, str]:
    """Return what the file says of itself."""
    lines = _run("pdfinfo", str(path)).splitlines()
    pairs = (line.partition(":") for line in lines)
    return {name: value.strip() for name, _, value in pairs}


def pdf_tags(path: Path) -> str:
    """Return the tree of tags."""
    return _run("pdfinfo", "-struct", str(path))


def pdf_fonts(path: Path) -> list[list[str]]:
    """Return one row a font: name, ..., embedded, subset, unicode."""
    return [line.split() for line in _run("pdffonts", str(path)).splitlines()[2:]]


def pdf_attachment(path: Path, out: Path) -> bytes:
    """Return the one attached file."""
    _run("pdfdetach", "-save", "1", "-o", str(out), str(path))
    return out.read_bytes()


def pdf_picture(path: Path, out: Path) -> bytes:
    """Return the first page drawn, as a portable pixmap."""
    _run("pdftoppm", "-r", "40", "-singlefile", str(path), str(out))
    return out.with_suffix(".ppm").read_bytes()
