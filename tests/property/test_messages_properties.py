"""Every message there and back, and nothing that a device may send can raise."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.message_strategies import BY_TYPE, MESSAGES, U8, U16, hellos
from torquemon.drivers import messages as m
from torquemon.drivers.codec import Capability, Generation
from torquemon.drivers.device import MAX_ACCURACY_NCM, DeviceInfo
from torquemon.drivers.device_messages import Names
from torquemon.drivers.errors import MessageError
from torquemon.drivers.frame import Frame, Framer, encode_frame
from torquemon.drivers.link import DeviceSays, Link
from torquemon.drivers.messages import from_frame, to_frame
from torquemon.drivers.readings import RawSample
from torquemon.model import Validity
from torquemon.text import MAX_TEXT_CHARS, clean
from torquemon.units import TorqueUnit

KINDS = list(BY_TYPE)
_KNOWN = {kind.TYPE for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=60)
@given(data=st.data(), counter=U16)
def test_a_message_comes_back_as_it_was(
    kind: type[m.Message], data: st.DataObject, counter: int
) -> None:
    message = data.draw(BY_TYPE[kind])
    (frame,) = Framer().feed(encode_frame(to_frame(message, counter)))
    assert frame.counter == counter
    assert from_frame(frame) == message


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=40)
@given(data=st.data(), more=st.binary(min_size=1, max_size=70))
def test_a_payload_of_another_length_is_refused(
    kind: type[m.Message], data: st.DataObject, more: bytes
) -> None:
    payload = data.draw(BY_TYPE[kind]).pack()
    if kind is m.DeviceError:
        with pytest.raises(MessageError):
            kind.unpack(b"")
        payload = payload.ljust(65, b".")
    else:
        with pytest.raises(MessageError):
            kind.unpack(payload[:-1])
    with pytest.raises(MessageError):
        kind.unpack(payload + more)


@pytest.mark.requirement("REQ-LINK-4")
@settings(max_examples=400)
@given(kind=st.sampled_from(KINDS), payload=st.binary(max_size=120))
def test_any_payload_is_read_or_refused(kind: type[m.Message], payload: bytes) -> None:
    with contextlib.suppress(MessageError):
        message = kind.unpack(payload)
        again = kind.unpack(message.pack())
        assert again == message


@given(kind=U8.filter(lambda number: number not in _KNOWN), payload=st.binary(max_size=40))
def test_an_unknown_type_is_skipped_in_silence(kind: int, payload: bytes) -> None:
    frame = Frame(kind, 0, payload)
    assert from_frame(frame) is None
    link = Link(1)
    assert link.receive(frame, 1) == []
    assert link.bad_messages == 0


@pytest.mark.requirement("REQ-LINK-4")
@settings(max_examples=400)
@given(st.lists(st.one_of(MESSAGES, st.builds(Frame, U8, U16, st.binary(max_size=60)))))
def test_a_link_takes_any_frames_without_raising(items: list[m.Message | Frame]) -> None:
    link = Link(7)
    link.greet(0)
    for now_ns, item in enumerate(items):
        frame = item if isinstance(item, Frame) else to_frame(item, now_ns)
        link.receive(frame, now_ns * 1_000_000)


@given(hellos())
def test_a_hello_is_turned_into_a_device_whatever_it_states(hello: m.Hello) -> None:
    try:
        info = DeviceInfo.from_hello(hello)
    except ValueError:
        with pytest.raises(ValueError, match="N·cm"):  # refused for a value, which is named
            DeviceInfo.from_hello(hello)
        return
    assert info.accuracy_ncm <= MAX_ACCURACY_NCM
    for text in (info.maker, info.model, info.serial, info.firmware):
        assert text == clean(text)
        assert len(text) <= MAX_TEXT_CHARS
    if info.can_stop:
        assert 0 < info.threshold_min_ncm <= info.threshold_max_ncm
        assert info.threshold_step_ncm > 0


@given(hellos(), st.integers(7, 31))
def test_unknown_capabilities_are_ignored(hello: m.Hello, bit: int) -> None:
    payload = bytearray(hello.pack())
    value = int.from_bytes(payload[8:12], "little") | 1 << bit
    payload[8:12] = value.to_bytes(4, "little")
    assert m.Hello.unpack(bytes(payload)) == hello


@pytest.mark.requirement("REQ-NUM-5")
@pytest.mark.parametrize("code", [6, 77, 255])
def test_a_validity_from_a_later_version_counts_as_invalid(code: int) -> None:
    payload = bytearray(m.Readings(0, 0, (sample(),)).pack())
    payload[-1] = code
    assert m.Readings.unpack(bytes(payload)).samples[0].validity is Validity.INVALID


def sample() -> RawSample:
    return RawSample(0, 1, None, None, Validity.VALID)


@pytest.mark.requirement("REQ-SEC-1")
@given(st.binary(max_size=64))
def test_the_text_of_a_device_is_cleaned(text: bytes) -> None:
    link = Link(1)
    (event,) = link.receive(to_frame(m.DeviceError(3, text), 0), 1)
    assert isinstance(event, DeviceSays)
    assert event.text == clean(event.text)
    assert not set(event.text) & set("\x1b\n\r\x00\u202e\u200b\u2028")


BASE = m.Hello(
    request_id=1,
    session=2,
    version=1,
    generation=Generation.REAL,
    capabilities=Capability.STOP_THRESHOLD,
    torque_unit=TorqueUnit.NCM,
    resolution_millionths=10_000,
    range_min_counts=-500,
    range_max_counts=6000,
    threshold_min_counts=100,
    threshold_max_counts=5000,
    threshold_step_counts=10,
    accuracy_counts=30,
    sample_rate_hz=1000,
    max_lease_ms=2000,
    tare_bound_counts=100,
    calibrated_utc_s=0,
    boot_id=1,
    names=Names(b"", b"", b"", b""),
)


@pytest.mark.requirement("REQ-LIM-3")
@pytest.mark.parametrize(
    "change",
    [
        {"resolution_millionths": 0},
        {"range_min_counts": 6000},
        {"sample_rate_hz": 0},
        {"threshold_min_counts": 0},
        {"threshold_min_counts": -5},
        {"threshold_max_counts": 99},
        {"threshold_step_counts": 0},
        {"max_lease_ms": 99},
        {"max_lease_ms": 5001},
    ],
    ids=str,
)
def test_a_hello_that_contradicts_itself_is_refused(change: dict[str, int]) -> None:
    assert m.Hello.unpack(BASE.pack()) == BASE
    bad = replace(BASE, **change)  # type: ignore[arg-type]
    with pytest.raises(MessageError, match="Hello"):
        m.Hello.unpack(bad.pack())


@pytest.mark.parametrize("length", [33, 255])
def test_a_name_that_is_too_long_is_neither_written_nor_read(length: int) -> None:
    with pytest.raises(MessageError):
        replace(BASE, names=Names(b"x" * length, b"", b"", b"")).pack()
    payload = BASE.pack()[:-4] + bytes((length,)) + b"x" * length + b"\x00\x00\x00"
    with pytest.raises(MessageError):
        m.Hello.unpack(payload)
