"""What the kept steps of a check give: when it is made, when it is shown, before it is signed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from torquemon.calibration.fields import StoreError, plateaus_of, result_fields
from torquemon.calibration.fit import evaluate
from torquemon.calibration.follow import Plateau
from torquemon.calibration.line import FitError, Instruments
from torquemon.calibration.uncertain import ReferenceUncertainty, UncertaintyError

RELATIVE: Final = 1e-6
ABSOLUTE: Final = 1e-9
"""So far may another version of the numeric library come to another figure; far below what is
stated of any of them."""
_UNREADABLE: Final = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)


def evaluated(content: Mapping[str, Any], plateaus: Sequence[Plateau]) -> dict[str, Any]:
    """Return `result`, or None and the `problem` that there is none for."""
    try:
        result = evaluate(plateaus, _instruments(content))
    except (FitError, UncertaintyError) as error:
        return {"result": None, "problem": str(error)}
    return {"result": result_fields(result), "problem": ""}


def evaluated_again(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a kept check gives now. Raises StoreError where it cannot be read."""
    try:
        return evaluated(content, plateaus_of(content))
    except _UNREADABLE:
        raise StoreError(
            "its steps or what it says of the instruments are damaged: measure again"
        ) from None


def gives_its_result(content: Mapping[str, Any]) -> bool:
    """Whether the steps of a check give the result that it states. Raises StoreError."""
    again = evaluated_again(content)["result"]
    return again is not None and _same(content.get("result"), again)


def _same(said: Any, found: Any) -> bool:  # noqa: ANN401 - whatever JSON holds
    if isinstance(found, dict):
        if not isinstance(said, Mapping) or said.keys() != found.keys():
            return False
        return all(
            _same_parts(said[name], found[name])
            if name == "parts"
            else _same(said[name], found[name])
            for name in found
        )
    if isinstance(found, list):
        alike = isinstance(said, list) and len(said) == len(found)
        return alike and all(_same(one, other) for one, other in zip(said, found, strict=True))
    if found is None:
        return said is None
    return _close(said, found)


def _same_parts(said: Any, found: Any) -> bool:  # noqa: ANN401 - as above
    """Compare two budgets: parts of the same size may stand in any order, one of nothing lacks."""
    try:
        budgets = [{part["name"]: part["u"] for part in parts} for parts in (said, found)]
    except (LookupError, TypeError):
        return False
    names = budgets[0].keys() | budgets[1].keys()
    return len(said) == len(budgets[0]) and all(
        _close(budgets[0].get(name, 0.0), budgets[1].get(name, 0.0)) for name in names
    )


def _close(said: Any, found: float) -> bool:  # noqa: ANN401 - as above
    if isinstance(said, bool) or not isinstance(said, int | float):
        return False
    try:
        return math.isclose(said, found, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    except OverflowError:  # a whole number beyond all figures
        return False


def _instruments(content: Mapping[str, Any]) -> Instruments:
    reference = content["reference"]
    return Instruments(
        float(content["handpiece"]["step_ncm"]),
        float(content["gauge"]["step_ncm"]),
        None if reference is None else _reference(reference),
        by_hand=not content["stand"],
    )


def _reference(fields: Mapping[str, Any]) -> ReferenceUncertainty:
    """Return what its certificate states. Raises LookupError, TypeError, ValueError."""
    share, ncm = (None if (v := fields[name]) is None else float(v) for name in ("share", "ncm"))
    return ReferenceUncertainty(str(fields["text"]), float(fields["k"]), share, ncm)


def reference_fields(reference: ReferenceUncertainty | None) -> dict[str, Any] | None:
    """Return what the certificate of the gauge states for JSON; None where nothing was stated."""
    if reference is None:
        return None
    return {
        "text": reference.text,
        "k": reference.k,
        "share": reference.share,
        "ncm": reference.ncm,
    }
