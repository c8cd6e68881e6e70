"""Sends one insertion because somebody asked on a screen: queued, and its waits forgotten."""

from __future__ import annotations

from torquemon.model import Origin
from torquemon.record.delivery.config import load
from torquemon.record.delivery.ledger import Ledger
from torquemon.record.delivery.queue import Queue
from torquemon.record.delivery.status import PRACTICE, lines
from torquemon.record.errors import RefusedError
from torquemon.record.history import whole
from torquemon.record.store import Store


def send_again(store: Store, insertion_id: str) -> str:
    """Queue an insertion for every destination; return the sentence for the operator.

    Raises RefusedError where there is none, where nobody has signed it yet, or where it is not real
    and no destination takes such.
    """
    destinations = load().destinations
    elsewhere = [line.name for line in lines(store) if line.kind == PRACTICE]
    if not destinations and not elsewhere:
        raise RefusedError("no destination is set up: nothing can be sent from here")
    found = whole(store, insertion_id)
    ready = [each for each in destinations if found.signatures or each.when == "closed"]
    if destinations and not ready:
        raise RefusedError("it is not signed yet: it goes out by itself once it is signed")
    real = found.insertion.origin == Origin.REAL.value
    ready = [each for each in ready if real or each.not_real]
    if destinations and not ready:
        raise RefusedError("it is simulated or replayed: it goes nowhere unless not_real = true")
    for each in ready:
        queue = Queue(store, each.name, each.kind, names=each.names)
        queue.resend(found.insertion.chair_id, insertion_id)
        Ledger(store, each.name).retry(insertion_id)
    where = ", ".join([*(each.name for each in ready), *elsewhere])
    return f"every record is carried on by itself to: {where}"
