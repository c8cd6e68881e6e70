"""The folder as a state machine: lost answers, power cuts, watchers, strangers, corrections.

Whatever happens, a stranger's file is never touched, nothing half remains, and after a delivery
went through each insertion has exactly one report that holds, under the right patient.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.folder_cases import SAID, corrected, lying, make_case
from torquemon.record.delivery.case import Case, Correction, Erased, Receipt, Status
from torquemon.record.delivery.exporter import RejectedError
from torquemon.record.folder.exporter import from_settings
from torquemon.record.folder.sidecar import Part

INSERTIONS = st.sampled_from([1, 2, 3])
PATIENTS = ("P-1", "P-2", "p-1")


class PowerCutError(BaseException):
    """Stands for the end of the process."""


@dataclass
class Known:
    """What the record and the ledger know of one insertion."""

    patient: str = "P-1"
    revision: int = 5
    receipt: Receipt | None = None
    delivered: bool = False
    withdrawn: bool = False
    erased: bool = False
    corrections: list[Correction] = field(default_factory=list)


class FolderMachine(RuleBasedStateMachine):
    """Three insertions, one folder."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="torquemon-folder-"))
        self.path = self.home / "in"
        self.path.mkdir()
        self.known = {number: Known() for number in (1, 2, 3)}
        self.strangers: dict[str, bytes] = {}
        self.touched: set[int] = set()
        """Insertions whose files a person or a watcher took or changed since."""

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    def exporter(self) -> Any:  # noqa: ANN401 - a new process each time
        return from_settings("folder", {"path": str(self.path), "time_zone": "UTC"})

    def case(self, number: int) -> Case:
        known = self.known[number]
        before = known.receipt
        status = Status.FINAL
        if known.withdrawn:
            status = Status.WITHDRAWN
        elif before and (before.revision < known.revision or before.references.get("amended")):
            status = Status.AMENDED
        return make_case(
            number,
            patient=known.patient,
            revision=known.revision,
            status=status,
            previous=before,
            corrections=tuple(known.corrections),
        )

    # --- what the engine does -------------------------------------------------------------------

    @rule(number=INSERTIONS, cut=st.integers(0, 40), lost=st.booleans())
    def deliver(self, number: int, cut: int, lost: bool) -> None:  # noqa: FBT001 - drawn
        known = self.known[number]
        if known.erased:
            return
        case = self.case(number)
        try:
            references = dict(self._cut(cut, lambda: self.exporter().deliver(case)))
        except PowerCutError:
            known.delivered = False
            return
        except RejectedError:
            assert self.strangers or self.touched
            known.delivered = False
            return
        if case.status is not Status.FINAL:
            references["amended"] = "yes"
        known.delivered = True
        self.touched.discard(number)
        if not lost:
            known.receipt = Receipt(case.revision, references)

    def _cut(self, at: int, act: Callable[[], Any]) -> Any:  # noqa: ANN401 - what it returns
        """Act, with a power cut before the n-th change of the disk; 0: none."""
        count = 0

        def counted(real: Callable[..., Any]) -> Callable[..., Any]:
            def change(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - what os has
                nonlocal count
                count += 1
                if count >= at > 0:
                    raise PowerCutError
                return real(*args, **kwargs)

            return change

        with (
            patch.object(os, "link", counted(os.link)),
            patch.object(Path, "replace", counted(Path.replace)),
            patch.object(Path, "unlink", counted(Path.unlink)),
        ):
            return act()

    @rule(number=INSERTIONS)
    def erase(self, number: int) -> None:
        known = self.known[number]
        if known.receipt is None or known.erased or not known.delivered:
            return
        known.erased = True
        case = self.case(number)
        told = Erased(case.insertion_id, case.chair_id, known.revision + 1, SAID, known.receipt)
        for _ in range(2):
            try:
                self.exporter().withdraw(told)
            except RejectedError:
                assert self.strangers or self.touched
                return
        live = [each for each in self.sidecars(number) if each["status"] in ("final", "amended")]
        assert live == []

    # --- what people do -------------------------------------------------------------------------

    @rule(number=INSERTIONS, patient=st.sampled_from(PATIENTS))
    def reassign(self, number: int, patient: str) -> None:
        known = self.known[number]
        if known.patient != patient and not known.withdrawn:
            known.corrections.append(corrected("patient_ref", known.patient, patient))
            known.patient, known.delivered = patient, False
            known.revision += 3

    @rule(number=INSERTIONS)
    def note(self, number: int) -> None:
        self.known[number].revision += 2
        self.known[number].delivered = False

    @rule(number=INSERTIONS)
    def withdraw(self, number: int) -> None:
        known = self.known[number]
        if not known.withdrawn:
            known.withdrawn, known.delivered = True, False
            known.revision += 1
            known.corrections.append(corrected("status", "recorded", "entered-in-error"))

    @rule(
        name=st.sampled_from(["P-1", "p-1", "P-2"]), tail=st.sampled_from(["", "_2", "_WITHDRAWN"])
    )
    def stranger(self, name: str, tail: str) -> None:
        full = f"{name}_2026-01-01_maxilla-buccal{tail}.pdf"
        if not (self.path / full).exists():
            (self.path / full).write_bytes(b"a stranger's")
            self.strangers[full] = b"a stranger's"

    @precondition(lambda self: any(self.path.iterdir()))
    @rule(data=st.data())
    def somebody_takes_a_file(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(each.name for each in self.path.iterdir())))
        (self.path / name).unlink()
        self.strangers.pop(name, None)
        self.touched |= {1, 2, 3}

    @rule(number=INSERTIONS, damage=st.sampled_from([None, b"x", b"[]"]))
    def somebody_loses_the_jsons_of(self, number: int, damage: bytes | None) -> None:
        """Only where the receipt came: an answer that was lost left nothing to know them by."""
        known = self.known[number]
        if known.receipt is None or known.receipt.revision != known.revision:
            return
        if not known.delivered or number in self.touched:
            return
        for each in self.sidecars(number):
            path = self.path / f"{each['stem']}.json"
            path.unlink()
            if damage is not None:
                path.write_bytes(damage)
        known.delivered = False

    # --- what always holds ----------------------------------------------------------------------

    def sidecars(self, number: int) -> list[dict[str, Any]]:
        wanted = make_case(number).insertion_id
        found = []
        for name, raw in lying(self.path).items():
            if name.endswith(".json") and not name.startswith("."):
                fields = json.loads(raw) if raw.startswith(b"{") else {}
                if fields.get("insertion_id") == wanted:
                    found.append({**fields, "stem": name.removesuffix(".json")})
        return found

    def live_names(self, number: int) -> set[str]:
        """Names of this insertion's reports that do not say that they are out of date."""
        begins = f"%PDF-1.7 {number}-".encode()
        found = {name for name, raw in lying(self.path).items() if raw.startswith(begins)}
        return {name for name in found if "_SUPERSEDED-" not in name}

    @invariant()
    def strangers_files_are_untouched(self) -> None:
        for name, content in self.strangers.items():
            assert (self.path / name).read_bytes() == content

    @invariant()
    def each_delivered_insertion_has_one_report_that_holds(self) -> None:
        for number, known in self.known.items():
            if not known.delivered or number in self.touched or known.erased:
                continue
            live = [e for e in self.sidecars(number) if e["status"] in ("final", "amended")]
            if known.withdrawn:
                assert live == []
                continue
            (one,) = live
            assert (one["revision"], one["patient"]) == (known.revision, known.patient)
            assert one["stem"].startswith(f"{known.patient}_")
            for each in one["files"]:
                raw = (self.path / (one["stem"] + each["suffix"])).read_bytes()
                assert Part("", raw, "").sha256 == each["sha256"]
            assert not self.live_names(number) - {f"{one['stem']}.pdf"}
            assert not [name for name in lying(self.path) if name.endswith(".part")] or any(
                not each.delivered for each in self.known.values()
            )


TestFolderMachine = FolderMachine.TestCase
TestFolderMachine.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink would take minutes
)
