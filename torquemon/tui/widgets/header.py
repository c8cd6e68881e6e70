"""The two lines at the top: whose insertion this is, and the mark that data is not real."""

from __future__ import annotations

from typing import Final, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment

from torquemon.local.view import SessionPhase, View
from torquemon.model import Origin
from torquemon.tui import palette
from torquemon.tui.paint import Line, Painted, centred, fitted, middle_cut, shown, style
from torquemon.tui.words import say, say_screw, say_site

_MARK: Final = "▓"
_LEAST_PATIENT: Final = 20
"""Cells that a patient reference keeps, whatever stands beside it; it is cut in the middle."""


class _Shown(NamedTuple):
    phase: SessionPhase
    elapsed_s: int
    patient: str
    site: str
    rest: str


class Header(Painted):
    """Patient, site, screw, window; on the right whether it records, and for how long."""

    GROUND = palette.PANEL

    def show(self, view: View) -> None:
        """Show the head of `view`."""
        patient = view.patient or say("patient.none")
        # The longest comes last: it is what a narrow terminal cuts.
        site = f"{say_site(view.site, view.site_name)} {view.fdi}".strip()
        what = (window_text(view), say_screw(view.screw, view.screw_name))
        rest = " · ".join(shown(part) for part in what if part)
        self.set_state(_Shown(view.phase, int(view.elapsed_s), shown(patient), shown(site), rest))

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        if not isinstance(self._state, _Shown) or not height:
            return []
        phase, elapsed_s, patient, site, rest = self._state
        word = say(f"phase.{phase.value}")
        right = f" {word} {elapsed_s // 60:02d}:{elapsed_s % 60:02d} "
        name = f" {say('title')} "
        recording = phase is SessionPhase.RECORDING
        ink, ground = (palette.ON_FILL, palette.SKY) if recording else (palette.INK, palette.RAISED)
        if recording:
            right = f" ●{right}"
        room = width - len(name) - cell_len(right) - 1
        after = "".join(f" · {part}" for part in (site, rest) if part)
        patient = middle_cut(patient, max(_LEAST_PATIENT, room - cell_len(after)))
        what = patient + after
        return [
            [
                Segment(name, style(palette.ON_FILL, palette.MUTED, bold=True)),
                Segment(" " + fitted(what, room), style(palette.INK, self.GROUND)),
                Segment(right, style(ink, ground, bold=True)),
            ]
        ]


class Watermark(Painted):
    """SIMULATED or REPLAYED over the full width; no dialog and no lost monitor covers it.

    Within one insertion the mark stays once it was shown, whatever a later view says.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._insertion_id: str | None = None
        self.display = False

    def show(self, view: View) -> None:
        """Show the origin of `view`; for real data the line takes no room."""
        origin = view.origin
        if view.insertion_id == self._insertion_id and isinstance(self._state, Origin):
            origin = self._state.merged(origin)
        self._insertion_id = view.insertion_id
        self.display = origin is not Origin.REAL
        self.set_state(origin)

    def paint(self, width: int, height: int) -> list[Line]:
        """See `Painted`."""
        if not isinstance(self._state, Origin) or self._state is Origin.REAL:
            return []
        word, why = say(f"origin.{self._state}"), say(f"origin.{self._state}.why")
        text = f" {word} · {why} · {word} "
        side = max(0, (width - len(text)) // 2)
        text = centred(_MARK * side + text + _MARK * side, width)
        return [[Segment(text, style(palette.ON_FILL, palette.PURPLE, bold=True))]] * height


def window_text(view: View) -> str:
    """Return the window in words."""
    if view.window_low_ncm is None or view.window_high_ncm is None:
        return say("window.none")
    return say("window", low=view.window_low_ncm, high=view.window_high_ncm)
