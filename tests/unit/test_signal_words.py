"""The sentences of the judge: what is above a limit must look so."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from torquemon.signal import layout as at
from torquemon.signal import words
from torquemon.signal.setup import JudgeSetup


@pytest.mark.parametrize(
    ("torque_ncm", "said"),
    [
        (15.3, "torque 15.30 N·cm is above the limit of 15.00 N·cm"),
        (15.002, "torque 15.0020 N·cm is above the limit of 15.0000 N·cm"),
    ],
)
def test_what_is_above_the_limit_does_not_read_as_the_limit(torque_ncm: float, said: str) -> None:
    values: Any = defaultdict(float, {at.CLEAN: torque_ncm, at.LIMIT: 15.0})
    assert words._excess(values, JudgeSetup(threshold_ncm=15.0)) == said
