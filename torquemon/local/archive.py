"""Messages at the recorder's door: what was recorded, asked for in pages, and what is added to it.

Same lines, token and greeting as at the monitor's door; see ADR 0007. Nothing asked here can reach
the handpiece. What is added is a new row: a note, an outcome or a signature never replaces another.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from torquemon.local.messages import Hello, PlainAnswer
from torquemon.model import Origin, Priority, VerdictKind

MAX_REQUEST_BYTES: Final = 16_384
"""A note of 2,000 characters takes at most 8,000 bytes, and a little for the rest."""
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
MAX_NOTE_CHARS: Final = 2_000
MAX_REFERENCE_CHARS: Final = 64
MAX_PAGE: Final = 100
"""Insertions in one page; more than a screen shows."""
MAX_POINTS: Final = 4_000
"""Points of one page of a curve; a reduced curve has no more in all."""
MAX_EVENTS: Final = 500
"""Alerts and events shown of one insertion; the record itself has all."""

InsertionId = Annotated[str, Field(max_length=40)]
IsoDay = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_max_length=400)


class Search(_Message):
    """Ask for insertions, newest first, from the one after (`before_utc`, `before_id`) on.

    Each word of `text` is looked for in patient reference, site, screw, serial number and id; days
    are UTC and include themselves; an empty field does not narrow.
    """

    op: Literal["search"] = "search"
    text: str = ""
    site: str = ""
    day_from: IsoDay = ""
    day_to: IsoDay = ""
    origin: Origin | None = None
    before_utc: str = ""
    before_id: str = ""
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = MAX_PAGE


class Load(_Message):
    """Ask for one insertion without its curve. `last` is the newest."""

    op: Literal["load"] = "load"
    id: InsertionId


class Curve(_Message):
    """Ask for a page of the curve of one insertion.

    `reduced` asks for the whole curve in at most `MAX_POINTS` points: lowest and highest torque of
    each slice of time, so that no peak is lost. Else every sample from position `first`.
    """

    op: Literal["curve"] = "curve"
    id: InsertionId
    first: Annotated[int, Field(ge=0)] = 0
    reduced: bool = False


class ActName(StrEnum):
    """What may be added to the record of an insertion, or done with it."""

    NOTE = "note"
    STOP_OUTCOME = "stop_outcome"
    """What came of the stop, one of `STOP_OUTCOMES`, with a note."""
    OUTCOME = "outcome"
    """How the mini-implant fared later, one of `OUTCOMES`, with a note."""
    SIGN = "sign"
    SEND = "send"
    """Put into the outbox of every destination."""
    REPORT = "report"
    """Write the report beside the record, to be printed."""
    PRINT = "print"
    """Write the report and hand it to the print command of the settings."""


STOP_OUTCOMES: Final = ("continued", "redirected", "removed", "abandoned", "false_alarm")
OUTCOMES: Final = ("stable", "mobile", "removed")


class Act(_Message):
    """Ask for something to be added to an insertion, or done with it. Controlling screens only."""

    op: Literal["act"] = "act"
    name: ActName
    id: InsertionId
    who: Annotated[str, Field(max_length=64)] = ""
    choice: Annotated[str, Field(max_length=40)] = ""
    text: Annotated[str, Field(max_length=MAX_NOTE_CHARS)] = ""


class AskState(_Message):
    """Ask how the recorder fares: storage, outbox, sound.

    `check` lets every destination be asked whether it answers; what they said comes in a later
    answer, since it takes seconds.
    """

    op: Literal["state"] = "state"
    check: bool = False


class AskDevices(_Message):
    """Ask what is on which port. `scan` looks over the air too, which takes seconds."""

    op: Literal["devices"] = "devices"
    scan: bool = False


class AskPatient(_Message):
    """Ask what is known of a patient reference, so that the wrong one is noticed."""

    op: Literal["patient"] = "patient"
    reference: Annotated[str, Field(max_length=MAX_REFERENCE_CHARS)]


class TrySound(_Message):
    """Ask to hear an alarm once; while a recording runs it is not heard."""

    op: Literal["try_sound"] = "try_sound"


ArchiveRequest = Search | Load | Curve | Act | AskState | AskDevices | AskPatient | TrySound
ARCHIVE_REQUEST: Final[TypeAdapter[Hello | ArchiveRequest]] = TypeAdapter(
    Annotated[
        Hello | Search | Load | Curve | Act | AskState | AskDevices | AskPatient | TrySound,
        Field(discriminator="op"),
    ]
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class RecordState(StrEnum):
    """Where the record of an insertion stands."""

    RECORDING = "recording"
    CLOSED = "closed"
    INTERRUPTED = "interrupted"
    UNREADABLE = "unreadable"


class InsertionLine(_Part):
    """One insertion in a list. Torques in N·cm."""

    id: str
    opened_utc: str
    patient: str
    operator: str
    site: str
    fdi: str
    screw: str
    origin: Origin
    state: RecordState
    verdict: VerdictKind | None
    max_insertion_torque_ncm: float | None


class FoundPage(_Part):
    """A page of a search; `more` where it goes on after the last line."""

    more: bool
    lines: tuple[InsertionLine, ...]


class AlertLine(_Part):
    """An alert of a stored insertion, as the recorder judged it again."""

    code: str
    priority: Priority
    time_s: float
    torque_ncm: float | None
    why: str


class EventLine(_Part):
    """Something that happened beside the curve. `time_s` counts from the opening."""

    time_s: float
    text: str


class Remark(_Part):
    """A row that was added afterwards: a note, an outcome, a signature, a sending."""

    utc: str
    kind: ActName
    who: str
    choice: str
    text: str


class InsertionView(_Part):
    """One insertion, whole, without its curve. None and empty texts where nothing is known."""

    line: InsertionLine
    site_name: str
    screw_name: str
    window_low_ncm: float | None
    window_high_ncm: float | None
    window_source: str
    threshold_ncm: float | None
    threshold_reasons: tuple[str, ...]
    device: str
    calibrated: str
    final_torque_ncm: float | None
    removal_torque_ncm: float | None
    why: str
    rule_version: str
    agrees: bool
    """The recorder came to the monitor's verdict from the stored readings."""
    samples: int
    missing_samples: int
    duration_s: float
    has_angle: bool
    alerts: tuple[AlertLine, ...]
    events: tuple[EventLine, ...]
    remarks: tuple[Remark, ...]


class CurvePage(_Part):
    """Columns of equal length. `next` is where to go on, equal to `total` at the end."""

    id: str
    first: int
    next: int
    total: int
    time_s: tuple[float, ...]
    torque_ncm: tuple[float, ...]
    angle_deg: tuple[float | None, ...]


class OutboxLine(_Part):
    """One destination of the outbox."""

    destination: str
    waiting: int
    failed: int
    error: str
    set_aside: int = 0
    """Insertions that this destination refused: they are not tried again by themselves."""


class PatientView(_Part):
    """What is known of a patient reference. Empty texts where nothing is."""

    reference: str
    name: str
    birth_date: str
    insertions: int
    last_utc: str


class RecorderState(_Part):
    """How the recorder fares. An empty sentence is all well."""

    insertions: int
    storage: str
    free_mb: int | None
    outbox: tuple[OutboxLine, ...]
    report: str = ""
    """How the report that was asked for fares."""
    checked: tuple[str, ...] = ()
    """What the destinations said when they were asked, a line each."""
    waiting: PatientView | None = None
    """The next patient, as the practice's system said."""
    patients: str = ""
    """What keeps patients from coming in."""


class PortLine(_Part):
    """A port or radio device that may be a handpiece. `url` is what `--port` takes."""

    url: str
    name: str
    kind: str
    detail: str


class ArchiveAnswer(PlainAnswer):
    """What the recorder answers."""

    found: FoundPage | None = None
    insertion: InsertionView | None = None
    curve: CurvePage | None = None
    state: RecorderState | None = None
    ports: tuple[PortLine, ...] | None = None
    patient: PatientView | None = None
