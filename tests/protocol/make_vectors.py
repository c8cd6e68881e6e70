"""Write `torquemon/drivers/vectors.json` and the examples of PROTOCOL.md: `make vectors`.

Run only when the protocol gets a new version: the vectors are what every device is tested against,
so a test fails when the codec no longer writes the bytes that stand there.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path

from torquemon.drivers import messages as m
from torquemon.drivers.codec import Capability, Generation, Result
from torquemon.drivers.device_messages import DeviceState, Names
from torquemon.drivers.frame import encode_frame
from torquemon.drivers.readings import RawSample
from torquemon.drivers.trust import Sealer, wire_keys
from torquemon.model import ArmState, MotorState, StopReason, Validity
from torquemon.units import TorqueUnit

HERE = Path(__file__).resolve().parents[2] / "torquemon" / "drivers"
START, END = "<!-- examples -->", "<!-- end of examples -->"

_ARMED = DeviceState(
    arm_state=ArmState.ARMED,
    latch_reason=StopReason.NONE,
    motor=MotorState.FORWARD,
    battery_percent=87,
    threshold_counts=1200,
    lease_ms=500,
    lease_left_ms=500,
    lease_nonce=0x01020304,
    tare_counts=-3,
    latch_report_id=0,
    latch_torque_counts=0,
    latch_seq=0,
    next_seq=2000,
    device_time_us=2_000_123,
)
_HALTED = DeviceState(
    arm_state=ArmState.HALTED,
    latch_reason=StopReason.THRESHOLD,
    motor=MotorState.STILL,
    battery_percent=255,
    threshold_counts=1200,
    lease_ms=500,
    lease_left_ms=0,
    lease_nonce=0x01020308,
    tare_counts=-3,
    latch_report_id=1,
    latch_torque_counts=1207,
    latch_seq=9876,
    next_seq=9900,
    device_time_us=9_900_456,
)
_HELLO = m.Hello(
    request_id=1,
    session=0xCAFEF00D,
    version=1,
    generation=Generation.REAL,
    capabilities=Capability.ANGLE | Capability.SPEED | Capability.STOP_THRESHOLD,
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
    calibrated_utc_s=1_767_225_600,
    boot_id=77,
    names=Names(b"Example", "Dreher N·cm".encode(), b"SN-0001", b"1.0"),
)
_FULL = m.Readings(
    2000,
    2_000_000,
    (
        RawSample(0, 512, 90_000, 250, Validity.VALID),
        RawSample(1000, 515, 90_150, 251, Validity.VALID),
        RawSample(2000, -7, -150, -250, Validity.QUESTIONABLE),
    ),
)
CASES: list[tuple[str, int, m.Message]] = [
    ("hello, version 1", 0, m.HelloRequest(1, 1, 1, 0xCAFEF00D)),
    ("tare", 1, m.TareRequest(2)),
    ("arm at 1200 counts for 500 ms", 2, m.ArmRequest(3, 1200, 500, 0x01020304)),
    ("renew", 3, m.RenewRequest(4, 0x01020305)),
    ("stop", 4, m.StopRequest(5)),
    ("disarm", 5, m.DisarmRequest(6)),
    ("status request, largest id and counter", 0xFFFF, m.StatusRequest(0xFFFF)),
    ("the device introduces itself", 0, _HELLO),
    ("three readings with angle and speed", 1, _FULL),
    (
        "one reading with torque alone, out of range",
        2,
        m.Readings(
            0xFFFFFFFF, (1 << 64) - 1, (RawSample(0, -500, None, None, Validity.UNDERFLOW),)
        ),
    ),
    (
        "one reading with angle",
        3,
        m.Readings(1, 1, (RawSample(65_535, 1, 2, None, Validity.VALID),)),
    ),
    (
        "one reading with speed, calibrating",
        4,
        m.Readings(2, 2, (RawSample(0, 0, None, 150, Validity.CALIBRATING),)),
    ),
    ("arming confirmed", 5, m.Ack(3, m.ArmRequest.TYPE, Result.DONE, _ARMED)),
    ("renewal refused: stale nonce", 6, m.Ack(4, m.RenewRequest.TYPE, Result.STALE_NONCE, _ARMED)),
    ("halted at the threshold", 7, m.Status(_HALTED)),
    ("stop notice: threshold", 8, m.StopNotice(1, StopReason.THRESHOLD, 1207, 9876, 9_876_000)),
    ("an error for people", 9, m.DeviceError(3, b"gear worn")),
    ("a challenge", 6, m.AuthRequest(bytes(range(0x10, 0x20)))),
    (
        "the answer to a challenge, here without its tag",
        10,
        m.AuthProof(0xCAFEF00D, bytes(range(0x20, 0x30))),
    ),
]

_KEY = bytes(range(16))
_CHALLENGE, _PROOF = 6, 10
SEALED: list[tuple[str, int, m.Message]] = [
    ("device", _PROOF, m.AuthProof(0xCAFEF00D, bytes(range(0x20, 0x30)))),
    ("host", _CHALLENGE + 1, m.ArmRequest(3, 1200, 500, 0x01020304)),
    ("device", _PROOF + 1, m.Ack(3, m.ArmRequest.TYPE, Result.DONE, _ARMED)),
    ("host", 0x1_0000 + 3, m.RenewRequest(4, 0x01020305)),
    ("device", 0x1_0000 + 3, m.Status(_HALTED)),
]
"""One session: who speaks, the number of the frame, the message."""


def sealed_session() -> dict[str, object]:
    """Return the challenge with its keys, and frames that carry their tags."""
    host_nonce, device_nonce = bytes(range(0x10, 0x20)), bytes(range(0x20, 0x30))
    keys = wire_keys(_KEY, host_nonce, device_nonce, _HELLO.pack())
    sealers = {"host": Sealer(keys.host, _CHALLENGE), "device": Sealer(keys.device, _PROOF - 1)}
    frames: list[dict[str, object]] = []
    for sender, number, message in SEALED:
        frame = sealers[sender].seal(m.to_frame(message, number))
        frames.append(
            {
                "from": sender,
                "message": type(message).__name__,
                "number": number,
                "tag": frame.tag.hex(),
                "wire": encode_frame(frame).hex(),
            }
        )
    return {
        "key": _KEY.hex(),
        "host_nonce": host_nonce.hex(),
        "device_nonce": device_nonce.hex(),
        "hello": _HELLO.pack().hex(),
        "host_key": keys.host.hex(),
        "device_key": keys.device.hex(),
        "challenge_counter": _CHALLENGE,
        "proof_counter": _PROOF,
        "frames": frames,
    }


def plain(value: object) -> object:
    """Turn a message into what JSON can say; bytes become text in hexadecimal."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: plain(item) for name, item in zip(value._fields, value, strict=True)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, int) else value


def main() -> None:
    """Write both files."""
    vectors: list[dict[str, object]] = []
    lines: list[str] = []
    for name, counter, message in CASES:
        wire = encode_frame(m.to_frame(message, counter))
        vectors.append(
            {
                "name": name,
                "message": type(message).__name__,
                "type": message.TYPE,
                "counter": counter,
                "fields": plain(message),
                "wire": wire.hex(),
            }
        )
        lines.append(f"{type(message).__name__}: {name}, counter {counter}\n  {wire.hex(' ')}")
    whole = {"protocol": 1, "vectors": vectors, "trust": sealed_session()}
    (HERE / "vectors.json").write_text(
        json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    page = (HERE / "PROTOCOL.md").read_text(encoding="utf-8")
    head, _, rest = page.partition(START)
    tail = rest.partition(END)[2]
    block = START + "\n```\n" + "\n".join(lines) + "\n```\n" + END
    (HERE / "PROTOCOL.md").write_text(head + block + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
