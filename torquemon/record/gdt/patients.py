"""Patients coming in beside the recorder: settings, the thread that looks, what the record keeps.

`patients.toml` in the chair's folder:

    [gdt]
    path = "/srv/gdt"

A folder on a share may hang, so a thread of its own looks, and neither folding nor the alarms wait.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from torquemon import paths
from torquemon.clock import Clock
from torquemon.paths import HomeError
from torquemon.record.delivery.config import ConfigError, flag, number, one_of, only, text
from torquemon.record.errors import RecordError
from torquemon.record.gdt.codec import AUTO, ENCODINGS
from torquemon.record.gdt.inbox import DONE, Inbox, InboxSettings
from torquemon.record.gdt.patient import GdtPatient
from torquemon.record.gdt.waiting import KEEP_MIN, MAX_KEEP_MIN, tidy
from torquemon.text import clean

if TYPE_CHECKING:
    from torquemon.record.store import Store

LOOK_EVERY_S: Final = 1.0
MAX_FILE_BYTES: Final = 64_000
OPERATOR: Final = "GDT"
"""Who says who a patient is, in the record."""
_NAMES: Final = (
    "path",
    "begins",
    "receiver",
    "encoding",
    "after",
    "store_names",
    "keep_min",
)
_END_S: Final = 1.0


def config_path() -> Path:
    """Where the settings stand."""
    return paths.home() / "patients.toml"


def load(path: Path | None = None) -> InboxSettings | None:
    """Return the settings; None where patients are not to come in. Raises ConfigError."""
    path = path or config_path()
    try:
        with path.open("rb") as file:
            found = tomllib.loads(file.read(MAX_FILE_BYTES).decode("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"{path} cannot be read, no patient comes in: {clean(why)}") from None
    try:
        return _settings(found)
    except ConfigError as error:
        raise ConfigError(f"{path.name}, [gdt]: {error}") from None


def _settings(found: Mapping[str, Any]) -> InboxSettings:
    table = found.get("gdt")
    if not isinstance(table, dict) or len(found) != 1:
        raise ConfigError("one table is needed, and no other: [gdt], then path = …")
    only(table, _NAMES)
    path = Path(text(table, "path"))
    if not path.is_absolute():
        raise ConfigError("path must be a whole path, such as /srv/gdt or D:/gdt")
    return InboxSettings(
        path=path,
        begins=text(table, "begins", "", 20),
        receiver=text(table, "receiver", "", 8),
        encoding=one_of(table, "encoding", (AUTO, *(e for e in ENCODINGS if e != AUTO))),
        after=one_of(table, "after", ("remove", DONE)),
        store_names=flag(table, "store_names"),
        keep_min=number(table, "keep_min", KEEP_MIN, 1, MAX_KEEP_MIN),
    )


def keep(store: Store, patient: GdtPatient) -> bool:
    """Write down who a patient is, unless the record says so already; tell whether it did."""
    from sqlalchemy import select

    from torquemon.record.models import Person
    from torquemon.record.remarks import Remarks

    if not patient.name and patient.birth_date is None:
        return False
    with store.read() as session:
        known = session.scalars(
            select(Person)
            .where(Person.patient_ref == patient.number)
            .order_by(Person.entry_number.desc())
            .limit(1)
        ).first()
        said: tuple[str | None, date | None] = (
            (known.name, known.birth_date) if known else ("", None)
        )
    if known is not None and said == (patient.name or None, patient.birth_date):
        return False
    Remarks(store).person(patient.number, patient.name, patient.birth_date, OPERATOR)
    return True


class Patients:
    """Looks for patients. Used by one thread; `said` is what is wrong, for the screens."""

    def __init__(self, clock: Clock, opened: Callable[[Clock], Store] | None = None) -> None:
        self.said = ""
        self._clock = clock
        self._opened = opened
        self._inbox: Inbox | None = None
        self._stamp: tuple[int, int] | None = None

    def look(self) -> None:
        """Look once. Never raises: what is wrong is said once on the standard error."""
        try:
            said = self._look()
        except (RecordError, HomeError, OSError) as error:
            said = str(error)
        except Exception as error:  # noqa: BLE001 - a thread that ends would end it in silence
            said = f"a mistake of TorqueMon ({type(error).__name__}) in a patient's file"
        if said and said != self.said:
            sys.stderr.write(f"torquemon patients: {said}\n")
        self.said = said

    def _look(self) -> str:
        tidy(self._clock)
        stamp = _stamp(config_path())
        if stamp != self._stamp:
            self._stamp, self._inbox = stamp, None
            settings = load()
            self._inbox = Inbox(settings, self._clock) if settings else None
        elif self._inbox is None:
            return self.said  # as wrong as before
        if self._inbox is None:
            return ""
        came = self._inbox.look()
        if came.patient is not None and self._inbox.settings.store_names:
            self._keep(came.patient)
        return came.said

    def _keep(self, patient: GdtPatient) -> None:
        from torquemon.record.opening import open_store

        store = (self._opened or open_store)(self._clock)
        try:
            keep(store, patient)
        finally:
            store.close()


def _stamp(path: Path) -> tuple[int, int]:
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_size
    return 0, 0


_looking: Final[list[Patients]] = []
"""Who looks in this process: the recorder has one."""


def problem() -> str:
    """Return what keeps patients from coming in, as one sentence; empty: nothing."""
    return _looking[-1].said if _looking else ""


@contextlib.contextmanager
def coming(clock: Clock) -> Iterator[Patients]:
    """Look for patients in a thread of its own while this is open."""
    patients, ending = Patients(clock), threading.Event()
    _looking.append(patients)

    def work() -> None:
        while not ending.is_set():
            patients.look()
            ending.wait(LOOK_EVERY_S)

    thread = threading.Thread(target=work, name="patients", daemon=True)
    thread.start()
    try:
        yield patients
    finally:
        ending.set()
        thread.join(_END_S)
        _looking.remove(patients)
