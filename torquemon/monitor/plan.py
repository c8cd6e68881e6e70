"""What the next insertion is to be: chosen by the operator, checked against the catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple

from torquemon.limits import DeviceLimits, Threshold, stop_threshold
from torquemon.model import PURPOSES, Origin, Window
from torquemon.profiles import Catalogue, ProfileError, Screw, Site
from torquemon.profiles.arch import read_pair
from torquemon.signal.setup import JudgeSetup
from torquemon.text import DeviceText, clean

MAX_PATIENT_CHARS: Final = 64
DEFAULT_SITE: Final = "maxilla-buccal"
DEFAULT_SCREW: Final = "generic"
FIELDS: Final = (
    *("patient", "operator", "site", "fdi", "screw", "window", "threshold_ncm"),
    *("lot", "purpose"),
)
CONFIRM_FIELDS: Final = ("patient", "site", "fdi", "screw", "threshold_ncm")
"""What a confirmation must name, as it stood on the screen."""


class Confirm(StrEnum):
    """What must be confirmed before a recording starts."""

    PATIENT = "patient"
    SCREW = "screw"
    THRESHOLD = "threshold"


class Doubt(NamedTuple):
    """One thing to be confirmed, with the sentence that says what."""

    kind: Confirm
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """One planned insertion. `wanted_ncm` is the operator's own threshold, None for the default."""

    patient: DeviceText
    site: Site
    screw: Screw
    window: Window | None
    wanted_ncm: float | None
    window_choice: str = ""
    """The window as it was asked for; empty for the site's own."""
    operator: str = ""
    """Who operates, as they call themselves."""
    fdi: str = ""
    """The pair of teeth that the screw goes between, by FDI numbers; empty where there is none."""
    profile_version: str = ""
    """Which catalogue site, screw and window are from."""
    lot: str = ""
    """The lot of the screw, as on its package; empty where nobody said."""
    purpose: str = PURPOSES[0]
    """What is recorded, one of PURPOSES."""

    @property
    def unusual_screw(self) -> str:
        """Why this screw does not fit this site, as a sentence; empty where it does.

        A screw of which no usual site is known fits everywhere: nothing can be said against it.
        """
        if not self.screw.usual_sites or self.site.id in self.screw.usual_sites:
            return ""
        usual = ", ".join(self.screw.usual_sites)
        return f"{self.screw.name} is not usual at {self.site.name}: it is made for {usual}"

    @property
    def high_threshold(self) -> str:
        """Why the operator's threshold is out of the ordinary, as a sentence; empty where not.

        It may be above the window's top: bone is dense, the operator decides. Then neither the
        handpiece nor an alarm of excess torque comes at the window's top, so it is never by a slip.
        """
        if self.window is None or self.wanted_ncm is None:
            return ""
        if self.wanted_ncm <= self.window.high_ncm:
            return ""
        return (
            f"the stop threshold, {self.wanted_ncm:g} N·cm, is above the window, "
            f"{self.window.low_ncm:g}-{self.window.high_ncm:g} N·cm: nothing stops at its top"
        )

    def to_confirm(self, origin: Origin | None) -> tuple[Doubt, ...]:
        """Return what the operator must confirm before a recording may start.

        `origin` is that of the handpiece, None while there is none. Where it is simulated or
        replayed there is no patient who could be the wrong one.
        """
        doubts: list[Doubt] = []
        if origin in (None, Origin.REAL):
            who = (
                f"the patient is {self.patient}" if self.patient else "no patient reference is set"
            )
            doubts.append(Doubt(Confirm.PATIENT, who))
        if self.unusual_screw:
            doubts.append(Doubt(Confirm.SCREW, self.unusual_screw))
        if self.high_threshold:
            doubts.append(Doubt(Confirm.THRESHOLD, self.high_threshold))
        return tuple(doubts)

    def differs_from(self, shown: Mapping[str, str]) -> str:
        """Return in which field the plan is not what was shown to the operator; empty if none."""
        present = {
            "patient": self.patient,
            "site": self.site.id,
            "fdi": self.fdi,
            "screw": self.screw.id,
            "threshold_ncm": "" if self.wanted_ncm is None else f"{self.wanted_ncm:g}",
        }
        return next((name for name in CONFIRM_FIELDS if shown.get(name) != present[name]), "")

    def threshold(
        self, device: DeviceLimits | None, overshoots_ncm: Sequence[float], gain: float = 1.0
    ) -> Threshold:
        """Return what may be armed. Raises LimitError with the reason why nothing may.

        `gain` is what the device reads of one N·cm, by a signed check.
        """
        return stop_threshold(
            wanted_ncm=self.wanted_ncm,
            window_high_ncm=self.window.high_ncm if self.window else None,
            fracture_torque_ncm=self.screw.fracture_torque_ncm,
            device=device,
            overshoots_ncm=overshoots_ncm,
            gain=gain,
        )

    def judge_setup(self, limit_ncm: float | None, accuracy_ncm: float) -> JudgeSetup:
        """Return what the judge is told. `limit_ncm` is the torque that is not to be passed."""
        return JudgeSetup.for_insertion(
            self.screw, self.window, threshold_ncm=limit_ncm, accuracy_ncm=accuracy_ncm
        )

    def fields(self) -> dict[str, object]:
        """Return the plan as the record keeps it."""
        return {
            "patient": self.patient,
            "operator": self.operator,
            "site": self.site.id,
            "fdi": self.fdi,
            "screw": self.screw.id,
            "lot": self.lot,
            "purpose": self.purpose,
            "window": str(self.window) if self.window else None,
            "window_id": self.window.id if self.window else None,
            "window_source": self.window.source if self.window else None,
            "profile_version": self.profile_version,
            "pitch_mm": self.screw.pitch_mm,
            "wanted_threshold_ncm": self.wanted_ncm,
        }


def make_plan(catalogue: Catalogue, fields: Mapping[str, str]) -> Plan:
    """Read a plan from text fields. Raises ProfileError that says which field is wrong."""
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise ProfileError(f"unknown field {clean(min(unknown), 40)!r}; known: {', '.join(FIELDS)}")
    site = catalogue.site(fields.get("site") or DEFAULT_SITE)
    screw = catalogue.screw(fields.get("screw") or DEFAULT_SCREW)
    window = catalogue.resolve_window(site.id, fields.get("window"))
    return Plan(
        clean(fields.get("patient", ""), MAX_PATIENT_CHARS),
        site,
        screw,
        window,
        _threshold(fields.get("threshold_ncm")),
        clean(fields.get("window") or "", MAX_PATIENT_CHARS),
        clean(fields.get("operator", ""), MAX_PATIENT_CHARS),
        read_pair(fields.get("fdi", ""), site.id),
        catalogue.version,
        clean(fields.get("lot", ""), MAX_PATIENT_CHARS),
        _purpose(fields.get("purpose", "")),
    )


def changed_plan(catalogue: Catalogue, before: Plan, fields: Mapping[str, str]) -> Plan:
    """Return the plan that comes after another. Raises ProfileError.

    A screen that knows no lot or purpose does not say that there is none: the purpose stays for
    the same patient, the lot for the same patient and screw. Nobody else's is ever taken over.
    """
    plan = make_plan(catalogue, fields)
    if plan.patient != before.patient:
        return plan
    lot = before.lot if plan.screw.id == before.screw.id else ""
    return replace(
        plan,
        lot=plan.lot if "lot" in fields else lot,
        purpose=plan.purpose if "purpose" in fields else before.purpose,
    )


def _purpose(text: str) -> str:
    if text and text not in PURPOSES:
        raise ProfileError(f"purpose {clean(text, 20)!r} is not one of {', '.join(PURPOSES)}")
    return text or PURPOSES[0]


def _threshold(text: str | None) -> float | None:
    if text is None or not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < 1000:  # noqa: PLR2004 - refuses NaN and infinity; the guardrail does the rest
        raise ProfileError(
            f"threshold {clean(text, 20)!r} is not a number of N·cm above zero, for example 12"
        )
    return value
