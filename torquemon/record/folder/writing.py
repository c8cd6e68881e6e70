"""Puts sets into the folder, renames and removes them: so that any attempt can be broken off.

What lies there of an insertion is kept in `sets` as it changes, for the receipt.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from torquemon.record.delivery.exporter import DestinationError, RejectedError
from torquemon.record.folder import sidecar
from torquemon.record.folder.owned import JSON, TAKEN, Own, Shelf, superseded_stem
from torquemon.record.folder.place import TakenNameError
from torquemon.record.folder.sidecar import Known, Part


@dataclass(slots=True)
class Set:
    """What is to lie in the folder under one stem."""

    stem: str
    parts: tuple[Part, ...]
    sidecar: bytes


class Writer:
    """Writes the sets of one insertion. Raises AwayError, RejectedError."""

    def __init__(self, shelf: Shelf, insertion_id: str, bases: Sequence[str]) -> None:
        self._shelf = shelf
        self._insertion_id = insertion_id
        self.sets: dict[str, Known] = {
            each.stem: each.known for each in shelf.own(bases, insertion_id)
        }
        """What lies there of the insertion, by stem."""

    def put(self, wanted: Set) -> None:
        """Bring the files of one stem there, so that any attempt after a broken one ends the same.

        New: the JSON first, which says whose the name is, and the report last. Ours already: the
        JSON last, since it knows what is ours to replace.
        """
        known = self._shelf.known(wanted.stem)
        own = known is not None and known.insertion_id == self._insertion_id
        if not own and not self._shelf.takes(wanted.stem, self._insertion_id):
            raise RejectedError(TAKEN)
        if own and known is not None:
            self._put_again(wanted, known)
        else:
            self._put_new(wanted)
        self._keep(wanted.stem, wanted.sidecar)

    def supersede(self, own: Own, by_revision: int) -> None:
        """Rename what is out of date, the JSON last: with it a broken attempt is taken up again."""
        new = superseded_stem(own.base, own.known.revision)
        for suffix, digest in own.known.files.items():
            if self._shelf.has(own.stem, suffix):
                self._rename(own.stem + suffix, new + suffix, digest)
        said = sidecar.superseded(own.known, by_revision)
        self._put_one(new + JSON, said, ours=self._shelf.is_own(new, self._insertion_id))
        self._keep(new, said)
        self._remove_json(own.stem)

    def mend(self, but: AbstractSet[str]) -> None:
        """Write the JSON anew where it was gone or damaged, and only the receipt knew the set.

        First of all, so that what is then broken off is taken up again as ever.
        """
        for stem in sorted(self._shelf.recovered & set(self.sets) - but):
            self._put_one(stem + JSON, sidecar.made_again(self.sets[stem]), ours=True)

    def remove(self, own: Own) -> None:
        """Remove a set, as far as it is still ours."""
        for suffix, digest in own.known.files.items():
            self._remove_one(own.stem + suffix, digest)
        self._remove_json(own.stem)

    def _put_again(self, wanted: Set, known: Known) -> None:
        for part in reversed(wanted.parts):
            self._put_one(wanted.stem + part.suffix, part.content, known.files.get(part.suffix, ""))
        for suffix in set(known.files) - {part.suffix for part in wanted.parts}:
            self._remove_one(wanted.stem + suffix, known.files[suffix])
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
                    self._shelf.place_of(name).remove(name)
            raise

    def _put_one(self, name: str, content: bytes, listed: str = "", *, ours: bool = False) -> None:
        """Store one file. It may replace what it finds if that is `ours`, or has this digest."""
        place = self._shelf.place_of(name)
        digest = place.sha256(name)
        if digest == Part("", content, "").sha256:
            return  # it lies there as it should: a watcher must not see it change
        try:
            if digest and (ours or digest == listed):
                place.replace(name, content)
            else:
                place.put_new(name, content)
        except TakenNameError:
            raise RejectedError(TAKEN) from None

    def _rename(self, name: str, new: str, digest: str) -> None:
        place = self._shelf.place_of(name)
        try:
            place.rename(name, new)
        except TakenNameError:
            if place.sha256(new) != digest or place.sha256(name) != digest:
                raise RejectedError(TAKEN) from None
            place.remove(name)  # an attempt broke off between the two names

    def _remove_one(self, name: str, digest: str) -> None:
        place = self._shelf.place_of(name)
        if place.sha256(name) == digest:  # changed by somebody: no longer ours to remove
            place.remove(name)

    def _remove_json(self, stem: str) -> None:
        self._shelf.place_of(stem + JSON).remove(stem + JSON)
        self.sets.pop(stem, None)

    def _keep(self, stem: str, said: bytes) -> None:
        known = sidecar.read(said)
        if known is not None:
            self.sets[stem] = known
