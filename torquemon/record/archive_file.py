"""The whole record as one ZIP of JSON lines, out and in: readable without this program.

`manifest.json` names every chain with its head and the SHA-256 of its file; `chains/ID.jsonl` has
one entry a line with its salt and rows. What comes in is not believed: names, sizes, digests,
columns and the whole chain are checked before anything of it is kept, and it is kept beside the own
chain, never in its place.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Boolean, Date, Double, Integer, LargeBinary, select
from sqlalchemy.orm import Session

from torquemon.record.chain import TABLES, grouped
from torquemon.record.column_types import CanonicalJson, UtcTime, canonical, plain
from torquemon.record.database import is_id, private
from torquemon.record.errors import RecordError, as_record_errors
from torquemon.record.models import CONTENT, Base, Content, Entry, Salt
from torquemon.record.store import SOFTWARE, Store
from torquemon.record.verify import verify_chain

FORM: Final = 1
MANIFEST: Final = "manifest.json"
MAX_MANIFEST_BYTES: Final = 16 * 1024 * 1024
MAX_LINE_BYTES: Final = 256 * 1024 * 1024
"""One entry: an hour of curve with its raw bytes has a tenth of it."""
MAX_TOTAL_BYTES: Final = 64 * 1024**3
MAX_FILES: Final = 1001
_STEP: Final = 100


class ArchiveError(RecordError):
    """The archive is not taken; the message says why."""


# --- out ------------------------------------------------------------------------------------------


def write_archive(store: Store, target: Path) -> int:
    """Write the whole record; return how many entries it has. Raises RecordError."""
    if target.exists():
        raise RecordError(f"{target} exists: an archive overwrites nothing, choose another name")
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with as_record_errors(target):
            private(draft)
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as file, store.read() as session:
                count = _write(session, file)
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _write(session: Session, file: zipfile.ZipFile) -> int:
    chains: list[dict[str, object]] = []
    chairs = session.scalars(select(Entry.chair_id).distinct().order_by(Entry.chair_id)).all()
    for chair in chairs:
        digest, count, head = hashlib.sha256(), 0, ""
        name = f"chains/{chair}.jsonl"
        with file.open(name, "w", force_zip64=True) as out:
            for entry, salt, rows in _stretch(session, chair):
                line = canonical(_entry_fields(entry, salt, rows)) + b"\n"
                digest.update(line)
                out.write(line)
                count, head = count + 1, entry.hash
        chains.append(
            {
                "chair_id": chair,
                "file": name,
                "entries": count,
                "head": head,
                "sha256": digest.hexdigest(),
            }
        )
    manifest = {"form": FORM, "software": SOFTWARE, "chains": chains}
    file.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return sum(int(str(chain["entries"])) for chain in chains)


def _stretch(session: Session, chair: str) -> Iterator[tuple[Entry, Salt | None, list[Content]]]:
    """Walk a chain, a stretch at a time."""
    number = 0
    while True:
        entries = session.scalars(
            select(Entry)
            .where(Entry.chair_id == chair, Entry.number > number)
            .order_by(Entry.number)
            .limit(_STEP)
        ).all()
        if not entries:
            return
        first, number = entries[0].number, entries[-1].number
        salts = {
            salt.entry_number: salt
            for salt in session.scalars(
                select(Salt).where(Salt.chair_id == chair, Salt.entry_number.between(first, number))
            )
        }
        rows = grouped(
            row
            for table in CONTENT
            for row in session.scalars(
                select(table)
                .where(table.chair_id == chair, table.entry_number.between(first, number))
                .order_by(table.entry_number, table.part)
            )
        )
        for entry in entries:
            yield entry, salts.get(entry.number), rows.get(entry.number, [])
        session.expunge_all()


def _entry_fields(entry: Entry, salt: Salt | None, rows: list[Content]) -> dict[str, object]:
    tables: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        tables.setdefault(row.__tablename__, []).append(_fields(row))
    return {"entry": _fields(entry), "salt": salt.salt if salt else None, "rows": tables}


def _fields(row: Base) -> dict[str, object]:
    found: dict[str, object] = {}
    for column in row.__table__.columns:
        value = getattr(row, column.key)
        if value is None:
            continue
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode()
        elif isinstance(value, datetime | date):
            value = value.isoformat()
        found[column.name] = plain(value)
    return found


# --- in -------------------------------------------------------------------------------------------


def read_archive(store: Store, source: Path) -> int:
    """Take the chains of an archive in; return how many entries are new. All or nothing.

    Raises ArchiveError with what is wrong, RecordError.
    """
    try:
        with zipfile.ZipFile(source) as file:
            chains = _manifest(file, source)
            with store.write() as session:
                return sum(_take(store, session, file, chain) for chain in chains)
    except zipfile.BadZipFile:
        raise ArchiveError(f"{source} is no archive of TorqueMon, or it is damaged") from None
    except OSError as error:
        raise ArchiveError(f"{source} cannot be read ({error.strerror})") from None
    except (NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise ArchiveError(f"{source} cannot be taken in ({type(error).__name__})") from None


def _manifest(file: zipfile.ZipFile, source: Path) -> list[Mapping[str, Any]]:
    """Check the list of files before one is opened; nothing of it ever becomes a path."""
    infos = file.infolist()
    names = [info.filename for info in infos]
    if len(names) > MAX_FILES or len(set(names)) != len(names):
        raise ArchiveError(f"{source} has too many files, or one of them twice")
    if sum(info.file_size for info in infos) > MAX_TOTAL_BYTES:
        raise ArchiveError(f"{source} would become larger than {MAX_TOTAL_BYTES >> 30} GiB")
    if MANIFEST not in names or file.getinfo(MANIFEST).file_size > MAX_MANIFEST_BYTES:
        raise ArchiveError(f"{source} has no {MANIFEST}: it is no archive of TorqueMon")
    try:
        manifest = json.loads(file.read(MANIFEST))
        if manifest["form"] != FORM:
            raise ArchiveError(f"{source} was written by a newer version: update this one")
        chains: list[Mapping[str, Any]] = list(manifest["chains"])
        expected = {f"chains/{chain['chair_id']}.jsonl" for chain in chains}
        whole = all(is_id(str(c["chair_id"])) for c in chains) and len(expected) == len(chains)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise ArchiveError(f"{source} has a damaged {MANIFEST}") from None
    if not whole or expected | {MANIFEST} != set(names):
        raise ArchiveError(f"{source} has other files than its {MANIFEST} names")
    return chains


def _take(store: Store, session: Session, file: zipfile.ZipFile, chain: Mapping[str, Any]) -> int:
    chair = str(chain["chair_id"])
    if chair == store.chair_id:
        raise ArchiveError(
            f"chair {chair} is the one that writes here: its own record comes back by "
            "`torquemon restore`, not from an archive"
        )
    digest = hashlib.sha256()
    found_here = session.scalars(select(Entry).where(Entry.chair_id == chair))
    known = {entry.number: entry.hash for entry in found_here}
    session.expunge_all()
    new = 0
    with file.open(f"chains/{chair}.jsonl") as lines:
        for line in _lines(lines):
            digest.update(line)
            entry, salt, rows = _parse(line, chair)
            if entry.number in known:
                if known[entry.number] != entry.hash:
                    raise ArchiveError(
                        f"entry {entry.number} of chair {chair} is another one than in this record"
                    )
                continue
            session.add_all([entry, *([salt] if salt else []), *rows])
            session.flush()
            session.expunge_all()
            new += 1
    if digest.hexdigest() != chain.get("sha256"):
        raise ArchiveError(f"the file of chair {chair} is not the one that the manifest names")
    found = verify_chain(session, chair)
    if found.problems:
        raise ArchiveError(f"chair {chair} does not verify: {found.problems[0]}")
    for destination in store.destinations(session):
        store.queue_missing(session, destination)
    return new


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise ArchiveError("an entry of the archive is larger than any entry can be")
        yield line


def _parse(line: bytes, chair: str) -> tuple[Entry, Salt | None, list[Content]]:
    try:
        fields = json.loads(line)
        entry = Entry(**_columns(Entry, fields["entry"]))
        salt = None
        if fields["salt"] is not None:
            bytes.fromhex(fields["salt"])
            salt = Salt(chair_id=chair, entry_number=entry.number, salt=fields["salt"])
        rows: list[Content] = []
        for name, found in fields["rows"].items():
            rows += [TABLES[name](**_columns(TABLES[name], one)) for one in found]
        number = entry.number
        foreign = any((row.chair_id, row.entry_number) != (chair, number) for row in rows)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error):
        raise ArchiveError(f"an entry of chair {chair} in the archive is damaged") from None
    if foreign or entry.chair_id != chair:
        raise ArchiveError(f"the file of chair {chair} holds rows of another one")
    return entry, salt, rows


def _columns(table: type[Base], fields: Mapping[str, Any]) -> dict[str, Any]:
    columns = {column.name: column for column in table.__table__.columns}
    return {columns[name].key: _value(columns[name].type, value) for name, value in fields.items()}


def _value(kind: object, value: Any) -> Any:  # noqa: ANN401, PLR0911 - one line a column type
    if isinstance(kind, UtcTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, CanonicalJson):
        return _typed(value, dict)
    if isinstance(kind, LargeBinary):
        return base64.b64decode(value, validate=True)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, Boolean):
        return _typed(value, bool)
    if isinstance(kind, Integer):
        return int(value)
    if isinstance(kind, Double):
        return float(value)
    return _typed(value, str)


def _typed(value: object, kind: type) -> object:
    if not isinstance(value, kind):
        raise TypeError("a column of another type")
    return value
