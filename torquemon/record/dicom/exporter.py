"""An archive as a destination: delivers the report, and a note beside what is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from torquemon.clock import Clock, SystemClock
from torquemon.record.delivery.case import Case, Erased, Status
from torquemon.record.delivery.config import ConfigError
from torquemon.record.delivery.exporter import Exporter
from torquemon.record.dicom import cstore, stow
from torquemon.record.dicom.filing import Filed
from torquemon.record.dicom.instance import replaced, report_of
from torquemon.record.dicom.note import Cause, Withdrawal, note_of
from torquemon.record.dicom.settings import Settings, Web, read

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


def from_settings(name: str, settings: Mapping[str, Any]) -> Exporter:
    """Return the archive, not yet asked. Raises ConfigError."""
    if any(find_spec(part) is None for part in ("pydicom", "pynetdicom", "dicomweb_client")):
        raise ConfigError("DICOM needs one more part: pip install 'torquemon[dicom]'")
    return Archive(read(name, settings))


class Archive:
    """One archive. Each visit connects anew: hours pass between two of them."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._reached = settings.reached
        self._habits = settings.habits
        self.label = settings.reached.label

    def check(self) -> str:
        """Ask by C-ECHO, or by a search for nothing; store nothing."""
        if isinstance(self._reached, Web):
            said = stow.look(self._reached, self._clock)
        else:
            said = cstore.look(self._reached)
        return said if self._reached.context is not None else f"{said}; NOT ENCRYPTED"

    def deliver(self, case: Case) -> Mapping[str, str]:
        """Bring the archive to this case; `said` is the code of its remark, where it made one.

        Raises AwayError, RejectedError, ReportError.
        """
        if case.status is Status.WITHDRAWN:
            return self._take_back(case)
        instance, kept = report_of(case, self._habits)
        before = _filed_before(case)
        if before is not None and before.series != kept["series"]:
            # first away from the patient that it is not about
            self._note(before, _withdrawal(case, before, Cause.REASSIGNED))
        said = self._send(instance)
        return {**kept, "said": said} if said else kept

    def foreseen(self, case: Case) -> Mapping[str, str]:
        """Return where the report will be: C-STORE cannot ask later whether it is there."""
        if case.status is Status.WITHDRAWN:
            return dict(case.previous.references) if case.previous is not None else {}
        _, kept = report_of(case, self._habits)
        return kept

    def withdraw(self, erased: Erased) -> None:
        """Leave a note beside what was delivered. Raises AwayError, RejectedError, ReportError."""
        told = erased.previous.references
        filed = Filed.of_receipt(erased.insertion_id, erased.chair_id, told)
        if filed is None:
            return  # nothing was stored there
        said = Withdrawal(
            insertion_id=erased.insertion_id,
            revision=erased.revision,
            instance=told["instance"],
            when=None,  # the moment of asking would make another note each time
            cause=Cause.ERASED,
        )
        self._note(filed, said)

    def close(self) -> None:
        """Nothing stays open between two visits."""

    def _take_back(self, case: Case) -> Mapping[str, str]:
        before = _filed_before(case)
        if before is None:
            return {}  # nothing was stored there
        if before.patient == case.data.patient:
            before = replace(before, name=case.patient_name, birth_date=case.birth_date)
        said = _withdrawal(case, before, Cause.WITHDRAWN)
        uid = self._note(before, said)
        return {**before.references(), "instance": uid, "replaces": said.instance}

    def _note(self, filed: Filed, said: Withdrawal) -> str:
        note, uid = note_of(filed, said, self._habits)
        self._send(note)
        return uid

    def _send(self, instance: Dataset) -> str:
        if isinstance(self._reached, Web):
            return stow.store(self._reached, instance, self._clock)
        return cstore.store(self._reached, instance)


def _filed_before(case: Case) -> Filed | None:
    """Return where the case was filed when it was delivered last; None where it never was."""
    if case.previous is None:
        return None
    return Filed.of_receipt(case.insertion_id, case.chair_id, case.previous.references)


def _withdrawal(case: Case, before: Filed, cause: Cause) -> Withdrawal:
    told = case.previous.references if case.previous is not None else {}
    return Withdrawal(
        insertion_id=case.insertion_id,
        revision=case.revision,
        instance=replaced(case, before) or told.get("instance", ""),
        when=case.changed_utc,
        cause=cause,
    )
