"""What is on a port? Asked only when somebody wants it: an unknown device may not like it.

The one thing that is sent is a hello, a 17-byte frame between zero bytes. It commands nothing.
"""

from __future__ import annotations

from typing import Final

from torquemon.clock import Clock
from torquemon.drivers.device import DeviceInfo
from torquemon.drivers.errors import TransportError
from torquemon.drivers.frame import Framer
from torquemon.drivers.link import Connected, Link, Refused
from torquemon.drivers.transport import TransportOpener

PROBE_S: Final = 1.2
NOBODY: Final = "no answer"
"""In the sentence when no handpiece answered: then it may be asked whether a gauge is there."""


def probe(opener: TransportOpener, clock: Clock, seed: int) -> DeviceInfo | str:
    """Return who answers on a port, or a sentence on why nobody does."""
    try:
        transport = opener()
    except TransportError as error:
        return str(error)
    link, framer = Link(seed), Framer()
    heard = 0
    try:
        until_ns = clock.monotonic_ns() + round(PROBE_S * 1e9)
        transport.write(link.greet(clock.monotonic_ns()))
        while (now_ns := clock.monotonic_ns()) < until_ns:
            data = transport.read(0.05)
            heard += len(data)
            for frame in framer.feed(data):
                for event in link.receive(frame, now_ns):
                    if isinstance(event, Connected):
                        return event.info
                    if isinstance(event, Refused):
                        return event.why
            _, wire = link.tick(now_ns, may_renew=False)
            if wire:
                transport.write(wire)
    except TransportError as error:
        return str(error)
    finally:
        transport.close()
    if heard:
        return f"{heard} bytes came, but {NOBODY} in this protocol: another kind of device?"
    return f"{NOBODY}: off, another baud rate, or a device that speaks another protocol"
