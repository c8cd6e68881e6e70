"""A number read from a file equals, to the bit, the same number decoded from the wire."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torquemon.cohort.curves import CurveError, parse_curve
from torquemon.units import TorqueUnit, counts_to_ncm


@given(
    st.integers(-4_000_000, 4_000_000),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(0, 10**12),
    st.integers(-2000, 2000),
)
def test_file_and_wire_give_the_same_doubles(
    counts: int, angle_mdeg: int, time_us: int, speed_drpm: int
) -> None:
    text = (
        "time_s,torque_ncm,angle_deg,speed_rpm\n"
        f"{time_us / 1e6:.6f},{counts / 10_000:.4f},{angle_mdeg / 1000:.3f},{speed_drpm / 10:.1f}\n"
    )
    (reading,) = parse_curve(text)
    assert reading.torque_ncm == counts_to_ncm(counts, 100, TorqueUnit.NCM)
    assert reading.angle_deg == angle_mdeg / 1000
    assert reading.speed_rpm == speed_drpm / 10
    assert reading.device_time_us == time_us


@given(st.text(max_size=400))
def test_any_text_is_a_curve_or_a_clear_refusal(text: str) -> None:
    for whole in (text, "time_s,torque_ncm\n" + text, "time_s;torque_ncm;angle_deg\n" + text):
        try:
            parse_curve(whole)
        except CurveError as error:
            sentence = str(error)
            assert sentence
            assert sentence.isprintable()
