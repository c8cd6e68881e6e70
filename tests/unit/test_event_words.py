"""Events of the record as a screen tells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torquemon.local.sentences import translated_whole
from torquemon.model import StopReason
from torquemon.record.event_words import SHOWN, event_text
from torquemon.text import clean

TORQUES = st.none() | st.floats() | st.integers() | st.text(max_size=5)


@pytest.mark.parametrize(
    ("what", "fields", "said"),
    [
        (
            "halt",
            {"reason": "THRESHOLD", "torque_ncm": 12.23},
            "stopped at the threshold, 12.2 N·cm",
        ),
        (
            "halt",
            {"reason": "SOMETHING", "torque_ncm": 3},
            "stopped, reason not stated",
        ),
        ("halt", {}, "stopped, reason not stated"),
        ("arm asked", {"threshold_ncm": 12.0, "lease_ms": 300}, "asked to arm at 12.0 N·cm"),
        (
            "stop asked",
            {"who": "STOP pressed on a viewer"},
            "stop asked for: STOP pressed on a viewer",
        ),
        ("wire down", {"why": "unplugged"}, "connection lost: unplugged"),
        ("overshoot", {"overshoot_ncm": 0.25}, "ran on after the stop, 0.2 N·cm"),
        ("connected", {"serial": "SIM-1"}, "handpiece connected"),
    ],
)
def test_an_event_is_told_in_words(what: str, fields: dict[str, object], said: str) -> None:
    assert event_text(what, fields) == said
    assert translated_whole(said, "de", ",") not in {None, said}


@given(
    st.sampled_from(sorted(SHOWN)) | st.text(max_size=20),
    st.sampled_from([reason.name for reason in StopReason]) | st.text(max_size=9),
    TORQUES,
    st.none() | st.text(max_size=900),
)
def test_whatever_a_record_holds_is_told(
    what: str, reason: str, torque_ncm: object, why: object
) -> None:
    names = ("torque_ncm", "threshold_ncm", "overshoot_ncm")
    fields = {"reason": reason, "who": why, "why": why, **dict.fromkeys(names, torque_ncm)}
    said = event_text(what, fields)
    assert said == clean(said, 400)
    assert "nan" not in said or "nan" in f"{what}{why}"
