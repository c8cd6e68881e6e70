"""The tables of the record. Nothing in them is ever edited: what changes is a new row.

Every content row belongs to one entry of the chair's chain (`chair_id`, `entry_number`), and the
entry's digest covers all columns of all its rows (`torquemon.record.chain`). So a column that is
added later must be nullable: null columns are left out of the digest. Deleting the rows of an entry
takes an `erasure` that names it (triggers see to that); the chain holds on without them.

Torque is in N·cm, angle in degrees, `_utc` is UTC, `_ns` the monotonic clock of the machine.
The same models serve the chair's SQLite file and the practice's PostgreSQL.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Date,
    Double,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from torquemon.record.column_types import CanonicalJson, UtcTime

Id = String(26)
"""A ULID. Opaque: the only name of anything in file names and logs."""
Name = String(200)
Hex = String(128)


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map = {  # noqa: RUF012 - the name that SQLAlchemy reads
        str: Text,
        float: Double,
        datetime: UtcTime,
        date: Date,
        bytes: LargeBinary,
        dict[str, Any]: CanonicalJson,
    }


class Entry(Base):
    """One link of the chain of a chair. Never edited, never removed."""

    __tablename__ = "entry"
    chair_id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    insertion_id: Mapped[str | None] = mapped_column(Id)
    written_utc: Mapped[datetime]
    written_ns: Mapped[int] = mapped_column(BigInteger)
    software: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(Hex)
    previous: Mapped[str] = mapped_column(Hex)
    hash: Mapped[str] = mapped_column(Hex)
    signature: Mapped[str] = mapped_column(Hex)

    __table_args__ = (Index("entry_of_insertion", "insertion_id"),)


class OfEntry(Base):
    """A row that belongs to an entry."""

    __abstract__ = True
    chair_id: Mapped[str] = mapped_column(Id, primary_key=True)
    entry_number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Salt(OfEntry):
    """What keeps a digest from telling its content; erased with it."""

    __tablename__ = "salt"
    salt: Mapped[str] = mapped_column(Hex)


class Content(OfEntry):
    """What an entry says: `part` numbers its rows in one table from 0."""

    __abstract__ = True
    part: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class Said(Content):
    """Content that somebody said. `replaces` names the row of the same table that it corrects."""

    __abstract__ = True
    id: Mapped[str] = mapped_column(Id, unique=True)
    operator: Mapped[str] = mapped_column(Name)
    said_utc: Mapped[datetime]
    said_ns: Mapped[int] = mapped_column(BigInteger)
    replaces: Mapped[str | None] = mapped_column(Id)


class Chair(Content):
    """Whose chain this is. The first entry of every chain."""

    __tablename__ = "chair"
    name: Mapped[str] = mapped_column(Name)
    made_utc: Mapped[datetime]


class SigningKey(Content):
    """The Ed25519 key (public half, hex) that signs from this entry on."""

    __tablename__ = "signing_key"
    public_key: Mapped[str] = mapped_column(Hex)
    why: Mapped[str]


class Insertion(Content):
    """One insertion, removal or tightening, as it was recorded. Later truth is in `amendment`."""

    __tablename__ = "insertion"
    id: Mapped[str] = mapped_column(Id, unique=True)
    purpose: Mapped[str] = mapped_column(String(12))
    patient_ref: Mapped[str] = mapped_column(Name)
    operator: Mapped[str] = mapped_column(Name)
    origin: Mapped[str] = mapped_column(String(10))
    complete: Mapped[bool]
    """False where the monitor ended before the recording was finished."""
    opened_utc: Mapped[datetime]
    opened_ns: Mapped[int] = mapped_column(BigInteger)
    closed_utc: Mapped[datetime | None]
    folded_utc: Mapped[datetime]
    site: Mapped[str | None] = mapped_column(Name)
    fdi: Mapped[str | None] = mapped_column(String(8))
    screw: Mapped[str | None] = mapped_column(Name)
    window: Mapped[str | None] = mapped_column(Name)
    window_id: Mapped[str | None] = mapped_column(Name)
    window_source: Mapped[str | None]
    profile_version: Mapped[str | None] = mapped_column(Name)
    limit_ncm: Mapped[float | None]
    armed_threshold_ncm: Mapped[float | None]
    maker: Mapped[str | None] = mapped_column(Name)
    model: Mapped[str | None] = mapped_column(Name)
    serial: Mapped[str | None] = mapped_column(Name)
    firmware: Mapped[str | None] = mapped_column(Name)
    calibrated: Mapped[str | None] = mapped_column(String(10))
    accuracy_ncm: Mapped[float | None]
    software: Mapped[str] = mapped_column(String(40))
    """What recorded it."""
    samples: Mapped[int]
    missing_samples: Mapped[int]
    duration_s: Mapped[float]
    problem: Mapped[str | None]
    """Why it cannot be judged; null where it can."""
    description: Mapped[dict[str, Any]]
    """All that the monitor wrote at the start, with the judge's setup and the device's Hello."""

    __table_args__ = (
        # what a search looks at, newest first, without touching the rows themselves
        Index("insertion_search", "opened_utc", "id", "patient_ref", "site", "screw", "serial"),
        Index("insertion_of_patient", "patient_ref"),
    )


class Verdict(Content):
    """What a judge said of an insertion: `judge` is recorder, monitor or a later analysis."""

    __tablename__ = "verdict"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    judge: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(12))
    max_insertion_torque_ncm: Mapped[float | None]
    final_torque_ncm: Mapped[float | None]
    removal_torque_ncm: Mapped[float | None]
    window: Mapped[str | None] = mapped_column(Name)
    rule_version: Mapped[str] = mapped_column(Name)
    why: Mapped[str]


class Block(Content):
    """A stretch of the wire (`raw`) or of readings, packed (see `torquemon.record.blocks`)."""

    __tablename__ = "block"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    kind: Mapped[str] = mapped_column(String(8))
    count: Mapped[int]
    first_ns: Mapped[int] = mapped_column(BigInteger)
    last_ns: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[bytes]


class Alert(Content):
    """An alert of the judge or an alarm of the monitor. Times are null where it did not happen."""

    __tablename__ = "alert"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    raised_by: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(20))
    priority: Mapped[str] = mapped_column(String(10))
    seq: Mapped[int | None] = mapped_column(BigInteger)
    time_s: Mapped[float | None]
    torque_ncm: Mapped[float | None]
    angle_deg: Mapped[float | None]
    why: Mapped[str]
    raised_utc: Mapped[datetime | None]
    raised_ns: Mapped[int | None] = mapped_column(BigInteger)
    acknowledged_utc: Mapped[datetime | None]
    acknowledged_ns: Mapped[int | None] = mapped_column(BigInteger)
    cleared_utc: Mapped[datetime | None]
    cleared_ns: Mapped[int | None] = mapped_column(BigInteger)


class DeviceCommand(Content):
    """What the monitor asked of the handpiece, its answer, and what the handpiece then held."""

    __tablename__ = "command"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    what: Mapped[str] = mapped_column(String(20))
    asked_utc: Mapped[datetime | None]
    asked_ns: Mapped[int | None] = mapped_column(BigInteger)
    answer: Mapped[str | None] = mapped_column(String(40))
    answered_utc: Mapped[datetime | None]
    answered_ns: Mapped[int | None] = mapped_column(BigInteger)
    asked: Mapped[dict[str, Any] | None]
    read_back: Mapped[dict[str, Any] | None]


class Event(Content):
    """Everything that the monitor noted beside the curve, in order, as it noted it."""

    __tablename__ = "event"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    what: Mapped[str]
    at_utc: Mapped[datetime]
    at_ns: Mapped[int] = mapped_column(BigInteger)
    fields: Mapped[dict[str, Any]]


class Link(Said):
    """One insertion belongs to another: `removal_of`, `replacement_of`, `tightening_of`."""

    __tablename__ = "link"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    relation: Mapped[str] = mapped_column(String(20))
    other_id: Mapped[str] = mapped_column(Id, index=True)


class Finding(Said):
    """A circumstance that moves torque or failure (clinical.md): one of `remarks.FINDINGS`."""

    __tablename__ = "finding"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    name: Mapped[str] = mapped_column(String(40))
    value: Mapped[str]


class Note(Said):
    """Free text on an insertion."""

    __tablename__ = "note"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    text: Mapped[str]


class Outcome(Said):
    """How the screw was found later: one of `remarks.OUTCOMES`."""

    __tablename__ = "outcome"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    state: Mapped[str] = mapped_column(String(20))
    on_date: Mapped[date]
    text: Mapped[str]


class Signature(Said):
    """An operator stands for what was recorded: `signed_hash` is the chain head that was seen."""

    __tablename__ = "signature"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    meaning: Mapped[str] = mapped_column(String(40))
    signed_number: Mapped[int] = mapped_column(BigInteger)
    signed_hash: Mapped[str] = mapped_column(Hex)


class Amendment(Said):
    """A field of an insertion was wrong: what it said, what it should say, why."""

    __tablename__ = "amendment"
    insertion_id: Mapped[str] = mapped_column(Id, index=True)
    field: Mapped[str] = mapped_column(String(40))
    old: Mapped[str | None]
    new: Mapped[str | None]
    why: Mapped[str]

    __table_args__ = (Index("amendment_search", "field", "new", "insertion_id"),)


class Person(Said):
    """Who a patient reference is. Kept apart from the curves; leaves the chair only if asked to."""

    __tablename__ = "person"
    patient_ref: Mapped[str] = mapped_column(Name, index=True)
    name: Mapped[str | None] = mapped_column(Name)
    birth_date: Mapped[date | None]


class Erasure(Said):
    """The content of entry `erased_number` was deleted on request; its digest stays."""

    __tablename__ = "erasure"
    erased_number: Mapped[int] = mapped_column(BigInteger, index=True)
    why: Mapped[str]


# --- not part of the evidence: how the work stands ------------------------------------------------


class Fold(Base):
    """An insertion was read back from the record and equals the journal: it may be pruned there."""

    __tablename__ = "fold"
    insertion_id: Mapped[str] = mapped_column(Id, primary_key=True)
    verified_utc: Mapped[datetime]


class Destination(Base):
    """A place that entries are carried to. `kind` says how (postgresql, folder, ...)."""

    __tablename__ = "destination"
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    added_utc: Mapped[datetime]


class Outbox(Base):
    """An entry that a destination must be told of, in order. The one table that is edited."""

    __tablename__ = "outbox"
    destination: Mapped[str] = mapped_column(String(60), primary_key=True)
    chair_id: Mapped[str] = mapped_column(Id, primary_key=True)
    entry_number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    queued_utc: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    last_try_utc: Mapped[datetime | None]
    problem: Mapped[str | None]
    delivered_utc: Mapped[datetime | None]

    __table_args__ = (
        ForeignKeyConstraint(["destination"], ["destination.name"]),
        Index("outbox_due", "destination", "delivered_utc", "chair_id", "entry_number"),
    )


class Delivery(Base):
    """How one insertion stands at one destination: what it got last, and what is in the way."""

    __tablename__ = "delivery"
    destination: Mapped[str] = mapped_column(String(60), primary_key=True)
    insertion_id: Mapped[str] = mapped_column(Id, primary_key=True)
    chair_id: Mapped[str] = mapped_column(Id)
    revision: Mapped[int | None] = mapped_column(BigInteger)
    """The entry up to which it was delivered; null where it never was."""
    delivered_utc: Mapped[datetime | None]
    refs: Mapped[dict[str, Any] | None]
    """The destination's own references, from its last receipt."""
    tries: Mapped[int] = mapped_column(default=0)
    next_try_utc: Mapped[datetime | None]
    problem: Mapped[str | None]
    parked_utc: Mapped[datetime | None]
    """Since when it is set aside: tried often enough, it waits for somebody to look."""

    __table_args__ = (ForeignKeyConstraint(["destination"], ["destination.name"]),)


class Attempt(Base):
    """How a whole destination stands: since it does not answer, when it is tried again."""

    __tablename__ = "attempt"
    destination: Mapped[str] = mapped_column(String(60), primary_key=True)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_utc: Mapped[datetime | None]
    problem: Mapped[str | None]

    __table_args__ = (ForeignKeyConstraint(["destination"], ["destination.name"]),)


CONTENT: Final[tuple[type[Content], ...]] = (
    Chair,
    SigningKey,
    Insertion,
    Block,
    Alert,
    DeviceCommand,
    Event,
    Verdict,
    Link,
    Finding,
    Note,
    Outcome,
    Signature,
    Amendment,
    Person,
    Erasure,
)
"""The tables whose rows an entry's digest covers, in the order in which they are stored."""
ERASABLE: Final[tuple[type[OfEntry], ...]] = (
    Salt,
    *(table for table in CONTENT if table is not Erasure),
)
"""The tables whose rows go once an erasure names their entry."""
