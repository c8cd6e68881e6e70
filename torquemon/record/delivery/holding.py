"""Why an insertion that somebody asked to send does not go out, whatever the destination says."""

from __future__ import annotations

from torquemon.record.delivery.config import Destination
from torquemon.record.delivery.queue import Queue, Waiting


def why_held(queue: Queue, destination: Destination, insertion_id: str) -> str:
    """Return why a queued insertion does not go to a destination; empty where it may."""
    for waiting in queue.waiting():
        if waiting.insertion_id == insertion_id:
            return _why(waiting, destination)
    return ""


def _why(waiting: Waiting, destination: Destination) -> str:
    if waiting.receipt is not None:
        return ""
    if waiting.withdrawn:
        asked = waiting.state is not None  # it may be there although no answer came
        return (
            "" if asked else "not sent, since it was withdrawn before this destination ever had it"
        )
    if not waiting.real and not destination.not_real:
        return "not sent, since it is simulated or replayed (not_real = true would send it)"
    if not waiting.signed and destination.when == "signed":
        return "not sent yet, since nobody has signed it"
    return ""
