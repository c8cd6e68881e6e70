"""Whose files lie in the folder: ours are known by the insertion's id in the JSON beside them.

Where that JSON is gone or damaged, a set is ours all the same if the receipt names its stem and a
file has the digest that the receipt kept. If none has, it is disputed: nobody may settle that.

A set is a report with its JSON and CSV under one stem. The stems of one insertion begin with its
base; a second insertion with the same name gets the base `…_2`. A set that anything else belongs to
is left alone, whatever its name.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from torquemon.record.delivery.exporter import RejectedError
from torquemon.record.folder.naming import fold
from torquemon.record.folder.place import Place
from torquemon.record.folder.sidecar import MAX_BYTES, Known, is_foreign, read

JSON: Final = ".json"
SUFFIXES: Final = (".pdf", ".html", ".csv", JSON)
MAX_NUMBER: Final = 999
TAKEN: Final = (
    "another program's or person's file has the name that this report needs, or changed it: "
    "move that file away, then send the report again"
)
_STATES: Final = r"(?:_(?:superseded|amended)-\d{1,16}|_withdrawn)?"
_STATE: Final = re.compile(f"{_STATES}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Own:
    """A set of ours that lies in the folder."""

    base: str
    stem: str
    known: Known


class Shelf:
    """What lies in the folder at this moment, and in the one for sidecars if there is one."""

    def __init__(
        self,
        documents: Place,
        sidecars: Place,
        claimed: Mapping[str, Known | None] | None = None,
    ) -> None:
        """Look what lies there. `claimed` is what the receipt says of our sets, by stem."""
        self._documents, self._sidecars = documents, sidecars
        self._claims = tuple(claimed or ())
        self._claimed = {fold(stem): known for stem, known in (claimed or {}).items()}
        self.recovered: set[str] = set()
        """Stems that only the receipt shows to be ours."""
        self._names: set[str] = set()
        self._beside: list[str] = []
        for place in (documents, sidecars) if sidecars is not documents else (documents,):
            names = place.names()
            place.sweep(names.values())
            self._names |= set(names)
            self._beside = [name for name in names.values() if name.endswith(JSON)]
        self._known: dict[str, Known | None] = {}
        self._tails: dict[str, set[str]] = {}
        """By folded base, what its stems end with: nothing, or a state."""
        for name in self._names:
            stem, dot, ending = name.rpartition(".")
            if dot + ending in SUFFIXES:
                bare = base_of(stem)
                self._tails.setdefault(bare, set()).add(stem[len(bare) :])
                self._tails.setdefault(stem, set()).add("")

    def base(self, plain: str, insertion_id: str, tail: str) -> str:
        """Return the base for an insertion, its own if it can have it, else one that nobody has."""
        for base in self.own_bases(plain, insertion_id):
            if self.takes(base + tail, insertion_id):
                return base
        for base in self._numbered(plain, MAX_NUMBER):
            if not self.stems(base):
                return base
        raise RejectedError(
            f"more than {MAX_NUMBER} reports have the same name: add {{time}} to it"
        )

    def own_bases(self, plain: str, insertion_id: str) -> tuple[str, ...]:
        """Return the bases of this name under which something of the insertion lies."""
        return tuple(
            base
            for base in self._numbered(plain, self._highest(plain))
            if any(self.is_own(stem, insertion_id) for stem in self.stems(base))
        )

    @staticmethod
    def _numbered(plain: str, last: int) -> Iterator[str]:
        yield plain
        yield from (f"{plain}_{number}" for number in range(2, last + 1))

    def own(self, bases: Sequence[str], insertion_id: str) -> Iterator[Own]:
        """Yield the sets of an insertion under these bases."""
        for base in dict.fromkeys(bases):
            for stem in self.stems(base):
                known = self.known(stem)
                if known is not None and known.insertion_id == insertion_id:
                    yield Own(base, stem, known)

    def bases_anywhere(self, insertion_id: str) -> tuple[str, ...]:
        """Return all bases of an insertion, whatever its name was. Reads every sidecar there."""
        stems = (name.removesuffix(JSON) for name in self._beside)
        return tuple(
            dict.fromkeys(base_of(stem) for stem in stems if self.is_own(stem, insertion_id))
        )

    def stems(self, base: str) -> list[str]:
        """Return the stems in the folder that belong to a base, in its spelling."""
        return sorted(base + tail.upper() for tail in self._tails.get(fold(base), ()))

    def known(self, stem: str) -> Known | None:
        """Return what the sidecar of a stem says, or the receipt where that is no more."""
        if stem not in self._known:
            raw = self._sidecars.read(stem + JSON, MAX_BYTES)
            found = None if raw is None else read(raw)
            if found is None and self._shown_by_receipt(stem, raw):
                found = self._claimed[fold(stem)]
                self.recovered.add(stem)
            self._known[stem] = found
        return self._known[stem]

    def disputed(self) -> bool:
        """Tell whether files lie under a name of the receipt, and nothing shows whose they are."""
        return any(self._lies(stem) and self.known(stem) is None for stem in self._claims)

    def place_of(self, name: str) -> Place:
        """Return the folder in which a file of this name lies."""
        return self._sidecars if name.endswith((JSON, ".csv")) else self._documents

    def _lies(self, stem: str) -> bool:
        return any(self.has(stem, suffix) for suffix in SUFFIXES if suffix != JSON)

    def _shown_by_receipt(self, stem: str, raw: bytes | None) -> bool:
        """Tell whether a file of the stem has a digest of the receipt, and the JSON is nobody's."""
        claim = self._claimed.get(fold(stem))
        if claim is None or (raw is None and self.has(stem, JSON)) or is_foreign(raw or b""):
            return False
        names = ((stem + suffix, digest) for suffix, digest in claim.files.items())
        return any(self.place_of(name).sha256(name) == digest for name, digest in names)

    def has(self, stem: str, suffix: str) -> bool:
        """Tell whether a file of this name lies there."""
        return fold(stem + suffix) in self._names

    def takes(self, stem: str, insertion_id: str) -> bool:
        """Tell whether an insertion may use a stem: nobody has it, or it is its own."""
        if self.is_own(stem, insertion_id):
            return True
        return not any(self.has(stem, suffix) for suffix in SUFFIXES)

    def is_own(self, stem: str, insertion_id: str) -> bool:
        """Tell whether the set of a stem is this insertion's."""
        known = self.known(stem)
        return known is not None and known.insertion_id == insertion_id

    def _highest(self, plain: str) -> int:
        pattern = re.compile(re.escape(fold(plain)) + r"_(\d{1,3})")
        hits = (pattern.fullmatch(base) for base in self._tails)
        return max((int(hit[1]) for hit in hits if hit), default=1)


def base_of(stem: str) -> str:
    """Return a stem without the state at its end."""
    return _STATE.sub("", stem)


def superseded_stem(base: str, revision: int) -> str:
    """Return the stem of a set that is out of date."""
    return f"{base}_SUPERSEDED-{revision}"


def bases_of(references: Mapping[str, str]) -> tuple[str, ...]:
    """Return all bases that a receipt names, oldest first."""
    numbers = itertools.takewhile(lambda n: f"base{n}" in references, itertools.count())
    return tuple(references[f"base{number}"] for number in numbers)
