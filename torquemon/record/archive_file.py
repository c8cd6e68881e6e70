"""The whole record as one ZIP of JSON lines, out and in: readable without this program.

`manifest.json` names every chain with its head and the SHA-256 of its file; `chains/ID.jsonl` has
one entry a line with its salt and rows. What comes in is not believed: names, sizes, digests,
columns and the whole chain are checked before anything of it is kept, and it is kept beside the own
chain, never in its place.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from torquemon.record.archive_entry import ArchiveError as ArchiveError  # noqa: PLC0414 - its place
from torquemon.record.archive_entry import parse_entry
from torquemon.record.chain import grouped
from torquemon.record.column_types import canonical, plain
from torquemon.record.database import is_id, private
from torquemon.record.errors import RecordError, as_record_errors, of_system
from torquemon.record.models import CONTENT, Base, Content, Entry, Salt
from torquemon.record.read_file import refuse_device
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


_BROKEN: Final = (
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OverflowError,
    zlib.error,
    lzma.LZMAError,
    struct.error,
)
"""What a ZIP raises whose bytes are not what its list of files says."""


# --- out ------------------------------------------------------------------------------------------


def write_archive(store: Store, target: Path) -> int:
    """Write the whole record; return how many entries it has. Raises RecordError."""
    if target.exists():
        raise RecordError(f"{target} exists: an archive overwrites nothing, choose another name")
    draft = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with as_record_errors(target):
            private(draft)
            with (
                store.read() as session,
                _file_errors(target),
                zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as file,
            ):
                count = _write(session, file)
            draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return count


@contextlib.contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    """Tell what the archive's own file refuses, before it is told of the record's."""
    try:
        yield
    except OSError as error:
        raise ArchiveError(of_system(path, error)) from None


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
        refuse_device(source)
        with zipfile.ZipFile(source) as file:
            chains = _manifest(file, source)
            with store.write() as session, _file_errors(source):
                return sum(_take(store, session, file, chain) for chain in chains)
    except zipfile.BadZipFile:
        raise ArchiveError(f"{source} is no archive of TorqueMon, or it is damaged") from None
    except OSError as error:
        raise ArchiveError(f"{source} cannot be read ({error.strerror})") from None
    except _BROKEN as error:
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
            entry, salt, rows = parse_entry(line, chair)
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
