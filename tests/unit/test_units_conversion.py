"""The factors of units.py, and that a limit never grows on its way to the device."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.units import (
    TorqueUnit,
    counts_to_ncm,
    deg_to_turns,
    depth_mm,
    ncm_to_counts_floor,
    rpm_to_deg_per_s,
)

EXACT_NCM = {
    TorqueUnit.NCM: Fraction(1),
    TorqueUnit.NMM: Fraction(1, 10),
    TorqueUnit.MNM: Fraction(1, 10),
    TorqueUnit.NM: Fraction(100),
    TorqueUnit.KGFCM: Fraction(980665, 100000),
    TorqueUnit.GFCM: Fraction(980665, 100000000),
    TorqueUnit.LBFIN: Fraction("4.4482216152605") * Fraction("2.54"),
    TorqueUnit.OZFIN: Fraction("4.4482216152605") * Fraction("2.54") / 16,
}
COUNTS = st.integers(-(1 << 31), (1 << 31) - 1)
RESOLUTIONS = st.integers(1, 0xFFFFFFFF)
UNITS = st.sampled_from(TorqueUnit)


@pytest.mark.requirement("REQ-NUM-1")
@given(COUNTS, RESOLUTIONS, UNITS)
def test_counts_become_the_exact_value(counts: int, resolution: int, unit: TorqueUnit) -> None:
    exact = Fraction(counts) * resolution / 1_000_000 * EXACT_NCM[unit]
    got = counts_to_ncm(counts, resolution, unit)
    assert math.isfinite(got)
    if unit in (TorqueUnit.NCM, TorqueUnit.NMM, TorqueUnit.MNM):
        assert got == float(exact)
    else:
        assert got == pytest.approx(float(exact), rel=1e-14, abs=0)


@pytest.mark.requirement("REQ-NUM-2")
@given(
    st.floats(0.001, 100.0),
    st.integers(100, 1_000_000),
    UNITS,
)
def test_a_limit_in_counts_is_the_largest_that_is_not_above(
    torque_ncm: float, resolution: int, unit: TorqueUnit
) -> None:
    counts = ncm_to_counts_floor(torque_ncm, resolution, unit)
    count_ncm = counts_to_ncm(1, resolution, unit)
    assert counts_to_ncm(counts, resolution, unit) <= torque_ncm + 1e-9
    assert counts_to_ncm(counts + 1, resolution, unit) > torque_ncm - 1e-6 * count_ncm


@pytest.mark.requirement("REQ-NUM-2")
@given(st.integers(1, 50_000), st.integers(100, 1_000_000), UNITS)
def test_a_limit_that_is_a_whole_count_stays_that_count(
    counts: int, resolution: int, unit: TorqueUnit
) -> None:
    torque_ncm = counts_to_ncm(counts, resolution, unit)
    assert ncm_to_counts_floor(torque_ncm, resolution, unit) == counts


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_has_no_counts(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        ncm_to_counts_floor(value, 10_000, TorqueUnit.NCM)


@pytest.mark.requirement("REQ-NUM-2")
def test_twelve_stays_twelve_in_every_common_resolution() -> None:
    for resolution in (100, 1_000, 10_000, 100_000, 1_000_000):
        assert ncm_to_counts_floor(12.0, resolution, TorqueUnit.NCM) == 12_000_000 // resolution
        assert ncm_to_counts_floor(11.999, 1_000_000, TorqueUnit.NCM) == 11


def test_turns_speed_and_depth() -> None:
    assert rpm_to_deg_per_s(25.0) == 150.0
    assert deg_to_turns(540.0) == 1.5
    assert depth_mm(720.0, 0.7) == pytest.approx(1.4)
