"""Hypothesis strategies for every message of the wire, and for what a bad line does to bytes."""

from __future__ import annotations

import itertools
from typing import Final

from hypothesis import strategies as st

from torquemon.drivers import messages as m
from torquemon.drivers.codec import Capability, Generation, Result
from torquemon.drivers.device_messages import DeviceState, Names
from torquemon.drivers.readings import RawSample
from torquemon.model import ArmState, MotorState, StopReason, Validity
from torquemon.units import TorqueUnit

U8: Final = st.integers(0, 0xFF)
U16: Final = st.integers(0, 0xFFFF)
U32: Final = st.integers(0, 0xFFFFFFFF)
U64: Final = st.integers(0, (1 << 64) - 1)
I16: Final = st.integers(-(1 << 15), (1 << 15) - 1)
I32: Final = st.integers(-(1 << 31), (1 << 31) - 1)
NONCE: Final = st.binary(min_size=16, max_size=16)

STATES: Final = st.builds(
    DeviceState,
    arm_state=st.sampled_from(ArmState),
    latch_reason=st.sampled_from(StopReason),
    motor=st.sampled_from(MotorState),
    battery_percent=U8,
    threshold_counts=I32,
    lease_ms=U16,
    lease_left_ms=U16,
    lease_nonce=U32,
    tare_counts=I32,
    latch_report_id=U16,
    latch_torque_counts=I32,
    latch_seq=U32,
    next_seq=U32,
    device_time_us=U64,
)
_NAME: Final = st.one_of(st.binary(max_size=32), st.text(max_size=8).map(lambda t: t.encode()))
_CAPABILITIES: Final = st.integers(0, sum(Capability)).map(Capability)


@st.composite
def hellos(draw: st.DrawFn) -> m.Hello:
    """Hellos that do not contradict themselves."""
    range_min = draw(st.integers(-(1 << 31), (1 << 31) - 2))
    threshold_min = draw(st.integers(1, (1 << 31) - 1))
    return m.Hello(
        request_id=draw(U16),
        session=draw(U32),
        version=draw(U8),
        generation=draw(st.sampled_from(Generation)),
        capabilities=draw(_CAPABILITIES),
        torque_unit=draw(st.sampled_from(TorqueUnit)),
        resolution_millionths=draw(st.integers(1, 0xFFFFFFFF)),
        range_min_counts=range_min,
        range_max_counts=draw(st.integers(range_min + 1, (1 << 31) - 1)),
        threshold_min_counts=threshold_min,
        threshold_max_counts=draw(st.integers(threshold_min, (1 << 31) - 1)),
        threshold_step_counts=draw(st.integers(1, 0xFFFFFFFF)),
        accuracy_counts=draw(U32),
        sample_rate_hz=draw(st.integers(1, 0xFFFF)),
        max_lease_ms=draw(st.integers(100, 5000)),
        tare_bound_counts=draw(U32),
        calibrated_utc_s=draw(U32),
        boot_id=draw(U32),
        names=Names(draw(_NAME), draw(_NAME), draw(_NAME), draw(_NAME)),
    )


@st.composite
def readings(draw: st.DrawFn, max_samples: int = 37) -> m.Readings:
    """Frames of readings with any of the four layouts."""
    angle, speed = draw(st.booleans()), draw(st.booleans())
    sample = st.builds(
        RawSample,
        U16,
        I32,
        I32 if angle else st.none(),
        I16 if speed else st.none(),
        st.sampled_from(Validity),
    )
    samples = draw(st.lists(sample, min_size=1, max_size=max_samples))
    return m.Readings(draw(U32), draw(U64), tuple(samples))


BY_TYPE: Final[dict[type[m.Message], st.SearchStrategy[m.Message]]] = {
    m.HelloRequest: st.builds(m.HelloRequest, U16, U8, U8, U32),
    m.AuthRequest: st.builds(m.AuthRequest, NONCE),
    m.TareRequest: st.builds(m.TareRequest, U16),
    m.ArmRequest: st.builds(m.ArmRequest, U16, I32, U16, U32),
    m.RenewRequest: st.builds(m.RenewRequest, U16, U32),
    m.StopRequest: st.builds(m.StopRequest, U16),
    m.DisarmRequest: st.builds(m.DisarmRequest, U16),
    m.StatusRequest: st.builds(m.StatusRequest, U16),
    m.Hello: hellos(),
    m.Readings: readings(),
    m.Ack: st.builds(m.Ack, U16, U8, st.sampled_from(Result), STATES),
    m.Status: st.builds(m.Status, STATES),
    m.StopNotice: st.builds(m.StopNotice, U16, st.sampled_from(StopReason), I32, U32, U64),
    m.AuthProof: st.builds(m.AuthProof, U32, NONCE),
    m.DeviceError: st.builds(m.DeviceError, U8, st.binary(max_size=64)),
}
MESSAGES: Final = st.one_of(*BY_TYPE.values())
SMALL_MESSAGES: Final = st.one_of(
    *(made for kind, made in BY_TYPE.items() if kind is not m.Readings), readings(max_samples=3)
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at places that are taken modulo their length."""
    marks = sorted({place % (len(data) + 1) for place in places})
    edges = [0, *marks, len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@st.composite
def corruptions(draw: st.DrawFn, data: bytes) -> bytes:
    """One corruption of a stream: bits flipped, bytes changed, inserted, removed or doubled."""
    at = draw(st.integers(0, len(data) - 1))
    length = draw(st.integers(1, 8))
    kind = draw(st.sampled_from(("flip", "change", "insert", "delete", "double")))
    here = data[at : at + length]
    if kind == "flip":
        bit = 1 << draw(st.integers(0, 7))
        put = bytes((here[0] ^ bit,)) + here[1:]
    elif kind == "change":
        put = draw(st.binary(min_size=len(here), max_size=len(here)))
    elif kind == "insert":
        put = draw(st.binary(min_size=1, max_size=8)) + here
    elif kind == "delete":
        put = b""
    else:
        put = here + here
    return data[:at] + put + data[at + length :]
