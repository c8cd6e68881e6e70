"""What a receipt keeps of the sets in the folder, so that a JSON that is gone loses no report.

A receipt keeps a few hundred characters of a value, so a set has three: its stem, what it is with
the digests of its files, and its patient.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Final

from torquemon.record.folder.owned import base_of, superseded_stem
from torquemon.record.folder.sidecar import (
    SCHEMA,
    STATES,
    SUPERSEDED,
    Known,
    as_superseded,
    media_type,
    read_fields,
)

_FILE: Final = re.compile(r"(\.[a-z]{3,4})/([0-9]{1,12})/([0-9a-f]{64})")
_HEAD: Final = re.compile(r"([a-z]{1,20}) ([0-9]{1,16})")


def remembered(sets: Mapping[str, Known]) -> dict[str, str]:
    """Return the sets as a receipt keeps them."""
    kept: dict[str, str] = {}
    for number, (stem, known) in enumerate(sorted(sets.items())):
        kept[f"set{number}"] = stem
        kept[f"set{number}.is"] = _as_text(known)
        kept[f"set{number}.patient"] = known.patient
    return kept


def claimed(
    references: Mapping[str, str], insertion_id: str, chair_id: str
) -> dict[str, Known | None]:
    """Return what a receipt says of our sets, by stem; None where it has no digests.

    A receipt from before digests were kept names only the newest document.
    """
    found: dict[str, Known | None] = {}
    for number in itertools.takewhile(lambda n: f"set{n}" in references, itertools.count()):
        stem, said = references[f"set{number}"], references.get(f"set{number}.is", "")
        fields = {
            "insertion_id": insertion_id,
            "chair_id": chair_id,
            "mark": references.get("mark", ""),
            "patient": references.get(f"set{number}.patient", ""),
        }
        found[stem] = known = _known(said, fields)
        if known is not None and known.status != SUPERSEDED:
            # renaming may have been broken off before its JSON was written
            found.setdefault(superseded_stem(base_of(stem), known.revision), as_superseded(known))
    newest = references.get("name", "").rpartition(".")[0]
    if newest:
        found.setdefault(newest, None)
    return found


def _as_text(known: Known) -> str:
    sizes = {
        str(each.get("suffix")): each.get("bytes")
        for each in known.fields["files"]
        if isinstance(each, dict)
    }
    files = (
        f"{suffix}/{size if isinstance(size := sizes.get(suffix), int) else 0}/{digest}"
        for suffix, digest in known.files.items()
    )
    return " ".join((known.status, str(known.revision), *(f for f in files if _FILE.fullmatch(f))))


def _known(said: str, fields: Mapping[str, str]) -> Known | None:
    head = _HEAD.match(said)
    files = [
        {"suffix": suffix, "media_type": media_type(suffix), "bytes": int(size), "sha256": digest}
        for suffix, size, digest in _FILE.findall(said)
    ]
    if head is None or head[1] not in STATES or not files:
        return None
    return read_fields(
        {"schema": SCHEMA, **fields, "status": head[1], "revision": int(head[2]), "files": files}
    )
