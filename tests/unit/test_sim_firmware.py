"""The rules of the handpiece by example: PROTOCOL.md, sections 5 and 6."""

from __future__ import annotations

import pytest

from hw_sim.firmware import TRANSITIONS, Firmware, FirmwareConfig
from torquemon.drivers.codec import Capability, Result
from torquemon.drivers.host_messages import (
    ArmRequest,
    DisarmRequest,
    RenewRequest,
    StopRequest,
    TareRequest,
)
from torquemon.model import ArmState, StopReason


def make(capabilities: Capability = Capability.STOP_THRESHOLD) -> Firmware:
    return Firmware(FirmwareConfig(capabilities, -500, 6000, 100, 5000, 10, 100, 2000))


def feed(firmware: Firmware, raw: int | None, start_ms: int, count_ms: int) -> None:
    for ms in range(start_ms, start_ms + count_ms):
        firmware.tick(ms * 1000, raw, ms)


def armed(threshold: int = 1200, lease_ms: int = 500) -> Firmware:
    firmware = make()
    feed(firmware, 0, 1, 10)
    assert firmware.execute(ArmRequest(1, threshold, lease_ms, 7), 10_000) is Result.DONE
    return firmware


@pytest.mark.requirement("REQ-LIM-2")
def test_arming_floors_the_threshold_to_the_step() -> None:
    firmware = armed(threshold=1209)
    assert firmware.arm_state is ArmState.ARMED
    assert firmware.threshold_counts == 1200
    assert firmware.lease_left_ms(10_000) == 500


@pytest.mark.parametrize(
    ("request_", "result"),
    [
        (ArmRequest(1, 99, 500, 1), Result.OUT_OF_RANGE),
        (ArmRequest(1, 5001, 500, 1), Result.OUT_OF_RANGE),
        (ArmRequest(1, 1200, 99, 1), Result.OUT_OF_RANGE),
        (ArmRequest(1, 1200, 2001, 1), Result.OUT_OF_RANGE),
        (ArmRequest(1, 100, 100, 1), Result.DONE),
        (ArmRequest(1, 5000, 2000, 1), Result.DONE),
        (RenewRequest(1, 9), Result.NOT_ARMED),
        (DisarmRequest(1), Result.DONE),
        (StopRequest(1), Result.DONE),
        (TareRequest(1), Result.DONE),
    ],
)
def test_commands_to_a_device_at_rest(
    request_: ArmRequest | RenewRequest | DisarmRequest | StopRequest | TareRequest,
    result: Result,
) -> None:
    firmware = make()
    feed(firmware, 0, 1, 10)
    assert firmware.execute(request_, 10_000) is result


@pytest.mark.parametrize("command", [ArmRequest(1, 1200, 500, 1), StopRequest(1), DisarmRequest(1)])
def test_a_device_without_the_capability_refuses(
    command: ArmRequest | StopRequest | DisarmRequest,
) -> None:
    firmware = make(Capability(0))
    feed(firmware, 0, 1, 10)
    assert firmware.execute(command, 10_000) is Result.UNSUPPORTED
    assert firmware.arm_state is ArmState.DISARMED


@pytest.mark.requirement("REQ-DEV-3")
def test_a_refused_arming_changes_nothing() -> None:
    firmware = armed()
    firmware.turning = True
    assert firmware.execute(ArmRequest(2, 1300, 1000, 99), 20_000) is Result.MOTOR_TURNING
    assert (firmware.threshold_counts, firmware.lease_ms, firmware.nonce) == (1200, 500, 7)
    assert firmware.lease_left_ms(20_000) == 490


@pytest.mark.requirement("REQ-DEV-3")
def test_while_turning_the_threshold_may_be_held_or_lowered() -> None:
    firmware = armed()
    firmware.turning = True
    assert firmware.execute(ArmRequest(2, 1200, 500, 8), 20_000) is Result.DONE
    assert firmware.execute(ArmRequest(3, 800, 500, 9), 20_000) is Result.DONE
    assert firmware.threshold_counts == 800


def test_a_first_threshold_may_be_armed_while_turning() -> None:
    firmware = make()
    feed(firmware, 0, 1, 10)
    firmware.turning = True
    assert firmware.execute(ArmRequest(1, 1200, 500, 1), 10_000) is Result.DONE


def test_without_a_sample_nothing_is_armed() -> None:
    firmware = make()
    firmware.tick(1000, None, 0)
    assert firmware.execute(ArmRequest(1, 1200, 500, 1), 1000) is Result.SENSOR_NOT_READY


@pytest.mark.requirement("REQ-LEASE-5")
def test_the_lease_lapses_at_its_end_and_keeps_the_threshold() -> None:
    firmware = armed()
    feed(firmware, 0, 11, 499)
    assert firmware.latch is None
    latch = firmware.tick(510_000, 0, 510)
    assert latch is not None
    assert latch.reason is StopReason.LEASE_EXPIRED
    assert firmware.arm_state is ArmState.HALTED
    assert firmware.threshold_counts == 1200


@pytest.mark.requirement("REQ-LEASE-6")
def test_a_renewal_needs_a_newer_nonce() -> None:
    firmware = armed()
    assert firmware.execute(RenewRequest(2, 7), 20_000) is Result.STALE_NONCE
    assert firmware.execute(RenewRequest(3, 6), 20_000) is Result.STALE_NONCE
    assert firmware.lease_left_ms(20_000) == 490
    assert firmware.execute(RenewRequest(4, 8), 20_000) is Result.DONE
    assert firmware.lease_left_ms(20_000) == 500


@pytest.mark.requirement("REQ-LEASE-6")
def test_nonces_go_round() -> None:
    firmware = make()
    feed(firmware, 0, 1, 10)
    firmware.execute(ArmRequest(1, 1200, 500, 0xFFFFFFFF), 10_000)
    assert firmware.execute(RenewRequest(2, 0), 11_000) is Result.DONE


@pytest.mark.requirement("REQ-DEV-5")
def test_one_spike_does_not_reach_the_threshold_two_samples_do() -> None:
    firmware = armed()
    firmware.tick(11_000, 3000, 11)
    feed(firmware, 0, 12, 2)
    assert firmware.latch is None
    firmware.tick(14_000, 1200, 14)
    latch = firmware.tick(15_000, 1200, 15)
    assert latch is not None
    assert (latch.reason, latch.torque_counts, latch.seq) == (StopReason.THRESHOLD, 1200, 15)


@pytest.mark.requirement("REQ-DEV-1")
def test_the_first_reason_stays() -> None:
    firmware = armed()
    firmware.execute(StopRequest(2), 11_000)
    feed(firmware, 6000, 12, 600)
    assert firmware.latch is not None
    assert firmware.latch.reason is StopReason.HOST_ALERT
    assert firmware.latch.report_id == 1


@pytest.mark.requirement("REQ-DEV-4")
def test_a_silent_sensor_halts_after_20_ms() -> None:
    firmware = armed()
    feed(firmware, None, 11, 20)
    assert firmware.latch is None
    latch = firmware.tick(31_000, None, 31)
    assert latch is not None
    assert latch.reason is StopReason.SENSOR_SILENT


@pytest.mark.requirement("REQ-DEV-1", "REQ-DEV-4")
def test_saturation_goes_before_the_threshold_in_the_order() -> None:
    firmware = armed(threshold=5000)
    firmware.tick(11_000, 6000, 11)
    second = firmware.tick(12_000, 6000, 12)
    assert second is not None
    assert second.reason is StopReason.THRESHOLD  # two samples pass the filter before three do
    other = armed()
    feed(other, -500, 11, 2)
    assert other.latch is None
    third = other.tick(13_000, -500, 13)
    assert third is not None
    assert third.reason is StopReason.SENSOR_RANGE


def test_sensor_trouble_halts_nothing_that_is_not_watched() -> None:
    firmware = make()
    feed(firmware, 6000, 1, 10)
    feed(firmware, None, 11, 100)
    assert firmware.latch is None


@pytest.mark.requirement("REQ-DEV-2")
def test_only_the_operator_clears_and_the_threshold_is_watched_on() -> None:
    firmware = armed()
    firmware.execute(StopRequest(2), 11_000)
    for refused in (ArmRequest(3, 1200, 500, 9), DisarmRequest(4), TareRequest(5)):
        assert firmware.execute(refused, 12_000) is Result.LATCHED
    assert firmware.execute(RenewRequest(6, 99), 12_000) is Result.NOT_ARMED
    assert firmware.release()
    assert firmware.arm_state is ArmState.STANDALONE
    feed(firmware, 0, 13, 5000)
    assert firmware.latch is None  # no lease runs
    feed(firmware, 1300, 5013, 2)
    assert firmware.latch is not None
    assert firmware.latch.reason is StopReason.THRESHOLD
    assert firmware.latch.report_id == 2


def test_a_halt_without_a_threshold_is_released_to_disarmed() -> None:
    firmware = make()
    feed(firmware, 0, 1, 10)
    firmware.execute(StopRequest(1), 10_000)
    assert firmware.release()
    assert firmware.arm_state is ArmState.DISARMED
    assert not firmware.release()


def test_disarming_is_refused_while_turning() -> None:
    firmware = armed()
    firmware.turning = True
    assert firmware.execute(DisarmRequest(2), 11_000) is Result.MOTOR_TURNING
    firmware.turning = False
    assert firmware.execute(DisarmRequest(3), 11_000) is Result.DONE
    assert (firmware.arm_state, firmware.threshold_counts) == (ArmState.DISARMED, 0)


@pytest.mark.requirement("REQ-DEV-7")
def test_tare_inside_its_bound_only() -> None:
    firmware = make()
    feed(firmware, 40, 1, 300)
    assert firmware.execute(TareRequest(1), 300_000) is Result.DONE
    assert firmware.tare_counts == 40
    feed(firmware, 150, 301, 300)
    assert firmware.execute(TareRequest(2), 600_000) is Result.OUT_OF_RANGE
    assert firmware.tare_counts == 40
    assert firmware.torque_counts == 110
    firmware.turning = True
    assert firmware.execute(TareRequest(3), 600_000) is Result.MOTOR_TURNING


def test_a_config_whose_first_threshold_would_floor_to_none_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        FirmwareConfig(Capability.STOP_THRESHOLD, -500, 6000, 5, 5000, 10, 100, 2000)


@pytest.mark.requirement("REQ-DEV-2")
def test_no_event_but_the_operators_leads_out_of_halted() -> None:
    leaving = {event.name for (state, event) in TRANSITIONS if state is ArmState.HALTED}
    assert leaving == {"RELEASE_HOLDING", "RELEASE_BARE"}
