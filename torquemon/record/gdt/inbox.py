"""A folder into which the practice software puts a GDT file for the next patient.

Only what brings a patient is taken (6301, 6302): results that lie in the same folder, and files for
other devices, are left alone. A file is taken once, then removed or moved to `done`. One that has
lain there for longer than a patient waits, since this computer was off, is put away with one
sentence and brings nobody. One that cannot be used is left where it is, with one sentence.
"""

from __future__ import annotations

import contextlib
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torquemon.clock import Clock
from torquemon.record.errors import RecordError
from torquemon.record.gdt.codec import AUTO, MAX_BYTES, CutOffError, GdtError, decode
from torquemon.record.gdt.patient import TAKEN, GdtPatient, patient_of
from torquemon.record.gdt.waiting import KEEP_MIN, last_taken, of_patient, put, waiting_patient
from torquemon.text import clean

DONE: Final = "done"
SETTLE_S: Final = 10.0
"""So long a file may look cut off because it is still being written."""
MAX_FILES: Final = 10_000
_NAME: Final = re.compile(r".*\.(gdt|\d{3})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class InboxSettings:
    """Where patients come in."""

    path: Path
    begins: str = ""
    """What a file's name begins with, in upper or lower case; empty: any."""
    receiver: str = ""
    """Our GDT-ID; empty: files for anybody."""
    encoding: str = AUTO
    after: str = "remove"
    """`remove`, or `done`: moved into the folder of that name."""
    store_names: bool = False
    """Whether name and birth date go into the record."""
    keep_min: float = KEEP_MIN


@dataclass(frozen=True, slots=True)
class Came:
    """What one look found. `said` is what is wrong, as one sentence; empty: nothing."""

    patient: GdtPatient | None = None
    said: str = ""


class Inbox:
    """One folder. Used by one thread."""

    def __init__(self, settings: InboxSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self._left: dict[str, str] = {}
        """Files that are left alone, by name: what was seen of them."""
        self._young: dict[str, tuple[str, int]] = {}
        """Files that look cut off: what was seen of them, and since when (ns)."""
        self._said: dict[str, str] = {}
        self._put_away = ""
        """What was said of an old file, until the next patient comes."""

    def look(self) -> Came:
        """Take what lies there; the newest patient waits then. Never raises."""
        came: GdtPatient | None = None
        try:
            files = self._files()
        except OSError as error:
            return Came(said=f"{self._folder} cannot be read ({clean(error.strerror or '')})")
        self._forget_all_but(files)
        for name, seen in files.items():
            if self._left.get(name) == seen:
                continue
            self._said.pop(name, None)
            try:
                came = self._take(name, seen) or came
            except OSError as error:  # perhaps still open in the other program: tried again
                self._say(name, f"it cannot be read ({clean(error.strerror or '')})")
            except RecordError as error:
                self._left[name] = seen
                self._say(name, str(error))
        if came is not None:
            self._put_away = ""
        return Came(came, next(iter(self._said.values()), self._put_away))

    def _forget_all_but(self, files: Mapping[str, str]) -> None:
        self._said = {name: why for name, why in self._said.items() if name in files}
        self._left = {name: seen for name, seen in self._left.items() if name in files}
        self._young = {name: seen for name, seen in self._young.items() if name in files}

    def _say(self, name: str, why: str) -> None:
        self._said[name] = self._told(name, why)

    def _told(self, name: str, why: str) -> str:
        return f"{clean(name, 40)} in {self._folder}: {why}"

    @property
    def _folder(self) -> str:
        return f"the folder {clean(str(self.settings.path), 200)}"

    def _files(self) -> dict[str, str]:
        """Return what may be a request, oldest first: its name, and what is seen of it."""
        found: list[tuple[int, str, str]] = []
        begins = self.settings.begins.casefold()
        for entry in self.settings.path.iterdir():
            if not _NAME.fullmatch(entry.name) or not entry.name.casefold().startswith(begins):
                continue
            with contextlib.suppress(FileNotFoundError):
                about = entry.lstat()
                if stat.S_ISREG(about.st_mode):
                    seen = f"{entry.name}:{about.st_mtime_ns}:{about.st_size}"
                    found.append((about.st_mtime_ns, entry.name, seen))
            if len(found) > MAX_FILES:
                break
        return {name: seen for _, name, seen in sorted(found)}

    def _take(self, name: str, seen: str) -> GdtPatient | None:
        path = self.settings.path / name
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        try:
            record = decode(raw, self.settings.encoding)
        except CutOffError as error:
            self._wait_for(name, seen, error)
            return None
        if record.kind not in TAKEN or not self._is_ours(record.first("8315")):
            self._left[name] = seen
            return None
        today = self._clock.utc_now().date()
        patient = patient_of(record, self.settings.receiver, today)
        last = last_taken()
        again = last is not None and last.taken == clean(seen)
        old = self._is_old(path)
        if not (again or old):  # else it was taken already and could not be removed
            put(of_patient(patient, "GDT", seen), self._clock, self.settings.keep_min)
        if old and not again:
            self._put_away = self._told(
                name,
                f"it was older than {self.settings.keep_min:g} minutes and brings nobody: choose "
                "the patient again in the practice software",
            )
        self._left[name] = seen
        try:
            self._clear(path)
        except OSError as error:
            self._say(
                name,
                f"it was taken and cannot be removed ({clean(error.strerror or '')}): "
                "give this user the right to write there",
            )
        return None if again or old else patient

    def _is_old(self, path: Path) -> bool:
        """Whether a file has lain there for longer than a patient waits."""
        age_s = self._clock.utc_now().timestamp() - path.stat().st_mtime
        return age_s > 60.0 * self.settings.keep_min

    def _is_ours(self, receiver: str) -> bool:
        ours = self.settings.receiver
        return not ours or not receiver or receiver.casefold() == ours.casefold()

    def _wait_for(self, name: str, seen: str, error: GdtError) -> None:
        """Give a file that is being written its time; then say what is wrong with it."""
        now = self._clock.monotonic_ns()
        before, since = self._young.get(name, ("", now))
        if before != seen:
            self._young[name] = (seen, now)
        elif now - since > SETTLE_S * 1e9:
            del self._young[name]
            raise error

    def _clear(self, path: Path) -> None:
        if self.settings.after == DONE:
            done = self.settings.path / DONE
            done.mkdir(exist_ok=True)
            target = done / path.name
            number = 1
            while target.exists():  # the practice software uses its names again and again
                number += 1
                target = done / f"{path.stem}_{number}{path.suffix}"
            path.rename(target)
        else:
            path.unlink()
        self._left.pop(path.name, None)


def check(settings: InboxSettings, clock: Clock) -> str:
    """Return a sentence on whether patients can come in. Raises RecordError."""
    try:
        count = sum(1 for _ in settings.path.iterdir())
    except OSError as error:
        raise RecordError(
            f"the folder {settings.path} cannot be read ({error.strerror}): patients come in by "
            "hand only"
        ) from error
    who = waiting_patient(clock)
    return f"patients come in from {settings.path} ({count} files there); " + (
        f"{who.reference} waits" if who else "nobody waits"
    )
