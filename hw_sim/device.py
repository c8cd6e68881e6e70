"""What a simulated handpiece is made of, and how it introduces itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from hw_sim.firmware import FirmwareConfig
from hw_sim.landmarks import InsertionParams
from hw_sim.motor import MotorParams
from hw_sim.sensor import SensorParams
from torquemon.drivers.codec import PROTOCOL_VERSION, Capability, Generation
from torquemon.drivers.device_messages import Hello, Names
from torquemon.drivers.host_messages import HelloRequest
from torquemon.units import TorqueUnit

_NCM_TO_MILLIONTHS: Final = 1_000_000

ALL_CAPABILITIES: Final = (
    Capability.ANGLE
    | Capability.SPEED
    | Capability.STOP_THRESHOLD
    | Capability.REVERSE
    | Capability.SPEED_CONTROL
    | Capability.BATTERY
)


NAMES: Final = Names(b"TorqueMon", b"Simulated handpiece", b"SIM-0001", b"1.0")


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """What the handpiece says of itself and how it streams. Torques in N·cm.

    With a `key` (16 bytes) it proves itself and obeys nobody who does not, as over the air.
    `reading_span_ms` is how much time the readings of one frame cover, at most 10 ms by protocol.
    `control_hz` is how often the device watches its threshold at least, however slowly it streams.
    """

    capabilities: Capability = ALL_CAPABILITIES
    sample_rate_hz: int = 1000
    control_hz: int = 1000
    threshold_min_ncm: float = 1.0
    threshold_max_ncm: float = 50.0
    threshold_step_ncm: float = 0.1
    max_lease_ms: int = 2000
    tare_bound_ncm: float = 1.0
    accuracy_ncm: float = 0.3
    reading_span_ms: float = 10.0
    calibrated_utc_s: int = 1_767_225_600
    boot_id: int = 1
    battery_percent: int = 87
    first_seq: int = 0
    key: bytes = field(default=b"", repr=False)
    names: Names = NAMES

    def __post_init__(self) -> None:
        if not 50 <= self.sample_rate_hz <= 2000:  # noqa: PLR2004 - the protocol's own range
            raise ValueError(f"a sample rate lies in 50 to 2000 Hz, not {self.sample_rate_hz}")
        if not 500 <= self.control_hz <= 2000:  # noqa: PLR2004 - the lower end is the protocol's
            raise ValueError(f"a device watches 500 to 2000 times a second, not {self.control_hz}")


@dataclass(frozen=True, slots=True)
class HandpieceParams:
    """Everything a simulated handpiece is made of."""

    insertion: InsertionParams = field(default_factory=InsertionParams)
    motor: MotorParams = field(default_factory=MotorParams)
    sensor: SensorParams = field(default_factory=SensorParams)
    device: DeviceConfig = field(default_factory=DeviceConfig)
    start_deg: float = 0.0
    """Where the screw stands at the start: beyond zero for a screw that is already in."""


def _counts(torque_ncm: float, params: HandpieceParams) -> int:
    return round(torque_ncm / params.sensor.resolution_ncm)


def firmware_config(params: HandpieceParams) -> FirmwareConfig:
    """Return what the firmware is told of the device, in counts."""
    device = params.device
    return FirmwareConfig(
        capabilities=device.capabilities,
        raw_min_counts=_counts(params.sensor.low_ncm, params),
        raw_max_counts=_counts(params.sensor.high_ncm, params),
        threshold_min_counts=_counts(device.threshold_min_ncm, params),
        threshold_max_counts=_counts(device.threshold_max_ncm, params),
        threshold_step_counts=_counts(device.threshold_step_ncm, params),
        tare_bound_counts=_counts(device.tare_bound_ncm, params),
        max_lease_ms=device.max_lease_ms,
    )


def _stated(device: DeviceConfig) -> Capability:
    return device.capabilities | (Capability.AUTHENTICATION if device.key else Capability(0))


def introduction(params: HandpieceParams, request: HelloRequest) -> Hello:
    """Return the Hello that answers a request."""
    device = params.device
    stops = Capability.STOP_THRESHOLD in device.capabilities
    return Hello(
        request_id=request.request_id,
        session=request.session,
        version=PROTOCOL_VERSION,
        generation=Generation.SIMULATED,
        capabilities=_stated(device),
        torque_unit=TorqueUnit.NCM,
        resolution_millionths=round(params.sensor.resolution_ncm * _NCM_TO_MILLIONTHS),
        range_min_counts=_counts(params.sensor.low_ncm, params),
        range_max_counts=_counts(params.sensor.high_ncm, params),
        threshold_min_counts=_counts(device.threshold_min_ncm, params) if stops else 0,
        threshold_max_counts=_counts(device.threshold_max_ncm, params) if stops else 0,
        threshold_step_counts=_counts(device.threshold_step_ncm, params) if stops else 0,
        accuracy_counts=_counts(device.accuracy_ncm, params),
        sample_rate_hz=device.sample_rate_hz,
        max_lease_ms=device.max_lease_ms if stops else 0,
        tare_bound_counts=_counts(device.tare_bound_ncm, params),
        calibrated_utc_s=device.calibrated_utc_s,
        boot_id=device.boot_id,
        names=device.names,
    )
