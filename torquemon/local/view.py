"""What a client of the monitor sees: the view, fetched whole, never pushed sample by sample.

The view is a snapshot of the session. A fetch carries the curve only from the sample that the
client does not have yet (`CurveBlock`), every sample of it, so that no peak is lost.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from torquemon.local.states import BAND_RANK as BAND_RANK
from torquemon.local.states import AlarmStep as AlarmStep
from torquemon.local.states import Band as Band
from torquemon.local.states import CheckState as CheckState
from torquemon.local.states import DepthMark as DepthMark
from torquemon.local.states import LinkPhase as LinkPhase
from torquemon.local.states import SessionPhase as SessionPhase
from torquemon.local.states import SoundPhase as SoundPhase
from torquemon.model import AlertCode, Origin, Priority, StopReason, VerdictKind
from torquemon.model import ArmPhase as ArmPhase


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class DeviceView(_Part):
    """Who is on the wire, as it says itself (cleaned)."""

    maker: str
    model: str
    serial: str
    firmware: str
    has_angle: bool
    has_speed: bool
    can_stop: bool
    sample_rate_hz: int
    accuracy_ncm: float | None
    calibrated: str | None
    """ISO date of the last calibration; None where the device does not know."""
    battery_percent: int | None


class LinkView(_Part):
    """The wire."""

    phase: LinkPhase
    port: str
    text: str
    """One sentence on the present state, with the remedy where there is one."""
    round_trip_ms: float | None
    samples: int
    """Received since the link came up: drives the liveness mark."""
    lost_samples: int
    bad_frames: int
    late_ms: float | None = None
    """Over the air: how late the latest frames came, 99th percentile beyond the fastest."""


class ArmView(_Part):
    """The stop threshold: wanted, held, and why it is what it is."""

    phase: ArmPhase
    wanted_ncm: float | None
    held_ncm: float | None
    """As read back from the device; None unless the phase is ARMED or HALTED."""
    reasons: tuple[str, ...]
    """Which limits made the threshold what it is, lowest first; or why it is not armed."""


class AlarmView(_Part):
    """An alert that latched. It stays until acknowledged, and while its condition holds."""

    id: int
    code: AlertCode
    priority: Priority
    why: str
    time_s: float
    torque_ncm: float | None
    active: bool
    """The condition still holds."""
    acknowledged: bool


class StopView(_Part):
    """What the device said of a halt."""

    reason: StopReason
    torque_ncm: float
    text: str


class AlarmEventView(_Part):
    """A line of the log of alarms. `utc` is ISO 8601, to the second."""

    number: int
    step: AlarmStep
    code: AlertCode
    priority: Priority
    utc: str
    time_s: float


class DepthMarkView(_Part):
    """Where a mark is, in mm of nominal depth."""

    mark: DepthMark
    depth_mm: float


class VerdictView(_Part):
    """The verdict of the closed insertion."""

    kind: VerdictKind
    max_insertion_torque_ncm: float | None
    final_torque_ncm: float | None
    why: str


class CheckView(_Part):
    """A line of the check list before a recording.

    `gates`: while it is not OK nothing is armed, or no recording starts. The others only warn.
    """

    id: str
    gates: bool
    state: CheckState
    text: str


class CurveBlock(_Part):
    """Samples of the curve: three columns of equal length.

    `first` and `next` are positions in the curve of this insertion: ask again with `next`. A block
    that starts at 0 replaces all that the client had.
    """

    insertion_id: str
    first: int
    next: int
    time_s: tuple[float, ...]
    torque_ncm: tuple[float, ...]
    angle_deg: tuple[float | None, ...]


class View(_Part):
    """All that a screen shows. Torques in N·cm, angles in degrees, None where nothing is known."""

    sequence: int
    """Grows with every view the monitor makes; a client reports the last that it has drawn."""
    phase: SessionPhase
    origin: Origin
    insertion_id: str | None
    patient: str
    site: str
    site_name: str
    screw: str
    screw_name: str
    window_low_ncm: float | None
    window_high_ncm: float | None
    window_source: str
    window_choice: str
    """The window as the operator asked for it; empty for the site's own."""
    wanted_ncm: float | None
    """The operator's own threshold; None for the default."""
    link: LinkView
    device: DeviceView | None
    arm: ArmView
    torque_ncm: float | None
    """None: no valid sample within 250 ms. The screen then says NO DATA, never a number."""
    overload: bool = False
    """The instrument is beyond its range: `torque_ncm` is the least that it may be."""
    angle_deg: float | None
    speed_rpm: float | None
    depth_mm: float | None
    body_mm: float | None
    insertion_phase: str
    """Idle, engaging, cortex, advancing, paused, ... in one word."""
    max_torque_ncm: float | None
    degrees_to_limit: float | None
    band: Band
    worst_band: Band
    alarms: tuple[AlarmView, ...]
    stop: StopView | None
    verdict: VerdictView | None
    elapsed_s: float
    storage: str
    """Empty while all is stored; else a sentence on what could not be."""
    controlling: bool
    """This client is the one whose heartbeat keeps the lease."""
    operator_present: bool
    """The controlling dashboard was heard within the last second."""
    notice: str
    """The answer to the last command, a sentence; empty where there is none."""
    operator: str = ""
    """Who operates."""
    fdi: str = ""
    """The pair of teeth, by FDI numbers."""
    checks: tuple[CheckView, ...] = ()
    """The check list; empty while a recording runs."""
    alarm_log: tuple[AlarmEventView, ...] = ()
    """The last of what became of alarms, the oldest first."""
    sound_paused_s: float = 0.0
    """Seconds that the pause of the sound still lasts; 0 where it is not paused."""
    sound: SoundPhase = SoundPhase.UNKNOWN
    sound_why: str = ""
    """Why nothing can be heard, a sentence."""
    pitch_mm: float | None = None
    """Advance of the screw per turn."""
    engaged_deg: float | None = None
    """Rotation since the first sample of the curve where the depth is 0; None where not known."""
    depth_marks: tuple[DepthMarkView, ...] = ()
    to_confirm: tuple[str, ...] = ()
    """What the operator must still confirm before a recording may start, as sentences."""
