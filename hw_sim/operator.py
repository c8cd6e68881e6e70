"""The operator: scripts that press the pedal, wait, pause, go back. In simulated time.

A script is a generator that is resumed a hundred times a second of simulated time (no hand is
quicker) and ends when the operator lays the handpiece down. It sees what an operator sees and
feels: whether the host shows ARMED, the torque in the hand, the neck on the bone, a halt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from hw_sim.handpiece import Handpiece
from torquemon.drivers.codec import Capability
from torquemon.model import ArmState

POLL_HZ: Final = 100
REACTION_S: Final = 0.15
"""From the neck on the bone, or a halt, to the foot off the pedal [E]."""
LOOK_S: Final = 1.0
"""The operator looks at the screen before starting [E]."""
UNARMED_AFTER_S: Final = 3.0
"""So long after hello an operator starts without an armed stop."""

Script = Callable[["Handpiece"], Iterator[None]]


def run_script(handpiece: Handpiece, script: Script) -> Iterator[None]:
    """Return the running script; whatever happens, the pedal is up at its end."""
    try:
        yield from script(handpiece)
    finally:
        handpiece.pedal = False


def wait(handpiece: Handpiece, seconds: float) -> Iterator[None]:
    """Let time pass."""
    until_s = handpiece.time_s + seconds
    while handpiece.time_s < until_s:
        yield


def wait_until_ready(handpiece: Handpiece, unarmed_after_s: float) -> Iterator[None]:
    """Wait for a host, then for ARMED, but no longer than `unarmed_after_s` after its hello."""
    while not handpiece.link.in_session:
        yield
    until_s = handpiece.time_s + unarmed_after_s
    while handpiece.arm_state is not ArmState.ARMED and handpiece.time_s < until_s:
        yield
    yield from wait(handpiece, LOOK_S)


def patient(script: Script, at_most_s: float) -> Script:
    """Begin a script only once the host shows ARMED, or `at_most_s` after its hello.

    For a host that takes its time to start, as people wait for it. A device that cannot be armed is
    not waited for.
    """

    def waiting(handpiece: Handpiece) -> Iterator[None]:
        while not handpiece.link.in_session:
            yield
        until_s = handpiece.time_s + at_most_s
        armable = Capability.STOP_THRESHOLD in handpiece.params.device.capabilities
        while armable and handpiece.arm_state is not ArmState.ARMED and handpiece.time_s < until_s:
            yield
        yield from script(handpiece)

    return waiting


def press(
    handpiece: Handpiece,
    until: Callable[[Handpiece], bool],
    *,
    reverse: bool = False,
    reaction_s: float = REACTION_S,
    at_most_s: float = 90.0,
) -> Iterator[None]:
    """Hold the pedal until the hand feels `until` or a halt, then let go after the reaction."""
    handpiece.reverse = reverse
    handpiece.pedal = True
    end_s = handpiece.time_s + at_most_s
    while not until(handpiece) and handpiece.latch is None and handpiece.time_s < end_s:
        yield
    yield from wait(handpiece, reaction_s)
    handpiece.pedal = False
    while handpiece.motor.turning:
        yield


def seated(handpiece: Handpiece) -> bool:
    """Whether the neck is on the bone."""
    return handpiece.bone.seated


def never(_handpiece: Handpiece) -> bool:
    """Nothing is felt: only a halt or the longest time ends the pressing."""
    return False


def angle_reached(angle_deg: float) -> Callable[[Handpiece], bool]:
    """Whether the screw stands at an angle or beyond."""
    return lambda handpiece: handpiece.bone.angle_deg >= angle_deg


def angle_back_to(angle_deg: float) -> Callable[[Handpiece], bool]:
    """Whether the screw has been turned back to an angle."""
    return lambda handpiece: handpiece.bone.angle_deg <= angle_deg


def turned_past_contact(angle_deg: float) -> Callable[[Handpiece], bool]:
    """Whether the screw has turned on against a root by an angle."""

    def reached(handpiece: Handpiece) -> bool:
        contact_deg = handpiece.bone.params.contact_deg
        return contact_deg is not None and handpiece.bone.angle_deg >= contact_deg + angle_deg

    return reached


def insert(unarmed_after_s: float = UNARMED_AFTER_S) -> Script:
    """Insert in one go until seated."""

    def script(handpiece: Handpiece) -> Iterator[None]:
        yield from wait_until_ready(handpiece, unarmed_after_s)
        yield from press(handpiece, seated)
        yield from wait(handpiece, 1.0)

    return script


def insert_until(until: Callable[[Handpiece], bool], at_most_s: float = 90.0) -> Script:
    """Insert until the hand feels something, or a halt."""

    def script(handpiece: Handpiece) -> Iterator[None]:
        yield from wait_until_ready(handpiece, UNARMED_AFTER_S)
        yield from press(handpiece, until, at_most_s=at_most_s)
        yield from wait(handpiece, 1.0)

    return script


def insert_with_pauses(at_deg: tuple[float, ...], pause_s: float) -> Script:
    """Insert with a pause at each angle: makers advise 10-20 s when torque climbs."""

    def script(handpiece: Handpiece) -> Iterator[None]:
        yield from wait_until_ready(handpiece, UNARMED_AFTER_S)
        for angle_deg in at_deg:
            yield from press(handpiece, angle_reached(angle_deg))
            yield from wait(handpiece, pause_s)
        yield from press(handpiece, seated)
        yield from wait(handpiece, 1.0)

    return script


def insert_with_half_turns_back(at_deg: tuple[float, ...]) -> Script:
    """Insert with half a turn back at each angle, for cutting or comfort."""

    def script(handpiece: Handpiece) -> Iterator[None]:
        yield from wait_until_ready(handpiece, UNARMED_AFTER_S)
        for angle_deg in at_deg:
            yield from press(handpiece, angle_reached(angle_deg))
            yield from wait(handpiece, 0.4)
            back = angle_back_to(handpiece.bone.angle_deg - 180.0)
            yield from press(handpiece, back, reverse=True, reaction_s=0.0)
            yield from wait(handpiece, 0.4)
        yield from press(handpiece, seated)
        yield from wait(handpiece, 1.0)

    return script


def remove() -> Script:
    """Turn a screw out, counter-clockwise, until it is free."""

    def script(handpiece: Handpiece) -> Iterator[None]:
        yield from wait_until_ready(handpiece, UNARMED_AFTER_S)
        yield from press(handpiece, angle_back_to(-90.0), reverse=True)
        yield from wait(handpiece, 1.0)

    return script
