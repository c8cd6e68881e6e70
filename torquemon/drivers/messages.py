"""All messages of wire protocol v1, and the way between a message and its frame. Sans-I/O.

`from_frame` raises MessageError on anything that PROTOCOL.md does not allow and returns None for a
type it does not know, which a receiver skips. Torque travels as device counts;
`torquemon.drivers.link` turns them into N·cm, once.
"""

from __future__ import annotations

from typing import Final

from torquemon.drivers.device_messages import (
    Ack,
    AuthProof,
    DeviceError,
    Hello,
    Status,
    StopNotice,
)
from torquemon.drivers.frame import Frame
from torquemon.drivers.host_messages import (
    ArmRequest,
    AuthRequest,
    DisarmRequest,
    HelloRequest,
    RenewRequest,
    StatusRequest,
    StopRequest,
    TareRequest,
)
from torquemon.drivers.readings import Readings

__all__ = [
    "DEVICE_TYPES",
    "HOST_TYPES",
    "Ack",
    "ArmRequest",
    "AuthProof",
    "AuthRequest",
    "DeviceError",
    "DeviceMessage",
    "DisarmRequest",
    "Hello",
    "HelloRequest",
    "HostCommand",
    "HostMessage",
    "Message",
    "Readings",
    "RenewRequest",
    "Status",
    "StatusRequest",
    "StopNotice",
    "StopRequest",
    "TareRequest",
    "from_frame",
    "to_frame",
]

HostCommand = TareRequest | ArmRequest | RenewRequest | StopRequest | DisarmRequest | StatusRequest
"""What has a request id and is answered by an Ack."""
HostMessage = HelloRequest | AuthRequest | HostCommand
DeviceMessage = Hello | Readings | Ack | Status | StopNotice | DeviceError | AuthProof
Message = HostMessage | DeviceMessage

HOST_TYPES: Final[tuple[type[HostMessage], ...]] = (
    HelloRequest,
    AuthRequest,
    TareRequest,
    ArmRequest,
    RenewRequest,
    StopRequest,
    DisarmRequest,
    StatusRequest,
)
DEVICE_TYPES: Final[tuple[type[DeviceMessage], ...]] = (
    Hello,
    Readings,
    Ack,
    Status,
    StopNotice,
    DeviceError,
    AuthProof,
)
_BY_TYPE: Final[dict[int, type[Message]]] = {
    kind.TYPE: kind for kind in (*HOST_TYPES, *DEVICE_TYPES)
}


def to_frame(message: Message, counter: int) -> Frame:
    """Wrap a message in a frame. Raises MessageError where a value does not fit its field."""
    return Frame(message.TYPE, counter & 0xFFFF, message.pack())


def from_frame(frame: Frame) -> Message | None:
    """Read the message of a frame; None for a type that is not known. Raises MessageError."""
    kind = _BY_TYPE.get(frame.type)
    return None if kind is None else kind.unpack(frame.payload)
