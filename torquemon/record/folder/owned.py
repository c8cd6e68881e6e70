"""Whose files lie in the folder: ours are known by the insertion's id in the JSON beside them.

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
from torquemon.record.folder.sidecar import MAX_BYTES, Known, read

JSON: Final = ".json"
SUFFIXES: Final = (".pdf", ".html", ".csv", JSON)
MAX_NUMBER: Final = 999
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

    def __init__(self, documents: Place, sidecars: Place) -> None:
        self._documents, self._sidecars = documents, sidecars
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
                bare = _STATE.sub("", stem)
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
            dict.fromkeys(_STATE.sub("", stem) for stem in stems if self.is_own(stem, insertion_id))
        )

    def stems(self, base: str) -> list[str]:
        """Return the stems in the folder that belong to a base, in its spelling."""
        return sorted(base + tail.upper() for tail in self._tails.get(fold(base), ()))

    def known(self, stem: str) -> Known | None:
        """Return what the sidecar of a stem says."""
        if stem not in self._known:
            raw = self._sidecars.read(stem + JSON, MAX_BYTES)
            self._known[stem] = None if raw is None else read(raw)
        return self._known[stem]

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


def bases_of(references: Mapping[str, str]) -> tuple[str, ...]:
    """Return all bases that a receipt names, oldest first."""
    numbers = itertools.takewhile(lambda n: f"base{n}" in references, itertools.count())
    return tuple(references[f"base{number}"] for number in numbers)
