"""The words of the loopback protocol: states, roles and orders, without the models that carry them.

They stand alone because a dashboard draws its first picture before it loads the models: nothing
here may import more than the standard library.
"""

from __future__ import annotations

from enum import StrEnum


class SessionPhase(StrEnum):
    """Where the session stands."""

    PREPARE = "prepare"
    RECORDING = "recording"
    CLOSED = "closed"


class LinkPhase(StrEnum):
    """Where the link to the handpiece stands."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    NO_DATA = "no_data"
    LOST = "lost"
    FAILED = "failed"


class Band(StrEnum):
    """The state strip: one word that says it all. Ordered from calm to grave by `BAND_RANK`."""

    IDLE = "idle"
    BELOW = "below"
    WITHIN = "within"
    NEAR_LIMIT = "near_limit"
    ABOVE = "above"
    CONTACT = "contact"
    STOPPED = "stopped"
    NO_DATA = "no_data"


class AlarmStep(StrEnum):
    """What became of an alarm."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    """Its condition no longer holds."""


class SoundPhase(StrEnum):
    """Whether alarms can be heard."""

    UNKNOWN = "unknown"
    """The recorder, which makes the sound, has said nothing yet."""
    OK = "ok"
    NONE = "none"
    """There is no sound here: no device, no library, no recorder."""
    FAILED = "failed"


class DepthMark(StrEnum):
    """A depth that means something."""

    CORTEX = "cortex"
    """The cortex is at most so thick."""
    FOUR = "four"
    TAPER = "taper"
    """From here the body widens."""
    SEAT = "seat"


class CheckState(StrEnum):
    """How a line of the check list stands."""

    OK = "ok"
    WAIT = "wait"
    """Not yet known, or still to come."""
    BAD = "bad"


class Role(StrEnum):
    """What a client may do. Only one client controls; viewers never count as an operator."""

    CONTROL = "control"
    VIEW = "view"
    """Sees, and may stop."""
    WATCH = "watch"
    """Sees, and orders nothing at all: a web page, since who sits at it cannot be known."""
    RECORDER = "recorder"
    """Sees, and says how the sound fares; it makes the sound."""


class OrderName(StrEnum):
    """What a controlling client may order. None of them starts a rotation."""

    START = "start"
    """Start recording: a new insertion, zero, arm."""
    FINISH = "finish"
    """Finish recording: verdict, and the record is closed."""
    STOP = "stop"
    """Stop the motor. Overtakes everything."""
    ACKNOWLEDGE = "acknowledge"
    """Acknowledge all alarms that are on the screen."""
    PAUSE_SOUND = "pause_sound"
    """Pause the sound, for 20 s at most; a new alarm ends the pause."""
    SOUND_STATE = "sound_state"
    """Say how the sound fares (`state`, `why`): the recorder only."""
    ARM = "arm"
    """Arm (again) at the threshold of the insertion. Never done by itself."""
    TARE = "tare"
    """Zero the sensor. Refused once the screw is engaged."""
    PREPARE = "prepare"
    """Set patient, site, screw, threshold of the next insertion (`fields`)."""
    CONFIRM = "confirm"
    """Confirm patient, site, pair of teeth and screw as they stood on the screen (`fields`)."""
    QUIT = "quit"
    """Finish and end the monitor."""


BAND_RANK = {band: rank for rank, band in enumerate(Band)}
"""Gravity of a band. NO DATA ranks highest: then nothing is known."""
