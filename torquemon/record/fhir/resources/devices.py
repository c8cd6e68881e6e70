"""The screw with its lot, the handpiece with its serial number, its torque measurement.

Each is what it was at this insertion; a handpiece whose firmware changed since is another
resource with the same serial number as identifier.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from torquemon.record.fhir.codes import concept
from torquemon.record.fhir.names import CALIBRATED, SERIAL, UCUM, Fields
from torquemon.record.fhir.scope import Scope, filled, notes
from torquemon.record.report_data import Device
from torquemon.text import clean

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def screw(scope: Scope) -> Fields | None:
    """Return the screw; None where the record names neither model nor lot."""
    data = scope.case.data
    name, model, lot = clean(data.screw_name), clean(data.screw), clean(data.lot)
    if not (name or model or lot):
        return None
    title = name or model or "Mini-implant"
    return {
        **scope.begin("screw", title, [f"Lot {lot}"] if lot else ["Lot not recorded"]),
        "status": "active",
        **filled({"lotNumber": lot, "modelNumber": model}),
        "deviceName": [{"name": scope.say(title), "type": "user-friendly-name"}],
        "type": concept("mini-implant"),
        "patient": scope.subject,
    }


def handpiece(scope: Scope) -> Fields | None:
    """Return the handpiece; None where it did not introduce itself."""
    device = scope.case.data.device
    maker, model, serial = clean(device.maker), clean(device.model), clean(device.serial)
    firmware = clean(device.firmware)
    if not (maker or model or serial):
        return None
    title = " ".join(part for part in (maker, model) if part) or "Handpiece"
    stated = [
        f"Serial number {serial}" if serial else "",
        f"Calibrated {device.calibrated}, as it states" if device.calibrated else "",
        _accuracy(device.accuracy_ncm),
        _corrected(device),
    ]
    fields = scope.begin("handpiece", title, stated)
    if serial:
        fields["identifier"].append({"system": SERIAL, "value": serial})
    return {
        **fields,
        "status": "active",
        **filled({"manufacturer": maker, "serialNumber": serial, "modelNumber": model}),
        "deviceName": [{"name": scope.say(title), "type": "user-friendly-name"}],
        "type": concept("handpiece"),
        **filled({"version": [{"value": firmware}] if firmware else []}),
        "note": notes([*stated, scope.say("the handpiece as it introduced itself")]),
    }


def metric(scope: Scope) -> Fields | None:
    """Return the handpiece's torque measurement with its calibration, as far as it is stated."""
    if handpiece(scope) is None:
        return None
    device = scope.case.data.device
    calibrated = clean(device.calibrated)
    calibration: Fields = {"type": "unspecified", "state": "unspecified"}
    if calibrated:
        calibration["state"] = "calibrated"
        day = {"valueDate": calibrated} if _is_day(calibrated) else {"valueString": calibrated}
        calibration["extension"] = [{"url": CALIBRATED, **day}]
    lines = [
        f"Calibrated {calibrated}, as the handpiece states"
        if calibrated
        else "The handpiece states no calibration",
        _accuracy(device.accuracy_ncm),
        _corrected(device),
    ]
    return {
        **scope.begin("metric", "Torque measurement of the handpiece", lines),
        "type": concept("torque-measurement", scope.say("Torque measurement of the handpiece")),
        "unit": {"coding": [{"system": UCUM, "code": "N.cm"}], "text": "N·cm"},
        "source": scope.reference("handpiece"),
        "operationalStatus": "on",
        "category": "measurement",
        "calibration": [calibration],
    }


def _corrected(device: Device) -> str:
    """Say by which signed check the readings were corrected."""
    if device.divided_by is None:
        return ""
    name, day = clean(device.check_id), clean(device.check_day)
    return f"Readings divided by {device.divided_by:.4f}, signed check {name} of {day}"


def _accuracy(accuracy_ncm: float | None) -> str:
    return "" if accuracy_ncm is None else f"Accuracy {accuracy_ncm:g} N·cm, as it states"


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
