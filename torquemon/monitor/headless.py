"""The monitor without a screen: a line an alert, one a second, one at the end; JSON or words."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

from torquemon.local.view import View
from torquemon.model import Alert, ArmPhase
from torquemon.monitor.alarms import Raised
from torquemon.monitor.recording import Recording

_SECOND_NS: Final = 1_000_000_000
MAX_WAITING: Final = 1000
"""Lines that wait for a slow reader; more are dropped, the journal keeps everything."""


def _as_json(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False, allow_nan=False)


def _as_words(fields: Mapping[str, Any]) -> str:
    match fields["event"]:
        case "second":
            torque_ncm = fields["torque_ncm"]
            number = "NO DATA    " if torque_ncm is None else f"{torque_ncm:z6.1f} N·cm"
            held_ncm = fields["held_threshold_ncm"]
            stop = fields["arm"].replace("_", " ")
            if fields["arm"] == ArmPhase.HALTED.value:  # not what it was to stop at, but where
                halted_ncm = fields["halted_at_ncm"]
                stop += "" if halted_ncm is None else f" at {halted_ncm:.1f} N·cm"
            elif held_ncm is not None:
                stop += f" at {held_ncm:g} N·cm"
            mark = "" if fields["origin"] in (None, "real") else fields["origin"].upper()
            return f"{number}  {fields['insertion_phase']:10}  {stop:22}  {mark}".rstrip()
        case "alert":
            return f"{fields['priority'].upper()}: {fields['why']}"
        case "closed":
            return f"closed {fields['insertion_id']}: {fields['verdict']['why']}"
        case _:
            raise ValueError(f"no words for {fields['event']}")


class Lines:
    """Writes what a script, a log or a person wants to know. A reader that is gone ends nothing."""

    def __init__(self, out: TextIO, *, as_json: bool) -> None:
        self._out = out
        self._form = _as_json if as_json else _as_words
        self._second_ns = 0
        self._told: str | None = None
        self._waiting: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="lines", daemon=True)
        self._thread.start()

    def alert(self, alert: Alert | Raised) -> None:
        """One line for an alert, at once."""
        fields: dict[str, object] = {
            "code": alert.code.value,
            "priority": alert.priority.value,
            "time_s": alert.time_s,
            "torque_ncm": alert.torque_ncm,
            "why": alert.why,
        }
        if isinstance(alert, Alert):
            fields |= {"seq": alert.seq, "angle_deg": alert.angle_deg}
        self._write({"event": "alert", **fields})

    def beat(self, now_ns: int, view: Callable[[], View]) -> None:
        """One line a second."""
        if now_ns - self._second_ns < _SECOND_NS:
            return
        self._second_ns = now_ns
        seen = view()
        self._write(
            {
                "event": "second",
                "phase": seen.phase.value,
                "origin": seen.origin.value if seen.device else None,
                "insertion_id": seen.insertion_id,
                "link": seen.link.phase.value,
                "link_text": seen.link.text,
                "torque_ncm": seen.torque_ncm,
                "angle_deg": seen.angle_deg,
                "insertion_phase": seen.insertion_phase,
                "max_torque_ncm": seen.max_torque_ncm,
                "band": seen.band.value,
                "arm": seen.arm.phase.value,
                "held_threshold_ncm": seen.arm.held_ncm,
                "halted_at_ncm": None if seen.stop is None else seen.stop.torque_ncm,
                "samples": seen.link.samples,
                "lost_samples": seen.link.lost_samples,
                "bad_frames": seen.link.bad_frames,
                "storage": seen.storage,
            }
        )

    def closed(self, recording: Recording | None) -> None:
        """One line when an insertion was closed."""
        if recording is None or recording.verdict is None or recording.id == self._told:
            return
        self._told = recording.id
        self._write(
            {
                "event": "closed",
                "insertion_id": recording.id,
                "origin": recording.origin.value,
                "samples": recording.samples,
                "halts": [
                    {"reason": halt.reason.name.lower(), "torque_ncm": halt.torque_ncm}
                    for halt in recording.halts
                ],
                "verdict": recording.verdict.fields(),
            }
        )

    def close(self, timeout_s: float = 1.0) -> None:
        """Write what waits, as long as somebody reads."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
            self._thread.join(timeout_s)

    def _write(self, fields: dict[str, object]) -> None:
        with contextlib.suppress(queue.Full):  # nobody reads: the journal has it all
            self._waiting.put_nowait(self._form(fields))

    def _run(self) -> None:
        """Write from a thread of its own: a pipe that nobody reads must not hold up a stop."""
        while (line := self._waiting.get()) is not None:
            with contextlib.suppress(OSError, ValueError):  # full disk, closed pipe
                self._out.write(line + "\n")
                self._out.flush()
