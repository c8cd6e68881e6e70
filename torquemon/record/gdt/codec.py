"""Lines and fields of GDT, sans I/O: bytes in, a record out, and back.

A line is 3 digits of length, 4 digits of field, the content, CR LF; the length counts all of it in
bytes. A wrong length or a record that is cut off is refused, since a number that lost a digit is
another patient. Two habits of real programs are taken: a line that ends with LF alone, and a length
that counts characters where UTF-8 takes more bytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from torquemon.record.errors import RecordError
from torquemon.record.gdt.fields import (
    CHARSET,
    KIND,
    LENGTH,
    VERSION,
    VERSION_35,
)
from torquemon.text import clean

MAX_BYTES: Final = 1_000_000
"""A request has less than a thousand; more is not read."""
MAX_LINES: Final = 10_000
MAX_LINE_BYTES: Final = 999
OVERHEAD: Final = 9
"""Length, field and CR LF of a line."""
AUTO: Final = "auto"
DIN_66003: Final = "din66003"
_PLAIN: Final = {"–": "-", "—": "-", "−": "-", "·": "."}
ENCODINGS: Final = (AUTO, "cp437", "cp1252", "iso8859-15", "utf-8", DIN_66003)
"""What `encoding` may be set to."""
CHARSETS: Final = {"1": DIN_66003, "2": "cp437", "3": "cp1252"}
"""Field 9206. ISO 8859-15 is what 3.5 uses throughout; UTF-8 has no number and must be set."""
USUAL: Final = "cp437"
"""The standard set of GDT 2.1 where nothing is said."""
VERSION_2: Final = "02.10"
_SINCE_LATIN_9: Final = 3.5
_HEAD: Final = re.compile(rb"(\d{3})(\d{4})")
_GERMAN: Final = str.maketrans("[\\]{|}~", "ÄÖÜäöüß")
_BACK: Final = str.maketrans("ÄÖÜäöüß", "[\\]{|}~")
_BOM: Final = b"\xef\xbb\xbf"


class GdtError(RecordError):
    """A GDT file cannot be used; the sentence says why and holds no content of it."""


class CutOffError(GdtError):
    """The file is not whole: perhaps it is being written."""


class Field(NamedTuple):
    """A field and its content."""

    id: str
    content: str


@dataclass(frozen=True, slots=True)
class Record:
    """A record. `fields` has all but the kind and the length; the objects of 3.x stay fields."""

    kind: str
    fields: tuple[Field, ...]
    encoding: str = USUAL

    def first(self, field_id: str) -> str:
        """Return the content of the first field of this kind; empty where there is none."""
        return next((each.content for each in self.fields if each.id == field_id), "")

    def all(self, field_id: str) -> tuple[str, ...]:
        """Return the contents of all fields of this kind."""
        return tuple(each.content for each in self.fields if each.id == field_id)


def decode(raw: bytes, encoding: str = AUTO) -> Record:
    """Return the record of a file. Raises GdtError, CutOffError where it is not whole."""
    if len(raw) > MAX_BYTES:
        raise GdtError(f"longer than {MAX_BYTES} bytes: no GDT request is")
    body = raw.removeprefix(_BOM).rstrip(b"\x1a\x00")
    if not body.strip():
        raise CutOffError("the file is empty")
    lines = _lines(body)
    chosen = _encoding(lines, encoding, bom=raw.startswith(_BOM))
    fields = tuple(_field(number, line, chosen) for number, line in enumerate(lines, 1))
    if fields[0].id != KIND:
        raise GdtError("the first line is no field 8000: this is no GDT record")
    if any(each.id == KIND for each in fields[1:]):
        raise GdtError("the file holds more than one record: one is taken at a time")
    bare = body.count(b"\n") - body.count(b"\r\n")
    _check_length(fields, len(body) + bare)
    return Record(
        fields[0].content,
        tuple(each for each in fields[1:] if each.id != LENGTH),
        chosen,
    )


def encode(record: Record, *, length_digits: int = 5) -> bytes:
    """Return the file of a record; the length is put in second place.

    A character that the encoding does not have loses its marks, or becomes a question mark.
    Raises GdtError for a content that no line can hold.
    """
    lines = [_line(each.id, each.content, record.encoding) for each in record.fields]
    first = _line(KIND, record.kind, record.encoding)
    total = len(first) + OVERHEAD + length_digits + sum(len(line) for line in lines)
    if total >= 10**length_digits:
        raise GdtError(f"a record of {total} bytes is longer than GDT can say")
    length = _line(LENGTH, f"{total:0{length_digits}d}", record.encoding)
    return b"".join((first, length, *lines))


def fits(text: str, encoding: str) -> bool:
    """Tell whether an encoding has every character of a text."""
    return _unicode(_bytes(text, encoding), encoding) == text


def _lines(body: bytes) -> list[bytes]:
    """Return the lines without their ends. Raises GdtError."""
    if b"\n" not in body and body.count(b"\r") > 1:
        raise GdtError("its lines end with CR alone: GDT wants CR and LF after each line")
    if not body.endswith(b"\n"):
        raise CutOffError("the last line has no end: the file is cut off or still being written")
    lines = [line.removesuffix(b"\r") for line in body.split(b"\n")[:-1]]
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) > MAX_LINES:
        raise GdtError(f"more than {MAX_LINES} lines: no GDT request has so many")
    return lines


def _head(number: int, line: bytes) -> tuple[int, str]:
    found = _HEAD.match(line)
    if found is None:
        raise GdtError(f"line {number} does not begin with 3 digits of length and 4 of field")
    return int(found[1]), found[2].decode()


def _encoding(lines: Sequence[bytes], forced: str, *, bom: bool) -> str:
    """Return the encoding: what was set, else what the file says, else what its version uses."""
    if forced != AUTO:
        return forced
    if bom:
        return "utf-8"
    said = {_head(number, line)[1]: line[7:] for number, line in enumerate(lines, 1)}
    charset = said.get(CHARSET, b"").decode("ascii", "replace").strip()
    if charset:
        if charset not in CHARSETS:
            raise GdtError(
                f"field 9206 names the character set {clean(charset, 8)!r}, known are "
                f"{', '.join(CHARSETS)}: set `encoding`"
            )
        return CHARSETS[charset]
    version = said.get(VERSION, said.get(VERSION_35, b"")).decode("ascii", "replace")
    try:
        return "iso8859-15" if float(version) >= _SINCE_LATIN_9 else USUAL
    except ValueError:
        return USUAL


def _field(number: int, line: bytes, encoding: str) -> Field:
    length, field_id = _head(number, line)
    try:
        content = _unicode(line[7:], encoding)
    except UnicodeDecodeError as error:
        raise GdtError(
            f"line {number} has a byte {line[7 + error.start]:#04x} that {encoding} has not: "
            "set `encoding` to what the practice software writes"
        ) from None
    if length not in (len(line) + 2, len(content) + OVERHEAD):
        raise GdtError(f"line {number} says {length} bytes and has {len(line) + 2}")
    if any(unicodedata.category(char).startswith("C") for char in content):
        raise GdtError(f"line {number} holds a control character")
    return Field(field_id, content.strip())


def _check_length(fields: Sequence[Field], size: int) -> None:
    said = next((each.content for each in fields if each.id == LENGTH), "")
    if not said:
        return
    if not said.isdecimal() or not said.isascii():
        raise GdtError("field 8100 is no length in bytes")
    # more than it says is a habit of programs that count wrong; less is a part of a record
    if int(said) > size:
        raise CutOffError(f"field 8100 says {int(said)} bytes and there are {size}: it is cut off")


def _line(field_id: str, content: str, encoding: str) -> bytes:
    if not re.fullmatch(r"[0-9]{4}", field_id):
        raise GdtError(f"{clean(field_id, 8)!r} is no field of GDT")
    if any(unicodedata.category(char).startswith("C") for char in content):
        raise GdtError(f"field {field_id} cannot hold a control character")
    coded = _bytes(content, encoding)
    length = len(coded) + OVERHEAD
    if length > MAX_LINE_BYTES:
        raise GdtError(f"field {field_id} is longer than a line of GDT can be")
    return f"{length:03d}{field_id}".encode() + coded + b"\r\n"


def _unicode(raw: bytes, encoding: str) -> str:
    if encoding == DIN_66003:
        return raw.decode("ascii").translate(_GERMAN)
    return raw.decode(encoding)


def _bytes(text: str, encoding: str) -> bytes:
    """Return a text in an encoding, as near as it can be said there."""
    if encoding == DIN_66003:
        plain = "".join("?" if char in "[\\]{|}~" else char for char in text)
        return _bytes(plain.translate(_BACK), "ascii")
    out = bytearray()
    for char in text:
        try:
            out += char.encode(encoding)
        except UnicodeEncodeError:
            bare = "".join(
                part
                for part in unicodedata.normalize("NFKD", _PLAIN.get(char, char))
                if not unicodedata.combining(part)
            )
            out += bare.encode(encoding, "replace")
    return bytes(out)
