"""The guardrail: the lowest limit wins and says so, nothing is rounded up, nonsense is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.limits import (
    ABSOLUTE_MAX_NCM,
    ABSOLUTE_MIN_NCM,
    FRACTURE_SHARE,
    DeviceLimits,
    LimitError,
    stop_threshold,
)

TORQUES = st.floats(0.01, 500.0)
DEVICES = st.builds(
    DeviceLimits,
    min_ncm=st.floats(0.1, 5.0),
    max_ncm=st.floats(5.0, 80.0),
    step_ncm=st.sampled_from((0.01, 0.05, 0.1, 0.113, 0.5, 1.0)),
)
NO_NUMBERS = st.sampled_from((math.nan, math.inf, -math.inf, 0.0, -1.0))


@pytest.mark.requirement("REQ-LIM-2")
@given(st.none() | TORQUES, st.none() | TORQUES, st.none() | TORQUES, st.none() | DEVICES)
def test_the_threshold_is_never_above_any_limit_and_one_step_below_the_lowest_at_most(
    wanted: float | None,
    window_high: float | None,
    fracture: float | None,
    device: DeviceLimits | None,
) -> None:
    chosen = wanted if wanted is not None else window_high
    limits = [ABSOLUTE_MAX_NCM]
    limits += [chosen] if chosen is not None else []
    limits += [FRACTURE_SHARE * fracture] if fracture is not None else []
    limits += [device.max_ncm] if device is not None else []
    lowest = min(limits)
    step = device.step_ncm if device else 0.1
    floor = max(ABSOLUTE_MIN_NCM, device.min_ncm if device else 0.0)
    try:
        found = stop_threshold(
            wanted_ncm=wanted,
            window_high_ncm=window_high,
            fracture_torque_ncm=fracture,
            device=device,
        )
    except LimitError:
        assert chosen is None or lowest - step < floor
        return
    assert chosen is not None
    tolerance = 2e-6 * step + 1e-9
    assert lowest - step - tolerance < found.threshold_ncm <= lowest + tolerance
    assert found.threshold_ncm >= floor - 1e-9
    assert found.threshold_ncm / step == pytest.approx(round(found.threshold_ncm / step), abs=1e-5)
    assert ("screw limit unknown" in found.reasons) == (fracture is None)


@pytest.mark.requirement("REQ-LIM-3")
@given(NO_NUMBERS, st.sampled_from(("wanted_ncm", "window_high_ncm", "fracture_torque_ncm")))
def test_what_is_no_torque_is_refused_by_name(value: float, name: str) -> None:
    fields = {"wanted_ncm": 12.0, "window_high_ncm": 15.0, "fracture_torque_ncm": 30.0}
    fields[name] = value
    with pytest.raises(LimitError, match="finite number"):
        stop_threshold(
            wanted_ncm=fields["wanted_ncm"],
            window_high_ncm=fields["window_high_ncm"],
            fracture_torque_ncm=fields["fracture_torque_ncm"],
            device=None,
        )


@pytest.mark.requirement("REQ-LIM-1", "REQ-LIM-5")
@pytest.mark.parametrize(
    ("wanted", "window", "fracture", "device_max", "threshold", "reason"),
    [
        (None, 15.0, 30.0, 50.0, 15.0, "top of the window, 15 N·cm"),
        (None, 15.0, 20.0, 50.0, 14.0, "0.7 of the fracture torque, 20 N·cm"),
        (12.0, 15.0, 30.0, 50.0, 12.0, "12 N·cm chosen by the operator"),
        (20.0, 15.0, 40.0, 50.0, 20.0, "20 N·cm chosen by the operator"),
        (20.0, 15.0, 40.0, 18.0, 18.0, "highest threshold of the device, 18 N·cm"),
        (99.0, 15.0, None, 80.0, 50.0, "highest threshold of this program"),
        (12.06, None, None, 50.0, 12.0, "12.06 N·cm chosen by the operator"),
    ],
)
def test_the_lowest_limit_wins_and_its_reason_comes_first(
    wanted: float | None,
    window: float | None,
    fracture: float | None,
    device_max: float,
    threshold: float,
    reason: str,
) -> None:
    found = stop_threshold(
        wanted_ncm=wanted,
        window_high_ncm=window,
        fracture_torque_ncm=fracture,
        device=DeviceLimits(1.0, device_max, 0.1),
    )
    assert found.threshold_ncm == pytest.approx(threshold)
    assert found.reasons[0] == reason


@pytest.mark.requirement("REQ-LIM-2")
def test_a_cut_to_the_step_is_said() -> None:
    found = stop_threshold(
        wanted_ncm=12.49,
        window_high_ncm=None,
        fracture_torque_ncm=30.0,
        device=DeviceLimits(1.0, 50.0, 0.5),
    )
    assert found.threshold_ncm == 12.0
    assert found.reasons[-1] == "floored to the device's step of 0.5 N·cm"


@pytest.mark.requirement("REQ-LIM-4")
@pytest.mark.parametrize(
    ("wanted", "device", "why"),
    [
        (0.5, None, "less than the lowest"),
        (2.0, DeviceLimits(3.0, 50.0, 0.1), "less than the lowest"),
        (None, None, "no published window"),
    ],
)
def test_where_nothing_sensible_is_left_it_says_why(
    wanted: float | None, device: DeviceLimits | None, why: str
) -> None:
    with pytest.raises(LimitError, match=why):
        stop_threshold(
            wanted_ncm=wanted, window_high_ncm=None, fracture_torque_ncm=None, device=device
        )


@pytest.mark.requirement("REQ-LIM-3")
@pytest.mark.parametrize(
    "values",
    [
        (math.nan, 50.0, 0.1),
        (1.0, math.inf, 0.1),
        (1.0, 50.0, math.nan),
        (0.0, 50.0, 0.1),
        (5.0, 4.0, 0.1),
        (1.0, 50.0, 0.0),
        (1.0, 50.0, -0.1),
    ],
)
def test_a_device_that_states_nonsense_is_refused(values: tuple[float, float, float]) -> None:
    with pytest.raises(LimitError, match="the device states"):
        DeviceLimits(*values)
