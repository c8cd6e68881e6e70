"""A number and a unit as instruments write them, read strictly. Sans-I/O.

Units are matched by a table of spellings, without regard to case where that cannot mix two up:
`mN·m` and `MN·m` differ by nine powers of ten, so an upper-case M before N·m is no unit here.
Units of large gauges (kgf·m, lbf·ft) are none either: at a mini-implant they show nothing.
"""

from __future__ import annotations

import re
from typing import Final

from torquemon.drivers.gauges.reading import GaugeProblem, GaugeReading
from torquemon.model import Validity
from torquemon.text import clean
from torquemon.units import TorqueUnit, torque_to_ncm

MAX_TORQUE_NCM: Final = 100_000.0
"""[E] 1,000 N·m: more than any gauge of these families reads; a slip in a number, not a torque."""
_NUMBER: Final = re.compile(r"([+-]?) ?([0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})")
_JOINTS: Final = str.maketrans("", "", " .·-*\u00b7\u2219\u22c5")

_SPELLINGS: Final[dict[str, TorqueUnit]] = {
    "ncm": TorqueUnit.NCM,
    "cnm": TorqueUnit.NCM,
    "nmm": TorqueUnit.NMM,
    "nm": TorqueUnit.NM,
    "kgfcm": TorqueUnit.KGFCM,
    "kgcm": TorqueUnit.KGFCM,
    "gfcm": TorqueUnit.GFCM,
    "gcm": TorqueUnit.GFCM,
    "lbfin": TorqueUnit.LBFIN,
    "lbin": TorqueUnit.LBFIN,
    "inlb": TorqueUnit.LBFIN,
    "ozfin": TorqueUnit.OZFIN,
    "ozin": TorqueUnit.OZFIN,
}
_MILLI: Final = "mNm"


def read_unit(text: str) -> TorqueUnit | None:
    """Return the unit that a text means; None where it is none that is known."""
    joined = text.translate(_JOINTS)
    lower = joined.lower()
    if lower == _MILLI.lower():
        return TorqueUnit.MNM if joined in (_MILLI, lower) else None
    return _SPELLINGS.get(lower)


def read_number(text: str) -> float | None:
    """Return the number that a text is, all of it; None where it is none."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return None
    value = float(found[2])
    return -value if found[1] == "-" else value


def make_reading(
    value: float,
    unit_text: str,
    host_time_ns: int,
    *,
    overload: bool = False,
    flags: frozenset[str] = frozenset(),
    angle_deg: float | None = None,
    speed_rpm: float | None = None,
) -> GaugeReading | GaugeProblem:
    """Return a reading in N·cm, or why there is none: no unit, an unknown one, too large a value.

    An overload is one although the number is beyond belief.
    """
    unit = read_unit(unit_text)
    if unit is None:
        return GaugeProblem(host_time_ns, unit_sentence(unit_text))
    torque_ncm = torque_to_ncm(value, unit)
    if not -MAX_TORQUE_NCM <= torque_ncm <= MAX_TORQUE_NCM:
        return GaugeProblem(
            host_time_ns,
            f"a value of {value:g} {clean(unit_text, 12)} is beyond any gauge: skipped",
        )
    validity = Validity.OVERFLOW if overload else Validity.VALID
    return GaugeReading(
        host_time_ns, torque_ncm, angle_deg, speed_rpm, validity, clean(unit_text, 12), flags
    )


def unit_sentence(unit_text: str) -> str:
    """Say what is wrong with a unit, in `WIRE_TEXT_BYTES`."""
    if not unit_text.strip():
        return "numbers come without a unit: switch the unit on in its output"
    return f"unit '{clean(unit_text, 12)}' is no known torque unit: set it to N·cm"
