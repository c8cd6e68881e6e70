"""The GATT profile's names, used by both ends: PROTOCOL.md, section 3.1.

The two command characteristics differ in what the link must have proven. On `COMMAND` anybody may
greet, ask and stop; whatever can arm, renew or zero goes over `SECURE_COMMAND`, which the device's
own Bluetooth stack refuses without an encrypted link from an authenticated pairing.
"""

from __future__ import annotations

from typing import Final

SERVICE: Final = "7a3c0001-8e5f-4d2b-9c61-5a0f7e24b3d8"
FRAMES: Final = "7a3c0002-8e5f-4d2b-9c61-5a0f7e24b3d8"
"""Notify: the device's stream."""
COMMAND: Final = "7a3c0003-8e5f-4d2b-9c61-5a0f7e24b3d8"
"""Write with and without response, any link."""
SECURE_COMMAND: Final = "7a3c0004-8e5f-4d2b-9c61-5a0f7e24b3d8"
"""Write with response, encrypted and authenticated link."""

# Assigned numbers of the Bluetooth SIG
DEVICE_INFORMATION: Final = "0000180a-0000-1000-8000-00805f9b34fb"
MODEL_NUMBER: Final = "00002a24-0000-1000-8000-00805f9b34fb"
SERIAL_NUMBER: Final = "00002a25-0000-1000-8000-00805f9b34fb"
FIRMWARE_REVISION: Final = "00002a26-0000-1000-8000-00805f9b34fb"
MANUFACTURER_NAME: Final = "00002a29-0000-1000-8000-00805f9b34fb"
BATTERY: Final = "0000180f-0000-1000-8000-00805f9b34fb"
BATTERY_LEVEL: Final = "00002a19-0000-1000-8000-00805f9b34fb"

NOTIFICATION_OVERHEAD: Final = 3
"""Bytes of an MTU that the attribute protocol itself needs (opcode and handle)."""
SMALLEST_PAYLOAD: Final = 20
"""What every link carries: the smallest MTU, 23, less the overhead."""
PROOF_OF_PAIRING: Final = b"\x00"
"""An empty frame: written to `SECURE_COMMAND` it asks the stack and tells the device nothing."""
