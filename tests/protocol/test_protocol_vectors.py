"""The vectors and the worked examples of PROTOCOL.md: what every device is tested against."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from torquemon.drivers import messages
from torquemon.drivers.codec import (
    MAX_ERROR_TEXT_BYTES,
    MAX_NAME_BYTES,
    MAX_READINGS,
    MAX_TAGGED_READINGS,
)
from torquemon.drivers.frame import MAX_ENCODED_BYTES, MAX_FRAME_BYTES, Framer, encode_frame
from torquemon.drivers.messages import DEVICE_TYPES, HOST_TYPES, from_frame, to_frame
from torquemon.drivers.trust import Checker, make_tag, wire_keys

HERE = Path(messages.__file__).parent
WHOLE: dict[str, Any] = json.loads((HERE / "vectors.json").read_text("utf-8"))
VECTORS: list[dict[str, Any]] = WHOLE["vectors"]
PAGE = (HERE / "PROTOCOL.md").read_text("utf-8")


def named(vector: dict[str, Any]) -> str:
    return f"{vector['message']}: {vector['name']}"


def plain(value: object) -> object:
    """A message as plain values, by names: what the vectors state."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        if names:
            return {name: plain(item) for name, item in zip(names, value, strict=True)}
        return [plain(item) for item in value]
    return value


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_the_bytes_of_a_vector_read_as_its_fields(vector: dict[str, Any]) -> None:
    (frame,) = Framer().feed(bytes.fromhex(vector["wire"]))
    message = from_frame(frame)
    assert frame.type == vector["type"]
    assert frame.counter == vector["counter"]
    assert type(message).__name__ == vector["message"]
    assert plain(message) == vector["fields"]


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_a_message_of_a_vector_is_written_as_its_bytes(vector: dict[str, Any]) -> None:
    (frame,) = Framer().feed(bytes.fromhex(vector["wire"]))
    message = from_frame(frame)
    assert message is not None
    assert encode_frame(to_frame(message, vector["counter"])).hex() == vector["wire"]


def test_every_message_type_has_a_vector() -> None:
    assert {vector["message"] for vector in VECTORS} == {
        kind.__name__ for kind in (*HOST_TYPES, *DEVICE_TYPES)
    }


def test_the_worked_examples_are_the_vectors() -> None:
    block = PAGE.partition("<!-- examples -->")[2].partition("<!-- end of examples -->")[0]
    lines = [line for line in block.splitlines() if line and not line.startswith("```")]
    written = list(zip(lines[::2], lines[1::2], strict=True))
    assert written == [
        (f"{named(v)}, counter {v['counter']}", f"  {bytes.fromhex(v['wire']).hex(' ')}")
        for v in VECTORS
    ]


@pytest.mark.parametrize("kind", [*HOST_TYPES, *DEVICE_TYPES], ids=lambda kind: kind.__name__)
def test_the_page_has_the_number_of_every_message(kind: type[messages.Message]) -> None:
    direction = "host to device" if kind in HOST_TYPES else "device to host"
    assert re.search(rf"\| `{kind.TYPE:02X}` \| {kind.__name__} \| {direction} \|", PAGE)


def test_the_page_states_the_limits_of_the_codec() -> None:
    assert f"at most **{MAX_FRAME_BYTES} bytes** before COBS" in PAGE
    assert f"at most {MAX_ENCODED_BYTES} after it" in PAGE
    assert f"| count | u8 | 1 to {MAX_READINGS} samples," in PAGE
    assert f"at most {MAX_NAME_BYTES} bytes each" in PAGE
    assert f"text UTF-8 at most {MAX_ERROR_TEXT_BYTES} bytes" in PAGE


@pytest.mark.requirement("REQ-LINK-6")
def test_the_frames_of_the_proved_session_are_sealed_and_believed() -> None:
    trust = WHOLE["trust"]
    key, host_nonce, device_nonce, hello = (
        bytes.fromhex(trust[name]) for name in ("key", "host_nonce", "device_nonce", "hello")
    )
    keys = wire_keys(key, host_nonce, device_nonce, hello)
    assert (keys.host.hex(), keys.device.hex()) == (trust["host_key"], trust["device_key"])
    checkers = {"host": Checker(keys.host, trust["challenge_counter"])}
    checkers["device"] = Checker(keys.device, trust["proof_counter"] - 1)
    for vector in trust["frames"]:
        (frame,) = Framer().feed(bytes.fromhex(vector["wire"]))
        message = from_frame(frame)
        assert type(message).__name__ == vector["message"]
        assert frame.tag.hex() == vector["tag"]
        assert frame.counter == vector["number"] % 65_536
        key_of = keys.host if vector["from"] == "host" else keys.device
        assert make_tag(key_of, vector["number"], frame.type, frame.payload) == frame.tag
        other = "device" if vector["from"] == "host" else "host"
        assert not checkers[other].holds(frame), "reflected"
        assert checkers[vector["from"]].holds(frame)
        assert not checkers[vector["from"]].holds(frame), "sent again"


def test_the_page_states_what_the_tag_is_made_of() -> None:
    assert "`TorqueMon 1 wire`" in PAGE
    assert "`host to device`" in PAGE
    assert "`device to host`" in PAGE
    assert f"1 to {MAX_READINGS} samples, at most {MAX_TAGGED_READINGS} in a frame" in PAGE


@pytest.mark.requirement("REQ-STOP-9")
def test_no_message_of_the_host_moves_a_motor_or_releases_a_halt() -> None:
    assert {kind.__name__ for kind in HOST_TYPES} == {
        "HelloRequest",
        "AuthRequest",
        "TareRequest",
        "ArmRequest",
        "RenewRequest",
        "StopRequest",
        "DisarmRequest",
        "StatusRequest",
    }
