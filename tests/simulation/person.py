"""Who sits at the chair: foot on the pedal, hand on the handpiece, eyes and keys at the dashboard.

A generator resumed at every step. It is the only one who presses the pedal, releases a
halt or orders an arming, so whatever turns or arms without it has done so by itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from hw_sim.chance import seeded
from tests.simulation.chair import Chair
from torquemon.local.messages import OrderName
from torquemon.local.view import LinkPhase, SessionPhase
from torquemon.model import ArmPhase


def work(chair: Chair) -> Iterator[None]:
    """Insert one screw after the other, until the time is over."""
    rng = seeded("person", chair.case.seed)
    while True:
        yield from _wait(chair, rng.uniform(0.05, 0.3))
        yield from _until(chair, lambda: _connected(chair), 3.0)
        chair.new_screw()
        yield from _wait(chair, rng.uniform(0.05, 0.35))
        chair.order(OrderName.START)
        yield from _until(chair, lambda: _armed(chair), 1.2)
        yield from _wait(chair, rng.uniform(0.1, 0.7))
        for _ in range(rng.randint(2, 5)):
            yield from _drive(chair, rng)
            yield from _afterwards(chair, rng)
            if chair.view is None or chair.view.phase is not SessionPhase.RECORDING:
                break
        chair.order(OrderName.FINISH)
        chair.prepared = False
        yield from _wait(chair, rng.uniform(0.05, 0.4))
        if rng.random() < 0.8:
            chair.order(OrderName.ACKNOWLEDGE)


def rest(chair: Chair) -> Iterator[None]:
    """Lay the handpiece down."""
    chair.device.pedal = False
    while True:
        yield


def _steps(chair: Chair, seconds: float) -> int:
    return max(1, round(seconds * 1e9 / chair.case.step_ns))


def _wait(chair: Chair, seconds: float) -> Iterator[None]:
    for _ in range(_steps(chair, seconds)):
        yield


def _until(chair: Chair, condition: Callable[[], bool], at_most_s: float) -> Iterator[None]:
    for _ in range(_steps(chair, at_most_s)):
        if condition():
            return
        yield


def _connected(chair: Chair) -> bool:
    return chair.view is not None and chair.view.link.phase is LinkPhase.CONNECTED


def _armed(chair: Chair) -> bool:
    view = chair.view
    return view is not None and view.arm.phase in (ArmPhase.ARMED, ArmPhase.WARN_ONLY)


def _drive(chair: Chair, rng: random.Random) -> Iterator[None]:
    """Turn in until a halt, the seat or a while is over; react like a person, sometimes slowly."""
    device = chair.device
    device.reverse = False
    device.pedal = True
    stop_in = rng.randint(3, 100) if rng.random() < 0.15 else -1
    for count in range(_steps(chair, rng.uniform(0.5, 4.0))):
        if device.latch is not None or device.bone.seated or not device.pedal:
            break
        if count == stop_in:
            chair.order(OrderName.STOP)
        yield
    slow = rng.random() < 0.3
    yield from _wait(chair, rng.uniform(0.4, 0.8) if slow else rng.uniform(0.03, 0.2))
    device.pedal = False
    yield from _until(chair, lambda: not device.motor.turning, 0.5)


def _afterwards(chair: Chair, rng: random.Random) -> Iterator[None]:
    """Pause, release a halt, turn back a little, acknowledge, arm again."""
    device = chair.device
    yield from _wait(chair, rng.uniform(0.05, 0.5))
    if rng.random() < 0.3:
        chair.order(OrderName.ACKNOWLEDGE)
    if device.latch is not None:
        device.operator_acknowledges()
        yield from _wait(chair, rng.uniform(0.05, 0.2))
    if rng.random() < 0.5 and device.bone.deepest_deg > 0.0:
        device.reverse = device.pedal = True
        yield from _wait(chair, rng.uniform(0.2, 1.0))
        device.pedal = False
        yield from _until(chair, lambda: not device.motor.turning, 0.5)
        device.operator_acknowledges()
    if not _armed(chair) and rng.random() < 0.9:
        chair.order(OrderName.ARM)
        yield from _until(chair, lambda: _armed(chair), 0.7)
