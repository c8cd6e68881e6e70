"""What a server serves: a twin with its operator, and the summary of what really happened."""

from __future__ import annotations

from hw_sim.curve_file import RecordedCurve
from hw_sim.device import HandpieceParams
from hw_sim.events import EventLog
from hw_sim.replay import ReplayDevice
from hw_sim.scenarios import Scenario
from hw_sim.server import Served
from hw_sim.twin import Twin
from torquemon.model import StopReason


class ServedTwin:
    """A scenario on a port; everything that happens goes to the event log."""

    def __init__(self, chosen: Scenario, seed: int, params: HandpieceParams, log: EventLog) -> None:
        self._log = log
        self._chosen = chosen
        self._seed = seed
        self._handpiece = chosen.handpiece(seed, self._note, params)
        self._twin = Twin(self._handpiece, chosen.script)
        self._ended = False

    @property
    def tick_hz(self) -> int:
        """See `hw_sim.server.Device`."""
        return self._handpiece.control_hz

    def tick(self) -> None:
        """See `hw_sim.server.Device`."""
        self._twin.tick()
        if self._twin.done and not self._ended:
            self._ended = True
            self._note("end", {"peak_ncm": round(self._handpiece.peak_ncm, 3)})

    def receive(self, data: bytes, *, trusted: bool = True) -> None:
        """See `hw_sim.server.Device`."""
        self._twin.receive(data, trusted=trusted)

    def take_frames(self) -> list[bytes]:
        """See `hw_sim.server.Device`."""
        return self._handpiece.link.take_frames()

    def disconnect(self) -> None:
        """See `hw_sim.server.Device`."""
        self._handpiece.disconnect()
        self._note("disconnected", {})

    def finish(self, server: Served) -> None:
        """Write the last event: what was true, and how well time was kept."""
        contact = self._log.first.get("contact")
        facts: dict[str, object] = {
            "scenario": self._chosen.name,
            "seed": self._seed,
            "peak_ncm": round(self._handpiece.peak_ncm, 3),
            "contact_device_time_us": contact and contact["device_time_us"],
            "overshoot_ncm": self._overshoot_ncm(),
        }
        self._note("summary", facts | pace_facts(server))

    def _overshoot_ncm(self) -> float | None:
        """How far the true torque went past the threshold that halted; None without such a halt."""
        halt = self._log.last.get("halt")
        if halt is None or halt["reason"] != StopReason.THRESHOLD.name:
            return None
        resolution_ncm = self._handpiece.params.sensor.resolution_ncm
        threshold_ncm = self._handpiece.firmware.threshold_counts * resolution_ncm
        return round(self._handpiece.peak_ncm - threshold_ncm, 3)

    def _note(self, name: str, facts: dict[str, object]) -> None:
        self._log.write(name, self._handpiece.time_us, facts)


class ServedReplay:
    """A recorded curve on a port; what happens goes to the event log."""

    def __init__(self, curve: RecordedCurve, boot_id: int, log: EventLog) -> None:
        self._log = log
        self._replay = ReplayDevice(curve, boot_id, self._note)

    @property
    def tick_hz(self) -> int:
        """See `hw_sim.server.Device`."""
        return self._replay.tick_hz

    def tick(self) -> None:
        """See `hw_sim.server.Device`."""
        self._replay.tick()

    def receive(self, data: bytes, *, trusted: bool = True) -> None:
        """See `hw_sim.server.Device`."""
        self._replay.receive(data, trusted=trusted)

    def take_frames(self) -> list[bytes]:
        """See `hw_sim.server.Device`."""
        return self._replay.take_frames()

    def disconnect(self) -> None:
        """See `hw_sim.server.Device`."""
        self._replay.disconnect()
        self._note("disconnected", {})

    def finish(self, server: Served) -> None:
        """Write the last event."""
        self._note("summary", {"sent_samples": self._replay.next_sample} | pace_facts(server))

    def _note(self, name: str, facts: dict[str, object]) -> None:
        self._log.write(name, self._replay.time_us, facts)


def pace_facts(server: Served) -> dict[str, object]:
    """How well real time was kept, and what nobody read."""
    pace = server.pace
    return {
        "ticks": pace.ticks,
        "late_ticks": pace.late_ticks,
        "max_late_ms": round(pace.max_late_ns / 1e6, 3),
        "dropped_frames": server.outbox.dropped_frames,
    }
