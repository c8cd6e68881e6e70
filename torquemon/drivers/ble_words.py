"""What a system says when its Bluetooth does not work, in sentences for people at the chair."""

from __future__ import annotations

from typing import Final

from torquemon.drivers.errors import TransportError
from torquemon.text import clean

_NO_SERVICE: Final = (
    "the Bluetooth service of this computer does not answer: start it (Linux: `systemctl start "
    "bluetooth`), then try again"
)
_REASONS: Final = {
    "NO_BLUETOOTH": "this computer has no Bluetooth adapter: plug one in, or use the cable",
    "NO_BLE_CENTRAL_ROLE": "this Bluetooth adapter knows no Low Energy: use another, or the cable",
    "POWERED_OFF": "Bluetooth is switched off on this computer: switch it on",
    "DENIED_BY_USER": "this program may not use Bluetooth: allow it in the system's settings",
    "DENIED_BY_SYSTEM": "the system's policy forbids Bluetooth to this program: use the cable",
    "DENIED_BY_UNKNOWN": "this program may not use Bluetooth: allow it in the system's settings",
}
_FORGOTTEN: Final = (
    "{who} no longer knows its pairing with this computer: remove it in the Bluetooth settings of "
    "the system and pair it again"
)
_WORDS: Final = (
    ("key_missing", _FORGOTTEN),
    ("key missing", _FORGOTTEN),
    ("not found", "{who} is out of reach: nearer, switched on, not connected elsewhere?"),
    ("no bluetooth adapter", _REASONS["NO_BLUETOOTH"]),
    ("not powered", _REASONS["POWERED_OFF"]),
    ("notready", _REASONS["POWERED_OFF"]),
    ("serviceunknown", _NO_SERVICE),
    ("was not provided by any", _NO_SERVICE),
)


def why_not(error: BaseException, who: str) -> TransportError:
    """Return the error for people. `who` is the device that was wanted, cleaned."""
    if isinstance(error, TransportError):
        return error
    reason = getattr(getattr(error, "reason", None), "name", "")
    if reason in _REASONS:
        return TransportError(_REASONS[reason])
    if isinstance(error, (FileNotFoundError, ConnectionError)):
        return TransportError(_NO_SERVICE)
    if isinstance(error, TimeoutError):
        return TransportError(f"{who} does not answer: nearer, awake, not connected elsewhere?")
    text = str(error)
    for words, sentence in _WORDS:
        if words in text.lower():
            return TransportError(sentence.format(who=who))
    what = clean(text or type(error).__name__)
    return TransportError(f"{who} cannot be reached by Bluetooth: {what}")
